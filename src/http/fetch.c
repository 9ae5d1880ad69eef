#include "http/fetch.h"

#include <stdlib.h>

struct fetch {
    struct http *http;
    struct fetch_hooks hooks;
    void *ctx;
    const char *pointer;
    char *target; /* owned: of the request under way */
    struct buf body;
    bool short_of_memory;
};

static void on_report(void *ctx, struct event *ev)
{
    struct fetch *f = ctx;

    f->hooks.report(f->ctx, ev);
}

static void on_body(void *ctx, struct slice piece)
{
    struct fetch *f = ctx;

    if (buf_append_slice(&f->body, piece) < 0)
        f->short_of_memory = true;
}

static void on_done(void *ctx, const struct http_result *result)
{
    struct fetch *f = ctx;
    struct items items;
    struct err e;

    if (result->error.code != EXIT_OK)
        f->hooks.done(f->ctx, result, NULL, result->error.text);
    else if (result->status < 200 || result->status > 299)
        f->hooks.done(f->ctx, result, NULL, "the server refused it");
    else if (f->short_of_memory)
        f->hooks.done(f->ctx, result, NULL, "out of memory");
    else if (items_begin(&items, buf_slice(&f->body), f->pointer, &e) < 0)
        f->hooks.done(f->ctx, result, NULL, e.text);
    else
        f->hooks.done(f->ctx, result, &items, "");
    buf_clear(&f->body);
}

struct fetch *fetch_new(uv_loop_t *loop, const struct http_config *config, const char *pointer,
                        struct http_shared *shared, const struct bus *bus,
                        const struct fetch_hooks *hooks, void *ctx)
{
    const struct http_hooks http_hooks = {.report = on_report, .body = on_body, .done = on_done};
    struct fetch *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->hooks = *hooks;
    f->ctx = ctx;
    f->pointer = pointer;
    buf_init(&f->body, FETCH_BODY_MAX);
    f->http = http_new(loop, config, shared, bus, &http_hooks, f);
    if (!f->http) {
        free(f);
        return NULL;
    }
    return f;
}

void fetch_free(struct fetch *f)
{
    if (!f)
        return;
    http_free(f->http);
    buf_clear(&f->body);
    free(f->target);
    free(f);
}

int fetch_start(struct fetch *f, const char *target, struct err *e)
{
    static const struct handshake_header accept[] = {
        {"Accept", "application/json, application/x-ndjson;q=0.9, */*;q=0.5", false}};
    struct http_request request = {.fields = accept, .field_count = 1, .max_body = FETCH_BODY_MAX};

    fetch_cancel(f);
    free(f->target);
    f->target = strdup(target);
    if (!f->target)
        return err_nomem(e, STAGE_IO, "fetching what was missed");
    request.target = f->target;
    return http_start(f->http, &request, e);
}

void fetch_cancel(struct fetch *f)
{
    http_cancel(f->http);
    buf_clear(&f->body);
    f->short_of_memory = false;
}
