#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "alloc.h"
#include "net/link_socks.h"
#include "net_script.h"

static char proxy_host[] = "proxy.example";

static struct proxy a_proxy(char *user, char *password)
{
    return (struct proxy){.kind = PROXY_SOCKS5H,
                          .host = proxy_host,
                          .port = 1080,
                          .user = user,
                          .password = password,
                          .source = "--proxy"};
}

/* The bytes of a string literal. */
#define BYTES(text) text, sizeof text - 1

static struct link *tunnel(struct script **script, const char *says, size_t len,
                           const struct proxy *proxy, const char *host)
{
    struct link *l;
    struct err e;

    *script = script_new(says, len, NULL);
    assert_non_null(*script);
    l = link_socks_new(&(*script)->link, proxy, host, 443, &e);
    assert_non_null(l);
    return l;
}

/* The proxy's answers make a tunnel wherever they are cut, and the bytes behind them are left. */
static void check_talk(const char *says, size_t len, const struct proxy *proxy, const char *host,
                       const char *heard, size_t heard_len)
{
    for (size_t cut = 0; cut <= len; cut++) {
        struct script *s;
        struct link *l = tunnel(&s, says, len, proxy, host);
        char byte = 0;
        struct err e;
        int rc;

        s->ready = cut;
        rc = link_connect(l, &e);
        assert_int_equal(rc, cut < len - 1 ? LINK_AGAIN : 0);
        if (rc == LINK_AGAIN) {
            assert_int_equal(link_events(l, false, false), LINK_READABLE);
            s->ready = len;
            assert_int_equal(link_connect(l, &e), 0);
        }
        s->ready = len;
        assert_int_equal(s->heard_len, heard_len);
        assert_memory_equal(s->heard, heard, heard_len);
        assert_int_equal(link_pending(l), 0);
        assert_int_equal(link_read(l, (uint8_t *)&byte, 1, &e), 1);
        assert_int_equal(byte, '!');
        assert_int_equal(link_write(l, (const uint8_t *)"x", 1, &e), 1);
        assert_int_equal(link_events(l, true, true), LINK_READABLE | LINK_WRITABLE);
        assert_int_equal(link_close(l, &e), 0);
        assert_int_equal(link_connect(l, &e), 0);
        link_free(l);
    }
}

static void check_refusal(const char *says, size_t len, const struct proxy *proxy, int errnum,
                          const char *text, const char *hint)
{
    for (size_t step = 1; step <= 3; step += 2) {
        struct script *s;
        struct link *l = tunnel(&s, says, len, proxy, "example.com");

        s->step = step;
        s->hangs_up = true;
        script_refused(l, "proxy.example:1080", errnum, text, hint);
    }
}

static void link_socks_hands_over_a_name(void **state)
{
    struct proxy proxy = a_proxy(NULL, NULL);

    (void)state;
    check_talk(BYTES("\5\0\5\0\0\1\x7f\0\0\1\x1f\x90!"), &proxy, "example.com",
               BYTES("\5\1\0\5\1\0\3\x0b"
                     "example.com\1\xbb"));
}

static void link_socks_hands_over_addresses(void **state)
{
    struct proxy proxy = a_proxy(NULL, NULL);

    (void)state;
    check_talk(BYTES("\5\0\5\0\0\1\0\0\0\0\0\0!"), &proxy, "192.0.2.7",
               BYTES("\5\1\0\5\1\0\1\xc0\0\2\7\1\xbb"));
    check_talk(BYTES("\5\0\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0!"), &proxy, "2001:db8::1",
               BYTES("\5\1\0\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\1\xbb"));
}

static void link_socks_reads_a_bound_name(void **state)
{
    struct proxy proxy = a_proxy(NULL, NULL);

    (void)state;
    check_talk(BYTES("\5\0\5\0\0\3\4host\0\0!"), &proxy, "192.0.2.7",
               BYTES("\5\1\0\5\1\0\1\xc0\0\2\7\1\xbb"));
    check_talk(BYTES("\5\0\5\0\0\3\0\0\0!"), &proxy, "192.0.2.7",
               BYTES("\5\1\0\5\1\0\1\xc0\0\2\7\1\xbb"));
}

static void link_socks_gives_user_and_password(void **state)
{
    char user[] = "me", password[] = "hush";
    struct proxy proxy = a_proxy(user, password);

    (void)state;
    check_talk(BYTES("\5\2\1\0\5\0\0\1\0\0\0\0\0\0!"), &proxy, "192.0.2.7",
               BYTES("\5\2\0\2\1\2me\4hush\5\1\0\1\xc0\0\2\7\1\xbb"));
    /* A proxy that wants none is not told. */
    check_talk(BYTES("\5\0\5\0\0\1\0\0\0\0\0\0!"), &proxy, "192.0.2.7",
               BYTES("\5\2\0\2\5\1\0\1\xc0\0\2\7\1\xbb"));
    proxy.password = NULL;
    check_talk(BYTES("\5\2\1\0\5\0\0\1\0\0\0\0\0\0!"), &proxy, "192.0.2.7",
               BYTES("\5\2\0\2\1\2me\0\5\1\0\1\xc0\0\2\7\1\xbb"));
}

static void link_socks_goes_on_in_pieces_of_any_size(void **state)
{
    char user[] = "me", password[] = "hush";
    struct proxy proxy = a_proxy(user, password);
    struct script *s;
    struct link *l =
        tunnel(&s, BYTES("\5\2\1\0\5\0\0\3\1h\0\0"), &proxy, "a-host-of-some-length.example");
    struct err e;
    int rc, turns = 0;

    (void)state;
    s->step = 1;
    s->stutter = true;
    while ((rc = link_connect(l, &e)) == LINK_AGAIN && turns++ < 1000)
        assert_int_not_equal(link_events(l, false, false), 0);
    assert_int_equal(rc, 0);
    assert_memory_equal(s->heard,
                        "\5\2\0\2\1\2me\4hush\5\1\0\3\x1d"
                        "a-host",
                        23);
    link_free(l);
}

static void link_socks_has_a_sentence_for_each_reply(void **state)
{
    static const struct {
        char code;
        int errnum;
        const char *text, *hint;
    } replies[] = {
        {1, 0, "general", "log"},
        {2, EACCES, "rules", "--noproxy"},
        {3, ENETUNREACH, "network is unreachable", "-4"},
        {4, EHOSTUNREACH, "host is unreachable", "socks5h://"},
        {5, ECONNREFUSED, "refused", "is the server up"},
        {6, ETIMEDOUT, "TTL", "route"},
        {7, 0, "command CONNECT", "another"},
        {8, EAFNOSUPPORT, "kind of address", "socks5h://"},
        {9, 0, "for an unknown reason (SOCKS reply 9)", "log"},
        {(char)255, 0, "(SOCKS reply 255)", "log"},
    };
    struct proxy proxy = a_proxy(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        char says[] = "\5\0\5.\0\1\0\0\0\0\0\0";

        says[3] = replies[i].code;
        check_refusal(says, sizeof says - 1, &proxy, replies[i].errnum, replies[i].text,
                      replies[i].hint);
        /* Some hang up behind the code. */
        check_refusal(says, 4, &proxy, replies[i].errnum, replies[i].text, replies[i].hint);
    }
}

static void link_socks_names_the_option_when_credentials_are_wanted(void **state)
{
    char user[] = "me", password[] = "hush";
    struct proxy without = a_proxy(NULL, NULL), with = a_proxy(user, password);

    (void)state;
    check_refusal(BYTES("\5\xff"), &without, 0, "without credentials",
                  "--proxy socks5h://USER:PASS@HOST:PORT");
    check_refusal(BYTES("\5\xff"), &with, 0, "with a user name", "omit USER:PASS");
    check_refusal(BYTES("\5\2\1\1"), &with, 0, "refused the user name or password (status 1",
                  "--proxy socks5h://USER:PASS@HOST:PORT");
    check_refusal(BYTES("\5\2"), &with, 0, "hung up", "--proxy socks5h://USER:PASS@HOST:PORT");
}

static void link_socks_says_so_when_something_else_answers(void **state)
{
    char user[] = "me", password[] = "hush";
    struct proxy without = a_proxy(NULL, NULL), with = a_proxy(user, password);

    (void)state;
    check_refusal(BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), &without, 0, "does not speak SOCKS5",
                  "--proxy http://");
    check_refusal(BYTES("\4\0"), &without, 0, "the version 4", "SOCKS4");
    check_refusal(BYTES("\0\x5b"), &without, 0, "the version 0", "SOCKS4");
    check_refusal(BYTES("\5\2"), &without, 0, "which was not offered", "");
    check_refusal(BYTES("\5\1"), &with, 0, "which was not offered, 1", "");
    check_refusal(BYTES("\5\2\5\0"), &with, 0, "version of authentication 5", "");
    check_refusal(BYTES("\5\0\4\0\0\1\0\0\0\0\0\0"), &without, 0, "the version 4", "");
    check_refusal(BYTES("\5\0\5\0\0\2\0\0\0\0\0\0"), &without, 0, "the address type 2", "");
}

static void link_socks_says_so_when_the_proxy_hangs_up(void **state)
{
    static const char says[] = "\5\0\5\0\0\1\0\0\0\0\0\0";
    struct proxy proxy = a_proxy(NULL, NULL);

    (void)state;
    for (size_t len = 0; len < sizeof says - 1; len++)
        check_refusal(says, len, &proxy, 0, "hung up before it answered", "its kind");
}

static void link_socks_refuses_what_the_protocol_has_no_room_for(void **state)
{
    char longest[257], longer[258];
    struct proxy proxy = a_proxy(NULL, NULL);
    struct script *s = script_new("", 0, NULL);
    struct err e;
    struct link *l;

    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[255] = '\0';
    memset(longer, 'a', sizeof longer);
    longer[256] = '\0';
    assert_null(link_socks_new(&s->link, &proxy, longer, 1, &e));
    assert_int_equal(e.code, EXIT_PROXY);
    assert_null(link_socks_new(&s->link, &proxy, "", 1, &e));
    proxy.user = longer;
    assert_null(link_socks_new(&s->link, &proxy, "h", 1, &e));
    assert_int_equal(e.code, EXIT_PROXY);
    proxy.user = longest;
    proxy.password = longest;
    l = link_socks_new(&s->link, &proxy, longest, 1, &e);
    assert_non_null(l);
    s->says = (const uint8_t *)"\5\2\1\0\5\0\0\1\0\0\0\0\0\0";
    s->len = s->ready = 14;
    assert_int_equal(link_connect(l, &e), 0);
    assert_int_equal(s->heard_len, 4 + 3 + 2 * 255 + 4 + 1 + 255 + 2);
    link_free(l);
}

static void link_socks_survives_a_failing_allocation(void **state)
{
    struct proxy proxy = a_proxy(NULL, NULL);
    unsigned freed = 0;

    (void)state;
    ALLOC_EACH({
        struct script *s = script_new("", 0, &freed);
        struct err e;
        struct link *l;

        if (s) {
            l = link_socks_new(&s->link, &proxy, "example.com", 443, &e);
            if (!l)
                assert_int_equal(e.code, EXIT_OTHER);
            link_free(l ? l : &s->link);
        }
    });
    assert_int_equal(freed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_socks_hands_over_a_name),
        cmocka_unit_test(link_socks_hands_over_addresses),
        cmocka_unit_test(link_socks_reads_a_bound_name),
        cmocka_unit_test(link_socks_gives_user_and_password),
        cmocka_unit_test(link_socks_goes_on_in_pieces_of_any_size),
        cmocka_unit_test(link_socks_has_a_sentence_for_each_reply),
        cmocka_unit_test(link_socks_names_the_option_when_credentials_are_wanted),
        cmocka_unit_test(link_socks_says_so_when_something_else_answers),
        cmocka_unit_test(link_socks_says_so_when_the_proxy_hangs_up),
        cmocka_unit_test(link_socks_refuses_what_the_protocol_has_no_room_for),
        cmocka_unit_test(link_socks_survives_a_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
