/*
 * fallback: the understudy of a socket that can't be had: after so many failed attempts a channel
 * that polls or streams gives the messages, while the session goes on trying for the socket as it
 * would without it. Once the socket has stayed up, the understudy leaves.
 *
 * Both may give messages for a while. With books (--seq, --id) each message goes up once, whoever
 * has it first; without books those of the understudy are dropped while the socket is open.
 */
#ifndef SESSION_FALLBACK_H
#define SESSION_FALLBACK_H

#include "channel/channel.h"

struct fallback_config {
    const struct url *url;   /* NULL: there is no fallback */
    enum event_channel kind; /* CHANNEL_POLL or CHANNEL_SSE */
    unsigned after;          /* failed attempts in a row; > 0 */
    uint64_t stable_us;      /* the socket is taken back once it has been up for so long */
};

struct session;
struct fallback;

/* NULL: memory. */
struct fallback *fallback_new(struct session *s);
/* NULL is fine. The memory goes once the loop has closed the handles. */
void fallback_free(struct fallback *f);

/* The socket: an attempt failed, or a connection was lost (stable: it had been up long enough not
 * to count as a failure); it is open. f may be NULL. */
void fallback_socket_failed(struct fallback *f, bool stable, const char *because);
void fallback_socket_opened(struct fallback *f);
/* No more attempts at the socket: the understudy begins, if it can. False: the session is over. */
bool fallback_carries(struct fallback *f, const char *because);

/* The session is over: nothing more is reported. */
void fallback_stop(struct fallback *f);
void fallback_pause(struct fallback *f, bool paused);

/* A person's wish: leave the stage until the socket fails anew. False: it was not on it. */
bool fallback_leave(struct fallback *f);

bool fallback_is_active(const struct fallback *f); /* it gives the messages, or tries to */
bool fallback_is_open(const struct fallback *f);   /* and its channel is open */
enum event_channel fallback_kind(const struct fallback *f);
/* When a byte last came in; 0: never. */
uint64_t fallback_last_in_us(const struct fallback *f);
/* What its channels came to, the open one included. */
struct totals fallback_totals(const struct fallback *f);

#endif
