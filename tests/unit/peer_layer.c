/* A stack of layers: requests go down, events go up, and what a layer lacks passes it by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "peer/layer.h"

/* Notes its letter in a shared text, then hands on what it is given unless it keeps it. */
struct noting {
    struct layer layer;
    char letter;
    bool keeps;
    char *text;
};

static void note(const struct layer *l)
{
    const struct noting *n = (const struct noting *)l;
    size_t len = strlen(n->text);

    n->text[len] = n->letter;
    n->text[len + 1] = '\0';
}

static bool keeps(const struct layer *l)
{
    return ((const struct noting *)l)->keeps;
}

static int note_send(struct layer *l, const struct outgoing *out)
{
    note(l);
    return keeps(l) ? 7 : layer_send(l, out);
}

static void note_event(struct layer *l, struct event *ev)
{
    note(l);
    if (!keeps(l))
        layer_event(l, ev);
}

static void note_drained(struct layer *l)
{
    note(l);
    if (!keeps(l))
        layer_drained(l);
}

static void note_pause(struct layer *l, bool paused)
{
    note(l);
    if (!keeps(l))
        layer_pause(l, paused);
}

static struct totals note_totals(const struct layer *l)
{
    note(l);
    return keeps(l) ? (struct totals){.messages_in = 3} : layer_totals(l);
}

static const struct layer_ops all = {.send = note_send,
                                     .event = note_event,
                                     .drained = note_drained,
                                     .pause = note_pause,
                                     .totals = note_totals};
static const struct layer_ops none = {.send = NULL};

/* From the lowest, a, to the highest. */
struct stack {
    char text[16];
    struct noting a, b, c;
};

static void build(struct stack *s, const struct layer_ops *middle)
{
    *s = (struct stack){.a = {.layer = {.ops = &all}, .letter = 'a', .keeps = true},
                        .b = {.layer = {.ops = middle}, .letter = 'b'},
                        .c = {.layer = {.ops = &all}, .letter = 'c', .keeps = true}};
    s->a.text = s->b.text = s->c.text = s->text;
    layer_put(&s->c.layer, &s->a.layer);
    layer_put(&s->b.layer, &s->a.layer); /* right above a, below c */
}

#define assert_way(stack, way)                \
    do {                                      \
        assert_string_equal(stack.text, way); \
        stack.text[0] = '\0';                 \
    } while (0)

/* Every operation from the top of the stack, then from its bottom. */
static void assert_ways(struct stack *s, const char *down, const char *up)
{
    struct outgoing out = {.kind = OUTGOING_MESSAGE};
    struct event ev = {.kind = EVENT_MESSAGE};

    assert_int_equal(layer_send(&s->c.layer, &out), 7);
    assert_way((*s), down);
    layer_pause(&s->c.layer, true);
    assert_way((*s), down);
    assert_int_equal(layer_totals(&s->c.layer).messages_in, 3);
    assert_way((*s), down);
    layer_event(&s->a.layer, &ev);
    assert_way((*s), up);
    layer_drained(&s->a.layer);
    assert_way((*s), up);
}

static void layer_put_stacks_right_above_the_one_below(void **state)
{
    struct stack s;

    (void)state;
    build(&s, &all);
    assert_ways(&s, "ba", "bc");
}

static void a_layer_without_an_operation_is_passed_by(void **state)
{
    struct stack s;

    (void)state;
    build(&s, &none);
    assert_ways(&s, "a", "c");
}

static void a_layer_can_keep_what_passes(void **state)
{
    struct stack s;
    struct outgoing out = {.kind = OUTGOING_MESSAGE};
    struct event ev = {.kind = EVENT_MESSAGE};

    (void)state;
    build(&s, &all);
    s.b.keeps = true;
    assert_int_equal(layer_send(&s.c.layer, &out), 7);
    layer_event(&s.a.layer, &ev);
    assert_way(s, "bb");
}

static void layer_remove_closes_the_gap(void **state)
{
    struct stack s;

    (void)state;
    build(&s, &all);
    layer_remove(&s.b.layer);
    assert_ways(&s, "a", "c");
    assert_null(s.b.layer.above);
    assert_null(s.b.layer.below);
    layer_remove(&s.b.layer); /* once more is nothing */
    assert_ways(&s, "a", "c");
}

static void the_ends_of_a_stack_can_be_removed(void **state)
{
    struct stack s;
    struct event ev = {.kind = EVENT_MESSAGE};
    struct outgoing out = {.kind = OUTGOING_MESSAGE};

    (void)state;
    build(&s, &all);
    layer_remove(&s.c.layer);
    layer_event(&s.a.layer, &ev);
    assert_way(s, "b");
    layer_remove(&s.a.layer);
    assert_int_equal(layer_send(&s.b.layer, &out), SEND_CLOSED);
    assert_way(s, "");
}

static void a_layer_alone_sends_nothing_and_has_counted_nothing(void **state)
{
    struct noting alone = {.layer = {.ops = &all}, .letter = 'x'};
    struct outgoing out = {.kind = OUTGOING_CLOSE};
    struct event ev = {.kind = EVENT_CLOSE};
    char text[16] = "";

    (void)state;
    alone.text = text;
    assert_int_equal(layer_send(&alone.layer, &out), SEND_CLOSED);
    layer_pause(&alone.layer, true);
    layer_event(&alone.layer, &ev);
    layer_drained(&alone.layer);
    assert_int_equal(layer_totals(&alone.layer).messages_in, 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_put_stacks_right_above_the_one_below),
        cmocka_unit_test(a_layer_without_an_operation_is_passed_by),
        cmocka_unit_test(a_layer_can_keep_what_passes),
        cmocka_unit_test(layer_remove_closes_the_gap),
        cmocka_unit_test(the_ends_of_a_stack_can_be_removed),
        cmocka_unit_test(a_layer_alone_sends_nothing_and_has_counted_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
