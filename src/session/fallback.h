/*
 * fallback: the leg of a session that takes the place of a socket which is unavailable: after some
 * failed attempts at the socket it polls or streams the messages, while the session continues to
 * try the socket as it would without it. Once the socket has stayed up, the fallback ends.
 *
 * Both may deliver for a while. With books (--seq, --id) each message is passed up once, from the
 * leg that has it first; without books those of the fallback are dropped while the socket is open.
 */
#ifndef SESSION_FALLBACK_H
#define SESSION_FALLBACK_H

#include "event/event.h"

struct url;

struct fallback_config {
    const struct url *url;   /* NULL: there is no fallback */
    enum event_channel kind; /* CHANNEL_POLL or CHANNEL_SSE */
    unsigned after;          /* failed attempts in a row; > 0 */
    uint64_t stable_us;      /* the WebSocket is used again once it has been up for this long */
};

struct session;
struct leg;
struct fallback;

/* Everywhere below f may be NULL: there is no fallback, and nothing is done. */

/* NULL: memory. */
struct fallback *fallback_new(struct session *s);
void fallback_free(struct fallback *f);
struct leg *fallback_leg(struct fallback *f);

/* The socket: an attempt failed, or a connection was lost (stable: it had been up long enough not
 * to count as a failure); it is open. */
void fallback_socket_failed(struct fallback *f, bool stable, const char *because);
void fallback_socket_opened(struct fallback *f);
/* No more attempts at the socket: the fallback begins, if it can. False: the session is over. */
bool fallback_carries(struct fallback *f, const char *because);

/* Its leg has ended. because: why another attempt is not made, or NULL. */
void fallback_over(struct fallback *f, const char *because);
/* An answer to a poll came in. */
void fallback_polled(struct fallback *f, const struct event_poll *poll);

/* An attempt at the socket failed and is only counted; what was counted is reported, as one event.
 * False: there was nothing. */
void fallback_count_quiet(struct fallback *f, const char *because);
bool fallback_tell_quiet(struct fallback *f);

/* Nothing more comes of it in this session: its connection is closed, or dropped at once. */
void fallback_stop(struct fallback *f);
void fallback_abort(struct fallback *f);
/* The user's wish: end it until the socket fails again. False: it was not active. */
bool fallback_leave(struct fallback *f);

bool fallback_is_active(const struct fallback *f); /* it delivers, or tries to */
bool fallback_is_open(const struct fallback *f);   /* its channel is open */

#endif
