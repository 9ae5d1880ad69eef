#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "alloc.h"
#include "net/link_proxy.h"
#include "net_script.h"

static char proxy_host[] = "proxy.example";

static struct proxy a_proxy(void)
{
    return (struct proxy){
        .kind = PROXY_HTTP, .host = proxy_host, .port = 3128, .source = "--proxy"};
}

/* A tunnel to example.com:443, and the proxy's part of the talk. */
static struct link *tunnel(struct script **script, const char *says, const struct proxy *proxy)
{
    struct link *l;
    struct err e;

    *script = script_new(says, strlen(says), NULL);
    assert_non_null(*script);
    l = link_proxy_new(&(*script)->link, proxy, "example.com", 443, 0, &e);
    assert_non_null(l);
    return l;
}

static void check_heard(const struct script *s, const char *text)
{
    if (s->heard_len != strlen(text) || memcmp(s->heard, text, s->heard_len) != 0)
        fail_msg("\"%.*s\" instead of \"%s\"", (int)s->heard_len, (const char *)s->heard, text);
}

/* Connecting fails with such a sentence and hint, however the answer is cut into pieces. */
static void check_refusal(const char *says, const struct proxy *proxy, const char *text,
                          const char *hint)
{
    size_t len = strlen(says);

    for (size_t step = 1; step <= len; step = step == 1 ? 7 : step == 7 ? len : len + 1) {
        struct script *s;
        struct link *l = tunnel(&s, says, proxy);

        s->step = step;
        s->hangs_up = true;
        script_refused(l, "proxy.example:3128", 0, text, hint);
    }
}

static void link_proxy_asks_for_the_authority_and_nothing_else(void **state)
{
    struct proxy proxy = a_proxy();
    struct script *s;
    struct link *l = tunnel(&s, "HTTP/1.1 200 OK\r\n\r\n", &proxy);
    struct err e;

    (void)state;
    assert_int_equal(link_connect(l, &e), 0);
    check_heard(s, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
    assert_int_equal(link_proxy_status(l), 200);
    link_free(l);
}

static void link_proxy_puts_ipv6_in_brackets(void **state)
{
    static const char says[] = "HTTP/1.0 200 Connection established\r\n\r\n";
    struct proxy proxy = a_proxy();
    struct script *s = script_new(says, sizeof says - 1, NULL);
    struct err e;
    struct link *l = link_proxy_new(&s->link, &proxy, "2001:db8::1", 80, 0, &e);

    (void)state;
    assert_int_equal(link_connect(l, &e), 0);
    check_heard(s, "CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n");
    link_free(l);
}

static void link_proxy_sends_basic_credentials(void **state)
{
    char user[] = "Aladdin", password[] = "open sesame";
    struct proxy proxy = a_proxy();
    struct script *s;
    struct link *l;
    struct err e;

    (void)state;
    proxy.user = user;
    proxy.password = password;
    l = tunnel(&s, "HTTP/1.1 204 Fine\r\n\r\n", &proxy);
    assert_int_equal(link_connect(l, &e), 0);
    /* The example of RFC 7617, section 2. */
    check_heard(s, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n"
                   "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    link_free(l);

    proxy.password = NULL;
    l = tunnel(&s, "HTTP/1.1 200 OK\r\n\r\n", &proxy);
    assert_int_equal(link_connect(l, &e), 0);
    assert_non_null(memmem(s->heard, s->heard_len, "Basic QWxhZGRpbjo=\r\n", 20));
    link_free(l);
}

/* The tunnel's first bytes come with the answer, cut at every place. */
static void link_proxy_keeps_what_follows_the_answer(void **state)
{
    static const char says[] = "HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                               "Transfer-Encoding: chunked\r\nVia: 1.1 p\r\n\r\nHello";
    size_t len = sizeof says - 1;

    (void)state;
    for (size_t cut = 0; cut <= len; cut++) {
        struct proxy proxy = a_proxy();
        struct script *s;
        struct link *l = tunnel(&s, says, &proxy);
        char got[6] = "";
        size_t n = 0;
        struct err e;
        int rc;

        s->ready = cut;
        rc = link_connect(l, &e);
        assert_int_equal(rc, cut < len - 5 ? LINK_AGAIN : 0);
        if (rc == LINK_AGAIN) {
            assert_int_equal(link_events(l, true, true), LINK_READABLE);
            assert_int_equal(link_pending(l), 0);
            s->ready = len;
            assert_int_equal(link_connect(l, &e), 0);
        }
        assert_true(link_pending(l) <= 5);
        s->ready = len;
        while (n < 5) {
            ssize_t part = link_read(l, (uint8_t *)got + n, n ? sizeof got - n : 1, &e);

            assert_true(part > 0);
            n += (size_t)part;
        }
        assert_string_equal(got, "Hello");
        assert_int_equal(link_pending(l), 0);
        assert_int_equal(link_read(l, (uint8_t *)got, 1, &e), LINK_AGAIN);
        assert_int_equal(link_write(l, (const uint8_t *)"x", 1, &e), 1);
        assert_int_equal(s->heard[s->heard_len - 1], 'x');
        assert_int_equal(link_events(l, true, true), LINK_READABLE | LINK_WRITABLE);
        assert_int_equal(link_close(l, &e), 0);
        link_free(l);
    }
}

static void link_proxy_waits_to_write_before_it_waits_to_read(void **state)
{
    struct proxy proxy = a_proxy();
    struct script *s;
    struct link *l = tunnel(&s, "HTTP/1.1 200 OK\r\n\r\n", &proxy);
    struct err e;
    int rc, turns = 0;

    (void)state;
    s->step = 1;
    s->stutter = true;
    while ((rc = link_connect(l, &e)) == LINK_AGAIN && turns++ < 1000) {
        bool sent = s->heard_len == strlen("CONNECT example.com:443 HTTP/1.1\r\n"
                                           "Host: example.com:443\r\n\r\n");

        assert_int_equal(link_events(l, false, false), sent ? LINK_READABLE : LINK_WRITABLE);
    }
    assert_int_equal(rc, 0);
    link_free(l);
}

static void link_proxy_names_the_option_when_credentials_are_wanted(void **state)
{
    static const char says[] = "HTTP/1.1 407 Proxy Authentication Required\r\n"
                               "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
    char user[] = "me", password[] = "hush";
    struct proxy proxy = a_proxy();

    (void)state;
    check_refusal(says, &proxy, "answered 407 Proxy Authentication Required to CONNECT example.com",
                  "--proxy http://USER:PASS@HOST:PORT");
    check_refusal("HTTP/1.1 407 No\r\n\r\n", &proxy, "407 No", "give it a name and password");
    check_refusal("HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\n\r\n", &proxy, "407 No",
                  "asks for Negotiate credentials");
    proxy.user = user;
    proxy.password = password;
    check_refusal(says, &proxy, "407", "does not accept this name and password");
    check_refusal("HTTP/1.1 401 Unauthorized\r\n\r\n", &proxy, "401 Unauthorized",
                  "does not accept this name and password");
    check_refusal("HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: "
                  "basic\r\n\r\n",
                  &proxy, "407", "does not accept");
}

static void link_proxy_reports_what_the_answer_says_beyond_its_status(void **state)
{
    struct proxy proxy = a_proxy();

    (void)state;
    check_refusal("HTTP/1.1 503 Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n", &proxy,
                  "503 Unavailable to CONNECT example.com:443 (\"ERR_DNS_FAIL 0\")",
                  "could not reach example.com:443");
    check_refusal("HTTP/1.1 502 Bad Gateway\r\nProxy-Status: p; error=connection_refused\r\n\r\n",
                  &proxy, "p; error=connection_refused", "could not reach");
    check_refusal("HTTP/1.1 403 Forbidden\r\n\r\n", &proxy, "answered 403 Forbidden", "--noproxy");
    check_refusal("HTTP/1.1 405\r\n\r\n", &proxy, "answered 405 to", "socks5h://");
    check_refusal("HTTP/1.1 101 Switching Protocols\r\n\r\n", &proxy, "answered 101", "CONNECT");
    check_refusal("HTTP/1.1 302 Moved\r\nLocation: http://login/\r\n\r\n", &proxy, "302 Moved", "");
}

static void link_proxy_shows_a_body_of_plain_text_shortened(void **state)
{
    static const char says[] = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n"
                               "1b\r\nno tunnels\r\n\tto \033[31mthere!\r\n0\r\n\r\n";
    struct proxy proxy = a_proxy();
    struct script *s;
    struct link *l = tunnel(&s, says, &proxy);
    char page[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n<html>no!";
    char much[3000] = "HTTP/1.1 403 Forbidden\r\n\r\n";
    size_t head = strlen(much);
    struct err e;

    (void)state;
    assert_int_equal(link_connect(l, &e), LINK_FAILED);
    assert_non_null(strstr(e.text, "(\"no tunnels to ?[31mthere!\")"));
    link_free(l);

    l = tunnel(&s, page, &proxy);
    assert_int_equal(link_connect(l, &e), LINK_FAILED);
    assert_null(strstr(e.text, "html"));
    link_free(l);

    memset(much + head, 'x', sizeof much - head - 1);
    l = tunnel(&s, much, &proxy);
    assert_int_equal(link_connect(l, &e), LINK_FAILED);
    assert_non_null(strstr(e.text, "xxx...\")"));
    link_free(l);
}

static void link_proxy_says_so_when_something_else_answers(void **state)
{
    struct proxy proxy = a_proxy();

    (void)state;
    check_refusal("SSH-2.0-OpenSSH_9.2\r\n", &proxy, "did not answer like an HTTP proxy",
                  "socks5h://");
    check_refusal("\x15\x03\x01", &proxy, "did not answer like an HTTP proxy", "https://");
    check_refusal("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", &proxy, "no colon", "");
}

static void link_proxy_says_so_when_the_proxy_hangs_up(void **state)
{
    struct proxy proxy = a_proxy();
    struct script *s;
    struct link *l = tunnel(&s, "HTTP/1.1 2", &proxy);
    struct err e;

    (void)state;
    check_refusal("HTTP/1.1 2", &proxy, "hung up before it answered", "its kind");
    s->resets = true;
    assert_int_equal(link_connect(l, &e), LINK_FAILED);
    assert_int_equal(e.code, EXIT_PROXY);
    assert_int_equal(e.errnum, ECONNRESET);
    assert_non_null(strstr(e.text, "the connection broke"));
    assert_true((l->ended & LINK_GOT_RST) != 0);
    link_free(l);
}

static void link_proxy_bounds_the_answer(void **state)
{
    static char says[256 * 1024];
    static const char interim[] = "HTTP/1.1 102 Processing\r\n\r\n";
    struct proxy proxy = a_proxy();
    struct script *s;
    struct link *l;
    struct err e;
    size_t n = 0;

    (void)state;
    memcpy(says, "HTTP/1.1 200 OK\r\nX: ", 20);
    memset(says + 20, 'x', sizeof says - 21);
    l = tunnel(&s, says, &proxy);
    s->step = 1000;
    assert_int_equal(link_connect(l, &e), LINK_FAILED);
    assert_int_equal(e.code, EXIT_PROXY);
    assert_true(s->done <= 72 * 1024);
    link_free(l);

    for (n = 0; n + sizeof interim < sizeof says; n += sizeof interim - 1)
        memcpy(says + n, interim, sizeof interim);
    l = tunnel(&s, says, &proxy);
    assert_int_equal(link_connect(l, &e), LINK_FAILED);
    assert_non_null(strstr(e.text, "answered 102"));
    link_free(l);
}

static void link_proxy_survives_failing_allocations(void **state)
{
    static const char says[] = "HTTP/1.1 200 OK\r\n\r\nabc";
    char user[] = "me", password[] = "hush";
    struct proxy proxy = a_proxy();
    unsigned freed = 0;

    (void)state;
    proxy.user = user;
    proxy.password = password;
    ALLOC_EACH({
        struct script *s = script_new(says, sizeof says - 1, &freed);
        struct err e;
        struct link *l;

        if (s) {
            freed = 0;
            l = link_proxy_new(&s->link, &proxy, "example.com", 443, 0, &e);
            if (!l) {
                assert_int_equal(e.code, EXIT_OTHER);
                assert_int_equal(freed, 0); /* next stays the caller's */
                link_free(&s->link);
            } else {
                if (link_connect(l, &e) != 0)
                    assert_int_equal(e.code, EXIT_OTHER);
                link_free(l);
            }
            assert_int_equal(freed, 1);
        }
    });
}

static void link_proxy_reads_a_folded_field(void **state)
{
    const struct proxy proxy = a_proxy();
    struct script *script;
    struct link *l = tunnel(&script, "HTTP/1.1 200 OK\r\nVia: 1.1\r\n a\r\n\r\n", &proxy);
    struct err e;

    (void)state;
    assert_int_equal(link_connect(l, &e), 0);
    link_free(l);
    check_refusal("HTTP/1.1 502 Bad\r\nProxy-Status: a;\r\n\terror=x\r\n\r\n", &proxy,
                  "(\"a; error=x\")", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_proxy_reads_a_folded_field),
        cmocka_unit_test(link_proxy_asks_for_the_authority_and_nothing_else),
        cmocka_unit_test(link_proxy_puts_ipv6_in_brackets),
        cmocka_unit_test(link_proxy_sends_basic_credentials),
        cmocka_unit_test(link_proxy_keeps_what_follows_the_answer),
        cmocka_unit_test(link_proxy_waits_to_write_before_it_waits_to_read),
        cmocka_unit_test(link_proxy_names_the_option_when_credentials_are_wanted),
        cmocka_unit_test(link_proxy_reports_what_the_answer_says_beyond_its_status),
        cmocka_unit_test(link_proxy_shows_a_body_of_plain_text_shortened),
        cmocka_unit_test(link_proxy_says_so_when_something_else_answers),
        cmocka_unit_test(link_proxy_says_so_when_the_proxy_hangs_up),
        cmocka_unit_test(link_proxy_bounds_the_answer),
        cmocka_unit_test(link_proxy_survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
