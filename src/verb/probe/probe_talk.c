/*
 * probe_talk: the stages on an open WebSocket: round trips, and the closing handshake.
 */
#include <stdio.h>

#include "base/clock.h"
#include "verb/probe/probe_private.h"

#define PINGS 20
/* For all of them; for one answer; between an answer and the next ping; for the answer to a Close.
 */
#define PINGS_US  3000000
#define ANSWER_US 2000000
#define GAP_US    10000
#define CLOSE_US  2000000

/* --- ping ---------------------------------------------------------------------------------------
 */

static void ping_over(void *ctx)
{
    struct probe_front *front = ctx;
    struct tcp_stats stats;

    timer_stop(front->pulse);
    front->talk->hooks.event = NULL;
    if (front->talk->session && session_tcp_stats(front->talk->session, &stats))
        front->pings.tcp_us = stats.rtt_min_us;
    front->pings.waited_us = ANSWER_US;
    probe_judge_ping(&front->report, &front->pings, &front->talk->seen);
    probe_next(front);
}

static void send_ping(void *ctx)
{
    struct probe_front *front = ctx;
    char text[32];

    snprintf(text, sizeof text, "wscope probe %u", (unsigned)front->pings.sent);
    if (!probe_send_ping(front, front->talk, text)) {
        if (!front->over)
            timer_start(front->pulse, 0, ping_over);
        return;
    }
    front->pings.sent++;
    timer_start(front->pulse, ANSWER_US, ping_over);
}

static void on_ping_event(void *ctx, struct visit *v, const struct event *ev)
{
    struct probe_front *front = ctx;
    struct probe_pings *pings = &front->pings;

    if (ev->kind == EVENT_CLOSE)
        timer_start(front->pulse, 0, ping_over);
    if (ev->kind != EVENT_PONG || ev->dir != DIR_IN || !ev->control.matched || v->ended)
        return;
    if (pings->answered < pings->sent && pings->answered < PINGS)
        pings->rtts[pings->answered++] = ev->control.rtt_us;
    if (pings->sent >= PINGS || clock_mono_us() - front->pulse_began_us > PINGS_US)
        timer_start(front->pulse, 0, ping_over);
    else
        timer_start(front->pulse, GAP_US, send_ping);
}

void probe_ping(struct probe_front *front)
{
    front->pulse_began_us = clock_mono_us();
    front->talk->hooks.event = on_ping_event;
    front->talk->hooks.ctx = front;
    timer_start(front->pulse, 0, front->talk->ended ? ping_over : send_ping);
}

/* --- close --------------------------------------------------------------------------------------
 */

static void close_over(void *ctx)
{
    struct probe_front *front = ctx;

    timer_stop(front->pulse);
    front->talk->hooks.event = NULL;
    probe_judge_close(&front->report, &front->talk->seen, clock_mono_us() - front->close_us);
    probe_next(front);
}

static void on_close_event(void *ctx, struct visit *v, const struct event *ev)
{
    struct probe_front *front = ctx;

    (void)v;
    if (ev->kind == EVENT_CLOSE)
        timer_start(front->pulse, 0, close_over);
}

void probe_close(struct probe_front *front)
{
    struct visit *v = front->talk;

    front->close_us = clock_mono_us();
    v->hooks.event = on_close_event;
    v->hooks.ctx = front;
    if (v->ended) {
        timer_start(front->pulse, 0, close_over);
        return;
    }
    timer_start(front->pulse, CLOSE_US + 500000, close_over);
    session_close(v->session, CLOSE_NORMAL, "", CLOSE_US, ASKED_CLOSE);
}
