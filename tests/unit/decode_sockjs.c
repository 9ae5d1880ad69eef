#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

static void sockjs_is_recognised_by_path_and_first_frame(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/echo/123/abcd/websocket", "");
    decoding_text(&d, DIR_IN, "x");
    assert_int_equal(d.count, 0);
    decoding_is(&d, DIR_IN, "o", "open");
    decoding_is(&d, DIR_IN, "h", "heartbeat");
    decoding_is(&d, DIR_IN, "a[\"hi\"]", "message hi");
    decoding_open(&d, "auto", true, "/echo/12/abcd/websocket", "");
    decoding_text(&d, DIR_IN, "o");
    assert_int_equal(d.count, 0);
    decoding_close(&d);
}

static void messages_are_wrapped_and_unwrapped(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "sockjs", true, "/echo/123/abcd/websocket", "");
    decoding_is(&d, DIR_IN, "o", "open");
    decoding_enters(&d, DECODE_PIPED, "say \"hi\"");
    decoding_sends(&d, "[\"say \\\"hi\\\"\"]");
    decoding_shows(&d, 0, "message say \"hi\"");
    decoding_text(&d, DIR_IN, "a[\"a\",\"b\"]");
    assert_int_equal(d.count, 2);
    decoding_shows(&d, 1, "message b");
    decoding_is(&d, DIR_IN, "m\"c\"", "message c");
    decoding_is(&d, DIR_IN, "c[3000,\"Go away!\"]", "close code=3000 reason=Go away!");
    assert_null(decode_ended(d.stack));
    decoding_is(&d, DIR_IN, "c[2010,\"Another connection still open\"]",
                "close code=2010 reason=Another connection still open");
    assert_string_equal(decode_ended(d.stack)->text,
                        "the server closed the session: Another connection still open (2010)");
    decoding_close(&d);
}

static void stomp_is_carried(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "sockjs+stomp", true, "/stomp/123/abcd/websocket", "");
    decoding_sends(&d, "[\"CONNECT\\naccept-version:1.0,1.1,1.2\\nhost:/\\n"
                       "heart-beat:10000,10000\\n\\n\\u0000\"]");
    assert_int_equal(d.count, 1);
    decoding_shows(&d, 0, "CONNECT accept-version=1.0,1.1,1.2 host=/ heart-beat=10000,10000");
    assert_string_equal(decode_items(d.stack)[0].as, "sockjs+stomp");
    decoding_is(&d, DIR_IN, "o", "open");
    assert_false(decode_is_ready(d.stack));
    decoding_is(&d, DIR_IN, "a[\"CONNECTED\\nversion:1.2\\n\\n\\u0000\"]", "CONNECTED version=1.2");
    assert_true(decode_is_ready(d.stack));
    decoding_close(&d);
}

static void what_is_carried_is_recognised_too(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/stomp/123/abcd/websocket", "");
    decoding_is(&d, DIR_IN, "o", "open");
    decoding_is(&d, DIR_OUT, "[\"CONNECT\\naccept-version:1.2\\n\\n\\u0000\"]",
                "CONNECT accept-version=1.2");
    assert_string_equal(decode_name(d.stack), "sockjs+stomp");
    decoding_close(&d);
}

static void malformed_frames_are_shown_as_such(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "sockjs", true, "/echo/123/abcd/websocket", "");
    decoding_is(&d, DIR_IN, "x",
                "malformed !not SockJS: its first character is not o, h, a, m or c");
    decoding_is(&d, DIR_IN, "a[1]", "malformed !not SockJS: a message is not a JSON string");
    decoding_is(&d, DIR_IN, "a{", "malformed !not SockJS: no JSON array of messages");
    decoding_is(&d, DIR_OUT, "hi", "malformed !not SockJS: no JSON array of messages");
    decoding_is(&d, DIR_IN, "c[1]", "malformed !not SockJS: no JSON array of a code and a reason");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockjs_is_recognised_by_path_and_first_frame),
        cmocka_unit_test(messages_are_wrapped_and_unwrapped),
        cmocka_unit_test(stomp_is_carried),
        cmocka_unit_test(what_is_carried_is_recognised_too),
        cmocka_unit_test(malformed_frames_are_shown_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
