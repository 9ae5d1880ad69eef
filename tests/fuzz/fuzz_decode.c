/*
 * Any messages through any stack. The input begins with a line, the value of --as (one that is not
 * valid: `auto`), after a "-" if nothing is to be sent; FUZZ_AS in the environment takes its place.
 * Each message is a byte (bit 0: binary, bit 1: to the server, bit 2: it is typed as well, bit 3:
 * piped), a length byte and its bytes. Items are in bounds and what their form says, and what the
 * stack then wants to send can be fetched to the end.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/utf8.h"
#include "decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct decode_stack *stack, size_t count)
{
    const struct event_decoded *items = decode_items(stack);
    struct buf line;

    assert(count <= DECODE_ITEMS_MAX);
    buf_init(&line, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct event_decoded *item = &items[i];

        assert(item->as && item->type && (item->role == DECODED_BAD) == (item->error != NULL));
        assert(item->form != DECODED_JSON || json_valid(item->data));
        assert(item->form != DECODED_ARGUMENTS ||
               (json_valid(item->data) && item->data.data[0] == '['));
        assert(item->form != DECODED_TEXT || utf8_valid(item->data.data, item->data.len));
        assert(item->id.len == 0 || json_valid(item->id));
        assert(item->re.len == 0 || json_valid(item->re));
        assert(utf8_valid(item->name.data, item->name.len));
        for (size_t f = 0; f < item->field_count; f++)
            assert(utf8_valid(item->fields[f].value.data, item->fields[f].value.len));
        buf_reset(&line);
        decode_piped(stack, item, &line);
    }
    buf_clear(&line);
}

static void fetch_all(struct decode_stack *stack)
{
    struct decode_message m;

    while (decode_fetch(stack, &m))
        assert(m.opcode == OPCODE_TEXT || m.opcode == OPCODE_BINARY);
}

/* Read the line at the front, into `as`, which *spec goes on using. Returns its length with the
 * line end; 0 if there is none. */
static size_t read_stack(struct decode_spec *spec, char as[64], bool *speaks, const uint8_t *data,
                         size_t size)
{
    const char *pinned = getenv("FUZZ_AS");
    const uint8_t *end = memchr(data, '\n', size < 64 ? size : 64);
    size_t n = end ? (size_t)(end - data) : 0;
    struct err e;

    if (!end)
        return 0;
    *speaks = n == 0 || data[0] != '-';
    if (pinned)
        snprintf(as, 64, "%s", pinned);
    else
        snprintf(as, 64, "%.*s", (int)(n - !*speaks), (const char *)data + !*speaks);
    if (decode_spec_parse(spec, as, &e) != 0)
        *spec = (struct decode_spec){0};
    return n + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct decode_opening opening = {"/", ""};
    struct decode_spec spec = {0};
    struct decode_stack *stack;
    uint64_t now = 0;
    char as[64];
    size_t begin;
    bool speaks;
    struct err e;

    begin = read_stack(&spec, as, &speaks, data, size);
    if (begin == 0)
        return 0;
    stack = decode_new(&spec, speaks);
    assert(stack);
    assert(decode_opened(stack, &opening, now) == 0);
    for (size_t at = begin; at + 2 <= size;) {
        size_t n = data[at + 1] <= size - at - 2 ? data[at + 1] : size - at - 2;
        bool binary = (data[at] & 1) || !utf8_valid(data + at + 2, n);
        uint8_t *copy = malloc(n ? n : 1); /* so that reading past the end is seen */
        struct decode_message m = {binary ? OPCODE_BINARY : OPCODE_TEXT, slice_make(copy, n)};

        assert(copy);
        memcpy(copy, data + at + 2, n);
        now += 1000000;
        check(stack, decode_message(stack, data[at] & 2 ? DIR_OUT : DIR_IN, m, now));
        fetch_all(stack);
        if (decode_speaks(stack) && (data[at] & 4))
            decode_encode(stack, data[at] & 8 ? DECODE_PIPED : DECODE_TYPED, m.data, now, &e);
        fetch_all(stack);
        decode_tick(stack, now);
        free(copy);
        at += 2 + n;
    }
    for (unsigned i = 0; decode_finding(stack, i); i++)
        ;
    decode_free(stack);
    return 0;
}
