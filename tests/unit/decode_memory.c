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
    {"socket.io,version=4",
     OPCODE_TEXT,
     {STEP(FROM, "0{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,"
                 "\"maxPayload\":1000}"),
      STEP(FROM, "40{\"sid\":\"n\"}"), STEP(TYPED, "chat! hi {\"a\":1} hex:0102"),
      STEP(FROM, "430[\"ok\"]"), STEP(FROM, "421[\"news\",\"a\\n\"]"), STEP(PIPED, "[\"a\",1]"),
      STEP(END, "")}},
    {"socket.io,version=4,parser=msgpack",
     OPCODE_BINARY,
     {STEP(FROM, "\x82\xA4type\2\xA3nsp\xA1/"), STEP(FROM, "\xC1"),
      STEP(FROM, "\x83\xA4type\2\xA3nsp\xA1/\xA4"
                 "data\x92\xA1"
                 "a\xC4\1\0"),
      STEP(END, "")}},
    {"centrifugo",
     OPCODE_TEXT,
     {STEP(TO, "{\"id\":1,\"subscribe\":{\"channel\":\"c\"}}"),
      STEP(FROM,
           "{\"id\":1,\"subscribe\":{}}\n{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":1}}}"),
      STEP(END, "")}},
    {"jsonrpc",
     OPCODE_TEXT,
     {STEP(TYPED, "add [1,2]"), STEP(FROM, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":3}"),
      STEP(FROM, "[{\"method\":\"a\"},{\"method\":\"b\"}]"), STEP(FROM, "bad"), STEP(END, "")}},
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

/* What was made of all messages: "TYPE" or "TYPE!ERROR" of each item, a line each. */
struct course {
    char text[4096];
    size_t len;
    bool cut;   /* a line could not be encoded: what follows may be different */
    bool whole; /* neither that, nor did the stack give up */
};

static void decode(struct decode_stack *stack, enum event_dir dir, struct decode_message m,
                   struct course *c)
{
    size_t count = decode_message(stack, dir, m, 1);

    for (size_t i = 0; i < count && !c->cut; i++) {
        const struct event_decoded *item = &decode_items(stack)[i];

        c->len +=
            (size_t)snprintf(c->text + c->len, sizeof c->text - c->len, "%s%s%s\n", item->type,
                             item->error ? "!" : "", item->error ? item->error : "");
        assert_true(c->len < sizeof c->text);
    }
}

static void fetch_all(struct decode_stack *stack, struct course *c)
{
    struct decode_message m;

    while (decode_fetch(stack, &m)) {
        uint8_t copy[1024];

        assert_true(m.data.len <= sizeof copy);
        memcpy(copy, m.data.data, m.data.len);
        m.data.data = copy;
        decode(stack, DIR_OUT, m, c);
    }
}

static void act(struct decode_stack *stack, const struct scene *scene, const struct step *step,
                struct course *c)
{
    const struct slice bytes = slice_make(step->bytes, step->len);
    struct err e;

    if (step->how == FROM || step->how == TO)
        decode(stack, step->how == TO ? DIR_OUT : DIR_IN,
               (struct decode_message){scene->opcode, bytes}, c);
    else if (decode_speaks(stack) &&
             decode_encode(stack, step->how == TYPED ? DECODE_TYPED : DECODE_PIPED, bytes, 1, &e) <
                 0)
        c->cut = true;
    fetch_all(stack, c);
}

static void play(const struct scene *scene, const struct decode_spec *spec, struct course *c)
{
    const struct decode_opening opening = {"/a/123/b/websocket", ""};
    struct decode_stack *stack = decode_new(spec, true);

    *c = (struct course){0};
    if (!stack)
        return;
    if (decode_opened(stack, &opening, 0) == 0) {
        fetch_all(stack, c);
        for (const struct step *step = scene->steps; step->how != END; step++)
            act(stack, scene, step, c);
        c->whole = !c->cut && decode_is_on(stack);
        c->cut = true; /* what time and leaving make of it */
        decode_tick(stack, 60000000);
        decode_leave(stack, 60000000);
        fetch_all(stack, c);
        decode_finding(stack, 0);
    }
    decode_free(stack);
}

/* It may decode nothing from then on, but neither crashes nor leaks, nor says of a message that
 * something is wrong with it, nor goes on after something got lost. */
static void play_without(const struct scene *scene, const struct decode_spec *spec,
                         const struct course *usual)
{
    struct course c;

    play(scene, spec, &c);
    if (strncmp(c.text, usual->text, c.len) != 0 || (c.whole && c.len != usual->len))
        fail_msg("%s: without memory\n%sin place of\n%s", scene->as, c.text, usual->text);
}

static void every_allocation_may_fail(void **state)
{
    struct course usual;

    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        struct decode_spec spec = {.credentials = "{\"a\":1}"};
        char as[64];
        struct err e;

        snprintf(as, sizeof as, "%s", scenes[i].as);
        assert_int_equal(decode_spec_parse(&spec, as, &e), 0);
        play(&scenes[i], &spec, &usual);
        assert_true(usual.len > 0);
        ALLOC_EACH(play_without(&scenes[i], &spec, &usual));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
