/*
 * tcp_stats: what the kernel knows of a connection (TCP_INFO of linux/tcp.h).
 */
#ifndef NET_TCP_STATS_H
#define NET_TCP_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_stats {
    uint64_t bytes_sent, bytes_received; /* TCP payload; sent includes retransmitted bytes */
    uint64_t bytes_acked;
    bool closed;  /* both ways are over: bytes_received has one too many if the peer sent a FIN, not
                     if the end was a RST */
    bool got_fin; /* the peer's FIN has come */
    uint32_t segments_sent, segments_received;
    uint32_t rtt_us, rtt_var_us;
    uint32_t rtt_min_us;  /* the shortest one lately: free of the peer's delayed acknowledgements */
    uint32_t retransmits; /* segments, over the connection's life */
    uint32_t unacked_bytes; /* in the send queue: not acknowledged or not yet sent (SIOCOUTQ) */
};

/* False if the socket is not TCP or the kernel does not provide it. */
bool tcp_stats_read(int fd, struct tcp_stats *stats);

#endif
