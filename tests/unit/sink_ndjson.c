#include "sink_ndjson.h"

#include <errno.h>

#include "alloc.h"

static struct event text_message(const char *text)
{
    struct event ev = make(EVENT_MESSAGE);

    ev.message = (struct event_message){.type = OPCODE_TEXT,
                                        .data = slice_str(text),
                                        .final = true,
                                        .fragments = 1,
                                        .wire = strlen(text) + 2,
                                        .total = strlen(text)};
    return ev;
}

static void ndjson_message_is_this_line_exactly(void **state)
{
    const struct ndjson_config config = ALL_JSON;
    struct event ev = text_message("a\"\\\n\x7F\xC3\xBC");
    char *line = line_of(&config, &ev);

    (void)state;
    assert_string_equal(
        line,
        "{\"v\":1,\"time\":\"2026-01-02T03:04:05.678901Z\",\"at\":1.234567,\"event\":\"message\","
        "\"conn\":2,\"channel\":\"ws\",\"dir\":\"in\",\"type\":\"text\",\"length\":7,"
        "\"text\":\"a\\\"\\\\\\n\\u007f\xC3\xBC\",\"fragments\":1,\"wire\":9,\"total\":7}");
    free(line);
}

static void ndjson_every_event_begins_with_the_common_fields(void **state)
{
    static const char *const keys[] = {"v", "time", "at", "event", "conn", "channel"};
    static const struct err error;

    (void)state;
    for (int kind = 0; kind < EVENT_JSON_COUNT; kind++) {
        struct event ev = make((enum event_kind)kind);
        const cJSON *item;
        cJSON *json;

        if (kind == EVENT_ERROR)
            ev.error = &error;
        ev.channel = CHANNEL_SSE;
        json = parse_all(&ev);
        item = json->child;
        for (size_t i = 0; i < 6; i++, item = item->next)
            assert_string_equal(item->string, keys[i]);
        check_number(json, "v", 1);
        check_number(json, "at", 1.234567);
        check_number(json, "conn", 2);
        check_text(json, "event", event_name((enum event_kind)kind));
        check_text(json, "channel", "sse");
        cJSON_Delete(json);
    }
}

static void ndjson_wants_json_kinds_that_were_asked_for(void **state)
{
    const struct ndjson_config all = ALL_JSON;
    const struct ndjson_config some = {.kinds = EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_NOTE)};
    struct capture c;
    struct sink *sink;

    (void)state;
    capture_open(&c);
    sink = ndjson_new(&c.out, &all);
    assert_int_equal(sink->wants, EVENT_BIT(EVENT_JSON_COUNT) - 1);
    sink->free(sink);
    sink = ndjson_new(&c.out, &some);
    assert_int_equal(sink->wants, EVENT_BIT(EVENT_OPEN));
    sink->free(sink);
    capture_close(&c);
}

static void ndjson_binary_message_is_base64_always(void **state)
{
    struct event ev = text_message("plain");
    cJSON *json;

    (void)state;
    ev.message.type = OPCODE_BINARY;
    ev.dir = DIR_OUT;
    json = parse_all(&ev);
    check_text(json, "dir", "out");
    check_text(json, "type", "binary");
    check_text(json, "base64", "cGxhaW4=");
    check_absent(json, "text");
    check_absent(json, "part");
    check_absent(json, "final");
    cJSON_Delete(json);
}

static void ndjson_part_of_text_that_is_invalid_alone_is_base64(void **state)
{
    struct event ev = text_message("\xE2\x82");
    cJSON *json;

    (void)state;
    ev.message.part = 3;
    ev.message.final = false;
    ev.message.total = 3000000;
    json = parse_all(&ev);
    check_text(json, "type", "text");
    check_text(json, "base64", "4oI=");
    check_number(json, "part", 3);
    check_bool(json, "final", false);
    check_number(json, "total", 3000000);
    check_number(json, "length", 2);
    cJSON_Delete(json);
}

static void ndjson_sse_message_has_id_and_name(void **state)
{
    struct event ev = text_message("x");
    cJSON *json;

    (void)state;
    ev.message.sse_id = "42";
    ev.message.sse_name = "tick";
    json = parse_all(&ev);
    check_text(json, "id", "42");
    check_text(json, "name", "tick");
    cJSON_Delete(json);
}

static struct event masked_frame(uint8_t opcode, const void *payload, size_t n)
{
    struct event ev = make(EVENT_FRAME);

    ev.dir = DIR_OUT;
    ev.frame = (struct event_frame){.opcode = opcode,
                                    .fin = true,
                                    .rsv = 4,
                                    .masked = true,
                                    .key = {0x0a, 0xff, 0, 1},
                                    .length = n,
                                    .wire = n + 6,
                                    .wire_length = n,
                                    .payload = slice_make(payload, n)};
    return ev;
}

static void ndjson_frame_shows_every_bit(void **state)
{
    struct event ev = masked_frame(OPCODE_TEXT, "hi", 2);
    cJSON *json = parse_all(&ev);

    (void)state;
    check_text(json, "dir", "out");
    check_text(json, "opcode", "text");
    check_bool(json, "fin", true);
    check_number(json, "rsv", 4);
    check_bool(json, "masked", true);
    check_text(json, "key", "0aff0001");
    check_number(json, "length", 2);
    check_number(json, "wire", 8);
    check_number(json, "wire_length", 2);
    check_text(json, "text", "hi");
    check_absent(json, "cut");
    cJSON_Delete(json);
}

static void ndjson_frame_of_reserved_opcode_has_its_number(void **state)
{
    struct event ev = masked_frame(11, "\xFF", 1);
    cJSON *json;

    (void)state;
    ev.frame.masked = false;
    ev.frame.cut = true;
    json = parse_all(&ev);
    check_number(json, "opcode", 11);
    check_text(json, "base64", "/w==");
    check_null(json, "key");
    check_bool(json, "cut", true);
    cJSON_Delete(json);
}

static void ndjson_binary_and_close_frames(void **state)
{
    struct event ev = masked_frame(OPCODE_BINARY, "abc", 3);
    cJSON *json = parse_all(&ev);

    (void)state;
    check_text(json, "base64", "YWJj");
    check_absent(json, "text");
    cJSON_Delete(json);

    ev = masked_frame(OPCODE_CLOSE,
                      "\x03\xE8"
                      "bye",
                      5);
    json = parse_all(&ev);
    check_text(json, "opcode", "close");
    check_number(json, "code", 1000);
    check_text(json, "reason", "bye");
    check_text(json, "base64", "A+hieWU=");
    cJSON_Delete(json);
}

static void ndjson_ping_and_pong(void **state)
{
    struct event ev = make(EVENT_PONG);
    cJSON *json;

    (void)state;
    ev.control = (struct event_control){.data = slice_str("p1"), .matched = true, .rtt_us = 12345};
    json = parse_all(&ev);
    check_text(json, "dir", "in");
    check_text(json, "text", "p1");
    check_number(json, "rtt_ms", 12.345);
    cJSON_Delete(json);

    ev.kind = EVENT_PING;
    ev.control = (struct event_control){.data = slice_str("\xFF"), .matched = false, .rtt_us = 0};
    json = parse_all(&ev);
    check_text(json, "base64", "/w==");
    check_absent(json, "rtt_ms");
    cJSON_Delete(json);
}

static void ndjson_on_a_terminal_escapes_c1_and_bidi(void **state)
{
    const struct ndjson_config tty = {.kinds = EVENT_ALL, .tty = true};
    const struct ndjson_config pipe = {.kinds = EVENT_ALL};
    struct event ev = text_message("\x1B\xC2\x9B\xE2\x80\xAE\xF3\xA0\x81\x81\xC3\xBC");
    char *line = line_of(&tty, &ev);

    (void)state;
    assert_non_null(strstr(line, "\"\\u001b\\u009b\\u202e\\udb40\\udc41\xC3\xBC\""));
    free(line);
    line = line_of(&pipe, &ev);
    assert_non_null(strstr(line, "\"\\u001b\xC2\x9B\xE2\x80\xAE\xF3\xA0\x81\x81\xC3\xBC\""));
    free(line);
}

static void ndjson_without_memory_fails_the_descriptor_not_silently(void **state)
{
    const struct ndjson_config config = {.kinds = EVENT_ALL, .tty = true};
    struct event ev = make(EVENT_OPEN);

    (void)state;
    ev.open = (struct event_open){.url = "ws://h/?token=\xC2\x9B",
                                  .subprotocol = "",
                                  .extensions = "",
                                  .subprotocol_missed = false,
                                  .us = 1};
    for (unsigned long n = 1;; n++) {
        struct out out;
        struct sink *sink;
        bool struck;

        out_init(&out, -1, 1 << 20);
        alloc_fail_at(n);
        sink = ndjson_new(&out, &config);
        if (sink)
            capture_emit(sink, &ev);
        struck = alloc_struck();
        if (sink && struck)
            assert_int_equal(out.error, ENOMEM);
        if (sink)
            sink->free(sink);
        out_clear(&out);
        if (!struck)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndjson_message_is_this_line_exactly),
        cmocka_unit_test(ndjson_every_event_begins_with_the_common_fields),
        cmocka_unit_test(ndjson_wants_json_kinds_that_were_asked_for),
        cmocka_unit_test(ndjson_binary_message_is_base64_always),
        cmocka_unit_test(ndjson_part_of_text_that_is_invalid_alone_is_base64),
        cmocka_unit_test(ndjson_sse_message_has_id_and_name),
        cmocka_unit_test(ndjson_frame_shows_every_bit),
        cmocka_unit_test(ndjson_frame_of_reserved_opcode_has_its_number),
        cmocka_unit_test(ndjson_binary_and_close_frames),
        cmocka_unit_test(ndjson_ping_and_pong),
        cmocka_unit_test(ndjson_on_a_terminal_escapes_c1_and_bidi),
        cmocka_unit_test(ndjson_without_memory_fails_the_descriptor_not_silently),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
