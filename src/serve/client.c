#include "serve/client.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/fault_socket.h"
#include "net/link_fault.h"
#include "net/listener.h"

/* A client that is sent away has no claim on a place for long. */
#define CROWDED_MS 2000
/* Of c->out between two updates. */
#define STREAM_KEPT 4096

struct event client_event(const struct client *c, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .channel = c->channel,
        .conn = c->number,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - c->host->start_us,
    };
}

bool client_wants(const struct client *c, enum event_kind kind)
{
    return bus_wants(c->host->bus, kind);
}

void client_emit(const struct client *c, const struct event *ev)
{
    bus_emit(c->host->bus, ev);
}

void client_break(struct client *c)
{
    struct event ev = client_event(c, EVENT_ERROR);
    struct err e;

    if (c->state == CLIENT_ENDED)
        return;
    err_set(&e, EXIT_OTHER, STAGE_IO, 0,
            "a client was dropped: out of memory, or no random numbers");
    ev.error = &e;
    client_emit(c, &ev);
    client_abort(c);
}

/* --- the loop -----------------------------------------------------------------------------------
 */

size_t client_pending(const struct client *c)
{
    return c->out.len + c->activity.pending;
}

static bool wants_read(const struct client *c)
{
    if (c->state == CLIENT_LINGER)
        return true;
    if (c->host->paused || c->state == CLIENT_BODY)
        return false;
    /* One answer after the other, so that what waits is bounded. */
    if (c->state == CLIENT_HEAD)
        return client_pending(c) == 0;
    /* A request after one that is held waits its turn in c->in. */
    if (c->state == CLIENT_WAIT)
        return c->in.bytes.len < c->in.bytes.max;
    return !c->full;
}

static void written(struct client *c, size_t n)
{
    buf_consume(&c->out, n);
    buf_trim(&c->out, c->state == CLIENT_STREAM ? STREAM_KEPT : 0);
    c->activity.last_out_us = clock_mono_us();
}

/* Data that the client sent before it closed may still be unread, and is more informative than
 * EPIPE: stop writing, and let the reading side find the end. */
static void write_failed(struct client *c)
{
    c->write_dead = true;
    c->errnum = c->link_error.errnum;
}

void client_write(struct client *c)
{
    while (c->link && c->out.len > 0) {
        ssize_t n = (ssize_t)c->out.len;

        if (!c->write_dead) {
            n = link_write(c->link, buf_data(&c->out), c->out.len, &c->link_error);
            if (n == LINK_AGAIN)
                return;
            if (n < 0) {
                write_failed(c);
                continue;
            }
        }
        written(c, (size_t)n);
    }
}

/* There is room again for what waited for it. False if there is nothing more to write for now. */
static bool refill(struct client *c)
{
    if (client_pending(c) >= CLIENT_FULL / 2)
        return false;
    switch (c->state) {
    case CLIENT_HEAD:
        return client_next_head(c);
    case CLIENT_BODY:
        client_array_fill(c);
        return true;
    case CLIENT_STREAM:
        if (!c->full)
            return false;
        c->full = false;
        if (c->service->drained)
            c->service->drained(c);
        return true;
    default:
        return false;
    }
}

void client_flush(struct client *c)
{
    while (c->state != CLIENT_ENDED && c->state != CLIENT_OPEN && !c->broken) {
        client_write(c);
        if (!refill(c))
            break;
    }
    if (c->broken)
        client_break(c);
    if (c->state == CLIENT_LINGER && client_pending(c) == 0)
        client_farewell(c);
    if (c->pump)
        pump_update(c->pump);
}

static void secure(struct client *c)
{
    struct event ev = client_event(c, EVENT_ERROR);
    struct err e;
    int r = link_connect(c->link, &e);

    if (r == LINK_AGAIN)
        return;
    if (r == LINK_FAILED) {
        ev.error = &e;
        client_emit(c, &ev);
        client_end(c);
        return;
    }
    c->state = CLIENT_HEAD;
    client_read_head(c);
}

static void go_on(void *ctx, bool readable)
{
    struct client *c = ctx;

    (void)readable; /* a needless try only returns "again" */
    if (c->refused) {
        client_end(c);
        return;
    }
    switch (c->state) {
    case CLIENT_TLS:
        secure(c);
        break;
    case CLIENT_HEAD:
        client_read_head(c);
        break;
    case CLIENT_BODY: /* writing */
    case CLIENT_OPEN: /* the peer reads */
        break;
    case CLIENT_WAIT:
    case CLIENT_STREAM:
        client_feed_read(c);
        break;
    case CLIENT_LINGER:
        client_discard(c);
        break;
    case CLIENT_ENDED:
        return;
    }
    client_flush(c);
}

static bool pump_reads(const void *ctx)
{
    return wants_read(ctx);
}

static bool pump_writes(const void *ctx)
{
    const struct client *c = ctx;

    return client_pending(c) > 0 && !c->write_dead;
}

static const struct pump_hooks hooks = {.turn = go_on, .reads = pump_reads, .writes = pump_writes};

static void on_again(void *ctx)
{
    go_on(ctx, false);
}

void client_again(struct client *c)
{
    if (c->state == CLIENT_OPEN)
        timer_start(c->timer, 0, on_again);
    else if (c->state != CLIENT_ENDED)
        pump_soon(c->pump);
}

static void on_timer(void *ctx)
{
    struct client *c = ctx;

    switch (c->state) {
    case CLIENT_TLS:
    case CLIENT_HEAD:
        client_head_timeout(c);
        break;
    case CLIENT_WAIT:
    case CLIENT_BODY:
    case CLIENT_STREAM:
        client_feed_timeout(c);
        break;
    default:
        client_end(c);
        break;
    }
}

void client_start_timer(struct client *c, unsigned ms)
{
    timer_start(c->timer, ms * UINT64_C(1000), on_timer);
}

/* --- life ---------------------------------------------------------------------------------------
 */

/* Triggers that count (open, message, frame, bytes) count for each client; connect:N is the N-th
 * connection that is accepted; times are for all that are connected. */
static struct link *add_faults(struct client *c, struct link *tcp)
{
    uint64_t now = clock_mono_us();

    c->fault = fault_conn_new(c->host->faults, c->number, now);
    if (!c->fault)
        return NULL;
    c->refused = fault_conn_dial(c->fault, FAULT_REFUSE, now) != NULL;
    return link_fault_new(tcp, c->fault, c->host->loop);
}

static struct link *make_link(struct client *c, int fd)
{
    struct link *bottom = link_tcp_new(fd);
    struct link *top;
    struct err e;

    if (!bottom) {
        close(fd);
        return NULL;
    }
    if (c->host->faults) {
        top = add_faults(c, bottom);
        if (!top) {
            link_free(bottom);
            return NULL;
        }
        bottom = top;
    }
    if (!c->host->tls)
        return bottom;
    top = link_tls_server(bottom, c->host->tls, &e);
    if (!top)
        link_free(bottom);
    return top;
}

struct client *client_new(struct client_host *host, int fd, uint32_t number, bool crowded)
{
    struct client *c = calloc(1, sizeof *c);

    listener_tune(fd);
    if (!c) {
        close(fd);
        return NULL;
    }
    c->host = host;
    c->number = number;
    c->crowded = crowded;
    listener_peer(fd, c->address, sizeof c->address);
    c->state = host->tls ? CLIENT_TLS : CLIENT_HEAD;
    c->began_us = clock_mono_us();
    c->link = make_link(c, fd);
    c->timer = timer_new(host->loop, c);
    c->pump = c->link && c->timer ? pump_new(host->loop, c->link, &hooks, c, &c->link_error) : NULL;
    if (!c->pump) {
        link_free(c->link);
        timer_free(c->timer);
        fault_conn_free(c->fault, clock_mono_us());
        free(c);
        return NULL;
    }
    http1_reader_init(&c->in, HTTP1_REQUEST, HTTP1_HEAD_MAX, 0);
    buf_init(&c->out, SIZE_MAX / 2);
    buf_init(&c->aside, CLIENT_ASIDE_MAX);
    client_start_timer(c, crowded ? CROWDED_MS : CLIENT_HEAD_MS);
    if (c->refused) {
        /* The kernel has accepted it already; this is as near as it gets. */
        fault_socket_reset(fd);
        client_again(c);
        return c;
    }
    pump_update(c->pump);
    return c;
}

void client_close(struct client *c, uint16_t code, const char *reason, unsigned timeout_ms)
{
    if (c->state < CLIENT_OPEN) {
        client_end(c);
        return;
    }
    if (c->state != CLIENT_STREAM && (c->state != CLIENT_OPEN || peer_close_sent(c->peer)))
        return;
    layer_send(&c->layer, &(struct outgoing){.kind = OUTGOING_CLOSE,
                                             .code = code,
                                             .data = slice_str(reason),
                                             .timeout_us = timeout_ms * UINT64_C(1000)});
}

void client_abort(struct client *c)
{
    if (c->state == CLIENT_ENDED)
        return;
    client_decide(c, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_ABNORMAL, slice_str(""));
    client_end(c);
}

void client_pause_changed(struct client *c)
{
    if (c->state == CLIENT_OPEN) {
        layer_pause(&c->layer, c->host->paused);
        return;
    }
    /* The pause may begin inside an event of this very client. */
    if (c->host->paused)
        pump_update(c->pump);
    else
        client_flush(c);
}
