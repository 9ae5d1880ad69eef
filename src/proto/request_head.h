/*
 * request_head: the head of a request while it is assembled and written (RFC 9112, section 3): the
 * fields that the program sets, in order, and the user's changes to them.
 */
#ifndef PROTO_REQUEST_HEAD_H
#define PROTO_REQUEST_HEAD_H

#include "proto/handshake.h"

struct request_field {
    const char *name, *value;
};

/* Names and values are borrowed until the head is written. */
struct request_head {
    struct request_field *fields;
    size_t count, room;
};

/* room: fields that may be added, changes that add one included. 0 or -1 (memory). */
int request_head_init(struct request_head *r, size_t room);
void request_head_clear(struct request_head *r);

/* A field at the end; nothing if value is NULL. */
void request_head_add(struct request_head *r, const char *name, const char *value);

/* Replace in place, remove or append, as the user requested. */
void request_head_change(struct request_head *r, const struct handshake_header *h);

/* Append the whole head to out; characters that are printable but not allowed in a URL are
 * percent-encoded in the target. -1 with *e, out unchanged: EXIT_USAGE for a name or value that
 * would begin another field and for a target that is not allowed in a request line; EXIT_OTHER for
 * memory. */
int request_head_write(const struct request_head *r, const char *method, const char *target,
                       struct buf *out, struct err *e);

#endif
