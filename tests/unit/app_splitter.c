#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "app/splitter.h"

/* What came out: each message as "[text]", its pieces joined by '|'. */
struct result {
    struct buf text;
    struct err error;
    int status;
};

/* Lines in bulk first, at most `bulk` at a time, as who sends many takes them. */
static void take_lines(struct splitter *s, struct result *r, size_t bulk)
{
    struct slice lines[3];
    size_t count;

    while ((count = splitter_lines(s, lines, bulk)) > 0) {
        for (size_t i = 0; i < count; i++) {
            buf_append_str(&r->text, s->config.binary ? "<" : "[");
            buf_append(&r->text, lines[i].data, lines[i].len);
            buf_append_str(&r->text, s->config.binary ? ">" : "]");
        }
    }
}

static void take(struct splitter *s, struct result *r, size_t bulk)
{
    struct splitter_piece piece;

    take_lines(s, r, bulk);
    while ((r->status = splitter_next(s, &piece, &r->error)) == 1) {
        buf_append_str(&r->text, piece.first ? (piece.type == OPCODE_TEXT ? "[" : "<") : "|");
        buf_append(&r->text, piece.data.data, piece.data.len);
        if (piece.final)
            buf_append_str(&r->text, piece.type == OPCODE_TEXT ? "]" : ">");
        take_lines(s, r, bulk);
    }
}

/* Feed the input cut before byte `at` (0: whole; SIZE_MAX: byte by byte) and compare. */
static void check_cut(const struct splitter_config *config, const char *input, size_t len,
                      size_t at, size_t bulk, const char *expected)
{
    struct splitter s;
    struct result r = {0};
    size_t fed = 0;

    buf_init(&r.text, 1 << 20);
    splitter_init(&s, config);
    while (fed < len) {
        size_t room, n = at == SIZE_MAX ? 1 : fed < at && at < len ? at - fed : len - fed;
        uint8_t *space = splitter_space(&s, &room);

        assert_non_null(space);
        assert_true(room >= SPLITTER_BLOCK);
        memcpy(space, input + fed, n);
        splitter_filled(&s, n);
        fed += n;
        take(&s, &r, bulk);
        if (r.status < 0)
            break;
    }
    if (r.status >= 0) {
        splitter_end(&s);
        take(&s, &r, bulk);
    }
    buf_append(&r.text, "", 1);
    assert_string_equal((const char *)buf_data(&r.text), expected);
    buf_clear(&r.text);
    splitter_clear(&s);
}

static void check(const struct splitter_config *config, const char *input, size_t len,
                  const char *expected)
{
    for (size_t bulk = 0; bulk <= 3; bulk++) {
        for (size_t at = 0; at <= len; at++)
            check_cut(config, input, len, at, bulk, expected);
        check_cut(config, input, len, SIZE_MAX, bulk, expected);
    }
}

#define CHECK(input, expected, ...)                                               \
    do {                                                                          \
        const struct splitter_config config = {.what = "the input", __VA_ARGS__}; \
        check(&config, input, sizeof input - 1, expected);                        \
    } while (0)

static void splitter_lines_are_messages_without_their_newline(void **state)
{
    (void)state;
    CHECK("a\nbc\n", "[a][bc]", .form = SPLIT_LINES);
    CHECK("a\n\n\nb\n", "[a][][][b]", .form = SPLIT_LINES);
    CHECK("", "", .form = SPLIT_LINES);
    CHECK("\n", "[]", .form = SPLIT_LINES);
}

static void splitter_last_line_without_newline_counts(void **state)
{
    (void)state;
    CHECK("a\nb", "[a][b]", .form = SPLIT_LINES);
    CHECK("b", "[b]", .form = SPLIT_LINES);
}

static void splitter_keeps_cr_by_default(void **state)
{
    (void)state;
    CHECK("a\r\nb\r\n", "[a\r][b\r]", .form = SPLIT_LINES);
    CHECK("a\r\n\r\nb\rc\r\n", "[a][][b\rc]", .form = SPLIT_LINES, .crlf = true);
}

static void splitter_nul_separates(void **state)
{
    (void)state;
    CHECK("a\nb\0c\0", "[a\nb][c]", .form = SPLIT_NUL);
}

static void splitter_decodes_digits_to_binary(void **state)
{
    (void)state;
    CHECK("6162\n\n63\n", "<ab><><c>", .form = SPLIT_HEX);
    CHECK("61 62\n", "<ab>", .form = SPLIT_HEX);
    CHECK("YWI=\nYw==", "<ab><c>", .form = SPLIT_BASE64);
}

static void splitter_whole_is_one_message_even_if_empty(void **state)
{
    (void)state;
    CHECK("a\nb\n", "[a\nb\n]", .form = SPLIT_WHOLE);
    CHECK("", "[]", .form = SPLIT_WHOLE);
    CHECK("ab", "<ab>", .form = SPLIT_WHOLE, .binary = true);
}

static void splitter_chunks_are_binary_and_the_last_is_short(void **state)
{
    (void)state;
    CHECK("abcdefg", "<abc><def><g>", .form = SPLIT_CHUNKS, .chunk = 3);
    CHECK("abcdef", "<abc><def>", .form = SPLIT_CHUNKS, .chunk = 3);
    CHECK("", "", .form = SPLIT_CHUNKS, .chunk = 3);
}

static struct err error_of(const struct splitter_config *config, const char *input)
{
    struct splitter s;
    struct splitter_piece piece;
    struct slice line;
    struct err e;
    size_t room;
    int r = 0;

    splitter_init(&s, config);
    memcpy(splitter_space(&s, &room), input, strlen(input));
    splitter_filled(&s, strlen(input));
    splitter_end(&s);
    while (splitter_lines(&s, &line, 1) > 0 || (r = splitter_next(&s, &piece, &e)) == 1)
        ;
    assert_int_equal(r, -1);
    splitter_clear(&s);
    return e;
}

static void splitter_names_the_line_and_column_of_bad_input(void **state)
{
    const struct splitter_config hex = {.form = SPLIT_HEX, .what = "standard input"};
    const struct splitter_config base64 = {.form = SPLIT_BASE64, .what = "standard input"};
    const struct splitter_config text = {.form = SPLIT_LINES, .what = "standard input"};
    struct err e;

    (void)state;
    e = error_of(&hex, "00\nff\n0x\n");
    assert_string_equal(e.text, "standard input, line 3, column 2: not hexadecimal");
    assert_int_equal(e.code, EXIT_OTHER);
    e = error_of(&base64, "YWI=\nYW*=\n");
    assert_string_equal(e.text, "standard input, line 2, column 3: not base64");
    e = error_of(&text, "fine\nbad\xff\n");
    assert_string_equal(e.text,
                        "standard input, line 2, column 4: not UTF-8, so it can't be a text "
                        "message");
}

/* Count messages and bytes of an input that is made of blocks of `byte`. */
static void run_large(const struct splitter_config *config, uint8_t byte, size_t blocks,
                      uint64_t *messages, uint64_t *bytes, size_t *most)
{
    struct splitter s;
    struct splitter_piece piece;
    struct err e;

    *messages = *bytes = *most = 0;
    splitter_init(&s, config);
    for (size_t i = 0; i <= blocks; i++) {
        size_t room;
        uint8_t *space = splitter_space(&s, &room);

        assert_non_null(space);
        memset(space, byte, i < blocks ? SPLITTER_BLOCK : 0);
        splitter_filled(&s, i < blocks ? SPLITTER_BLOCK : 0);
        if (i == blocks)
            splitter_end(&s);
        while (splitter_next(&s, &piece, &e) == 1) {
            *messages += piece.final;
            *bytes += piece.data.len;
            if (piece.data.len > *most)
                *most = piece.data.len;
        }
        assert_true(s.in.cap <= 2 * SPLITTER_PIECE);
    }
    splitter_clear(&s);
}

static void splitter_holds_no_more_than_a_piece_of_a_long_message(void **state)
{
    const struct splitter_config configs[] = {
        {.form = SPLIT_LINES, .what = "x"},
        {.form = SPLIT_WHOLE, .what = "x"},
        {.form = SPLIT_HEX, .what = "x"},
        {.form = SPLIT_BASE64, .what = "x"},
        {.form = SPLIT_CHUNKS, .what = "x", .chunk = 64ull * SPLITTER_PIECE},
    };
    uint64_t messages, bytes;
    size_t most;

    (void)state;
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        uint64_t total = 40ull * SPLITTER_BLOCK;

        run_large(&configs[i], 'A', 40, &messages, &bytes, &most);
        assert_int_equal(messages, 1);
        if (configs[i].form == SPLIT_HEX)
            total /= 2;
        if (configs[i].form == SPLIT_BASE64)
            total = total / 4 * 3;
        assert_int_equal(bytes, total);
        assert_true(most <= SPLITTER_PIECE);
    }
}

static void splitter_of_exactly_a_piece_is_one_message(void **state)
{
    const struct splitter_config config = {.form = SPLIT_WHOLE, .what = "x"};
    uint64_t messages, bytes;
    size_t most;

    (void)state;
    run_large(&config, 'A', SPLITTER_PIECE / SPLITTER_BLOCK, &messages, &bytes, &most);
    assert_int_equal(messages, 1);
    assert_int_equal(most, SPLITTER_PIECE);
}

static void run_short_of_memory(void)
{
    const struct splitter_config config = {.form = SPLIT_HEX, .what = "x"};
    struct splitter s;
    struct splitter_piece piece;
    struct err e;
    size_t room;
    uint8_t *space;

    splitter_init(&s, &config);
    space = splitter_space(&s, &room);
    if (space) {
        memcpy(space, "6161\n", 5);
        splitter_filled(&s, 5);
        if (splitter_next(&s, &piece, &e) < 0)
            assert_int_equal(e.code, EXIT_OTHER);
    }
    splitter_clear(&s);
}

static void splitter_survives_each_failing_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(run_short_of_memory());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitter_lines_are_messages_without_their_newline),
        cmocka_unit_test(splitter_last_line_without_newline_counts),
        cmocka_unit_test(splitter_keeps_cr_by_default),
        cmocka_unit_test(splitter_nul_separates),
        cmocka_unit_test(splitter_decodes_digits_to_binary),
        cmocka_unit_test(splitter_whole_is_one_message_even_if_empty),
        cmocka_unit_test(splitter_chunks_are_binary_and_the_last_is_short),
        cmocka_unit_test(splitter_names_the_line_and_column_of_bad_input),
        cmocka_unit_test(splitter_holds_no_more_than_a_piece_of_a_long_message),
        cmocka_unit_test(splitter_of_exactly_a_piece_is_one_message),
        cmocka_unit_test(splitter_survives_each_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
