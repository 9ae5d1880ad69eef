/*
 * net_script: the lowest link, made of memory: what the peer says is written down beforehand, and
 * what it receives is kept. For tests of the layers above.
 */
#ifndef TESTS_UNIT_NET_SCRIPT_H
#define TESTS_UNIT_NET_SCRIPT_H

#include "net/link.h"

struct script {
    struct link link;
    const uint8_t *says; /* borrowed */
    size_t len, done;
    size_t ready;  /* this much of it has arrived; a read beyond it returns LINK_AGAIN */
    size_t step;   /* most bytes that one read or write takes */
    bool stutter;  /* every other call returns LINK_AGAIN */
    bool hangs_up; /* after len: the end of the stream, else silence */
    bool resets;   /* likewise, but a failure */
    bool turn;
    uint8_t heard[4096];
    size_t heard_len;
    unsigned *freed; /* counts */
};

/* A script on the heap that freeing the link frees; all of it has arrived. NULL: memory. */
struct script *script_new(const void *says, size_t len, unsigned *freed);

/* Connecting fails, and again with the same error: at a proxy, which is named `at`, with these
 * words. The link is freed. */
void script_refused(struct link *l, const char *at, int errnum, const char *text, const char *hint);

#endif
