#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

static void jsonrpc_is_recognised_by_its_member_alone(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/", "");
    decoding_text(&d, DIR_IN, "{\"method\":\"tick\",\"id\":1}");
    assert_int_equal(d.count, 0);
    assert_null(decode_name(d.stack));
    decoding_is(&d, DIR_IN, "{\"jsonrpc\":\"2.0\",\"method\":\"tick\",\"params\":[1]}",
                "notification name=tick [1]");
    assert_string_equal(decode_name(d.stack), "jsonrpc");
    assert_false(decode_speaks(d.stack));
    decoding_close(&d);
}

static void auto_gives_up_on_a_plain_feed(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/feed", "");
    for (int i = 0; i < 16; i++)
        decoding_text(&d, DIR_IN, "[\"chat\",{\"x\":1}]");
    assert_false(decode_is_on(d.stack));
    decoding_close(&d);
}

static void answers_name_what_they_answer_and_how_late(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "jsonrpc", true, "/", "");
    decoding_enters(&d, DECODE_TYPED, "sum [1,2]");
    decoding_sends(&d, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sum\",\"params\":[1,2]}");
    decoding_shows(&d, 0, "request name=sum id=1 [1,2]");
    decoding_sends(&d, NULL);
    d.now_us += 4100;
    decoding_is(&d, DIR_IN, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":3}",
                "result name=sum re=1 3");
    assert_true(decode_items(d.stack)[0].has_us);
    assert_int_equal(decode_items(d.stack)[0].us, 4100);
    decoding_is(&d, DIR_IN, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601}}",
                "error re=1 {\"code\":-32601}");
    assert_false(decode_items(d.stack)[0].has_us);
    assert_string_equal(decode_finding(d.stack, 0), "1 answer matched no request");
    assert_null(decode_finding(d.stack, 1));
    decoding_close(&d);
}

static void requests_without_an_answer_are_a_finding(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "jsonrpc", true, "/", "");
    decoding_enters(&d, DECODE_PIPED, "{\"method\":\"a\"}");
    decoding_sends(&d, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}");
    decoding_enters(&d, DECODE_PIPED, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"b\"}");
    decoding_sends(&d, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"b\"}");
    assert_string_equal(decode_finding(d.stack, 0),
                        "2 requests had no answer: a (id 1), b (id \"x\")");
    decoding_close(&d);
}

static void batches_are_items(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "jsonrpc", true, "/", "");
    decoding_text(&d, DIR_IN, "[{\"jsonrpc\":\"2.0\",\"method\":\"a\"},7]");
    assert_int_equal(d.count, 2);
    decoding_shows(&d, 0, "notification name=a");
    decoding_shows(&d, 1, "malformed !not JSON-RPC: no JSON object");
    decoding_is(&d, DIR_IN, "[]", "malformed !not JSON-RPC: the batch is empty");
    decoding_close(&d);
}

static void malformed_messages_are_shown_as_such(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "jsonrpc", true, "/", "");
    decoding_is(&d, DIR_IN, "hello", "malformed !not JSON-RPC: no JSON");
    decoding_is(&d, DIR_IN, "{\"method\":\"a\"}",
                "malformed !not JSON-RPC 2.0: the member \"jsonrpc\" is missing");
    decoding_is(&d, DIR_IN, "{\"jsonrpc\":\"2.0\"}",
                "malformed !not JSON-RPC: neither a method nor a result nor an error");
    decoding_refuses(&d, DECODE_TYPED, "sum 1",
                     "the parameters of sum are not a JSON object or array");
    decoding_refuses(&d, DECODE_PIPED, "sum",
                     "a line must be a JSON object such as {\"method\":\"sum\",\"params\":[1,2]}");
    decoding_close(&d);
}

static void cdp_needs_no_version_and_names_its_target(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/devtools/page/1", "");
    assert_string_equal(decode_name(d.stack), "cdp");
    decoding_is(&d, DIR_IN, "{\"method\":\"Page.loaded\",\"params\":{},\"sessionId\":\"A1\"}",
                "notification name=Page.loaded session=A1 {}");
    decoding_close(&d);
}

static void as_is_checked(void **state)
{
    struct decode_spec spec = {0};
    struct err e;
    char near[] = "jsonrcp", key[] = "jsonrpc,version=2";

    (void)state;
    assert_int_equal(decode_spec_parse(&spec, near, &e), -1);
    assert_string_equal(e.hint, "did you mean 'jsonrpc'?");
    assert_int_equal(decode_spec_parse(&spec, key, &e), -1);
    assert_string_equal(e.text, "--as jsonrpc has no key 'version'");
}

static void a_word_without_some_letters_is_the_name_that_has_them(void **state)
{
    static const char *const words[][2] = {
        {"sockio", "did you mean 'socket.io'?"},     {"socketio", "did you mean 'socket.io'?"},
        {"gql", "did you mean 'graphql'?"},          {"sockj", "did you mean 'sockjs'?"},
        {"oi", "man wscope-as lists the protocols"},
    };
    struct decode_spec spec = {0};
    char text[16];
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(text, sizeof text, "%s", words[i][0]);
        assert_int_equal(decode_spec_parse(&spec, text, &e), -1);
        assert_string_equal(e.hint, words[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonrpc_is_recognised_by_its_member_alone),
        cmocka_unit_test(auto_gives_up_on_a_plain_feed),
        cmocka_unit_test(answers_name_what_they_answer_and_how_late),
        cmocka_unit_test(requests_without_an_answer_are_a_finding),
        cmocka_unit_test(batches_are_items),
        cmocka_unit_test(malformed_messages_are_shown_as_such),
        cmocka_unit_test(cdp_needs_no_version_and_names_its_target),
        cmocka_unit_test(as_is_checked),
        cmocka_unit_test(a_word_without_some_letters_is_the_name_that_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
