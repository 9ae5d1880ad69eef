/*
 * client_end: who ends the connection, how, and what is said about it (RFC 6455, section 7).
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/tcp_stats.h"
#include "serve/client.h"
#include "serve/client_fault.h"
#include "serve/feed_service.h"

/* How long a client may take to hang up when all is said. */
#define LINGER_MS 1000
/* What one client may send in a turn of the loop after the last word. */
#define DISCARDS_PER_TURN 8

static uint64_t since(uint64_t now, uint64_t then)
{
    return now > then ? now - then : 0;
}

void client_decide(struct client *c, enum close_by by, enum close_how how, uint16_t code,
                   struct slice reason)
{
    bool came_now = by == CLOSE_BY_PEER && how == CLOSE_HOW_CLOSE_FRAME;

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
    /* The Close that came just now does not count as life before the end. */
    c->idle_in_us = since(c->decided_us, came_now ? c->before_in_us : c->last_in_us);
    c->idle_out_us = since(c->decided_us, c->last_out_us);
}

void client_linger(struct client *c)
{
    c->state = CLIENT_LINGER;
    c->full = false;
    client_start_timer(c, LINGER_MS);
}

/* RFC 6455, section 7.1.1: after both Close frames the server hangs up first. Only the outgoing
 * side, for closing the socket while bytes are unread would reset it, and the client might lose the
 * last word; that goes for pages as well (RFC 9112, section 9.6). */
void client_farewell(struct client *c)
{
    struct err e;

    if (c->fin_sent || c->write_dead)
        return;
    c->fin_sent = link_close(c->link, &e) != LINK_AGAIN;
    /* A long answer had more time than it takes to hang up. */
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

/* A stream that ended with no word from either side: what the transport knows about it. */
static void decide_by_transport(struct client *c, ssize_t result)
{
    int errnum = c->link_error.errnum;
    enum close_by by = result == 0 ? CLOSE_BY_PEER : CLOSE_BY_NETWORK;
    enum close_how how = CLOSE_HOW_RST;

    if (c->link->ended & LINK_BY_FAULT) {
        by = CLOSE_BY_LOCAL;
        how = CLOSE_HOW_FAULT;
    } else if (c->link->ended & LINK_GOT_RST)
        by = CLOSE_BY_NETWORK;
    else if (result == 0)
        how = c->link->ended & LINK_GOT_CLOSE_NOTIFY ? CLOSE_HOW_TLS : CLOSE_HOW_FIN;
    else if (c->link_error.stage == STAGE_TLS)
        how = CLOSE_HOW_TLS;
    else if (errnum == ETIMEDOUT || errnum == EHOSTUNREACH || errnum == ENETUNREACH)
        how = CLOSE_HOW_TIMEOUT;
    if (result < 0)
        c->errnum = errnum;
    client_decide(c, by, how, CLOSE_ABNORMAL, slice_str(""));
}

/* A connection without a byte is a probe of the port and no news. */
static void report_cut_head(struct client *c)
{
    struct event ev = client_event(c, EVENT_ERROR);

    if (c->state != CLIENT_HEAD || c->head.len == 0 || (c->link->ended & LINK_BY_FAULT))
        return;
    err_set(&ev.error, EXIT_HANGUP, STAGE_HANDSHAKE, c->link_error.errnum,
            "a client hung up in the middle of its request, after %zu bytes of it", c->head.len);
    client_emit(c, &ev);
}

void client_stream_ended(struct client *c, ssize_t result)
{
    report_cut_head(c);
    if (c->state == CLIENT_OPEN || c->state == CLIENT_STREAM)
        decide_by_transport(c, result);
    client_end(c);
}

void client_close_timeout(struct client *c)
{
    /* In CLIENT_LINGER all was said, and nobody needs to wait. */
    if (c->state == CLIENT_OPEN)
        c->how = CLOSE_HOW_TIMEOUT;
    client_end(c);
}

void client_count(const struct client *c, struct totals *sum)
{
    const struct wsconn_counters *n;

    if (c->opened_us)
        sum->connections++;
    sum->messages_out += c->messages_out;
    sum->payload_out += c->payload_out;
    sum->wire_out += c->http_out;
    if (!c->opened_us || !c->conn)
        return;
    n = wsconn_counters(c->conn);
    sum->messages_in += n->messages_in;
    sum->messages_out += n->messages_out;
    sum->payload_in += n->payload_in;
    sum->payload_out += n->payload_out;
    sum->frames_in += n->frames_in;
    sum->frames_out += n->frames_out;
    sum->wire_in += n->wire_in;
    sum->wire_out += n->wire_out;
    sum->pings_in += n->pings_in;
    sum->pings_out += n->pings_out;
    sum->pongs_in += n->pongs_in;
    sum->pongs_out += n->pongs_out;
    sum->violations += n->violations;
}

static void report_close(struct client *c)
{
    struct event ev = client_event(c, EVENT_CLOSE);
    struct event_close *close = &ev.close;
    struct tcp_stats stats;

    *close = (struct event_close){
        .by = c->by,
        .how = c->how,
        .code = c->code,
        .reason = slice_make(c->reason, c->reason_len),
        .clean = c->got_close_frame && c->sent_close_frame,
        .uptime_us = since(c->decided_us, c->opened_us),
        .idle_in_us = c->idle_in_us,
        .idle_out_us = c->idle_out_us,
        .has_pong = c->last_pong_us != 0,
        .last_pong_us = since(c->decided_us, c->last_pong_us),
        .errnum = c->errnum,
        .got_close_frame = c->got_close_frame,
        .sent_close_frame = c->sent_close_frame,
        .got_close_notify = (c->link->ended & LINK_GOT_CLOSE_NOTIFY) != 0,
        .got_fin = (c->link->ended & LINK_GOT_FIN) != 0,
        .got_rst = (c->link->ended & LINK_GOT_RST) != 0,
        .hint = "",
    };
    if (c->conn && c->how != CLOSE_HOW_VIOLATION &&
        !wsconn_in_frame(c->conn, &close->cut_have, &close->cut_want))
        close->cut_have = close->cut_want = 0;
    /* What a fault did to the socket says nothing about the network. */
    if (c->how != CLOSE_HOW_FAULT && tcp_stats_read(c->link->fd, &stats)) {
        close->has_tcp = true;
        close->unacked_bytes = stats.unacked_bytes;
        close->retransmits = stats.retransmits;
    }
    client_emit(c, &ev);
}

/* Whoever found the end may still look at the client. */
static void free_client(void *ctx)
{
    struct client *c = ctx;

    client_fault_free(c);
    timer_free(c->timer);
    free(c);
}

void client_end(struct client *c)
{
    if (c->state == CLIENT_ENDED)
        return;
    if (c->state == CLIENT_WAIT)
        feed_service_leave(c);
    c->state = CLIENT_ENDED;
    pump_free(c->pump);
    c->pump = NULL;
    timer_start(c->timer, 0, free_client);
    if (c->opened_us) {
        if (c->service->ended)
            c->service->ended(c);
        report_close(c);
    }
    client_count(c, &c->host->totals);
    link_free(c->link);
    c->link = NULL;
    if (c->fault)
        client_fault_end(c);
    wsconn_free(c->conn);
    c->conn = NULL;
    buf_clear(&c->head);
    buf_clear(&c->out);
    c->host->gone(c->host, c);
}
