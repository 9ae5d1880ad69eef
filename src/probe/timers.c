#include "probe/timers.h"

#include <stdio.h>

#include "probe/advice.h"

/* Two ends that are no further apart have the same cause. */
#define SAME_US 700000

static double seconds(uint64_t us)
{
    return (double)us / 1e6;
}

static const struct probe_lane *lane_of(const struct probe_timers *t, enum probe_habit habit)
{
    for (size_t i = 0; i < t->lane_count; i++) {
        if (t->lanes[i].habit == habit && t->lanes[i].opened)
            return &t->lanes[i];
    }
    return NULL;
}

static bool ended(const struct probe_lane *lane)
{
    return lane && lane->ended;
}

static bool stays_open(const struct probe_lane *lane)
{
    return lane && !lane->ended;
}

static bool same_end(const struct probe_lane *a, const struct probe_lane *b)
{
    uint64_t apart;

    if (!ended(a) || !ended(b))
        return false;
    apart = a->at_us > b->at_us ? a->at_us - b->at_us : b->at_us - a->at_us;
    return apart <= SAME_US || apart <= a->at_us / 20;
}

bool probe_silent_drop(const struct probe_timers *t, uint64_t *from_us, uint64_t *to_us)
{
    bool dropped = false;

    *from_us = 0;
    *to_us = UINT64_MAX;
    for (size_t i = 0; i < t->lane_count; i++) {
        const struct probe_lane *lane = &t->lanes[i];

        if (lane->habit == HABIT_LATE && lane->asked && !lane->answered && !lane->ended &&
            lane->after_us < *to_us) {
            *to_us = lane->after_us;
            dropped = true;
        }
    }
    for (size_t i = 0; i < t->lane_count; i++) {
        const struct probe_lane *lane = &t->lanes[i];

        if (lane->habit == HABIT_LATE && lane->answered && lane->after_us < *to_us &&
            lane->after_us > *from_us)
            *from_us = lane->after_us;
    }
    return dropped;
}

/* Who ended it, as far as the end and the answer show. */
static void name_hop(char *text, size_t size, const struct probe_lane *lane,
                     const struct probe_answer *answer)
{
    const char *hop = probe_hop_name(answer);

    if (lane->got_close)
        snprintf(text, size,
                 " with Close %u%s%s%s, so by the application or a hop that speaks WebSocket",
                 lane->code, lane->reason[0] ? " \"" : "", lane->reason,
                 lane->reason[0] ? "\"" : "");
    else if (hop)
        snprintf(text, size, " without a Close, so by a proxy: probably %s (%s)", hop, answer->who);
    else
        snprintf(text, size,
                 " without a Close, so by a proxy, a load balancer or a server that sends none");
}

/* What resets the idle timer that ended the silent connection. */
static const char *what_resets(const struct probe_timers *t, const struct probe_lane *silent)
{
    const struct probe_lane *up = lane_of(t, HABIT_UP), *pinging = lane_of(t, HABIT_PINGING);

    if (same_end(up, silent) && pinging && !same_end(pinging, silent))
        return "only what the server sends resets it (pongs do, the client's frames do not)";
    if (silent->last_in_us > silent->at_us / 2)
        return "only what the client sends resets it (the server sent something meanwhile)";
    if (pinging && !same_end(pinging, silent) && up && !same_end(up, silent))
        return "frames of the client reset it (pongs are enough); the server sent none of its own";
    return "pings reset it";
}

static void advise_idle(struct probe_check *check, uint64_t us, const struct probe_answer *answer)
{
    double every = seconds(us) / 2.5;

    if (every > 30)
        every = 30;
    probe_advise(
        check,
        "send a ping every %.*f s, from the client or better from the server; or raise the "
        "timer: nginx: proxy_read_timeout 1h; haproxy: timeout tunnel 1h",
        every < 10 ? 1 : 0, every);
    if (answer->who[0])
        probe_evidence(check, "%s", answer->who);
}

static void add_lanes(struct probe_check *check, const struct probe_timers *t)
{
    static const char *const habits[] = {
        [HABIT_SILENT] = "silent",
        [HABIT_MUTE] = "silent, no pongs",
        [HABIT_PINGING] = "pinging",
        [HABIT_UP] = "unsolicited pongs",
        [HABIT_LATE] = "silent, then a ping",
    };

    for (size_t i = 0; i < t->lane_count; i++) {
        const struct probe_lane *lane = &t->lanes[i];

        if (!lane->opened)
            probe_evidence(check, "%s: did not open", habits[lane->habit]);
        else if (lane->habit == HABIT_LATE)
            probe_evidence(check, "ping after %.1f s: %s", seconds(lane->after_us),
                           lane->answered ? "answered"
                           : lane->ended  ? "ended before"
                           : lane->asked  ? "no answer"
                                          : "not sent");
        else if (lane->ended)
            probe_evidence(check, "%s: ended after %.1f s", habits[lane->habit],
                           seconds(lane->at_us));
        else
            probe_evidence(check, "%s: stayed open", habits[lane->habit]);
    }
}

static void judge_drop(struct probe_report *r, const struct probe_timers *t, uint64_t from_us,
                       uint64_t to_us)
{
    struct probe_check *check;
    char matches[300] = "";

    probe_matches(matches, sizeof matches, LIMIT_IDLE, to_us);
    check =
        probe_add(r, PROBE_IDLE, PROBE_WARN,
                  "silent drop: a connection that is idle for %.1f s still works, one that is "
                  "idle for %.1f s is dead, and neither side was notified: a firewall, NAT or load "
                  "balancer between here and the server forgot it%s",
                  seconds(from_us), seconds(to_us), matches);
    probe_advise(check,
                 "send a ping every %.1f s, and treat a connection as lost if no pong comes: "
                 "wscope --ping-interval %.0f --ping-timeout 5",
                 seconds(to_us) / 2.5, seconds(to_us) / 2.5 < 1 ? 1 : seconds(to_us) / 2.5);
    add_lanes(check, t);
}

void probe_judge_idle(struct probe_report *r, const struct probe_timers *t,
                      const struct probe_answer *answer)
{
    const struct probe_lane *silent = lane_of(t, HABIT_SILENT);
    const struct probe_lane *pinging = lane_of(t, HABIT_PINGING);
    struct probe_check *check;
    char hop[400], matches[300] = "";
    uint64_t from_us, to_us;

    if (!silent) {
        probe_add(r, PROBE_IDLE, PROBE_INFO, "not checked: no further connection opened");
        return;
    }
    if (ended(silent) && same_end(silent, pinging)) {
        check = probe_add(r, PROBE_IDLE, PROBE_INFO,
                          "no idle timer was found: connections end after %.1f s, whatever they do",
                          seconds(silent->at_us));
        add_lanes(check, t);
    } else if (ended(silent)) {
        name_hop(hop, sizeof hop, silent, answer);
        probe_matches(matches, sizeof matches, LIMIT_IDLE, silent->at_us);
        check = probe_add(r, PROBE_IDLE, PROBE_WARN,
                          "idle timer of %.1f s: an idle connection ends then%s; %s%s",
                          seconds(silent->at_us), hop, what_resets(t, silent), matches);
        advise_idle(check, silent->at_us, answer);
        probe_cite(check, LIMIT_IDLE, silent->at_us);
        add_lanes(check, t);
    } else if (probe_silent_drop(t, &from_us, &to_us)) {
        judge_drop(r, t, from_us, to_us);
    } else {
        check = probe_add(r, PROBE_IDLE, PROBE_OK, "an idle connection stays open for %.1f s%s",
                          seconds(t->idle_us),
                          silent->last_in_us ? " (the server sends something itself)" : "");
        add_lanes(check, t);
    }
}

void probe_judge_lifetime(struct probe_report *r, const struct probe_timers *t,
                          const struct probe_answer *answer)
{
    const struct probe_lane *pinging = lane_of(t, HABIT_PINGING);
    uint64_t looked_us = t->lifetime_us ? t->lifetime_us : t->idle_us;
    struct probe_check *check;
    char hop[400], matches[300] = "";

    if (!pinging) {
        if (t->lifetime_us)
            probe_add(r, PROBE_LIFETIME, PROBE_INFO, "not checked: no further connection opened");
        return;
    }
    if (!ended(pinging)) {
        if (t->lifetime_us)
            probe_add(r, PROBE_LIFETIME, PROBE_OK,
                      "a connection with traffic stays open for %.1f s", seconds(looked_us));
        return;
    }
    if (stays_open(lane_of(t, HABIT_SILENT))) {
        check = probe_add(r, PROBE_LIFETIME, PROBE_WARN,
                          "a connection with many pings ends after %.1f s, a silent one does not: "
                          "the server limits how often it may be pinged",
                          seconds(pinging->at_us));
        probe_advise(check, "let clients ping less often");
        add_lanes(check, t);
        return;
    }
    name_hop(hop, sizeof hop, pinging, answer);
    probe_matches(matches, sizeof matches, LIMIT_LIFETIME, pinging->at_us);
    check = probe_add(r, PROBE_LIFETIME, PROBE_WARN,
                      "lifetime limit of %.1f s: a connection with traffic both ways ends then%s%s",
                      seconds(pinging->at_us), hop, matches);
    probe_advise(check, "clients have to reconnect and resume before that, spread over time; or "
                        "raise the limit where it is set (no ping helps)");
    probe_cite(check, LIMIT_LIFETIME, pinging->at_us);
    add_lanes(check, t);
}
