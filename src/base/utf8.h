/*
 * utf8: validation that can stop and continue at any byte (RFC 3629; RFC 6455, section 8.1), and
 * decoding for display.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Decode the character at the front of n (> 0) bytes: its length 1 to 4 and *code. An invalid or
 * cut-off sequence gives a negative number: minus the count of bytes to show as invalid (1 to 3).
 */
int utf8_decode(const uint8_t *bytes, size_t n, uint32_t *code);

#endif
