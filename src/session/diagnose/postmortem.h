/*
 * postmortem: derives from the evidence of an ending the likely cause and what to try; nothing if
 * the evidence is not sufficient. Pure.
 *
 * postmortem_open has failures before the opening, postmortem_loss ends without a Close, postmortem
 * the rest.
 */
#ifndef SESSION_DIAGNOSE_POSTMORTEM_H
#define SESSION_DIAGNOSE_POSTMORTEM_H

#include "event/event.h"
#include "session/diagnose/endings.h"

#define POSTMORTEM_HINT 480

/* What is known beside the event itself. */
struct postmortem_context {
    bool secure;               /* wss */
    bool http;                 /* polled, or an event stream: no upgrade is asked for */
    const char *deflate;       /* permessage-deflate as it was agreed; NULL: it was not */
    bool deflate_broken;       /* the last violation was one of RFC 7692 */
    uint64_t messages_in;      /* of this connection */
    uint64_t message_age_us;   /* since the last of them came, or since the opening */
    uint64_t last_sent;        /* bytes of the last message sent */
    size_t queued;             /* bytes that waited to be written */
    uint64_t ping_interval_us; /* 0: none */
    uint64_t rtt_us;           /* of the last pong that answered a ping; 0: none */
    bool subprotocols_offered;
    bool subprotocol_agreed;
    bool credentials_sent;
    bool cookies_sent;
    const char *backend;           /* who answered the handshake, "" if that is not known */
    bool socketio;                 /* the URL is that of a Socket.IO server */
    const struct endings *endings; /* this ending is in it; NULL: none is kept */
    const char *fault;             /* an injected fault active until the end; NULL: none */
};

/* Why an upgrade was refused. hint becomes "" or a sentence. */
void postmortem_response(char hint[POSTMORTEM_HINT], const struct event_response *response,
                         const struct postmortem_context *context);

/* The same, if a Socket.IO server refused it. True if it did. */
bool postmortem_socketio(char hint[POSTMORTEM_HINT], const struct event_response *response,
                         const struct postmortem_context *context);

/* Why a connection was not opened, if the error itself has no hint. */
void postmortem_error(char hint[POSTMORTEM_HINT], const struct err *error,
                      const struct postmortem_context *context);

/* A connection was opened although some addresses did not answer. */
void postmortem_connect(char hint[POSTMORTEM_HINT], const struct event_connect *connect);

/* Does this Server or Via field name a proxy or a load balancer? */
bool postmortem_names_proxy(struct slice text);

/* The first message of a connection: what it reveals about the protocol above. */
void postmortem_greeting(char hint[POSTMORTEM_HINT], struct slice message);

/* Why a connection ended. */
void postmortem_close(char hint[POSTMORTEM_HINT], const struct event_close *close,
                      const struct postmortem_context *context);
/* The same for one that was lost without a Close. */
void postmortem_loss(char hint[POSTMORTEM_HINT], const struct event_close *close,
                     const struct postmortem_context *context);
/* The end came after a silence that looks like a timeout. False: it does not. */
bool postmortem_idle(char hint[POSTMORTEM_HINT], const struct event_close *close,
                     const struct postmortem_context *context);
/* What the last connections have in common; false if nothing. */
bool postmortem_pattern(char hint[POSTMORTEM_HINT], const struct postmortem_context *context);

#endif
