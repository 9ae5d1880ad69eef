#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "term/keys.h"

/* What comes out, each key with a mark before it. */
static void drain(struct keys *k, struct buf *out)
{
    struct slice bytes;
    enum key key;

    while ((key = keys_next(k, &bytes)) != KEY_NONE) {
        buf_append_str(out, key == KEY_PASTE ? "<P>" : "<T>");
        buf_append(out, bytes.data, bytes.len);
    }
}

static void expect(const char *input, const char *expected)
{
    size_t n = strlen(input);

    /* Whole, byte by byte, and split at every place. */
    for (size_t split = 0; split <= n + 1; split++) {
        struct keys k;
        struct buf out;

        keys_init(&k);
        buf_init(&out, 65536);
        if (split > n) {
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(keys_feed(&k, (const uint8_t *)input + i, 1), 0);
                drain(&k, &out);
            }
        } else {
            assert_int_equal(keys_feed(&k, (const uint8_t *)input, split), 0);
            drain(&k, &out);
            assert_int_equal(keys_feed(&k, (const uint8_t *)input + split, n - split), 0);
            drain(&k, &out);
        }
        assert_true(slice_is(buf_slice(&out), expected));
        keys_clear(&k);
        buf_clear(&out);
    }
}

static void keys_are_whole_characters(void **state)
{
    (void)state;
    expect("ab\r", "<T>a<T>b<T>\r");
    expect("\xC3\xA4\xE6\xBC\xA2\xF0\x9F\x98\x80", "<T>\xC3\xA4<T>\xE6\xBC\xA2<T>\xF0\x9F\x98\x80");
}

static void keys_drop_what_is_no_utf8(void **state)
{
    (void)state;
    expect("a\xFF\xC3(b", "<T>a<T>(<T>b");
    expect("\xED\xA0\x80x", "<T>x");
}

static void keys_hold_a_character_until_it_is_whole(void **state)
{
    struct slice bytes;
    struct keys k;

    (void)state;
    keys_init(&k);
    keys_feed(&k, (const uint8_t *)"\xE6\xBC", 2);
    assert_int_equal(keys_next(&k, &bytes), KEY_NONE);
    assert_false(keys_held(&k));
    keys_feed(&k, (const uint8_t *)"\xA2", 1);
    assert_int_equal(keys_next(&k, &bytes), KEY_TEXT);
    assert_true(slice_is(bytes, "\xE6\xBC\xA2"));
    keys_clear(&k);
}

static void keys_pass_sequences_that_are_bound_and_drop_others(void **state)
{
    (void)state;
    expect("\x1b[Ax", "<T>\x1b[A<T>x");
    expect("\x1b[1;5Dx", "<T>\x1b[1;5D<T>x");
    expect("\x1bOHx", "<T>\x1bOH<T>x");
    expect("\x1b[5~x", "<T>x");
    expect("\x1b[?1;2cx", "<T>x");
    expect("\x1bOZx", "<T>x");
    expect("\x1b[Ix\x1b[Oy", "<T>x<T>y");
}

static void keys_pass_every_bound_sequence(void **state)
{
    size_t count;
    const struct key_binding *bindings = keys_bindings(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char expected[32] = "<T>";

        strncat(expected, bindings[i].sequence, sizeof expected - 4);
        expect(bindings[i].sequence, expected);
    }
}

static void keys_pass_escape_and_a_character(void **state)
{
    (void)state;
    expect("\x1b"
           "f",
           "<T>\x1b"
           "f");
    expect("\x1b\xC3\xA4", "<T>\x1b\xC3\xA4");
}

static void keys_take_a_lone_escape_when_it_is_released(void **state)
{
    struct slice bytes;
    struct keys k;

    (void)state;
    keys_init(&k);
    keys_feed(&k, (const uint8_t *)"\x1b", 1);
    assert_int_equal(keys_next(&k, &bytes), KEY_NONE);
    assert_true(keys_held(&k));
    keys_release(&k);
    assert_int_equal(keys_next(&k, &bytes), KEY_TEXT);
    assert_true(slice_is(bytes, "\x1b"));
    assert_int_equal(keys_next(&k, &bytes), KEY_NONE);
    assert_false(keys_held(&k));
    keys_clear(&k);
}

static void keys_gather_a_paste_whole(void **state)
{
    (void)state;
    expect("a\x1b[200~one\rtwo\r\nthree\nfour\x1b[201~b", "<T>a<P>one\ntwo\nthree\nfour<T>b");
    expect("\x1b[200~\x1b[201~", "<P>");
    expect("\x1b[200~with \x1b[A and \xFF\x1b[201", "");
}

static void keys_keep_escapes_inside_a_paste_as_text(void **state)
{
    (void)state;
    expect("\x1b[200~\x1b[31m\x1b[200~x\x1b[201~", "<P>\x1b[31m\x1b[200~x");
}

static void keys_give_up_on_endless_sequences(void **state)
{
    char input[100] = "\x1b[";
    struct keys k;
    struct buf out;

    (void)state;
    memset(input + 2, '1', 60);
    keys_init(&k);
    buf_init(&out, 1000);
    keys_feed(&k, (const uint8_t *)input, 62);
    drain(&k, &out);
    assert_true(out.len > 0);
    keys_clear(&k);
    buf_clear(&out);
}

static void keys_cut_a_paste_that_is_too_long(void **state)
{
    static uint8_t block[65536];
    struct slice bytes;
    struct keys k;

    (void)state;
    memset(block, 'x', sizeof block);
    keys_init(&k);
    keys_feed(&k, (const uint8_t *)"\x1b[200~", 6);
    for (size_t i = 0; i <= KEYS_PASTE_MAX / sizeof block; i++) {
        assert_int_equal(keys_feed(&k, block, sizeof block), 0);
        assert_int_equal(keys_next(&k, &bytes), KEY_NONE);
    }
    keys_feed(&k, (const uint8_t *)"\x1b[201~", 6);
    assert_int_equal(keys_next(&k, &bytes), KEY_PASTE);
    assert_true(k.paste_cut && bytes.len <= KEYS_PASTE_MAX);
    assert_int_equal(keys_next(&k, &bytes), KEY_NONE);
    assert_false(k.paste_cut);
    keys_clear(&k);
}

static void keys_survive_want_of_memory(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct slice bytes;
        struct keys k;

        keys_init(&k);
        keys_feed(&k, (const uint8_t *)"\x1b[200~text\x1b[201~x", 17);
        while (keys_next(&k, &bytes) != KEY_NONE)
            ;
        keys_clear(&k);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_whole_characters),
        cmocka_unit_test(keys_drop_what_is_no_utf8),
        cmocka_unit_test(keys_hold_a_character_until_it_is_whole),
        cmocka_unit_test(keys_pass_sequences_that_are_bound_and_drop_others),
        cmocka_unit_test(keys_pass_every_bound_sequence),
        cmocka_unit_test(keys_pass_escape_and_a_character),
        cmocka_unit_test(keys_take_a_lone_escape_when_it_is_released),
        cmocka_unit_test(keys_gather_a_paste_whole),
        cmocka_unit_test(keys_keep_escapes_inside_a_paste_as_text),
        cmocka_unit_test(keys_give_up_on_endless_sequences),
        cmocka_unit_test(keys_cut_a_paste_that_is_too_long),
        cmocka_unit_test(keys_survive_want_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
