/*
 * fanout_rounds: what is published when. Each connection sends in turn; the next message is sent
 * once the one before has reached all who should have it, or after a while if it does not.
 */
#include <stdlib.h>

#include "verb/fanout/fanout_private.h"

/* From the opening of the last connection to the first message: for subscriptions to take effect.
 */
#define WARM_UP_US 300000
/* Between two messages, so that what limits the rate of messages is not met; of many, less. */
#define LEAST_US      10000
#define LEAST_MANY_US 1000
#define MANY          1000
/* A message that does not reach all is waited for until nothing arrives any more: for this long in
 * all rounds together, and for each message between these bounds. */
#define IN_ALL_US   5000000
#define LONGEST_US  100000
#define SHORTEST_US 20000
/* What may come once more comes within this time. */
#define TWICE_US 500000

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t least_us(const struct fanout_front *front)
{
    return front->total > MANY ? LEAST_MANY_US : LEAST_US;
}

/* How long nothing must have arrived before the next message is sent. */
static uint64_t quiet_us(const struct fanout_front *front)
{
    uint64_t us = IN_ALL_US / (front->total ? front->total : 1);

    return us < SHORTEST_US ? SHORTEST_US : earlier(us, LONGEST_US);
}

/* When the next message may be sent. */
static uint64_t next_us(struct fanout_front *front, uint64_t now)
{
    uint64_t delivered = fanout_delivered(front->facts), last = front->published_us;

    uint64_t quiet = quiet_us(front);

    if (delivered != front->delivered) {
        front->delivered = delivered;
        front->delivered_us = now;
        if (last && now - last > front->slowest_us)
            front->slowest_us = now - last;
    }
    if (fanout_waiting(front->facts) == 0)
        return last + least_us(front);
    if (front->delivered_us > last)
        last = front->delivered_us;
    /* What takes long to reach thousands has pauses, too. */
    if (front->slowest_us > quiet)
        quiet = front->slowest_us;
    return earlier(last + quiet, front->published_us + front->own->within_us);
}

static uint64_t left_until(uint64_t when, uint64_t now)
{
    return when > now ? when - now : 0;
}

static void step_at(struct fanout_front *front, uint64_t when)
{
    timer_start(front->step, left_until(when, fanout_now(front)), fanout_step);
}

/* --- one message --------------------------------------------------------------------------------
 */

void fanout_sent(struct fanout_front *front, const struct err *e)
{
    front->publishing = false;
    front->published_us = fanout_now(front);
    if (!e) {
        front->sent++;
    } else {
        fanout_unpublish(front->facts);
        /* A connection that just ended is skipped, as those are that ended before; what publishes
         * from outside must not end. */
        if (e->code != EXIT_LOST || front->own->way != FANOUT_BY_CLIENT)
            front->trouble = *e;
    }
    timer_start(front->step, 0, fanout_step);
}

bool fanout_send(struct fanout_front *front, size_t i)
{
    bool by_client = front->own->way == FANOUT_BY_CLIENT;
    char nonce[NONCE_TEXT];

    if (by_client && !fleet_is_open(front->fleet, i))
        return false;
    if (fanout_publish(front->facts, by_client ? (uint32_t)i : FANOUT_OUTSIDE, fanout_now(front),
                       nonce) < 0) {
        err_nomem(&front->trouble, STAGE_IO, "publishing");
        timer_start(front->step, 0, fanout_step);
        return true;
    }
    front->publishing = true;
    front->awaiting = true;
    publisher_send(front->publisher, i, nonce);
    return true;
}

/* From the next connection that is open. False: none of the round is. */
static bool send_next(struct fanout_front *front, uint64_t until)
{
    while (front->number < until) {
        size_t i = (size_t)(front->number++ % front->own->connections);

        if (fanout_send(front, i))
            return true;
    }
    return false;
}

/* --- rounds -------------------------------------------------------------------------------------
 */

/* Messages are under way, and it is not their time to be settled. */
static bool wait_for_them(struct fanout_front *front)
{
    uint64_t now = fanout_now(front);
    uint64_t next = fanout_settle(front->facts, now);

    if (next == UINT64_MAX || fanout_waiting(front->facts) == 0)
        return false;
    front->awaiting = true;
    step_at(front, next);
    return true;
}

static void begin_drill(struct fanout_front *front)
{
    struct err e;

    if (wait_for_them(front))
        return;
    front->stage = FANOUT_DRILL;
    if (fanout_drill_start(front, &e) < 0)
        fanout_give_up(front, &e);
    else
        timer_start(front->step, 0, fanout_step);
}

static void rounds_over(struct fanout_front *front)
{
    if (front->stage == FANOUT_ROUNDS && front->own->drill) {
        begin_drill(front);
        return;
    }
    front->stage = FANOUT_WAITING;
    timer_start(front->step, 0, fanout_step);
}

/* The first half of the rounds comes before the drill. */
static uint64_t rounds_until(const struct fanout_front *front)
{
    uint64_t before = (front->own->rounds + 1) / 2 * front->own->connections;

    if (front->stage == FANOUT_ROUNDS && front->own->drill)
        return earlier(before, front->total);
    return front->total;
}

static void step_rounds(struct fanout_front *front)
{
    uint64_t now = fanout_now(front), next = next_us(front, now);

    if (front->published_us && now < next) {
        step_at(front, next);
        return;
    }
    front->awaiting = false;
    if (!send_next(front, rounds_until(front)))
        rounds_over(front);
}

static void step_drill(struct fanout_front *front)
{
    uint64_t next = front->published_us + LONGEST_US;

    if (fanout_drill_look(front)) {
        front->stage = FANOUT_ROUNDS_AFTER;
        timer_start(front->step, 0, fanout_step);
        return;
    }
    if (fanout_now(front) >= next) {
        for (size_t tried = 0; tried < front->own->connections; tried++) {
            front->drill_turn = (front->drill_turn + 1) % front->own->connections;
            if (fanout_send(front, (size_t)front->drill_turn))
                return;
        }
        next = fanout_now(front) + LONGEST_US;
    }
    step_at(front, next);
}

static void step_waiting(struct fanout_front *front)
{
    uint64_t twice = front->published_us + earlier(front->own->within_us, TWICE_US);

    if (wait_for_them(front))
        return;
    if (front->published_us && fanout_now(front) < twice)
        step_at(front, twice);
    else
        fanout_finish(front);
}

void fanout_step(void *ctx)
{
    struct fanout_front *front = ctx;

    if (front->trouble.code != EXIT_OK) {
        fanout_give_up(front, &front->trouble);
        return;
    }
    if (front->publishing)
        return; /* fanout_sent follows */
    switch (front->stage) {
    case FANOUT_GREETING:
        fanout_sticky_step(front);
        break;
    case FANOUT_ROUNDS:
    case FANOUT_ROUNDS_AFTER:
        step_rounds(front);
        break;
    case FANOUT_DRILL:
        step_drill(front);
        break;
    case FANOUT_WAITING:
        step_waiting(front);
        break;
    default:
        break;
    }
}

void fanout_look(struct fanout_front *front)
{
    if (!front->awaiting || front->publishing || fanout_waiting(front->facts) > 0)
        return;
    front->awaiting = false;
    timer_start(front->step, 0, fanout_step);
}

void fanout_rounds_begin(struct fanout_front *front)
{
    front->stage = FANOUT_ROUNDS;
    timer_start(front->step, WARM_UP_US, fanout_step);
}
