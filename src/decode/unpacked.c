#include "decode/unpacked.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/json_write.h"
#include "base/utf8.h"

int unpacked_number(struct buf *out, double number)
{
    char text[32];

    if (!isfinite(number))
        return buf_append_str(out, "null");
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return buf_append_str(out, text);
}

int unpacked_bytes(struct buf *out, struct slice bytes)
{
    return buf_append_str(out, "{\"base64\":\"") == 0 && base64_encode(out, bytes) == 0
               ? buf_append_str(out, "\"}")
               : -1;
}

static int put_string(struct buf *out, struct slice text)
{
    struct json_write w;

    json_write_init(&w, out);
    json_text(&w, NULL, text);
    return w.failed ? -1 : 0;
}

int unpacked_text(struct buf *out, struct slice text)
{
    return utf8_valid(text.data, text.len) ? put_string(out, text) : unpacked_bytes(out, text);
}

int unpacked_key(struct buf *out, struct slice json)
{
    return json.data[0] == '"' ? buf_append(out, json.data, json.len) : put_string(out, json);
}
