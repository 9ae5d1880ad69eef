/* Each kind of fault on a real connection over the loopback, whose other end looks at what it gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "base/clock.h"
#include "net/fault_socket.h"
#include "net/link_fault.h"
#include "net_help.h"

#define MS 1000u

/* A connection under faults, driven as a channel drives one: poll, timer, read and write. */
struct rig {
    uv_loop_t loop;
    uv_poll_t poll;
    struct faults *faults;
    struct fault_conn *conn;
    struct link *link;
    int peer;
    char log[2048]; /* "KIND PHASE ARGS;" */
    uint8_t got[65536];
    size_t got_len;
    ssize_t end; /* the result that ended the reading; LINK_AGAIN: none yet */
    struct err e;
    unsigned wakes, turns;
    bool stop; /* the peer's bytes are not wanted */
};

static void on_report(void *ctx, const struct event_fault *f, uint32_t conn)
{
    struct rig *r = ctx;
    size_t n = strlen(r->log);

    (void)conn;
    snprintf(r->log + n, sizeof r->log - n, "%s %s %s;", f->kind, f->phase, f->args);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void turn(struct rig *r)
{
    int wants;

    r->turns++;
    /* One read a turn, as a channel does where less came than there was room for. */
    while (r->end == LINK_AGAIN && !r->stop) {
        ssize_t n = link_read(r->link, r->got + r->got_len, sizeof r->got - r->got_len, &r->e);

        if (n == LINK_AGAIN)
            break;
        if (n <= 0)
            r->end = n;
        else
            r->got_len += (size_t)n;
        if (n > 0 && link_pending(r->link) == 0)
            break;
    }
    wants = r->end == LINK_AGAIN ? link_events(r->link, !r->stop, false) : 0;
    if (wants)
        uv_poll_start(&r->poll,
                      (wants & LINK_READABLE ? UV_READABLE : 0) |
                          (wants & LINK_WRITABLE ? UV_WRITABLE : 0),
                      on_poll);
    else
        uv_poll_stop(&r->poll);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    turn(poll->data);
}

static void on_wake(void *ctx)
{
    struct rig *r = ctx;

    r->wakes++;
    turn(r);
}

static void arm(struct rig *r, const char *list)
{
    struct fault_spec spec;
    size_t pos = 0;
    struct err e;

    while (fault_parse_next(&spec, slice_str(list), &pos, FAULT_USE_PROXY, &e) == 1)
        assert_int_equal(faults_arm(r->faults, &spec, clock_mono_us()), 0);
}

static struct rig *rig_new(const char *list)
{
    struct rig *r = calloc(1, sizeof *r);
    struct link *tcp;
    int fds[2];

    assert_non_null(r);
    r->end = LINK_AGAIN;
    uv_loop_init(&r->loop);
    r->faults = faults_new(1, on_report, r);
    assert_non_null(r->faults);
    arm(r, list);
    r->conn = fault_conn_new(r->faults, 1, clock_mono_us());
    assert_non_null(r->conn);
    tcp_pair(fds);
    r->peer = fds[1];
    tcp = link_tcp_new(fds[0]);
    assert_non_null(tcp);
    r->link = link_fault_new(tcp, r->conn, &r->loop);
    assert_non_null(r->link);
    link_on_wake(r->link, on_wake, r);
    uv_poll_init(&r->loop, &r->poll, r->link->fd);
    r->poll.data = r;
    turn(r);
    return r;
}

static void rig_free(struct rig *r)
{
    uv_close((uv_handle_t *)&r->poll, NULL);
    link_free(r->link);
    fault_conn_free(r->conn, clock_mono_us());
    fault_socket_release(r->faults);
    faults_free(r->faults);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    if (r->peer >= 0)
        close(r->peer);
    free(r);
}

/* The loop's timers and polls, for at most that long at a time. */
static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void run_once(struct rig *r, unsigned ms)
{
    uv_timer_t timer;

    uv_timer_init(&r->loop, &timer);
    uv_timer_start(&timer, on_tick, ms, 0);
    uv_run(&r->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&r->loop, UV_RUN_NOWAIT);
}

/* Run until this many bytes came, or the end; fails after ten seconds. */
static void run_until(struct rig *r, size_t bytes)
{
    uint64_t begun = clock_mono_us();

    while (r->got_len < bytes && r->end == LINK_AGAIN) {
        assert_true(clock_mono_us() - begun < 10000 * MS);
        run_once(r, 50);
    }
}

static void run_for(struct rig *r, unsigned ms)
{
    uint64_t until = clock_mono_us() + ms * MS;

    while (clock_mono_us() < until)
        run_once(r, 10);
}

static void peer_sends(struct rig *r, const char *text)
{
    assert_int_equal(send(r->peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Write all of it, waiting where the link says so. */
static void link_sends(struct rig *r, const char *text)
{
    size_t n = strlen(text), done = 0;
    uint64_t begun = clock_mono_us();
    struct err e;

    while (done < n) {
        ssize_t put = link_write(r->link, (const uint8_t *)text + done, n - done, &e);

        assert_true(put > 0 || put == LINK_AGAIN);
        assert_true(clock_mono_us() - begun < 10000 * MS);
        if (put > 0)
            done += (size_t)put;
        else
            run_once(r, 10);
    }
}

/* What the peer gets next: bytes (a text), "" at the end of the stream; the errno of a failure. */
static int peer_gets(struct rig *r, char *text, size_t size)
{
    uint64_t begun = clock_mono_us();
    ssize_t n;

    for (;;) {
        n = recv(r->peer, text, size - 1, 0);
        if (n >= 0 || errno != EAGAIN)
            break;
        assert_true(clock_mono_us() - begun < 10000 * MS);
        run_once(r, 10);
    }
    text[n > 0 ? n : 0] = '\0';
    return n < 0 ? errno : 0;
}

/* The same, gathered until this many bytes are there. */
static void peer_gets_all(struct rig *r, char *text, size_t want)
{
    size_t have = 0;

    while (have < want) {
        assert_int_equal(peer_gets(r, text + have, want - have + 1), 0);
        assert_int_not_equal(text[have], '\0');
        have += strlen(text + have);
    }
}

static bool peer_hears_nothing(struct rig *r, unsigned ms)
{
    char byte;

    run_for(r, ms);
    return recv(r->peer, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

static void without_faults_it_passes_everything_on(void **state)
{
    struct rig *r = rig_new("");
    char text[64];

    (void)state;
    peer_sends(r, "in");
    run_until(r, 2);
    assert_memory_equal(r->got, "in", 2);
    link_sends(r, "out");
    peer_gets_all(r, text, 3);
    assert_string_equal(text, "out");
    assert_int_equal(link_close(r->link, &r->e), 0);
    assert_int_equal(peer_gets(r, text, sizeof text), 0);
    assert_string_equal(text, "");
    close(r->peer);
    r->peer = -1;
    run_until(r, sizeof r->got);
    assert_int_equal(r->end, 0);
    assert_int_equal(r->link->ended, LINK_GOT_FIN);
    rig_free(r);
}

static void rst_the_peer_sees_a_reset(void **state)
{
    struct rig *r = rig_new("");
    char text[64];

    (void)state;
    arm(r, "rst");
    assert_int_equal(peer_gets(r, text, sizeof text), ECONNRESET);
    run_until(r, 1);
    assert_int_equal(r->end, LINK_FAILED);
    assert_int_equal(r->e.code, EXIT_LOST);
    assert_int_equal(r->link->ended, LINK_BY_FAULT);
    assert_non_null(strstr(r->e.text, "fault rst"));
    assert_string_equal(r->log, "rst armed ;rst begin ;");
    rig_free(r);
}

static void fin_the_peer_sees_the_end_of_the_stream(void **state)
{
    struct rig *r = rig_new("");
    char text[64];

    (void)state;
    link_sends(r, "last");
    arm(r, "fin");
    peer_gets_all(r, text, 4);
    assert_int_equal(peer_gets(r, text, sizeof text), 0);
    assert_string_equal(text, "");
    run_until(r, 1);
    assert_int_equal(r->end, LINK_FAILED);
    assert_int_equal(r->link->ended, LINK_BY_FAULT | LINK_FIN_BY_FAULT);
    rig_free(r);
}

static void half_close_ends_one_side_and_goes_on_reading(void **state)
{
    struct rig *r = rig_new("half-close");
    char text[64];

    (void)state;
    assert_int_equal(peer_gets(r, text, sizeof text), 0);
    assert_string_equal(text, "");
    peer_sends(r, "still here");
    run_until(r, 10);
    assert_int_equal(r->end, LINK_AGAIN);
    link_sends(r, "to nobody"); /* is swallowed */
    rig_free(r);
}

static void blackhole_nothing_passes_and_healing_brings_it_back(void **state)
{
    struct rig *r = rig_new("");
    char text[64];

    (void)state;
    arm(r, "blackhole");
    assert_non_null(strstr(r->log, "blackhole begin "));
    /* The fidelity is told. */
    assert_true(strstr(r->log, "begin in the kernel") || strstr(r->log, "begin by not reading"));
    peer_sends(r, "lost?");
    assert_int_equal(link_write(r->link, (const uint8_t *)"x", 1, &r->e), LINK_AGAIN);
    assert_true(peer_hears_nothing(r, 100));
    assert_int_equal(r->got_len, 0);
    faults_heal(r->faults, clock_mono_us());
    run_until(r, 5); /* TCP sends it again */
    assert_memory_equal(r->got, "lost?", 5);
    link_sends(r, "x");
    peer_gets_all(r, text, 1);
    rig_free(r);
}

/* Bytes that the other end sent and that nobody acknowledged. */
static int unacknowledged(int fd)
{
    int bytes = 0;

    assert_int_equal(ioctl(fd, TIOCOUTQ, &bytes), 0);
    return bytes;
}

static void blackhole_in_the_kernel_acknowledges_nothing(void **state)
{
    struct rig *r = rig_new("blackhole");

    (void)state;
    if (!strstr(r->log, "in the kernel")) {
        rig_free(r);
        skip(); /* the system does not let us */
    }
    peer_sends(r, "lost?");
    run_for(r, 100);
    assert_int_equal(unacknowledged(r->peer), 5);
    faults_heal(r->faults, clock_mono_us());
    run_until(r, 5);
    rig_free(r);
}

static void blackhole_on_a_unix_socket_says_what_it_is(void **state)
{
    struct rig *r = rig_new("");
    int fds[2];

    (void)state;
    uv_close((uv_handle_t *)&r->poll, NULL);
    link_free(r->link);
    close(r->peer);
    uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    r->peer = fds[1];
    r->link = link_fault_new(link_tcp_new(fds[0]), r->conn, &r->loop);
    assert_non_null(r->link);
    link_on_wake(r->link, on_wake, r);
    uv_poll_init(&r->loop, &r->poll, r->link->fd);
    turn(r);
    arm(r, "blackhole");
    assert_non_null(strstr(r->log, "begin by not reading"));
    peer_sends(r, "waits");
    run_for(r, 50);
    assert_int_equal(r->got_len, 0);
    rig_free(r);
}

static void offline_resets_what_there_is_and_what_comes(void **state)
{
    struct rig *r = rig_new("");
    char text[64];

    (void)state;
    arm(r, "offline");
    assert_int_equal(peer_gets(r, text, sizeof text), ECONNRESET);
    run_until(r, 1);
    assert_int_equal(r->end, LINK_FAILED);
    assert_int_equal(r->link->ended, LINK_BY_FAULT);
    assert_non_null(strstr(r->e.text, "fault offline"));
    rig_free(r);
    r = rig_new("offline"); /* it is there before the connection */
    assert_int_equal(peer_gets(r, text, sizeof text), ECONNRESET);
    run_until(r, 1);
    assert_int_equal(r->end, LINK_FAILED);
    rig_free(r);
}

static void offline_silently_loses_the_connection_for_good(void **state)
{
    struct rig *r = rig_new("");

    (void)state;
    arm(r, "offline:silent");
    peer_sends(r, "lost");
    assert_true(peer_hears_nothing(r, 100));
    assert_int_equal(r->got_len, 0);
    faults_heal(r->faults, clock_mono_us());
    assert_int_equal(link_write(r->link, (const uint8_t *)"x", 1, &r->e), LINK_AGAIN);
    assert_true(peer_hears_nothing(r, 100));
    assert_int_equal(r->got_len, 0);
    rig_free(r);
}

static void blackhole_hides_the_end(void **state)
{
    struct rig *r = rig_new("blackhole");

    (void)state;
    run_once(r, 10);
    link_free(r->link);
    r->link = link_tcp_new(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    r->end = 0;
    uv_poll_stop(&r->poll);
    assert_true(peer_hears_nothing(r, 50));
    rig_free(r);
}

static void rebind_leaves_the_socket_dangling(void **state)
{
    struct rig *r = rig_new("");

    (void)state;
    arm(r, "rebind:127.0.0.9");
    run_until(r, 1);
    assert_int_equal(r->end, LINK_FAILED);
    assert_string_equal(fault_conn_source(r->conn), "127.0.0.9");
    uv_poll_stop(&r->poll);
    link_free(r->link);
    r->link = link_tcp_new(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    assert_true(peer_hears_nothing(r, 50)); /* neither FIN nor RST */
    peer_sends(r, "anyone?");
    assert_true(peer_hears_nothing(r, 50));
    rig_free(r);
}

static void stall_read_does_not_stop_writing(void **state)
{
    struct rig *r = rig_new("stall-read");
    char text[64];
    int waiting = 0;

    (void)state;
    peer_sends(r, "waits");
    link_sends(r, "goes");
    peer_gets_all(r, text, 4);
    run_for(r, 50);
    assert_int_equal(r->got_len, 0);
    assert_int_equal(ioctl(r->link->fd, FIONREAD, &waiting), 0);
    assert_int_equal(waiting, 5); /* in the socket, acknowledged */
    faults_heal(r->faults, clock_mono_us());
    run_until(r, 5);
    rig_free(r);
}

static void stall_write_does_not_stop_reading(void **state)
{
    struct rig *r = rig_new("stall-write");

    (void)state;
    assert_int_equal(link_write(r->link, (const uint8_t *)"x", 1, &r->e), LINK_AGAIN);
    assert_int_equal(link_events(r->link, false, true), 0);
    peer_sends(r, "comes");
    run_until(r, 5);
    assert_int_equal(r->got_len, 5);
    rig_free(r);
}

static void latency_delays_both_ways_and_keeps_the_order(void **state)
{
    struct rig *r = rig_new("latency:60ms");
    uint64_t begun = clock_mono_us();
    char text[64];

    (void)state;
    peer_sends(r, "one");
    run_once(r, 10);
    peer_sends(r, "two");
    run_until(r, 6);
    assert_true(clock_mono_us() - begun >= 60 * MS);
    assert_memory_equal(r->got, "onetwo", 6);
    begun = clock_mono_us();
    link_sends(r, "three");
    peer_gets_all(r, text, 5);
    assert_true(clock_mono_us() - begun >= 60 * MS);
    rig_free(r);
}

static void latency_on_one_side_leaves_the_other_alone(void **state)
{
    struct rig *r = rig_new("latency:5s,side=out");

    (void)state;
    peer_sends(r, "at once");
    run_until(r, 7);
    assert_int_equal(r->got_len, 7);
    link_sends(r, "late");
    assert_true(peer_hears_nothing(r, 50));
    rig_free(r);
}

static void latency_delays_the_end_too(void **state)
{
    struct rig *r = rig_new("latency:60ms,side=in");
    uint64_t begun = clock_mono_us();

    (void)state;
    peer_sends(r, "bye");
    shutdown(r->peer, SHUT_WR);
    run_until(r, sizeof r->got);
    assert_true(clock_mono_us() - begun >= 60 * MS);
    assert_int_equal(r->got_len, 3);
    assert_int_equal(r->end, 0);
    assert_true(r->turns < 200); /* without spinning meanwhile */
    rig_free(r);
}

static void latency_close_waits_for_what_is_under_way(void **state)
{
    struct rig *r = rig_new("latency:60ms,side=out");
    char text[64];

    (void)state;
    link_sends(r, "last words");
    assert_int_equal(link_close(r->link, &r->e), 0);
    peer_gets_all(r, text, 10);
    assert_int_equal(peer_gets(r, text, sizeof text), 0);
    assert_string_equal(text, "");
    rig_free(r);
}

static void rate_takes_its_time(void **state)
{
    struct rig *r = rig_new("rate:2000");
    static char much[1001];
    static char text[1100];
    uint64_t begun = clock_mono_us();

    (void)state;
    memset(much, 'x', 1000);
    peer_sends(r, much);
    run_until(r, 1000);
    assert_true(clock_mono_us() - begun >= 400 * MS); /* half a second, less a first gulp */
    assert_true(r->turns < 400);
    begun = clock_mono_us();
    link_sends(r, much);
    peer_gets_all(r, text, 1000);
    assert_true(clock_mono_us() - begun >= 300 * MS);
    rig_free(r);
}

static void slice_gives_a_few_bytes_at_a_time(void **state)
{
    struct rig *r = rig_new("slice:3,20ms");
    uint64_t begun = clock_mono_us();
    char text[16];

    (void)state;
    peer_sends(r, "0123456789");
    run_until(r, 10);
    assert_true(clock_mono_us() - begun >= 60 * MS); /* 3 3 3 1 */
    assert_memory_equal(r->got, "0123456789", 10);
    assert_int_equal(link_write(r->link, (const uint8_t *)"abcdef", 6, &r->e), 3);
    peer_gets_all(r, text, 3);
    assert_string_equal(text, "abc");
    rig_free(r);
}

static void truncate_out_the_peer_gets_n_bytes_and_a_reset(void **state)
{
    struct rig *r = rig_new("truncate:4,side=out");
    char text[64];

    (void)state;
    assert_true(link_write(r->link, (const uint8_t *)"abcdefgh", 8, &r->e) > 0);
    peer_gets_all(r, text, 4);
    assert_string_equal(text, "abcd");
    assert_int_equal(peer_gets(r, text, sizeof text), ECONNRESET);
    run_until(r, 1);
    assert_int_equal(r->end, LINK_FAILED);
    assert_int_equal(r->link->ended, LINK_BY_FAULT);
    rig_free(r);
}

static void truncate_in_gives_n_bytes_and_resets(void **state)
{
    struct rig *r = rig_new("truncate:4,side=in");
    char text[64];

    (void)state;
    peer_sends(r, "abcdefgh");
    run_until(r, 100);
    assert_int_equal(r->got_len, 4);
    assert_int_equal(r->end, LINK_FAILED);
    assert_int_equal(peer_gets(r, text, sizeof text), ECONNRESET);
    rig_free(r);
}

/* The bits in which two runs of bytes differ, and the last byte that does. */
static unsigned different_bits(const void *a, const void *b, size_t n, size_t *where)
{
    unsigned bits = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned x = ((const uint8_t *)a)[i] ^ ((const uint8_t *)b)[i];

        if (x)
            *where = i;
        for (; x; x &= x - 1)
            bits++;
    }
    return bits;
}

static void corrupt_flips_one_bit_of_the_byte_that_was_named(void **state)
{
    static const char sent[] = "0123456789";
    struct rig *r = rig_new("corrupt:5");
    size_t where = 99;

    (void)state;
    peer_sends(r, sent);
    run_until(r, 10);
    assert_int_equal(different_bits(r->got, sent, 10, &where), 1);
    assert_int_equal(where, 4);
    r->got_len = 0;
    peer_sends(r, sent);
    run_until(r, 10);
    assert_int_equal(different_bits(r->got, sent, 10, &where), 0); /* once */
    rig_free(r);
}

static void corrupt_counts_over_several_writes(void **state)
{
    struct rig *r = rig_new("corrupt:5,side=out");
    char text[16];
    size_t where = 99;

    (void)state;
    link_sends(r, "012");
    link_sends(r, "3456789");
    peer_gets_all(r, text, 10);
    assert_int_equal(different_bits(text, "0123456789", 10, &where), 1);
    assert_int_equal(where, 4);
    rig_free(r);
}

static void trigger_bytes_strikes_at_the_very_byte(void **state)
{
    struct rig *r = rig_new("rst@bytes:6");
    char text[64];

    (void)state;
    peer_sends(r, "abcd");
    run_until(r, 4);
    assert_int_equal(r->end, LINK_AGAIN);
    /* Both ways are counted: two more. */
    assert_int_equal(link_write(r->link, (const uint8_t *)"wxyz", 4, &r->e), 2);
    peer_gets_all(r, text, 2);
    assert_string_equal(text, "wx");
    assert_int_equal(peer_gets(r, text, sizeof text), ECONNRESET);
    rig_free(r);
}

static void a_duration_ends_what_lasts(void **state)
{
    struct rig *r = rig_new("stall-read+80ms");
    uint64_t begun = clock_mono_us();

    (void)state;
    peer_sends(r, "waits");
    while (r->got_len == 0) {
        assert_true(clock_mono_us() - begun < 10000 * MS);
        faults_tick(r->faults, clock_mono_us());
        run_once(r, 10);
    }
    assert_true(clock_mono_us() - begun >= 80 * MS);
    assert_non_null(strstr(r->log, "stall-read end"));
    rig_free(r);
}

static void the_link_is_what_memory_allows(void **state)
{
    uv_loop_t loop;
    struct faults *faults = faults_new(1, on_report, NULL);
    struct fault_conn *conn = fault_conn_new(faults, 1, 0);
    struct link *tcp = link_tcp_new(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

    (void)state;
    uv_loop_init(&loop);
    assert_non_null(tcp);
    alloc_fail_at(1);
    assert_null(link_fault_new(tcp, conn, &loop));
    assert_true(alloc_struck());
    link_free(tcp);
    fault_conn_free(conn, 0);
    fault_socket_release(faults);
    faults_free(faults);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults_it_passes_everything_on),
        cmocka_unit_test(rst_the_peer_sees_a_reset),
        cmocka_unit_test(fin_the_peer_sees_the_end_of_the_stream),
        cmocka_unit_test(half_close_ends_one_side_and_goes_on_reading),
        cmocka_unit_test(blackhole_nothing_passes_and_healing_brings_it_back),
        cmocka_unit_test(blackhole_in_the_kernel_acknowledges_nothing),
        cmocka_unit_test(blackhole_on_a_unix_socket_says_what_it_is),
        cmocka_unit_test(offline_resets_what_there_is_and_what_comes),
        cmocka_unit_test(offline_silently_loses_the_connection_for_good),
        cmocka_unit_test(blackhole_hides_the_end),
        cmocka_unit_test(rebind_leaves_the_socket_dangling),
        cmocka_unit_test(stall_read_does_not_stop_writing),
        cmocka_unit_test(stall_write_does_not_stop_reading),
        cmocka_unit_test(latency_delays_both_ways_and_keeps_the_order),
        cmocka_unit_test(latency_on_one_side_leaves_the_other_alone),
        cmocka_unit_test(latency_delays_the_end_too),
        cmocka_unit_test(latency_close_waits_for_what_is_under_way),
        cmocka_unit_test(rate_takes_its_time),
        cmocka_unit_test(slice_gives_a_few_bytes_at_a_time),
        cmocka_unit_test(truncate_out_the_peer_gets_n_bytes_and_a_reset),
        cmocka_unit_test(truncate_in_gives_n_bytes_and_resets),
        cmocka_unit_test(corrupt_flips_one_bit_of_the_byte_that_was_named),
        cmocka_unit_test(corrupt_counts_over_several_writes),
        cmocka_unit_test(trigger_bytes_strikes_at_the_very_byte),
        cmocka_unit_test(a_duration_ends_what_lasts),
        cmocka_unit_test(the_link_is_what_memory_allows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
