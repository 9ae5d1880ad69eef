/*
 * evidence: what a session remembers of its connections for the post-mortem of the next ending.
 */
#ifndef SESSION_DIAGNOSE_EVIDENCE_H
#define SESSION_DIAGNOSE_EVIDENCE_H

#include "session/diagnose/backend.h"
#include "session/diagnose/endings.h"

struct evidence {
    /* Of the connection that is there, or was the last. */
    char deflate[128]; /* as it was agreed, or "" */
    bool subprotocol_agreed;
    bool deflate_broken;    /* the last violation was one of RFC 7692 */
    char violation[440];    /* the sentence of the last fatal one, with its rule, or "" */
    uint64_t message_at_us; /* at_us of the last message received; 0: none */
    uint64_t opened_at_us;  /* at_us of the opening */
    uint64_t rtt_us;        /* of the last pong that answered a ping; 0: none */
    uint64_t last_sent;     /* bytes of the last message sent */
    struct backend backend;
    /* Of those before. */
    struct backend before;
    struct endings endings;
};

#endif
