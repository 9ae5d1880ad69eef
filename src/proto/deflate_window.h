/*
 * deflate_window: does compressed data stay within the window that was agreed (RFC 7692, section
 * 7.1.2)? The bytes are inflated a second time with a window of that size, with little output at a
 * time, which is discarded: zlib then detects references that are too far back. References that
 * exceed the window by less than that may go unnoticed.
 */
#ifndef PROTO_DEFLATE_WINDOW_H
#define PROTO_DEFLATE_WINDOW_H

#include "base/slice.h"

struct deflate_window;

/* bits: 8 to 14. NULL: memory. */
struct deflate_window *deflate_window_new(unsigned bits);
void deflate_window_free(struct deflate_window *w);

enum deflate_window_verdict {
    DEFLATE_WINDOW_KEPT,
    DEFLATE_WINDOW_EXCEEDED,
    DEFLATE_WINDOW_LOST /* not DEFLATE data, or out of memory: nothing more can be checked */
};

/* The next bytes, as far as the inflater used them. After another verdict than the first the window
 * is only to be freed. */
enum deflate_window_verdict deflate_window_follow(struct deflate_window *w, struct slice bytes);

/* A block with BFINAL has ended; what follows refers to the same window. */
void deflate_window_go_on(struct deflate_window *w);
/* The peer uses no context takeover, and a message has ended. */
void deflate_window_reset(struct deflate_window *w);

#endif
