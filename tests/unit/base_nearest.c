#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"

/* Is the word near what was typed? */
static int is_near(const char *typed, const char *word)
{
    struct nearest n;

    nearest_begin(&n, typed, strlen(typed));
    nearest_offer(&n, word);
    return n.word != NULL;
}

static void nearest_takes_slips(void **state)
{
    static const char *const slips[][2] = {
        {"jsn", "json"},
        {"pnig", "ping"},
        {"ipng", "ping"},
        {"onnect", "connect"},
        {"cconnect", "connect"},
        {"colour", "color"},
        {"comapre", "compare"},
        {"serv", "serve"},
        {"reconect", "reconnect"},
        {"recnonect", "reconnect"},
        {"ping-intervall", "ping-interval"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        if (!is_near(slips[i][0], slips[i][1]))
            fail_msg("%s is not near %s", slips[i][0], slips[i][1]);
    }
}

static void nearest_makes_no_guesses(void **state)
{
    static const char *const guesses[][2] = {
        {"grep", "drop"},
        {"edit", "quit"},
        {"listen", "jitter"},
        {"crop", "drop"},
        {"kill", "fill"},
        {"secure", "insecure"},
        {"h", "x"},
        {"ab", "abc"},
        {"", "a"},
        {"post", "pong"},
        {"a", ""},
        {"0123456789012345678901234567890123456789", "012345678901234567890123456789"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++) {
        if (is_near(guesses[i][0], guesses[i][1]))
            fail_msg("%s is near %s", guesses[i][0], guesses[i][1]);
    }
}

static void nearest_keeps_the_nearest_then_the_first(void **state)
{
    struct nearest n;

    (void)state;
    nearest_begin(&n, "timeuot", 7);
    nearest_offer(&n, "timings");
    assert_null(n.word);
    nearest_offer(&n, "timeouts");
    assert_string_equal(n.word, "timeouts");
    nearest_offer(&n, "timeout");
    assert_string_equal(n.word, "timeout");
    nearest_offer(&n, "timeuots");
    assert_string_equal(n.word, "timeout");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_takes_slips),
        cmocka_unit_test(nearest_makes_no_guesses),
        cmocka_unit_test(nearest_keeps_the_nearest_then_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
