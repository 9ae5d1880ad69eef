/*
 * feed_http: the feed over plain HTTP: as an array of JSON with an ETag for those who poll, and as
 * server-sent events (the HTML standard, section 9.2). Pure: bytes out, the time passed in.
 */
#ifndef SERVE_FEED_HTTP_H
#define SERVE_FEED_HTTP_H

#include "serve/feed.h"
#include "serve/pages.h"

/* With its quotes and the NUL. */
#define FEED_ETAG 112

/* A range never reads differently within one life of the feed, so its bounds, the feed's start and
 * the node, which is in its text, make a strong validator (RFC 9110, section 8.8.3). */
void feed_http_etag(char etag[FEED_ETAG], const struct feed *f, struct feed_range range);
/* If-None-Match names it, or is "*" (RFC 9110, section 13.1.2: compared weakly). */
bool feed_http_unchanged(const struct http1_head *request, const char *etag);

/* "[...]\n", elements parted by ",\n": its length in bytes, and a piece of it: the updates of
 * `range` from `next` on, at least one, until more than `limit` bytes are in out or the end
 * is reached. Returns the update to go on with (range.last + 1: it is whole), or 0 (memory). */
uint64_t feed_http_array_len(const struct feed *f, struct feed_range range);
uint64_t feed_http_array(struct buf *out, struct feed *f, struct feed_range range, uint64_t next,
                         size_t limit);

/* Append a head. 0, or -1 (memory; out unchanged). */
/* status: 200, with that many bytes to come, or 304. */
int feed_http_poll_head(struct buf *out, const struct pages *p, const struct answer *a, int status,
                        const char *etag, uint64_t length, int64_t now_us);
/* The stream's end is the connection's. It is followed by how long the client should wait before it
 * reconnects. */
int feed_http_stream_head(struct buf *out, const struct pages *p, const struct answer *a,
                          int64_t now_us, size_t *head_len);
/* 204: the answer to a browser's preflight request. */
int feed_http_preflight(struct buf *out, const struct pages *p, const struct answer *a,
                        int64_t now_us);

/* Append "id: ID", "data: TEXT" and the empty line. 0, or -1 (memory; out unchanged). */
int feed_http_event(struct buf *out, uint64_t id, struct slice text);

#endif
