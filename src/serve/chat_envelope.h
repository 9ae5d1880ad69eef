/*
 * chat_envelope: a message of the room on its way through Redis: a line that says whose it is, and
 * the message as it was sent. Pure.
 *
 *   wscope-chat INSTANCE NUMBER TIME KIND NODE\n...
 *
 * INSTANCE are 16 hexadecimal digits that a server draws when it starts. It numbers what its
 * clients send from 1. TIME is when they sent it, in microseconds of Redis's clock. KIND is "text",
 * "binary", or "last": no message, but the number of the last one. NODE is the server's name, or
 * "-". What other programs publish has no such line, and is a message as it is.
 */
#ifndef SERVE_CHAT_ENVELOPE_H
#define SERVE_CHAT_ENVELOPE_H

#include "base/buf.h"
#include "serve/pages.h"

#define CHAT_INSTANCE 17 /* with its NUL */

enum chat_kind { CHAT_TEXT, CHAT_BINARY, CHAT_LAST };

struct chat_envelope {
    char instance[CHAT_INSTANCE];
    uint64_t number;
    int64_t time_us;
    enum chat_kind kind;
    char node[PAGES_NODE_MAX + 1]; /* "": it has no name */
    struct slice payload;          /* borrowed */
};

/* Append it. 0, or -1 (memory; out unchanged). */
int chat_envelope_write(struct buf *out, const struct chat_envelope *x);
/* False: it has no such line. */
bool chat_envelope_read(struct slice bytes, struct chat_envelope *x);

#endif
