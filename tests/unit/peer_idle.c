/* What connections cost while nothing happens on them: a thousand ends in one process, each of
 * which has sent and received a large message before. Prints the figures. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "net/supplies.h"
#include "net_tls_help.h"
#include "peer/peer.h"

#define PAIRS   500
#define FIRST   8 /* pairs before the measurement, for what is allocated once */
#define MESSAGE ((size_t)32 * 1024)

struct end {
    struct peer *peer;
    struct layer top;
    struct activity activity;
    size_t got;
};

static uv_loop_t loop;
static struct supplies supplies;
static struct bus bus;
static struct end ends[PAIRS + FIRST][2]; /* clients and servers */
static uint8_t message[MESSAGE];

static void on_event(struct layer *l, struct event *ev)
{
    struct end *end = (struct end *)((char *)l - offsetof(struct end, top));

    assert_int_equal(ev->kind, EVENT_MESSAGE);
    if (ev->dir == DIR_IN)
        end->got += ev->message.data.len;
}

static void open_end(struct end *end, struct link *link, enum wsconn_role role)
{
    static const struct layer_ops ops = {.event = on_event};
    const struct peer_config config = {
        .conn = {.role = role,
                 .deflate = {.enabled = true},
                 .spares = &supplies.spares,
                 .read_block = role == WSCONN_SERVER ? 16 * 1024 : 0},
        .rng = &supplies.rng,
        .bus = &bus,
        .activity = &end->activity,
    };
    struct err e;

    *end = (struct end){.top.ops = &ops};
    end->peer = peer_new(&loop, link, &config, &end->top, &e);
    assert_non_null(end->peer);
    peer_start(end->peer);
}

/* A large message in small frames, so that it is read, gathered and written. */
static void say(struct end *from, struct end *to)
{
    const size_t half = MESSAGE / 2;

    for (size_t at = 0; at < MESSAGE; at += half) {
        const struct frame_spec spec = {.fin = at > 0, .opcode = at ? OPCODE_CONT : OPCODE_BINARY};
        const struct outgoing out = {
            .kind = OUTGOING_FRAME, .spec = &spec, .data = slice_make(message + at, half)};

        assert_int_equal(layer_send(&from->top, &out), 0);
    }
    while (to->got < MESSAGE)
        uv_run(&loop, UV_RUN_ONCE);
}

static void open_pair(struct end pair[2], struct tls_context *client, struct tls_context *server)
{
    struct link *links[2];

    if (client) {
        struct ends s = ends_make(client, server, "good.test", false);

        shake(&s);
        assert_int_equal(s.client_rc, 0);
        assert_int_equal(s.server_rc, 0);
        links[0] = s.client;
        links[1] = s.server;
    } else {
        int fds[2];

        tcp_pair(fds);
        for (size_t i = 0; i < 2; i++)
            links[i] = link_tcp_new(fds[i]);
    }
    open_end(&pair[0], links[0], WSCONN_CLIENT);
    open_end(&pair[1], links[1], WSCONN_SERVER);
    say(&pair[0], &pair[1]);
    say(&pair[1], &pair[0]);
}

static size_t in_use(void)
{
#ifdef HAVE_MALLINFO2
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
#else
    return 0;
#endif
}

/* As many pairs as there may be descriptors for. */
static size_t pairs_possible(void)
{
    struct rlimit limit;
    size_t n = PAIRS;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < 2 * (PAIRS + FIRST) + 64)
        n = ((size_t)limit.rlim_cur - 64) / 2 - FIRST;
    return n;
}

static void measure(struct tls_context *client, struct tls_context *server, size_t bound)
{
    size_t pairs = pairs_possible(), before, each;

    assert_int_equal(uv_loop_init(&loop), 0);
    supplies_init(&supplies);
    bus_init(&bus);
    for (size_t i = 0; i < FIRST; i++)
        open_pair(ends[i], client, server);
    before = in_use();
    for (size_t i = 0; i < pairs; i++)
        open_pair(ends[FIRST + i], client, server);
    each = in_use() > before ? (in_use() - before) / (2 * pairs) : 0;
    print_message("# %zu idle connections%s: %zu bytes each\n", 2 * pairs,
                  client ? " over TLS" : "", each);
    for (size_t i = 0; i < FIRST + pairs; i++) {
        peer_free(ends[i][0].peer);
        peer_free(ends[i][1].peer);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    supplies_clear(&supplies);
    assert_in_range(each, 0, bound);
}

static void an_idle_connection_costs_at_most_8_kib(void **state)
{
    (void)state;
    measure(NULL, NULL, 8 * 1024);
}

static void an_idle_connection_over_tls_costs_at_most_40_kib(void **state)
{
    struct tls_context *client = client_context((struct tls_config){0});
    struct tls_context *server = server_context("good");

    (void)state;
    measure(client, server, 40 * 1024);
    tls_context_free(client);
    tls_context_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_connection_costs_at_most_8_kib),
        cmocka_unit_test(an_idle_connection_over_tls_costs_at_most_40_kib),
    };

    return cmocka_run_group_tests(tests, tls_help_set_up, tls_help_tear_down);
}
