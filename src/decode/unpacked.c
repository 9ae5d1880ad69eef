#include "decode/unpacked.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/json_write.h"
#include "base/utf8.h"

enum unpacked unpacked_take(struct unpacking *u, uint64_t n, struct slice *taken)
{
    if (u->bytes->len < n)
        return UNPACKED_SHORT;
    *taken = slice_make(u->bytes->data, (size_t)n);
    *u->bytes = slice_from(*u->bytes, (size_t)n);
    return UNPACKED_OK;
}

enum unpacked unpacked_take_number(struct unpacking *u, size_t n, uint64_t *number)
{
    struct slice bytes;
    enum unpacked rc = unpacked_take(u, n, &bytes);

    *number = 0;
    for (size_t i = 0; rc == UNPACKED_OK && i < n; i++)
        *number = *number << 8 | bytes.data[i];
    return rc;
}

enum unpacked unpacked_put(struct unpacking *u, const char *json)
{
    return unpacked_appended(buf_append_str(u->out, json));
}

enum unpacked unpacked_put_double(struct unpacking *u, double number)
{
    char text[32];

    if (!isfinite(number))
        return unpacked_put(u, "null");
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return unpacked_put(u, text);
}

enum unpacked unpacked_put_bytes(struct unpacking *u, struct slice bytes)
{
    if (buf_append_str(u->out, "{\"base64\":\"") < 0 || base64_encode(u->out, bytes) < 0)
        return UNPACKED_MEMORY;
    return unpacked_put(u, "\"}");
}

static enum unpacked put_string(struct unpacking *u, struct slice text)
{
    struct json_write w;

    json_write_init(&w, u->out);
    json_text(&w, NULL, text);
    return w.failed ? UNPACKED_MEMORY : UNPACKED_OK;
}

enum unpacked unpacked_put_text(struct unpacking *u, struct slice text)
{
    return utf8_valid(text.data, text.len) ? put_string(u, text) : unpacked_put_bytes(u, text);
}

enum unpacked unpacked_value(struct unpacking *u)
{
    enum unpacked rc;

    if (u->depth == UNPACKED_DEPTH_MAX)
        return UNPACKED_BAD;
    u->depth++;
    rc = u->read(u);
    u->depth--;
    return rc;
}

static enum unpacked put_key(struct unpacking *u, struct slice json)
{
    if (json.data[0] == '"')
        return unpacked_appended(buf_append_slice(u->out, json));
    /* Each level would double what the one below escaped. */
    return json.len > UNPACKED_KEY_MAX ? UNPACKED_BAD : put_string(u, json);
}

static enum unpacked read_key(struct unpacking *u)
{
    struct buf *out = u->out, json;
    enum unpacked rc;

    buf_init(&json, SIZE_MAX);
    u->out = &json;
    rc = unpacked_value(u);
    u->out = out;
    if (rc == UNPACKED_OK)
        rc = put_key(u, buf_slice(&json));
    buf_clear(&json);
    return rc;
}

enum unpacked unpacked_pair(struct unpacking *u)
{
    enum unpacked rc = read_key(u);

    if (rc == UNPACKED_OK)
        rc = unpacked_put(u, ":");
    return rc == UNPACKED_OK ? unpacked_value(u) : rc;
}
