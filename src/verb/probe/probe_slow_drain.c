/*
 * probe_slow_drain: a connection of --slow is read again: what had waited for it, and how it was
 * cut.
 */
#include <stdio.h>

#include "event/event.h"
#include "verb/probe/probe_private.h"

/* How often is looked whether all has come; that many looks in
 * a row which saw no more than on the other connection mean that it has; and the least time to a
 * cut that is worth a second try. */
#define LOOK_US   500000
#define LOOKS     3
#define CLOSER_US 1500000
/* A second try begins to read this much before the time of the cut, or an eighth of that time. */
#define EARLY_US 750000

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* --- what had waited ----------------------------------------------------------------------------
 */

static void note_end(struct probe_front *front, const struct visit *v)
{
    struct probe_slow *s = &front->slow;
    const struct probe_seen *seen = &v->seen;

    if (!s->cut)
        s->cut_us = s->stopped_us;
    s->within = !s->cut;
    s->cut = true;
    s->got_close = seen->got_close;
    s->code = seen->code;
    snprintf(s->reason, sizeof s->reason, "%s", seen->close_reason);
    snprintf(s->how, sizeof s->how, "%s",
             seen->how == CLOSE_HOW_RST   ? "RST"
             : seen->how == CLOSE_HOW_FIN ? "FIN"
                                          : close_how_name(seen->how));
}

/* The Close came after what had been due at that time. */
static void estimate_cut(struct probe_slow *s, uint64_t stopped_us, uint64_t wire)
{
    if (s->source != SOURCE_FEED || !s->got_close || wire >= s->due)
        return;
    s->cut_us = (uint64_t)((double)stopped_us * (double)wire / (double)s->due);
    s->about = true;
    s->within = false;
}

static void again(struct probe_front *front);

static void note_came(struct probe_front *front)
{
    struct slow_run *run = &front->slow_run;
    struct probe_slow *s = &front->slow;
    const struct slow_end *reader = slow_end_of(front, SLOW_READER);
    uint64_t wire = slow_end_wire(run->woken);
    uint64_t live = s->source == SOURCE_FEED ? slow_end_wire(reader) - run->woke_reader : 0;
    uint64_t before = run->woke_received + (run->woken->v->ended ? 0 : live);

    s->woken = true;
    s->came = wire > before ? wire - before : 0;
    if (run->woken->v->ended) {
        note_end(front, run->woken->v);
        estimate_cut(s, run->since_us - run->stop_us, wire);
        return;
    }
    s->messages = reader->messages;
    if (s->source == SOURCE_FEED &&
        reader->messages > run->woken->messages + 5 + reader->messages / 100)
        s->left_out = reader->messages - run->woken->messages;
}

/* All has come, or no more comes than on the connection that reads all the time. */
static bool has_caught_up(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    uint64_t wire = slow_end_wire(run->woken),
             reader = slow_end_wire(slow_end_of(front, SLOW_READER));
    uint64_t more = wire - run->seen_wire, live = reader - run->seen_reader;
    uint64_t all = front->slow.source == SOURCE_FEED ? reader : slow_end_acked(run->woken);

    if (now_us - run->look_us < LOOK_US)
        return false;
    run->look_us = now_us;
    run->seen_wire = wire;
    run->seen_reader = reader;
    run->looks = more <= live + live / 5 + PROBE_SLOW_MESSAGE ? run->looks + 1 : 0;
    return run->looks == LOOKS || wire + wire / 100 >= all;
}

static void draining(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    const struct visit *scout = slow_end_of(front, SLOW_SCOUT)->v;
    bool ended = run->woken->v->ended;

    if (!ended && !has_caught_up(front, now_us) && now_us - run->since_us < PROBE_SLOW_DRAIN_US)
        return;
    if (ended || now_us - run->since_us < PROBE_SLOW_DRAIN_US)
        note_came(front);
    if (front->slow.cut && !front->slow.got_close && scout->seen.got_close)
        note_end(front, scout);
    if (front->slow.cut && !front->slow.got_close && !slow_end_of(front, SLOW_SECOND)->v &&
        front->slow.cut_us >= CLOSER_US)
        again(front);
    else
        slow_over(front, now_us);
}

void slow_wake(struct probe_front *front, struct slow_end *end)
{
    struct slow_run *run = &front->slow_run;

    slow_end_look(end);
    run->woken = end;
    run->woke_received = slow_end_received(end);
    run->woke_reader = run->seen_reader = slow_end_wire(slow_end_of(front, SLOW_READER));
    run->seen_wire = 0;
    run->looks = 0;
    slow_enter(front, draining);
    run->look_us = run->since_us;
    slow_end_pause(end, false);
}

/* --- a second try -------------------------------------------------------------------------------
 */

/* A Close that waits in the service is lost once the service has given up the connection: read just
 * before that. */
static void sleeping_again(struct probe_front *front, uint64_t now_us)
{
    struct slow_run *run = &front->slow_run;
    uint64_t wait_us = front->slow.cut_us - larger(front->slow.cut_us / 8, EARLY_US);

    slow_end_send(slow_end_of(front, SLOW_SECOND), slow_end_of(front, SLOW_SLEEPER)->sent);
    if (now_us - run->since_us >= wait_us) {
        run->stop_us = run->since_us;
        slow_wake(front, slow_end_of(front, SLOW_SECOND));
    }
}

static void on_second(void *ctx, struct visit *v)
{
    struct slow_end *second = ctx;
    struct probe_front *front = second->front;

    if (!front->slow_run.running)
        return;
    if (!v->seen.open || v->ended) {
        slow_over(front, 0);
        return;
    }
    slow_end_mark(second);
    slow_end_mark(slow_end_of(front, SLOW_READER));
    slow_end_pause(second, true);
    slow_enter(front, sleeping_again);
}

static void waiting(struct probe_front *front, uint64_t now_us)
{
    (void)front;
    (void)now_us;
}

static void again(struct probe_front *front)
{
    slow_enter(front, waiting);
    slow_end_open(front, SLOW_SECOND, on_second);
}
