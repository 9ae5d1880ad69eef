#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"

/* Bytes that count up from 1 to 255 and begin again, so that reuse shows and none is 0. */
struct source {
    unsigned next;
    unsigned calls;
    unsigned fail_at; /* the call that fails, 0: none */
    size_t largest;
};

static int count_up(void *ctx, uint8_t *bytes, size_t n)
{
    struct source *s = ctx;

    s->calls++;
    if (n > s->largest)
        s->largest = n;
    if (s->calls == s->fail_at)
        return -1;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(1 + s->next);
        s->next = (s->next + 1) % 255;
    }
    return 0;
}

static void rng_draw_never_gives_a_byte_twice(void **state)
{
    static const size_t sizes[] = {1, 4, 0, 16, 3, 4096, 7, 5000, 4095, 4097, 2, 12289, 4};
    struct source source = {0};
    struct rng r;
    static uint8_t bytes[16384];
    size_t drawn = 0;
    size_t sum = 0;

    (void)state;
    rng_init(&r, count_up, &source);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        memset(bytes, 0, sizeof bytes);
        assert_int_equal(rng_draw(&r, bytes, sizes[k]), 0);
        for (size_t i = 0; i < sizes[k]; i++)
            assert_int_not_equal(bytes[i], 0);
        for (size_t i = sizes[k]; i < sizeof bytes; i++)
            assert_int_equal(bytes[i], 0);
        drawn += sizes[k];
        sum += sizes[k] > 0;
    }
    /* What was fetched is what was given and what is left: nothing was given twice. */
    assert_int_equal((drawn + r.left) % 255, source.next);
    assert_true(source.calls <= sum);
}

static void rng_key_and_draw_take_turns_from_the_pool(void **state)
{
    struct source source = {0};
    struct rng r;
    uint8_t key[4];
    unsigned expect = 0;

    (void)state;
    rng_init(&r, count_up, &source);
    for (int i = 0; i < 3000; i++) {
        if (i % 3)
            assert_int_equal(rng_key(&r, key), 0);
        else
            assert_int_equal(rng_draw(&r, key, 4), 0);
        for (int j = 0; j < 4; j++, expect = (expect + 1) % 255)
            assert_int_equal(key[j], 1 + expect);
    }
    assert_int_equal(source.calls, 3);
    assert_int_equal(source.largest, RNG_POOL);
}

static void rng_wipes_what_was_drawn(void **state)
{
    struct source source = {0};
    struct rng r;
    uint8_t bytes[100];

    (void)state;
    rng_init(&r, count_up, &source);
    assert_int_equal(rng_draw(&r, bytes, 100), 0);
    assert_int_equal(rng_key(&r, bytes), 0);
    for (size_t i = 0; i < RNG_POOL; i++)
        assert_int_equal(r.pool[i] == 0, i < 104);
}

static void rng_without_randomness_gives_no_bytes(void **state)
{
    struct source source = {.fail_at = 1};
    struct rng r;
    uint8_t key[4] = {9, 9, 9, 9};
    uint8_t many[RNG_POOL + 100];
    static const uint8_t zero[RNG_POOL + 100];

    (void)state;
    rng_init(&r, count_up, &source);
    assert_int_equal(rng_key(&r, key), -1);
    assert_memory_equal(key, zero, 4);
    /* The source comes back: the next draw works. */
    assert_int_equal(rng_key(&r, key), 0);
    assert_int_equal(key[0], 1);

    source.fail_at = source.calls + 1;
    memset(many, 9, sizeof many);
    assert_int_equal(rng_draw(&r, many, RNG_POOL), -1);
    assert_memory_equal(many, zero, RNG_POOL);
    source.fail_at = source.calls + 1;
    memset(many, 9, sizeof many);
    assert_int_equal(rng_draw(&r, many, sizeof many), -1);
    assert_memory_equal(many, zero, sizeof many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng_draw_never_gives_a_byte_twice),
        cmocka_unit_test(rng_key_and_draw_take_turns_from_the_pool),
        cmocka_unit_test(rng_wipes_what_was_drawn),
        cmocka_unit_test(rng_without_randomness_gives_no_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
