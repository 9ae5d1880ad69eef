/*
 * relay_leg: one side of a relayed connection: bytes between its link and the queues.
 */
#include "base/clock.h"
#include "net/fault_socket.h"
#include "relay/relay_private.h"

/* What one leg may read in a turn of the loop before others get theirs. */
#define READS_PER_TURN 2

void relay_leg_init(struct relay_leg *l, struct relay_conn *c, enum event_leg side)
{
    l->conn = c;
    l->side = side;
    l->other = side == LEG_CLIENT ? relay_leg_server(c) : relay_leg_client(c);
    http1_reader_init(&l->http, side == LEG_CLIENT ? HTTP1_REQUEST : HTTP1_RESPONSE,
                      HTTP1_HEAD_MAX + RELAY_BLOCK, 0);
    buf_init(&l->out, SIZE_MAX / 2);
    buf_init(&l->raw, SIZE_MAX / 2);
    buf_init(&l->message, SIZE_MAX / 2);
    buf_init(&l->control, FRAME_HEADER_MAX + 65536);
}

void relay_leg_clear(struct relay_leg *l)
{
    relay_leg_detach(l);
    layer_fault_free(l->layer_fault);
    wsconn_free(l->ws);
    held_clear(l);
    fault_conn_free(l->fault, clock_mono_us());
    http1_reader_clear(&l->http);
    buf_clear(&l->out);
    buf_clear(&l->raw);
    buf_clear(&l->message);
    buf_clear(&l->control);
}

void relay_leg_detach(struct relay_leg *l)
{
    pump_free(l->pump);
    link_free(l->link);
    l->pump = NULL;
    l->link = NULL;
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* The receiver is gone, which its reading side finds out. */
static void write_failed(struct relay_leg *l)
{
    l->write_dead = true;
    buf_clear(&l->out);
}

void relay_leg_write(struct relay_leg *l)
{
    while (l->link && l->out.len > 0 && !l->write_dead && !l->silent) {
        ssize_t n = link_write(l->link, buf_data(&l->out), l->out.len, &l->link_error);

        if (n == LINK_AGAIN)
            return;
        if (n < 0) {
            write_failed(l);
            return;
        }
        buf_consume(&l->out, (size_t)n);
    }
    if (l->out.len == 0)
        buf_trim(&l->out, RELAY_BLOCK);
    if (l->link && l->fin_due && !l->fin_sent && !l->write_dead && !l->silent)
        l->fin_sent = link_close(l->link, &l->link_error) != LINK_AGAIN;
}

void relay_leg_put(struct relay_leg *l, const uint8_t *bytes, size_t n)
{
    if (n == 0 || l->write_dead || l->fin_due || l->close_made)
        return;
    if (l->link && l->out.len == 0 && !l->silent && l->conn->state == CONN_WS) {
        ssize_t put = link_write(l->link, bytes, n, &l->link_error);

        if (put < 0 && put != LINK_AGAIN) {
            write_failed(l);
            return;
        }
        if (put > 0) {
            bytes += put;
            n -= (size_t)put;
        }
    }
    if (n > 0 && buf_append(&l->out, bytes, n) < 0)
        relayed_break(l->conn);
    else if (l->out.len >= RELAY_FULL)
        l->full = true;
}

void relay_leg_finish(struct relay_leg *l)
{
    l->fin_due = true;
    relay_leg_write(l);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool wants_read(const struct relay_leg *l)
{
    const struct relay_conn *c = l->conn;

    if (l->ended || l->silent || c->relay->paused || c->state == CONN_ENDED)
        return false;
    switch (c->state) {
    case CONN_TLS:
        return l->side == LEG_CLIENT;
    case CONN_HTTP:
        return !l->other->full && l->http.bytes.len < HTTP1_HEAD_MAX;
    case CONN_WS:
        return !l->other->full || l->other->close_made || l->other->write_dead;
    default:
        return true;
    }
}

static bool read_http(struct relay_leg *l)
{
    uint8_t *room = buf_reserve(&l->http.bytes, RELAY_BLOCK);
    ssize_t n;

    if (!room) {
        relayed_break(l->conn);
        return false;
    }
    n = link_read(l->link, room, RELAY_BLOCK, &l->link_error);
    if (n == LINK_AGAIN)
        return false;
    if (n <= 0) {
        relayed_leg_ended(l, n);
        return false;
    }
    buf_filled(&l->http.bytes, (size_t)n);
    relayed_http_step(l->conn);
    return true;
}

static bool read_ws(struct relay_leg *l)
{
    size_t room;
    uint8_t *space = relayed_ws_space(l, &room);
    ssize_t n;

    if (!space) {
        relayed_break(l->conn);
        return false;
    }
    n = link_read(l->link, space, room, &l->link_error);
    if (n == LINK_AGAIN)
        return false;
    if (n <= 0) {
        relayed_leg_ended(l, n);
        return false;
    }
    relayed_ws_filled(l, space, (size_t)n);
    return (size_t)n == room || (l->link && link_pending(l->link) > 0);
}

/* Nothing more will be sent: only the end of the stream matters. */
static bool discard(struct relay_leg *l)
{
    uint8_t bytes[16 * 1024];
    ssize_t n = link_read(l->link, bytes, sizeof bytes, &l->link_error);

    if (n == 0 || n == LINK_FAILED)
        relayed_leg_ended(l, n);
    return n > 0;
}

static void secure(struct relay_leg *l)
{
    struct event ev;
    struct err e;
    int r = link_connect(l->link, &e);

    if (r == LINK_AGAIN)
        return;
    if (r == LINK_FAILED) {
        ev = relayed_event(l->conn, EVENT_ERROR, LEG_CLIENT);
        ev.error = &e;
        relayed_emit(l->conn, &ev);
        relayed_end(l->conn);
        return;
    }
    l->conn->state = CONN_HTTP;
}

static void take_turn(void *ctx, bool readable)
{
    struct relay_leg *l = ctx;
    struct relay_conn *c = l->conn;
    bool more = readable;

    if (c->refused) {
        relayed_end(c);
        return;
    }
    if (c->state == CONN_TLS)
        secure(l);
    for (int i = 0; i < READS_PER_TURN && more && l->link && wants_read(l); i++) {
        if (c->state == CONN_HTTP)
            more = read_http(l);
        else if (c->state == CONN_WS)
            more = read_ws(l);
        else
            more = c->state == CONN_ENDING && discard(l);
    }
    if (c->state != CONN_ENDED)
        relayed_flush(c);
    if (l->ws)
        wsconn_rest(l->ws);
}

static bool reads(const void *ctx)
{
    return wants_read(ctx);
}

static bool writes(const void *ctx)
{
    const struct relay_leg *l = ctx;

    return (l->out.len > 0 || (l->fin_due && !l->fin_sent)) && !l->write_dead && !l->silent;
}

int relay_leg_attach(struct relay_leg *l, struct link *link, struct err *e)
{
    static const struct pump_hooks hooks = {.turn = take_turn, .reads = reads, .writes = writes};

    l->link = link;
    l->pump = pump_new(l->conn->relay->loop, link, &hooks, l, e);
    if (!l->pump) {
        relay_leg_detach(l);
        return -1;
    }
    pump_update(l->pump);
    return 0;
}
