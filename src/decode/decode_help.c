/*
 * decode_help: small things that all decoders need.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/blank.h"
#include "base/json_scan.h"
#include "decode/decode_private.h"

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
    *line = blank_trim(slice_make(text.data + word.len, text.len - word.len));
    return word;
}

struct slice decode_unquote(struct decode_layer *l, struct slice token)
{
    uint8_t *text;

    if (token.len < 2 || token.data[0] != '"')
        return token;
    if (json_plain_run(token.data + 1, token.len - 2) == token.len - 2)
        return slice_make(token.data + 1, token.len - 2);
    text = arena_alloc(decode_arena(l), token.len);
    if (!text)
        return slice_str("");
    return slice_make(text, json_string_decode(token, text));
}
