/*
 * fallback_private: what the files of fallback share: fallback (when it takes over and when it
 * gives back) and fallback_channel (its channel).
 */
#ifndef SESSION_FALLBACK_PRIVATE_H
#define SESSION_FALLBACK_PRIVATE_H

#include "session/session_private.h"

enum { TIMER_TRY, TIMER_BACK, TIMER_COUNT };

struct fallback {
    struct session *s;
    const struct fallback_config *config;
    unsigned failed; /* attempts at the socket, in a row */
    bool active;     /* on the stage */
    bool broken;     /* it failed for good */

    struct channel_ws_config base; /* who asks, and where */
    bool told_withheld;
    struct attempt attempt;
    struct header_cmd *command;
    struct fault_conn *fault;
    struct channel_poll_config poll;
    struct channel_sse_config sse;
    struct channel *channel;
    bool open;
    bool drop; /* the rest of a message in parts */
    int status;
    struct err error; /* told before the end of an open channel */
    struct retry_policy policy;
    struct totals totals; /* of channels that are gone */

    uint64_t socket_us; /* the socket has been open since; 0: it is not */
    bool covered;       /* what came before that was asked for since */

    uv_timer_t timers[TIMER_COUNT];
    unsigned handles;
};

struct event fallback_event(const struct fallback *f, enum event_kind kind);

/* fallback_channel.c: open the channel, in place of the last one. */
void fallback_start(struct fallback *f);

/* fallback.c: the channel could not be had, or has ended. for_good: not to be tried again. */
void fallback_failed(struct fallback *f, const struct retry_failure *failure, bool for_good);

#endif
