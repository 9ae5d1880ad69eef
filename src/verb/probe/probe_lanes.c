/*
 * probe_lanes: connections that run at the same time and behave differently, to see which of them
 * end, and when: --idle and --lifetime.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "verb/probe/probe_private.h"

/* Between pings, or unsolicited pongs; how long a pong is waited for; and how often
 * progress is shown. */
#define PULSE_US  500000
#define ANSWER_US 2000000
#define TICK_US   500000
/* Silences of the first look, and the shortest step between them; of the second look. */
#define LATE_COUNT   12
#define LATE_STEP_US 500000
#define AGAIN_COUNT  20

static struct probe_lane *lane_of(struct probe_lane_run *run)
{
    return &run->front->timers.lanes[run->index];
}

/* Nothing more will be learned from it. */
static bool settled(const struct probe_lane_run *run)
{
    const struct probe_lane *lane = &run->front->timers.lanes[run->index];

    return run->over || lane->ended;
}

static void leave(struct probe_lane_run *run)
{
    run->over = true;
    timer_stop(run->timer);
    if (run->v && !run->v->ended)
        session_close(run->v->session, CLOSE_NORMAL, "", ANSWER_US, ASKED_ENOUGH);
}

/* --- the end of a look --------------------------------------------------------------------------
 */

void probe_lanes_judge(struct probe_front *front)
{
    struct probe_timers *t = &front->timers;
    uint64_t so_far = clock_mono_us() - front->lanes_began_us;

    if (!front->lanes_running)
        return;
    front->lanes_running = false;
    timer_stop(front->lanes_tick);
    if (t->idle_us && so_far < t->idle_us)
        t->idle_us = so_far;
    if (t->lifetime_us && so_far < t->lifetime_us)
        t->lifetime_us = so_far;
    if (t->idle_us)
        probe_judge_idle(&front->report, t, &front->talk->seen.answer);
    probe_judge_lifetime(&front->report, t, &front->talk->seen.answer);
}

static void begin_lane(struct probe_front *front, enum probe_habit habit, uint64_t after_us);

/* Where a silent drop begins, more exactly. True if a second look has begun. */
static bool look_again(struct probe_front *front)
{
    struct probe_timers *t = &front->timers;
    uint64_t from, to, step;

    if (t->refined || !probe_silent_drop(t, &from, &to) || to - from <= LATE_STEP_US)
        return false;
    t->refined = true;
    step = (to - from) / (AGAIN_COUNT + 1);
    step = step < LATE_STEP_US ? LATE_STEP_US : step;
    for (uint64_t after = from + step; after < to && !front->over; after += step)
        begin_lane(front, HABIT_LATE, after);
    front->lanes_until_us = clock_mono_us() + to + 2 * ANSWER_US;
    return true;
}

static bool is_decided(const struct probe_front *front, uint64_t now_us)
{
    const struct probe_timers *t = &front->timers;
    const struct probe_lane *silent = &t->lanes[0];
    bool all = true;

    for (size_t i = 0; i < t->lane_count; i++)
        all &= settled(&front->lane_runs[i]);
    if (all || now_us >= front->lanes_until_us)
        return true;
    /* Those that end for the same reason have ended by now. */
    return !t->lifetime_us && silent->ended &&
           now_us - front->lanes_began_us > silent->at_us + silent->at_us / 10 + 1500000;
}

static void tick(void *ctx)
{
    struct probe_front *front = ctx;
    uint64_t now_us = clock_mono_us();
    char text[120];
    size_t open = 0;

    if (is_decided(front, now_us) && !look_again(front)) {
        probe_lanes_judge(front);
        for (size_t i = 0; i < front->timers.lane_count; i++)
            leave(&front->lane_runs[i]);
        probe_next(front);
        return;
    }
    for (size_t i = 0; i < front->timers.lane_count; i++)
        open += front->timers.lanes[i].opened && !settled(&front->lane_runs[i]);
    snprintf(text, sizeof text, "%s: %.0f of %.0f s, %zu open",
             front->timers.idle_us ? "idle" : "lifetime",
             (double)(now_us - front->lanes_began_us) / 1e6,
             (double)(front->lanes_until_us - front->lanes_began_us) / 1e6, open);
    probe_show_progress(front, text);
    timer_start(front->lanes_tick, TICK_US, tick);
}

/* --- one connection -----------------------------------------------------------------------------
 */

static void pulse(void *ctx)
{
    struct probe_lane_run *run = ctx;
    bool up = lane_of(run)->habit == HABIT_UP;

    if (settled(run))
        return;
    (void)session_ping(run->v->session, up ? OPCODE_PONG : OPCODE_PING, slice_str("wscope probe"));
    timer_start(run->timer, PULSE_US, pulse);
}

static void no_answer(void *ctx)
{
    struct probe_lane_run *run = ctx;

    run->over = true;
    if (!run->v->ended)
        session_abort(run->v->session);
}

static void late_ping(void *ctx)
{
    struct probe_lane_run *run = ctx;

    if (settled(run))
        return;
    lane_of(run)->asked = true;
    (void)probe_send_ping(run->front, run->v, "wscope probe");
    if (!run->front->over)
        timer_start(run->timer, ANSWER_US, no_answer);
}

static void opened(struct probe_lane_run *run)
{
    struct probe_lane *lane = lane_of(run);

    lane->opened = true;
    run->opened_us = clock_mono_us();
    if (lane->habit == HABIT_PINGING || lane->habit == HABIT_UP)
        timer_start(run->timer, PULSE_US, pulse);
    else if (lane->habit == HABIT_LATE)
        timer_start(run->timer, lane->after_us, late_ping);
}

static void closed(struct probe_lane_run *run, const struct event_close *close)
{
    struct probe_lane *lane = lane_of(run);
    size_t n =
        close->reason.len < sizeof lane->reason - 1 ? close->reason.len : sizeof lane->reason - 1;

    if (run->over)
        return;
    timer_stop(run->timer);
    lane->ended = true;
    lane->at_us = clock_mono_us() - run->opened_us;
    lane->got_close = close->got_close_frame;
    lane->code = close->code;
    if (n > 0)
        memcpy(lane->reason, close->reason.data, n);
    lane->reason[n] = '\0';
}

static void on_event(void *ctx, struct visit *v, const struct event *ev)
{
    struct probe_lane_run *run = ctx;
    struct probe_lane *lane = lane_of(run);

    (void)v;
    if (ev->kind == EVENT_OPEN)
        opened(run);
    else if (ev->kind == EVENT_CLOSE)
        closed(run, &ev->close);
    else if ((ev->kind == EVENT_MESSAGE || ev->kind == EVENT_PING) && ev->dir == DIR_IN)
        lane->last_in_us = clock_mono_us() - run->opened_us;
    else if (ev->kind == EVENT_PONG && ev->dir == DIR_IN && lane->asked && !settled(run)) {
        lane->answered = true;
        run->over = true;
        timer_start(run->timer, 0, no_answer); /* it has answered; end it, not inside the event */
    }
}

static void on_settled(void *ctx, struct visit *v)
{
    struct probe_lane_run *run = ctx;

    if (!v->seen.open)
        run->over = true;
}

static void begin_lane(struct probe_front *front, enum probe_habit habit, uint64_t after_us)
{
    size_t index = front->timers.lane_count;
    struct probe_lane_run *run = &front->lane_runs[index];
    const struct visit_hooks hooks = {on_settled, on_event, run};
    struct visit_plan plan = front->talk->plan;
    struct err e;

    if (index == PROBE_LANES_MAX || front->over)
        return;
    plan.keep = plan.quiet = true;
    plan.no_pong = habit == HABIT_MUTE;
    front->timers.lanes[index] = (struct probe_lane){.habit = habit, .after_us = after_us};
    *run = (struct probe_lane_run){.front = front, .index = index};
    front->timers.lane_count++;
    run->timer = timer_new(&front->app->loop.uv, run);
    err_nomem(&e, STAGE_CONNECT, "making a connection");
    if (run->timer)
        run->v = visit_new(front->app, &plan, &hooks, &e);
    if (!run->v)
        probe_give_up(front, &e);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static void begin_lanes(struct probe_front *front)
{
    struct probe_timers *t = &front->timers;
    uint64_t step = t->idle_us / LATE_COUNT;

    step = step < LATE_STEP_US ? LATE_STEP_US : step;
    begin_lane(front, HABIT_SILENT, 0); /* is_decided expects it first */
    begin_lane(front, HABIT_PINGING, 0);
    if (!t->idle_us)
        return;
    begin_lane(front, HABIT_UP, 0);
    begin_lane(front, HABIT_MUTE, 0);
    for (uint64_t after = step; after <= t->idle_us; after += step)
        begin_lane(front, HABIT_LATE, after);
}

/* What is about to be done to the server. */
static void announce(struct probe_front *front, uint64_t longest_us)
{
    const struct probe_timers *t = &front->timers;
    char text[400];

    snprintf(text, sizeof text,
             "%s%s%s: %zu connections for at most %.0f s, one of them with a ping%s every %.1f s%s",
             t->idle_us ? "--idle" : "", t->idle_us && t->lifetime_us ? " and " : "",
             t->lifetime_us ? "--lifetime" : "", t->lane_count, (double)longest_us / 1e6,
             t->idle_us ? " and one with a pong" : "", PULSE_US / 1e6,
             t->idle_us ? "; if some die silently, up to 20 more for as long" : "");
    probe_show_note(front, text);
}

void probe_lanes(struct probe_front *front)
{
    struct probe_timers *t = &front->timers;
    uint64_t longest;

    t->idle_us = front->own->idle_us;
    t->lifetime_us = front->own->lifetime_us;
    if (!t->idle_us && !t->lifetime_us) {
        probe_next(front);
        return;
    }
    timer_stop(front->limit);
    if (!(front->facts & FACT_OPEN)) {
        probe_add(&front->report, t->idle_us ? PROBE_IDLE : PROBE_LIFETIME, PROBE_INFO,
                  "not checked: no WebSocket is open");
        probe_next(front);
        return;
    }
    longest = t->idle_us + (t->idle_us ? ANSWER_US : 0);
    longest = t->lifetime_us > longest ? t->lifetime_us : longest;
    front->lanes_began_us = clock_mono_us();
    front->lanes_until_us = front->lanes_began_us + longest + TICK_US;
    begin_lanes(front);
    if (front->over)
        return;
    announce(front, longest);
    front->lanes_running = true;
    tick(front);
}

void probe_lanes_stop(struct probe_front *front)
{
    for (size_t i = 0; i < front->timers.lane_count; i++) {
        timer_free(front->lane_runs[i].timer);
        if (front->lane_runs[i].v)
            visit_stop(front->lane_runs[i].v);
    }
    timer_free(front->lanes_tick);
}

void probe_lanes_free(struct probe_front *front)
{
    for (size_t i = 0; i < front->timers.lane_count; i++) {
        if (front->lane_runs[i].v)
            visit_free(front->lane_runs[i].v);
    }
}
