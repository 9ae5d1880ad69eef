#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fanout/expect.h"

/* --- nonces -------------------------------------------------------------------------------------
 */

static struct nonces nonces;

static void nonces_are_found_wherever_they_are(void **state)
{
    char one[NONCE_TEXT], other[NONCE_TEXT], text[200];
    uint32_t found[NONCE_FOUND];

    (void)state;
    nonces_init(&nonces, UINT64_C(0xfedcba9876543210));
    nonce_make(&nonces, 7, one);
    nonce_make(&nonces, UINT32_MAX, other);
    assert_int_equal(strlen(one), NONCE_LEN);
    assert_int_equal(strspn(one, "abcdefghijklmnopqrstuvwxyz0123456789"), NONCE_LEN);
    snprintf(text, sizeof text, "42[\"chat\",{\"a\":\"%s\",\"b\":[\"%s%s\"],\"again\":\"%s\"}]",
             one, other, one, one);
    assert_int_equal(nonces_find(&nonces, slice_str(text), found), 2);
    assert_int_equal(found[0], 7);
    assert_int_equal(found[1], UINT32_MAX);
    for (size_t cut = 0; cut < NONCE_LEN; cut++)
        assert_int_equal(nonces_find(&nonces, slice_make(one, cut), found), 0);
    assert_int_equal(nonces_find(&nonces, slice_make(NULL, 0), found), 0);
}

static void nonces_of_another_run_are_not_found(void **state)
{
    struct nonces other;
    char text[NONCE_TEXT];
    uint32_t found[NONCE_FOUND];

    (void)state;
    nonces_init(&nonces, 1);
    nonces_init(&other, 2);
    nonce_make(&other, 1, text);
    assert_int_equal(nonces_find(&nonces, slice_str(text), found), 0);
    nonce_make(&nonces, 1, text);
    text[NONCE_LEN - 1] = 'x';
    assert_int_equal(nonces_find(&nonces, slice_str(text), found), 0);
}

static void nonces_found_are_bounded(void **state)
{
    static char text[(NONCE_FOUND + 10) * NONCE_LEN + 1];
    uint32_t found[NONCE_FOUND];
    char *large = malloc(NONCE_SEARCHED + NONCE_LEN + 1);

    (void)state;
    nonces_init(&nonces, 3);
    for (uint32_t i = 0; i < NONCE_FOUND + 10; i++)
        nonce_make(&nonces, i, text + i * NONCE_LEN);
    assert_int_equal(nonces_find(&nonces, slice_str(text), found), NONCE_FOUND);
    assert_non_null(large);
    memset(large, 'f', NONCE_SEARCHED);
    nonce_make(&nonces, 1, large + NONCE_SEARCHED);
    assert_int_equal(nonces_find(&nonces, slice_str(large), found), 0);
    free(large);
}

/* --- naming -------------------------------------------------------------------------------------
 */

static struct naming *naming;

static void answer(uint32_t conn, const char *name, const char *value)
{
    const struct field field = {slice_str(name), slice_str(value)};

    assert_int_equal(naming_answer(naming, conn, &field, 1), 0);
}

static void begin(uint32_t connections, const char *source)
{
    static struct naming_source given;
    struct err e;

    naming_free(naming);
    if (source)
        assert_int_equal(naming_parse(&given, source, &e), 0);
    naming = naming_new(connections, source ? &given : NULL);
    assert_non_null(naming);
}

static const char *name_of(uint32_t conn)
{
    uint32_t node = naming_node(naming, conn);

    return node < NODES_MAX ? naming_name(naming, node) : NULL;
}

static void naming_by_what_the_user_says(void **state)
{
    (void)state;
    begin(2, "header:Pod");
    answer(0, "pod", "web-1");
    answer(1, "Pod", "web-2");
    assert_true(naming_settle(naming));
    assert_string_equal(name_of(0), "web-1");
    assert_string_equal(name_of(1), "web-2");

    begin(2, "cookie:lb");
    answer(0, "Set-Cookie", "lb=s1; Path=/; HttpOnly");
    answer(1, "Set-Cookie", "lb2=s2");
    assert_true(naming_settle(naming));
    assert_string_equal(name_of(0), "s1");
    assert_null(name_of(1));

    begin(3, "json:/me/at");
    assert_int_equal(naming_message(naming, 0, slice_str("{\"me\":{\"at\":\"a\\u0062\"}}")), 0);
    assert_int_equal(naming_message(naming, 1, slice_str("{\"me\":{\"at\":17}}")), 0);
    assert_int_equal(naming_message(naming, 2, slice_str("{\"me\":{\"at\":{}}} ")), 0);
    assert_string_equal(name_of(0), "ab");
    assert_string_equal(name_of(1), "17");
    assert_null(name_of(2));
    /* Opened again, perhaps elsewhere. */
    answer(0, "x", "y");
    assert_null(name_of(0));
    naming_free(naming);
    naming = NULL;
}

static void naming_finds_the_well_known(void **state)
{
    static const struct {
        const char *field, *value, *other, *source, *name;
    } cases[] = {
        {"Set-Cookie", "SERVERID=s1; path=/", "SERVERID=s2; path=/", "cookie SERVERID", "s1"},
        {"Set-Cookie", "JSESSIONID=0123456.tomcat1", "JSESSIONID=0456.tomcat2", "cookie JSESSIONID",
         "tomcat1"},
        {"Set-Cookie", "BIGipServerpool=1677787402.36895.0000", "BIGipServerpool=1.3.0",
         "cookie BIGipServer*", "1677787402.36895.0000"},
        {"X-Served-By", "web-1", "web-2", "header x-served-by", "web-1"},
    };
    char text[NAMING_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(8, NULL);
        for (uint32_t conn = 0; conn < 8; conn++)
            answer(conn, cases[i].field, conn % 2 ? cases[i].other : cases[i].value);
        assert_true(naming_settle(naming));
        naming_print(text, naming_used(naming));
        assert_string_equal(text, cases[i].source);
        assert_string_equal(name_of(0), cases[i].name);
        assert_int_equal(naming_count(naming), 2);
    }
    begin(4, NULL);
    for (uint32_t conn = 0; conn < 4; conn++) {
        answer(conn, "Server", "nginx");
        assert_int_equal(
            naming_message(naming, conn,
                           slice_str(conn % 2
                                         ? "42[\"welcome\",{\"nodeId\":\"a\"}]"
                                         : "{\"type\":\"hello\",\"data\":{\"nodeId\":\"b\"}}")),
            0);
    }
    assert_true(naming_settle(naming));
    assert_string_equal(name_of(1), "a");
    assert_string_equal(name_of(2), "b");
    naming_free(naming);
    naming = NULL;
}

static void naming_takes_no_session_for_a_node(void **state)
{
    char value[64];

    (void)state;
    begin(100, NULL);
    for (uint32_t conn = 0; conn < 100; conn++) {
        snprintf(value, sizeof value, "node=session%u", conn);
        answer(conn, "Set-Cookie", value);
    }
    assert_false(naming_settle(naming));
    assert_null(naming_used(naming));
    assert_int_equal(naming_node(naming, 1), NODES_MAX);
    naming_free(naming);
    naming = NULL;
}

/* The part that tells nodes apart is often the last. */
static void naming_shortens_in_the_middle(void **state)
{
    char longer[300], text[16];

    (void)state;
    naming_shorten(text, sizeof text, slice_str("exactly 15 long"));
    assert_string_equal(text, "exactly 15 long");
    naming_shorten(text, sizeof text, slice_str("chat-7d9f8c6b5d-x2x9z"));
    assert_string_equal(text, "chat-7...-x2x9z");
    /* Two bytes each: none is cut in two. */
    naming_shorten(text, sizeof text,
                   slice_str("a\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"));
    assert_string_equal(text, "a\u00e9\u00e9...\u00e9\u00e9\u00e9");
    naming_shorten(text, sizeof text,
                   slice_str("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"));
    assert_string_equal(text, "...");

    memset(longer, 'x', sizeof longer);
    longer[298] = '\0';
    begin(2, NULL);
    longer[297] = 'a';
    answer(0, "X-Node", longer);
    longer[297] = 'b';
    answer(1, "X-Node", longer);
    assert_true(naming_settle(naming));
    assert_int_equal(naming_count(naming), 2);
    naming_free(naming);
    naming = NULL;
}

static void naming_takes_no_blanks_for_a_name(void **state)
{
    (void)state;
    begin(3, "json:/node");
    assert_int_equal(naming_message(naming, 0, slice_str("{\"node\":\" \\u0000x\"}")), 0);
    assert_int_equal(naming_message(naming, 1, slice_str("{\"node\":\" a \"}")), 0);
    assert_int_equal(naming_message(naming, 2, slice_str("{\"node\":\"a\"}")), 0);
    assert_true(naming_settle(naming));
    assert_null(name_of(0));
    assert_string_equal(name_of(1), "a");
    assert_int_equal(naming_count(naming), 1);
    naming_free(naming);
    naming = NULL;
}

static void naming_is_bounded(void **state)
{
    char value[600];

    (void)state;
    begin(200, "header:n");
    for (uint32_t conn = 0; conn < 200; conn++) {
        snprintf(value, sizeof value, "%u-%0500d", conn, 1);
        answer(conn, "n", value);
    }
    assert_int_equal(naming_count(naming), NODES_MAX);
    assert_int_equal(strlen(naming_name(naming, 0)), NODE_NAME - 1);
    assert_int_equal(naming_node(naming, 199), NODES_MAX);
    naming_free(naming);
    naming = NULL;
}

static void naming_refuses_bad_sources(void **state)
{
    static const char *const bad[] = {"", "node", "json:node", "json:/a~2", "header:", "cookie:"};
    struct naming_source source;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(naming_parse(&source, bad[i], &e), -1);
        assert_int_equal(e.code, EXIT_USAGE);
    }
}

static void use_memory(void)
{
    static const struct field field = {{(const uint8_t *)"x-node", 6}, {(const uint8_t *)"a", 1}};

    naming_free(naming);
    naming = naming_new(3, NULL);
    if (naming && naming_answer(naming, 0, &field, 1) == 0)
        naming_message(naming, 0, slice_str("{\"node\":1}"));
}

static void naming_survives_failing_allocations(void **state)
{
    (void)state;
    ALLOC_EACH(use_memory());
    naming_free(naming);
    naming = NULL;
}

/* --- stickiness ---------------------------------------------------------------------------------
 */

static void sticky_is_one_sentence(void **state)
{
    static const struct {
        struct sticky facts;
        const char *word, *says;
    } cases[] = {
        {{.plain = {.opened = 8, .nodes = 3, .same = 3},
          .cookie = {.opened = 8, .nodes = 1, .same = 8},
          .cookie_name = "SERVERID",
          .named = true},
         "cookie",
         "Sticky by the cookie SERVERID: all 8 connections"},
        {{.plain = {.opened = 8, .nodes = 3, .same = 3},
          .cookie = {.opened = 8, .nodes = 3, .same = 2},
          .cookie_name = "sid",
          .named = true},
         "none",
         "of 8 connections that sent the cookie sid back, 2 reached"},
        {{.plain = {.opened = 8, .nodes = 3, .same = 3}, .named = true},
         "none",
         "8 connections from one address were on 3 nodes, and no cookie was set"},
        {{.plain = {.opened = 8, .nodes = 1, .same = 8},
          .address = {.opened = 4, .nodes = 2, .same = 1},
          .named = true},
         "address",
         "Sticky by source address"},
        {{.plain = {.opened = 8, .nodes = 1, .same = 8},
          .address = {.opened = 4, .nodes = 1, .same = 4},
          .named = true},
         "one-node",
         "All 12 connections, from two addresses, were on one node"},
        {{.plain = {.opened = 8, .nodes = 1, .same = 8}, .named = true},
         NULL,
         "sticky by source address, or there is only one node"},
        {{.plain = {.opened = 8, .nodes = 2, .same = 4},
          .session = {.opened = 4, .nodes = 1, .same = 4},
          .named = true},
         "tls-session",
         "Sticky by TLS session"},
        {{.plain = {.opened = 8}},
         NULL,
         "nothing in the handshakes or first messages names a node"},
        {{.several = 8, .session_unknown = 5}, "none", "400 \"Session ID unknown\""},
    };
    char text[STICKY_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *word = sticky_word(sticky_judge(&cases[i].facts));

        if (cases[i].word)
            assert_string_equal(word, cases[i].word);
        else
            assert_null(word);
        sticky_sentence(text, &cases[i].facts);
        if (!strstr(text, cases[i].says))
            print_error("%s\n", text);
        assert_non_null(strstr(text, cases[i].says));
    }
}

/* --- what is expected of a drill ----------------------------------------------------------------
 */

static struct fanout_report drill(void)
{
    return (struct fanout_report){.drilled = true,
                                  .drill = {.connections = 100,
                                            .ended = 100,
                                            .clean = 99,
                                            .back = 100,
                                            .lost = 0,
                                            .away_max_us = 9900000,
                                            .peak_per_s = 49,
                                            .even = 1.4}};
}

static size_t failures(const struct fanout_report *r, const char *list, char reason[256])
{
    struct drill_verdict verdicts[CRITERIA_MAX];
    struct criteria x;
    struct err e;
    size_t failed;

    assert_int_equal(drill_expect_parse(&x, list, &e), 0);
    failed = drill_expect_check(&x, r, verdicts);
    for (size_t i = 0; i < x.count; i++)
        if (!verdicts[i].ok)
            snprintf(reason, 256, "%s", verdicts[i].reason);
    return failed;
}

static void drill_expectations_are_checked(void **state)
{
    static const char list[] = "clean>=99%,back<10s,lost=0,peak<50/s,even<1.5";
    struct fanout_report r = drill();
    char reason[256];

    (void)state;
    assert_int_equal(failures(&r, list, reason), 0);
    r.drill.clean = 98;
    assert_int_equal(failures(&r, list, reason), 1);
    assert_string_equal(reason, "98 of the 100 connections that ended were closed cleanly");
    r = drill();
    r.drill.gone = 100;
    r.drill.back = 0;
    assert_int_equal(failures(&r, list, reason), 1);
    assert_string_equal(reason, "100 of the 100 connections that ended did not return");
    r = drill();
    r.drill.peak_per_s = 50;
    r.drill.even = 1.5;
    r.drill.lost = 1;
    assert_int_equal(failures(&r, list, reason), 3);
    r.drill.even = 0;
    assert_int_equal(failures(&r, "even<2", reason), 1);
    assert_non_null(strstr(reason, "nothing names them, or no connection is open"));
    r.drilled = false;
    assert_int_equal(failures(&r, "lost<5", reason), 1);
}

static void drill_expectations_are_read(void **state)
{
    static const struct {
        const char *list;
        long at;
    } bad[] = {{"", -1},         {"clean>=99", 7},      {"clean>=101%", 7}, {"even<", 5},
               {"back<fast", 5}, {"lost=0,bakc<1s", 7}, {"peak", 4},        {"even<1.5.2", 5}};
    struct criteria x;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(drill_expect_parse(&x, bad[i].list, &e), -1);
        assert_int_equal(e.code, EXIT_USAGE);
        if (e.at != bad[i].at)
            print_error("%s: at %ld: %s\n", bad[i].list, e.at, e.text);
        assert_int_equal(e.at, bad[i].at);
    }
    assert_int_equal(drill_expect_parse(&x, "bakc<1s", &e), -1);
    assert_string_equal(e.hint, "did you mean back?");
}

static void expected_receivers_are_read(void **state)
{
    enum fanout_expect expect;
    uint32_t islands = 0;
    struct err e;

    (void)state;
    assert_int_equal(fanout_expect_parse("others", &expect, &islands, &e), 0);
    assert_int_equal(expect, FANOUT_OTHERS);
    assert_int_equal(fanout_expect_parse("islands:3", &expect, &islands, &e), 0);
    assert_int_equal(expect, FANOUT_ISLANDS);
    assert_int_equal(islands, 3);
    assert_int_equal(fanout_expect_parse("islands:0", &expect, &islands, &e), -1);
    assert_int_equal(fanout_expect_parse("islands", &expect, &islands, &e), -1);
    assert_int_equal(fanout_expect_parse("everybody", &expect, &islands, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nonces_are_found_wherever_they_are),
        cmocka_unit_test(nonces_of_another_run_are_not_found),
        cmocka_unit_test(nonces_found_are_bounded),
        cmocka_unit_test(naming_by_what_the_user_says),
        cmocka_unit_test(naming_finds_the_well_known),
        cmocka_unit_test(naming_takes_no_session_for_a_node),
        cmocka_unit_test(naming_shortens_in_the_middle),
        cmocka_unit_test(naming_takes_no_blanks_for_a_name),
        cmocka_unit_test(naming_is_bounded),
        cmocka_unit_test(naming_refuses_bad_sources),
        cmocka_unit_test(naming_survives_failing_allocations),
        cmocka_unit_test(sticky_is_one_sentence),
        cmocka_unit_test(drill_expectations_are_checked),
        cmocka_unit_test(drill_expectations_are_read),
        cmocka_unit_test(expected_receivers_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
