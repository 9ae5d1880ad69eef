/* Dialling through proxies that say what is written down here, whatever they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "net/dial.h"
#include "net/route.h"
#include "net_help.h"

#define CONNECTIONS 3

struct answer {
    const char *bytes;
    size_t len;
};

#define ANSWER(text)          \
    {                         \
        text, sizeof text - 1 \
    }

struct fixture {
    uv_loop_t loop;
    uv_poll_t listening;
    int listener;
    uint16_t port;
    char url[64];                       /* of the proxy */
    struct answer answers[CONNECTIONS]; /* to each connection at once */
    int fds[CONNECTIONS];
    int accepted;

    char events[16]; /* "RCPT" */
    char resolved[128];
    char kind[16], address[64];
    int status;
    int calls;
    struct link *link;
    struct err e;
};

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct fixture *f = poll->data;
    int fd = accept(f->listener, NULL, NULL);
    const struct answer *answer = &f->answers[f->accepted];

    (void)status;
    (void)events;
    if (fd < 0)
        return;
    assert_true(f->accepted < CONNECTIONS);
    f->fds[f->accepted++] = fd;
    assert_int_equal(write(fd, answer->bytes, answer->len), answer->len);
}

static void emit(void *ctx, struct event *ev)
{
    struct fixture *f = ctx;
    size_t n = strlen(f->events), len = strlen(f->resolved);

    assert_true(n < sizeof f->events - 1);
    f->events[n] = ev->kind == EVENT_RESOLVE   ? 'R'
                   : ev->kind == EVENT_CONNECT ? 'C'
                   : ev->kind == EVENT_PROXY   ? 'P'
                                               : '?';
    if (ev->kind == EVENT_RESOLVE)
        snprintf(f->resolved + len, sizeof f->resolved - len, "%s%s", len ? " " : "",
                 ev->resolve.host);
    if (ev->kind == EVENT_PROXY) {
        snprintf(f->kind, sizeof f->kind, "%s", ev->proxy.kind);
        snprintf(f->address, sizeof f->address, "%s", ev->proxy.address);
        f->status = ev->proxy.status;
    }
}

static void done(void *ctx, struct link *link, const struct err *e)
{
    struct fixture *f = ctx;

    f->calls++;
    f->link = link;
    f->e = *e;
    uv_close((uv_handle_t *)&f->listening, NULL);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    uv_loop_init(&f->loop);
    f->listener = listen_on("127.0.0.1", &f->port, 8);
    uv_poll_init(&f->loop, &f->listening, f->listener);
    f->listening.data = f;
    uv_poll_start(&f->listening, UV_READABLE, on_connection);
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u", f->port);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int rc;

    link_free(f->link);
    for (int i = 0; i < f->accepted; i++)
        close(f->fds[i]);
    if (!uv_is_closing((uv_handle_t *)&f->listening))
        uv_close((uv_handle_t *)&f->listening, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    close(f->listener);
    rc = uv_loop_close(&f->loop);
    free(f);
    return rc;
}

static const struct dial_target target = {.host = "target.example", .port = 8000};

static void run(struct fixture *f, const struct dial_config *config)
{
    assert_non_null(dial_start(&f->loop, config, &target, emit, done, f, &f->e));
    assert_int_equal(f->calls, 0);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->calls, 1);
}

/* What the n-th connection was told. */
static void check_heard(struct fixture *f, int n, const char *bytes, size_t len)
{
    char heard[512];
    ssize_t got = recv(f->fds[n], heard, sizeof heard, MSG_DONTWAIT);

    assert_int_equal(got, len);
    assert_memory_equal(heard, bytes, len);
}

static void dial_goes_through_an_http_proxy(void **state)
{
    struct fixture *f = *state;
    const struct dial_config config = {.proxy = f->url};
    static const char heard[] =
        "CONNECT target.example:8000 HTTP/1.1\r\nHost: target.example:8000\r\n\r\n";
    char name[64], byte[4] = "";
    struct err e;

    f->answers[0] = (struct answer)ANSWER("HTTP/1.1 200 OK\r\n\r\nabc");
    run(f, &config);
    assert_non_null(f->link);
    assert_string_equal(f->events, "RCP");
    assert_string_equal(f->resolved, "127.0.0.1");
    assert_string_equal(f->kind, "http");
    snprintf(name, sizeof name, "127.0.0.1:%u", f->port);
    assert_string_equal(f->address, name);
    assert_int_equal(f->status, 200);
    check_heard(f, 0, heard, sizeof heard - 1);
    assert_int_equal(link_read(f->link, (uint8_t *)byte, 3, &e), 3);
    assert_string_equal(byte, "abc");
}

static void dial_asks_for_what_connect_to_says(void **state)
{
    static const struct dial_connect_to connect_to[] = {{"other.example", 0, "wrong", 0},
                                                        {"", 8000,
                                                         "B\xc3\xbc"
                                                         "cher.example",
                                                         9}};
    static const char heard[] =
        "CONNECT xn--bcher-kva.example:9 HTTP/1.1\r\nHost: xn--bcher-kva.example:9\r\n\r\n";
    struct fixture *f = *state;
    const struct dial_config config = {
        .proxy = f->url, .connect_to = connect_to, .connect_to_count = 2};

    f->answers[0] = (struct answer)ANSWER("HTTP/1.1 200 OK\r\n\r\n");
    run(f, &config);
    assert_non_null(f->link);
    check_heard(f, 0, heard, sizeof heard - 1);
}

static void dial_lets_socks5h_resolve(void **state)
{
    static const char heard[] = "\5\1\0\5\1\0\3\x0e"
                                "target.example\x1f\x40";
    struct fixture *f = *state;
    const struct dial_config config = {.proxy = f->url};

    snprintf(f->url, sizeof f->url, "socks5h://127.0.0.1:%u", f->port);
    f->answers[0] = (struct answer)ANSWER("\5\0\5\0\0\1\0\0\0\0\0\0");
    run(f, &config);
    assert_non_null(f->link);
    assert_string_equal(f->events, "RCP");
    assert_string_equal(f->kind, "socks5h");
    assert_int_equal(f->status, 0);
    check_heard(f, 0, heard, sizeof heard - 1);
}

/* Two addresses: the proxy can't reach the first. */
static void dial_resolves_for_socks5_and_tries_each_address(void **state)
{
    static const char *const addresses[] = {"2001:db8::7", "192.0.2.7"};
    static const struct dial_resolve resolve = {"target.example", 8000, addresses, 2};
    static const char first[] = "\5\1\0\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\x1f\x40";
    static const char second[] = "\5\1\0\5\1\0\1\xc0\0\2\7\x1f\x40";
    struct fixture *f = *state;
    const struct dial_config config = {.proxy = f->url, .resolve = &resolve, .resolve_count = 1};

    snprintf(f->url, sizeof f->url, "socks5://127.0.0.1:%u", f->port);
    f->answers[0] = (struct answer)ANSWER("\5\0\5\3\0\1\0\0\0\0\0\0");
    f->answers[1] = (struct answer)ANSWER("\5\0\5\0\0\1\0\0\0\0\0\0");
    run(f, &config);
    assert_non_null(f->link);
    assert_string_equal(f->events, "RRCCP");
    assert_string_equal(f->resolved, "target.example 127.0.0.1");
    assert_int_equal(f->accepted, 2);
    check_heard(f, 0, first, sizeof first - 1);
    check_heard(f, 1, second, sizeof second - 1);
}

static void dial_gives_up_when_no_address_is_left(void **state)
{
    static const char *const addresses[] = {"192.0.2.7", "192.0.2.8"};
    static const struct dial_resolve resolve = {"target.example", 8000, addresses, 2};
    struct fixture *f = *state;
    const struct dial_config config = {.proxy = f->url, .resolve = &resolve, .resolve_count = 1};

    snprintf(f->url, sizeof f->url, "socks5://127.0.0.1:%u", f->port);
    f->answers[0] = f->answers[1] = (struct answer)ANSWER("\5\0\5\5\0\1\0\0\0\0\0\0");
    run(f, &config);
    assert_null(f->link);
    assert_int_equal(f->accepted, 2);
    assert_int_equal(f->e.code, EXIT_PROXY);
    assert_non_null(strstr(f->e.text, "192.0.2.8:8000"));
}

static void dial_ends_with_what_the_proxy_refused(void **state)
{
    struct fixture *f = *state;
    const struct dial_config config = {.proxy = f->url};

    f->answers[0] = (struct answer)ANSWER("HTTP/1.1 407 No\r\n\r\n");
    run(f, &config);
    assert_null(f->link);
    assert_string_equal(f->events, "RC");
    assert_int_equal(f->e.code, EXIT_PROXY);
    assert_int_equal(f->e.stage, STAGE_PROXY);
    assert_non_null(strstr(f->e.hint, "--proxy http://USER:PASS@HOST:PORT"));
}

static void dial_calls_a_proxy_that_is_not_there_by_name(void **state)
{
    struct fixture *f = *state;
    struct dial_config config = {.proxy = "http://127.0.0.1:1"};

    run(f, &config);
    assert_int_equal(f->e.code, EXIT_CONNECT);
    assert_int_equal(f->e.errnum, ECONNREFUSED);
    assert_non_null(strstr(f->e.text, "the proxy 127.0.0.1:1 (from --proxy): "));
    assert_non_null(strstr(f->e.hint, "--noproxy"));
}

static void dial_calls_a_proxy_that_can_not_be_resolved_by_name(void **state)
{
    struct fixture *f = *state;
    struct dial_config config = {.proxy = "http://[::1]:1", .family = DIAL_IPV4};

    run(f, &config);
    assert_int_equal(f->e.code, EXIT_RESOLVE);
    assert_non_null(strstr(f->e.text, "the proxy [::1]:1 (from --proxy): "));
}

static void dial_leaves_the_proxy_out_where_noproxy_says_so(void **state)
{
    static const struct dial_connect_to connect_to = {"", 0, "127.0.0.1", 1};
    struct fixture *f = *state;
    const struct dial_config config = {
        .proxy = f->url, .noproxy = "example", .connect_to = &connect_to, .connect_to_count = 1};

    run(f, &config);
    assert_int_equal(f->accepted, 0);
    assert_int_equal(f->e.code, EXIT_CONNECT);
    assert_null(strstr(f->e.text, "proxy"));
}

static void dial_says_at_once_that_a_proxy_is_misspelt(void **state)
{
    struct fixture *f = *state;
    const struct dial_config config = {.proxy = "gopher://x"};

    assert_null(dial_start(&f->loop, &config, &target, emit, done, f, &f->e));
    assert_int_equal(f->e.code, EXIT_USAGE);
    assert_int_equal(dial_needs_proxy_tls(&config, &target, &f->e), -1);
}

static void dial_knows_when_a_proxy_speaks_tls(void **state)
{
    const struct dial_config https = {.proxy = "https://x"}, http = {.proxy = "x"}, none = {0};
    const struct dial_target socket = {.socket_path = "/x"};
    struct err e;

    (void)state;
    assert_int_equal(dial_needs_proxy_tls(&https, &target, &e), 1);
    assert_int_equal(dial_needs_proxy_tls(&http, &target, &e), 0);
    assert_int_equal(dial_needs_proxy_tls(&none, &target, &e), 0);
    assert_int_equal(dial_needs_proxy_tls(&https, &socket, &e), 0);
}

static void dial_cancelled_says_that_it_waits_for_the_proxy(void **state)
{
    struct fixture *f = *state;
    const struct dial_config config = {.proxy = f->url};
    struct dial *d = dial_start(&f->loop, &config, &target, emit, done, f, &f->e);
    enum stage stage;
    char what[160], wanted[160];

    f->answers[0] = (struct answer){"", 0};
    while (f->accepted == 0 || strcmp(f->events, "RC") != 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    dial_cancel(d, &stage, what, sizeof what);
    assert_int_equal(stage, STAGE_PROXY);
    snprintf(wanted, sizeof wanted, "127.0.0.1:%u to connect to target.example port 8000", f->port);
    assert_string_equal(what, wanted);
    assert_int_equal(f->calls, 0);
}

static void route_applies_the_first_connect_to_that_fits(void **state)
{
    static const struct {
        struct dial_connect_to entry;
        const char *host;
        uint16_t port;
    } table[] = {
        {{"target.example", 8000, "h", 1}, "h", 1},
        {{"TARGET.example.", 0, "h", 0}, "h", 8000},
        {{"", 8000, "", 1}, "target.example", 1},
        {{"", 0, "", 0}, "target.example", 8000},
        {{"other", 8000, "h", 1}, "target.example", 8000},
        {{"target.example", 8001, "h", 1}, "target.example", 8000},
        {{"", 0, "fe80::1%1", 5}, "fe80::1", 5},
    };
    struct route r;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct dial_connect_to entries[] = {table[i].entry, {"", 0, "second", 2}};
        const struct dial_config config = {.connect_to = entries, .connect_to_count = 1};

        assert_int_equal(route_find(&r, &config, &target, &e), 0);
        assert_string_equal(r.name, table[i].host);
        assert_int_equal(r.port, table[i].port);
        assert_string_equal(r.tls_name, "target.example");
        assert_false(r.proxied);
        route_clear(&r);
    }
}

static void route_survives_failing_allocations(void **state)
{
    const struct dial_config config = {.proxy = "http://me:hush@b\xc3\xbc"
                                                "cher.example:1"};
    const struct dial_target idn = {.host = "\xc3\xbc.example", .port = 1};
    struct route r;
    struct err e;

    (void)state;
    ALLOC_EACH({
        if (route_find(&r, &config, &idn, &e) == 0)
            route_clear(&r);
        else
            assert_int_equal(e.code, EXIT_OTHER);
    });
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dial_goes_through_an_http_proxy),
        TEST(dial_asks_for_what_connect_to_says),
        TEST(dial_lets_socks5h_resolve),
        TEST(dial_resolves_for_socks5_and_tries_each_address),
        TEST(dial_gives_up_when_no_address_is_left),
        TEST(dial_ends_with_what_the_proxy_refused),
        TEST(dial_calls_a_proxy_that_is_not_there_by_name),
        TEST(dial_calls_a_proxy_that_can_not_be_resolved_by_name),
        TEST(dial_leaves_the_proxy_out_where_noproxy_says_so),
        TEST(dial_says_at_once_that_a_proxy_is_misspelt),
        cmocka_unit_test(dial_knows_when_a_proxy_speaks_tls),
        TEST(dial_cancelled_says_that_it_waits_for_the_proxy),
        cmocka_unit_test(route_applies_the_first_connect_to_that_fits),
        cmocka_unit_test(route_survives_failing_allocations),
    };

    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
