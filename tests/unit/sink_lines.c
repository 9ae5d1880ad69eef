#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "sink_capture.h"

static struct event message(enum opcode type, const void *data, size_t n)
{
    struct event ev = {.kind = EVENT_MESSAGE, .dir = DIR_IN, .conn = 1};

    ev.message.type = type;
    ev.message.data = slice_make(data, n);
    ev.message.final = true;
    ev.message.total = n;
    return ev;
}

static void emit_text(struct sink *sink, const char *text)
{
    struct event ev = message(OPCODE_TEXT, text, strlen(text));

    capture_emit(sink, &ev);
}

/* A message in two parts, split at `at`. */
static void emit_parts(struct sink *sink, enum opcode type, const char *data, size_t n, size_t at)
{
    struct event ev = message(type, data, at);

    ev.message.part = 1;
    ev.message.final = false;
    capture_emit(sink, &ev);
    ev.message.data = slice_make(data + at, n - at);
    ev.message.part = 2;
    ev.message.total = n;
    ev.message.final = true;
    capture_emit(sink, &ev);
}

static void check(const struct lines_config *config, enum opcode type, const void *data, size_t n,
                  const void *want, size_t want_n)
{
    struct event ev = message(type, data, n);
    struct capture c;
    struct sink *sink;

    capture_open(&c);
    sink = lines_new(&c.out, config);
    assert_non_null(sink);
    capture_emit(sink, &ev);
    capture_take(&c);
    assert_int_equal(c.len, want_n);
    assert_memory_equal(c.text, want, want_n);
    sink->free(sink);
    capture_close(&c);
}

#define CHECK(type, data, want, ...)                                                     \
    check(&(const struct lines_config){__VA_ARGS__}, type, data, sizeof(data) - 1, want, \
          sizeof(want) - 1)

static void lines_writes_the_payload_and_a_newline(void **state)
{
    (void)state;
    CHECK(OPCODE_TEXT, "hello", "hello\n", .nul = false);
    CHECK(OPCODE_TEXT, "", "\n", .nul = false);
    CHECK(OPCODE_TEXT, "a\nb", "a\nb\n", .nul = false);
    CHECK(OPCODE_BINARY, "\0\1\xFF", "\0\1\xFF\n", .nul = false);
}

static void lines_gives_raw_bytes_to_a_pipe(void **state)
{
    (void)state;
    CHECK(OPCODE_TEXT, "\x1B]52;c;x\x07\xC2\x9B", "\x1B]52;c;x\x07\xC2\x9B\n",
          .binary = BINARY_RAW);
}

static void lines_delimits_with_nul_or_not_at_all(void **state)
{
    (void)state;
    CHECK(OPCODE_TEXT, "hello", "hello\0", .nul = true);
    CHECK(OPCODE_TEXT, "hello", "hello", .no_delimiter = true);
    CHECK(OPCODE_TEXT, "a\n", "a\\n", .no_delimiter = true, .escape = true);
}

static void lines_escape_keeps_a_message_on_one_line(void **state)
{
    (void)state;
    CHECK(OPCODE_TEXT, "a\nb\r\tc\\d\x1B\x7F\0z\xC3\xBC",
          "a\\nb\\r\\tc\\\\d\\x1b\\x7f\\x00z\xC3\xBC\n", .escape = true);
    CHECK(OPCODE_TEXT, "", "\n", .escape = true);
}

static void lines_hex_is_lower_case_a_message_a_line(void **state)
{
    (void)state;
    CHECK(OPCODE_BINARY, "\x00\xAB\xff", "00abff\n", .binary = BINARY_HEX);
    CHECK(OPCODE_TEXT, "hi", "6869\n", .binary = BINARY_HEX);
}

static void lines_base64_is_padded(void **state)
{
    (void)state;
    CHECK(OPCODE_BINARY, "f", "Zg==\n", .binary = BINARY_BASE64);
    CHECK(OPCODE_BINARY, "fo", "Zm8=\n", .binary = BINARY_BASE64);
    CHECK(OPCODE_BINARY, "foo", "Zm9v\n", .binary = BINARY_BASE64);
    CHECK(OPCODE_BINARY, "", "\n", .binary = BINARY_BASE64);
}

static void check_every_split(const struct lines_config *config, const char *data, const char *want)
{
    size_t n = strlen(data);

    for (size_t at = 0; at <= n; at++) {
        struct capture c;
        struct sink *sink;

        capture_open(&c);
        sink = lines_new(&c.out, config);
        assert_non_null(sink);
        emit_parts(sink, OPCODE_BINARY, data, n, at);
        assert_string_equal(capture_take(&c), want);
        sink->free(sink);
        capture_close(&c);
    }
}

static void lines_parts_make_one_line_at_every_split(void **state)
{
    const struct lines_config raw = {.nul = false};
    const struct lines_config hex = {.binary = BINARY_HEX};
    const struct lines_config base64 = {.binary = BINARY_BASE64};
    const struct lines_config escape = {.escape = true};

    (void)state;
    check_every_split(&raw, "foobar!", "foobar!\n");
    check_every_split(&hex, "foobar!", "666f6f62617221\n");
    check_every_split(&base64, "foobar!", "Zm9vYmFyIQ==\n");
    check_every_split(&base64, "foobar", "Zm9vYmFy\n");
    check_every_split(&escape, "a\nb\\", "a\\nb\\\\\n");
}

static void lines_base64_is_continuous_byte_by_byte(void **state)
{
    const struct lines_config config = {.binary = BINARY_BASE64};
    const char data[] = "foobar!";
    struct capture c;
    struct sink *sink;

    (void)state;
    capture_open(&c);
    sink = lines_new(&c.out, &config);
    assert_non_null(sink);
    for (uint32_t i = 0; i < 7; i++) {
        struct event ev = message(OPCODE_BINARY, data + i, 1);

        ev.message.part = i + 1;
        ev.message.total = i + 1;
        ev.message.final = i == 6;
        capture_emit(sink, &ev);
    }
    assert_string_equal(capture_take(&c), "Zm9vYmFyIQ==\n");
    sink->free(sink);
    capture_close(&c);
}

static void check_after_cut(const struct lines_config *config, const char *want)
{
    struct event ev = message(OPCODE_TEXT, "cut!", 4);
    struct capture c;
    struct sink *sink;

    capture_open(&c);
    sink = lines_new(&c.out, config);
    assert_non_null(sink);
    ev.message.part = 1;
    ev.message.final = false;
    capture_emit(sink, &ev);
    emit_text(sink, "next");
    assert_string_equal(capture_take(&c), want);
    sink->free(sink);
    capture_close(&c);
}

static void lines_ends_a_message_that_was_lost_halfway(void **state)
{
    (void)state;
    check_after_cut(&(const struct lines_config){.nul = false}, "cut!\nnext\n");
    check_after_cut(&(const struct lines_config){.binary = BINARY_BASE64}, "Y3V0IQ==\nbmV4dA==\n");
    check_after_cut(&(const struct lines_config){.escape = true}, "cut!\nnext\n");
}

static void lines_ignores_what_goes_out(void **state)
{
    static const struct lines_config configs[] = {
        {.nul = false}, {.no_delimiter = true}, {.escape = true}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct event ev = message(OPCODE_TEXT, "x", 1);
        struct capture c;
        struct sink *sink;

        capture_open(&c);
        sink = lines_new(&c.out, &configs[i]);
        assert_non_null(sink);
        ev.dir = DIR_OUT;
        capture_emit(sink, &ev);
        assert_string_equal(capture_take(&c), "");
        sink->free(sink);
        capture_close(&c);
    }
}

static void lines_disarms_text_for_a_terminal(void **state)
{
    (void)state;
    CHECK(OPCODE_TEXT, "a\nb\x1B[2J\xC2\x9B\xE2\x80\xAE", "a\nb\\e[2J\\u{009B}\\u{202E}\n",
          .tty = true);
    CHECK(OPCODE_TEXT, "a\n\x1B\xC2\x9B", "a\\n\\x1b\\u{009B}\n", .tty = true, .escape = true);
    CHECK(OPCODE_BINARY, "\x9B\x00", "\\x9b\\0\n", .tty = true, .binary = BINARY_RAW);
}

static void lines_dumps_binaries_on_a_terminal(void **state)
{
    (void)state;
    CHECK(OPCODE_BINARY, "\1Hi",
          "00000000  01 48 69                                          |.Hi|\n", .tty = true);
    CHECK(OPCODE_BINARY, "", "\n", .tty = true);
}

static void lines_pretty_prints_on_a_terminal_alone(void **state)
{
    (void)state;
    CHECK(OPCODE_TEXT, "{\"a\":1}", "{\n  \"a\": 1\n}\n", .tty = true, .pretty = true);
    CHECK(OPCODE_TEXT, "{\"a\":", "{\"a\":\n", .tty = true, .pretty = true);
    CHECK(OPCODE_TEXT, "{\"a\":1}", "{\"a\":1}\n", .pretty = true);
}

static void lines_shortens_base64_on_a_terminal_alone(void **state)
{
    static const char text[] = "[\"SGVsbG8gd29ybGQhIEFnYWlu\"]";

    (void)state;
    CHECK(OPCODE_TEXT, text, "[\"‹base64, 18 bytes›\"]\n", .tty = true, .elide = 20, .utf8 = true);
    CHECK(OPCODE_TEXT, text, "[\"<base64, 18 bytes>\"]\n", .tty = true, .elide = 20);
    CHECK(OPCODE_TEXT, text, "[\n  \"<base64, 18 bytes>\"\n]\n", .tty = true, .elide = 20,
          .pretty = true);
    CHECK(OPCODE_TEXT, text, "[\"SGVsbG8gd29ybGQhIEFnYWlu\"]\n", .tty = true);
    CHECK(OPCODE_TEXT, text, "[\"SGVsbG8gd29ybGQhIEFnYWlu\"]\n", .elide = 20);
    CHECK(OPCODE_TEXT, text, "[\"SGVsbG8gd29ybGQhIEFnYWlu\"]\n", .escape = true, .elide = 20);
}

static void lines_without_memory_fails_the_descriptor_not_silently(void **state)
{
    static const struct lines_config configs[] = {
        {.binary = BINARY_HEX}, {.binary = BINARY_BASE64},     {.escape = true},
        {.tty = true},          {.tty = true, .escape = true}, {.tty = true, .pretty = true}};
    struct event ev = message(OPCODE_TEXT, "{\"a\":\"\\n\"}", 10);

    (void)state;
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        for (unsigned long n = 1;; n++) {
            struct out out;
            struct sink *sink;
            bool struck;

            out_init(&out, -1, 1 << 20);
            alloc_fail_at(n);
            sink = lines_new(&out, &configs[i]);
            if (sink)
                capture_emit(sink, &ev);
            struck = alloc_struck();
            if (sink && struck && !configs[i].pretty) /* else shown without being laid out */
                assert_int_equal(out.error, ENOMEM);
            if (sink)
                sink->free(sink);
            out_clear(&out);
            if (!struck)
                break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_writes_the_payload_and_a_newline),
        cmocka_unit_test(lines_gives_raw_bytes_to_a_pipe),
        cmocka_unit_test(lines_delimits_with_nul_or_not_at_all),
        cmocka_unit_test(lines_escape_keeps_a_message_on_one_line),
        cmocka_unit_test(lines_hex_is_lower_case_a_message_a_line),
        cmocka_unit_test(lines_base64_is_padded),
        cmocka_unit_test(lines_parts_make_one_line_at_every_split),
        cmocka_unit_test(lines_base64_is_continuous_byte_by_byte),
        cmocka_unit_test(lines_ends_a_message_that_was_lost_halfway),
        cmocka_unit_test(lines_ignores_what_goes_out),
        cmocka_unit_test(lines_disarms_text_for_a_terminal),
        cmocka_unit_test(lines_dumps_binaries_on_a_terminal),
        cmocka_unit_test(lines_pretty_prints_on_a_terminal_alone),
        cmocka_unit_test(lines_shortens_base64_on_a_terminal_alone),
        cmocka_unit_test(lines_without_memory_fails_the_descriptor_not_silently),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
