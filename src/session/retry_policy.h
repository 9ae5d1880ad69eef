/*
 * retry_policy: after a failure, is another attempt made, when, and why or why not. Pure: time and
 * the random number are passed in.
 *
 * Failures are counted in a row: only a connection that was up for `stable_after_us` ends the row,
 * so that a server which accepts and drops at once is not hammered.
 */
#ifndef SESSION_RETRY_POLICY_H
#define SESSION_RETRY_POLICY_H

#include "base/ranges.h"
#include "event/event.h"
#include "session/backoff.h"

struct retry_config {
    bool enabled;
    struct backoff_plan plan; /* with how many tries */
    uint64_t max_time_us; /* no attempt begins later than that after the row began; 0: any time */
    uint64_t stable_after_us;
    struct ranges on; /* close codes and HTTP statuses that are retried beyond the usual ones, */
    struct ranges not_on; /* and those that are not, which count more */
};

/* What went wrong: a connection that ended (close), or an attempt that failed (error; status: of
 * the response that refused it, or 0). */
struct retry_failure {
    const struct event_close *close;
    const struct err *error;
    int status;
    bool has_retry_after; /* the server asks not to reconnect sooner than that */
    uint64_t retry_after_us;
};

struct retry_policy {
    struct retry_config config;
    struct backoff backoff;
    uint32_t failures; /* in a row */
    uint64_t row_us;   /* when the row began */
};

struct retry_decision {
    bool will;
    uint32_t attempt; /* number of the attempt to come in this row, from 1 */
    uint64_t delay_us;
    char because[192]; /* what happened, and if it is not retried, why */
};

void retry_policy_init(struct retry_policy *p, const struct retry_config *config);

/* Decide about a failure at now_us (monotonic); u is a random number from 0 to below 1. */
void retry_policy_decide(struct retry_policy *p, const struct retry_failure *failure,
                         uint64_t now_us, double u, struct retry_decision *decision);

/* The user requested an attempt at once: the count begins again. */
void retry_policy_reset(struct retry_policy *p);

#endif
