/* Expectations: read as they are written, compared with what came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "alloc.h"
#include "script/expect/expect.h"

/* --- reading ------------------------------------------------------------------------------------
 */

static void bad(const char *args, long at, const char *text)
{
    struct expect x;
    struct err e;

    assert_int_equal(expect_parse(&x, args, NULL, &e), -1);
    assert_int_equal(e.code, EXIT_USAGE);
    if (e.at != at || !strstr(e.text, text))
        fail_msg("%s: at %ld: %s", args, e.at, e.text);
    expect_clear(&x);
}

static void mistakes_are_reported_with_their_place(void **state)
{
    (void)state;
    bad("", 0, "what is expected?");
    bad("jsn /a == 1", 0, "did you mean \"json\"?");
    bad("next jsn", 5, "did you mean \"json\"?");
    bad("nothing like it", 0, "nothing called \"nothing\"");
    bad("json a == 1", 5, "begins with a slash");
    bad("frame text=a text=b", 13, "payload once");
    bad("frame hex=00 text=b", 13, "payload once");
    bad("json /a", 7, "one of ==");
    bad("json /a = 1", 8, "written ==");
    bad("json /a ~= 1", 8, "one of ==");
    bad("json /a == ", 10, "missing");
    bad("json /a == {\"b\"", 11, "not a JSON value");
    bad("json /a < \"x\"", 10, "only numbers");
    bad("json /a ~ x", 10, "between slashes");
    bad("json /a ~ /x", 10, "slash at the end");
    bad("json /a ~ /(/", 10, "not a regular expression");
    bad("json /a type text", 13, "type is one of");
    bad("json /~2 exists", 5, "~0");
    bad("json {\"a\":}", 10, "JSON is wrong");
    bad("json /a == 1 /b == ", 18, "missing");
    bad("binary 0g", 8, "hexadecimal");
    bad("close abc", 6, "a close code is a number");
    bad("close 65536", 6, "a close code is a number");
    bad("status x", 7, "an HTTP status");
    bad("header", 6, "name of a header");
    bad("open sub", 5, "subprotocol NAME");
    bad("open subprotocol", 16, "missing");
    bad("error foo", 6, "a stage is one of");
    bad("none 3", 5, "for SEC");
    bad("none for x", 9, "seconds");
    bad("text a within x", 14, "seconds");
    bad("text a within", 13, "seconds after");
    bad("reconnect now", 10, "but \"now\" does");
    bad("next none", 0, "\"next\" applies to");
    bad("event", 5, "name of an event is missing");
    bad("event \"a", 6, "not closed");
    bad("event \"a\"b", 6, "not closed");
    bad("event a b", 8, "only \"json\"");
    bad("event a json /x", 15, "");
    bad("ack 3", 4, "only \"json\"");
    bad("result x", 7, "only \"json\"");
    bad("error x", 6, "a stage is one of");
    bad("frame op", 6, "name=value");
    bad("frame op=x", 6, "op= is");
    bad("frame fin=2", 6, "0 or 1");
    bad("frame foo=2", 6, "parts of an expected frame");
}

static void a_here_text_is_taken_unchanged(void **state)
{
    struct expect x;
    struct err e;

    (void)state;
    assert_int_equal(expect_parse(&x, "text within 2", "/a\nb/", &e), 0);
    assert_false(x.pattern.regex);
    assert_string_equal(x.pattern.text, "/a\nb/");
    assert_int_equal(x.within_us, 2000000);
    expect_clear(&x);
    assert_int_equal(expect_parse(&x, "json", "{\n \"a\": 1\n}", &e), 0);
    assert_int_equal(x.condition_count, 1);
    expect_clear(&x);
    assert_int_equal(expect_parse(&x, "text a", "b", &e), -1);
    expect_clear(&x);
    assert_int_equal(expect_parse(&x, "binary", "b", &e), -1);
    expect_clear(&x);
}

static void limits_are_those_given_or_the_default(void **state)
{
    struct expect x;
    struct err e;

    (void)state;
    assert_int_equal(expect_parse(&x, "text a", NULL, &e), 0);
    assert_int_equal(expect_limit_us(&x, 5), 5);
    expect_clear(&x);
    assert_int_equal(expect_parse(&x, "text a within 0.25", NULL, &e), 0);
    assert_int_equal(expect_limit_us(&x, 5), 250000);
    assert_string_equal(x.pattern.text, "a");
    expect_clear(&x);
    assert_int_equal(expect_parse(&x, "none", NULL, &e), 0);
    assert_int_equal(expect_limit_us(&x, 5), EXPECT_NONE_US);
    expect_clear(&x);
    assert_int_equal(expect_parse(&x, "none for 3", NULL, &e), 0);
    assert_int_equal(expect_limit_us(&x, 5), 3000000);
    expect_clear(&x);
}

/* --- comparing ----------------------------------------------------------------------------------
 */

/* A queue's end points into the inbox: it is made where it stays. */
#define INBOX(name)    \
    struct inbox name; \
    inbox_init(&(name), 100, 100000)

static void put_text(struct inbox *in, const char *text)
{
    const struct event ev = {
        .kind = EVENT_MESSAGE,
        .dir = DIR_IN,
        .message = {.type = OPCODE_TEXT, .data = slice_str(text), .final = true}};

    inbox_event(in, &ev);
}

static void fits(const char *args, const char *text, bool expected, const char *why_part)
{
    char why[EXPECT_WHY];
    struct expect x;
    struct err e;
    INBOX(in);

    assert_int_equal(expect_parse(&x, args, NULL, &e), 0);
    put_text(&in, text);
    if (expect_fits(&x, in.queues[CAME_MESSAGES].first, why) != expected)
        fail_msg("%s: %s: %s", args, text, why);
    if (!expected && !strstr(why, why_part))
        fail_msg("%s: %s: %s", args, text, why);
    expect_clear(&x);
    inbox_clear(&in);
}

static void texts_are_compared(void **state)
{
    (void)state;
    fits("text hello", "hello", true, "");
    fits("text hello", "hello ", false, "continues after the 5 characters expected: \" \"");
    fits("text hello", "hell", false, "ends after 4 of 5 characters");
    fits("text hello", "help!", false, "is different from character 4 on: \"p!\"");
    fits("text g\xC3\xBCnstig", "g\xC3\xA4rtner", false,
         "is different from character 2 on: \"\xC3\xA4rtner\"");
    fits("text hello", "", false, "is empty");
    fits("text \"hello\"", "hello", false, "no quotes around it");
    fits("text {\"a\":1}", "{ \"a\": 1.0 }", false, "the same JSON, written differently");
    fits("text hello", "other", false, "the text is different");
    fits("text", "whatever", true, "");
    fits("text /^h.*o$/", "hello", true, "");
    fits("text /^h.*o$/", "hell", false, "does not match /^h.*o$/");
    fits("text /a\\/b/", "xa/by", true, "");
    fits("binary", "x", false, "a text message");
    fits("text {\"a\":1}", "{\"a\":1}", true, "");
}

static void json_is_compared(void **state)
{
    const char *text =
        "{\"op\":\"pong\",\"id\":9007199254740993,\"l\":[1,{\"x\":null}],\"s\":\"a/b\"}";

    (void)state;
    fits("json", text, true, "");
    fits("json", "nope", false, "not JSON");
    fits("json /op == \"pong\"", text, true, "");
    fits("json /op == pong", text, true, "");
    fits("json /op == ping", text, false, "/op is \"pong\", not \"ping\"");
    fits("json /op != ping", text, true, "");
    fits("json /op != pong", text, false, "not != \"pong\"");
    fits("json /id == 9007199254740993", text, true, "");
    fits("json /id == 9007199254740992", text, false, "not 9007199254740992");
    fits("json /id > 9007199254740992 /id <= 9007199254740993", text, true, "");
    fits("json /op > 1", text, false, "not > 1");
    fits("json /l/1/x == null /l/0 type integer", text, true, "");
    fits("json /l/1/x exists /l/2 missing", text, true, "");
    fits("json /l/2 exists", text, false, "/l/2 is not there");
    fits("json /op missing", text, false, "/op is there");
    fits("json /op type number", text, false, "of type string");
    fits("json /s ~ /^a\\/b$/", text, true, "");
    fits("json /s ~ /^b/", text, false, "not ~ /^b/");
    fits("json /id ~ /^9/", text, true, "");
    fits("json {\"op\":\"pong\",\"l\":[1,{}]}", text, true, "");
    fits("json {\"op\":\"ping\"}", text, false, "\"pong\" is where \"ping\" should be");
    fits("json {\"no\":1}", text, false, "\"no\":1 is not there");
    fits("json \"\" type object", text, true, "");
    fits("json /s == \"a/b\"", text, true, "");
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static unsigned seen_count;

static void on_seen(void *ctx, const struct expect_wait *w, const struct came *c, const char *why)
{
    (void)ctx;
    (void)w;
    (void)c;
    (void)why;
    seen_count++;
}

static enum expect_state feed(const char *args, struct inbox *in)
{
    struct expect x;
    struct expect_wait w = {.expect = &x, .inbox = in};
    struct err e;

    seen_count = 0;
    assert_int_equal(expect_parse(&x, args, NULL, &e), 0);
    expects_feed(&w, 1, on_seen, NULL);
    expect_clear(&x);
    return w.state;
}

static void what_does_not_fit_is_passed_over(void **state)
{
    INBOX(in);

    (void)state;
    put_text(&in, "a");
    put_text(&in, "b");
    put_text(&in, "c");
    assert_int_equal(feed("text b", &in), EXPECT_MET);
    assert_int_equal(seen_count, 1);
    assert_string_equal(in.matched->data, "b");
    assert_int_equal(feed("text b", &in), EXPECT_WAITS);
    assert_int_equal(seen_count, 1);
    assert_null(in.queues[CAME_MESSAGES].first);
    inbox_clear(&in);
}

static void next_takes_no_other(void **state)
{
    INBOX(in);

    (void)state;
    assert_int_equal(feed("next text b", &in), EXPECT_WAITS);
    put_text(&in, "a");
    put_text(&in, "b");
    assert_int_equal(feed("next text b", &in), EXPECT_FAILED);
    assert_int_equal(feed("next text b", &in), EXPECT_MET);
    inbox_clear(&in);
}

static void classes_do_not_stand_in_each_others_way(void **state)
{
    const struct event ping = {.kind = EVENT_PING, .control = {.data = slice_str("p")}};
    const struct event close = {.kind = EVENT_CLOSE, .close = {.code = 1001}};
    INBOX(in);

    (void)state;
    inbox_event(&in, &ping);
    put_text(&in, "a");
    inbox_event(&in, &close);
    assert_int_equal(feed("next text a", &in), EXPECT_MET);
    assert_int_equal(feed("next close 1001", &in), EXPECT_MET);
    assert_int_equal(feed("next ping p", &in), EXPECT_MET);
    assert_int_equal(feed("none", &in), EXPECT_WAITS);
    put_text(&in, "late");
    assert_int_equal(feed("none", &in), EXPECT_FAILED);
    inbox_clear(&in);
}

static void several_take_what_comes_in_any_order(void **state)
{
    static const char *const args[] = {"text b", "text a", "text /./"};
    struct expect x[3];
    struct expect_wait w[3];
    struct err e;
    INBOX(in);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(expect_parse(&x[i], args[i], NULL, &e), 0);
        w[i] = (struct expect_wait){.expect = &x[i], .inbox = &in};
    }
    put_text(&in, "a");
    put_text(&in, "b");
    expects_feed(w, 3, on_seen, NULL);
    assert_int_equal(w[0].state, EXPECT_MET);
    assert_int_equal(w[1].state, EXPECT_MET);
    assert_int_equal(w[2].state, EXPECT_WAITS);
    put_text(&in, "c");
    expects_feed(w, 3, on_seen, NULL);
    assert_int_equal(w[2].state, EXPECT_MET);
    for (int i = 0; i < 3; i++)
        expect_clear(&x[i]);
    inbox_clear(&in);
}

static void the_response_is_looked_at_and_stays(void **state)
{
    const struct field fields[] = {{slice_str("Set-Cookie"), slice_str("a=1")},
                                   {slice_str("Set-Cookie"), slice_str("b=2")}};
    const struct event response = {
        .kind = EVENT_RESPONSE, .response = {.status = 403, .headers = fields, .header_count = 2}};
    INBOX(in);

    (void)state;
    assert_int_equal(feed("status 403", &in), EXPECT_WAITS);
    inbox_event(&in, &response);
    assert_int_equal(feed("status 403", &in), EXPECT_MET);
    assert_int_equal(feed("status 101", &in), EXPECT_WAITS);
    assert_int_equal(feed("header set-cookie: b=2", &in), EXPECT_MET);
    assert_int_equal(feed("header set-cookie", &in), EXPECT_MET);
    assert_int_equal(feed("header set-cookie /^c/", &in), EXPECT_WAITS);
    assert_int_equal(feed("header Set", &in), EXPECT_WAITS);
    inbox_clear(&in);
}

static void parts_become_one_message_within_bounds(void **state)
{
    struct event part = {.kind = EVENT_MESSAGE,
                         .message = {.type = OPCODE_TEXT, .data = slice_str("ab"), .part = 1}};
    struct inbox in;

    (void)state;
    inbox_init(&in, 2, 5);
    inbox_event(&in, &part);
    part.message.part = 2;
    part.message.final = true;
    part.message.data = slice_str("cd");
    inbox_event(&in, &part);
    assert_false(inbox_full(&in));
    assert_int_equal(feed("next text abcd", &in), EXPECT_MET);
    part.message.part = 1;
    part.message.final = false;
    part.message.data = slice_str("abcdefgh");
    inbox_event(&in, &part);
    part.message.part = 2;
    part.message.final = true;
    inbox_event(&in, &part);
    assert_true(in.missed);
    assert_null(in.queues[CAME_MESSAGES].first);
    put_text(&in, "x");
    put_text(&in, "y");
    assert_true(inbox_full(&in));
    inbox_drop(&in);
    assert_false(inbox_full(&in));
    inbox_clear(&in);
}

static void put_decoded(struct inbox *in, enum decoded_role role, const char *name,
                        const char *data)
{
    const struct event ev = {.kind = EVENT_DECODED,
                             .dir = DIR_IN,
                             .decoded = {.type = "x",
                                         .role = role,
                                         .name = slice_str(name),
                                         .form = DECODED_JSON,
                                         .data = slice_str(data)}};

    inbox_event(in, &ev);
}

static void what_was_decoded_is_matched_by_role_name_and_data(void **state)
{
    INBOX(in);

    (void)state;
    put_decoded(&in, DECODED_EVENT, "chat", "[1]");
    assert_int_equal(in.count, 0); /* nobody has asked for it */
    in.decoded = true;
    put_decoded(&in, DECODED_HEARTBEAT, "", "");
    put_decoded(&in, DECODED_CONTROL, "/", "{}");
    assert_int_equal(in.count, 0);
    put_decoded(&in, DECODED_EVENT, "chat", "[1]");
    put_decoded(&in, DECODED_REQUEST, "two words", "[{\"a\":2}]");
    assert_int_equal(feed("event chat json /0 == 1", &in), EXPECT_MET);
    assert_string_equal(in.matched->data, "[1]");
    assert_int_equal(feed("event \"two words\" json /0/a == 2", &in), EXPECT_MET);
    put_decoded(&in, DECODED_ACK, "", "[true]");
    put_decoded(&in, DECODED_RESULT, "", "{\"sum\":3}");
    put_decoded(&in, DECODED_ERROR, "", "{\"code\":-32601}");
    assert_int_equal(feed("next ack json [true]", &in), EXPECT_MET);
    assert_int_equal(feed("next result json /sum > 2", &in), EXPECT_MET);
    assert_int_equal(feed("error json /code == -32601", &in), EXPECT_MET);
    put_decoded(&in, DECODED_ERROR, "", "");
    assert_int_equal(feed("error tls", &in), EXPECT_WAITS);
    assert_int_equal(feed("error", &in), EXPECT_MET);
    put_decoded(&in, DECODED_EVENT, "other", "[1]");
    assert_int_equal(feed("next event chat", &in), EXPECT_FAILED);
    put_decoded(&in, DECODED_RESULT, "", "[1]");
    assert_int_equal(feed("next event chat", &in), EXPECT_FAILED);
    assert_int_equal(in.bytes, 0);
    inbox_clear(&in);
}

static void what_was_decoded_makes_room_for_more(void **state)
{
    struct inbox in;

    (void)state;
    inbox_init(&in, 3, 1000);
    in.decoded = true;
    for (int i = 0; i < 4; i++) {
        put_text(&in, "m");
        put_decoded(&in, DECODED_EVENT, "m", "[]");
    }
    assert_true(inbox_full(&in));
    assert_int_equal(feed("event other", &in), EXPECT_WAITS);
    assert_false(inbox_full(&in));
    inbox_clear(&in);
}

static void once(void)
{

    struct expect x;
    struct err e;
    INBOX(in);
    int status = expect_parse(&x, "json /a == b /c ~ /d/ {\"e\":1}", NULL, &e);

    put_text(&in, "{\"a\":\"\\u0062\"}");
    if (status == 0) {
        struct expect_wait w = {.expect = &x, .inbox = &in};

        expects_feed(&w, 1, on_seen, NULL);
        assert_int_equal(w.state, EXPECT_WAITS);
    }
    expect_clear(&x);
    inbox_clear(&in);
}

static void want_of_memory_is_reported(void **state)
{
    (void)state;
    ALLOC_EACH(once());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_reported_with_their_place),
        cmocka_unit_test(a_here_text_is_taken_unchanged),
        cmocka_unit_test(limits_are_those_given_or_the_default),
        cmocka_unit_test(texts_are_compared),
        cmocka_unit_test(json_is_compared),
        cmocka_unit_test(what_does_not_fit_is_passed_over),
        cmocka_unit_test(next_takes_no_other),
        cmocka_unit_test(classes_do_not_stand_in_each_others_way),
        cmocka_unit_test(several_take_what_comes_in_any_order),
        cmocka_unit_test(the_response_is_looked_at_and_stays),
        cmocka_unit_test(parts_become_one_message_within_bounds),
        cmocka_unit_test(what_was_decoded_is_matched_by_role_name_and_data),
        cmocka_unit_test(what_was_decoded_makes_room_for_more),
        cmocka_unit_test(want_of_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
