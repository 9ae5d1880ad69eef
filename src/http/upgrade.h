/*
 * upgrade: makes an exchange one that turns its connection into a WebSocket (RFC 6455, section
 * 4.1): the request, the rules of a 101, and what was agreed. Whatever else may happen on the way
 * (interim answers, refusals, timeouts, the end of the connection) is the same for every exchange.
 */
#ifndef HTTP_UPGRADE_H
#define HTTP_UPGRADE_H

#include "base/rng.h"
#include "event/event.h"
#include "proto/handshake.h"

/* Zeroed but for `lenient`; belongs to the caller, for the exchange's life. */
struct upgrade {
    bool lenient;                   /* go on after a 101 that breaks a rule without need for it */
    unsigned broken_rules;          /* such rules, each reported as an EVENT_VIOLATION */
    struct handshake sent;          /* what the answer must fit */
    struct handshake_result agreed; /* once the connection is upgraded */
};

void upgrade_clear(struct upgrade *u);

/* Write the request; draws the key. identity->url has the host as DNS knows it. -1 with *e. */
int upgrade_write(struct upgrade *u, const struct handshake_config *identity, struct rng *rng,
                  struct buf *out, struct err *e);

/* Check the head of a 101. 0 with u->agreed, or -1 with *e. */
int upgrade_check(struct upgrade *u, const struct handshake_config *identity,
                  const struct http1_head *head, struct err *e);

/* With `lenient`: is this rule broken? Then it is counted and *ev is the event to report, which
 * points into *why. */
bool upgrade_breaks(struct upgrade *u, enum handshake_rule rule,
                    const struct handshake_config *identity, const struct http1_head *head,
                    struct event *ev, struct err *why);

/* The sentence for a final answer that was no 101. */
void upgrade_refused(const struct http1_head *head, struct err *e);

#endif
