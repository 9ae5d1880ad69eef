/*
 * postmortem: from the evidence of an ending to the sentence a tired person needs: the likely cause
 * and what to try; nothing where the evidence carries nothing. Pure.
 */
#ifndef SESSION_POSTMORTEM_H
#define SESSION_POSTMORTEM_H

#include "event/event.h"

#define POSTMORTEM_HINT 320

/* What is known beside the event itself. */
struct postmortem_context {
    bool secure;               /* wss */
    bool deflate;              /* permessage-deflate was agreed */
    uint64_t messages_in;      /* of this connection */
    uint64_t last_sent;        /* bytes of the last message sent */
    uint64_t ping_interval_us; /* 0: none */
    bool subprotocols_offered;
    bool credentials_sent;
};

/* Why an upgrade was refused. hint becomes "" or a sentence. */
void postmortem_response(char hint[POSTMORTEM_HINT], const struct event_response *response,
                         const struct postmortem_context *context);

/* Why a connection did not come to be, where the error itself has no hint. */
void postmortem_error(char hint[POSTMORTEM_HINT], const struct err *error,
                      const struct postmortem_context *context);

/* Why a connection ended. */
void postmortem_close(char hint[POSTMORTEM_HINT], const struct event_close *close,
                      const struct postmortem_context *context);

#endif
