/* How a connection ended: the line that is read at 2 am. */
#include "sink/human.h"

#include <inttypes.h>

static void put_lost(struct human *h, const char *how)
{
    human_style(h, STYLE_RED);
    human_put(h, "connection lost");
    human_style(h, STYLE_PLAIN);
    human_put(h, ": ");
    human_put(h, how);
}

static bool is_good_code(uint16_t code)
{
    return code == CLOSE_NORMAL || code == CLOSE_GOING_AWAY || code == CLOSE_NO_STATUS;
}

static const char *closed_by(enum close_by by)
{
    return by == CLOSE_BY_PEER ? "closed by the peer" : "closed by us";
}

static void put_closed(struct human *h, const struct event_close *c)
{
    enum style style = is_good_code(c->code) ? STYLE_PLAIN : STYLE_YELLOW;

    human_put(h, closed_by(c->by));
    human_put(h, ": ");
    human_style(h, style);
    human_close_code(h, c->code, c->reason);
    human_style(h, STYLE_PLAIN);
    if (!c->clean)
        human_put(h, c->got_close_frame ? ", our Close did not get out" : ", no Close came back");
}

/* We ended it ourselves, and no Close frame of the peer's answered. */
static void put_unanswered(struct human *h, const struct event_close *c, const char *what)
{
    human_put(h, "closed by us: ");
    if (c->code != CLOSE_ABNORMAL && c->code != 0) {
        human_close_code(h, c->code, c->reason);
        human_put(h, ", ");
    }
    human_put(h, what);
    if (c->errnum != 0)
        human_printf(h, " (%s)", strerror(c->errnum));
}

/* What each side sent at the end, on each of the three levels, unless already shown. */
static void put_flags(struct human *h, const struct event *ev)
{
    const struct event_close *c = &ev->close;

    if (ev->channel == CHANNEL_WS)
        human_put(h, c->got_close_frame ? ", after a Close frame" : ", no Close frame");
    if (c->tls && !(c->how == CLOSE_HOW_TLS && c->got_close_notify))
        human_put(h, c->got_close_notify ? ", TLS close_notify" : ", no TLS close_notify");
    if (c->how != CLOSE_HOW_FIN && c->how != CLOSE_HOW_RST && c->how != CLOSE_HOW_FAULT)
        human_put(h, c->got_rst ? ", RST" : c->got_fin ? ", FIN" : ", no FIN or RST");
}

/* In the server's view a stream of events has no other end than that. */
static bool is_hung_up(const struct human *h, const struct event *ev)
{
    return h->config.numbered && ev->channel == CHANNEL_SSE && ev->close.how == CLOSE_HOW_FIN;
}

/* What ended it, as far as the marker. */
static void put_ending(struct human *h, const struct event *ev)
{
    const struct event_close *c = &ev->close;
    bool ours = c->by == CLOSE_BY_LOCAL && c->sent_close_frame && !c->got_close_frame;

    if (is_hung_up(h, ev)) {
        human_put(h, c->by == CLOSE_BY_PEER ? "the client hung up" : "hung up on the client");
        if (c->reason.len > 0) {
            human_put(h, ": ");
            human_safe(h, c->reason);
        }
    } else if (c->how == CLOSE_HOW_FIN && c->clean) {
        human_put(h, c->by == CLOSE_BY_PEER ? "the server ended the stream" : "closed by us");
    } else if (c->how == CLOSE_HOW_CLOSE_FRAME) {
        put_closed(h, c);
    } else if (c->how == CLOSE_HOW_VIOLATION) {
        human_style(h, STYLE_RED);
        human_put(h, "closed by us");
        human_style(h, STYLE_PLAIN);
        human_put(h, ": ");
        human_close_code(h, c->code, c->reason);
    } else if (ours && c->how == CLOSE_HOW_TIMEOUT) {
        put_unanswered(h, c, "no Close came back in time");
    } else if (ours && c->how != CLOSE_HOW_PING_TIMEOUT && c->how != CLOSE_HOW_HANDSHAKE &&
               c->how != CLOSE_HOW_FAULT) {
        put_unanswered(h, c,
                       c->how == CLOSE_HOW_RST ? "the peer reset the connection (RST) "
                                                 "without a Close"
                                               : "the peer hung up without a Close");
    } else if (c->by == CLOSE_BY_LOCAL && c->how == CLOSE_HOW_FIN) {
        human_put(h, "cut by us"); /* --max-time, or asked to end a second time */
        put_flags(h, ev);
    } else {
        put_lost(h, close_how_lost(c));
        if (c->how == CLOSE_HOW_TLS && !c->got_close_notify && c->why && c->why[0]) {
            human_put(h, ": ");
            human_safe_str(h, c->why);
        } else if (c->errnum != 0 && c->how != CLOSE_HOW_RST) {
            human_printf(h, " (%s)", strerror(c->errnum));
        }
        put_flags(h, ev);
    }
}

static void put_cut(struct human *h, const struct event_close *c)
{
    if (c->cut_have == 0 && c->cut_want == 0)
        return;
    human_dot(h);
    human_printf(h, "in the middle of a frame: %" PRIu64 " of %" PRIu64 " %s", c->cut_have,
                 c->cut_want, c->cut_want == 1 ? "byte" : "bytes");
}

static void put_times(struct human *h, const struct event_close *c)
{
    human_dot(h);
    human_put(h, "up ");
    human_span(h, c->uptime_us);
    human_dot(h);
    human_put(h, "last received ");
    human_span(h, c->idle_in_us);
    human_put(h, " ago, last sent ");
    human_span(h, c->idle_out_us);
    human_put(h, " ago");
}

/* Each piece of evidence follows the previous one; the first is on a new line. */
static void next_evidence(struct human *h, bool *any)
{
    if (*any)
        human_dot(h);
    else
        human_next(h, 2);
    *any = true;
}

/* What helps only where the end was not an orderly one. */
static void put_evidence(struct human *h, const struct event_close *c)
{
    bool any = false;

    if (c->has_pong) {
        next_evidence(h, &any);
        human_put(h, "last pong ");
        human_span(h, c->last_pong_us);
        human_put(h, " ago");
    }
    if (c->has_tcp && c->unacked_bytes > 0) {
        next_evidence(h, &any);
        human_size(h, c->unacked_bytes);
        human_put(h, " sent and never acknowledged");
        if (c->retransmits > 0) {
            human_put(h, " in spite of ");
            human_count(h, c->retransmits, "retransmission", "retransmissions");
        }
    }
    if (c->unacknowledged > 0) {
        next_evidence(h, &any);
        human_count(h, c->unacknowledged, "message", "messages");
        human_put(h, " sent and maybe not arrived");
    }
    if (c->again > 0) {
        next_evidence(h, &any);
        human_count(h, c->again, "message", "messages");
        human_put(h, " not gone out, to be sent again");
    }
}

void human_close(struct human *h, const struct event *ev)
{
    const struct event_close *c = &ev->close;
    bool orderly = c->how == CLOSE_HOW_CLOSE_FRAME || is_hung_up(h, ev) ||
                   (c->how == CLOSE_HOW_FIN && c->clean) ||
                   (c->by == CLOSE_BY_LOCAL && c->sent_close_frame && !c->got_rst &&
                    (c->how == CLOSE_HOW_FIN || c->how == CLOSE_HOW_TLS));

    if (ev->client || ev->leg != LEG_NONE) {
        human_relay_close(h, ev);
        return;
    }
    if (orderly)
        human_begin(h, ev, MARK_CLOSED,
                    is_good_code(c->code) || c->code == CLOSE_ABNORMAL ? STYLE_DIM : STYLE_YELLOW);
    else
        human_begin(h, ev, MARK_LOST, STYLE_RED);
    put_ending(h, ev);
    put_cut(h, c);
    put_times(h, c);
    if (!c->clean)
        put_evidence(h, c);
    if (h->config.report)
        human_hold_hint(h, c->hint);
    else
        human_hint(h, c->hint);
}
