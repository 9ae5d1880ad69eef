/*
 * http1_reader: one direction of an HTTP/1.1 connection (RFC 9112) as its bytes arrive: message
 * after message, each a head and a body, including those sent ahead (pipelining), in order. A
 * server reads requests with it, a client responses, and what is between them both.
 *
 *   buf_reserve, buf_filled   append received bytes to `bytes`
 *   http1_reader_head         until it returns 1: `head` is there
 *   http1_body_init           of a response: how `body` is framed
 *   http1_reader_body         until body.done (HTTP1_BODY_EOF: until the end of the stream)
 *   http1_reader_next         then the next head, which may be there already
 *
 * After a head that ends HTTP (a 101, or the request that it answers) the rest of the stream is
 * `bytes`. After an error (-1) the beginning of the next message is unknown: answer if that is due,
 * then close the connection.
 *
 * Memory: `bytes` never holds more than its maximum, and a head is at most HTTP1_HEAD_MAX bytes.
 */
#ifndef PROTO_HTTP1_READER_H
#define PROTO_HTTP1_READER_H

#include "base/buf.h"
#include "proto/http1.h"

struct http1_reader {
    enum http1_kind kind;
    size_t max_fields;
    struct buf bytes;       /* what has come and was not taken yet: the owner appends to it */
    struct http1_head head; /* as it came: fields and `raw` have their order and spelling */
    struct http1_body body;
    int status;            /* what answers a request that was refused: 400, 431; 0: memory */
    size_t scanned;        /* of bytes, while the head is not complete */
    struct buf head_bytes; /* what the head's slices point into */
};

/* max_bytes: of `bytes`, at least HTTP1_HEAD_MAX. max_fields: of a head; 0: HTTP1_FIELDS_MAX. */
void http1_reader_init(struct http1_reader *r, enum http1_kind kind, size_t max_bytes,
                       size_t max_fields);
/* Forget everything. Memory of `bytes` is kept. */
void http1_reader_reset(struct http1_reader *r);
/* The same, and free all memory. It can be used again. */
void http1_reader_clear(struct http1_reader *r);

/* Look for a head in `bytes`, and remove it from them. 1: r->head is valid until _next, _reset or
 * _clear, whatever is appended to `bytes` meanwhile; a request is checked (http1_request_check) and
 * r->body is set. 0: more is needed. -1 with *e as http1_head_read: there will not be one, or the
 * request has to be refused with r->status; r->head.raw.len > 0 then if its head can be shown. */
int http1_reader_head(struct http1_reader *r, struct err *e);

/* Take the next piece of the body out of `bytes`. *raw: as it came, framing included, to be passed
 * on verbatim; *piece: the data in it, possibly empty. Both are borrowed until something is
 * appended. 1; 0: more is needed, or the body is done; -1 with *e: malformed framing. */
int http1_reader_body(struct http1_reader *r, struct slice *raw, struct slice *piece,
                      struct err *e);

/* Forget the message: the next bytes begin with a head. */
void http1_reader_next(struct http1_reader *r);

#endif
