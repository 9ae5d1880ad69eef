/*
 * timers: what happens to connections that do nothing, or little, for a while: an idle timer, what
 * resets it, a silent drop, a limit of the lifetime. Connections that behave differently run at the
 * same time, and the cause follows from how they end.
 */
#ifndef PROBE_TIMERS_H
#define PROBE_TIMERS_H

#include "probe/judge.h"

/* What a connection does after its opening. */
enum probe_habit {
    HABIT_SILENT,  /* nothing of its own: the server's pings are answered */
    HABIT_MUTE,    /* nothing at all */
    HABIT_PINGING, /* a ping again and again */
    HABIT_UP,      /* an unsolicited pong again and again: nothing answers it */
    HABIT_LATE     /* nothing, then one ping */
};

struct probe_lane {
    enum probe_habit habit;
    uint64_t after_us;    /* HABIT_LATE: when its ping is sent */
    bool opened;          /* else nothing is known of it */
    bool asked, answered; /* HABIT_LATE: the ping */
    bool ended;           /* not by us: */
    uint64_t at_us;       /* that long after its opening */
    bool got_close;
    uint16_t code;
    char reason[128];
    uint64_t last_in_us; /* when something came from the server, after the opening; 0: nothing */
};

#define PROBE_LANES_MAX 48

struct probe_timers {
    struct probe_lane lanes[PROBE_LANES_MAX];
    size_t lane_count;
    uint64_t idle_us, lifetime_us; /* how long they were watched; 0: not asked for */
    bool refined;                  /* a second look at a silent drop was taken */
};

/* Judge what happened to idle connections, and to lasting ones. */
void probe_judge_idle(struct probe_report *r, const struct probe_timers *t,
                      const struct probe_answer *answer);
void probe_judge_lifetime(struct probe_report *r, const struct probe_timers *t,
                          const struct probe_answer *answer);

/* A ping after this silence was answered, and none after that one; from_us 0: none was. False: all
 * were answered, or the connections ended openly. */
bool probe_silent_drop(const struct probe_timers *t, uint64_t *from_us, uint64_t *to_us);

/* Limits that are known, such as those of cloud load balancers. */
enum probe_limit { LIMIT_IDLE, LIMIT_LIFETIME };

/* Append "; matches the default of ..." for those that have this value. */
void probe_matches(char *text, size_t size, enum probe_limit kind, uint64_t us);
/* Where they are documented, as evidence. */
void probe_cite(struct probe_check *check, enum probe_limit kind, uint64_t us);

#endif
