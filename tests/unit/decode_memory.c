#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc.h"
#include "decoding.h"

enum { FROM, TO, TYPED, PIPED, END };

/* What passes, in this order. Binary messages are those of the protocols that have them. */
struct step {
    int how;
    const char *bytes;
    size_t len;
};

#define STEP(how, text)             \
    {                               \
        how, text, sizeof(text) - 1 \
    }

static const struct scene {
    const char *as;
    enum opcode opcode;
    struct step steps[8];
} scenes[] = {
    {"stomp",
     OPCODE_TEXT,
     {STEP(FROM, "CONNECTED\nversion:1.2\nheart-beat:1,1\n\n\0"), STEP(TYPED, "sub /a k=v"),
      STEP(FROM, "RECEIPT\nreceipt-id:sub-1\n\n\0MESSAGE\na:\\n\n"), STEP(FROM, "\nx\0"),
      STEP(TYPED, "send /a hi"), STEP(FROM, "bad"), STEP(END, "")}},
    {"graphql",
     OPCODE_TEXT,
     {STEP(FROM, "{\"type\":\"connection_ack\"}"), STEP(TYPED, "{ \"a\" }"),
      STEP(FROM, "{\"type\":\"next\",\"id\":\"1\",\"payload\":{}}"),
      STEP(PIPED, "{\"query\":\"{ a }\"}"), STEP(FROM, "{\"type\":\"ping\",\"payload\":1}"),
      STEP(FROM, "bad"), STEP(END, "")}},
    {"mqtt",
     OPCODE_BINARY,
     {STEP(FROM, "\x20\2\0\0"), STEP(TYPED, "sub a/# qos=1"), STEP(FROM, "\x90\3\0\1\1"),
      STEP(TYPED, "pub t x qos=2"), STEP(FROM, "\x50\2\0\2\x34\6\0\1t\0\x08y"), STEP(FROM, "\x30"),
      STEP(FROM, "\5\0\1tab"), STEP(END, "")}},
    {"actioncable",
     OPCODE_TEXT,
     {STEP(FROM, "{\"type\":\"welcome\"}"), STEP(TYPED, "sub A {\"r\":1}"),
      STEP(TYPED, "perform A go"),
      STEP(FROM, "{\"identifier\":\"{\\\"channel\\\":\\\"A\\\",\\\"r\\\":1}\",\"type\":"
                 "\"confirm_subscription\"}"),
      STEP(PIPED, "{\"a\":1}"), STEP(FROM, "bad"), STEP(END, "")}},
    {"phoenix",
     OPCODE_TEXT,
     {STEP(TYPED, "join a"), STEP(TYPED, "push a e {\"x\":1}"),
      STEP(FROM, "[\"1\",\"1\",\"a\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]"),
      STEP(PIPED, "[\"a\",\"b\\n\",{}]"), STEP(FROM, "bad"), STEP(END, "")}},
    {"signalr",
     OPCODE_TEXT,
     {STEP(FROM, "{}\x1E"), STEP(TYPED, "Add 1 two"),
      STEP(FROM, "{\"type\":3,\"invocationId\":\"1\",\"result\":3}\x1E"), STEP(PIPED, "[\"a\",1]"),
      STEP(FROM, "bad\x1E"), STEP(END, "")}},
    {"sockjs+stomp",
     OPCODE_TEXT,
     {STEP(FROM, "o"), STEP(FROM, "a[\"CONNECTED\\nversion:1.2\\n\\n\\u0000\"]"),
      STEP(TYPED, "send /a hi"), STEP(FROM, "c[2010,\"x\"]"), STEP(END, "")}},
    {"pusher",
     OPCODE_TEXT,
     {STEP(TO, "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"c\"}}"),
      STEP(FROM, "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"c\","
                 "\"data\":\"\\\"\"}"),
      STEP(END, "")}},
    {"wamp",
     OPCODE_BINARY,
     {STEP(TO, "\x94\x20\1\x80\xA1t"), STEP(FROM, "\x93\x21\1\2"), STEP(END, "")}},
    {"cbor",
     OPCODE_BINARY,
     {STEP(FROM, "\xa1\x82\1\2\x7f\x61"
                 "a\xff"),
      STEP(END, "")}},
    {"ocpp",
     OPCODE_TEXT,
     {STEP(TO, "[2,\"a\",\"B\\n\",{}]"), STEP(FROM, "[3,\"a\",{}]"), STEP(END, "")}},
};

static void fetch_all(struct decode_stack *stack)
{
    struct decode_message m;

    while (decode_fetch(stack, &m)) {
        uint8_t copy[1024];

        assert_true(m.data.len <= sizeof copy);
        memcpy(copy, m.data.data, m.data.len);
        m.data.data = copy;
        decode_message(stack, DIR_OUT, m, 1);
    }
}

static void act(struct decode_stack *stack, const struct scene *scene, const struct step *step)
{
    const struct slice bytes = slice_make(step->bytes, step->len);
    struct err e;

    if (step->how == FROM || step->how == TO)
        decode_message(stack, step->how == TO ? DIR_OUT : DIR_IN,
                       (struct decode_message){scene->opcode, bytes}, 1);
    else if (decode_speaks(stack))
        decode_encode(stack, step->how == TYPED ? DECODE_TYPED : DECODE_PIPED, bytes, 1, &e);
    fetch_all(stack);
}

/* It may decode nothing, but neither crashes nor leaks. */
static void play(const struct scene *scene, const struct decode_spec *spec)
{
    const struct decode_opening opening = {"/a/123/b/websocket", ""};
    struct decode_stack *stack = decode_new(spec, true);

    if (!stack)
        return;
    if (decode_opened(stack, &opening, 0) == 0) {
        fetch_all(stack);
        for (const struct step *step = scene->steps; step->how != END; step++)
            act(stack, scene, step);
        decode_tick(stack, 60000000);
        decode_leave(stack, 60000000);
        fetch_all(stack);
        decode_finding(stack, 0);
    }
    decode_free(stack);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        struct decode_spec spec = {.credentials = "{\"a\":1}"};
        char as[64];
        struct err e;

        snprintf(as, sizeof as, "%s", scenes[i].as);
        assert_int_equal(decode_spec_parse(&spec, as, &e), 0);
        ALLOC_EACH(play(&scenes[i], &spec));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
