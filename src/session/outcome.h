/*
 * outcome: what an ending means for the shell: event in, exit code out. Pure.
 */
#ifndef SESSION_OUTCOME_H
#define SESSION_OUTCOME_H

#include "event/event.h"

/* Was the connection's end asked for, so that an unanswered Close is only told? */
enum outcome_asked {
    ASKED_NOT,   /* nobody did */
    ASKED_CLOSE, /* the person or the end of stdin: the peer is expected to answer */
    ASKED_ENOUGH /* --count, --until, --for were reached: 0 whatever the peer does now */
};

/* The exit code a close stands for; the manual's EXIT STATUS is the table. */
enum exit_code outcome_of_close(const struct event_close *close, enum outcome_asked asked);

#endif
