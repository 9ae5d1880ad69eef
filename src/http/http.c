#include "http/http.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/span.h"
#include "http/http_private.h"

bool http_wants(const struct http *h, enum event_kind kind)
{
    return h->hooks.report && bus_wants(h->bus, kind);
}

/* --- counts --------------------------------------------------------------------------------- */

static void add_link(const struct http *h, struct http_totals *t)
{
    struct tcp_stats stats;

    if (!h->link)
        return;
    t->stream_up += h->link_up;
    t->stream_down += h->link_down;
    if (tcp_stats_read(h->link->fd, &stats)) {
        t->bytes_up += stats.bytes_sent;
        t->bytes_down += stats.bytes_received;
        t->segments_up += stats.segments_sent;
        t->segments_down += stats.segments_received;
        t->retransmits += stats.retransmits;
    } else {
        t->bytes_up += h->link_up;
        t->bytes_down += h->link_down;
    }
}

struct http_totals http_totals(const struct http *h)
{
    struct http_totals totals = h->closed;

    add_link(h, &totals);
    return totals;
}

bool http_tcp_stats(const struct http *h, struct tcp_stats *stats)
{
    return h->link && tcp_stats_read(h->link->fd, stats);
}

uint64_t http_last_in_us(const struct http *h)
{
    return h->last_in_us;
}

uint64_t http_last_out_us(const struct http *h)
{
    return h->last_out_us;
}

/* --- the connection on the loop ----------------------------------------------------------------
 */

/* A kept connection is readable: the server hung up, or TLS has a message; anything else would be
 * an unsolicited response. */
static void idle_readable(struct http *h)
{
    uint8_t bytes[256];
    ssize_t n = link_read(h->link, bytes, sizeof bytes, &h->link_error);

    if (n != LINK_AGAIN)
        http_drop(h);
    else
        http_watch(h);
}

static void take_turn(void *ctx, bool readable)
{
    struct http *h = ctx;
    unsigned serial = h->serial;

    (void)readable; /* an answer may be there as soon as the request is written */
    if (h->state == HTTP_IDLE) {
        idle_readable(h);
        return;
    }
    http_write(h);
    if (h->serial == serial && h->state != HTTP_IDLE)
        http_read(h);
}

static void on_again(void *ctx)
{
    struct http *h = ctx;

    if (h->state == HTTP_BODY)
        http_body(h); /* it may have been paused in the middle */
    else if (h->state == HTTP_HEAD && !h->link)
        http_take(h);
    if (h->link)
        take_turn(h, true);
    http_watch(h);
}

void http_soon(struct http *h)
{
    timer_start(h->again, 0, on_again);
}

static bool reads(const void *ctx)
{
    const struct http *h = ctx;

    return !(h->paused && h->state == HTTP_BODY);
}

static bool writes(const void *ctx)
{
    const struct http *h = ctx;

    return h->outgoing.len > 0;
}

int http_watch_start(struct http *h, struct err *e)
{
    static const struct pump_hooks hooks = {.turn = take_turn, .reads = reads, .writes = writes};

    h->pump = pump_new(h->loop, h->link, &hooks, h, e);
    return h->pump ? 0 : -1;
}

void http_watch(struct http *h)
{
    if (h->pump)
        pump_update(h->pump);
}

/* Have nothing more to do with the connection, its counts kept. The link is the caller's. */
static struct link *let_go(struct http *h)
{
    struct link *link = h->link;

    add_link(h, &h->closed);
    pump_free(h->pump);
    h->pump = NULL;
    timer_stop(h->again);
    h->link = NULL;
    h->link_up = h->link_down = 0;
    h->used = h->elsewhere = false;
    return link;
}

void http_drop(struct http *h)
{
    struct link *link;
    struct err ignored;

    if (!h->link)
        return;
    link = let_go(h);
    (void)link_close(link, &ignored);
    link_free(link);
}

/* --- an exchange ------------------------------------------------------------------------------ */

/* Nothing is in progress any longer. */
static void come_to_rest(struct http *h, bool keep)
{
    enum stage stage;
    char what[8];

    h->serial++;
    h->state = HTTP_IDLE;
    timer_stop(h->timer);
    timer_stop(h->again);
    if (h->dial)
        dial_cancel(h->dial, &stage, what, sizeof what);
    h->dial = NULL;
    if (!keep || h->elsewhere)
        http_drop(h);
    buf_reset(&h->outgoing);
    http_watch(h);
}

void http_finish(struct http *h, const struct err *e, bool keep)
{
    struct http_totals now;
    struct http_result result = {
        .status = h->in.head.status >= 200 ? h->in.head.status : 0,
        .framed = h->in.body.kind != HTTP1_BODY_EOF && h->in.body.done,
        .ended = h->link ? h->link->ended : 0,
        .us = span_between(h->began_us, clock_mono_us()),
    };
    unsigned serial;

    err_clear(&result.error);
    if (e)
        result.error = *e;
    come_to_rest(h, keep && !e);
    now = http_totals(h);
    result.bytes_up = now.bytes_up - h->before.bytes_up;
    result.bytes_down = now.bytes_down - h->before.bytes_down;
    serial = h->serial;
    if (h->hooks.done)
        h->hooks.done(h->ctx, &result);
    if (h->serial == serial) { /* no other exchange has begun */
        http_answer_clear(h);
        http_return(h);
    }
}

void http_hand_over(struct http *h)
{
    struct link *link = let_go(h);
    unsigned serial;

    come_to_rest(h, false);
    serial = h->serial;
    h->hooks.upgraded(h->ctx, link, buf_slice(&h->in.bytes));
    if (h->serial != serial)
        return;
    http_answer_clear(h);
    /* The connection may live long, and has no use for this memory. */
    buf_clear(&h->outgoing);
    http1_reader_clear(&h->in);
}

static void on_timer(void *ctx)
{
    struct http *h = ctx;
    struct err e;

    if (h->state == HTTP_REFUSAL) {
        http_refused(h, false);
        return;
    }
    if (h->state == HTTP_BODY)
        err_set(&e, EXIT_TIMEOUT, STAGE_IO, 0,
                "the server stopped in the middle of its answer: nothing more came in %s s "
                "(--connect-timeout)",
                decimal_millionths(h->config.timeout_us).text);
    else
        dial_timed_out(h->dial, h->config.timeout_us,
                       h->request.upgrade ? "waiting for the answer to the handshake"
                                          : "waiting for the server's answer",
                       &e);
    h->dial = NULL;
    http_finish(h, &e, false);
}

void http_limit(struct http *h, uint64_t us)
{
    if (us)
        timer_start(h->timer, us, on_timer);
    else
        timer_stop(h->timer);
}

int http_start(struct http *h, const struct http_request *request, struct err *e)
{
    http_answer_clear(h);
    http_return(h);
    h->request = *request;
    if (!h->request.method)
        h->request.method = "GET";
    h->began_us = request->began_us ? request->began_us : clock_mono_us();
    h->before = http_totals(h);
    h->serial++;
    if (http_send(h, e) < 0) {
        come_to_rest(h, false);
        return -1;
    }
    return 0;
}

void http_cancel(struct http *h)
{
    if (h->state == HTTP_IDLE)
        return;
    come_to_rest(h, false);
}

const struct handshake_config *http_identity(const struct http *h)
{
    return &h->identity;
}

bool http_busy(const struct http *h)
{
    return h->state != HTTP_IDLE;
}

void http_pause(struct http *h, bool paused)
{
    if (h->paused == paused)
        return;
    h->paused = paused;
    if (h->state == HTTP_BODY) {
        if (!paused)
            http_soon(h);
        /* While paused it is not the server that is slow. */
        http_limit(h, paused ? 0 : http_body_limit_us(h));
    }
    http_watch(h);
}

/* --- life ------------------------------------------------------------------------------------- */

struct http *http_new(uv_loop_t *loop, const struct http_config *config, struct http_shared *shared,
                      const struct bus *bus, const struct http_hooks *hooks, void *ctx)
{
    struct http *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->timer = timer_new(loop, h);
    h->again = timer_new(loop, h);
    if (!h->timer || !h->again) {
        timer_free(h->timer);
        timer_free(h->again);
        free(h);
        return NULL;
    }
    h->loop = loop;
    h->config = *config;
    h->identity = *config->identity;
    h->reach = *config->dial;
    h->shared = shared;
    h->bus = bus;
    h->hooks = *hooks;
    h->ctx = ctx;
    buf_init(&h->outgoing, SIZE_MAX / 2);
    http1_reader_init(&h->in, HTTP1_RESPONSE, HTTP1_HEAD_MAX + REFUSAL_MAX,
                      config->dial->max_headers);
    refusal_init(&h->refusal);
    return h;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    come_to_rest(h, false);
    http_answer_clear(h);
    http_return(h);
    buf_clear(&h->outgoing);
    http1_reader_clear(&h->in);
    refusal_clear(&h->refusal);
    free(h->inflated);
    timer_free(h->timer);
    timer_free(h->again);
    free(h);
}
