/*
 * failure: the one error that a failed run reports if it is the end of an open connection. Pure.
 */
#ifndef SESSION_DIAGNOSE_FAILURE_H
#define SESSION_DIAGNOSE_FAILURE_H

#include "event/event.h"

/* From an ending that means `code` for the shell (not EXIT_OK). violation: the message of the
 * violated rule, or "". channel: the protocol in use. The hint is that of the close. */
void failure_of_close(struct err *e, const struct event_close *close, enum event_channel channel,
                      enum exit_code code, const char *violation);

/* Add a hint to an error of a kind that always has one, if it has none yet. */
void failure_complete(struct err *e);

/* Messages were lost, and that was not to happen (--fail-on-loss). */
void failure_of_loss(struct err *e, uint64_t lost);

#endif
