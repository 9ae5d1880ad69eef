/* The layer of faults between a hand-made endpoint and a hand-made user, without sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "base/clock.h"
#include "peer/layer_fault.h"

/* What passed is written down, "in:one" up and "out:one" down, separated by blanks. */
struct stack {
    uv_loop_t loop;
    struct faults *faults;
    struct fault_conn *conn;
    struct layer_fault *fault;
    struct layer endpoint, user;
    char log[8192];
    uint64_t frames;
    unsigned reported; /* faults that began */
    bool below_paused, sent_close, closed, pauses, answers;
    int send_result; /* what the endpoint returns for a message */
};

static struct stack *of_endpoint(const struct layer *l)
{
    return (struct stack *)((char *)(uintptr_t)l - offsetof(struct stack, endpoint));
}

static struct stack *of_user(const struct layer *l)
{
    return (struct stack *)((char *)(uintptr_t)l - offsetof(struct stack, user));
}

static void note(struct stack *s, const char *what, struct slice data)
{
    size_t n = strlen(s->log);

    assert_true(n + strlen(what) + 80 < sizeof s->log);
    snprintf(s->log + n, sizeof s->log - n, "%s%s:%.*s", n ? " " : "", what,
             (int)(data.len < 64 ? data.len : 64), data.len ? (const char *)data.data : "");
}

/* What was noted since it was last asked. */
#define EXPECT(s, text)                      \
    do {                                     \
        assert_string_equal((s)->log, text); \
        (s)->log[0] = '\0';                  \
    } while (0)

static void up(struct stack *s, struct event *ev)
{
    layer_event(&s->endpoint, ev);
}

static void end(struct stack *s, enum close_how how)
{
    struct event ev = {.kind = EVENT_CLOSE, .close = {.how = how}};

    if (s->closed)
        return;
    s->closed = true;
    up(s, &ev);
}

/* --- the endpoint -------------------------------------------------------------------------------
 */

static int on_send(struct layer *l, const struct outgoing *out)
{
    struct stack *s = of_endpoint(l);
    char text[160];

    if (s->closed)
        return SEND_CLOSED;
    switch (out->kind) {
    case OUTGOING_MESSAGE:
        if (s->send_result < 0)
            return s->send_result;
        s->frames++;
        note(s, out->final ? "out" : "out-part", out->data);
        if (out->id) {
            snprintf(text, sizeof text, "%llu", (unsigned long long)out->id);
            note(s, "id", slice_str(text));
        }
        return 0;
    case OUTGOING_CONTROL:
        s->frames++;
        note(s, out->opcode == OPCODE_PING ? "ping" : "pong", out->data);
        return 0;
    case OUTGOING_FRAME:
        s->frames++;
        note(s, "frame", out->data);
        return 0;
    case OUTGOING_CLOSE:
        s->sent_close = true;
        snprintf(text, sizeof text, "%u %.*s", out->code, (int)out->data.len,
                 out->data.len ? (const char *)out->data.data : "");
        note(s, "close", slice_str(text));
        return 0;
    case OUTGOING_ABORT:
        note(s, "abort", slice_str(out->how == CLOSE_HOW_FAULT ? "fault" : "?"));
        end(s, out->how);
        return 0;
    default: /* a flush */
        return 0;
    }
}

static void on_pause(struct layer *l, bool paused)
{
    of_endpoint(l)->below_paused = paused;
}

static struct totals on_totals(const struct layer *l)
{
    return (struct totals){.frames_in = of_endpoint(l)->frames};
}

/* --- the user -----------------------------------------------------------------------------------
 */

static int say_part(struct stack *s, const char *text, bool first, bool final)
{
    return layer_send(&s->user, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                                   .opcode = OPCODE_TEXT,
                                                   .data = slice_str(text),
                                                   .first = first,
                                                   .final = final});
}

static int say(struct stack *s, const char *text)
{
    return say_part(s, text, true, true);
}

static void on_event(struct layer *l, struct event *ev)
{
    struct stack *s = of_user(l);

    switch (ev->kind) {
    case EVENT_MESSAGE:
        note(s, ev->message.final ? "in" : "in-part", ev->message.data);
        if (ev->message.sse_id)
            note(s, "sse-id", slice_str(ev->message.sse_id));
        if (ev->message.sse_name)
            note(s, "sse-name", slice_str(ev->message.sse_name));
        if (s->answers)
            say(s, "answer");
        if (s->pauses)
            layer_pause(&s->user, true);
        break;
    case EVENT_PING:
        note(s, "got-ping", ev->control.data);
        break;
    case EVENT_PONG:
        note(s, "got-pong", ev->control.data);
        break;
    case EVENT_CLOSE_FRAME:
        note(s, "close-frame", slice_str(""));
        break;
    case EVENT_CLOSE:
        note(s, "ended", slice_str(ev->close.how == CLOSE_HOW_FAULT ? "fault" : "otherwise"));
        break;
    case EVENT_ERROR:
        note(s, "error", slice_str(""));
        break;
    default:
        fail();
    }
}

/* --- the stack ----------------------------------------------------------------------------------
 */

static void on_report(void *ctx, const struct event_fault *fault, uint32_t conn)
{
    struct stack *s = ctx;

    (void)conn;
    s->reported += strcmp(fault->phase, "begin") == 0;
}

/* No link is there to act on a cut: this stands for it. */
static void on_strike(void *ctx)
{
    struct stack *s = ctx;

    if (fault_conn_strike(s->conn, FAULT_FAMILY_LINK))
        fault_conn_cut(s->conn);
}

static struct layer_fault_config config_of(struct stack *s, enum event_channel channel)
{
    return (struct layer_fault_config){.fault = s->conn, .channel = channel, .number = 1};
}

static struct stack *make(const char *specs, enum event_channel channel)
{
    static const struct layer_ops endpoint = {
        .send = on_send, .pause = on_pause, .totals = on_totals};
    static const struct layer_ops user = {.event = on_event};
    struct stack *s = calloc(1, sizeof *s);
    struct layer_fault_config config;
    struct fault_spec spec;
    struct err e;
    size_t pos = 0;
    int r;

    assert_non_null(s);
    assert_int_equal(uv_loop_init(&s->loop), 0);
    s->faults = faults_new(1, on_report, s);
    assert_non_null(s->faults);
    while ((r = fault_parse_next(&spec, slice_str(specs), &pos, FAULT_USE_SERVER, &e)) == 1)
        assert_int_equal(faults_arm(s->faults, &spec, clock_mono_us()), 0);
    assert_int_equal(r, 0);
    s->conn = fault_conn_new(s->faults, 1, clock_mono_us());
    assert_non_null(s->conn);
    fault_conn_listen(s->conn, FAULT_LISTENER_LINK, on_strike, s);
    fault_conn_connected(s->conn, clock_mono_us());
    s->endpoint.ops = &endpoint;
    s->user.ops = &user;
    layer_put(&s->user, &s->endpoint);
    config = config_of(s, channel);
    assert_int_equal(layer_fault_new(&s->fault, &s->loop, &config), 0);
    layer_fault_put(s->fault, &s->endpoint);
    return s;
}

static struct stack *make_ws(const char *specs)
{
    struct stack *s = make(specs, CHANNEL_WS);

    layer_fault_opened(s->fault);
    return s;
}

static void drop(struct stack *s)
{
    layer_fault_free(s->fault);
    fault_conn_free(s->conn, clock_mono_us());
    faults_free(s->faults);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    free(s);
}

/* One turn of the loop that waits for the layer's timer; what lies in wait for long is not. */
static void turn(struct stack *s)
{
    uv_run(&s->loop, UV_RUN_ONCE);
}

static void take_part(struct stack *s, const char *text, uint32_t part, bool final)
{
    struct event ev = {
        .kind = EVENT_MESSAGE,
        .dir = DIR_IN,
        .message = {.type = OPCODE_TEXT, .data = slice_str(text), .part = part, .final = final}};

    s->frames++;
    up(s, &ev);
}

static void take(struct stack *s, const char *text)
{
    take_part(s, text, 0, true);
}

static void take_control(struct stack *s, enum event_kind kind, const char *text, bool *taken)
{
    struct event ev = {.kind = kind, .dir = DIR_IN, .control = {.data = slice_str(text)}};

    s->frames++;
    up(s, &ev);
    if (taken)
        *taken = ev.control.taken;
}

static void take_close_frame(struct stack *s)
{
    struct event ev = {.kind = EVENT_CLOSE_FRAME, .dir = DIR_IN};

    s->frames++;
    up(s, &ev);
}

/* --- messages -----------------------------------------------------------------------------------
 */

static void without_faults_all_passes(void **state)
{
    struct stack *s = make_ws("");
    bool taken;

    (void)state;
    take(s, "a");
    assert_int_equal(say(s, "b"), 0);
    take_control(s, EVENT_PING, "p", &taken);
    assert_false(taken);
    take_control(s, EVENT_PONG, "q", NULL);
    take_close_frame(s);
    end(s, CLOSE_HOW_CLOSE_FRAME);
    EXPECT(s, "in:a out:b got-ping:p got-pong:q close-frame: ended:otherwise");
    assert_int_equal(say(s, "c"), SEND_CLOSED);
    drop(s);
}

static void no_fault_makes_no_layer(void **state)
{
    const struct layer_fault_config config = {.channel = CHANNEL_WS};
    struct layer_fault *f = (struct layer_fault *)&config;

    (void)state;
    assert_int_equal(layer_fault_new(&f, NULL, &config), 0);
    assert_null(f);
    layer_fault_put(f, NULL);
    layer_fault_opened(f);
    layer_fault_free(f);
}

static void dropped_messages_are_gone_with_all_parts(void **state)
{
    struct stack *s = make_ws("drop-in:1;drop-out:1");

    (void)state;
    take(s, "a");
    take_part(s, "b", 1, false);
    take_part(s, "c", 2, true);
    assert_int_equal(say(s, "d"), 0);
    assert_int_equal(say_part(s, "e", true, false), 0);
    assert_int_equal(say_part(s, "f", false, true), 0);
    EXPECT(s, "");
    assert_int_equal(s->reported, 4);
    faults_heal(s->faults, clock_mono_us());
    take(s, "g");
    say(s, "h");
    EXPECT(s, "in:g out:h");
    drop(s);
}

static void doubled_messages_come_twice_parts_do_not(void **state)
{
    struct stack *s = make_ws("dup-in:1;dup-out:1");

    (void)state;
    take(s, "a");
    take_part(s, "b", 1, false);
    take_part(s, "c", 2, true);
    EXPECT(s, "in:a in:a in-part:b in:c");
    say(s, "d");
    say_part(s, "e", true, false);
    say_part(s, "f", false, true);
    EXPECT(s, "out:d out:d out-part:e out:f");
    drop(s);
}

static void reordered_messages_change_places_with_the_next(void **state)
{
    struct stack *s = make_ws("reorder:1");

    (void)state;
    take(s, "a");
    take(s, "b");
    take(s, "c");
    take(s, "d");
    EXPECT(s, "in:b in:a in:d in:c");
    say(s, "a");
    say(s, "b");
    say(s, "c");
    EXPECT(s, "out:b out:a");
    drop(s);
}

static void a_batch_meets_the_faults_one_by_one(void **state)
{
    const struct slice messages[] = {slice_str("a"), slice_str("b"), slice_str("c")};
    struct stack *s = make_ws("reorder:1,side=out*1");
    size_t sent = 99;
    const struct outgoing out = {.kind = OUTGOING_BATCH,
                                 .opcode = OPCODE_TEXT,
                                 .messages = messages,
                                 .count = 3,
                                 .sent = &sent};

    (void)state;
    assert_int_equal(layer_send(&s->user, &out), 0);
    assert_int_equal(sent, 3);
    EXPECT(s, "out:b out:a out:c");
    s->send_result = SEND_CLOSED;
    assert_int_equal(layer_send(&s->user, &out), SEND_CLOSED);
    assert_int_equal(sent, 0);
    drop(s);
}

static void a_held_message_that_nothing_follows_goes_after_a_second(void **state)
{
    struct stack *s = make_ws("reorder:1");
    uint64_t begun = clock_mono_us();

    (void)state;
    take(s, "a");
    say(s, "b");
    EXPECT(s, "");
    while (s->log[0] == '\0' || !strchr(s->log, ' '))
        turn(s);
    assert_true(clock_mono_us() - begun >= 990000);
    EXPECT(s, "in:a out:b");
    drop(s);
}

static void a_late_pong_does_not_put_off_what_is_held(void **state)
{
    struct stack *s = make_ws("reorder:1;delay-pong:100ms");
    uint64_t begun = clock_mono_us();
    unsigned pongs = 0;

    (void)state;
    take(s, "a");
    s->log[0] = '\0';
    while (!strstr(s->log, "in:a") && pongs < 100) {
        take_control(s, EVENT_PONG, "p", NULL);
        pongs++;
        turn(s);
    }
    assert_non_null(strstr(s->log, "in:a"));
    assert_true(clock_mono_us() - begun >= 990000);
    drop(s);
}

static void what_is_held_does_not_go_between_parts(void **state)
{
    struct stack *s = make_ws("reorder:1*2;delay-pong:1200ms");

    (void)state;
    take(s, "a");
    say(s, "b");
    take_part(s, "c", 1, false);
    say_part(s, "d", true, false);
    EXPECT(s, "in-part:c out-part:d");
    take_control(s, EVENT_PONG, "p", NULL);
    while (s->log[0] == '\0')
        turn(s);
    EXPECT(s, "got-pong:p"); /* 200 ms after they were due */
    take_part(s, "e", 2, true);
    say_part(s, "f", false, true);
    EXPECT(s, "in:e in:a out:f out:b");
    drop(s);
}

static char *long_text(size_t n)
{
    char *text = malloc(n + 1);

    assert_non_null(text);
    memset(text, 'x', n);
    text[n] = '\0';
    return text;
}

static void too_long_a_message_is_not_held(void **state)
{
    struct stack *s = make_ws("reorder:1");
    char *fits = long_text(256 * 1024), *too_long = long_text(256 * 1024 + 1);

    (void)state;
    take(s, too_long);
    say(s, too_long);
    assert_non_null(strstr(s->log, "in:x"));
    assert_non_null(strstr(s->log, "out:x"));
    s->log[0] = '\0';
    take(s, fits);
    say(s, fits);
    EXPECT(s, "");
    free(fits);
    free(too_long);
    drop(s);
}

static void an_event_stream_keeps_its_strings_and_ids(void **state)
{
    struct stack *s = make("reorder:1", CHANNEL_SSE);
    char id[] = "7", name[] = "update";
    struct event ev = {.kind = EVENT_MESSAGE,
                       .dir = DIR_IN,
                       .message = {.type = OPCODE_TEXT,
                                   .data = slice_str("a"),
                                   .final = true,
                                   .sse_id = id,
                                   .sse_name = name}};

    (void)state;
    up(s, &ev);
    id[0] = name[0] = '?'; /* only borrowed for the call */
    take(s, "b");
    EXPECT(s, "in:b in:a sse-id:7 sse-name:update");
    assert_int_equal(layer_send(&s->user, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                                             .data = slice_str("c"),
                                                             .first = true,
                                                             .final = true,
                                                             .id = 8}),
                     0);
    say(s, "d");
    EXPECT(s, "out:d out:c id:8");
    drop(s);
}

static void what_is_held_comes_before_the_end(void **state)
{
    struct stack *s = make_ws("reorder:1");

    (void)state;
    take(s, "a");
    take_close_frame(s);
    EXPECT(s, "in:a close-frame:");
    drop(s);
    s = make_ws("reorder:1");
    take(s, "a");
    end(s, CLOSE_HOW_RST);
    EXPECT(s, "in:a ended:otherwise");
    drop(s);
}

static void what_is_held_goes_before_our_close_and_then_chance_is_over(void **state)
{
    struct stack *s = make_ws("reorder:1;drop-in:1@message:1");

    (void)state;
    say(s, "a");
    layer_send(&s->user, &(struct outgoing){.kind = OUTGOING_CLOSE, .code = 1000});
    take(s, "b");
    EXPECT(s, "out:a close:1000  in:b");
    drop(s);
}

static void while_paused_nothing_held_comes(void **state)
{
    struct stack *s = make_ws("reorder:1;delay-pong:1200ms");

    (void)state;
    take(s, "a");
    take_control(s, EVENT_PONG, "p", NULL);
    layer_pause(&s->user, true);
    assert_true(s->below_paused);
    while (s->log[0] == '\0')
        turn(s);
    EXPECT(s, "got-pong:p"); /* 200 ms after the message was due */
    layer_pause(&s->user, false);
    assert_false(s->below_paused);
    EXPECT(s, "in:a");
    drop(s);
}

static void a_pause_in_the_midst_holds_the_second_of_two(void **state)
{
    struct stack *s = make_ws("dup-in:1");

    (void)state;
    s->pauses = true;
    take(s, "a");
    EXPECT(s, "in:a");
    s->pauses = false;
    layer_pause(&s->user, false);
    EXPECT(s, "in:a");
    drop(s);
    s = make_ws("reorder:1*1");
    take(s, "a");
    s->pauses = true;
    take(s, "b");
    EXPECT(s, "in:b");
    layer_pause(&s->user, false);
    EXPECT(s, "in:a");
    assert_true(s->below_paused); /* for the user has paused again */
    drop(s);
}

/* --- pongs --------------------------------------------------------------------------------------
 */

static void pongs_of_either_side_are_dropped(void **state)
{
    struct stack *s = make_ws("drop-pong*2");
    bool taken;

    (void)state;
    take_control(s, EVENT_PING, "p", &taken);
    assert_true(taken);
    take_control(s, EVENT_PONG, "q", NULL);
    EXPECT(s, "got-ping:p");
    take_control(s, EVENT_PING, "p", &taken);
    assert_false(taken); /* COUNT is used up */
    drop(s);
    s = make_ws("drop-pong:side=in");
    take_control(s, EVENT_PING, "p", &taken);
    assert_false(taken);
    take_control(s, EVENT_PONG, "q", NULL);
    EXPECT(s, "got-ping:p");
    drop(s);
}

static void a_wrong_pong_is_no_other_number(void **state)
{
    struct stack *s = make_ws("wrong-pong");
    const char *at;

    (void)state;
    take_control(s, EVENT_PING, "12", NULL);
    at = strstr(s->log, " pong:");
    assert_non_null(at);
    at += strlen(" pong:");
    assert_int_equal(strlen(at), 2);
    /* One byte has another bit, and is no digit any more. */
    assert_true((at[0] == '1' && at[1] == ('2' ^ 0x40)) || (at[0] == ('1' ^ 0x40) && at[1] == '2'));
    s->log[0] = '\0';
    take_control(s, EVENT_PONG, "", NULL);
    EXPECT(s, "got-pong:?");
    drop(s);
}

static void late_pongs_come_in_their_order(void **state)
{
    struct stack *s = make_ws("delay-pong:20ms");
    uint64_t begun = clock_mono_us();

    (void)state;
    take_control(s, EVENT_PONG, "1", NULL);
    take_control(s, EVENT_PONG, "2", NULL);
    take_control(s, EVENT_PING, "3", NULL);
    take_control(s, EVENT_PONG, "4", NULL);
    EXPECT(s, "got-ping:3");
    while (!strstr(s->log, "got-pong:4"))
        turn(s);
    assert_true(clock_mono_us() - begun >= 20000);
    EXPECT(s, "got-pong:1 got-pong:2 pong:3 got-pong:4");
    drop(s);
}

static void of_late_pongs_sixteen_are_kept(void **state)
{
    struct stack *s = make_ws("delay-pong:1ms");
    char text[8];

    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%d", i);
        take_control(s, EVENT_PONG, text, NULL);
    }
    while (!strstr(s->log, "got-pong:15"))
        turn(s);
    end(s, CLOSE_HOW_FIN);
    assert_null(strstr(s->log, "got-pong:16"));
    drop(s);
}

/* --- what strikes -------------------------------------------------------------------------------
 */

static void a_cut_loses_what_comes_after_it(void **state)
{
    struct stack *s = make_ws("rst@message:2");

    (void)state;
    take(s, "a");
    assert_false(s->below_paused);
    take(s, "b");
    assert_true(s->below_paused); /* nothing more is read */
    take(s, "c");
    EXPECT(s, "in:a in:b");
    layer_pause(&s->user, true);
    layer_pause(&s->user, false);
    assert_true(s->below_paused);
    turn(s);
    EXPECT(s, "abort:fault ended:fault");
    drop(s);
}

static void a_cut_at_our_message_finds_it_sent(void **state)
{
    struct stack *s = make_ws("rst@message:1");

    (void)state;
    say(s, "a");
    EXPECT(s, "out:a");
    turn(s);
    EXPECT(s, "abort:fault ended:fault");
    drop(s);
}

static void frames_are_counted_both_ways(void **state)
{
    struct stack *s = make_ws("rst@frame:3");

    (void)state;
    take_control(s, EVENT_PING, "p", NULL);
    layer_send(&s->user, &(struct outgoing){.kind = OUTGOING_CONTROL,
                                            .opcode = OPCODE_PING,
                                            .data = slice_str("q")});
    assert_false(s->below_paused);
    take_close_frame(s);
    assert_true(s->below_paused);
    turn(s);
    EXPECT(s, "got-ping:p ping:q close-frame: abort:fault ended:fault");
    drop(s);
}

static void a_cut_does_not_end_what_connects_again(void **state)
{
    struct stack *s = make("rst@message:1", CHANNEL_POLL);

    (void)state;
    take(s, "a");
    take(s, "b");
    assert_false(s->below_paused);
    EXPECT(s, "in:a");
    fault_conn_connected(s->conn, clock_mono_us());
    take(s, "c");
    EXPECT(s, "in:c");
    drop(s);
}

static void a_close_goes_in_a_turn_of_its_own_and_nothing_before_it(void **state)
{
    struct stack *s = make_ws("close:1012@message:2;reorder:1@message:1");

    (void)state;
    take(s, "a");
    assert_int_equal(say(s, "b"), 0); /* held */
    assert_int_equal(say(s, "c"), SEND_CLOSED);
    EXPECT(s, "in:a");
    turn(s);
    EXPECT(s, "out:b close:1012 on purpose: --fault");
    take(s, "d");
    EXPECT(s, "in:d");
    drop(s);
}

static void a_service_that_begins_before_the_opening_is_closed_too(void **state)
{
    struct stack *s = make("close:1012@message:2", CHANNEL_WS);

    (void)state;
    assert_int_equal(say(s, "a"), 0);
    assert_int_equal(say(s, "b"), 0);
    assert_int_equal(say(s, "c"), SEND_CLOSED);
    layer_fault_opened(s->fault);
    turn(s);
    EXPECT(s, "out:a out:b close:1012 on purpose: --fault");
    drop(s);
}

static void a_close_waits_for_the_opening(void **state)
{
    struct stack *s = make_ws("close:4001");

    (void)state;
    turn(s);
    EXPECT(s, "close:4001 on purpose: --fault");
    drop(s);
    s = make_ws("close:4001,come back later");
    turn(s);
    EXPECT(s, "close:4001 come back later");
    drop(s);
    s = make_ws("close:4001@open");
    turn(s);
    EXPECT(s, "close:4001 on purpose: --fault");
    drop(s);
}

/* --- failures -----------------------------------------------------------------------------------
 */

static void nothing_passes_after_the_end(void **state)
{
    struct stack *s = make_ws("reorder:1;delay-pong:1ms");

    (void)state;
    say(s, "a");
    take_control(s, EVENT_PONG, "p", NULL);
    end(s, CLOSE_HOW_RST);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    EXPECT(s, "ended:otherwise");
    drop(s);
}

static void a_held_message_that_can_not_be_sent_ends_the_connection(void **state)
{
    struct stack *s = make_ws("reorder:1");

    (void)state;
    assert_int_equal(say(s, "a"), 0);
    s->send_result = SEND_FAILED;
    layer_send(&s->user, &(struct outgoing){.kind = OUTGOING_CLOSE, .code = 1000});
    EXPECT(s, "error: close:1000 ");
    turn(s);
    EXPECT(s, "abort:fault ended:fault");
    drop(s);
    s = make_ws("");
    s->send_result = SEND_FAILED;
    assert_int_equal(say(s, "a"), SEND_FAILED);
    drop(s);
}

/* A message that can't be held for want of memory keeps its place. */
static void without_memory_messages_keep_their_places(void **state)
{
    struct stack *s = make_ws("reorder:1");

    (void)state;
    alloc_fail_at(1);
    take(s, "a");
    assert_true(alloc_struck());
    alloc_fail_at(1);
    say(s, "b");
    assert_true(alloc_struck());
    EXPECT(s, "in:a out:b");
    drop(s);
}

static void making_it_fails_without_memory_and_leaks_nothing(void **state)
{
    struct stack *s = make_ws("");
    struct layer_fault_config config = config_of(s, CHANNEL_WS);
    struct layer_fault *f = NULL;
    int r = 0;
    unsigned failed = 0;

    (void)state;
    ALLOC_EACH({
        r = layer_fault_new(&f, &s->loop, &config);
        failed += r < 0;
        assert_true((r < 0) == (f == NULL));
        layer_fault_free(f);
    });
    assert_int_equal(r, 0);
    assert_int_equal(failed, 2);
    drop(s);
}

static void a_user_may_answer_from_within_a_message(void **state)
{
    struct stack *s = make_ws("reorder:1");

    (void)state;
    s->answers = true;
    take(s, "a");
    take(s, "b");
    EXPECT(s, "in:b in:a out:answer out:answer");
    drop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults_all_passes),
        cmocka_unit_test(no_fault_makes_no_layer),
        cmocka_unit_test(dropped_messages_are_gone_with_all_parts),
        cmocka_unit_test(doubled_messages_come_twice_parts_do_not),
        cmocka_unit_test(reordered_messages_change_places_with_the_next),
        cmocka_unit_test(a_batch_meets_the_faults_one_by_one),
        cmocka_unit_test(a_held_message_that_nothing_follows_goes_after_a_second),
        cmocka_unit_test(a_late_pong_does_not_put_off_what_is_held),
        cmocka_unit_test(too_long_a_message_is_not_held),
        cmocka_unit_test(an_event_stream_keeps_its_strings_and_ids),
        cmocka_unit_test(what_is_held_comes_before_the_end),
        cmocka_unit_test(what_is_held_goes_before_our_close_and_then_chance_is_over),
        cmocka_unit_test(while_paused_nothing_held_comes),
        cmocka_unit_test(a_pause_in_the_midst_holds_the_second_of_two),
        cmocka_unit_test(pongs_of_either_side_are_dropped),
        cmocka_unit_test(a_wrong_pong_is_no_other_number),
        cmocka_unit_test(late_pongs_come_in_their_order),
        cmocka_unit_test(of_late_pongs_sixteen_are_kept),
        cmocka_unit_test(a_cut_loses_what_comes_after_it),
        cmocka_unit_test(a_cut_at_our_message_finds_it_sent),
        cmocka_unit_test(frames_are_counted_both_ways),
        cmocka_unit_test(a_cut_does_not_end_what_connects_again),
        cmocka_unit_test(a_close_goes_in_a_turn_of_its_own_and_nothing_before_it),
        cmocka_unit_test(a_close_waits_for_the_opening),
        cmocka_unit_test(a_service_that_begins_before_the_opening_is_closed_too),
        cmocka_unit_test(what_is_held_does_not_go_between_parts),
        cmocka_unit_test(nothing_passes_after_the_end),
        cmocka_unit_test(a_held_message_that_can_not_be_sent_ends_the_connection),
        cmocka_unit_test(without_memory_messages_keep_their_places),
        cmocka_unit_test(making_it_fails_without_memory_and_leaks_nothing),
        cmocka_unit_test(a_user_may_answer_from_within_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
