#include "sink/json_hide.h"

#include "base/utf8.h"
#include "sink/term_safe.h"

static int put_unit(struct buf *out, uint32_t unit)
{
    return buf_printf(out, "\\u%04x", (unsigned)unit);
}

int json_hide(struct buf *out, struct slice line)
{
    size_t from = 0, i = 0;

    while (i < line.len) {
        uint32_t code;
        int len, bad;

        if (line.data[i] < 0x80) {
            i++;
            continue;
        }
        len = utf8_decode(line.data + i, line.len - i, &code);
        if (len < 0) /* cannot be: the writer makes valid UTF-8 only */
            return -1;
        if (term_hidden(code)) {
            bad = buf_append(out, line.data + from, i - from);
            if (code > 0xFFFF) {
                bad |= put_unit(out, 0xD7C0 + (code >> 10));
                bad |= put_unit(out, 0xDC00 + (code & 0x3FF));
            } else {
                bad |= put_unit(out, code);
            }
            if (bad)
                return -1;
            from = i + (size_t)len;
        }
        i += (size_t)len;
    }
    return buf_append(out, line.data + from, line.len - from);
}
