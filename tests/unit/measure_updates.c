#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "measure/key_hash.h"
#include "measure/updates.h"

static void key_hash_is_siphash_2_4(void **state)
{
    /* The vector of the paper's appendix A: key 00 .. 0f, input 00 .. 0e. */
    const uint64_t seed[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    uint8_t input[15];
    struct key_hash h;

    (void)state;
    for (uint8_t i = 0; i < sizeof input; i++)
        input[i] = i;
    key_hash_init(&h, seed);
    key_hash_add(&h, slice_make(input, sizeof input));
    assert_true(key_hash_end(&h) == 0xa129ca6149be45e5u);
    for (size_t cut = 0; cut <= sizeof input; cut++) {
        key_hash_init(&h, seed);
        key_hash_add(&h, slice_make(input, cut));
        key_hash_add(&h, slice_make(input + cut, sizeof input - cut));
        assert_true(key_hash_end(&h) == 0xa129ca6149be45e5u);
    }
}

static void updates_finds_what_was_added(void **state)
{
    struct updates u;

    (void)state;
    assert_int_equal(updates_init(&u), 0);
    assert_null(updates_find(&u, 42));
    assert_int_equal(updates_add(&u, 42, 7, true)->order, 1);
    assert_int_equal(updates_add(&u, 43, 8, false)->order, 0);
    assert_int_equal(updates_add(&u, 44, 9, true)->order, 2);
    assert_int_equal(updates_find(&u, 42)->first_us, 7);
    assert_int_equal(updates_find(&u, 44)->order, 2);
    assert_null(updates_find(&u, 45));
    updates_clear(&u);
}

/* Hashes that all want few slots, wrapping around the end of the table, are the worst case for
 * taking one out. */
static void updates_forgets_the_oldest_and_nothing_else(void **state)
{
    struct updates u;
    uint64_t n = 3 * UPDATES_KEPT;

    (void)state;
    assert_int_equal(updates_init(&u), 0);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t hash = (i << 32 | (2 * UPDATES_KEPT - 5 + i % 7)) + 1;

        if (i % 1000 < 990)
            hash = i * 0x9E3779B97F4A7C15u + 1;
        updates_add(&u, hash, i, true);
        if (i >= UPDATES_KEPT && i % 97 == 0) {
            uint64_t kept = i - UPDATES_KEPT + 1, gone = kept - 1;
            uint64_t hash_kept = kept % 1000 < 990
                                     ? kept * 0x9E3779B97F4A7C15u + 1
                                     : (kept << 32 | (2 * UPDATES_KEPT - 5 + kept % 7)) + 1;
            uint64_t hash_gone = gone % 1000 < 990
                                     ? gone * 0x9E3779B97F4A7C15u + 1
                                     : (gone << 32 | (2 * UPDATES_KEPT - 5 + gone % 7)) + 1;

            assert_int_equal(updates_find(&u, hash_kept)->first_us, kept);
            assert_null(updates_find(&u, hash_gone));
        }
    }
    assert_int_equal(u.orders, n);
    updates_clear(&u);
}

static void updates_init_survives_want_of_memory(void **state)
{
    struct updates u;

    (void)state;
    ALLOC_EACH({
        if (updates_init(&u) == 0)
            updates_clear(&u);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_hash_is_siphash_2_4),
        cmocka_unit_test(updates_finds_what_was_added),
        cmocka_unit_test(updates_forgets_the_oldest_and_nothing_else),
        cmocka_unit_test(updates_init_survives_want_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
