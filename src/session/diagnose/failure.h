/*
 * failure: the one error that a failed run reports, where it is the end of a connection that had
 * been open. Pure.
 */
#ifndef SESSION_DIAGNOSE_FAILURE_H
#define SESSION_DIAGNOSE_FAILURE_H

#include "event/event.h"

/* From an ending that means `code` for the shell (not EXIT_OK). violation: the sentence of the rule
 * that was broken, or "". channel: what was spoken. The hint is the close's. */
void failure_of_close(struct err *e, const struct event_close *close, enum event_channel channel,
                      enum exit_code code, const char *violation);

/* Give an error of a kind that always has something to try a hint, if it has none yet. */
void failure_complete(struct err *e);

/* Messages were lost, and that was not to happen (--fail-on-loss). */
void failure_of_loss(struct err *e, uint64_t lost);

#endif
