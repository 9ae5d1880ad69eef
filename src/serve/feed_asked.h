/*
 * feed_asked: what a request to one of the feeds requests, in its query and its fields. Pure.
 */
#ifndef SERVE_FEED_ASKED_H
#define SERVE_FEED_ASKED_H

#include "serve/pages.h"

/* Each takes what its path understands into *a, or refuses the request there. */
/* ?since=N */
void feed_asked_ws(struct answer *a, const struct http1_head *head, struct slice query);
/* The same, and Last-Event-ID, which takes precedence. */
void feed_asked_sse(struct answer *a, const struct http1_head *head, struct slice query);
/* ?since=N, last=N, wait=SEC */
void feed_asked_json(struct answer *a, const struct http1_head *head, struct slice query);

#endif
