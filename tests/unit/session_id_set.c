#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"

#include <stdio.h>
#include <stdlib.h>

#include "session/books/id_set.h"

static struct slice id_of(char text[32], unsigned n)
{
    return slice_make(text, (size_t)snprintf(text, 32, "id-%u", n));
}

static void id_set_remembers_what_was_added(void **state)
{
    struct id_set *set = id_set_new(7);
    char text[32];

    (void)state;
    for (unsigned i = 0; i < 10000; i++)
        assert_false(id_set_add(set, id_of(text, i)));
    for (unsigned i = 0; i < 10000; i++)
        assert_true(id_set_add(set, id_of(text, i)));
    assert_false(id_set_forgot(set));
    id_set_free(set);
}

static void id_set_forgets_the_oldest_and_only_those(void **state)
{
    struct id_set *set = id_set_new(7);
    char text[32];

    (void)state;
    for (unsigned i = 0; i < ID_SET_MAX + 100; i++)
        assert_false(id_set_add(set, id_of(text, i)));
    assert_true(id_set_forgot(set));
    for (unsigned i = 100; i < ID_SET_MAX + 100; i++)
        assert_true(id_set_add(set, id_of(text, i)));
    assert_false(id_set_add(set, id_of(text, 0)));
    id_set_free(set);
}

/* The bytes run out before the entries do, and wrap around inside an identity. */
static void id_set_bounds_its_bytes(void **state)
{
    struct id_set *set = id_set_new(7);
    char text[ID_SET_LONG - 3];
    unsigned kept = ID_SET_BYTES / sizeof text;

    (void)state;
    memset(text, 'x', sizeof text);
    for (int pass = 0; pass < 3; pass++) {
        unsigned first = (unsigned)pass * 3 * kept;

        for (unsigned i = first; i < first + 3 * kept; i++) {
            memcpy(text, &i, sizeof i);
            assert_false(id_set_add(set, slice_make(text, sizeof text)));
        }
        for (unsigned i = first + 2 * kept; i < first + 3 * kept; i++) {
            memcpy(text, &i, sizeof i);
            assert_true(id_set_add(set, slice_make(text, sizeof text)));
        }
    }
    id_set_free(set);
}

static void id_set_distinguishes_long_identities_by_all_their_bytes(void **state)
{
    struct id_set *set = id_set_new(7);
    char text[2 * ID_SET_LONG];

    (void)state;
    memset(text, 'x', sizeof text);
    assert_false(id_set_add(set, slice_make(text, sizeof text)));
    text[sizeof text - 1] = 'y';
    assert_false(id_set_add(set, slice_make(text, sizeof text)));
    assert_false(id_set_add(set, slice_make(text, sizeof text - 1)));
    assert_true(id_set_add(set, slice_make(text, sizeof text)));
    id_set_free(set);
}

static void id_set_is_empty_once_cleared(void **state)
{
    struct id_set *set = id_set_new(7);

    (void)state;
    assert_false(id_set_add(set, slice_str("a")));
    id_set_clear(set);
    assert_false(id_set_add(set, slice_str("a")));
    assert_true(id_set_add(set, slice_str("a")));
    id_set_free(set);
}

static void id_set_new_fails_without_memory(void **state)
{
    (void)state;
    alloc_fail_at(1);
    assert_null(id_set_new(1));
    assert_true(alloc_struck());
    id_set_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_set_remembers_what_was_added),
        cmocka_unit_test(id_set_forgets_the_oldest_and_only_those),
        cmocka_unit_test(id_set_bounds_its_bytes),
        cmocka_unit_test(id_set_distinguishes_long_identities_by_all_their_bytes),
        cmocka_unit_test(id_set_is_empty_once_cleared),
        cmocka_unit_test(id_set_new_fails_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
