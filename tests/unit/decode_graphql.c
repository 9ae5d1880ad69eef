#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

#define ACK "{\"type\":\"connection_ack\"}"

static void open_acknowledged(struct decoding *d, const char *subprotocol)
{
    decoding_open(d, "graphql", true, "/graphql", subprotocol);
    decoding_sends(d, "{\"type\":\"connection_init\"}");
    decoding_shows(d, 0, "connection_init");
    assert_false(decode_is_ready(d->stack));
    d->now_us += 700;
    decoding_is(d, DIR_IN, ACK, "connection_ack");
    assert_int_equal(decode_items(d->stack)[0].us, 700);
    assert_true(decode_is_ready(d->stack));
}

static void graphql_is_recognised_by_subprotocol_or_first_message(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/", "graphql-ws");
    assert_string_equal(decode_name(d.stack), "graphql");
    decoding_open(&d, "auto", true, "/graphql", "");
    decoding_text(&d, DIR_IN, "{\"type\":\"data\",\"id\":\"1\",\"payload\":{}}");
    assert_null(decode_name(d.stack));
    decoding_is(&d, DIR_OUT, "{\"type\":\"connection_init\",\"payload\":{}}", "connection_init {}");
    decoding_sends(&d, NULL);
    decoding_close(&d);
}

static void operations_are_sent_and_their_results_belong_to_them(void **state)
{
    struct decoding d = {0};
    struct buf line;

    (void)state;
    buf_init(&line, SIZE_MAX);
    d.spec.variables = "{\"n\":3}";
    open_acknowledged(&d, "graphql-transport-ws");
    decoding_enters(&d, DECODE_TYPED, "subscription Count($n: Int) { count(to: $n, as: \"x\") }");
    decoding_sends(&d,
                   "{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"subscription "
                   "Count($n: Int) { count(to: $n, as: \\\"x\\\") }\",\"variables\":{\"n\":3}}}");
    assert_true(slice_is(decode_items(d.stack)[0].name, "Count"));
    d.now_us += 4000;
    decoding_is(&d, DIR_IN, "{\"id\":\"1\",\"type\":\"next\",\"payload\":{\"data\":{\"count\":1}}}",
                "next name=Count re=\"1\" {\"data\":{\"count\":1}}");
    assert_int_equal(decode_items(d.stack)[0].us, 4000);
    assert_int_equal(decode_piped(d.stack, decode_items(d.stack), &line), 1);
    assert_true(slice_is(buf_slice(&line), "{\"data\":{\"count\":1}}"));
    assert_null(decode_finding(d.stack, 0));
    decoding_is(&d, DIR_IN, "{\"id\":\"1\",\"type\":\"complete\"}", "complete name=Count re=\"1\"");
    decoding_enters(&d, DECODE_PIPED, "{\"query\":\"{ hello }\",\"variables\":{}}");
    decoding_sends(&d, "{\"id\":\"2\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{ hello "
                       "}\",\"variables\":{}}}");
    assert_true(slice_is(decode_items(d.stack)[0].name, "hello"));
    decoding_is(&d, DIR_IN, "{\"id\":\"2\",\"type\":\"error\",\"payload\":[{\"message\":\"no\"}]}",
                "error name=hello re=\"2\" [{\"message\":\"no\"}]");
    buf_reset(&line);
    assert_int_equal(decode_piped(d.stack, decode_items(d.stack), &line), 1);
    assert_true(slice_is(buf_slice(&line), "{\"errors\":[{\"message\":\"no\"}]}"));
    decoding_refuses(&d, DECODE_TYPED, "hello", "'hello' is not a query: it has no '{'");
    decoding_refuses(&d, DECODE_PIPED, "{ hello }",
                     "a line must be a JSON object such as {\"query\":\"{ hello }\"}");
    buf_clear(&line);
    decoding_close(&d);
}

static void the_older_protocol_has_its_own_words(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_acknowledged(&d, "graphql-ws");
    decoding_is(&d, DIR_IN, "{\"type\":\"ka\"}", "ka");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_HEARTBEAT);
    decoding_enters(&d, DECODE_TYPED, "{ hello }");
    decoding_sends(&d, "{\"id\":\"1\",\"type\":\"start\",\"payload\":{\"query\":\"{ hello }\"}}");
    decoding_enters(&d, DECODE_TYPED, "complete 1");
    decoding_sends(&d, "{\"id\":\"1\",\"type\":\"stop\"}");
    assert_null(decode_finding(d.stack, 0));
    decoding_close(&d);
}

static void init_is_sent_and_pings_are_answered(void **state)
{
    struct decoding d = {0};

    (void)state;
    d.spec.credentials = "{\"token\":\"t\"}";
    decoding_open(&d, "graphql", true, "/", "graphql-transport-ws");
    decoding_sends(&d, "{\"type\":\"connection_init\",\"payload\":{\"token\":\"t\"}}");
    decoding_is(&d, DIR_IN, "{\"type\":\"ping\",\"payload\":{\"n\":1}}", "ping {\"n\":1}");
    decoding_sends(&d, "{\"type\":\"pong\",\"payload\":{\"n\":1}}");
    assert_true(strstr(decode_finding(d.stack, 0), "-s graphql-ws") != NULL);
    assert_string_equal(decode_close_name(d.stack, 4403), "Forbidden");
    assert_true(strstr(decode_close_advice(d.stack, 4403), "--init") != NULL);
    assert_null(decode_close_name(d.stack, 4999));
    decoding_close(&d);
}

static void swapped_names_and_early_operations_are_findings(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/", "graphql-ws");
    decoding_is(&d, DIR_OUT,
                "{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":\"{ a }\"}}",
                "subscribe name=a id=\"1\" {\"query\":\"{ a }\"}");
    assert_string_equal(
        decode_finding(d.stack, 0),
        "\"subscribe\" belongs to the protocol of the library graphql-ws, whose "
        "subprotocol is graphql-transport-ws, but the subprotocol is \"graphql-ws\"");
    assert_true(strstr(decode_finding(d.stack, 1), "4401") != NULL);
    assert_string_equal(decode_finding(d.stack, 2), "1 request had no answer: a (id \"1\")");
    decoding_close(&d);
}

static void malformed_messages_are_shown_as_such(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/", "graphql-transport-ws");
    decoding_is(&d, DIR_IN, "x", "malformed !not GraphQL: no JSON");
    decoding_is(&d, DIR_IN, "[]", "malformed !not GraphQL: no JSON object");
    decoding_is(&d, DIR_IN, "{}", "malformed !not GraphQL: it has no \"type\"");
    decoding_is(&d, DIR_IN, "{\"type\":\"nxt\"}",
                "malformed !not GraphQL: \"nxt\" is not a type of message");
    decoding_is(&d, DIR_IN, ACK, "connection_ack");
    decoding_close(&d);
}

static void a_refused_init_is_explained_by_its_code_alone(void **state)
{
    static const char older[] = "connection_init was not acknowledged: a server that knows only "
                                "the older protocol needs -s graphql-ws";
    struct decoding d = {0};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        decoding_open(&d, "graphql", true, "/graphql", "graphql-transport-ws");
        decoding_sends(&d, "{\"type\":\"connection_init\"}");
        decode_closed(d.stack, i ? 4403 : 1002, 0);
        if (i)
            assert_null(decode_finding(d.stack, 0));
        else
            assert_string_equal(decode_finding(d.stack, 0), older);
    }
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_init_is_explained_by_its_code_alone),
        cmocka_unit_test(graphql_is_recognised_by_subprotocol_or_first_message),
        cmocka_unit_test(operations_are_sent_and_their_results_belong_to_them),
        cmocka_unit_test(the_older_protocol_has_its_own_words),
        cmocka_unit_test(init_is_sent_and_pings_are_answered),
        cmocka_unit_test(swapped_names_and_early_operations_are_findings),
        cmocka_unit_test(malformed_messages_are_shown_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
