#include "peer_kit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_help.h"

#define GUARD_US (60 * UINT64_C(1000000))

/* --- the link -----------------------------------------------------------------------------------
 */

static ssize_t flaky_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    return link_read(l->next, bytes, n, e);
}

static ssize_t flaky_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    if (!((struct flaky *)l)->write_fails)
        return link_write(l->next, bytes, n, e);
    err_set(e, EXIT_LOST, STAGE_IO, EPIPE, "writing failed");
    return LINK_FAILED;
}

static int flaky_events(const struct link *l, bool want_read, bool want_write)
{
    return link_events(l->next, want_read, want_write);
}

static size_t flaky_pending(const struct link *l)
{
    return link_pending(l->next);
}

static int flaky_close(struct link *l, struct err *e)
{
    return link_close(l->next, e);
}

static void flaky_free(struct link *l)
{
    free(l);
}

static struct flaky *flaky_new(struct link *next)
{
    static const struct link_ops ops = {.read = flaky_read,
                                        .write = flaky_write,
                                        .events = flaky_events,
                                        .pending = flaky_pending,
                                        .close = flaky_close,
                                        .free = flaky_free};
    struct flaky *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->link.ops = &ops;
    f->link.next = next;
    f->link.fd = next->fd;
    return f;
}

/* --- the layer above ----------------------------------------------------------------------------
 */

static struct peer_kit *kit_of(struct layer *l)
{
    return (struct peer_kit *)((char *)l - offsetof(struct peer_kit, top));
}

static void put_close(struct buf *out, const struct event_close *c)
{
    buf_printf(out, "close %s %s %u", close_by_name(c->by), close_how_name(c->how), c->code);
    buf_append_str(out, c->clean ? " clean" : "");
    buf_append_str(out, c->got_fin ? " fin" : "");
    buf_append_str(out, c->got_rst ? " rst" : "");
}

static void put_event(struct peer_kit *k, const struct event *ev)
{
    struct buf *out = &k->log.text;

    buf_append_str(out, ev->dir == DIR_OUT ? "sent " : "");
    switch (ev->kind) {
    case EVENT_MESSAGE:
        buf_append_str(out, "message");
        kit_data(out, ev->message.data);
        break;
    case EVENT_PING:
    case EVENT_PONG:
        buf_append_str(out, ev->kind == EVENT_PING ? "ping" : "pong");
        kit_data(out, ev->control.data);
        break;
    case EVENT_CLOSE_FRAME:
        buf_printf(out, "close-frame %u", ev->close_frame.code);
        break;
    case EVENT_VIOLATION:
        buf_printf(out, "violation %u", ev->violation.code);
        break;
    case EVENT_ERROR:
        buf_printf(out, "error %s", ev->error->text);
        break;
    case EVENT_CLOSE:
        put_close(out, &ev->close);
        break;
    default:
        buf_printf(out, "kind %d", ev->kind);
    }
    assert_int_equal(buf_append_str(out, "\n"), 0);
}

static void on_event(struct layer *l, struct event *ev)
{
    struct peer_kit *k = kit_of(l);

    assert_false(k->ended); /* the close is the last */
    put_event(k, ev);
    if (ev->kind == EVENT_CLOSE)
        k->ended = true;
    if (ev->kind == EVENT_PING && ev->dir == DIR_IN)
        ev->control.taken = k->takes_pings;
    if (ev->kind != EVENT_MESSAGE || ev->dir != DIR_IN)
        return;
    if (k->pauses)
        layer_pause(l, true);
    if (k->echoes)
        layer_send(l, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                         .opcode = OPCODE_TEXT,
                                         .data = ev->message.data,
                                         .first = true,
                                         .final = true});
}

static void on_drained(struct layer *l)
{
    kit_of(l)->drained++;
}

static void sink_event(struct sink *sink, const struct event *ev)
{
    (void)sink;
    (void)ev;
}

static void sink_free(struct sink *sink)
{
    (void)sink;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void on_guard(void *ctx)
{
    struct peer_kit *k = ctx;

    fail_msg("nothing more happens; the log: %.*s", (int)k->log.text.len,
             (const char *)buf_data(&k->log.text));
}

void peer_kit_open(struct peer_kit *k, enum wsconn_role role)
{
    static const struct layer_ops ops = {.event = on_event, .drained = on_drained};
    struct link *tcp;
    int fds[2];

    *k = (struct peer_kit){.top.ops = &ops};
    assert_int_equal(uv_loop_init(&k->loop), 0);
    k->guard = timer_new(&k->loop, k);
    assert_non_null(k->guard);
    timer_start(k->guard, GUARD_US, on_guard);
    tcp_pair(fds);
    k->fd = fds[1];
    tcp = link_tcp_new(fds[0]);
    assert_non_null(tcp);
    k->flaky = flaky_new(tcp);
    kit_rng_init(&k->rng);
    kit_log_init(&k->log);
    bus_init(&k->bus);
    k->sink = (struct sink){EVENT_BIT(EVENT_PING) | EVENT_BIT(EVENT_PONG), sink_event, sink_free};
    bus_add(&k->bus, &k->sink);
    k->config = (struct peer_config){.conn = {.role = role},
                                     .rng = &k->rng.rng,
                                     .bus = &k->bus,
                                     .activity = &k->activity,
                                     .close_timeout = GUARD_US / 2};
}

struct peer *peer_kit_make(struct peer_kit *k)
{
    struct err e;

    return peer_new(&k->loop, &k->flaky->link, &k->config, &k->top, &e);
}

void peer_kit_start(struct peer_kit *k)
{
    k->peer = peer_kit_make(k);
    assert_non_null(k->peer);
    peer_start(k->peer);
}

void peer_kit_close(struct peer_kit *k)
{
    if (k->peer)
        peer_free(k->peer);
    else
        link_free(&k->flaky->link);
    peer_kit_hang_up(k);
    timer_free(k->guard);
    uv_run(&k->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&k->loop), 0);
    bus_clear(&k->bus);
    kit_log_clear(&k->log);
}

/* --- the other side -----------------------------------------------------------------------------
 */

void peer_kit_say(struct peer_kit *k, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(k->fd, bytes.data, bytes.len);

        assert_true(n > 0 || errno == EAGAIN);
        if (n > 0)
            bytes = slice_make(bytes.data + n, bytes.len - (size_t)n);
        uv_run(&k->loop, UV_RUN_NOWAIT);
    }
}

void peer_kit_hear(struct peer_kit *k, struct slice bytes)
{
    uint8_t got[256];
    size_t have = 0;

    assert_true(bytes.len <= sizeof got);
    while (have < bytes.len) {
        ssize_t n = read(k->fd, got + have, bytes.len - have);

        assert_true(n > 0 || (n < 0 && errno == EAGAIN));
        have += n > 0 ? (size_t)n : 0;
        uv_run(&k->loop, UV_RUN_NOWAIT);
    }
    assert_memory_equal(got, bytes.data, bytes.len);
}

void peer_kit_hear_end(struct peer_kit *k)
{
    uint8_t bytes[4096];
    ssize_t n;

    while ((n = read(k->fd, bytes, sizeof bytes)) != 0) {
        assert_true(n > 0 || errno == EAGAIN);
        uv_run(&k->loop, UV_RUN_NOWAIT);
    }
}

void peer_kit_hear_nothing(struct peer_kit *k)
{
    uint8_t byte;

    peer_kit_settle(k);
    assert_int_equal(read(k->fd, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
}

void peer_kit_hang_up(struct peer_kit *k)
{
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
}

/* --- this side ----------------------------------------------------------------------------------
 */

void peer_kit_until(struct peer_kit *k, const char *text)
{
    size_t len = strlen(text);

    for (;;) {
        struct slice log = buf_slice(&k->log.text);

        if (log.len >= len && memcmp(slice_end(log) - len, text, len) == 0)
            break;
        uv_run(&k->loop, UV_RUN_ONCE);
    }
    buf_consume(&k->log.text, k->log.text.len);
}

void peer_kit_settle(struct peer_kit *k)
{
    for (int i = 0; i < 20; i++)
        uv_run(&k->loop, UV_RUN_NOWAIT);
}

int peer_kit_send(struct peer_kit *k, const char *text)
{
    return layer_send(&k->top, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                                  .opcode = OPCODE_TEXT,
                                                  .data = slice_str(text),
                                                  .first = true,
                                                  .final = true});
}

int peer_kit_send_close(struct peer_kit *k, uint16_t code, const char *reason, uint64_t timeout_us)
{
    return layer_send(&k->top, &(struct outgoing){.kind = OUTGOING_CLOSE,
                                                  .code = code,
                                                  .data = slice_str(reason),
                                                  .timeout_us = timeout_us});
}

struct peer_kit kit;

int peer_kit_client(void **state)
{
    (void)state;
    peer_kit_open(&kit, WSCONN_CLIENT);
    return 0;
}

int peer_kit_server(void **state)
{
    (void)state;
    peer_kit_open(&kit, WSCONN_SERVER);
    return 0;
}

int peer_kit_end(void **state)
{
    (void)state;
    peer_kit_close(&kit);
    return 0;
}
