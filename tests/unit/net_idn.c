#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "net/idn.h"

static void check(const char *host, const char *ascii)
{
    struct err e;
    char *got;

    err_clear(&e);
    got = idn_to_ascii(host, &e);
    if (!got || strcmp(got, ascii) != 0)
        fail_msg("%s: %s (%s)", host, got ? got : "none", e.text);
    free(got);
}

static void check_error(const char *host, long at)
{
    struct err e;
    char *got = idn_to_ascii(host, &e);

    if (got)
        fail_msg("%s: %s", host, got);
    assert_int_equal(e.code, EXIT_USAGE);
    assert_int_equal(e.stage, STAGE_USAGE);
    if (e.at != at || !strstr(e.text, "host name"))
        fail_msg("%s: at %ld: %s", host, e.at, e.text);
}

static void idn_leaves_ascii_alone(void **state)
{
    (void)state;
    check("example.com", "example.com");
    check("127.0.0.1", "127.0.0.1");
    check("fe80::1", "fe80::1");
    check("under_score.example", "under_score.example");
    check("xn--bcher-kva.example", "xn--bcher-kva.example");
    check("", "");
}

static void idn_makes_a_labels(void **state)
{
    (void)state;
    check("b\u00fccher.example", "xn--bcher-kva.example");
    check("B\u00dcCHER.example", "xn--bcher-kva.example");
    /* The same letter in two pieces (Unicode's NFC). */
    check("bu\u0308cher.example", "xn--bcher-kva.example");
    check("\u4f8b\u3048.\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah");
    /* UTS #46, section 2.3: other dots are dots. */
    check("b\u00fccher\u3002example", "xn--bcher-kva.example");
}

static void idn_maps_symbols_as_browsers_do(void **state)
{
    (void)state;
    check("\u2603.net", "xn--n3h.net");
    check("i\u2764\ufe0f.ws", "xn--i-7iq.ws");
    check("\U0001f4a9.la", "xn--ls8h.la");
    check("stra\u00dfe.\u2603.example.", "xn--strae-oqa.xn--n3h.example.");
    /* Mapped for want of another way, the sharp s would become "ss", another name. */
    check_error("stra\u00dfe\u2603.example", 0);
}

static void idn_checks_what_it_mapped(void **state)
{
    (void)state;
    check("\uff11\uff12\uff17.0.0.1", "127.0.0.1");
    check_error("a\uff0580", 0);    /* % */
    check_error("a\uff1a80", 0);    /* : */
    check_error("b.a\uff0fc", 2);   /* / */
    check_error("\u2100.com", 0);   /* a/c */
    check_error("a\u3000b.com", 0); /* a blank */
    check_error("\u00ad.com", 0);   /* nothing */
}

static void idn_refuses_empty_labels(void **state)
{
    (void)state;
    check("\u00fc.example.", "xn--tda.example.");
    check_error(".\u00fc.example", 0);
    check_error("\u00fc..example", 3);
    check_error("\u00fc\u3002.example", 5);
}

static void idn_is_not_transitional(void **state)
{
    (void)state;
    check("stra\u00dfe.example", "xn--strae-oqa.example");
}

static void idn_points_at_the_label_that_is_no_name(void **state)
{
    char longest[300] = "\u00fc";

    (void)state;
    check_error("ok.\u00fc\u2028.example", 3);
    check_error("\u0378.example", 0);
    check_error("b\u00fccher.a\u200b\u0301\u0378.example", 8);
    memset(longest + 2, 'a', 70);
    check_error(longest, 0);
}

static void idn_survives_failing_allocations(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct err e;
        char *ascii = idn_to_ascii("b\u00fccher.example", &e);

        if (!ascii)
            assert_int_equal(e.code, EXIT_OTHER);
        free(ascii);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idn_leaves_ascii_alone),
        cmocka_unit_test(idn_makes_a_labels),
        cmocka_unit_test(idn_is_not_transitional),
        cmocka_unit_test(idn_maps_symbols_as_browsers_do),
        cmocka_unit_test(idn_checks_what_it_mapped),
        cmocka_unit_test(idn_refuses_empty_labels),
        cmocka_unit_test(idn_points_at_the_label_that_is_no_name),
        cmocka_unit_test(idn_survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
