/*
 * fanout_redis: the layer that the nodes share, observed on one connection, and on another one
 * published to.
 */
#include <stdio.h>
#include <stdlib.h>

#include "redis/redis.h"
#include "verb/fanout/fanout_private.h"

#define CONNECT_US 10000000
#define REPLY_US   10000000
#define IDLE_US    15000000
/* Between two attempts to observe it again. */
#define AGAIN_US 500000

struct fanout_redis {
    struct fanout_front *front;
    struct redis_url url;
    struct dial_config dial;
    struct http_shared shared;
    struct redis *watch, *out; /* out: with --publish-redis */
    struct timer *again;
    bool watching; /* everything published is received */
    bool begun;    /* fanout_open was called */
};

static int dial(struct fanout_redis *r, struct redis **redis, const struct redis_hooks *hooks,
                struct err *e)
{
    const struct redis_config config = {
        .url = &r->url,
        .dial = &r->dial,
        .shared = &r->shared,
        .connect_us = CONNECT_US,
        .reply_us = REPLY_US,
        .idle_us = IDLE_US,
    };

    *redis = redis_new(&r->front->app->loop.uv, &config, hooks, r, e);
    return *redis ? 0 : -1;
}

/* Both are ready: the connections to the service may be opened. */
static void check_ready(struct fanout_redis *r)
{
    if (r->begun || !r->watching || (r->out && !redis_is_ready(r->out)))
        return;
    r->begun = true;
    fanout_open(r->front);
}

static void fail(struct fanout_redis *r, const struct err *e)
{
    if (r->front->trouble.code == EXIT_OK)
        r->front->trouble = *e;
    timer_start(r->front->step, 0, fanout_step);
}

/* --- observing ----------------------------------------------------------------------------------
 */

static void observe(void *ctx);

static void on_message(void *ctx, const struct redis_message *m)
{
    struct fanout_redis *r = ctx;

    fanout_bus(r->front->facts, m->channel, m->payload, fanout_now(r->front));
}

static void on_subscribed(void *ctx, const struct resp_value *reply)
{
    struct fanout_redis *r = ctx;
    struct err e;

    if (redis_refused(r->watch, reply, "PSUBSCRIBE to all channels (--redis)", &e) < 0) {
        fail(r, &e);
        return;
    }
    if (r->begun)
        fanout_show_note(r->front, "Redis is observed again");
    r->watching = true;
    check_ready(r);
}

static void on_watch_ready(void *ctx)
{
    struct fanout_redis *r = ctx;

    (void)redis_psubscribe(r->watch, "*", on_subscribed, r); /* if not, it has ended */
}

/* What was published until it is observed again may have been anything. */
static void on_watch_ended(void *ctx, const struct err *e)
{
    struct fanout_redis *r = ctx;
    bool was = r->watching;
    char text[512];

    redis_free(r->watch);
    r->watch = NULL;
    r->watching = false;
    if (!r->begun) {
        fail(r, e);
        return;
    }
    if (was) {
        fanout_bus_lost(r->front->facts);
        snprintf(text, sizeof text, "%.400s; the verdict is made without what Redis passed on",
                 e->text);
        fanout_show_note(r->front, text);
    }
    timer_start(r->again, AGAIN_US, observe);
}

static void observe(void *ctx)
{
    static const struct redis_hooks hooks = {
        .ready = on_watch_ready, .message = on_message, .ended = on_watch_ended};
    struct fanout_redis *r = ctx;
    struct err e;

    if (dial(r, &r->watch, &hooks, &e) < 0)
        fail(r, &e);
}

/* --- publishing ---------------------------------------------------------------------------------
 */

static void on_published(void *ctx, const struct resp_value *reply)
{
    struct fanout_redis *r = ctx;
    struct err e;

    if (redis_refused(r->out, reply, "PUBLISH (--publish-redis)", &e) < 0)
        fanout_sent(r->front, &e);
    else
        fanout_sent(r->front, NULL);
}

static void on_out_ready(void *ctx)
{
    check_ready(ctx);
}

static void on_out_ended(void *ctx, const struct err *e)
{
    struct fanout_redis *r = ctx;

    redis_free(r->out);
    r->out = NULL;
    if (r->front->publishing)
        fanout_sent(r->front, e);
    else
        fail(r, e);
}

void fanout_redis_publish(struct fanout_redis *r, struct slice channel, struct slice text)
{
    const struct slice words[] = {slice_str("PUBLISH"), channel, text};
    struct err e;

    if (r->out && redis_command(r->out, words, 3, on_published, r) == 0)
        return;
    err_set(&e, EXIT_OTHER, STAGE_IO, 0, "can't publish: the connection to Redis is lost");
    fanout_sent(r->front, &e);
}

/* --- life ---------------------------------------------------------------------------------------
 */

int fanout_redis_begin(struct fanout_front *front, struct err *e)
{
    static const struct redis_hooks hooks = {.ready = on_out_ready, .ended = on_out_ended};
    struct fanout_redis *r = calloc(1, sizeof *r);

    err_nomem(e, STAGE_IO, "starting");
    front->redis = r;
    if (!r)
        return -1;
    r->front = front;
    r->again = timer_new(&front->app->loop.uv, r);
    if (!r->again || redis_url_parse(&r->url, front->own->redis, e) < 0)
        return -1;
    r->shared.supplies = &front->app->loop.supplies;
    r->dial = front->app->connect->dial;
    r->dial.interface = fanout_source(front);
    /* What identifies the service, and who we are to it. */
    (void)tls_forget_identity(&r->dial.tls);
    r->dial.tls.pinned = r->dial.tls.servername = NULL;
    if (front->own->way == FANOUT_BY_REDIS && dial(r, &r->out, &hooks, e) < 0)
        return -1;
    return dial(r, &r->watch,
                &(struct redis_hooks){
                    .ready = on_watch_ready, .message = on_message, .ended = on_watch_ended},
                e);
}

void fanout_redis_stop(struct fanout_redis *r)
{
    if (!r)
        return;
    redis_free(r->watch);
    redis_free(r->out);
    r->watch = r->out = NULL;
    timer_free(r->again);
    r->again = NULL;
}

void fanout_redis_free(struct fanout_redis *r)
{
    if (!r)
        return;
    http_shared_clear(&r->shared);
    redis_url_clear(&r->url);
    free(r);
}
