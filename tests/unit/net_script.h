/*
 * net_script: the lowest link, made of memory: what the peer says is written down beforehand, and
 * what it is told is kept. For tests of the layers above.
 */
#ifndef TESTS_UNIT_NET_SCRIPT_H
#define TESTS_UNIT_NET_SCRIPT_H

#include "net/link.h"

struct script {
    struct link link;
    const uint8_t *says; /* borrowed */
    size_t len, done;
    size_t ready;  /* so much of it has arrived; a read behind that is told LINK_AGAIN */
    size_t step;   /* most bytes that one read or write takes */
    bool stutter;  /* every other call is told LINK_AGAIN */
    bool hangs_up; /* behind len: the end of the stream, else silence */
    bool resets;   /* likewise, but a failure */
    bool turn;
    uint8_t heard[4096];
    size_t heard_len;
    unsigned *freed; /* counts */
};

/* A script on the heap that freeing the link frees; all of it has arrived. NULL: memory. */
struct script *script_new(const void *says, size_t len, unsigned *freed);

#endif
