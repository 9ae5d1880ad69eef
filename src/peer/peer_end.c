/*
 * peer_end: who ends the connection, how, and what is known about it (RFC 6455, section 7).
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/span.h"
#include "base/trace.h"
#include "net/tcp_stats.h"
#include "peer/peer_private.h"

/* How long the other side may take to hang up after a violation: its Close is not waited for. */
#define FAILED_LINGER_US 1000000

void peer_decide(struct peer *p, enum close_by by, enum close_how how, uint16_t code,
                 struct slice reason)
{
    /* The Close that came just now does not count as life before the end. */
    bool came_now = by == CLOSE_BY_PEER && how == CLOSE_HOW_CLOSE_FRAME;
    const struct activity *activity = p->config.activity;

    if (p->decided)
        return;
    p->decided = true;
    p->decided_us = clock_mono_us();
    p->idle_in_us = span_between(came_now ? p->before_in_us : activity->last_in_us, p->decided_us);
    p->idle_out_us = span_between(activity->last_out_us, p->decided_us);
    p->by = by;
    p->how = how;
    p->code = code;
    p->reason_len = reason.len < sizeof p->reason ? reason.len : sizeof p->reason;
    if (p->reason_len)
        memcpy(p->reason, reason.data, p->reason_len);
    TRACE("peer", p->link->fd, "end decided: by %s, %s, %u \"%.*s\"", close_by_name(by),
          close_how_name(how), code, (int)p->reason_len, p->reason);
}

static void add_tcp_evidence(const struct peer *p, struct event_close *close)
{
    struct tcp_stats stats;

    /* What a fault did to the socket is not evidence about the network. */
    if (p->how == CLOSE_HOW_FAULT || !tcp_stats_read(p->link->fd, &stats))
        return;
    close->has_tcp = true;
    close->unacked_bytes = stats.unacked_bytes;
    close->retransmits = stats.retransmits;
}

static void end(struct peer *p)
{
    struct event ev;
    struct event_close *close = &ev.close;

    if (p->state == PEER_ENDED)
        return;
    peer_write(p); /* who has sent a FIN may still read our answer */
    ev = peer_event(p, EVENT_CLOSE);
    *close = (struct event_close){
        .by = p->by,
        .how = p->how,
        .code = p->code,
        .reason = slice_make(p->reason, p->reason_len),
        .clean = p->got_close_frame && p->sent_close_frame,
        .uptime_us = span_between(p->config.opened_us, p->decided_us),
        .idle_in_us = p->idle_in_us,
        .idle_out_us = p->idle_out_us,
        .has_pong = p->last_pong_us != 0,
        .last_pong_us = span_between(p->last_pong_us, p->decided_us),
        .errnum = p->errnum,
        .why = p->how == CLOSE_HOW_TLS ? p->link_error.text : NULL,
        .got_close_frame = p->got_close_frame,
        .sent_close_frame = p->sent_close_frame,
        .got_close_notify = (p->link->ended & LINK_GOT_CLOSE_NOTIFY) != 0,
        .got_fin = (p->link->ended & LINK_GOT_FIN) != 0,
        .got_rst = (p->link->ended & LINK_GOT_RST) != 0,
        .tls = p->config.tls,
        .hint = "",
    };
    if (p->how != CLOSE_HOW_VIOLATION &&
        !wsconn_in_frame(p->conn, &close->cut_have, &close->cut_want))
        close->cut_have = close->cut_want = 0;
    add_tcp_evidence(p, close);
    TRACE("peer", p->link->fd, "ended");
    p->state = PEER_ENDED;
    pump_free(p->pump);
    p->pump = NULL;
    timer_stop(p->timer);
    link_free(p->link);
    p->link = NULL;
    p->config.activity->ended = true;
    layer_event(&p->layer, &ev);
}

void peer_break(struct peer *p)
{
    struct event ev = peer_event(p, EVENT_ERROR);
    struct err e;

    err_set(&e, EXIT_OTHER, STAGE_IO, ENOMEM, "out of memory, or no random numbers");
    ev.error = &e;
    layer_event(&p->layer, &ev);
    peer_decide(p, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_ABNORMAL, slice_str(""));
    end(p);
}

void peer_abort(struct peer *p, enum close_how how)
{
    bool missed = how == CLOSE_HOW_PING_TIMEOUT || how == CLOSE_HOW_HANDSHAKE;

    peer_decide(p, missed ? CLOSE_BY_NETWORK : CLOSE_BY_LOCAL, how, CLOSE_ABNORMAL, slice_str(""));
    end(p);
}

/* --- the closing handshake ----------------------------------------------------------------------
 */

void peer_on_timeout(void *ctx)
{
    struct peer *p = ctx;

    /* While received data is not read, the other side's Close cannot be seen. */
    if (p->state == PEER_OPEN && p->paused) {
        timer_start(p->timer, p->close_timeout ? p->close_timeout : p->config.close_timeout,
                    peer_on_timeout);
        return;
    }
    /* In PEER_LINGER everything was sent: there is no need to wait (RFC 6455, section 7.1.1). */
    if (p->state == PEER_OPEN && p->decided)
        p->how = CLOSE_HOW_TIMEOUT;
    else if (p->state == PEER_OPEN) /* writing has failed, and no end came in */
        peer_decide(p, CLOSE_BY_NETWORK, CLOSE_HOW_RST, CLOSE_ABNORMAL, slice_str(""));
    end(p);
}

int peer_close(struct peer *p, const struct outgoing *close)
{
    struct event_frame sent;

    if (p->state == PEER_ENDED)
        return SEND_CLOSED;
    if (p->state == PEER_LINGER || p->sent_close_frame) {
        if (p->state == PEER_OPEN || close->timeout_us < p->config.close_timeout)
            timer_start(p->timer, close->timeout_us, peer_on_timeout);
        return 0;
    }
    if (wsconn_send_close(p->conn, close->code, close->data, &sent) < 0) {
        peer_break(p);
        return SEND_FAILED;
    }
    p->sent_close_frame = true;
    p->close_timeout = close->timeout_us;
    peer_report_sent(p, &sent);
    peer_decide(p, CLOSE_BY_LOCAL, CLOSE_HOW_CLOSE_FRAME, close->code, close->data);
    peer_flush_soon(p);
    timer_start(p->timer, close->timeout_us, peer_on_timeout);
    return 0;
}

void peer_linger(struct peer *p)
{
    uint64_t timeout = p->close_timeout ? p->close_timeout : p->config.close_timeout;

    if (p->how == CLOSE_HOW_VIOLATION && timeout > FAILED_LINGER_US)
        timeout = FAILED_LINGER_US;
    TRACE("peer", p->link->fd, "waits for the other end to disconnect");
    p->state = PEER_LINGER;
    timer_start(p->timer, timeout, peer_on_timeout);
    peer_flush_soon(p);
}

void peer_farewell(struct peer *p)
{
    /* After both Close frames the server hangs up first (RFC 6455, section 7.1.1); a connection
     * that we fail is ours to end (section 7.1.7). Only the outgoing side: closing the socket while
     * bytes are unread would reset it, and the other side might lose the last word. */
    if (p->fin_sent || p->write_dead ||
        (p->config.conn.role == WSCONN_CLIENT && p->how != CLOSE_HOW_VIOLATION))
        return;
    p->fin_sent = link_close(p->link, &p->link_error) != LINK_AGAIN;
}

/* --- an end without a word ----------------------------------------------------------------------
 */

void transport_ending(const struct link *link, ssize_t result, const struct err *why,
                      enum close_by *by, enum close_how *how)
{
    int errnum = why->errnum;

    *by = CLOSE_BY_NETWORK;
    *how = CLOSE_HOW_RST;
    if (link->ended & LINK_BY_FAULT) {
        *by = CLOSE_BY_LOCAL;
        *how = CLOSE_HOW_FAULT;
    } else if (link->ended & LINK_GOT_RST) {
        *how = CLOSE_HOW_RST;
    } else if (result == 0) {
        *by = CLOSE_BY_PEER;
        *how = link->ended & LINK_GOT_CLOSE_NOTIFY ? CLOSE_HOW_TLS : CLOSE_HOW_FIN;
    } else if (why->stage == STAGE_TLS) {
        *how = CLOSE_HOW_TLS;
    } else if (errnum == ETIMEDOUT || errnum == EHOSTUNREACH || errnum == ENETUNREACH) {
        *how = CLOSE_HOW_TIMEOUT;
    }
}

void peer_stream_ended(struct peer *p, ssize_t result)
{
    enum close_by by;
    enum close_how how;

    if (p->state == PEER_OPEN) {
        transport_ending(p->link, result, &p->link_error, &by, &how);
        if (result < 0)
            p->errnum = p->link_error.errnum;
        peer_decide(p, by, how, CLOSE_ABNORMAL, slice_str(""));
    }
    end(p);
}
