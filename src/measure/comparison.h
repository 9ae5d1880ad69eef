/*
 * comparison: the same updates over several channels, side by side: who showed which update when,
 * what was missed, and what each channel cost. Takes the channels' events; reads no clock, does no
 * I/O.
 *
 * Counting begins once every channel is up (or has failed, or took too long): what was sent before
 * cannot be the same for all. After that, an update is included when the first channel shows it. A
 * channel has missed the updates that it never showed, although it showed an earlier and a later
 * one. Bytes and requests are counted from the very beginning; those before that moment are the
 * opening.
 */
#ifndef MEASURE_COMPARISON_H
#define MEASURE_COMPARISON_H

#include "event/event.h"
#include "measure/key_hash.h"
#include "measure/moment.h"
#include "measure/offset.h"
#include "measure/sketch.h"
#include "measure/trace.h"
#include "measure/updates.h"

#define COMPARISON_CHANNELS_MAX 12
/* Channels that are up wait this long for the others. */
#define COMPARISON_PATIENCE_US 3000000

/* What a channel's sockets carried so far, over all its connections (see net/traffic.h). */
struct comparison_carried {
    uint64_t up, down; /* as TCP carried them */
    uint64_t segments_up, segments_down;
    uint64_t stream_up, stream_down; /* inside TLS and proxies */
    uint64_t connections, retransmits;
    uint64_t cpu_us; /* of this process, for this channel */
    bool kernel;     /* up, down, segments and retransmits are the kernel's */
};

/* What came up as events; kept twice, for the whole and for the opening. */
struct comparison_tally {
    uint64_t requests; /* HTTP requests, the handshake one of them */
    uint64_t answers;  /* complete answers to polls */
    uint64_t empty;    /* of those, with nothing new */
    uint64_t items;    /* in the answers, new or not */
    uint64_t messages; /* whole messages, or items that were new */
    uint64_t payload;  /* their bytes */
    uint64_t carried;  /* the same as they were carried: compressed, if they were */
    uint64_t heads_up, heads_down;
    uint64_t pings; /* both ways, pongs too */
};

enum comparison_state {
    COMPARISON_OPENING,
    COMPARISON_UP,
    COMPARISON_ENDED, /* was up, and no longer is */
    COMPARISON_FAILED /* never was */
};

/* The identity of a channel. */
struct comparison_source {
    enum event_channel kind;
    uint64_t every_us; /* a poll's interval, or 0 */
    bool hanging;      /* long polling: the server answers when there is something */
    bool secure, keepalive;
    const char *label; /* "ws", "poll 0.5 s"; borrowed */
    const char *url;   /* without secrets; borrowed */
};

struct comparison_channel {
    struct comparison_source source;
    enum comparison_state state;
    uint64_t up_us;    /* when it was up first */
    uint64_t ended_us; /* when it last ended, if it did */
    struct err error;  /* the first failure; code EXIT_OK: none */

    struct comparison_tally tally, opening;
    struct comparison_carried carried_opening;

    uint64_t updates;                 /* different ones that count */
    uint64_t first;                   /* of those, seen before all other channels */
    uint64_t duplicates;              /* shown before by this channel */
    uint64_t strangers;               /* messages without a key */
    uint64_t first_order, last_order; /* 0: none yet */
    struct sketch lag;                /* after the first channel to show it */
    struct sketch delay;              /* after the server's time; see delay_base_us */
    struct trace shown;               /* the highest order seen, over time since the beginning */

    /* The message that is coming in parts, without --id. */
    struct key_hash partial;
    bool in_parts, part_keyed;
    uint64_t part_key;
    struct moment part_time;
    bool part_timed;
};

struct comparison_config {
    const char *id;   /* JSON Pointer to what makes an update the same, or NULL: all its bytes */
    const char *time; /* JSON Pointer to the server's send time, or NULL */
    uint64_t seed[2]; /* unpredictable */
    /* Asked for each channel when counting begins and when a result is wanted. */
    void (*carried)(void *ctx, unsigned channel, struct comparison_carried *carried);
    void *ctx;
};

struct comparison {
    struct comparison_config config;
    unsigned count;
    struct comparison_channel *channels[COMPARISON_CHANNELS_MAX]; /* owned */
    struct updates updates;
    bool counting;
    uint64_t begin_us;    /* when that began, on the events' clock */
    uint64_t first_up_us; /* when the first channel was up; 0: none is */
    struct offset offset;
    uint64_t time_resolution_us; /* the finest that was seen; 0: no time was */
    bool has_base;
    int64_t delay_base_us; /* delays are kept as arrival - time - base */
};

/* config is copied, its strings are borrowed. 0 or -1 (memory). */
int comparison_init(struct comparison *c, const struct comparison_config *config);
void comparison_clear(struct comparison *c);

/* The number of the new channel, or -1: memory, or too many. All are added before any event. */
int comparison_add(struct comparison *c, const struct comparison_source *source);

/* The kinds of events that comparison_event looks at. */
#define COMPARISON_WANTS                                                               \
    (EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_REQUEST) | EVENT_BIT(EVENT_RESPONSE) | \
     EVENT_BIT(EVENT_POLL) | EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE) |          \
     EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_RETRY) | EVENT_BIT(EVENT_PING) |         \
     EVENT_BIT(EVENT_PONG))

/* An event of a channel. arrived_us: when its bytes came in, on the clock of ev->at_us. */
void comparison_event(struct comparison *c, unsigned channel, const struct event *ev,
                      uint64_t arrived_us);

/* Time passes: counting may begin without those that take too long. */
void comparison_tick(struct comparison *c, uint64_t now_us);

#endif
