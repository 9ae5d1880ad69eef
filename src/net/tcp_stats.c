#include "net/tcp_stats.h"

#include <string.h>

#ifdef __linux__

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* States of RFC 9293, section 3.3.2 in which the peer's FIN has come, by the kernel's numbers,
 * which its header does not name. */
static bool got_fin(uint8_t state)
{
    return state == 8 /* CLOSE_WAIT */ || state == 9 /* LAST_ACK */ || state == 11 /* CLOSING */;
}

bool tcp_stats_read(int fd, struct tcp_stats *stats)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    uint64_t first_sent;
    int queued = 0;

    memset(stats, 0, sizeof *stats);
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    /* A kernel before 4.19 leaves the end of the structure out: no count is better than a wrong
     * one. */
    if (len < offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof info.tcpi_bytes_retrans)
        return false;

    stats->bytes_sent = info.tcpi_bytes_sent;
    stats->bytes_received = info.tcpi_bytes_received;
    stats->got_fin = got_fin(info.tcpi_state);
    /* The peer's FIN is counted there like a byte. */
    if (stats->got_fin && stats->bytes_received > 0)
        stats->bytes_received--;
    /* The kernel's count takes in the SYN and the FIN (RFC 9293, section 3.4), which are not
     * payload. */
    first_sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
    stats->bytes_acked = info.tcpi_bytes_acked < first_sent ? info.tcpi_bytes_acked : first_sent;
    stats->segments_sent = info.tcpi_segs_out;
    stats->segments_received = info.tcpi_segs_in;
    stats->rtt_us = info.tcpi_rtt;
    stats->rtt_var_us = info.tcpi_rttvar;
    stats->rtt_min_us = info.tcpi_min_rtt;
    stats->retransmits = info.tcpi_total_retrans;
    stats->closed = info.tcpi_state == 7; /* CLOSE */
    if (ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0)
        stats->unacked_bytes = (uint32_t)queued;
    return true;
}

#else

bool tcp_stats_read(int fd, struct tcp_stats *stats)
{
    (void)fd;
    memset(stats, 0, sizeof *stats);
    return false;
}

#endif
