/*
 * http1_guess: which protocol this is if it is not HTTP/1. A wrong port or a missing "s" in the
 * scheme is the commonest reason for an opening to fail, and the first bytes nearly always identify
 * the protocol.
 */
#ifndef PROTO_HTTP1_GUESS_H
#define PROTO_HTTP1_GUESS_H

#include "proto/http1.h"

struct http1_guess {
    const char *what; /* completes "..., which is ..." */
    const char *hint; /* what to try; may be "" */
};

/* Name what the first n bytes look like to a reader of that kind of head. NULL if nothing known. */
const struct http1_guess *http1_guess(enum http1_kind kind, const uint8_t *bytes, size_t n);

#endif
