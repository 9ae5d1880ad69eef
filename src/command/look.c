/* What is known of the connection. */
#include <inttypes.h>

#include "base/clock.h"
#include "command/command.h"

int command_headers(struct commands *c, const char *args, struct err *e)
{
    if (args[0])
        return command_misused("headers", e);
    if (!c->conninfo.request.there)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "no request was sent yet");
    c->hooks.replay(c->hooks.ctx, &c->conninfo.request.ev);
    if (c->conninfo.response.there)
        c->hooks.replay(c->hooks.ctx, &c->conninfo.response.ev);
    else
        commands_say(c, "there was no response");
    return 0;
}

static const char *state_text(const struct commands *c)
{
    static const char *const names[] = {"not connected yet", "connecting",           "open",
                                        "closing",           "waiting to reconnect", "closed"};

    return c->session ? names[session_state(c->session)] : names[SESSION_IDLE];
}

static const char *or_none(const char *text)
{
    return text[0] ? text : "none";
}

int command_info(struct commands *c, const char *args, struct err *e)
{
    const struct conninfo *r = &c->conninfo;

    if (args[0])
        return command_misused("info", e);
    commands_say(c, "state         %s", state_text(c));
    if (r->address[0] && r->port)
        commands_say(c, "connected to  %s port %u from %s in %.1f ms", r->address,
                     (unsigned)r->port, r->local, (double)r->connect_us / 1000);
    else if (r->address[0])
        commands_say(c, "connected to  %s", r->address);
    if (r->tls) {
        commands_say(c, "TLS           %s, %s in %.1f ms", r->tls_version, r->tls_cipher,
                     (double)r->tls_us / 1000);
        commands_say(c, "certificate   %s, issued by %s, valid until %s%s", r->tls_subject,
                     r->tls_issuer, r->tls_until, r->tls_verified ? "" : ", NOT VERIFIED");
    }
    if (!r->url[0])
        return 0;
    commands_say(c, "handshake     done after %.1f ms", (double)r->opening_us / 1000);
    commands_say(c, "subprotocol   %s", or_none(r->subprotocol));
    commands_say(c, "extensions    %s", or_none(r->extensions));
    return 0;
}

static void say_flow(struct commands *c, enum event_dir dir, uint64_t now)
{
    const struct conninfo_flow *f = &c->conninfo.flow[dir];
    double messages, bytes;

    conninfo_rate(&c->conninfo, dir, now, &messages, &bytes);
    commands_say(
        c, "%s %" PRIu64 " messages, %" PRIu64 " bytes; last 10 s: %.1f messages/s, %.0f bytes/s",
        dir == DIR_IN ? "received     " : "sent         ", f->messages, f->bytes, messages, bytes);
    if (f->messages > 0)
        commands_say(c, "  sizes       %" PRIu64 " to %" PRIu64 " bytes, %" PRIu64 " on average",
                     f->smallest, f->largest, f->bytes / f->messages);
}

static void say_compression(struct commands *c, enum event_dir dir)
{
    const struct conninfo_flow *f = &c->conninfo.flow[dir];

    if (f->plain > 0 && f->packed > 0)
        commands_say(c, "  compressed  %s %" PRIu64 " to %" PRIu64 " bytes, %.0f %%",
                     dir == DIR_IN ? "in " : "out", f->plain, f->packed,
                     100.0 * (double)f->packed / (double)f->plain);
}

static void say_tcp(struct commands *c)
{
    struct tcp_stats tcp;

    if (!session_tcp_stats(c->session, &tcp))
        return;
    commands_say(c,
                 "TCP           %" PRIu64 " bytes in %" PRIu32 " segments received, %" PRIu64
                 " in %" PRIu32 " sent, %" PRIu32 " retransmitted",
                 tcp.bytes_received, tcp.segments_received, tcp.bytes_sent, tcp.segments_sent,
                 tcp.retransmits);
    commands_say(c, "  round trip  %.1f ms, varying by %.1f ms; %" PRIu32 " bytes unacknowledged",
                 tcp.rtt_us / 1000.0, tcp.rtt_var_us / 1000.0, tcp.unacked_bytes);
}

static void say_transfer(struct commands *c)
{
    const struct transfer *t = &c->transfer;

    if (t->phase == TRANSFER_IDLE)
        return;
    commands_say(c, "file          %s: %" PRIu64 " of %" PRIu64 " bytes %s", t->name, t->done,
                 t->size, t->phase == TRANSFER_CHECKING ? "checked" : "sent");
}

/* What waits for a connection, and for how long. */
static void say_waiting(struct commands *c)
{
    struct session_queued queued = session_queued(c->session);

    if (session_state(c->session) == SESSION_WAITING)
        commands_say(c, "next attempt  in %.1f s", (double)session_retry_wait_us(c->session) / 1e6);
    if (queued.messages > 0)
        commands_say(c, "queue         %zu messages, %zu of %zu bytes, wait for a connection",
                     queued.messages, queued.bytes, queued.limit);
}

int command_stats(struct commands *c, const char *args, struct err *e)
{
    struct totals totals;
    struct event_rtt rtt;
    uint64_t now, since_start;

    if (args[0])
        return command_misused("stats", e);
    if (!c->session)
        return command_needs_open(c, e);
    totals = session_totals(c->session);
    now = clock_mono_us();
    since_start = session_since_start_us(c->session, now);
    commands_say(c, "connection    %s, %" PRIu64 " opened so far", state_text(c),
                 totals.connections);
    if (c->conninfo.open)
        commands_say(c, "open for      %.1f s",
                     (double)(since_start - c->conninfo.opened_us) / 1e6);
    say_flow(c, DIR_IN, since_start);
    say_flow(c, DIR_OUT, since_start);
    if (c->conninfo.extensions[0]) {
        say_compression(c, DIR_IN);
        say_compression(c, DIR_OUT);
    }
    commands_say(c,
                 "frames        %" PRIu64 " in, %" PRIu64 " out; on the wire %" PRIu64
                 " bytes in, %" PRIu64 " out",
                 totals.frames_in, totals.frames_out, totals.wire_in, totals.wire_out);
    commands_say(
        c, "pings         %" PRIu64 " in, %" PRIu64 " out; pongs %" PRIu64 " in, %" PRIu64 " out",
        totals.pings_in, totals.pings_out, totals.pongs_in, totals.pongs_out);
    rtt = session_rtt(c->session);
    if (rtt.count)
        commands_say(c,
                     "round trips   min %.1f ms, median %.1f ms, p99 %.1f ms, of %" PRIu64
                     " (ping to pong), %" PRIu64 " lost",
                     (double)rtt.min_us / 1000, (double)rtt.median_us / 1000,
                     (double)rtt.p99_us / 1000, rtt.count, rtt.lost);
    else if (rtt.lost)
        commands_say(c, "round trips   none; %" PRIu64 " pings lost", rtt.lost);
    say_waiting(c);
    if (totals.violations)
        commands_say(c, "violations    %" PRIu64, totals.violations);
    say_transfer(c);
    say_tcp(c);
    return 0;
}
