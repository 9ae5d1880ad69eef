/*
 * outcome: the exit code of an ending: event in, exit code out. Pure.
 */
#ifndef SESSION_OUTCOME_H
#define SESSION_OUTCOME_H

#include "event/event.h"

/* Was the connection's end asked for, so that an unanswered Close is only reported? */
enum outcome_asked {
    ASKED_NOT,   /* it was not */
    ASKED_CLOSE, /* the user or the end of stdin: the peer is expected to answer */
    ASKED_ENOUGH /* --count, --until, --for were reached: 0 whatever the peer does now */
};

/* The exit code of a close; the manual's EXIT STATUS is the table. */
enum exit_code outcome_of_close(const struct event_close *close, enum outcome_asked asked);

#endif
