/*
 * decoding: a stack under test. Each function opens, feeds or asks one, and checks what comes of
 * it. Include it after cmocka.
 */
#ifndef TESTS_UNIT_DECODING_H
#define TESTS_UNIT_DECODING_H

#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"

struct decoding {
    char as[128];
    struct decode_spec spec;
    struct decode_stack *stack;
    size_t count; /* items of the last message */
    char *sent;   /* the last message that was sent */
    uint64_t now_us;
};

/* `as` is what --as gets; takes_part as decode_new. */
static inline void decoding_open(struct decoding *d, const char *as, bool takes_part,
                                 const char *target, const char *subprotocol)
{
    const struct decode_opening opening = {target, subprotocol};
    struct err e;

    if (!d->stack) {
        snprintf(d->as, sizeof d->as, "%s", as);
        assert_int_equal(decode_spec_parse(&d->spec, d->as, &e), 0);
        d->stack = decode_new(&d->spec, takes_part);
        assert_non_null(d->stack);
    }
    assert_int_equal(decode_opened(d->stack, &opening, d->now_us), 0);
}

static inline void decoding_close(struct decoding *d)
{
    decode_free(d->stack);
    d->stack = NULL;
    free(d->sent);
    d->sent = NULL;
}

static inline void decoding_bytes(struct decoding *d, enum event_dir dir, enum opcode opcode,
                                  const void *bytes, size_t n)
{
    d->count = decode_message(d->stack, dir, (struct decode_message){opcode, slice_make(bytes, n)},
                              d->now_us);
}

static inline void decoding_text(struct decoding *d, enum event_dir dir, const char *text)
{
    decoding_bytes(d, dir, OPCODE_TEXT, text, strlen(text));
}

/* "TYPE name=NAME id=ID re=RE KEY=VALUE... DATA !ERROR" of the n-th item: only what is there.
 * Binary data is in hexadecimal digits. */
static inline void decoding_shows(struct decoding *d, size_t n, const char *expected)
{
    const struct event_decoded *item = &decode_items(d->stack)[n];
    struct buf text;

    assert_true(n < d->count);
    buf_init(&text, SIZE_MAX);
    buf_append_str(&text, item->type);
    if (item->name.len)
        buf_printf(&text, " name=%.*s", (int)item->name.len, item->name.data);
    if (item->id.len)
        buf_printf(&text, " id=%.*s", (int)item->id.len, item->id.data);
    if (item->re.len)
        buf_printf(&text, " re=%.*s", (int)item->re.len, item->re.data);
    for (size_t i = 0; i < item->field_count; i++)
        buf_printf(&text, " %.*s=%.*s", (int)item->fields[i].name.len, item->fields[i].name.data,
                   (int)item->fields[i].value.len, item->fields[i].value.data);
    if (item->form == DECODED_JSON || item->form == DECODED_ARGUMENTS || item->form == DECODED_TEXT)
        buf_printf(&text, " %.*s", (int)item->data.len, item->data.data);
    for (size_t i = 0; item->form == DECODED_BYTES && !item->error && i < item->data.len; i++)
        buf_printf(&text, "%s%02x", i ? "" : " ", item->data.data[i]);
    if (item->error)
        buf_printf(&text, " !%s", item->error);
    buf_append(&text, "", 1);
    assert_string_equal((const char *)buf_data(&text), expected);
    buf_clear(&text);
}

/* One message with one item. */
static inline void decoding_is(struct decoding *d, enum event_dir dir, const char *message,
                               const char *expected)
{
    decoding_text(d, dir, message);
    assert_int_equal(d->count, 1);
    decoding_shows(d, 0, expected);
}

/* The next message to be sent is this text; NULL: there is none. It is then decoded as sent. */
static inline void decoding_sends(struct decoding *d, const char *expected)
{
    struct decode_message m;
    char *text;

    if (!expected) {
        assert_false(decode_fetch(d->stack, &m));
        return;
    }
    assert_true(decode_fetch(d->stack, &m));
    text = calloc(1, m.data.len + 1);
    assert_non_null(text);
    memcpy(text, m.data.data, m.data.len);
    assert_string_equal(text, expected);
    decoding_bytes(d, DIR_OUT, m.opcode, text, m.data.len);
    free(d->sent);
    d->sent = text;
}

/* A line that is typed or piped becomes messages, to be looked at with decoding_sends. */
static inline void decoding_enters(struct decoding *d, enum decode_input input, const char *line)
{
    struct err e;

    assert_int_equal(decode_encode(d->stack, input, slice_str(line), d->now_us, &e), 0);
}

static inline void decoding_refuses(struct decoding *d, enum decode_input input, const char *line,
                                    const char *sentence)
{
    struct err e;

    assert_int_equal(decode_encode(d->stack, input, slice_str(line), d->now_us, &e), -1);
    assert_string_equal(e.text, sentence);
}

#endif
