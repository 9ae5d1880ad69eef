/*
 * decode_help: small things that all decoders need.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/blank.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "decode/decode_private.h"

#define FIELDS_MAX 64

static struct slice print(struct decode_layer *l, const char *format, va_list args)
{
    va_list again;
    int n;
    char *text;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = n < 0 ? NULL : arena_alloc(decode_arena(l), (size_t)n + 1);
    if (!text)
        return slice_str("");
    vsnprintf(text, (size_t)n + 1, format, args);
    return slice_make(text, (size_t)n);
}

struct slice decode_print(struct decode_layer *l, const char *format, ...)
{
    struct slice text;
    va_list args;

    va_start(args, format);
    text = print(l, format, args);
    va_end(args);
    return text;
}

int decode_bad(struct decode_layer *l, enum event_dir dir, struct slice data, const char *format,
               ...)
{
    struct event_decoded item = {
        .type = "malformed", .role = DECODED_BAD, .form = DECODED_BYTES, .data = data};
    struct slice text;
    va_list args;

    va_start(args, format);
    text = print(l, format, args);
    va_end(args);
    if (text.len == 0)
        return -1;
    item.error = (const char *)text.data;
    decode_item(l, dir, &item);
    return 0;
}

void decode_end(struct decode_layer *l, enum exit_code code, bool again, const char *format, ...)
{
    struct decode_ending *ending = &l->stack->ending;
    va_list args;

    if (l->stack->ended)
        return;
    l->stack->ended = true;
    ending->code = code;
    ending->again = again;
    va_start(args, format);
    vsnprintf(ending->text, sizeof ending->text, format, args);
    va_end(args);
}

struct slice decode_word(struct slice *line)
{
    struct slice text = blank_trim(*line), word = text;

    word.len = 0;
    while (word.len < text.len && !is_blank(word.data[word.len]))
        word.len++;
    *line = blank_trim(slice_from(text, word.len));
    return word;
}

struct slice decode_unquote(struct decode_layer *l, struct slice token)
{
    uint8_t *text;

    if (token.len < 2 || token.data[0] != '"')
        return token;
    if (json_plain_run(token.data + 1, token.len - 2) == token.len - 2)
        return slice_inner(token);
    text = arena_alloc(decode_arena(l), token.len);
    if (!text)
        return slice_str("");
    return slice_make(text, json_string_decode(token, text));
}

int decode_send_text(struct decode_layer *l, struct slice text)
{
    if (text.len == 0 || decode_arena(l)->failed)
        return -1;
    return decode_send(l, (struct decode_message){OPCODE_TEXT, text});
}

int decode_ask(struct decode_layer *l, struct requests *r, enum event_dir dir, struct slice id,
               struct slice name)
{
    int rc = requests_ask(r, dir, id, name, decode_now(l));

    decode_arena(l)->failed |= rc < 0;
    return rc;
}

struct slice decode_text(struct decode_layer *l, struct slice bytes)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    uint8_t *text;
    size_t n = 0;

    if (utf8_valid(bytes.data, bytes.len))
        return bytes;
    text = arena_alloc(decode_arena(l), bytes.len * 3);
    for (size_t at = 0; text && at < bytes.len;) {
        uint32_t code;
        int used = utf8_decode(bytes.data + at, bytes.len - at, &code);
        size_t width = used > 0 ? (size_t)used : 3;

        memcpy(text + n, used > 0 ? (const char *)bytes.data + at : replacement, width);
        n += width;
        at += (size_t)(used > 0 ? used : -used);
    }
    return slice_make(text, text ? n : 0);
}

struct slice decode_copy(struct decode_layer *l, struct slice bytes)
{
    struct slice text = decode_text(l, bytes);
    const char *copy = text.len ? arena_copy(decode_arena(l), text.data, text.len) : NULL;

    return slice_make(copy, copy ? text.len : 0);
}

struct slice decode_quote(struct decode_layer *l, struct slice bytes)
{
    struct slice text = decode_text(l, bytes);
    struct json_write w;
    struct buf out;
    char *copy;

    if (json_plain_run(text.data, text.len) == text.len)
        return decode_print(l, "\"%.*s\"", (int)text.len, (const char *)text.data);
    buf_init(&out, SIZE_MAX);
    json_write_init(&w, &out);
    json_text(&w, NULL, text);
    copy = w.failed ? NULL : arena_copy(decode_arena(l), buf_data(&out), out.len);
    decode_arena(l)->failed |= w.failed;
    text = slice_make(copy, copy ? out.len : 0);
    buf_clear(&out);
    return text;
}

void decode_field(struct decode_layer *l, struct event_decoded *item, struct slice name,
                  struct slice value)
{
    size_t count = item->field_count;
    bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    struct field *fields = (struct field *)item->fields;

    if (count == FIELDS_MAX)
        return;
    if (full) {
        fields = arena_alloc(decode_arena(l), (count ? count * 2 : 4) * sizeof *fields);
        if (!fields)
            return;
        if (count)
            memcpy(fields, item->fields, count * sizeof *fields);
    }
    fields[count] = (struct field){decode_text(l, name), decode_text(l, value)};
    item->fields = fields;
    item->field_count = count + 1;
}

void decode_body(struct event_decoded *item, struct slice data)
{
    item->data = data;
    if (data.len == 0)
        item->form = DECODED_NOTHING;
    else if (!utf8_valid(data.data, data.len))
        item->form = DECODED_BYTES;
    else
        item->form = json_valid(data) ? DECODED_JSON : DECODED_TEXT;
}
