/*
 * client_end: who ends the connection, how, and its report (RFC 6455, section 7).
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/span.h"
#include "net/tcp_stats.h"
#include "serve/client.h"

/* How long a client may take to close after everything was sent. */
#define LINGER_MS 1000
/* What one client may send in a turn of the loop after the last word. */
#define DISCARDS_PER_TURN 8

void client_decide(struct client *c, enum close_by by, enum close_how how, uint16_t code,
                   struct slice reason)
{
    if (c->decided)
        return;
    c->decided = true;
    c->by = by;
    c->how = how;
    c->code = code;
    c->reason_len = reason.len < sizeof c->reason ? reason.len : sizeof c->reason;
    if (c->reason_len > 0)
        memcpy(c->reason, reason.data, c->reason_len);
    c->decided_us = clock_mono_us();
    c->idle_in_us = span_between(c->activity.last_in_us, c->decided_us);
    c->idle_out_us = span_between(c->activity.last_out_us, c->decided_us);
}

void client_linger(struct client *c)
{
    c->state = CLIENT_LINGER;
    c->full = false;
    client_start_timer(c, LINGER_MS);
}

/* RFC 6455, section 7.1.1: after both Close frames the server closes first. Only the outgoing side,
 * for closing the socket while bytes are unread would reset it, and the client might lose the last
 * message; the same applies to pages (RFC 9112, section 9.6). */
void client_farewell(struct client *c)
{
    struct err e;

    if (c->fin_sent || c->write_dead)
        return;
    c->fin_sent = link_close(c->link, &e) != LINK_AGAIN;
    /* A long response had more time than closing takes. */
    if (c->fin_sent && c->channel == CHANNEL_POLL)
        client_start_timer(c, LINGER_MS);
}

void client_discard(struct client *c)
{
    uint8_t bytes[16 * 1024];

    for (int i = 0; i < DISCARDS_PER_TURN; i++) {
        ssize_t n = link_read(c->link, bytes, sizeof bytes, &c->link_error);

        if (n == LINK_AGAIN)
            return;
        if (n <= 0) {
            client_stream_ended(c, n);
            return;
        }
    }
}

/* A connection without a byte is a probe of the port and no news. */
static void report_cut_head(struct client *c)
{
    struct event ev = client_event(c, EVENT_ERROR);
    struct err e;

    if (c->state != CLIENT_HEAD || c->in.bytes.len == 0 || (c->link->ended & LINK_BY_FAULT))
        return;
    err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, c->link_error.errnum,
            "a client hung up in the middle of its request, after %zu bytes of it",
            c->in.bytes.len);
    ev.error = &e;
    client_emit(c, &ev);
}

void client_stream_ended(struct client *c, ssize_t result)
{
    enum close_by by;
    enum close_how how;

    report_cut_head(c);
    if (c->state == CLIENT_STREAM) {
        transport_ending(c->link, result, &c->link_error, &by, &how);
        if (result < 0)
            c->errnum = c->link_error.errnum;
        client_decide(c, by, how, CLOSE_ABNORMAL, slice_str(""));
    }
    client_end(c);
}

void client_count(const struct client *c, struct totals *sum)
{
    struct totals ws = layer_totals(&c->layer);

    if (c->opened_us)
        sum->connections++;
    sum->messages_out += c->messages_out + ws.messages_out;
    sum->payload_out += c->payload_out + ws.payload_out;
    sum->wire_out += c->http_out + ws.wire_out;
    sum->messages_in += ws.messages_in;
    sum->payload_in += ws.payload_in;
    sum->frames_in += ws.frames_in;
    sum->frames_out += ws.frames_out;
    sum->wire_in += ws.wire_in;
    sum->pings_in += ws.pings_in;
    sum->pings_out += ws.pings_out;
    sum->pongs_in += ws.pongs_in;
    sum->pongs_out += ws.pongs_out;
    sum->violations += ws.violations;
}

/* The end of an event stream. */
static struct event close_event(const struct client *c)
{
    struct event ev = client_event(c, EVENT_CLOSE);
    struct tcp_stats stats;

    ev.close = (struct event_close){
        .by = c->by,
        .how = c->how,
        .code = c->code,
        .reason = slice_make(c->reason, c->reason_len),
        .uptime_us = span_between(c->opened_us, c->decided_us),
        .idle_in_us = c->idle_in_us,
        .idle_out_us = c->idle_out_us,
        .errnum = c->errnum,
        .got_close_notify = (c->link->ended & LINK_GOT_CLOSE_NOTIFY) != 0,
        .got_fin = (c->link->ended & LINK_GOT_FIN) != 0,
        .got_rst = (c->link->ended & LINK_GOT_RST) != 0,
        .tls = c->host->tls != NULL,
        .hint = "",
    };
    /* What a fault did to the socket is not evidence about the network. */
    if (c->how != CLOSE_HOW_FAULT && tcp_stats_read(c->link->fd, &stats)) {
        ev.close.has_tcp = true;
        ev.close.unacked_bytes = stats.unacked_bytes;
        ev.close.retransmits = stats.retransmits;
    }
    return ev;
}

/* The caller that found the end may still use the client. */
static void free_client(void *ctx)
{
    struct client *c = ctx;

    layer_fault_free(c->layer_fault);
    decode_free(c->decode);
    peer_free(c->peer);
    timer_free(c->timer);
    free(c->own);
    free(c);
}

static void let_go(struct client *c)
{
    c->state = CLIENT_ENDED;
    pump_free(c->pump);
    c->pump = NULL;
    link_free(c->link);
    c->link = NULL;
    timer_start(c->timer, 0, free_client);
    client_count(c, &c->host->totals);
    fault_conn_free(c->fault, clock_mono_us());
    c->fault = NULL;
    http1_reader_clear(&c->in);
    buf_clear(&c->out);
    buf_clear(&c->aside);
    c->host->gone(c->host, c);
}

void client_ended(struct client *c, struct event *ev)
{
    if (c->state == CLIENT_OPEN)
        c->host->open--;
    c->state = CLIENT_ENDED;
    if (c->service->ended)
        c->service->ended(c);
    client_emit(c, ev);
    let_go(c);
}

void client_end(struct client *c)
{
    struct event ev;

    switch (c->state) {
    case CLIENT_ENDED:
        return;
    case CLIENT_OPEN:
        layer_send(&c->layer, &(struct outgoing){.kind = OUTGOING_ABORT, .how = CLOSE_HOW_FIN});
        return;
    case CLIENT_WAIT:
        c->service->ended(c);
        break;
    default:
        break;
    }
    if (c->opened_us) {
        ev = close_event(c);
        layer_event(&c->stream, &ev);
    } else {
        let_go(c);
    }
}
