#include "term/wide.h"

#include "base/utf8.h"

#define REPLACEMENT 0xFFFDu

static size_t encode(uint8_t bytes[4], uint32_t c)
{
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = REPLACEMENT;
    if (c < 0x80) {
        bytes[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (uint8_t)(0xC0 | c >> 6);
        bytes[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        bytes[0] = (uint8_t)(0xE0 | c >> 12);
        bytes[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        bytes[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    bytes[0] = (uint8_t)(0xF0 | c >> 18);
    bytes[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    bytes[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    bytes[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

int wide_to_utf8(struct buf *out, const wchar_t *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[4];

        if (buf_append(out, bytes, encode(bytes, (uint32_t)text[i])) < 0)
            return -1;
    }
    return 0;
}

int wide_from_utf8(struct buf *out, struct slice text)
{
    size_t i = 0;

    while (i < text.len) {
        uint32_t code;
        int len = utf8_decode(text.data + i, text.len - i, &code);
        wchar_t c = (wchar_t)(len > 0 ? code : REPLACEMENT);

        if (c != L'\0' && buf_append(out, &c, sizeof c) < 0)
            return -1;
        i += (size_t)(len > 0 ? len : -len);
    }
    return 0;
}

size_t wide_count(const struct buf *wide)
{
    return wide->len / sizeof(wchar_t);
}
