#include "redis/redis.h"

#include <stdlib.h>

#include "base/clock.h"
#include "redis/redis_private.h"

#define READ_STEP 16384
/* Reads in a turn, so that others have theirs. */
#define READS_PER_TURN 16

/* --- memory -------------------------------------------------------------------------------------
 */

static void let_go(struct redis *r)
{
    enum stage stage;
    char what[8];
    struct err ignored;

    if (r->dial)
        dial_cancel(r->dial, &stage, what, sizeof what);
    r->dial = NULL;
    pump_free(r->pump);
    r->pump = NULL;
    if (r->link)
        (void)link_close(r->link, &ignored);
    link_free(r->link);
    r->link = NULL;
    timer_stop(r->timer);
    buf_clear(&r->due);
}

static void release(struct redis *r)
{
    let_go(r);
    timer_free(r->timer);
    buf_clear(&r->out);
    resp_reader_clear(&r->in);
    free(r);
}

/* Around everything that may call a hook. false: it was freed, and nothing of it may be used. */
static void redis_enter(struct redis *r)
{
    r->busy++;
}

static bool redis_leave(struct redis *r)
{
    bool freed = r->freed;

    r->busy--;
    if (freed && r->busy == 0)
        release(r);
    return !freed;
}

void redis_free(struct redis *r)
{
    if (!r || r->freed)
        return;
    r->freed = true;
    r->state = REDIS_ENDED;
    if (r->busy == 0)
        release(r);
    else
        let_go(r);
}

/* --- the end and time ---------------------------------------------------------------------------
 */

void redis_end(struct redis *r, const struct err *e)
{
    if (r->state == REDIS_ENDED)
        return;
    r->state = REDIS_ENDED;
    let_go(r);
    if (r->hooks.ended)
        r->hooks.ended(r->ctx, e);
}

static struct redis_due oldest(const struct redis *r)
{
    struct redis_due due;

    memcpy(&due, buf_data(&r->due), sizeof due);
    return due;
}

/* What there is to wait for, and until when; 0: nothing. */
static uint64_t due_us(const struct redis *r)
{
    uint64_t sent;

    if (r->paused)
        return 0;
    if (r->due.len > 0) {
        sent = oldest(r).sent_us;
        if (sent < r->resumed_us)
            sent = r->resumed_us;
        return r->config.reply_us ? sent + r->config.reply_us : 0;
    }
    return r->config.idle_us ? r->last_in_us + r->config.idle_us : 0;
}

static void on_ping_due(struct redis *r)
{
    const struct slice ping = slice_str("PING");

    if (redis_put(r, &ping, 1, NULL, NULL) == 0)
        pump_soon(r->pump);
}

/* The timer is not wound up for each reply: when it fires, what is due by then is looked at. */
static void on_clock(void *ctx)
{
    struct redis *r = ctx;
    uint64_t due = due_us(r);
    struct err e;

    redis_enter(r);
    if (due && due <= clock_mono_us()) {
        if (r->due.len > 0) {
            redis_silent(r, &e);
            redis_end(r, &e);
        } else {
            on_ping_due(r);
        }
    }
    if (redis_leave(r) && r->state == REDIS_READY)
        redis_clock(r);
}

void redis_clock(struct redis *r)
{
    uint64_t due = due_us(r), now = clock_mono_us();
    uint64_t left = due > now ? due - now : 0;

    if (due && r->state == REDIS_READY && left < timer_left_us(r->timer))
        timer_start(r->timer, left, on_clock);
}

static void on_connect_timeout(void *ctx)
{
    struct redis *r = ctx;
    struct err e;

    redis_enter(r);
    redis_slow(r, &e);
    redis_end(r, &e);
    redis_leave(r);
}

/* --- the loop -----------------------------------------------------------------------------------
 */

static bool writes(const void *ctx)
{
    const struct redis *r = ctx;

    return r->out.len > 0 && !r->unwritable;
}

static void write_out(struct redis *r)
{
    while (r->link && writes(r)) {
        ssize_t n = link_write(r->link, buf_data(&r->out), r->out.len, &r->link_error);

        /* The reading side finds out why it failed, and what was received before. */
        if (n == LINK_FAILED)
            r->unwritable = true;
        if (n < 0)
            return;
        buf_consume(&r->out, (size_t)n);
        buf_trim(&r->out, READ_STEP);
    }
}

/* One read. False: there is nothing more for now, or it has ended. */
static bool read_in(struct redis *r)
{
    uint8_t *space = resp_reader_space(&r->in, READ_STEP);
    struct err e;
    ssize_t n;

    if (!space) {
        err_nomem(&e, STAGE_IO, "reading a reply of Redis");
        redis_end(r, &e);
        return false;
    }
    n = link_read(r->link, space, READ_STEP, &r->link_error);
    if (n == LINK_AGAIN)
        return false;
    if (n <= 0) {
        redis_lost(r, n < 0, &e);
        redis_end(r, &e);
        return false;
    }
    resp_reader_filled(&r->in, (size_t)n);
    r->last_in_us = clock_mono_us();
    return redis_take(r);
}

static bool reads(const void *ctx)
{
    const struct redis *r = ctx;

    return !r->paused || r->state != REDIS_READY;
}

static void take_turn(void *ctx, bool readable)
{
    struct redis *r = ctx;

    (void)readable; /* a needless try only returns "again" */
    redis_enter(r);
    write_out(r);
    for (int i = 0; i < READS_PER_TURN && reads(r) && read_in(r); i++)
        ;
    if (r->state != REDIS_ENDED) {
        write_out(r);
        redis_clock(r);
    }
    redis_leave(r);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static void on_answered(void *ctx, const struct resp_value *reply)
{
    struct redis *r = ctx;
    struct err e;

    if (redis_refused(r, reply, "PING", &e) < 0) {
        redis_end(r, &e);
        return;
    }
    timer_stop(r->timer);
    r->state = REDIS_READY;
    if (r->config.fault)
        fault_conn_opened(r->config.fault, clock_mono_us());
    redis_clock(r);
    if (r->hooks.ready)
        r->hooks.ready(r->ctx);
}

static void on_dial_event(void *ctx, struct event *ev)
{
    struct redis *r = ctx;

    if (r->hooks.report)
        r->hooks.report(r->ctx, ev);
}

static void on_dialled(void *ctx, struct link *link, const struct err *why)
{
    static const struct pump_hooks hooks = {.turn = take_turn, .reads = reads, .writes = writes};
    struct redis *r = ctx;
    struct err e = *why;

    r->dial = NULL;
    r->link = link;
    redis_enter(r);
    if (link)
        r->pump = pump_new(r->loop, link, &hooks, r, &e);
    if (!r->pump) {
        redis_blame(r, &e);
        redis_end(r, &e);
    } else if (redis_greet(r, on_answered) < 0) {
        err_nomem(&e, STAGE_IO, "greeting Redis");
        redis_end(r, &e);
    } else {
        r->state = REDIS_GREETING;
        pump_soon(r->pump);
    }
    redis_leave(r);
}

static int start(struct redis *r, struct err *e)
{
    const struct redis_url *url = r->config.url;

    r->target = (struct dial_target){
        .host = url->host,
        .zone = url->zone,
        .port = url->port,
        .secure = url->secure,
        .fault = r->config.fault,
    };
    if (http_shared_load(r->config.shared, r->config.dial, &r->target, e) < 0)
        return -1;
    r->dial = dial_start(r->loop, r->config.dial, &r->target, on_dial_event, on_dialled, r, e);
    if (!r->dial)
        return -1;
    if (r->config.connect_us)
        timer_start(r->timer, r->config.connect_us, on_connect_timeout);
    return 0;
}

struct redis *redis_new(uv_loop_t *loop, const struct redis_config *config,
                        const struct redis_hooks *hooks, void *ctx, struct err *e)
{
    struct redis *r = calloc(1, sizeof *r);

    if (!r || !(r->timer = timer_new(loop, r))) {
        free(r);
        err_nomem(e, STAGE_CONNECT, "connecting to Redis");
        return NULL;
    }
    r->loop = loop;
    r->config = *config;
    r->hooks = *hooks;
    r->ctx = ctx;
    redis_url_name(config->url, r->name, sizeof r->name);
    buf_init(&r->out, REDIS_OUT_MAX);
    buf_init(&r->due, REDIS_WAITING_MAX * sizeof(struct redis_due));
    resp_reader_init(&r->in, config->max_reply ? config->max_reply : REDIS_REPLY_MAX);
    if (start(r, e) < 0) {
        release(r);
        return NULL;
    }
    return r;
}

void redis_pause(struct redis *r, bool paused)
{
    if (r->paused == paused)
        return;
    r->paused = paused;
    if (!paused)
        r->resumed_us = r->last_in_us = clock_mono_us();
    if (r->state != REDIS_READY)
        return;
    redis_clock(r);
    pump_update(r->pump);
}

bool redis_is_ready(const struct redis *r)
{
    return r->state == REDIS_READY;
}

size_t redis_waiting(const struct redis *r)
{
    return r->due.len / sizeof(struct redis_due);
}
