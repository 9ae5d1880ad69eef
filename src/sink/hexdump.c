#include "sink/hexdump.h"

#include <inttypes.h>

/* "00000000  " + 49 of digits + " |" + 16 + "|"; with 8 bytes a line; fewer have 4 */
#define WIDE_COLUMNS   78
#define NARROW_COLUMNS 45

static const char digits[] = "0123456789abcdef";

int hexdump_per_line(int columns, int indent)
{
    if (columns <= 0 || columns >= WIDE_COLUMNS + indent)
        return 16;
    return columns >= NARROW_COLUMNS + indent ? 8 : 4;
}

static size_t put_digits(uint8_t *to, struct slice bytes, int per_line)
{
    size_t n = 0;

    for (size_t i = 0; i < (size_t)per_line; i++) {
        if (i == 8)
            to[n++] = ' ';
        to[n++] = i < bytes.len ? (uint8_t)digits[bytes.data[i] >> 4] : ' ';
        to[n++] = i < bytes.len ? (uint8_t)digits[bytes.data[i] & 15] : ' ';
        to[n++] = ' ';
    }
    return n;
}

static int put_line(struct buf *out, struct slice bytes, uint64_t offset, int indent, int per_line)
{
    uint8_t text[80];
    size_t n = put_digits(text, bytes, per_line);

    text[n++] = ' ';
    text[n++] = '|';
    for (size_t i = 0; i < bytes.len; i++)
        text[n++] = bytes.data[i] >= 0x20 && bytes.data[i] < 0x7F ? bytes.data[i] : '.';
    text[n++] = '|';
    text[n++] = '\n';
    if (buf_printf(out, "%*s%08" PRIx64 "  ", indent, "", offset) < 0)
        return -1;
    return buf_append(out, text, n);
}

int hexdump(struct buf *out, struct slice bytes, uint64_t offset, int indent, int per_line)
{
    size_t had = out->len;

    for (size_t i = 0; i < bytes.len; i += (size_t)per_line) {
        size_t left = bytes.len - i;
        size_t n = left < (size_t)per_line ? left : (size_t)per_line;

        if (put_line(out, slice_make(bytes.data + i, n), offset + i, indent, per_line) < 0) {
            out->len = had;
            return -1;
        }
    }
    return 0;
}
