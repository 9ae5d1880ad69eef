#include "proto/excerpt.h"

static size_t escape(uint8_t c, char piece[4])
{
    static const char digits[] = "0123456789abcdef";
    const char *plain = "\r\n\t\"\\", *letter = "rnt\"\\";
    const char *found = c ? strchr(plain, c) : NULL;

    if (found) {
        piece[0] = '\\';
        piece[1] = letter[found - plain];
        return 2;
    }
    if (c >= 0x20 && c < 0x7f) {
        piece[0] = (char)c;
        return 1;
    }
    piece[0] = '\\';
    piece[1] = 'x';
    piece[2] = digits[c >> 4];
    piece[3] = digits[c & 15];
    return 4;
}

const char *excerpt_of(struct excerpt *x, struct slice bytes)
{
    size_t i, used = 0;

    for (i = 0; i < bytes.len && i < EXCERPT_BYTES; i++) {
        char piece[4];
        size_t len = escape(bytes.data[i], piece);

        if (used + len > EXCERPT_CHARS)
            break;
        memcpy(x->text + used, piece, len);
        used += len;
    }
    memcpy(x->text + used, "...", 3);
    x->text[i < bytes.len ? used + 3 : used] = '\0';
    return x->text;
}
