/*
 * control: the control API of wscope proxy: a small HTTP/1.1 server for test runners, on the
 * loopback or a unix socket. The manual's section CONTROL is its interface.
 *
 *   control.c           the listener, the events that it keeps, waiting for one
 *   control_conn.c      one connection: reads requests, writes answers
 *   control_answer.c    what each request does, and its answer
 *   control_request.c   a request, read and checked
 *   control_events.c    the latest events
 *   control_address.c   its address, and which Host fields it accepts
 *
 * Bounded: CONTROL_CONNS_MAX connections (more wait in the kernel's queue), CONTROL_BODY_MAX of a
 * request, CONTROL_EVENTS_BYTES of events, and what a report needs. A reader of events that falls
 * behind the kept ones is disconnected.
 */
#ifndef VERB_PROXY_CONTROL_H
#define VERB_PROXY_CONTROL_H

#include "relay/relay.h"
#include "verb/proxy/control_address.h"

struct proxy_front;
struct control;

/* Listen, and keep events from now on as a sink of the views, which free it: after control_stop,
 * which is before the loop ends. NULL with *e. */
struct control *control_new(struct proxy_front *p, const struct control_address *at, struct err *e);
/* "http://127.0.0.1:9003", "unix:/run/x". Borrowed. */
const char *control_url(const struct control *c);
/* End all connections, and listen no longer. NULL is fine. */
void control_stop(struct control *c);

#endif
