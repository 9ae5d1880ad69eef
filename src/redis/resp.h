/*
 * resp: Redis's protocol, version 2 (https://redis.io/docs/latest/develop/reference/protocol-spec):
 * commands become bytes, and bytes replies. Pure: no I/O, no clock. A server can send anything:
 * sizes, number and depth of what a reply contains are bounded, and an announced length allocates
 * nothing.
 */
#ifndef REDIS_RESP_H
#define REDIS_RESP_H

#include "base/buf.h"
#include "base/err.h"

#define RESP_DEPTH_MAX  8           /* arrays within each other */
#define RESP_VALUES_MAX 65536       /* values in one reply, arrays included */
#define RESP_LINE_MAX   (64 * 1024) /* bytes of a simple string or an error */

enum resp_type {
    RESP_STRING,  /* "+OK" */
    RESP_ERROR,   /* "-ERR unknown command" */
    RESP_INTEGER, /* ":17" */
    RESP_BULK,    /* "$5", any bytes */
    RESP_ARRAY,   /* "*2" */
    RESP_NULL     /* "$-1" and "*-1" */
};

/* One value of a reply. The elements of an array follow it in memory, each with its own below it.
 */
struct resp_value {
    enum resp_type type;
    struct slice text; /* of a string, error or bulk string; else empty */
    int64_t integer;   /* of an integer; else 0 */
    size_t count;      /* elements of an array; else 0 */
    size_t span;       /* how many values it takes: itself and all below it */
    size_t at;         /* for the reader */
};

/* The element of an array, from 0; NULL: it is not an array, or has fewer. */
const struct resp_value *resp_element(const struct resp_value *array, size_t i);
/* A string or bulk string that reads like this. NULL is none. */
bool resp_is(const struct resp_value *v, const char *text);

/* An array that was begun. */
struct resp_open {
    size_t value; /* its index */
    size_t left;  /* elements to come */
};

struct resp_reader {
    size_t max;             /* bytes of one reply */
    struct buf bytes;       /* what was not read yet */
    size_t pos;             /* how far the reply that is being read was read */
    size_t scanned;         /* up to here there is no line end after pos */
    bool whole;             /* the reply up to pos was returned: its bytes are not needed */
    struct resp_value *row; /* its values */
    size_t count, room;     /* in the row; allocated */
    struct resp_open open[RESP_DEPTH_MAX];
    unsigned depth;
};

/* No allocation happens here. max: bytes of the longest reply that is accepted. */
void resp_reader_init(struct resp_reader *r, size_t max);
void resp_reader_clear(struct resp_reader *r);

/* Where to write the next n bytes that came; then resp_reader_filled says how many came. Call
 * resp_reader_next until it returns 0 before the next time. NULL: memory. */
uint8_t *resp_reader_space(struct resp_reader *r, size_t n);
void resp_reader_filled(struct resp_reader *r, size_t n);

/* The next reply: 1 and *reply, which is valid until the next call of a function of the reader; 0:
 * it is not complete yet; -1 with *e: these bytes are not the protocol (EXIT_PROTOCOL,
 * STAGE_PROTOCOL), the reply exceeds a bound (EXIT_TOO_BIG), or memory. After -1 every call
 * fails. */
int resp_reader_next(struct resp_reader *r, const struct resp_value **reply, struct err *e);

/* Append a command, an array of bulk strings. 0, or -1 (memory, or beyond out->max; out unchanged).
 */
int resp_command(struct buf *out, const struct slice *words, size_t count);

#endif
