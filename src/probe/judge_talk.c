/*
 * judge_talk: the open WebSocket: round trips, and the closing handshake.
 */
#include <stdio.h>
#include <stdlib.h>

#include "probe/judge.h"

/* Less than this is noise. */
#define APART_US 2000

static int compare_us(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static double ms(uint64_t us)
{
    return (double)us / 1000;
}

/* It ended before we ended it. */
static bool ended_early(struct probe_report *r, enum probe_stage stage,
                        const struct probe_seen *main)
{
    struct probe_check *check;

    if (!main->closed || main->by == CLOSE_BY_LOCAL || (main->sent_close && !main->got_close))
        return false;
    check = main->got_close
                ? probe_add_fail(r, stage, probe_outcome_code(main),
                                 "the server closed the WebSocket after %.1f s with %u %s%s%s%s",
                                 (double)main->uptime_us / 1e6, main->code,
                                 close_code_name(main->code), main->close_reason[0] ? ": \"" : "",
                                 main->close_reason, main->close_reason[0] ? "\"" : "")
                : probe_add_fail(r, stage, probe_outcome_code(main),
                                 "the WebSocket was cut after %.1f s, without a Close",
                                 (double)main->uptime_us / 1e6);
    probe_advise(check, "%s",
                 main->close_hint[0] ? main->close_hint
                                     : "the application's log has the reason; if it waits for a "
                                       "first message, --on-connect MSG sends one");
    return true;
}

/* How far the application is from the hop that TCP ends at. */
static void compare_with_tcp(struct probe_report *r, const struct probe_pings *p, uint64_t median,
                             uint64_t worst)
{
    struct probe_check *check;
    char apart[160] = "";

    if (p->tcp_us && median > p->tcp_us + APART_US && median > p->tcp_us + p->tcp_us / 2)
        snprintf(apart, sizeof apart,
                 ": the application is %.1f ms beyond the hop that TCP ends at",
                 ms(median - p->tcp_us));
    else if (p->tcp_us)
        snprintf(apart, sizeof apart, ": the pings are answered where TCP ends, or close to it");
    check = p->tcp_us ? probe_add(r, PROBE_PING, PROBE_OK,
                                  "%llu round trips, median %.2f ms, longest %.2f ms; TCP's %.2f "
                                  "ms%s",
                                  (unsigned long long)p->answered, ms(median), ms(worst),
                                  ms(p->tcp_us), apart)
                      : probe_add(r, PROBE_PING, PROBE_OK,
                                  "%llu round trips, median %.2f ms, longest %.2f ms",
                                  (unsigned long long)p->answered, ms(median), ms(worst));
    probe_evidence(check, "sent %llu, answered %llu", (unsigned long long)p->sent,
                   (unsigned long long)p->answered);
}

void probe_judge_ping(struct probe_report *r, const struct probe_pings *p,
                      const struct probe_seen *main)
{
    size_t n = p->answered < 64 ? (size_t)p->answered : 64;
    struct probe_check *check;
    uint64_t sorted[64];

    r->figures.pings = p->sent;
    r->figures.pongs = p->answered;
    r->figures.tcp_rtt_us = p->tcp_us;
    for (size_t i = 0; i < n; i++)
        sorted[i] = p->rtts[i];
    if (n > 0) {
        qsort(sorted, n, sizeof sorted[0], compare_us);
        r->figures.rtt_us = sorted[n / 2];
    }
    if (ended_early(r, PROBE_PING, main))
        return;
    if (p->answered < p->sent) {
        check = probe_add(r, PROBE_PING, PROBE_WARN,
                          "%llu of %llu pings were answered; the server, or a proxy, must answer "
                          "each (RFC 6455, section 5.5.2); waited %.1f s for the last",
                          (unsigned long long)p->answered, (unsigned long long)p->sent,
                          (double)p->waited_us / 1e6);
        probe_advise(check, "heartbeats with pings fail here, and clients that use them will "
                            "reconnect again and again: let the WebSocket library answer pings, or "
                            "free the application's event loop");
        return;
    }
    if (n > 0)
        compare_with_tcp(r, p, sorted[n / 2], sorted[n - 1]);
}

void probe_judge_close(struct probe_report *r, const struct probe_seen *main, uint64_t took_us)
{
    struct probe_check *check;

    if (ended_early(r, PROBE_CLOSE, main))
        return;
    r->figures.close_us = took_us;
    if (main->clean) {
        probe_add(r, PROBE_CLOSE, PROBE_OK, "our Close was answered in %.1f ms with %u",
                  ms(took_us), main->code);
        return;
    }
    if (main->how == CLOSE_HOW_TIMEOUT || !main->closed)
        check = probe_add(r, PROBE_CLOSE, PROBE_WARN,
                          "our Close was not answered within %.1f s (RFC 6455, section 5.5.1)",
                          (double)took_us / 1e6);
    else
        check = probe_add(r, PROBE_CLOSE, PROBE_WARN,
                          "the connection was cut without an answer to our Close (RFC 6455, "
                          "section 5.5.1)");
    probe_advise(check,
                 "clients see code 1006 where they should see 1000, and take a normal end for "
                 "a failure: let the server answer a Close before it ends the connection");
}
