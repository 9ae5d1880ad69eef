/*
 * negotiation: what SignalR may ask of a client before it opens a WebSocket: a POST to the hub's
 * /negotiate. The answer has the id that the WebSocket's URL must name, or another server and a
 * token for it, where the same is done again (TransportProtocols.md of ASP.NET Core SignalR).
 */
#ifndef SESSION_NEGOTIATION_H
#define SESSION_NEGOTIATION_H

#include "base/err.h"

struct leg;
struct negotiation;

/* Called once from the loop. NULL: leg->attempt now asks for what was agreed; its URL and
 * authorization are borrowed until the next start. Otherwise why not. */
typedef void negotiation_done_fn(struct leg *leg, const struct err *why);

/* NULL: memory. */
struct negotiation *negotiation_new(struct leg *leg, negotiation_done_fn *done);
/* NULL is fine, here and below. */
void negotiation_free(struct negotiation *n);

/* Negotiate for leg->attempt. -1 with *e; done is not called then. */
int negotiation_start(struct negotiation *n, struct err *e);
/* Give it up: done is not called. */
void negotiation_cancel(struct negotiation *n);

#endif
