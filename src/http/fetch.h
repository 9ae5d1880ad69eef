/*
 * fetch: one GET whose answer is updates, to make up for those that a channel missed.
 */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include "http/http.h"
#include "proto/items.h"

/* An answer is held until it is complete: items may be anywhere in it. */
#define FETCH_BODY_MAX ((uint64_t)64 << 20)

/* ctx is each hook's first argument. Called from the loop, never inside fetch_start; fetch_free may
 * not be called inside. */
struct fetch_hooks {
    /* As http_hooks. */
    void (*report)(void *ctx, struct event *ev);
    /* Exactly once unless it was cancelled. items: to be walked with items_next, more than once by
     * copying it first; NULL: there are none, and why: the reason. Borrowed until it returns. */
    void (*done)(void *ctx, const struct http_result *result, const struct items *items,
                 const char *why);
};

struct fetch;

/* config, shared and bus are borrowed for its life; pointer is where the items are (items_begin),
 * or NULL, borrowed too. NULL: memory. */
struct fetch *fetch_new(uv_loop_t *loop, const struct http_config *config, const char *pointer,
                        struct http_shared *shared, const struct bus *bus,
                        const struct fetch_hooks *hooks, void *ctx);
/* NULL is fine. */
void fetch_free(struct fetch *f);

/* GET a target (copied) from the configured URL's host; what is under way is given up. -1 with *e.
 */
int fetch_start(struct fetch *f, const char *target, struct err *e);
void fetch_cancel(struct fetch *f);

#endif
