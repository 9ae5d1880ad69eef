/*
 * probe_slow_end: one of the connections of --slow.
 */
#include <string.h>

#include "base/clock.h"
#include "verb/probe/probe_private.h"

/* Messages that are sent before the loop goes on: half a MiB. */
#define BATCH 128

static void on_event(void *ctx, struct visit *v, const struct event *ev)
{
    struct slow_end *end = ctx;
    uint64_t now_us = clock_mono_us();

    (void)v;
    if (ev->kind != EVENT_MESSAGE || ev->dir != DIR_IN)
        return;
    end->payload += ev->message.data.len;
    end->messages += ev->message.final;
    if (end->last_in_us && now_us - end->last_in_us > end->gap_us)
        end->gap_us = now_us - end->last_in_us;
    end->last_in_us = now_us;
}

bool slow_end_open(struct probe_front *front, enum slow_role role,
                   void (*settled)(void *ctx, struct visit *v))
{
    struct slow_end *end = &front->slow_run.ends[role];
    const struct visit_hooks hooks = {settled, on_event, end};
    struct visit_plan plan = front->talk->plan;
    struct err e;

    plan.keep = plan.quiet = plan.no_deflate = true;
    *end = (struct slow_end){.front = front};
    end->v = visit_new(front->app, &plan, &hooks, &e);
    if (!end->v)
        probe_give_up(front, &e);
    return end->v != NULL;
}

struct slow_end *slow_end_of(struct probe_front *front, enum slow_role role)
{
    return &front->slow_run.ends[role];
}

bool slow_end_is_open(const struct slow_end *end)
{
    return end->v && end->v->seen.open && !end->v->ended;
}

bool slow_end_look(struct slow_end *end)
{
    struct tcp_stats stats;

    if (!slow_end_is_open(end) || !session_tcp_stats(end->v->session, &stats))
        return false;
    end->stats = stats;
    return true;
}

static uint64_t wire_in(const struct slow_end *end)
{
    return end->v && end->v->session ? session_totals(end->v->session).wire_in : 0;
}

void slow_end_mark(struct slow_end *end)
{
    slow_end_look(end);
    end->wire_base = wire_in(end);
    end->received_base = end->stats.bytes_received;
    end->acked_base = end->stats.bytes_acked;
    end->messages = end->payload = end->sent = 0;
    end->last_in_us = end->gap_us = 0;
}

uint64_t slow_end_wire(const struct slow_end *end)
{
    uint64_t wire = wire_in(end);

    return wire > end->wire_base ? wire - end->wire_base : 0;
}

uint64_t slow_end_received(const struct slow_end *end)
{
    return end->stats.bytes_received - end->received_base;
}

uint64_t slow_end_acked(const struct slow_end *end)
{
    return end->stats.bytes_acked - end->acked_base;
}

void slow_end_send(struct slow_end *end, uint64_t up_to)
{
    uint8_t letters[PROBE_SLOW_MESSAGE];

    memset(letters, 'x', sizeof letters);
    for (int i = 0; i < BATCH && slow_end_is_open(end) && end->sent < up_to; i++) {
        if (session_full(end->v->session) ||
            session_send(end->v->session, OPCODE_TEXT, slice_make(letters, sizeof letters), true,
                         true) < 0)
            return;
        end->sent += sizeof letters;
    }
}

bool slow_end_is_cut(const struct slow_end *end)
{
    return end->v && (end->v->ended || end->stats.closed || end->stats.got_fin);
}

void slow_end_pause(struct slow_end *end, bool paused)
{
    if (slow_end_is_open(end))
        session_pause(end->v->session, paused);
}

void slow_end_drop(struct slow_end *end)
{
    if (end->v && !end->v->ended)
        session_abort(end->v->session);
}
