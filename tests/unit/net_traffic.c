#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "net/link.h"
#include "net/tcp_stats.h"
#include "net/traffic.h"
#include "net_help.h"

static void traffic_counts_open_and_closed_connections_as_the_kernel_does(void **state)
{
    struct traffic_counts n;
    struct traffic t;
    uint8_t bytes[64];
    struct err e;

    (void)state;
    traffic_init(&t, NULL);
    for (unsigned i = 1; i <= 3; i++) {
        struct tcp_stats stats;
        struct link *l;
        int fds[2];

        tcp_pair(fds);
        l = link_tcp_new(fds[0]);
        assert_int_equal(traffic_enter(&t, l), 0);
        assert_int_equal(link_write(l, (const uint8_t *)"0123456789", 10, &e), 10);
        assert_int_equal(write(fds[1], "abc", 3), 3);
        wait_readable(l->fd);
        assert_int_equal(link_read(l, bytes, sizeof bytes, &e), 3);
        if (!tcp_stats_read(l->fd, &stats))
            skip();
        n = traffic_read(&t);
        assert_int_equal(n.connections, i);
        assert_int_equal(n.up, i * 10);
        assert_int_equal(n.down, i * 3);
        assert_int_equal(n.stream_up, i * 10);
        assert_int_equal(n.stream_down, i * 3);
        assert_true(n.segments_up >= i && n.segments_down >= i);
        assert_true(n.kernel && t.read_us > 0);
        link_free(l);
        n = traffic_read(&t);
        assert_int_equal(n.up, i * 10);
        assert_int_equal(n.down, i * 3);
        close(fds[1]);
    }
    traffic_clear(&t);
}

static void traffic_counts_the_topmost_layers_stream_once(void **state)
{
    struct traffic_counts n;
    struct traffic t;
    struct link *tcp, *top;
    struct err e;
    ssize_t put = 0;
    int fds[2];

    (void)state;
    tcp_pair(fds);
    traffic_init(&t, NULL);
    tcp = link_tcp_new(fds[0]);
    assert_int_equal(traffic_enter(&t, tcp), 0);
    top = crumb_new(tcp);
    traffic_move(tcp, top);
    assert_null(tcp->entry);
    while (put < 10) {
        ssize_t more = link_write(top, (const uint8_t *)"0123456789" + put, 10 - (size_t)put, &e);

        if (more > 0)
            put += more;
    }
    n = traffic_read(&t);
    assert_int_equal(n.stream_up, 10);
    link_free(top);
    assert_int_equal(traffic_read(&t).stream_up, 10);
    assert_null(t.open);
    close(fds[1]);
}

static void traffic_takes_no_fin_for_a_byte(void **state)
{
    struct traffic t;
    struct link *l;
    struct err e;
    uint8_t bytes[8];
    int fds[2];

    (void)state;
    tcp_pair(fds);
    traffic_init(&t, NULL);
    l = link_tcp_new(fds[0]);
    assert_int_equal(traffic_enter(&t, l), 0);
    assert_int_equal(write(fds[1], "abc", 3), 3);
    wait_readable(l->fd);
    assert_int_equal(link_read(l, bytes, sizeof bytes, &e), 3);
    /* Both ends say goodbye, so that nothing is left of the connection. */
    assert_int_equal(link_close(l, &e), 0);
    wait_readable(fds[1]);
    close(fds[1]);
    wait_readable(l->fd);
    assert_int_equal(link_read(l, bytes, sizeof bytes, &e), 0);
    if (!traffic_read(&t).kernel)
        skip();
    assert_int_equal(traffic_read(&t).down, 3);
    link_free(l);
    assert_int_equal(traffic_read(&t).down, 3);
}

static void traffic_keeps_what_the_kernel_forgets_after_a_reset(void **state)
{
    struct traffic_counts n;
    struct traffic t;
    struct link *l;
    struct err e;
    uint8_t bytes[8];
    int fds[2];

    (void)state;
    tcp_pair(fds);
    traffic_init(&t, NULL);
    l = link_tcp_new(fds[0]);
    assert_int_equal(traffic_enter(&t, l), 0);
    assert_int_equal(link_write(l, (const uint8_t *)"0123456789", 10, &e), 10);
    assert_int_equal(write(fds[1], "abc", 3), 3);
    wait_readable(l->fd);
    assert_int_equal(link_read(l, bytes, sizeof bytes, &e), 3);
    if (!traffic_read(&t).kernel)
        skip();
    /* Dissolving the association is what a reset from this side comes to. */
    assert_int_equal(
        connect(l->fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)), 0);
    n = traffic_read(&t);
    assert_int_equal(n.up, 10);
    assert_int_equal(n.down, 3);
    assert_true(n.segments_up > 0);
    assert_false(n.kernel);
    link_free(l);
    assert_int_equal(traffic_read(&t).down, 3);
    close(fds[1]);
}

static void traffic_without_a_kernels_count_takes_the_stream(void **state)
{
    struct traffic_counts n;
    struct traffic t;
    struct link *l;
    struct err e;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    traffic_init(&t, NULL);
    l = link_tcp_new(fds[0]);
    assert_int_equal(traffic_enter(&t, l), 0);
    assert_int_equal(link_write(l, (const uint8_t *)"0123456789", 10, &e), 10);
    n = traffic_read(&t);
    assert_int_equal(n.up, 10);
    assert_false(n.kernel);
    traffic_clear(&t); /* the link lives on, and is counted no more */
    assert_null(l->entry);
    assert_int_equal(link_write(l, (const uint8_t *)"0123456789", 10, &e), 10);
    link_free(l);
    close(fds[1]);
}

static void traffic_charges_processor_time_to_the_one_at_work(void **state)
{
    struct traffic_meter meter = {0};
    struct traffic a, b;

    (void)state;
    traffic_init(&a, &meter);
    traffic_init(&b, &meter);
    traffic_meter_charge(&meter, &a);
    for (volatile unsigned i = 0; i < 3000000; i++)
        continue;
    traffic_meter_charge(&meter, &b);
    traffic_meter_charge(&meter, NULL);
    assert_true(a.cpu_ns > 100000);
    assert_true(b.cpu_ns < a.cpu_ns);
    traffic_clear(&a);
    traffic_clear(&b);
}

static void traffic_enter_fails_without_memory(void **state)
{
    struct traffic t;
    struct link *l;
    int fds[2];

    (void)state;
    tcp_pair(fds);
    traffic_init(&t, NULL);
    l = link_tcp_new(fds[0]);
    alloc_fail_at(1);
    assert_int_equal(traffic_enter(&t, l), -1);
    assert_true(alloc_struck());
    assert_int_equal(traffic_read(&t).connections, 0);
    link_free(l);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_counts_open_and_closed_connections_as_the_kernel_does),
        cmocka_unit_test(traffic_counts_the_topmost_layers_stream_once),
        cmocka_unit_test(traffic_takes_no_fin_for_a_byte),
        cmocka_unit_test(traffic_keeps_what_the_kernel_forgets_after_a_reset),
        cmocka_unit_test(traffic_without_a_kernels_count_takes_the_stream),
        cmocka_unit_test(traffic_charges_processor_time_to_the_one_at_work),
        cmocka_unit_test(traffic_enter_fails_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
