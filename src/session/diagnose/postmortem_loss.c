/* Lost without a Close: what the silence before it, the transport and earlier connections reveal.
 */
#include <stdio.h>

#include "session/diagnose/postmortem.h"

#define SECOND_US 1000000u
/* A connection that a NAT or a balancer forgot had been silent for at least this long. */
#define FORGOTTEN_US (60 * (uint64_t)SECOND_US)
/* A write that failed by a reset came this long before it at most. */
#define JUST_NOW_US (2 * (uint64_t)SECOND_US)
/* This much sent but unread data means a peer that does not read. */
#define SLOW_READER (64 * 1024)
/* A silence before the end that is shorter may be the rhythm of the traffic. */
#define IDLE_LEAST (2 * (uint64_t)SECOND_US)
/* Timers, and the way of what they send, are late by this much. */
#define LATE_US (uint64_t)200000
/* The cure that is offered never pings more seldom. */
#define PING_MOST 25

/* Idle limits that products have out of the box, in seconds. */
struct idle_limit {
    unsigned seconds;
    const char *who;
};

static const struct idle_limit idle_limits[] = {
    {30, "some load balancers and proxies"},
    {60, "nginx (proxy_read_timeout), AWS ALB and many proxies"},
    {100, "Cloudflare"},
    {240, "Azure Load Balancer"},
    {350, "AWS NLB"},
    {600, "AWS API Gateway"},
};

static const struct idle_limit *idle_limit_near(uint64_t idle_us)
{
    for (size_t i = 0; i < sizeof idle_limits / sizeof idle_limits[0]; i++) {
        uint64_t limit_us = (uint64_t)idle_limits[i].seconds * SECOND_US;

        if (idle_us + SECOND_US / 2 >= limit_us && idle_us < limit_us + 2 * SECOND_US)
            return &idle_limits[i];
    }
    return NULL;
}

struct seconds {
    char text[24];
};

/* "5", "2.5": whole where it is. */
static struct seconds seconds_of(uint64_t us)
{
    uint64_t tenths = (us + 50000) / 100000;
    struct seconds s;

    if (tenths % 10)
        snprintf(s.text, sizeof s.text, "%llu.%llu", (unsigned long long)(tenths / 10),
                 (unsigned long long)(tenths % 10));
    else
        snprintf(s.text, sizeof s.text, "%llu", (unsigned long long)(tenths / 10));
    return s;
}

/* Half of the limit, so that one that is late does no harm. */
static struct seconds cure_of(uint64_t limit_us)
{
    uint64_t half = limit_us / 2;

    if (half >= SECOND_US)
        half = half / SECOND_US * SECOND_US;
    else
        half = half / 100000 * 100000;
    if (half > PING_MOST * (uint64_t)SECOND_US)
        half = PING_MOST * (uint64_t)SECOND_US;
    return seconds_of(half ? half : 100000);
}

static void hint_of_idle(char *hint, const struct endings_pattern *p,
                         const struct postmortem_context *context)
{
    const struct idle_limit *known = idle_limit_near(p->us);
    struct seconds limit = seconds_of(p->us);
    const char *silence = p->in && p->out ? "of silence"
                          : p->in         ? "with nothing coming in"
                                          : "with nothing going out";

    snprintf(hint, POSTMORTEM_HINT,
             "the last %d connections were each dropped after %s s %s: an idle timeout of %s s "
             "between here and the server (%s); --ping-interval %s keeps the connection busy",
             ENDINGS_ROW, limit.text, silence, limit.text,
             known                                                 ? known->who
             : postmortem_names_proxy(slice_str(context->backend)) ? "such as nginx's "
                                                                     "proxy_read_timeout"
                                                                   : "perhaps the server's own",
             cure_of(p->us).text);
}

static void hint_of_age(char *hint, const struct endings_pattern *p)
{
    snprintf(
        hint, POSTMORTEM_HINT,
        "the last %d connections were each cut at an age of %s s while data flowed: a limit on "
        "their lifetime (load balancers of Google Cloud 30 s unless set otherwise, AWS API "
        "Gateway 2 h): raise it, or reconnect (-r)",
        ENDINGS_ROW, seconds_of(p->us).text);
}

bool postmortem_pattern(char hint[POSTMORTEM_HINT], const struct postmortem_context *context)
{
    struct endings_pattern p = {.kind = PATTERN_NONE};

    if (context->endings)
        p = endings_pattern(context->endings);
    /* Pings that are more frequent than the silence cannot be the cure. */
    if (p.kind == PATTERN_IDLE && (!context->ping_interval_us || context->ping_interval_us >= p.us))
        hint_of_idle(hint, &p, context);
    else if (p.kind == PATTERN_AGE)
        hint_of_age(hint, &p);
    else
        return false;
    return true;
}

static void hint_of_half_open(char *hint, const struct event_close *close)
{
    if (close->has_tcp && close->unacked_bytes > 0)
        snprintf(hint, POSTMORTEM_HINT,
                 "the connection was half open: the network or the peer is gone; "
                 "%llu bytes that were sent are not acknowledged (%lu retransmits), and the last "
                 "byte came %.1f s ago",
                 (unsigned long long)close->unacked_bytes, (unsigned long)close->retransmits,
                 (double)close->idle_in_us / 1e6);
    else if (close->has_tcp)
        snprintf(hint, POSTMORTEM_HINT,
                 "the peer's system acknowledges what is sent, but its program does not answer "
                 "pings: it hangs, or something between swallows them; the last byte came %.1f s "
                 "ago",
                 (double)close->idle_in_us / 1e6);
    else
        snprintf(hint, POSTMORTEM_HINT,
                 "the connection was half open: the network or the peer is gone");
}

/* Time ran out under a fault: the peer can't be judged. */
static void hint_of_fault(char *hint, const struct postmortem_context *context)
{
    snprintf(hint, POSTMORTEM_HINT,
             "the fault %s, which was asked for, was active to the end: what is seen here is its "
             "doing, not the peer's",
             context->fault);
}

static void hint_of_hangup(char *hint, const struct postmortem_context *context)
{
    if (context->subprotocols_offered && !context->subprotocol_agreed)
        snprintf(hint, POSTMORTEM_HINT,
                 "hung up right after the opening, and none of the subprotocols that were offered "
                 "was chosen: -s NAME offers another");
    else
        snprintf(
            hint, POSTMORTEM_HINT, "hung up right after the opening: %sa server that crashed%s",
            postmortem_names_proxy(slice_str(context->backend))
                ? "a proxy that could not reach its server, "
                : "",
            context->subprotocols_offered ? "" : ", or one that wants a subprotocol (-s NAME)");
}

bool postmortem_idle(char hint[POSTMORTEM_HINT], const struct event_close *close,
                     const struct postmortem_context *context)
{
    uint64_t idle_us =
        close->idle_in_us < close->idle_out_us ? close->idle_in_us : close->idle_out_us;
    const struct idle_limit *known = idle_limit_near(idle_us);
    uint64_t limit_us = (idle_us + LATE_US / 4) / SECOND_US * SECOND_US;

    if (known)
        limit_us = known->seconds * (uint64_t)SECOND_US;
    else if (limit_us < IDLE_LEAST || idle_us > limit_us + LATE_US)
        return false; /* timers fire on a whole second, or a little later */
    if (context->ping_interval_us && context->ping_interval_us < limit_us)
        return false;
    snprintf(hint, POSTMORTEM_HINT,
             "silent for %s s before the disconnect: probably an idle timeout; try "
             "--ping-interval %s; -r confirms it%s%s%s",
             seconds_of(limit_us).text, cure_of(limit_us).text, known ? " (the limit of " : "",
             known ? known->who : "", known ? ")" : "");
    return true;
}

static void hint_of_tls(char *hint)
{
    snprintf(hint, POSTMORTEM_HINT,
             "bytes were changed or lost on the way (a broken middlebox, a fault), or the peer's "
             "TLS failed: its log may say why; -vvv shows the bytes that were read before");
}

void postmortem_loss(char hint[POSTMORTEM_HINT], const struct event_close *close,
                     const struct postmortem_context *context)
{
    if (close->cut_want > 0) {
        snprintf(
            hint, POSTMORTEM_HINT,
            "the peer or something between died in the middle of a frame: look at the server's "
            "log for a crash");
    } else if (close->how == CLOSE_HOW_RST && close->idle_in_us >= FORGOTTEN_US &&
               close->idle_out_us < JUST_NOW_US) {
        snprintf(hint, POSTMORTEM_HINT,
                 "reset on the first write after %.0f s of silence: a NAT or load balancer forgot "
                 "the connection; --ping-interval 25 keeps it alive",
                 (double)close->idle_in_us / 1e6);
    } else if (context->fault &&
               (close->how == CLOSE_HOW_PING_TIMEOUT || close->how == CLOSE_HOW_TIMEOUT)) {
        hint_of_fault(hint, context);
    } else if (close->how == CLOSE_HOW_PING_TIMEOUT) {
        hint_of_half_open(hint, close);
    } else if (close->how == CLOSE_HOW_TIMEOUT && close->has_tcp &&
               close->unacked_bytes + context->queued >= SLOW_READER && close->retransmits == 0) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the peer does not read, or not fast enough: %llu bytes were sent and not taken, "
                 "%zu more waited here",
                 (unsigned long long)close->unacked_bytes, context->queued);
    } else if (close->how == CLOSE_HOW_TIMEOUT) {
        snprintf(hint, POSTMORTEM_HINT,
                 "nothing was acknowledged for too long: the network or the peer is gone; "
                 "--ping-interval with --ping-timeout notices within seconds");
    } else if (close->how == CLOSE_HOW_TLS && !close->got_close_notify) {
        hint_of_tls(hint);
    } else if (postmortem_idle(hint, close, context)) {
        return;
    } else if ((close->how == CLOSE_HOW_FIN || close->how == CLOSE_HOW_TLS ||
                close->how == CLOSE_HOW_RST) &&
               context->messages_in == 0 && close->uptime_us < SECOND_US) {
        hint_of_hangup(hint, context);
    }
}
