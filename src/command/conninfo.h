/*
 * conninfo: what was seen of the connection: its handshake, how it was reached, the delay of its
 * pongs, and the size and rate of its messages. Fed with events; pure but for memory.
 */
#ifndef COMMAND_CONNINFO_H
#define COMMAND_CONNINFO_H

#include "base/buf.h"
#include "event/event.h"

#define CONNINFO_SECONDS 10 /* over which rates are taken */

/* A head of the handshake as it went over the wire, and what is needed to show it again. */
struct conninfo_head {
    bool there;
    struct event ev; /* its slices point into `bytes` and `fields` */
    struct buf bytes;
    struct buf fields;
};

/* One direction. */
struct conninfo_flow {
    uint64_t messages, largest, smallest, bytes;
    uint64_t plain, packed; /* payload bytes of data frames, and what they were on the wire */
    uint64_t per_second[CONNINFO_SECONDS];
    uint64_t bytes_per_second[CONNINFO_SECONDS];
    uint64_t second; /* that the newest of them is for */
};

struct conninfo {
    struct conninfo_head request, response;
    bool open;
    uint64_t opened_us;  /* event time (at_us); of the last opening */
    uint64_t opening_us; /* how long it took */
    uint64_t last_us;    /* event time of the last event */
    char url[512], subprotocol[128], extensions[256];
    char address[128], local[128];
    uint16_t port;
    uint64_t connect_us;
    bool tls, tls_verified;
    char tls_version[16], tls_cipher[64], tls_subject[256], tls_issuer[256], tls_until[32];
    uint64_t tls_us;
    struct conninfo_flow flow[2]; /* by direction */
};

/* The events it looks at. */
#define CONNINFO_WANTS                                                              \
    (EVENT_BIT(EVENT_CONNECT) | EVENT_BIT(EVENT_TLS) | EVENT_BIT(EVENT_REQUEST) |   \
     EVENT_BIT(EVENT_RESPONSE) | EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_MESSAGE) | \
     EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_PONG) | EVENT_BIT(EVENT_CLOSE))

void conninfo_init(struct conninfo *r);
void conninfo_clear(struct conninfo *r);
void conninfo_event(struct conninfo *r, const struct event *ev);

/* Messages and bytes a second over the last CONNINFO_SECONDS whole seconds, or since the opening if
 * that is shorter; at_us: event time now. */
void conninfo_rate(const struct conninfo *r, enum event_dir dir, uint64_t at_us, double *messages,
                   double *bytes);

#endif
