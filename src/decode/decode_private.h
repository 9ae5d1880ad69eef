/*
 * decode_private: what a stack is made of. For decode*.c.
 */
#ifndef DECODE_DECODE_PRIVATE_H
#define DECODE_DECODE_PRIVATE_H

#include "decode/decoder.h"

/* Room for "sockjs+engine.io+socket.io". */
#define DECODE_AS_MAX 64

struct decode_stack {
    const struct decode_spec *spec;
    bool takes_part;
    bool failed; /* memory ran out: it decodes nothing until the next opening */
    struct decode_layer layers[DECODE_STACK_MAX];
    char as[DECODE_STACK_MAX][DECODE_AS_MAX]; /* the names up to that layer */
    void *kept[DECODE_STACK_MAX];             /* of the layers, for the life of the stack */
    unsigned count;                           /* 0: nothing is recognised */
    unsigned tries;                           /* `auto`: messages that it may still be known by */
    struct decode_clue clue;                  /* target and subprotocol, in `opening` */
    struct buf opening;

    uint64_t now_us, due_us;
    struct arena arena; /* `failed` also if memory ran out for something else */
    struct event_decoded *items;
    size_t item_count, item_capacity;
    uint64_t left_out; /* items beyond DECODE_ITEMS_MAX in this message */

    struct decode_ending ending;
    bool ended;
    uint16_t close_code; /* with which the peer ended it, or 0 */

    struct buf sending; /* messages that wait, one after the other: a head and the bytes */
    struct buf line;    /* the form of an item in a pipe */
    struct buf findings;
    bool found; /* findings are made */
};

/* There was no memory: nothing is decoded until the next opening. A connection that the stack takes
 * part in ends, for it would wait for answers that nobody recognises. -1. */
int decode_fail(struct decode_stack *stack);

#endif
