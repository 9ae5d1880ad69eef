/*
 * relayed_ws_life: how a relayed WebSocket begins, is closed from here, and how it ended.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "relay/relay_private.h"

/* How long both sides may take to answer a Close of ours. */
#define CLOSE_US 5000000

/* --- life ---------------------------------------------------------------------------------------
 */

static int init_leg(struct relay_leg *l, const struct deflate_params *deflate)
{
    const struct relay *r = l->conn->relay;
    const struct wsconn_config config = {
        /* It reads what a client sends as a server would. */
        .role = l->side == LEG_CLIENT ? WSCONN_SERVER : WSCONN_CLIENT,
        .deflate = *deflate,
        .spares = &r->config->supplies->spares,
        .lenient = true,
        .want_frames = bus_wants(r->bus, EVENT_FRAME),
    };

    l->deflate = *deflate;
    l->layer.ops = &relayed_ws_bottom;
    l->top.ops = &relayed_ws_top;
    layer_put(&l->top, &l->layer);
    l->ws = wsconn_new(&config, &r->config->supplies->rng);
    return l->ws ? 0 : -1;
}

static void violation(struct relay_conn *c, const char *rule, const char *message)
{
    struct event ev = relayed_event(c, EVENT_VIOLATION, LEG_SERVER);

    ev.violation = (struct event_violation){.rule = rule, .message = message};
    relayed_emit(c, &ev);
}

/* Does it name an extension that is not known here? */
static bool names_another(struct slice value)
{
    struct extension_scan scan = {.text = value};
    struct extension_param param;
    struct slice name;

    while (extension_scan_next(&scan, &name) > 0) {
        if (!slice_is(name, "permessage-deflate"))
            return true;
        while (extension_scan_param(&scan, &param) > 0)
            ;
    }
    return false;
}

/* What was agreed. False: an extension is in use that is not known here, and frames can't be
 * decoded. */
static bool agreed(struct relay_conn *c, struct slice value, struct deflate_params *deflate)
{
    bool another = names_another(value);
    struct err e;

    *deflate = (struct deflate_params){.level = -1};
    if (value.len == 0)
        return true;
    if (extension_accept_offered(deflate, slice_str(c->offers), -1, value, &e) < 0)
        violation(c, "RFC 6455, section 9.1", e.text);
    else if (!another)
        return true;
    relayed_note(c, another ? "the server uses an extension that is not known here: the frames of "
                              "this connection pass as they are, and can't be shown"
                            : "the frames of this connection pass as they are, and can't be shown");
    return false;
}

static void check_accept(struct relay_conn *c, const struct http1_head *head)
{
    const struct slice *accept = http1_field(head, "Sec-WebSocket-Accept");

    if (c->accept[0] && (!accept || !slice_is(*accept, c->accept)))
        violation(c, "RFC 6455, section 4.2.2",
                  accept ? "the server's Sec-WebSocket-Accept does not fit the client's key"
                         : "the server's answer has no Sec-WebSocket-Accept");
}

static void report_open(struct relay_conn *c, const struct http1_head *head)
{
    struct event ev = relayed_event(c, EVENT_OPEN, LEG_CLIENT);
    const struct slice *protocol = http1_field(head, "Sec-WebSocket-Protocol");
    const struct slice *extensions = http1_field(head, "Sec-WebSocket-Extensions");
    char *strings[2] = {
        strndup(protocol ? (const char *)protocol->data : "", protocol ? protocol->len : 0),
        strndup(extensions ? (const char *)extensions->data : "",
                extensions ? extensions->len : 0)};
    struct buf url;

    buf_init(&url, HTTP1_HEAD_MAX * 2);
    if (strings[0] && strings[1] && buf_append_str(&url, c->relay->url) == 0 &&
        buf_append(&url, c->target, strlen(c->target) + 1) == 0) {
        ev.open = (struct event_open){
            .url = (const char *)buf_data(&url),
            .peer = c->address,
            .subprotocol = strings[0],
            .extensions = strings[1],
            .us = clock_mono_us() - c->began_us,
        };
        relayed_emit(c, &ev);
    }
    buf_clear(&url);
    free(strings[0]);
    free(strings[1]);
}

static void add_layer(struct relay_leg *l)
{
    struct layer_fault_config config = {
        .fault = l->fault,
        .channel = CHANNEL_WS,
        .number = l->conn->number,
        .start_us = l->conn->relay->config->start_us,
    };

    if (l->layer_fault || !l->fault)
        return;
    if (layer_fault_new(&l->layer_fault, l->conn->relay->loop, &config) < 0) {
        relayed_break(l->conn);
        return;
    }
    layer_fault_put(l->layer_fault, &l->layer);
}

void relayed_ws_add_layers(struct relay_conn *c)
{
    for (int i = 0; i < 2 && c->state == CONN_WS; i++) {
        add_layer(&c->legs[i]);
    }
}

/* What came along with the heads. */
static void take_rest(struct relay_leg *l)
{
    struct buf in = l->http.bytes;
    size_t room;
    uint8_t *space;

    buf_init(&l->http.bytes, in.max);
    while (in.len > 0 && l->conn->state == CONN_WS &&
           (space = relayed_ws_space(l, &room)) != NULL) {
        size_t n = in.len < room ? in.len : room;

        memcpy(space, buf_data(&in), n);
        buf_consume(&in, n);
        relayed_ws_filled(l, space, n);
    }
    if (in.len > 0 && l->conn->state == CONN_WS)
        relayed_break(l->conn);
    buf_clear(&in);
}

/* Its end was read before there were frames. */
static void take_end(struct relay_leg *l)
{
    if (l->ended && l->conn->state == CONN_WS)
        relayed_leg_ended(l, 0);
}

/* Without memory, messages are shown as they are. */
static void begin_decoding(struct relay_conn *c, const struct http1_head *head)
{
    const struct decode_spec *spec = c->relay->config->decode;
    char *subprotocol;

    if (!spec || spec->none || !bus_wants(c->relay->bus, EVENT_DECODED))
        return;
    subprotocol = head_joined(head, "Sec-WebSocket-Protocol");
    c->decode = subprotocol ? decode_new(spec, false) : NULL;
    if (c->decode) {
        const struct decode_opening opening = {relay_conn_target(c), subprotocol};

        decode_opened(c->decode, &opening, relay_conn_now_us(c) - c->relay->config->start_us);
    }
    free(subprotocol);
}

void relayed_ws_open(struct relay_conn *c, const struct http1_head *head)
{
    struct relay *r = c->relay;
    char *extensions = head_joined(head, "Sec-WebSocket-Extensions");
    struct deflate_params deflate;
    bool known;

    check_accept(c, head);
    known = extensions && agreed(c, slice_str(extensions), &deflate);
    free(extensions);
    if (!extensions || init_leg(relay_leg_client(c), &deflate) < 0 ||
        init_leg(relay_leg_server(c), &deflate) < 0) {
        relayed_break(c);
        return;
    }
    relay_leg_client(c)->opaque = relay_leg_server(c)->opaque = !known;
    c->state = CONN_WS;
    c->opened_us = clock_mono_us();
    relay_leg_write(relay_leg_client(c));
    report_open(c, head);
    begin_decoding(c, head);
    if (r->hooks.opened)
        r->hooks.opened(r->ctx, c);
    if (r->layered)
        relayed_ws_add_layers(c);
    for (int i = 0; i < 2 && c->state == CONN_WS; i++)
        layer_fault_opened(c->legs[i].layer_fault);
    take_rest(relay_leg_client(c));
    take_rest(relay_leg_server(c));
    take_end(relay_leg_client(c));
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void on_close_timeout(void *ctx)
{
    relayed_end(ctx);
}

static void make_close(struct relay_leg *to, uint16_t code, struct slice reason)
{
    if (to->close_made || to->close_due || to->other->close_seen)
        return;
    (void)wsconn_send_close(to->ws, code, reason, NULL);
    to->close_due = true;
    relayed_ws_settle_close(to);
}

void relayed_ws_settle_close(struct relay_leg *to)
{
    if (!to->close_due || relayed_ws_in_frame(to->other))
        return;
    relayed_ws_put_made(to);
    to->close_due = false;
    to->close_made = true;
}

/* The proxy is the client's server, which ends the connection first (RFC 6455, section 7.1.1). */
void relayed_ws_closed(struct relay_leg *from)
{
    if (from->side == LEG_CLIENT && from->close_made)
        relay_leg_finish(from);
}

void relayed_ws_close(struct relay_conn *c, uint16_t code, struct slice reason, enum event_leg leg)
{
    if (c->state != CONN_WS)
        return;
    relayed_decide(c, leg, CLOSE_BY_LOCAL, CLOSE_HOW_CLOSE_FRAME, code, reason);
    held_release(relay_leg_client(c), 0);
    held_release(relay_leg_server(c), 0);
    make_close(relay_leg_client(c), code, reason);
    make_close(relay_leg_server(c), code, reason);
    timer_start(c->timer, CLOSE_US, on_close_timeout);
}

/* Frames that the end has cut pass as far as they came. */
void relayed_ws_ended(struct relay_leg *l)
{
    held_finish(l);
    if (!l->opaque)
        relayed_make_opaque(l);
}

void relayed_ws_count(const struct relay_conn *c, struct totals *sum)
{
    const struct relay_leg *client = &c->legs[0], *server = &c->legs[1];
    const struct wsconn_counters *up, *down;

    if (!client->ws || !server->ws || !c->opened_us)
        return;
    up = wsconn_counters(client->ws);
    down = wsconn_counters(server->ws);
    totals_add(sum, &(struct totals){
                        .connections = 1,
                        .messages_in = up->messages_in,
                        .messages_out = down->messages_in,
                        .payload_in = up->payload_in,
                        .payload_out = down->payload_in,
                        .frames_in = up->frames_in,
                        .frames_out = down->frames_in,
                        .wire_in = up->wire_in,
                        .wire_out = down->wire_in,
                        .pings_in = up->pings_in,
                        .pings_out = down->pings_in,
                        .pongs_in = up->pongs_in,
                        .pongs_out = down->pongs_in,
                        .violations = up->violations + down->violations,
                    });
}
