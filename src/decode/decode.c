/*
 * decode: a stack of decoders: messages go up through it, what is to be sent comes down.
 */
#include "decode/decode.h"

#include <stdio.h>
#include <stdlib.h>

#include "decode/decode_private.h"

/* `auto` gives up after this many messages, of both directions. */
#define TRIES 16

struct sent_head {
    size_t len;
    enum opcode opcode;
};

struct decode_stack *decode_new(const struct decode_spec *spec, bool takes_part)
{
    struct decode_stack *stack = calloc(1, sizeof *stack);

    if (!stack)
        return NULL;
    stack->spec = spec;
    stack->takes_part = takes_part && spec->count > 0;
    buf_init(&stack->opening, SIZE_MAX);
    buf_init(&stack->sending, DECODE_SEND_MAX);
    buf_init(&stack->line, SIZE_MAX);
    buf_init(&stack->findings, SIZE_MAX);
    return stack;
}

static void drop_layers(struct decode_stack *stack)
{
    for (unsigned i = 0; i < stack->count; i++) {
        struct decode_layer *l = &stack->layers[i];

        if (l->decoder->close)
            l->decoder->close(l);
        free(l->state);
    }
    stack->count = 0;
}

/* What the layers of an explicit stack keep. These layers are always the same. */
static void forget(struct decode_stack *stack)
{
    for (unsigned i = 0; i < DECODE_STACK_MAX; i++) {
        if (stack->kept[i] && stack->layers[i].decoder->forget)
            stack->layers[i].decoder->forget(stack->kept[i]);
        free(stack->kept[i]);
    }
}

void decode_free(struct decode_stack *stack)
{
    if (!stack)
        return;
    drop_layers(stack);
    forget(stack);
    arena_free(&stack->arena);
    free(stack->items);
    buf_clear(&stack->opening);
    buf_clear(&stack->sending);
    buf_clear(&stack->line);
    buf_clear(&stack->findings);
    free(stack);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int push(struct decode_stack *stack, const struct decoder *d)
{
    unsigned depth = stack->count;
    struct decode_layer *l = &stack->layers[depth];

    if (depth == DECODE_STACK_MAX)
        return -1;
    *l = (struct decode_layer){.decoder = d, .stack = stack, .depth = depth};
    l->state = calloc(1, d->state ? d->state : 1);
    if (!l->state)
        return -1;
    if (d->kept && stack->spec->count > 0 && !stack->kept[depth])
        stack->kept[depth] = calloc(1, d->kept);
    l->kept = stack->kept[depth];
    snprintf(stack->as[depth], DECODE_AS_MAX, "%s%s%s", depth ? stack->as[depth - 1] : "",
             depth ? "+" : "", d->name);
    stack->count++;
    return 0;
}

/* The decoders that carry d, then d. */
static int push_with_carriers(struct decode_stack *stack, const struct decoder *d)
{
    bool has_it = stack->count > 0 && d->below &&
                  strcmp(stack->layers[stack->count - 1].decoder->name, d->below) == 0;

    if (d->below && !has_it && push_with_carriers(stack, decoder_named(slice_str(d->below))) != 0)
        return -1;
    return push(stack, d);
}

static void tick(struct decode_stack *stack)
{
    stack->due_us = 0;
    for (unsigned i = 0; i < stack->count; i++) {
        struct decode_layer *l = &stack->layers[i];
        uint64_t due = l->decoder->tick ? l->decoder->tick(l) : 0;

        if (due > 0 && (stack->due_us == 0 || due < stack->due_us))
            stack->due_us = due;
    }
}

/* The layers are there. */
static int begin(struct decode_stack *stack)
{
    for (unsigned i = 0; i < stack->count; i++) {
        struct decode_layer *l = &stack->layers[i];

        if (l->decoder->open && l->decoder->open(l) != 0)
            return -1;
    }
    tick(stack);
    return stack->arena.failed ? -1 : 0;
}

int decode_fail(struct decode_stack *stack)
{
    drop_layers(stack);
    buf_reset(&stack->sending);
    stack->failed = true;
    stack->due_us = 0;
    if (stack->takes_part && !stack->ended) {
        stack->ended = true;
        stack->ending = (struct decode_ending){.code = EXIT_OTHER,
                                               .text = "out of memory while decoding a message"};
    }
    return -1;
}

static bool is_subprotocol_of(const struct decoder *d, const char *subprotocol)
{
    for (size_t i = 0; subprotocol[0] && d->subprotocols && d->subprotocols[i]; i++) {
        if (strcmp(d->subprotocols[i], subprotocol) == 0)
            return true;
    }
    return false;
}

/* 1: recognised; 0: not; -1: memory. */
static int recognise(struct decode_stack *stack, const struct decode_clue *clue)
{
    for (size_t i = 0; decoders[i]; i++) {
        const struct decoder *d = decoders[i];
        bool is_it = (!clue->message && is_subprotocol_of(d, clue->subprotocol)) ||
                     (d->recognise && d->recognise(clue));

        if (is_it)
            return push_with_carriers(stack, d) == 0 && begin(stack) == 0 ? 1 : -1;
    }
    return 0;
}

static int keep_opening(struct decode_stack *stack, const struct decode_opening *opening)
{
    size_t n = strlen(opening->target) + 1;

    buf_reset(&stack->opening);
    if (buf_append(&stack->opening, opening->target, n) != 0 ||
        buf_append(&stack->opening, opening->subprotocol, strlen(opening->subprotocol) + 1) != 0)
        return -1;
    stack->clue.target = (const char *)buf_data(&stack->opening);
    stack->clue.subprotocol = stack->clue.target + n;
    return 0;
}

int decode_opened(struct decode_stack *stack, const struct decode_opening *opening, uint64_t now_us)
{
    drop_layers(stack);
    buf_reset(&stack->sending);
    stack->now_us = now_us;
    stack->failed = false;
    stack->found = false;
    stack->ended = false;
    stack->close_code = 0;
    stack->tries = 0;
    stack->item_count = 0;
    arena_reset(&stack->arena);
    if (stack->spec->none)
        return 0;
    if (keep_opening(stack, opening) != 0)
        return decode_fail(stack);
    if (stack->spec->count == 0) {
        stack->tries = TRIES;
        return recognise(stack, &stack->clue) < 0 ? decode_fail(stack) : 0;
    }
    for (unsigned i = 0; i < stack->spec->count; i++) {
        if (push_with_carriers(stack, stack->spec->decoders[i]) != 0)
            return decode_fail(stack);
    }
    return begin(stack) == 0 ? 0 : decode_fail(stack);
}

bool decode_is_on(const struct decode_stack *stack)
{
    return !stack->failed && (stack->count > 0 || stack->tries > 0);
}

const char *decode_name(const struct decode_stack *stack)
{
    return stack->count ? stack->as[stack->count - 1] : NULL;
}

bool decode_speaks(const struct decode_stack *stack)
{
    return stack->takes_part && stack->count > 0 &&
           stack->layers[stack->count - 1].decoder->encode != NULL;
}

bool decode_takes_files(const struct decode_stack *stack)
{
    return stack->count > 0 && stack->layers[stack->count - 1].decoder->files;
}

bool decode_is_ready(const struct decode_stack *stack)
{
    for (unsigned i = 0; i < stack->count; i++) {
        const struct decode_layer *l = &stack->layers[i];

        if (l->decoder->ready && !l->decoder->ready(l))
            return false;
    }
    return true;
}

/* --- up --------------------------------------------------------------------------------------- */

/* Items of one message that are beyond the bound. */
static void report_left_out(struct decode_stack *stack)
{
    struct decode_layer *l = &stack->layers[stack->count - 1];
    struct slice text = decode_print(l, "%llu more things in this message are not shown",
                                     (unsigned long long)stack->left_out);

    stack->items[stack->item_count - 1] = (struct event_decoded){
        .as = stack->as[l->depth],
        .type = "cut",
        .role = DECODED_BAD,
        .layer = l->depth,
        .error = text.len ? (const char *)text.data : "more things are not shown",
    };
}

size_t decode_message(struct decode_stack *stack, enum event_dir dir, struct decode_message message,
                      uint64_t now_us)
{
    struct decode_clue clue = stack->clue;

    stack->item_count = 0;
    stack->left_out = 0;
    arena_reset(&stack->arena);
    if (!decode_is_on(stack))
        return 0;
    stack->now_us = now_us;
    if (stack->count == 0) {
        stack->tries--;
        clue.dir = dir;
        clue.message = &message;
        if (recognise(stack, &clue) < 0) {
            decode_fail(stack);
            return 0;
        }
    }
    if (stack->count == 0)
        return 0;
    if (stack->layers[0].decoder->decode(&stack->layers[0], dir, message) != 0)
        stack->arena.failed = true;
    if (!stack->arena.failed && stack->left_out > 0)
        report_left_out(stack);
    if (!stack->arena.failed)
        tick(stack);
    if (stack->arena.failed) {
        stack->item_count = 0;
        decode_fail(stack);
    }
    return stack->item_count;
}

const struct event_decoded *decode_items(const struct decode_stack *stack)
{
    return stack->items;
}

static bool has_room(struct decode_stack *stack)
{
    size_t capacity = stack->item_capacity ? stack->item_capacity * 2 : 4;
    struct event_decoded *more;

    if (stack->item_count < stack->item_capacity)
        return true;
    more = realloc(stack->items, capacity * sizeof *more);
    if (!more)
        return false;
    stack->items = more;
    stack->item_capacity = capacity;
    return true;
}

void decode_item(struct decode_layer *l, enum event_dir dir, const struct event_decoded *item)
{
    struct decode_stack *stack = l->stack;
    struct event_decoded *kept;

    (void)dir;
    if (stack->item_count == DECODE_ITEMS_MAX) {
        stack->left_out++;
        return;
    }
    if (!has_room(stack)) {
        stack->arena.failed = true;
        return;
    }
    kept = &stack->items[stack->item_count++];
    *kept = *item;
    kept->as = stack->as[l->depth];
    kept->layer = l->depth;
}

bool decode_carries(const struct decode_layer *l)
{
    return l->depth + 1 < l->stack->count;
}

/* Under `auto`, what a carrier carries is recognised by its own messages. 0, or -1: memory. */
static int recognise_above(struct decode_layer *l, enum event_dir dir,
                           const struct decode_message *m)
{
    struct decode_stack *stack = l->stack;
    const struct decode_clue clue = {
        .target = stack->clue.target, .subprotocol = "", .dir = dir, .message = m};

    if (stack->spec->count > 0 || stack->tries == 0 || stack->count == DECODE_STACK_MAX)
        return 0;
    stack->tries--;
    for (size_t i = 0; decoders[i]; i++) {
        const struct decoder *d = decoders[i];

        if (!d->below && d->recognise && d->recognise(&clue)) {
            if (push(stack, d) != 0)
                return -1;
            return d->open ? d->open(&stack->layers[stack->count - 1]) : 0;
        }
    }
    return 0;
}

int decode_above(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct decode_layer *above = l + 1;
    const struct event_decoded item = {
        .type = "message",
        .role = DECODED_EVENT,
        .form = m.opcode == OPCODE_TEXT ? DECODED_TEXT : DECODED_BYTES,
        .data = m.data,
    };

    if (!decode_carries(l) && recognise_above(l, dir, &m) != 0)
        return -1;
    if (decode_carries(l))
        return above->decoder->decode(above, dir, m);
    decode_item(l, dir, &item);
    return 0;
}

/* --- down ------------------------------------------------------------------------------------- */

int decode_send(struct decode_layer *l, struct decode_message m)
{
    const struct decode_layer *below = l - 1;
    const struct sent_head head = {.len = m.data.len, .opcode = m.opcode};
    struct buf *sending = &l->stack->sending;
    uint8_t *at;

    if (l->depth > 0)
        return below->decoder->wrap((struct decode_layer *)below, m);
    at = buf_reserve(sending, sizeof head + m.data.len);
    if (!at) {
        l->stack->arena.failed = true;
        return -1;
    }
    memcpy(at, &head, sizeof head);
    if (m.data.len)
        memcpy(at + sizeof head, m.data.data, m.data.len);
    buf_filled(sending, sizeof head + m.data.len);
    return 0;
}

bool decode_fetch(struct decode_stack *stack, struct decode_message *message)
{
    struct sent_head head;

    if (stack->sending.len == 0)
        return false;
    memcpy(&head, buf_data(&stack->sending), sizeof head);
    buf_consume(&stack->sending, sizeof head);
    *message =
        (struct decode_message){head.opcode, slice_make(buf_data(&stack->sending), head.len)};
    buf_consume(&stack->sending, head.len);
    return true;
}

int decode_encode(struct decode_stack *stack, enum decode_input input, struct slice line,
                  uint64_t now_us, struct err *e)
{
    struct decode_layer *top = &stack->layers[stack->count - 1];
    size_t waiting = stack->sending.len;

    stack->now_us = now_us;
    stack->arena.failed = false;
    err_clear(e);
    if (top->decoder->encode(top, input, line, e) == 0 && !stack->arena.failed)
        return 0;
    stack->sending.len = waiting; /* no message of several alone, none that is not whole */
    return e->code == EXIT_OK ? err_nomem(e, STAGE_IO, "encoding a message") : -1;
}

uint64_t decode_due(const struct decode_stack *stack)
{
    return stack->due_us;
}

void decode_tick(struct decode_stack *stack, uint64_t now_us)
{
    stack->now_us = now_us;
    stack->arena.failed = false;
    tick(stack);
    if (stack->arena.failed)
        decode_fail(stack);
}

void decode_leave(struct decode_stack *stack, uint64_t now_us)
{
    stack->now_us = now_us;
    stack->arena.failed = false;
    for (unsigned i = stack->takes_part ? stack->count : 0; i-- > 0;) {
        struct decode_layer *l = &stack->layers[i];

        if (l->decoder->leave && l->decoder->leave(l) != 0)
            return;
    }
}

const struct decode_ending *decode_ended(const struct decode_stack *stack)
{
    return stack->ended ? &stack->ending : NULL;
}

/* --- for decoders ----------------------------------------------------------------------------- */

uint64_t decode_now(const struct decode_layer *l)
{
    return l->stack->now_us;
}

struct arena *decode_arena(struct decode_layer *l)
{
    return &l->stack->arena;
}

const struct decode_spec *decode_spec(const struct decode_layer *l)
{
    return l->stack->spec;
}

const char *decode_target_of(const struct decode_layer *l)
{
    return l->stack->clue.target;
}

const char *decode_subprotocol(const struct decode_layer *l)
{
    return l->stack->clue.subprotocol;
}

uint16_t decode_close_code(const struct decode_layer *l)
{
    return l->stack->close_code;
}

bool decode_takes_part(const struct decode_layer *l)
{
    return l->stack->takes_part;
}

const char *decode_key_at(const struct decode_layer *l, const char *name, unsigned n)
{
    return decode_spec_key(l->stack->spec, l->decoder, name, n);
}
