/*
 * utf8: validation that can stop and continue at any byte (RFC 3629; RFC 6455, section 8.1), and
 * decoding for display.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* The state of a validator between two pieces of a text. Zero-initialise to begin. */
struct utf8 {
    uint8_t need; /* continuation bytes still to come, 0 to 3 */
    uint8_t have; /* bytes of the unfinished sequence seen so far, 0 to 3 */
    uint8_t low;  /* the next byte must be in low..high */
    uint8_t high;
};

/* Continue with n bytes. Returns n if the text may still be valid, else the offset of the first
 * byte that makes it impossible (overlong forms, surrogates and anything above U+10FFFF fail at the
 * earliest byte that shows it). Fast over ASCII. After a failure the validator is at its start. */
size_t utf8_check(struct utf8 *u, const uint8_t *bytes, size_t n);

/* True between two characters: where a text may end. */
static inline bool utf8_complete(const struct utf8 *u)
{
    return u->need == 0;
}

/* The length of a byte order mark at the front of a text: 3 or 0. Editors and shells write one, but
 * it is not part of the text. */
size_t utf8_mark(const char *text);

/* True if the n bytes are valid and complete. */
bool utf8_valid(const uint8_t *bytes, size_t n);

/* A byte that is inside a character: not the first one of it. Takes a char or a byte. */
static inline bool utf8_continues(int byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Where a text of which n bytes are wanted can be cut: n, or less, so that no character is cut. */
static inline size_t utf8_cut(struct slice text, size_t n)
{
    while (n > 0 && n < text.len && utf8_continues(text.data[n]))
        n--;
    return n;
}

/* How many characters a text has. */
static inline size_t utf8_count(struct slice text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += !utf8_continues(text.data[i]);
    return n;
}

/* Decode the character at the front of n (> 0) bytes: its length 1 to 4 and *code. An invalid or
 * cut-off sequence gives a negative number: minus the count of bytes to show as invalid (1 to 3).
 */
int utf8_decode(const uint8_t *bytes, size_t n, uint32_t *code);

#endif
