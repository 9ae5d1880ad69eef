/*
 * probe_slow: a connection that stops reading (--slow): is what waits for it limited, when is it
 * cut, do others suffer? A second connection reads all the while, and the answer to pings on a
 * third one shows when the other side is gone.
 */
#include <stdio.h>

#include "base/clock.h"
#include "event/event.h"
#include "verb/probe/probe_private.h"

#define TICK_US 100000
/* How long what the service sends by itself is awaited, not counting a greeting; and its answer to
 * a message, the same message on another connection, and the first answers. */
#define GREETING_US 500000
#define WATCH_US    1500000
#define ANSWER_US   2000000
#define SHARED_US   300000
#define BASE_US     1000000
/* Between the reader's messages; between pings. */
#define ASK_US  250000
#define PING_US 500000
/* After a cut, before the rest is read. */
#define GRACE_US 500000

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void slow_enter(struct probe_front *front, void (*phase)(struct probe_front *, uint64_t))
{
    front->slow_run.phase = phase;
    front->slow_run.since_us = clock_mono_us();
}

/* --- the end ------------------------------------------------------------------------------------
 */

void probe_slow_judge(struct probe_front *front)
{
    struct slow_run *run = &front->slow_run;

    if (!run->running)
        return;
    run->running = false;
    timer_stop(run->tick);
    probe_judge_slow(&front->report, &front->slow);
}

void slow_over(struct probe_front *front, uint64_t now_us)
{
    (void)now_us;
    front->slow.unfinished = false;
    probe_slow_judge(front);
    for (int i = 0; i < SLOW_ROLES; i++)
        slow_end_drop(slow_end_of(front, (enum slow_role)i));
    probe_next(front);
}

/* --- the second connection ----------------------------------------------------------------------
 */

/* The reader's next message, and how long it has waited for an answer, or for a message that the
 * service sends by itself. */
static uint64_t follow_reader(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    struct slow_end *reader = slow_end_of(front, SLOW_READER);

    if (front->slow.source == SOURCE_FEED)
        return now_us - (reader->last_in_us > run->stop_us ? reader->last_in_us : run->stop_us);
    if (run->asked_us && reader->last_in_us >= run->asked_us) {
        uint64_t took = reader->last_in_us - run->asked_us;

        run->answered_us = now_us;
        run->asked_us = 0;
        return took;
    }
    if (!run->asked_us && now_us - run->answered_us >= ASK_US) {
        run->asked_us = now_us;
        slow_end_send(reader, reader->sent + PROBE_SLOW_MESSAGE);
    }
    return run->asked_us ? now_us - run->asked_us : 0;
}

static void released(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    struct slow_end *reader = slow_end_of(front, SLOW_READER);

    if (reader->last_in_us >= run->since_us) {
        front->slow.resumed = true;
        front->slow.resumed_us = reader->last_in_us - run->since_us;
    }
    if (front->slow.resumed || now_us - run->since_us >= PROBE_SLOW_RESUME_US)
        slow_over(front, now_us);
}

/* --- the stop -----------------------------------------------------------------------------------
 */

static void after_cut(struct probe_front *front, uint64_t now_us)
{
    if (now_us - front->slow_run.since_us < GRACE_US)
        return;
    slow_end_pause(slow_end_of(front, SLOW_SCOUT), false);
    slow_wake(front, slow_end_of(front, SLOW_SLEEPER));
}

static void keep_filling(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    struct slow_end *scout = slow_end_of(front, SLOW_SCOUT),
                    *sleeper = slow_end_of(front, SLOW_SLEEPER);
    uint64_t acked = slow_end_acked(scout);
    bool pings = now_us - run->ping_us >= PING_US && scout->v->session &&
                 session_pending(scout->v->session) == 0;

    if (front->slow.source == SOURCE_ECHO) {
        if (acked > front->slow.due)
            run->grown_us = now_us;
        front->slow.due = acked;
        front->slow.full =
            scout->sent > acked + PROBE_SLOW_MESSAGE && now_us - run->grown_us > ANSWER_US;
        slow_end_send(scout, PROBE_SLOW_MOST);
        slow_end_send(sleeper, acked < PROBE_SLOW_MOST ? acked : PROBE_SLOW_MOST);
    } else {
        front->slow.due = slow_end_wire(slow_end_of(front, SLOW_READER));
    }
    if (!pings)
        return;
    run->ping_us = now_us;
    (void)probe_send_ping(front, scout->v, "wscope probe");
}

/* As much waits as needs to be seen? */
static bool is_enough(const struct probe_front *front)
{
    const struct slow_end *sleeper = &front->slow_run.ends[SLOW_SLEEPER];

    if (front->slow.source == SOURCE_FEED)
        return front->slow.due >= PROBE_SLOW_MOST;
    return slow_end_acked(sleeper) >= PROBE_SLOW_MOST;
}

static bool others_suffer(struct probe_front *front, uint64_t now_us)
{
    struct probe_slow *s = &front->slow;
    uint64_t waiting_us = follow_reader(front, now_us);

    s->wait_us = larger(s->wait_us, waiting_us);
    if (s->source == SOURCE_FEED)
        s->wait_us = larger(s->wait_us, slow_end_of(front, SLOW_READER)->gap_us);
    s->others_ended = !slow_end_is_open(slow_end_of(front, SLOW_READER));
    s->stalled = probe_slow_is_stalled(s, waiting_us);
    return s->others_ended || s->stalled;
}

static void stopped(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    struct slow_end *scout = slow_end_of(front, SLOW_SCOUT),
                    *sleeper = slow_end_of(front, SLOW_SLEEPER);
    struct probe_slow *s = &front->slow;

    slow_end_look(scout);
    slow_end_look(sleeper);
    s->stopped_us = now_us - run->stop_us;
    s->taken = slow_end_received(sleeper);
    if (others_suffer(front, now_us)) {
        slow_enter(front, s->others_ended ? slow_over : released);
        slow_end_drop(scout);
        slow_end_drop(sleeper);
    } else if (slow_end_is_cut(scout) || slow_end_is_cut(sleeper)) {
        s->cut = true;
        s->cut_us = s->stopped_us;
        snprintf(s->how, sizeof s->how, "%s", scout->stats.got_fin ? "FIN" : "RST");
        slow_enter(front, after_cut);
    } else if (s->stopped_us >= front->own->slow_us || is_enough(front)) {
        slow_end_drop(scout);
        slow_wake(front, sleeper);
    } else {
        keep_filling(front, now_us);
    }
}

static void stop(struct probe_front *front, enum probe_source source)
{
    struct slow_run *run = &front->slow_run;

    front->slow.source = source;
    for (int i = SLOW_READER; i <= SLOW_SLEEPER; i++)
        slow_end_mark(slow_end_of(front, (enum slow_role)i));
    slow_end_pause(slow_end_of(front, SLOW_SCOUT), true);
    slow_end_pause(slow_end_of(front, SLOW_SLEEPER), true);
    slow_enter(front, stopped);
    run->stop_us = run->answered_us = run->grown_us = run->since_us;
    run->asked_us = 0;
    front->slow.stopped_us = 1;
}

/* --- what the service sends, by itself or as an answer ------------------------------------------
 */

/* The first answers, to compare later ones with. */
static void answering(struct probe_front *front, uint64_t now_us)
{
    struct probe_slow *s = &front->slow;
    uint64_t waiting_us = follow_reader(front, now_us);

    s->wait_before_us = larger(s->wait_before_us, waiting_us);
    if (!slow_end_is_open(slow_end_of(front, SLOW_READER)))
        slow_over(front, now_us);
    else if (now_us - front->slow_run.since_us >= BASE_US && !front->slow_run.asked_us)
        stop(front, SOURCE_ECHO);
}

static void asking(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    const struct slow_end *reader = slow_end_of(front, SLOW_READER);
    bool answered = reader->payload >= PROBE_SLOW_MESSAGE / 2;

    front->slow.source = slow_end_of(front, SLOW_SCOUT)->messages ? SOURCE_SHARED
                         : !slow_end_is_open(reader)              ? SOURCE_REFUSED
                                                                  : SOURCE_NONE;
    if (front->slow.source != SOURCE_NONE) {
        slow_over(front, now_us);
    } else if (answered && now_us - reader->last_in_us >= SHARED_US) {
        front->slow.source = SOURCE_ECHO;
        run->answered_us = now_us;
        slow_enter(front, answering);
    } else if (!answered && now_us - run->since_us >= ANSWER_US) {
        slow_over(front, now_us);
    }
}

static void watching(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    struct slow_end *reader = slow_end_of(front, SLOW_READER);
    uint64_t waited = now_us - (reader->last_in_us ? reader->last_in_us : run->since_us);
    struct probe_slow *s = &front->slow;

    s->wait_before_us = larger(larger(s->wait_before_us, waited), reader->gap_us);
    if (now_us - run->since_us < WATCH_US && slow_end_is_open(reader))
        return;
    if (reader->messages > 0) {
        stop(front, SOURCE_FEED);
        return;
    }
    s->wait_before_us = 0; /* that of answers is measured next */
    slow_end_mark(slow_end_of(front, SLOW_SCOUT));
    slow_end_send(reader, PROBE_SLOW_MESSAGE);
    slow_enter(front, asking);
}

static void greeted(struct probe_front *front, uint64_t now_us)
{
    if (now_us - front->slow_run.since_us < GREETING_US)
        return;
    slow_end_mark(slow_end_of(front, SLOW_READER));
    slow_enter(front, watching);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static void show_progress(struct probe_front *front)
{
    const struct probe_slow *s = &front->slow;
    char text[120] = "slow";

    if (s->stopped_us)
        snprintf(text, sizeof text, "slow: %.0f of %.0f s, %.1f MiB due",
                 (double)s->stopped_us / 1e6, (double)front->own->slow_us / 1e6,
                 (double)s->due / (1024 * 1024));
    probe_show_progress(front, text);
}

static void tick(void *ctx)
{
    struct probe_front *front = ctx;
    struct slow_run *run = &front->slow_run;

    if (front->over)
        return;
    show_progress(front);
    run->phase(front, clock_mono_us());
    if (run->running)
        timer_start(run->tick, TICK_US, tick);
}

static void on_settled(void *ctx, struct visit *v)
{
    const struct slow_end *end = ctx;
    struct probe_front *front = end->front;
    bool tcp = true;

    (void)v;
    if (--front->pending > 0 || !front->slow_run.running)
        return;
    for (int i = SLOW_READER; i <= SLOW_SLEEPER; i++)
        tcp &= slow_end_look(slow_end_of(front, (enum slow_role)i));
    if (tcp) {
        slow_enter(front, greeted);
        tick(front);
        return;
    }
    front->slow_run.running = false;
    probe_add(&front->report, PROBE_SLOW, PROBE_INFO,
              front->asked.unix_socket ? "not checked: this needs TCP"
                                       : "not checked: no further connections opened");
    slow_over(front, 0);
}

/* What is about to be done to the server. */
static void announce(struct probe_front *front)
{
    char text[400];

    snprintf(text, sizeof text,
             "--slow: 3 connections for at most %.0f s, of which 2 stop reading until they are cut "
             "or %d MiB wait for one; one more if they are cut without a Close; if the service "
             "sends nothing by itself, messages of letters x, at most %d MiB on each connection",
             (double)(front->own->slow_us + PROBE_SLOW_DRAIN_US + ANSWER_US + WATCH_US) / 1e6,
             (int)(PROBE_SLOW_MOST >> 20), (int)(PROBE_SLOW_MOST >> 20));
    probe_show_note(front, text);
}

void probe_slow(struct probe_front *front)
{
    if (!front->own->slow_us) {
        probe_next(front);
        return;
    }
    timer_stop(front->limit);
    if (!(front->facts & FACT_OPEN)) {
        probe_add(&front->report, PROBE_SLOW, PROBE_INFO, "not checked: no WebSocket is open");
        probe_next(front);
        return;
    }
    announce(front);
    front->slow.unfinished = true;
    front->slow_run.running = true;
    front->pending = 3;
    for (int i = SLOW_READER; i <= SLOW_SLEEPER && !front->over; i++)
        slow_end_open(front, (enum slow_role)i, on_settled);
}

void probe_slow_stop(struct probe_front *front)
{
    for (int i = 0; i < SLOW_ROLES; i++) {
        if (slow_end_of(front, (enum slow_role)i)->v)
            visit_stop(slow_end_of(front, (enum slow_role)i)->v);
    }
    timer_free(front->slow_run.tick);
}

void probe_slow_free(struct probe_front *front)
{
    for (int i = 0; i < SLOW_ROLES; i++) {
        if (slow_end_of(front, (enum slow_role)i)->v)
            visit_free(slow_end_of(front, (enum slow_role)i)->v);
    }
}
