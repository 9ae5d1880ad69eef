/*
 * asked: what the user expects with /expect, and what was received since the last action, because
 * an answer often arrives before the question about it is typed.
 */
#ifndef COMMAND_ASKED_H
#define COMMAND_ASKED_H

#include "script/expect/expect.h"

/* At most this much of what was received first after the last action is kept: a flood costs no
 * more. */
#define ASKED_COUNT 64
#define ASKED_BYTES ((size_t)1024 * 1024)

struct asked {
    bool on; /* the front end has a user who asks */
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
/* The user acts: what was received before is not an answer to it. */
void asked_acted(struct commands *c);
/* Time has passed, or the connection may be over. */
void asked_wake(struct commands *c, uint64_t now_us);

#endif
