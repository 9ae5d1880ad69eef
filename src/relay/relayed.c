/*
 * relayed: the life of a relayed connection: two legs, the events of both, and how one leg's end
 * becomes the other's.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/fault_socket.h"
#include "net/link_fault.h"
#include "peer/peer.h"
#include "relay/relay_private.h"

/* From accept to the end of the first head, TLS included. */
#define HEAD_US 10000000

/* --- events -------------------------------------------------------------------------------------
 */

uint64_t relay_conn_now_us(const struct relay_conn *c)
{
    return c->came_us ? c->came_us : clock_mono_us();
}

void relayed_stamp(const struct relay_conn *c, struct event *ev, enum event_leg leg)
{
    ev->channel = CHANNEL_WS;
    ev->conn = c->number;
    ev->client = c->client;
    ev->leg = leg;
    ev->time_us = c->came_us ? c->came_wall_us : clock_wall_us();
    ev->at_us = relay_conn_now_us(c) - c->relay->config->start_us;
}

struct event relayed_event(const struct relay_conn *c, enum event_kind kind, enum event_leg leg)
{
    struct event ev = {.kind = kind};

    relayed_stamp(c, &ev, leg);
    return ev;
}

/* A message with what is in it. Directions of events are those of a leg, of decoders the client's.
 */
static void emit_decoded(const struct relay_conn *c, const struct event *ev)
{
    bool up = (ev->leg == LEG_CLIENT) == (ev->dir == DIR_IN);
    struct event message = *ev;

    decode_emit(c->decode, c->relay->bus, &message, up ? DIR_OUT : DIR_IN);
}

void relayed_emit(const struct relay_conn *c, const struct event *ev)
{
    if (ev->kind == EVENT_MESSAGE && c->decode && decode_is_on(c->decode))
        emit_decoded(c, ev);
    else
        bus_emit(c->relay->bus, ev);
}

void relayed_note(const struct relay_conn *c, const char *text)
{
    struct event ev = relayed_event(c, EVENT_NOTE, LEG_CLIENT);

    ev.note = text;
    relayed_emit(c, &ev);
}

void relayed_break(struct relay_conn *c)
{
    struct event ev = relayed_event(c, EVENT_ERROR, LEG_NONE);
    struct err e;

    if (c->state == CONN_ENDED)
        return;
    err_set(&e, EXIT_OTHER, STAGE_IO, 0,
            "a connection was cut: out of memory, or no random numbers");
    ev.error = &e;
    relayed_emit(c, &ev);
    relayed_reset(c);
}

/* --- the end ------------------------------------------------------------------------------------
 */

/* What ended it has been reported, and now the client ends its side. */
static void note_reaction(struct relay_conn *c, enum event_leg leg, enum close_by by)
{
    const struct relay *r = c->relay;

    if (leg != LEG_CLIENT || by == CLOSE_BY_LOCAL || c->ended_by == LEG_CLIENT || c->reacted)
        return;
    c->reacted = true;
    if (r->hooks.reacted)
        r->hooks.reacted(r->ctx, c);
}

void relayed_decide(struct relay_conn *c, enum event_leg leg, enum close_by by, enum close_how how,
                    uint16_t code, struct slice reason)
{
    struct relay *r = c->relay;
    size_t len = reason.len < sizeof c->reason ? reason.len : sizeof c->reason;

    if (!c->opened_us)
        return;
    if (c->decided) {
        note_reaction(c, leg, by);
        return;
    }
    c->decided = true;
    c->ended_by = leg;
    if (len)
        memcpy(c->reason, reason.data, len);
    c->close = (struct event_close){
        .by = by,
        .how = how,
        .code = code,
        .reason = slice_make(c->reason, len),
        .uptime_us = clock_mono_us() - c->opened_us,
        .hint = "",
    };
    if (r->hooks.closed)
        r->hooks.closed(r->ctx, c, leg, &c->close);
}

static void report_close(struct relay_conn *c)
{
    struct event ev = relayed_event(c, EVENT_CLOSE, c->ended_by);
    const struct relay_leg *client = relay_leg_client(c), *server = relay_leg_server(c);

    ev.close = c->close;
    ev.close.got_close_frame = client->close_seen || server->close_seen;
    ev.close.clean =
        (client->close_seen || server->close_made) && (server->close_seen || client->close_made);
    relayed_emit(c, &ev);
}

void relayed_end(struct relay_conn *c)
{
    struct relay *r = c->relay;

    if (c->state == CONN_ENDED)
        return;
    relayed_decide(c, LEG_NONE, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_ABNORMAL, slice_str(""));
    upstream_cancel(c);
    relay_leg_detach(relay_leg_client(c));
    relay_leg_detach(relay_leg_server(c));
    c->state = CONN_ENDED;
    timer_stop(c->timer);
    timer_stop(c->due);
    if (c->decided)
        report_close(c);
    if (r->hooks.ended)
        r->hooks.ended(r->ctx, c);
    relay_gone(c);
}

void relayed_reset(struct relay_conn *c)
{
    for (int i = 0; i < 2; i++) {
        struct relay_leg *l = &c->legs[i];

        if (l->link && !l->silent) {
            relay_leg_write(l);
            fault_socket_reset(l->link->fd);
        }
    }
    relayed_end(c);
}

/* The end of one leg is the end of the other, in the same way. */
void relayed_leg_ended(struct relay_leg *l, ssize_t result)
{
    struct relay_conn *c = l->conn;
    unsigned ended = l->link->ended;
    bool fin = result == 0 || (ended & LINK_FIN_BY_FAULT) != 0;
    enum close_by by;
    enum close_how how;

    l->ended = true;
    transport_ending(l->link, result, &l->link_error, &by, &how);
    switch (c->state) {
    case CONN_HTTP:
        if (fin || (l->side == LEG_SERVER && c->busy && !c->answering))
            relayed_http_ended(l);
        else
            relayed_reset(c);
        break;
    case CONN_WS:
        relayed_ws_ended(l);
        relayed_decide(c, l->side, by, how, CLOSE_ABNORMAL, slice_str(""));
        if (fin)
            relay_leg_finish(l->other);
        else
            relayed_reset(c);
        break;
    default:
        relayed_end(c);
        break;
    }
}

/* --- bytes --------------------------------------------------------------------------------------
 */

/* It ended its side, and is gone: what comes for it from the other can't be delivered. A server
 * that has answered, or closed, may be gone while its last bytes are still to be read by the
 * client. */
static bool is_gone(const struct relay_leg *l)
{
    return l->ended && l->write_dead && !l->close_seen &&
           (l->side == LEG_CLIENT || l->conn->state == CONN_WS);
}

static bool is_over(const struct relay_leg *l)
{
    return !l->link || (l->ended && (l->out.len == 0 || l->write_dead));
}

void relayed_flush(struct relay_conn *c)
{
    bool room = false;

    for (int i = 0; i < 2; i++) {
        struct relay_leg *l = &c->legs[i];

        relay_leg_write(l);
        if (l->full && (l->out.len < RELAY_FULL / 2 || l->write_dead)) {
            l->full = false;
            room = true;
        }
    }
    if (room && c->state == CONN_HTTP)
        relayed_http_step(c);
    if (c->state == CONN_ENDED)
        return;
    if (is_gone(relay_leg_client(c)) || is_gone(relay_leg_server(c))) {
        relayed_reset(c);
        return;
    }
    if (!c->dial && is_over(relay_leg_client(c)) && is_over(relay_leg_server(c))) {
        relayed_end(c);
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (c->legs[i].pump)
            pump_update(c->legs[i].pump);
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void on_timer(void *ctx)
{
    struct relay_conn *c = ctx;

    if (c->state == CONN_TLS)
        relayed_end(c);
    else
        relayed_http_timeout(c);
    if (c->state != CONN_ENDED)
        relayed_flush(c);
}

/* Triggers that count, count for each connection; connect:N is the N-th that is accepted. */
static struct link *add_faults(struct relay_conn *c, struct link *tcp)
{
    struct relay_leg *l = relay_leg_client(c);
    uint64_t now = clock_mono_us();
    const struct fault_spec *offline;
    struct link *top;

    l->fault = fault_conn_new(c->relay->config->client_faults, c->number, now);
    if (!l->fault)
        return NULL;
    c->refused = c->refused || fault_conn_dial(l->fault, FAULT_REFUSE, now) != NULL;
    top = link_fault_new(tcp, l->fault, c->relay->loop);
    offline = fault_conn_active(l->fault, FAULT_OFFLINE, FAULT_SIDE_BOTH);
    c->refused = c->refused || (offline && !offline->silent);
    return top;
}

int relayed_scope(struct relay_leg *l)
{
    struct relay_conn *c = l->conn;
    const char *path = strstr(c->target, "://");
    struct fault_scope scope = {
        .traffic = c->upgrade ? FAULT_TRAFFIC_WS : FAULT_TRAFFIC_HTTP,
        .client = c->client,
    };
    char *copy;
    int r;

    if (!l->fault)
        return 0;
    path = c->target[0] != '/' && path ? strchr(path + 3, '/') : c->target; /* an absolute form */
    path = path ? path : "/";
    copy = strndup(path, strcspn(path, "?"));
    if (!copy)
        return -1;
    scope.path = copy;
    r = fault_conn_scope(l->fault, &scope, clock_mono_us());
    free(copy);
    return r;
}

static struct link *make_link(struct relay_conn *c, int fd)
{
    struct relay *r = c->relay;
    struct link *bottom = link_tcp_new(fd), *top = bottom;
    struct err e;

    if (!bottom) {
        close(fd);
        return NULL;
    }
    if (r->config->client_faults) {
        top = add_faults(c, bottom);
        if (!top) {
            link_free(bottom);
            return NULL;
        }
        bottom = top;
    }
    if (r->tls)
        top = link_tls_server(bottom, r->tls, &e);
    if (!top)
        link_free(bottom);
    return top;
}

struct relay_conn *relayed_new(struct relay *r, int fd, uint32_t number)
{
    struct relay_conn *c = calloc(1, sizeof *c);
    struct link *link;
    struct err e;

    listener_tune(fd);
    if (!c) {
        close(fd);
        return NULL;
    }
    c->relay = r;
    c->number = number;
    c->accepted_us = clock_mono_us();
    c->refused = r->offline;
    c->state = r->tls ? CONN_TLS : CONN_HTTP;
    listener_peer(fd, c->address, sizeof c->address);
    relay_leg_init(relay_leg_client(c), c, LEG_CLIENT);
    relay_leg_init(relay_leg_server(c), c, LEG_SERVER);
    c->timer = timer_new(r->loop, c);
    c->due = timer_new(r->loop, c);
    link = make_link(c, fd);
    if (!c->timer || !c->due || !link || relay_leg_attach(relay_leg_client(c), link, &e) < 0) {
        if (link && !relay_leg_client(c)->link && (!c->timer || !c->due))
            link_free(link);
        relayed_free(c);
        return NULL;
    }
    timer_start(c->timer, HEAD_US, on_timer);
    if (c->refused) {
        /* The kernel has accepted it already; this is as near as it gets. */
        fault_socket_reset(fd);
        pump_soon(relay_leg_client(c)->pump);
    }
    return c;
}

void relayed_free(struct relay_conn *c)
{
    relay_leg_clear(relay_leg_client(c));
    relay_leg_clear(relay_leg_server(c));
    timer_free(c->timer);
    timer_free(c->due);
    decode_free(c->decode);
    free(c->target);
    free(c->offers);
    free(c);
}
