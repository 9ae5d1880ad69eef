/*
 * probe_plain: a request without an upgrade, to see who answers it.
 */
#include <stdlib.h>

#include "verb/probe/probe_private.h"

#define PLAIN_US 3000000
/* An answer without an end: its head is enough. */
#define BODY_US 500000

static void finish(void *ctx)
{
    struct probe_plain *plain = ctx;

    if (plain->over)
        return;
    plain->over = true;
    timer_stop(plain->timer);
    http_cancel(plain->http);
    plain->done(plain->front);
}

static void on_report(void *ctx, struct event *ev)
{
    struct probe_plain *plain = ctx;

    if (ev->kind == EVENT_RESPONSE)
        visit_take_answer(&plain->answer, &ev->response);
}

static void on_head(void *ctx, const struct http1_head *head, const struct url *url)
{
    struct probe_plain *plain = ctx;

    (void)head;
    (void)url;
    timer_start(plain->timer, BODY_US, finish);
}

static void on_body(void *ctx, struct slice piece)
{
    struct probe_plain *plain = ctx;

    if (visit_take_body(&plain->answer, piece))
        timer_start(plain->timer, 0, finish);
}

static void on_done(void *ctx, const struct http_result *result)
{
    struct probe_plain *plain = ctx;

    (void)result;
    timer_start(plain->timer, 0, finish); /* the answer, if there is one, was reported */
}

static void ignore(struct sink *sink, const struct event *ev)
{
    (void)sink;
    (void)ev;
}

int plain_begin(struct probe_plain *plain, struct probe_front *front, const char *url,
                void (*done)(struct probe_front *front), struct err *e)
{
    static const struct http_hooks hooks = {
        .report = on_report, .head = on_head, .body = on_body, .done = on_done};
    struct app *app = front->app;

    plain->front = front;
    plain->done = done;
    bus_init(&plain->bus);
    plain->sink = (struct sink){EVENT_BIT(EVENT_RESPONSE), ignore, NULL};
    plain->timer = timer_new(&app->loop.uv, plain);
    err_nomem(e, STAGE_CONNECT, "making a request");
    if (!plain->timer || bus_add(&plain->bus, &plain->sink) < 0)
        return -1;
    plain->target = target_new(app->connect, url, app->connect->http.channel, app->start_us, 0, e);
    if (!plain->target)
        return -1;
    plain->target->config.ws.dial.tls.insecure |= front->insecure;
    plain->shared.supplies = &app->loop.supplies;
    plain->config = (struct http_config){
        .identity = &plain->target->config.ws.handshake,
        .dial = &plain->target->config.ws.dial,
        .timeout_us = PLAIN_US,
        .no_keepalive = true,
    };
    plain->http =
        http_new(&app->loop.uv, &plain->config, &plain->shared, &plain->bus, &hooks, plain);
    return plain->http ? http_start(plain->http, &(struct http_request){.max_body = 0}, e) : -1;
}

void plain_stop(struct probe_plain *plain)
{
    http_free(plain->http);
    plain->http = NULL;
    timer_free(plain->timer);
    plain->timer = NULL;
}

void plain_free(struct probe_plain *plain)
{
    http_shared_clear(&plain->shared);
    target_free(plain->target);
    bus_clear(&plain->bus);
}
