/*
 * Any messages through any stack. The first byte chooses the protocol, in the order of the table
 * (past its end: `auto`); each message is a byte (bit 0: binary, bit 1: to the server), a length
 * byte and its bytes. Items lie in bounds, are what their form says, and what the stack then wants
 * to send can be fetched to the end.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct decode_opening opening = {"/", ""};
    struct decode_spec spec = {0};
    struct decode_stack *stack;
    const char *name;
    char as[64];
    struct err e;
    uint64_t now = 0;

    if (size < 1)
        return 0;
    name = decode_name_at(data[0] & 0x7F);
    snprintf(as, sizeof as, "%s", name ? name : "auto");
    assert(decode_spec_parse(&spec, as, &e) == 0);
    stack = decode_new(&spec, data[0] < 0x80);
    assert(stack);
    assert(decode_opened(stack, &opening, now) == 0);
    for (size_t at = 1; at + 2 <= size;) {
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
