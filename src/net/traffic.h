/*
 * traffic: what the sockets of one client carried, over all its connections: the kernel's counts of
 * each (read a last time before it is closed), the bytes of the streams inside, when bytes last
 * came in, and the processor time their handling took.
 *
 * A dial gets one in its configuration; every connection it makes is added here and counted until
 * its link is freed. Without one nothing is counted, at no cost.
 */
#ifndef NET_TRAFFIC_H
#define NET_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tcp_stats.h"

struct link;
struct traffic;

/* Sums over all connections, those that are open included. */
struct traffic_counts {
    uint64_t connections; /* established at TCP's level, or to a unix socket */
    uint64_t up, down; /* bytes carried by TCP, including TLS, proxies and retransmissions; those of
                          the streams if the kernel does not provide them */
    uint64_t segments_up, segments_down; /* 0 if the kernel does not provide it */
    uint64_t retransmits;
    uint64_t stream_up,
        stream_down; /* bytes of the streams: inside TLS, after a proxy's response */
    uint32_t rtt_us; /* the smallest smoothed round trip seen; 0: none */
    bool kernel;     /* the kernel provided it for every connection */
};

/* Whose work the processor does: one for all the clients that share a thread. */
struct traffic_meter {
    struct traffic *busy; /* charged with the time until the next change, or NULL */
    uint64_t since_ns;
};

/* A connection that is counted; the topmost link holds it. */
struct traffic_entry {
    struct traffic *traffic;
    struct link *link; /* the topmost: its fd is the socket */
    struct traffic_entry *next;
    uint64_t stream_up, stream_down;
    struct tcp_stats seen; /* when it was last looked at */
};

struct traffic {
    struct traffic_meter *meter; /* or NULL */
    struct traffic_entry *open;
    struct traffic_counts closed;
    uint64_t cpu_ns;
    uint64_t read_us; /* clock_mono_us when bytes of a stream last came in; 0: never */
};

/* meter: borrowed, or NULL. */
void traffic_init(struct traffic *t, struct traffic_meter *meter);
/* Connections that are still open are no longer counted; their links remain valid. */
void traffic_clear(struct traffic *t);

struct traffic_counts traffic_read(const struct traffic *t);

/* Processor time from now on is counted for t (NULL: for none). */
void traffic_meter_charge(struct traffic_meter *meter, struct traffic *t);

/* For dial and link. A connection begins: -1 (memory). */
int traffic_enter(struct traffic *t, struct link *link);
/* The layer `to` is now above `from`. */
void traffic_move(struct link *from, struct link *to);
/* Bytes of the stream came in or went out; something is being done for it. */
void traffic_came(struct traffic_entry *entry, size_t n);
void traffic_went(struct traffic_entry *entry, size_t n);
void traffic_touch(struct traffic_entry *entry);
/* The socket is about to be closed. Frees the entry. */
void traffic_leave(struct traffic_entry *entry);

#endif
