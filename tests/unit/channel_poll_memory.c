#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "channel/poll_memory.h"

/* Which of the items, one letter each, the answer before did not hold. */
static void answer(struct poll_memory *m, const char *items, const char *fresh)
{
    char got[64] = "";

    poll_memory_begin(m);
    for (const char *c = items; *c; c++)
        if (!poll_memory_held(m, slice_make(c, 1)))
            strncat(got, c, 1);
    poll_memory_end(m);
    assert_string_equal(got, fresh);
}

static void memory_compares_with_the_answer_before(void **state)
{
    struct poll_memory *m = poll_memory_new(7);

    (void)state;
    answer(m, "abc", "abc");
    answer(m, "abc", "");
    answer(m, "bcd", "d");
    answer(m, "cba", "a"); /* it was gone, and is back */
    answer(m, "", "");
    answer(m, "a", "a");
    answer(m, "bb", "bb");
    poll_memory_free(m);
}

static void memory_is_bounded(void **state)
{
    struct poll_memory *m = poll_memory_new(7);
    unsigned known = 0;

    (void)state;
    for (int round = 0; round < 2; round++) {
        known = 0;
        poll_memory_begin(m);
        for (unsigned i = 0; i < POLL_MEMORY_ITEMS + 1000; i++) {
            char text[16];

            snprintf(text, sizeof text, "%u", i);
            known += poll_memory_held(m, slice_str(text));
        }
        poll_memory_end(m);
    }
    assert_int_equal(known, POLL_MEMORY_ITEMS);
    poll_memory_free(m);
}

static void memory_has_validators_for_the_same_target_alone(void **state)
{
    struct poll_memory *m = poll_memory_new(7);
    char *longest = malloc(POLL_MEMORY_TAG + 1);

    (void)state;
    assert_null(poll_memory_etag(m, "/a"));
    poll_memory_validators(m, "/a", slice_str("\"x\""), slice_str("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_string_equal(poll_memory_etag(m, "/a"), "\"x\"");
    assert_string_equal(poll_memory_modified(m, "/a"), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_null(poll_memory_etag(m, "/a?since=1"));
    assert_null(poll_memory_modified(m, "/"));
    memset(longest, 'x', POLL_MEMORY_TAG);
    poll_memory_validators(m, "/a", slice_make(longest, POLL_MEMORY_TAG), slice_str(""));
    assert_null(poll_memory_etag(m, "/a"));
    assert_null(poll_memory_modified(m, "/a"));
    free(longest);
    poll_memory_free(m);
}

static void run_short_of_memory(void)
{
    struct poll_memory *m = poll_memory_new(7);

    if (!m)
        return;
    poll_memory_begin(m);
    assert_false(poll_memory_held(m, slice_str("a")));
    poll_memory_end(m);
    poll_memory_validators(m, "/", slice_str("x"), slice_str("y"));
    (void)poll_memory_etag(m, "/");
    poll_memory_free(m);
}

static void memory_survives_each_failed_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(run_short_of_memory());
}

static void memory_keeps_no_validator_that_a_head_cannot_hold(void **state)
{
    struct poll_memory *m = poll_memory_new(7);

    (void)state;
    poll_memory_validators(m, "/a", slice_str("\"1\x01\""), slice_str("Sun\x7f"));
    assert_null(poll_memory_etag(m, "/a"));
    assert_null(poll_memory_modified(m, "/a"));
    poll_memory_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_keeps_no_validator_that_a_head_cannot_hold),
        cmocka_unit_test(memory_compares_with_the_answer_before),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(memory_has_validators_for_the_same_target_alone),
        cmocka_unit_test(memory_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
