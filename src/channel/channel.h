/*
 * channel: one way to get updates from a server: a WebSocket, SSE and polling behind one interface.
 * A channel lives for one connection: it is opened once, reports to its user, and
 * ends with exactly one EVENT_CLOSE (it had been open) or EVENT_ERROR (it had not).
 *
 * Events come from the loop, never from within a call into the channel other than channel_send,
 * channel_frame, channel_ping and channel_pause(false). The channel must not be freed inside one.
 */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include <uv.h>

#include "base/clock.h"
#include "event/bus.h"
#include "fault/faults.h"
#include "net/tcp_stats.h"
#include "peer/peer.h"
#include "proto/handshake.h"

/* More than this waits to be written: the sender should stop until `drained`. */
#define CHANNEL_FULL PEER_FULL

struct channel;

/* Where a channel's reports go. Events that the bus does not want need not be made, except for
 * EVENT_OPEN, EVENT_CLOSE, EVENT_ERROR and EVENT_PONG, which are always made. */
struct channel_up {
    /* The highest layer, borrowed for the channel's life: its `event` gets what happens, its
     * `drained` that the queue fell below CHANNEL_FULL after having been above. */
    struct layer *user;
    const struct bus *bus;
    uint64_t start_us; /* clock_mono_us at the program's start */
    uint32_t conn;     /* number of this connection, for its events */
    struct fault_conn
        *fault; /* what is to go wrong with it, borrowed for the channel's life; NULL */
};

struct channel_ops {
    int (*open)(struct channel *ch, struct err *e);
    int (*send)(struct channel *ch, enum opcode type, struct slice data, bool first, bool final);
    int (*send_all)(struct channel *ch, enum opcode type, const struct slice *messages,
                    size_t count, size_t *sent);
    int (*frame)(struct channel *ch, const struct frame_spec *spec, struct slice payload);
    int (*ping)(struct channel *ch, enum opcode opcode, struct slice data);
    void (*close)(struct channel *ch, uint16_t code, struct slice reason, uint64_t timeout_us);
    void (*abort)(struct channel *ch, enum close_how how);
    void (*pause)(struct channel *ch, bool paused);
    struct totals (*totals)(const struct channel *ch);
    bool (*tcp_stats)(const struct channel *ch, struct tcp_stats *stats);
    void (*free)(struct channel *ch);
};

struct channel {
    const struct channel_ops *ops;
    enum event_channel kind;
    uv_loop_t *loop;
    struct channel_up up;
    /* What anyone may read; times are clock_mono_us. */
    uint64_t opened_us;       /* 0: not open yet */
    struct activity activity; /* ended: EVENT_CLOSE, or an EVENT_ERROR that is the end */
    /* The request and its server: those of the configuration, or of the last redirect. */
    const struct handshake_config *asked;
    bool has_cookies;  /* it sends some that the server set */
    bool for_good;     /* the end is one that no further attempt changes */
    uint64_t retry_us; /* SSE: the server asks to wait this long to reconnect; 0: not given */
};

/* What every event of the channel has: its kind, the connection and the time. */
static inline void channel_stamp(const struct channel *ch, struct event *ev)
{
    ev->channel = ch->kind;
    ev->conn = ch->up.conn;
    ev->time_us = clock_wall_us();
    ev->at_us = clock_mono_us() - ch->up.start_us;
}

/* An event, to the user. For the channels. */
static inline void channel_report(const struct channel *ch, struct event *ev)
{
    ch->up.user->ops->event(ch->up.user, ev);
}

/* Begin; everything further is reported. -1 with *e if not even that is possible. */
static inline int channel_open(struct channel *ch, struct err *e)
{
    return ch->ops->open(ch, e);
}

/* A message or part of one (as wsconn_send_message). It leaves before the loop next waits. 0, or
 * SEND_...: it was not queued. */
static inline int channel_send(struct channel *ch, enum opcode type, struct slice data, bool first,
                               bool final)
{
    return ch->ops->send(ch, type, data, first, final);
}

/* Several whole messages of one type. *sent: how many were queued; 0, or SEND_...: why not the
 * next one. */
static inline int channel_send_all(struct channel *ch, enum opcode type,
                                   const struct slice *messages, size_t count, size_t *sent)
{
    return ch->ops->send_all(ch, type, messages, count, sent);
}

/* Any frame. 0 or SEND_... */
static inline int channel_frame(struct channel *ch, const struct frame_spec *spec,
                                struct slice payload)
{
    return ch->ops->frame(ch, spec, payload);
}

/* A ping or pong; data at most 125 bytes. 0 or SEND_... */
static inline int channel_ping(struct channel *ch, enum opcode opcode, struct slice data)
{
    return ch->ops->ping(ch, opcode, data);
}

/* Start the closing handshake and give the peer timeout_us to answer. Before the opening: give up.
 * Again while closing: only a shorter time has an effect. */
static inline void channel_close(struct channel *ch, uint16_t code, struct slice reason,
                                 uint64_t timeout_us)
{
    ch->ops->close(ch, code, reason, timeout_us);
}

/* End at once; the report is made before this returns and has `how`. */
static inline void channel_abort(struct channel *ch, enum close_how how)
{
    ch->ops->abort(ch, how);
}

/* Paused: nothing more is read, and no further EVENT_MESSAGE comes once the current one returned.
 */
static inline void channel_pause(struct channel *ch, bool paused)
{
    ch->ops->pause(ch, paused);
}

/* The totals of this connection so far (`connections` stays 0); also after its end. */
static inline struct totals channel_totals(const struct channel *ch)
{
    return ch->ops->totals(ch);
}

/* What the kernel knows about the connection; false if it is not TCP, or is over. */
static inline bool channel_tcp_stats(const struct channel *ch, struct tcp_stats *stats)
{
    return ch->ops->tcp_stats(ch, stats);
}

/* NULL is fine. */
static inline void channel_free(struct channel *ch)
{
    if (ch)
        ch->ops->free(ch);
}

#endif
