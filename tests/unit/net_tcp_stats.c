#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "net/tcp_stats.h"
#include "net_help.h"

static void tcp_stats_counts_payload_bytes_of_both_directions(void **state)
{
    struct tcp_stats here, there;
    uint8_t bytes[64];
    int fds[2];

    (void)state;
    tcp_pair(fds);
    if (!tcp_stats_read(fds[0], &here))
        skip();
    assert_int_equal(here.bytes_sent, 0);
    assert_int_equal(here.bytes_received, 0);
    assert_int_equal(here.bytes_acked, 0);
    assert_int_equal(write(fds[0], "0123456789", 10), 10);
    wait_readable(fds[1]);
    assert_int_equal(read(fds[1], bytes, sizeof bytes), 10);
    assert_int_equal(write(fds[1], "abc", 3), 3);
    wait_readable(fds[0]);
    /* The answer carried the acknowledgement. */
    assert_true(tcp_stats_read(fds[0], &here));
    assert_true(tcp_stats_read(fds[1], &there));
    assert_int_equal(here.bytes_sent, 10);
    assert_int_equal(here.bytes_received, 3);
    assert_int_equal(here.bytes_acked, 10);
    assert_int_equal(here.unacked_bytes, 0);
    assert_int_equal(here.retransmits, 0);
    assert_true(here.segments_sent > 0 && here.segments_received > 0);
    assert_int_equal(there.bytes_received, 10);
    assert_int_equal(there.bytes_sent, 3);
    close(fds[0]);
    close(fds[1]);
}

static void tcp_stats_takes_no_fin_for_a_byte(void **state)
{
    struct tcp_stats stats;
    uint8_t bytes[8];
    int fds[2];

    (void)state;
    tcp_pair(fds);
    assert_int_equal(write(fds[1], "abc", 3), 3);
    shutdown(fds[1], SHUT_WR);
    wait_readable(fds[0]);
    while (read(fds[0], bytes, sizeof bytes) != 0) /* until the FIN */
        continue;
    if (!tcp_stats_read(fds[0], &stats))
        skip();
    assert_int_equal(stats.bytes_received, 3);
    assert_int_equal(stats.bytes_sent, 0);
    close(fds[0]);
    close(fds[1]);
}

static void tcp_stats_reports_what_a_peer_that_does_not_read_leaves_unsent(void **state)
{
    static const uint8_t much[65536];
    struct tcp_stats stats;
    int fds[2];

    (void)state;
    tcp_pair(fds);
    while (send(fds[0], much, sizeof much, MSG_NOSIGNAL) > 0)
        continue;
    if (!tcp_stats_read(fds[0], &stats))
        skip();
    assert_true(stats.unacked_bytes > 0);
    close(fds[0]);
    close(fds[1]);
}

static void tcp_stats_refuses_what_is_not_tcp(void **state)
{
    struct tcp_stats stats;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_false(tcp_stats_read(fds[0], &stats));
    close(fds[0]);
    close(fds[1]);
    assert_false(tcp_stats_read(-1, &stats));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_stats_counts_payload_bytes_of_both_directions),
        cmocka_unit_test(tcp_stats_takes_no_fin_for_a_byte),
        cmocka_unit_test(tcp_stats_reports_what_a_peer_that_does_not_read_leaves_unsent),
        cmocka_unit_test(tcp_stats_refuses_what_is_not_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
