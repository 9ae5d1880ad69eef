/*
 * asked: what a person has asked for with /expect, and what came since they last did something, for
 * an answer is there sooner than the question about it can be typed.
 */
#ifndef COMMAND_ASKED_H
#define COMMAND_ASKED_H

#include "script/expect/expect.h"

/* What came first after the last action is kept, so much of it: a flood costs no more than that. */
#define ASKED_COUNT 64
#define ASKED_BYTES ((size_t)1024 * 1024)

struct asked {
    bool on; /* the front is one where a person asks */
    bool waiting;
    struct expect expect;
    struct expect_wait wait;
    struct inbox inbox;
    uint64_t since_us, until_us; /* clock_mono_us */
    unsigned passed;             /* things that came and did not fit */
};

struct commands;

void asked_init(struct asked *a);
void asked_clear(struct asked *a);
void asked_event(struct commands *c, const struct event *ev);
/* The person does something: what came before is no answer to it. */
void asked_acted(struct commands *c);
/* Time has passed, or the connection may be over. */
void asked_wake(struct commands *c, uint64_t now_us);

#endif
