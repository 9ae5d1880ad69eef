#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "net/crypto.h"
#include "net_help.h"

struct pair {
    struct link *link;
    int peer;
};

static int set_up(void **state)
{
    struct pair *p = calloc(1, sizeof *p);
    int fds[2];

    tcp_pair(fds);
    p->link = link_tcp_new(fds[0]);
    p->peer = fds[1];
    *state = p;
    return p->link ? 0 : -1;
}

static int tear_down(void **state)
{
    struct pair *p = *state;

    link_free(p->link);
    if (p->peer >= 0)
        close(p->peer);
    free(p);
    return 0;
}

static void link_tcp_reads_what_the_peer_wrote(void **state)
{
    struct pair *p = *state;
    uint8_t bytes[8];
    struct err e;

    assert_int_equal(link_connect(p->link, &e), 0);
    assert_int_equal(link_read(p->link, bytes, sizeof bytes, &e), LINK_AGAIN);
    assert_int_equal(write(p->peer, "abc", 3), 3);
    wait_readable(p->link->fd);
    assert_int_equal(link_read(p->link, bytes, sizeof bytes, &e), 3);
    assert_memory_equal(bytes, "abc", 3);
    assert_int_equal(p->link->ended, 0);
}

static void link_tcp_takes_what_fits_and_says_again(void **state)
{
    struct pair *p = *state;
    static uint8_t much[1 << 20];
    size_t total = 0;
    ssize_t put;
    struct err e;

    while ((put = link_write(p->link, much, sizeof much, &e)) > 0)
        total += (size_t)put;
    assert_int_equal(put, LINK_AGAIN);
    assert_true(total > 0);
}

static void link_tcp_distinguishes_a_fin_from_a_reset(void **state)
{
    struct pair *p = *state;
    uint8_t bytes[8];
    struct err e;

    assert_int_equal(shutdown(p->peer, SHUT_WR), 0);
    wait_readable(p->link->fd);
    assert_int_equal(link_read(p->link, bytes, sizeof bytes, &e), 0);
    assert_int_equal(p->link->ended, LINK_GOT_FIN);
    reset_close(p->peer);
    p->peer = -1;
    wait_readable(p->link->fd);
    while (link_write(p->link, bytes, 1, &e) > 0)
        continue;
    assert_int_equal(p->link->ended, LINK_GOT_FIN | LINK_GOT_RST);
}

static void link_gather_keeps_close_notify_within_its_tls(void **state)
{
    struct link below = {.ended = LINK_GOT_CLOSE_NOTIFY | LINK_GOT_FIN};
    struct link plain = {.next = &below}, tls = {.next = &below, .seals = true};

    (void)state;
    link_gather(&plain);
    assert_int_equal(plain.ended, LINK_GOT_CLOSE_NOTIFY | LINK_GOT_FIN);
    link_gather(&tls);
    assert_int_equal(tls.ended, LINK_GOT_FIN);
    tls.ended |= LINK_GOT_CLOSE_NOTIFY;
    link_gather(&tls);
    assert_int_equal(tls.ended, LINK_GOT_CLOSE_NOTIFY | LINK_GOT_FIN);
}

static void link_tcp_names_a_reset(void **state)
{
    struct pair *p = *state;
    uint8_t bytes[8];
    struct err e;

    reset_close(p->peer);
    p->peer = -1;
    wait_readable(p->link->fd);
    assert_int_equal(link_read(p->link, bytes, sizeof bytes, &e), LINK_FAILED);
    assert_int_equal(p->link->ended, LINK_GOT_RST);
    assert_int_equal(e.code, EXIT_LOST);
    assert_int_equal(e.stage, STAGE_IO);
    assert_int_equal(e.errnum, ECONNRESET);
    assert_string_equal(e.text, "the connection broke while reading: connection reset by peer");
    assert_string_not_equal(e.hint, "");
}

static void link_tcp_write_to_a_gone_peer_raises_no_signal(void **state)
{
    struct pair *p = *state;
    uint8_t byte = 0;
    struct err e;
    ssize_t put = 0;

    signal(SIGPIPE, SIG_DFL);
    reset_close(p->peer);
    p->peer = -1;
    wait_readable(p->link->fd);
    for (int i = 0; i < 3; i++)
        put = link_write(p->link, &byte, 1, &e);
    assert_int_equal(put, LINK_FAILED);
    assert_int_equal(e.errnum, EPIPE);
    assert_true(p->link->ended & LINK_GOT_RST);
}

static void link_tcp_close_ends_only_the_outgoing_side(void **state)
{
    struct pair *p = *state;
    uint8_t bytes[8];
    struct err e;

    assert_int_equal(link_close(p->link, &e), 0);
    wait_readable(p->peer);
    assert_int_equal(read(p->peer, bytes, sizeof bytes), 0);
    assert_int_equal(write(p->peer, "late", 4), 4);
    wait_readable(p->link->fd);
    assert_int_equal(link_read(p->link, bytes, sizeof bytes, &e), 4);
    assert_int_equal(link_close(p->link, &e), 0);
}

static void link_tcp_close_of_a_lost_connection_is_no_failure(void **state)
{
    struct pair *p = *state;
    uint8_t byte;
    struct err e;

    reset_close(p->peer);
    p->peer = -1;
    wait_readable(p->link->fd);
    assert_int_equal(link_read(p->link, &byte, 1, &e), LINK_FAILED);
    assert_int_equal(link_close(p->link, &e), 0);
}

static void link_tcp_polls_for_what_is_wanted(void **state)
{
    struct pair *p = *state;

    assert_int_equal(link_events(p->link, false, false), 0);
    assert_int_equal(link_events(p->link, true, false), LINK_READABLE);
    assert_int_equal(link_events(p->link, false, true), LINK_WRITABLE);
    assert_int_equal(link_events(p->link, true, true), LINK_READABLE | LINK_WRITABLE);
    assert_int_equal(link_pending(p->link), 0);
}

static void link_flags_of_lower_layers_are_seen_at_the_top(void **state)
{
    struct pair *p = *state;
    uint8_t byte;
    struct err e;
    ssize_t got;

    p->link = crumb_new(crumb_new(p->link));
    shutdown(p->peer, SHUT_WR);
    wait_readable(p->link->fd);
    while ((got = link_read(p->link, &byte, 1, &e)) == LINK_AGAIN)
        continue;
    assert_int_equal(got, 0);
    assert_int_equal(p->link->ended, LINK_GOT_FIN);
}

static void link_free_closes_the_socket(void **state)
{
    int fds[2];
    uint8_t byte;

    (void)state;
    tcp_pair(fds);
    link_free(crumb_new(link_tcp_new(fds[0])));
    wait_readable(fds[1]);
    assert_int_equal(read(fds[1], &byte, 1), 0);
    close(fds[1]);
    link_free(NULL);
}

static void link_tcp_new_leaves_the_socket_when_memory_is_out(void **state)
{
    int fds[2];

    (void)state;
    tcp_pair(fds);
    alloc_fail_at(1);
    assert_null(link_tcp_new(fds[0]));
    assert_true(alloc_struck());
    assert_true(fcntl(fds[0], F_GETFD) >= 0);
    close(fds[0]);
    close(fds[1]);
}

static void crypto_sha1_gives_the_digest_of_fips_180(void **state)
{
    static const uint8_t want[20] = {0xA9, 0x99, 0x3E, 0x36, 0x47, 0x06, 0x81, 0x6A, 0xBA, 0x3E,
                                     0x25, 0x71, 0x78, 0x50, 0xC2, 0x6C, 0x9C, 0xD0, 0xD8, 0x9D};
    uint8_t digest[20];

    (void)state;
    crypto_sha1((const uint8_t *)"abc", 3, digest);
    assert_memory_equal(digest, want, 20);
}

static void crypto_random_gives_other_bytes_each_time(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0};

    (void)state;
    assert_int_equal(crypto_random(NULL, a, sizeof a), 0);
    assert_int_equal(crypto_random(NULL, b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(crypto_random(NULL, a, 0), 0);
}

static void crypto_random_notes_that_the_first_draw_was_made(void **state)
{
    uint8_t a[4096] = {0}, b[4096] = {0};
    bool begun = false;

    (void)state;
    assert_int_equal(crypto_random(&begun, a, sizeof a), 0);
    assert_true(begun);
    assert_int_equal(crypto_random(&begun, b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    memset(b, 0, 32);
    assert_memory_not_equal(a + sizeof a - 32, b, 32); /* filled to its end */
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_gather_keeps_close_notify_within_its_tls),
        WITH_PAIR(link_tcp_reads_what_the_peer_wrote),
        WITH_PAIR(link_tcp_takes_what_fits_and_says_again),
        WITH_PAIR(link_tcp_distinguishes_a_fin_from_a_reset),
        WITH_PAIR(link_tcp_names_a_reset),
        WITH_PAIR(link_tcp_write_to_a_gone_peer_raises_no_signal),
        WITH_PAIR(link_tcp_close_ends_only_the_outgoing_side),
        WITH_PAIR(link_tcp_close_of_a_lost_connection_is_no_failure),
        WITH_PAIR(link_tcp_polls_for_what_is_wanted),
        WITH_PAIR(link_flags_of_lower_layers_are_seen_at_the_top),
        cmocka_unit_test(link_free_closes_the_socket),
        cmocka_unit_test(link_tcp_new_leaves_the_socket_when_memory_is_out),
        cmocka_unit_test(crypto_sha1_gives_the_digest_of_fips_180),
        cmocka_unit_test(crypto_random_gives_other_bytes_each_time),
        cmocka_unit_test(crypto_random_notes_that_the_first_draw_was_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
