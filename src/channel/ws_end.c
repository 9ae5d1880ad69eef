/*
 * ws_end: who ends the connection, how, and what is said about it (RFC 6455, section 7).
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "channel/ws.h"
#include "net/tcp_stats.h"

/* How long a peer whose connection we failed may take to hang up (its Close is not waited for). */
#define FAILED_LINGER_US 1000000

static uint64_t since(uint64_t now, uint64_t then)
{
    return now > then ? now - then : 0;
}

static void start_timer(struct ws *ws, uint64_t timeout_us)
{
    timer_start(ws->timer, timeout_us, ws_on_timer);
}

void ws_decide(struct ws *ws, enum close_by by, enum close_how how, uint16_t code,
               struct slice reason)
{
    if (ws->decided)
        return;
    ws->decided = true;
    ws->decided_us = clock_mono_us();
    /* The Close that came just now does not count as life before the end. */
    ws->idle_in_us = since(ws->decided_us, by == CLOSE_BY_PEER && how == CLOSE_HOW_CLOSE_FRAME
                                               ? ws->before_in_us
                                               : ws->ch.last_in_us);
    ws->idle_out_us = since(ws->decided_us, ws->ch.last_out_us);
    ws->by = by;
    ws->how = how;
    ws->code = code;
    ws->reason_len = reason.len < sizeof ws->reason ? reason.len : sizeof ws->reason;
    if (ws->reason_len)
        memcpy(ws->reason, reason.data, ws->reason_len);
}

void ws_break(struct ws *ws, const char *what)
{
    struct event ev = ws_event(ws, EVENT_ERROR);

    err_set(&ev.error, EXIT_OTHER, STAGE_IO, 0, "%s", what);
    ws_emit(ws, &ev);
    ws_decide(ws, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_ABNORMAL, slice_str(""));
    ws_end(ws);
}

void ws_close(struct channel *ch, uint16_t code, struct slice reason, uint64_t timeout_us)
{
    struct ws *ws = (struct ws *)ch;
    struct event_frame sent;
    struct err e;

    switch (ws->state) {
    case WS_OPEN:
        break;
    case WS_LINGER:
        if (timeout_us < ws->config->close_timeout_us)
            start_timer(ws, timeout_us);
        return;
    case WS_ENDED:
        return;
    default:
        err_set(&e, EXIT_OTHER, STAGE_CONNECT, 0, "given up before the connection was open");
        ws_fail(ws, &e);
        return;
    }
    if (ws->sent_close_frame) {
        start_timer(ws, timeout_us);
        return;
    }
    if (wsconn_send_close(ws->conn, code, reason, &sent) < 0) {
        ws_abort(ch, CLOSE_HOW_FIN);
        return;
    }
    ws->sent_close_frame = true;
    ws->close_timeout_us = timeout_us;
    ws_report_sent(ws, &sent);
    ws_decide(ws, CLOSE_BY_LOCAL, CLOSE_HOW_CLOSE_FRAME, code, reason);
    ws_flush_soon(ws);
    start_timer(ws, timeout_us);
}

void ws_abort(struct channel *ch, enum close_how how)
{
    struct ws *ws = (struct ws *)ch;
    struct err e;

    if (ws->state == WS_ENDED)
        return;
    if (ws->state < WS_OPEN) {
        err_set(&e, EXIT_OTHER, STAGE_CONNECT, 0, "given up before the connection was open");
        ws_fail(ws, &e);
        return;
    }
    ws_decide(ws, how == CLOSE_HOW_PING_TIMEOUT ? CLOSE_BY_NETWORK : CLOSE_BY_LOCAL, how,
              CLOSE_ABNORMAL, slice_str(""));
    ws_end(ws);
}

void ws_linger(struct ws *ws)
{
    uint64_t timeout = ws->close_timeout_us ? ws->close_timeout_us : ws->config->close_timeout_us;

    if (ws->how == CLOSE_HOW_VIOLATION && timeout > FAILED_LINGER_US)
        timeout = FAILED_LINGER_US;
    ws->state = WS_LINGER;
    start_timer(ws, timeout);
    ws_flush_soon(ws);
}

void ws_say_farewell(struct ws *ws)
{
    /* After both Close frames the server hangs up first (RFC 6455, section 7.1.1); a connection
     * that we fail is ours to end (section 7.1.7). */
    if (ws->fin_sent || ws->write_dead || ws->how != CLOSE_HOW_VIOLATION)
        return;
    ws->fin_sent = true;
    link_close(ws->link, &ws->link_error);
}

/* A stream that ended with no word from either side: what the transport knows about it. */
static void decide_by_transport(struct ws *ws, ssize_t result)
{
    unsigned ended = ws->link->ended;
    int errnum = ws->link_error.errnum;
    enum close_by by = CLOSE_BY_NETWORK;
    enum close_how how = CLOSE_HOW_RST;

    if (ended & LINK_BY_FAULT) {
        by = CLOSE_BY_LOCAL;
        how = CLOSE_HOW_FAULT;
    } else if (ended & LINK_GOT_RST) {
        how = CLOSE_HOW_RST;
    } else if (result == 0) {
        by = CLOSE_BY_PEER;
        how = ended & LINK_GOT_CLOSE_NOTIFY ? CLOSE_HOW_TLS : CLOSE_HOW_FIN;
    } else if (ws->link_error.stage == STAGE_TLS) {
        how = CLOSE_HOW_TLS;
    } else if (errnum == ETIMEDOUT || errnum == EHOSTUNREACH || errnum == ENETUNREACH) {
        how = CLOSE_HOW_TIMEOUT;
    }
    if (result < 0)
        ws->errnum = errnum;
    ws_decide(ws, by, how, CLOSE_ABNORMAL, slice_str(""));
}

void ws_stream_ended(struct ws *ws, ssize_t result)
{
    if (ws->state < WS_OPEN) {
        ws_upgrade_ended(ws, result);
        return;
    }
    if (ws->state == WS_OPEN)
        decide_by_transport(ws, result);
    ws_end(ws);
}

static void add_tcp_evidence(const struct ws *ws, struct event_close *close)
{
    struct tcp_stats stats;

    /* What a fault did to the socket says nothing about the network. */
    if (!ws->link || ws->how == CLOSE_HOW_FAULT || !tcp_stats_read(ws->link->fd, &stats))
        return;
    close->has_tcp = true;
    close->unacked_bytes = stats.unacked_bytes;
    close->retransmits = stats.retransmits;
}

void ws_end(struct ws *ws)
{
    struct event ev;
    struct event_close *close = &ev.close;
    unsigned ended = ws->link ? ws->link->ended : 0;

    if (ws->state == WS_ENDED)
        return;
    ws_write(ws); /* a peer that has sent its FIN may still read our answer */
    ev = ws_event(ws, EVENT_CLOSE);
    *close = (struct event_close){
        .by = ws->by,
        .how = ws->how,
        .code = ws->code,
        .reason = slice_make(ws->reason, ws->reason_len),
        .clean = ws->got_close_frame && ws->sent_close_frame,
        .uptime_us = since(ws->decided_us, ws->ch.opened_us),
        .idle_in_us = ws->idle_in_us,
        .idle_out_us = ws->idle_out_us,
        .has_pong = ws->last_pong_us != 0,
        .last_pong_us = since(ws->decided_us, ws->last_pong_us),
        .errnum = ws->errnum,
        .why = ws->how == CLOSE_HOW_TLS ? ws->link_error.text : NULL,
        .got_close_frame = ws->got_close_frame,
        .sent_close_frame = ws->sent_close_frame,
        .got_close_notify = (ended & LINK_GOT_CLOSE_NOTIFY) != 0,
        .got_fin = (ended & LINK_GOT_FIN) != 0,
        .got_rst = (ended & LINK_GOT_RST) != 0,
        .tls = ws->target.secure,
    };
    if (ws->how != CLOSE_HOW_VIOLATION &&
        !wsconn_in_frame(ws->conn, &close->cut_have, &close->cut_want))
        close->cut_have = close->cut_want = 0;
    add_tcp_evidence(ws, close);
    ws_shut(ws);
    ws_emit(ws, &ev);
}

void ws_close_timeout(struct ws *ws)
{
    /* While the person's side does not take what came, the peer's Close can't be seen. */
    if (ws->state == WS_OPEN && ws->paused) {
        start_timer(ws, ws->close_timeout_us);
        return;
    }
    /* In WS_LINGER all was said: the client may stop waiting (RFC 6455, section 7.1.1). */
    if (ws->state == WS_OPEN)
        ws->how = CLOSE_HOW_TIMEOUT;
    ws_end(ws);
}
