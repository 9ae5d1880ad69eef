/*
 * stomp_frame: one frame of STOMP 1.0 to 1.2 (stomp.github.io/stomp-specification-1.2.html) read
 * from the front of some bytes.
 */
#ifndef DECODE_STOMP_FRAME_H
#define DECODE_STOMP_FRAME_H

#include "base/arena.h"
#include "base/slice.h"

#define STOMP_HEADERS_MAX 64
/* Command and headers together. */
#define STOMP_HEAD_MAX ((size_t)64 << 10)

struct stomp_frame {
    const char *command; /* static */
    struct field headers[STOMP_HEADERS_MAX];
    size_t header_count;
    struct slice body;
};

/* Read the frame that `bytes` begin with. Names and values without an escape and the body are
 * slices of `bytes`, others are in the arena. `escaped`: not version 1.0. Returns the length of the
 * frame with its NUL; 0: more bytes are needed, and *searched is how far no NUL needs to be looked
 * for again (0 at first); -1: it is not one, *wrong is the reason in words that follow "not STOMP:
 * " (static or in the arena); -2: memory. */
long stomp_frame_read(struct stomp_frame *frame, struct slice bytes, bool escaped, size_t *searched,
                      struct arena *arena, const char **wrong);

/* The value of the first header of that name; empty: there is none. */
struct slice stomp_header(const struct stomp_frame *frame, const char *name);

#endif
