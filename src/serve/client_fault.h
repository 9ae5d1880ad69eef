/*
 * client_fault: what goes wrong on purpose for one client, as `wscope serve --fault` has it. Below
 * TLS it is a link; here it is what concerns requests, messages and pongs. Without faults a client
 * has none of this: c->fault is NULL.
 *
 * Triggers that count (open, message, frame, bytes) count for each client; connect:N is the N-th
 * connection that is accepted; times are for all who are there.
 */
#ifndef SERVE_CLIENT_FAULT_H
#define SERVE_CLIENT_FAULT_H

#include "fault/faults.h"
#include "serve/client.h"

/* Where the server has faults: put the fault's link upon tcp, which it takes, and begin. Returns
 * the link to go on with, or NULL (memory; tcp is the caller's, and client_fault_free is due). */
struct link *client_fault_begin(struct client *c, struct link *tcp);
/* Once nothing can fail any more: act on what strikes. */
void client_fault_watch(struct client *c);
/* After the link has been freed: the client has ended, and nothing strikes it any more. */
void client_fault_end(struct client *c);
/* With the client's memory; also where it never began. */
void client_fault_free(struct client *c);

/* The fault `refuse` met it: it is to be ended before anything is read. */
bool client_fault_refused(const struct client *c);
/* The fault that answers this request in the server's place, or NULL. */
const struct fault_spec *client_fault_status(struct client *c);
/* It is open: a WebSocket or a stream of events. */
void client_fault_opened(struct client *c);
/* Do what has struck since; the client may have ended then. */
void client_fault_step(struct client *c);

/* A message that came in: handed on by client_take_message, or not, or twice, or later. */
void client_fault_take(struct client *c, const struct event *ev);
/* A message to go out, by client_put. id: of the update, where it goes to a stream. */
void client_fault_send(struct client *c, enum opcode type, uint64_t id, struct slice data,
                       bool first, bool final);
/* Before a Close frame: what was held back to change places goes now. */
void client_fault_release(struct client *c);
/* A ping came. True if a fault has dealt with the answer. */
bool client_fault_ping(struct client *c, struct slice data);
/* Frames were read or sent. */
void client_fault_count(struct client *c);

#endif
