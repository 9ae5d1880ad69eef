#include "serve/pubsub.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "serve/pubsub_private.h"

#define RETRY_FIRST_US 250000
/* Looks at the clock between two renewals of the keys. */
#define BEATS_PER_RENEWAL 60

static void begin(void *ctx);

/* --- leaving ------------------------------------------------------------------------------------
 */

static void settle(struct pubsub *p)
{
    p->settled = true;
    p->changed(p->ctx);
}

static void disconnect(struct pubsub *p)
{
    redis_free(p->commands);
    redis_free(p->messages);
    p->commands = p->messages = NULL;
    for (size_t i = 0; i < 2; i++) {
        fault_conn_free(p->faults[i], clock_mono_us());
        p->faults[i] = NULL;
    }
    p->state = PUBSUB_ALONE;
    p->feed_joined = p->chat_joined = p->subscribed = p->asked_history = false;
    p->in_flight = 0;
    buf_clear(&p->held);
    chat_books_clear(&p->lasts);
    timer_stop(p->timer);
}

/* 250 ms, twice as long each time, up to PUBSUB_RETRY_US; each up to a quarter earlier, so that
 * servers that lost it together do not come back together. */
static uint64_t retry_delay(struct pubsub *p)
{
    uint64_t delay = RETRY_FIRST_US;
    uint16_t draw = 0;

    for (unsigned i = 0; i < p->attempts && delay < PUBSUB_RETRY_US; i++)
        delay *= 2;
    if (delay > PUBSUB_RETRY_US)
        delay = PUBSUB_RETRY_US;
    (void)rng_draw(&p->host->supplies->rng, (uint8_t *)&draw, sizeof draw);
    return delay - delay / 4 * draw / UINT16_MAX;
}

void pubsub_fail(struct pubsub *p, const struct err *e)
{
    if (p->state == PUBSUB_ALONE)
        return;
    disconnect(p);
    pubsub_report_failure(p, e);
    timer_start(p->timer, retry_delay(p), begin);
    p->attempts++;
    settle(p);
}

bool pubsub_refused(struct pubsub *p, const struct resp_value *reply, const char *what)
{
    struct err e;

    if (redis_refused(p->commands, reply, what, &e) == 0)
        return false;
    pubsub_fail(p, &e);
    return true;
}

bool pubsub_command(struct pubsub *p, const struct slice *words, size_t count, redis_reply_fn *fn)
{
    struct err e;

    if (redis_command(p->commands, words, count, fn, p) == 0)
        return true;
    err_set(&e, EXIT_OTHER, STAGE_IO, 0, "Redis at %.100s: too much is waiting to be sent to it",
            p->name);
    pubsub_fail(p, &e);
    return false;
}

/* --- joining ------------------------------------------------------------------------------------
 */

static void renew(struct pubsub *p)
{
    static const char *const keys[] = {PUBSUB_FEED_KEY, PUBSUB_LOG_KEY, PUBSUB_LAST_KEY};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct slice words[] = {slice_str("EXPIRE"), slice_str(keys[i]),
                                      slice_str(PUBSUB_KEPT_S)};

        if (!pubsub_command(p, words, 3, NULL))
            return;
    }
}

static void beat(void *ctx)
{
    struct pubsub *p = ctx;

    timer_start(p->timer, PUBSUB_BEAT_US, beat);
    if (p->host->paused)
        return;
    pubsub_report_missed(p);
    if (p->beats++ % BEATS_PER_RENEWAL == 0)
        renew(p);
    if (p->state == PUBSUB_JOINED)
        pubsub_feed_ask(p);
}

void pubsub_check_joined(struct pubsub *p)
{
    if (p->state != PUBSUB_JOINING)
        return;
    if (p->subscribed && !p->asked_history && p->feed_joined) {
        p->asked_history = true;
        pubsub_chat_history(p);
        return;
    }
    if (!p->feed_joined || !p->chat_joined)
        return;
    p->state = PUBSUB_JOINED;
    p->attempts = 0;
    p->beats = 0;
    timer_start(p->timer, PUBSUB_BEAT_US, beat);
    p->late = p->queue.count;
    p->announce = p->announce || p->joined_before;
    pubsub_report_joined(p);
    pubsub_chat_flush(p);
    settle(p);
}

static void on_commands_ready(void *ctx)
{
    struct pubsub *p = ctx;

    pubsub_feed_ask(p);
    pubsub_check_joined(p);
}

static void on_messages_ready(void *ctx)
{
    pubsub_chat_begin(ctx);
}

static void on_ended(void *ctx, const struct err *e)
{
    pubsub_fail(ctx, e);
}

/* NULL with *e. */
static struct redis *connect_one(struct pubsub *p, struct fault_conn **fault,
                                 const struct redis_hooks *hooks, struct err *e)
{
    struct redis_config config = {
        .url = &p->config->url,
        .dial = &p->config->dial,
        .shared = &p->shared,
        .connect_us = PUBSUB_ANSWER_US,
        .reply_us = PUBSUB_ANSWER_US,
        .idle_us = PUBSUB_BEAT_US,
    };

    if (p->config->faults) {
        *fault = fault_conn_new(p->config->faults, 0, clock_mono_us());
        if (!*fault) {
            err_nomem(e, STAGE_CONNECT, "connecting to Redis");
            return NULL;
        }
        config.fault = *fault;
    }
    return redis_new(p->host->loop, &config, hooks, p, e);
}

static int connect_both(struct pubsub *p, struct err *e)
{
    static const struct redis_hooks commands = {.ready = on_commands_ready, .ended = on_ended};
    static const struct redis_hooks messages = {
        .ready = on_messages_ready, .message = pubsub_chat_message, .ended = on_ended};

    p->state = PUBSUB_JOINING;
    p->commands = connect_one(p, &p->faults[0], &commands, e);
    if (p->commands)
        p->messages = connect_one(p, &p->faults[1], &messages, e);
    return p->messages ? 0 : -1;
}

static void begin(void *ctx)
{
    struct pubsub *p = ctx;
    struct err e;

    if (p->host->paused) {
        timer_start(p->timer, RETRY_FIRST_US, begin);
        return;
    }
    if (connect_both(p, &e) < 0)
        pubsub_fail(p, &e);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int draw_instance(struct pubsub *p)
{
    uint8_t bytes[(CHAT_INSTANCE - 1) / 2];

    if (rng_draw(&p->host->supplies->rng, bytes, sizeof bytes) < 0)
        return -1;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(p->instance + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    return 0;
}

struct pubsub *pubsub_new(struct client_host *host, const struct pubsub_config *config,
                          void (*changed)(void *ctx), void *ctx, struct err *e)
{
    struct pubsub *p = calloc(1, sizeof *p);

    if (p)
        p->timer = timer_new(host->loop, p);
    if (!p || !p->timer) {
        free(p);
        err_nomem(e, STAGE_IO, "sharing through Redis");
        return NULL;
    }
    p->host = host;
    p->config = config;
    p->changed = changed;
    p->ctx = ctx;
    redis_url_name(&config->url, p->name, sizeof p->name);
    if (config->url.db == 0)
        snprintf(p->channel, sizeof p->channel, PUBSUB_CHANNEL);
    else
        snprintf(p->channel, sizeof p->channel, PUBSUB_CHANNEL ":%u", (unsigned)config->url.db);
    chat_queue_init(&p->queue);
    buf_init(&p->held, CHAT_QUEUE_BYTES);
    if (http_shared_init(&p->shared, host->supplies, &config->dial.tls, config->url.secure, e) <
        0) {
        timer_free(p->timer);
        free(p);
        return NULL;
    }
    if (draw_instance(p) < 0) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "no random numbers for sharing through Redis");
    } else if (connect_both(p, e) == 0) {
        return p;
    }
    pubsub_free(p);
    return NULL;
}

void pubsub_free(struct pubsub *p)
{
    if (!p)
        return;
    disconnect(p);
    timer_free(p->timer);
    chat_queue_clear(&p->queue);
    chat_books_clear(&p->books);
    http_shared_clear(&p->shared);
    free(p);
}

void pubsub_pause_changed(struct pubsub *p)
{
    if (p->commands)
        redis_pause(p->commands, p->host->paused);
    if (p->messages)
        redis_pause(p->messages, p->host->paused);
}

bool pubsub_is_settled(const struct pubsub *p)
{
    return p->settled;
}

bool pubsub_is_idle(const struct pubsub *p)
{
    return p->state != PUBSUB_JOINED || p->queue.count == 0;
}
