#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "alloc.h"
#include "net/connect_error.h"
#include "net/dial.h"
#include "net/source.h"
#include "net_help.h"

/* What a dial told, copied. */
struct outcome {
    char events[64]; /* "RCT": resolve, connect, TLS */
    char resolved[256];
    char attempts[256]; /* "ADDRESS=ERRNO ..." */
    char address[128], local[64];
    uint16_t port;
    char tls_version[16], subject[64];
    bool verified;
    int calls;
    struct link *link;
    struct err e;
};

struct fixture {
    uv_loop_t loop;
    struct outcome out;
};

static void emit(void *ctx, struct event *ev)
{
    struct outcome *o = ctx;
    size_t n = strlen(o->events);

    assert_int_equal(o->calls, 0);
    switch (ev->kind) {
    case EVENT_RESOLVE:
        o->events[n] = 'R';
        for (size_t i = 0; i < ev->resolve.count; i++) {
            strcat(o->resolved, i ? " " : "");
            strcat(o->resolved, ev->resolve.addresses[i]);
        }
        break;
    case EVENT_CONNECT:
        o->events[n] = 'C';
        o->port = ev->connect.port;
        snprintf(o->address, sizeof o->address, "%s", ev->connect.address);
        snprintf(o->local, sizeof o->local, "%s", ev->connect.local);
        for (size_t i = 0; i < ev->connect.attempt_count; i++) {
            const struct connect_attempt *a = &ev->connect.attempts[i];
            size_t len = strlen(o->attempts);

            snprintf(o->attempts + len, sizeof o->attempts - len, "%s%s=%d", i ? " " : "",
                     a->address, a->errnum);
        }
        break;
    case EVENT_TLS:
        o->events[n] = 'T';
        o->verified = ev->tls.verified;
        snprintf(o->tls_version, sizeof o->tls_version, "%s", ev->tls.version);
        snprintf(o->subject, sizeof o->subject, "%s", ev->tls.subject);
        break;
    default:
        fail();
    }
}

static void done(void *ctx, struct link *link, const struct err *e)
{
    struct outcome *o = ctx;

    o->calls++;
    o->link = link;
    o->e = *e;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    uv_loop_init(&f->loop);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int rc;

    link_free(f->out.link);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    rc = uv_loop_close(&f->loop);
    free(f);
    return rc;
}

static struct dial *start(struct fixture *f, const struct dial_config *config,
                          const struct dial_target *target)
{
    struct dial *d;

    link_free(f->out.link);
    memset(&f->out, 0, sizeof f->out);
    d = dial_start(&f->loop, config, target, emit, done, &f->out, &f->out.e);
    assert_int_equal(f->out.calls, 0);
    return d;
}

static void run(struct fixture *f, const struct dial_config *config,
                const struct dial_target *target)
{
    assert_non_null(start(f, config, target));
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->out.calls, 1);
}

/* A port of 127.0.0.1 where nobody listens: bound, so that nobody else takes it meanwhile. */
static int refusing_port(const char *address, uint16_t *port)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t len = sizeof in4;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, address, &in4.sin_addr);
    assert_int_equal(bind(fd, (struct sockaddr *)&in4, sizeof in4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
    *port = ntohs(in4.sin_port);
    return fd;
}

static void dial_connects_to_a_literal(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 4), on = 0;
    socklen_t len = sizeof on;
    struct dial_config config = {0};
    struct dial_target target = {.host = "127.0.0.1", .port = port};

    run(f, &config, &target);
    assert_non_null(f->out.link);
    assert_int_equal(f->out.e.code, EXIT_OK);
    assert_string_equal(f->out.events, "RC");
    assert_string_equal(f->out.resolved, "127.0.0.1");
    assert_string_equal(f->out.attempts, "127.0.0.1=0");
    assert_string_equal(f->out.address, "127.0.0.1");
    assert_int_equal(f->out.port, port);
    assert_memory_equal(f->out.local, "127.0.0.1:", 10);
    assert_int_equal(getsockopt(f->out.link->fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    assert_int_equal(on, 1);
    close(listener);
}

static void dial_hands_over_a_socket_that_can_be_polled_at_once(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 4);
    struct dial_config config = {0};
    struct dial_target target = {.host = "127.0.0.1", .port = port};
    uv_poll_t poll;

    assert_non_null(start(f, &config, &target));
    while (f->out.calls == 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    assert_int_equal(uv_poll_init(&f->loop, &poll, f->out.link->fd), 0);
    uv_close((uv_handle_t *)&poll, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    close(listener);
}

static void dial_reports_a_refusal_in_one_sentence(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int fd = refusing_port("127.0.0.1", &port);
    struct dial_config config = {0};
    struct dial_target target = {.host = "127.0.0.1", .port = port};
    char want[128];

    run(f, &config, &target);
    assert_null(f->out.link);
    assert_string_equal(f->out.events, "R");
    assert_int_equal(f->out.e.code, EXIT_CONNECT);
    assert_int_equal(f->out.e.stage, STAGE_CONNECT);
    assert_int_equal(f->out.e.errnum, ECONNREFUSED);
    snprintf(want, sizeof want, "can't connect to 127.0.0.1 port %u: connection refused", port);
    assert_string_equal(f->out.e.text, want);
    assert_non_null(strstr(f->out.e.hint, "nothing listens there"));
    close(fd);
}

static void dial_lists_every_address_that_refused(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int a = refusing_port("127.0.0.1", &port), b = refusing_port("127.0.0.2", &port);
    const char *const addresses[] = {"127.0.0.1", "127.0.0.2"};
    const struct dial_resolve override = {"*", port, addresses, 2};
    struct dial_config config = {.resolve = &override, .resolve_count = 1};
    struct dial_target target = {.host = "two.test", .port = port};
    char want[200];

    run(f, &config, &target);
    snprintf(want, sizeof want,
             "can't connect to two.test port %u: 127.0.0.1: connection refused; 127.0.0.2: "
             "connection refused",
             port);
    assert_string_equal(f->out.e.text, want);
    close(a);
    close(b);
}

static void dial_goes_on_at_once_when_an_address_refuses(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 4), bound = refusing_port("127.0.0.2", &port);
    const char *const addresses[] = {"127.0.0.2", "127.0.0.1"};
    const struct dial_resolve override = {"*", port, addresses, 2};
    struct dial_config config = {.resolve = &override, .resolve_count = 1};
    struct dial_target target = {.host = "two.test", .port = port};
    char want[64];

    run(f, &config, &target);
    assert_non_null(f->out.link);
    assert_string_equal(f->out.resolved, "127.0.0.2 127.0.0.1");
    snprintf(want, sizeof want, "127.0.0.2=%d 127.0.0.1=0", ECONNREFUSED);
    assert_string_equal(f->out.attempts, want);
    close(listener);
    close(bound);
}

/* A listener that answers no further connection: its queue is full. */
struct hole {
    int listener;
    int fill[8];
};

static void hole_make(struct hole *h, const char *address, uint16_t *port)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET};

    h->listener = listen_on(address, port, 0);
    in4.sin_port = htons(*port);
    inet_pton(AF_INET, address, &in4.sin_addr);
    for (size_t i = 0; i < 8; i++) {
        h->fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(h->fill[i], (struct sockaddr *)&in4, sizeof in4);
    }
}

static void hole_close(struct hole *h)
{
    for (size_t i = 0; i < 8; i++)
        close(h->fill[i]);
    close(h->listener);
}

static void dial_reaches_the_second_address_while_the_first_is_silent(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    struct hole hole;
    int listener = listen_on("127.0.0.1", &port, 4);
    const char *const addresses[] = {"127.0.0.2", "127.0.0.1", "127.0.0.3"};
    const struct dial_resolve override = {"two.test", port, addresses, 3};
    struct dial_config config = {.resolve = &override, .resolve_count = 1};
    struct dial_target target = {.host = "two.test", .port = port};
    char want[64];

    hole_make(&hole, "127.0.0.2", &port);
    run(f, &config, &target);
    assert_non_null(f->out.link);
    assert_string_equal(f->out.address, "127.0.0.1");
    snprintf(want, sizeof want, "127.0.0.2=%d 127.0.0.1=0", ECANCELED);
    assert_string_equal(f->out.attempts, want);
    hole_close(&hole);
    close(listener);
}

static void dial_cancel_says_how_far_it_had_come(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    struct hole hole;
    const char *const addresses[] = {"127.0.0.2"};
    struct dial_resolve override = {"two.test", 0, addresses, 1};
    struct dial_config config = {.resolve = &override, .resolve_count = 1};
    struct dial_target target = {.host = "two.test"};
    enum stage stage;
    char what[64], want[64];
    struct dial *d;

    hole_make(&hole, "127.0.0.2", &port);
    override.port = target.port = port;

    d = start(f, &config, &target);
    dial_cancel(d, &stage, what, sizeof what);
    assert_int_equal(stage, STAGE_RESOLVE);
    assert_string_equal(what, "\"two.test\"");

    d = start(f, &config, &target);
    /* Once for the resolved address, once for the attempt's start. */
    while (f->out.events[0] == '\0')
        uv_run(&f->loop, UV_RUN_ONCE);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    dial_cancel(d, &stage, what, sizeof what);
    assert_int_equal(stage, STAGE_CONNECT);
    snprintf(want, sizeof want, "127.0.0.2 port %u", port);
    assert_string_equal(what, want);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->out.calls, 0);
    hole_close(&hole);
}

static void dial_cancel_before_anything_ran_frees_all(void **state)
{
    struct fixture *f = *state;
    struct dial_config config = {0};
    struct dial_target target = {.host = "localhost", .port = 1};
    enum stage stage;
    char what[4];
    struct dial *d = start(f, &config, &target);

    uv_run(&f->loop, UV_RUN_NOWAIT);
    dial_cancel(d, &stage, what, sizeof what);
    assert_true(strlen(what) < sizeof what);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->out.calls, 0);
}

static void dial_leaves_from_the_local_address_that_was_named(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 4);
    struct dial_config config = {.interface = "127.0.0.5"};
    struct dial_target target = {.host = "127.0.0.1", .port = port};

    run(f, &config, &target);
    assert_non_null(f->out.link);
    assert_memory_equal(f->out.local, "127.0.0.5:", 10);

    config.interface = "lo";
    run(f, &config, &target);
    assert_non_null(f->out.link);
    assert_memory_equal(f->out.local, "127.0.0.1:", 10);

    config.interface = "::1";
    run(f, &config, &target);
    assert_null(f->out.link);
    assert_int_equal(f->out.e.errnum, EADDRNOTAVAIL);
    close(listener);
}

static void dial_refuses_an_interface_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct dial_config config = {.interface = "nosuch0"};
    struct dial_target target = {.host = "127.0.0.1", .port = 1};

    run(f, &config, &target);
    assert_int_equal(f->out.e.code, EXIT_USAGE);
    assert_string_equal(f->out.e.text,
                        "--interface \"nosuch0\": neither a local address nor a network interface");
}

static void dial_connects_to_a_unix_socket(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct dial_config config = {0};
    struct dial_target target = {.host = "localhost", .socket_path = addr.sun_path};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(addr.sun_path, sizeof addr.sun_path, "/tmp/net-dial-%ld.sock", (long)getpid());
    unlink(addr.sun_path);
    assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(listener, 4), 0);
    run(f, &config, &target);
    assert_non_null(f->out.link);
    assert_string_equal(f->out.events, "C");
    assert_string_equal(f->out.address, addr.sun_path);
    assert_string_equal(f->out.local, "");
    assert_int_equal(f->out.port, 0);

    close(listener);
    run(f, &config, &target);
    assert_int_equal(f->out.e.code, EXIT_CONNECT);
    assert_int_equal(f->out.e.errnum, ECONNREFUSED);
    unlink(addr.sun_path);
    run(f, &config, &target);
    assert_int_equal(f->out.e.errnum, ENOENT);
    assert_non_null(strstr(f->out.e.text, "can't connect to the unix socket /tmp/net-dial-"));
    assert_non_null(strstr(f->out.e.hint, "no such socket"));
}

static void dial_waits_for_room_in_a_unix_listeners_queue(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct dial_config config = {0};
    struct dial_target target = {.socket_path = addr.sun_path};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), fill[16], count = 0, rc;

    snprintf(addr.sun_path, sizeof addr.sun_path, "/tmp/net-dial-%ld.sock", (long)getpid());
    unlink(addr.sun_path);
    assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(listener, 0), 0);
    do {
        fill[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        rc = connect(fill[count], (struct sockaddr *)&addr, sizeof addr);
    } while (rc == 0 && ++count < 15);
    assert_int_equal(errno, EAGAIN);
    assert_non_null(start(f, &config, &target));
    uv_run(&f->loop, UV_RUN_ONCE);
    assert_int_equal(f->out.calls, 0);
    for (int i = 0; i < count; i++)
        close(accept(listener, NULL, NULL));
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_non_null(f->out.link);
    for (int i = 0; i <= count; i++)
        close(fill[i]);
    close(listener);
    unlink(addr.sun_path);
}

static void dial_refuses_a_unix_path_that_is_too_long(void **state)
{
    struct fixture *f = *state;
    char path[300];
    struct dial_config config = {0};
    struct dial_target target = {.socket_path = path};

    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    run(f, &config, &target);
    assert_int_equal(f->out.e.code, EXIT_CONNECT);
    assert_int_equal(f->out.e.errnum, ENAMETOOLONG);
}

/* The server's side of one TLS connection, stepped from the same loop. */
struct tls_peer {
    uv_poll_t accept_poll, poll;
    struct tls_context *ctx;
    struct link *link;
};

static void peer_step(uv_poll_t *poll, int status, int events)
{
    struct tls_peer *p = poll->data;
    struct err e;
    int rc = link_connect(p->link, &e);

    (void)status;
    (void)events;
    if (rc != LINK_AGAIN)
        uv_close((uv_handle_t *)poll, NULL);
}

static void peer_accept(uv_poll_t *poll, int status, int events)
{
    struct tls_peer *p = poll->data;
    struct err e;
    uv_os_fd_t listener;
    int fd;

    (void)status;
    (void)events;
    uv_fileno((uv_handle_t *)poll, &listener);
    fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    p->link = link_tls_server(link_tcp_new(fd), p->ctx, &e);
    uv_poll_init(poll->loop, &p->poll, fd);
    p->poll.data = p;
    uv_poll_start(&p->poll, UV_READABLE, peer_step);
    uv_close((uv_handle_t *)poll, NULL);
}

static void peer_listen(struct tls_peer *p, uv_loop_t *loop, int listener)
{
    uv_poll_init(loop, &p->accept_poll, listener);
    p->accept_poll.data = p;
    uv_poll_start(&p->accept_poll, UV_READABLE, peer_accept);
}

static void dial_speaks_tls_and_reports_it(void **state)
{
    struct fixture *f = *state;
    struct cert_dir dir;
    struct cert_spec spec = {
        .file = "good", .cn = "good", .san = "DNS:good.test", .from = -DAY, .until = DAY};
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 4);
    const char *const addresses[] = {"127.0.0.1"};
    const struct dial_resolve override = {"*", port, addresses, 1};
    struct dial_config config = {.resolve = &override, .resolve_count = 1};
    struct dial_target target = {.host = "good.test", .port = port, .secure = true};
    struct tls_peer peer = {0};
    struct tls_context *client;
    struct err e;

    cert_dir_make(&dir);
    cert_make(&dir, &spec);
    config.tls.cacert = cert_path(&dir, "ca.pem");
    client = tls_context_client(&config.tls, NULL, &e);
    peer.ctx = tls_context_server(cert_path(&dir, "good.pem"), cert_path(&dir, "good.key"), &e);
    assert_non_null(client);
    assert_non_null(peer.ctx);
    target.tls = client;

    peer_listen(&peer, &f->loop, listener);
    assert_non_null(start(f, &config, &target));
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_non_null(f->out.link);
    assert_string_equal(f->out.events, "RCT");
    assert_string_equal(f->out.tls_version, "TLSv1.3");
    assert_string_equal(f->out.subject, "O=Test,CN=good");
    assert_true(f->out.verified);
    link_free(peer.link);

    target.host = "other.test";
    peer_listen(&peer, &f->loop, listener);
    assert_non_null(start(f, &config, &target));
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_null(f->out.link);
    assert_string_equal(f->out.events, "RC");
    assert_int_equal(f->out.e.code, EXIT_CERT);
    assert_int_equal(f->out.e.stage, STAGE_TLS);
    link_free(peer.link);

    close(listener);
    tls_context_free(client);
    tls_context_free(peer.ctx);
    cert_dir_remove(&dir);
}

static void dial_cancel_in_the_tls_handshake_names_the_peer(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 4);
    struct dial_config config = {.tls = {.insecure = true}};
    struct dial_target target = {.host = "127.0.0.1", .port = port, .secure = true};
    struct tls_context *client;
    enum stage stage;
    char what[64], want[64];
    struct dial *d;
    struct err e;

    client = tls_context_client(&config.tls, NULL, &e);
    target.tls = client;
    d = start(f, &config, &target);
    while (strcmp(f->out.events, "RC") != 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    dial_cancel(d, &stage, what, sizeof what);
    assert_int_equal(stage, STAGE_TLS);
    snprintf(want, sizeof want, "127.0.0.1 port %u", port);
    assert_string_equal(what, want);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->out.calls, 0);
    tls_context_free(client);
    close(listener);
}

static void dial_survives_every_failed_allocation(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 64);
    const char *const addresses[] = {"127.0.0.1", "127.0.0.1"};
    const struct dial_resolve override = {"*", port, addresses, 2};
    struct dial_config config = {.resolve = &override, .resolve_count = 1};
    struct dial_target target = {.host = "two.test", .port = port};

    ALLOC_EACH({
        struct dial *d = start(f, &config, &target);

        uv_run(&f->loop, UV_RUN_DEFAULT);
        assert_int_equal(f->out.calls, d != NULL);
        assert_true(f->out.link || f->out.e.code == EXIT_OTHER);
    });
    close(listener);
}

static void connect_error_picks_the_most_telling_reason_and_cuts_long_lists(void **state)
{
    const struct connect_attempt mixed[] = {{"2001:db8::1", 1, ENETUNREACH},
                                            {"192.0.2.1", 1, ECONNREFUSED},
                                            {"192.0.2.2", 1, ETIMEDOUT}};
    struct connect_attempt many[40];
    struct err e;

    (void)state;
    connect_error("a.test", 443, mixed, 3, &e);
    assert_int_equal(e.errnum, ECONNREFUSED);
    assert_string_equal(e.text,
                        "can't connect to a.test port 443: 2001:db8::1: network is unreachable; "
                        "192.0.2.1: connection refused; 192.0.2.2: connection timed out");
    connect_error("a.test", 443, mixed, 1, &e);
    assert_string_equal(e.text,
                        "can't connect to a.test (2001:db8::1) port 443: network is unreachable");
    assert_non_null(strstr(e.hint, "-4"));
    for (size_t i = 0; i < 40; i++)
        many[i] = (struct connect_attempt){"2001:db8::ffff:ffff", 1, ETIMEDOUT};
    connect_error("a.test", 443, many, 40, &e);
    assert_non_null(strstr(e.text, "more"));
    assert_true(strlen(e.text) < sizeof e.text);
    assert_non_null(strstr(e.hint, "firewall"));
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(dial_connects_to_a_literal),
        WITH_LOOP(dial_hands_over_a_socket_that_can_be_polled_at_once),
        WITH_LOOP(dial_reports_a_refusal_in_one_sentence),
        WITH_LOOP(dial_lists_every_address_that_refused),
        WITH_LOOP(dial_goes_on_at_once_when_an_address_refuses),
        WITH_LOOP(dial_reaches_the_second_address_while_the_first_is_silent),
        WITH_LOOP(dial_cancel_says_how_far_it_had_come),
        WITH_LOOP(dial_cancel_before_anything_ran_frees_all),
        WITH_LOOP(dial_leaves_from_the_local_address_that_was_named),
        WITH_LOOP(dial_refuses_an_interface_that_is_not_there),
        WITH_LOOP(dial_connects_to_a_unix_socket),
        WITH_LOOP(dial_waits_for_room_in_a_unix_listeners_queue),
        WITH_LOOP(dial_refuses_a_unix_path_that_is_too_long),
        WITH_LOOP(dial_speaks_tls_and_reports_it),
        WITH_LOOP(dial_cancel_in_the_tls_handshake_names_the_peer),
        WITH_LOOP(dial_survives_every_failed_allocation),
        cmocka_unit_test(connect_error_picks_the_most_telling_reason_and_cuts_long_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
