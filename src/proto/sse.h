/*
 * sse: the event stream format of server-sent events (WHATWG HTML, section 9.2.6, "Interpreting an
 * event stream"), as bytes in and events out. Pure; bytes may come in any split.
 *
 *     sse_feed(&s, bytes, n);
 *     while ((r = sse_next(&s, &ev)) > 0) { ... }
 */
#ifndef PROTO_SSE_H
#define PROTO_SSE_H

#include "base/buf.h"

/* Bytes of an event's type or identity. */
#define SSE_NAME_MAX (64 * 1024)

enum sse_result {
    SSE_MORE = 0,     /* all that was fed is used up */
    SSE_EVENT = 1,    /* an event is dispatched: ev is filled */
    SSE_RETRY = 2,    /* the server set the reconnection time: ev->retry_ms */
    SSE_TOO_BIG = -1, /* an event beyond the bound; nothing more comes */
    SSE_NOMEM = -2
};

struct sse_event {
    struct slice data; /* without the last line end; valid UTF-8 */
    const char *type;  /* "message" if the event names none */
    const char *id;    /* the last event ID as of this event, or "" */
    uint64_t retry_ms;
};

struct sse {
    struct buf data;  /* the data buffer */
    struct buf type;  /* the event type buffer */
    struct buf id;    /* of the id field that is being read */
    struct buf next;  /* the last event ID buffer, as long as has_next: it is not dispatched yet */
    struct buf last;  /* the last event ID string */
    struct buf clean; /* while U+FFFD replaces invalid UTF-8 */
    bool has_next;
    bool lent; /* an event points to data and type */
    uint64_t retry_ms;
    bool retry_valid; /* digits so far, at least one */

    uint8_t state;
    uint8_t field;   /* which field the value belongs to */
    uint8_t name[8]; /* of the field, as far as it has come */
    uint8_t name_len;
    uint8_t bom; /* bytes of a byte order mark seen at the very beginning; 3: past it */
    bool after_cr;
    int failed;
    const uint8_t *bytes; /* fed and not used */
    size_t left;
};

/* max: bytes of an event's data. last_id: the last event ID that an earlier connection ended with,
 * or NULL: as browsers do, events that name no other keep it. 0 or -1 (memory). */
int sse_init(struct sse *s, size_t max, const char *last_id);
void sse_clear(struct sse *s);

/* The next n bytes of the stream, borrowed until sse_next has returned SSE_MORE. */
void sse_feed(struct sse *s, const uint8_t *bytes, size_t n);

/* The next event in them. What ev points to is valid until the next call. An event cut off by the
 * end of the stream is never dispatched. */
enum sse_result sse_next(struct sse *s, struct sse_event *ev);

/* The last event ID string: what a reconnect sends as Last-Event-ID; "" if none. An id takes effect
 * at the empty line that ends its block, with data or without, so that the id of an event that is
 * cut off never does. Borrowed until the next call. */
const char *sse_last_id(const struct sse *s);

#endif
