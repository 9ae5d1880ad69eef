/*
 * slice: a borrowed run of bytes, and the name/value pair of HTTP built on it.
 *
 * A slice owns nothing. The function that returns a slice documents how long its bytes live.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct slice {
    const uint8_t *data; /* may be NULL when len is 0 */
    size_t len;          /* bytes */
};

/* A header field as RFC 9110, section 5 names it: the value without surrounding blanks. */
struct field {
    struct slice name;
    struct slice value;
};

static inline struct slice slice_make(const void *data, size_t len)
{
    return (struct slice){(const uint8_t *)data, len};
}

/* The bytes of a string, without its NUL; NULL gives the empty slice. */
static inline struct slice slice_str(const char *text)
{
    return (struct slice){(const uint8_t *)text, text ? strlen(text) : 0};
}

/* The end of its bytes. Nothing, not even 0, may be added to a null pointer. */
static inline const uint8_t *slice_end(struct slice s)
{
    return s.len ? s.data + s.len : s.data;
}

/* `len` of its bytes from `from` on; all of them are inside it. */
static inline struct slice slice_part(struct slice s, size_t from, size_t len)
{
    return slice_make(s.len ? s.data + from : s.data, len);
}

/* What follows its first n bytes; n is at most its length. */
static inline struct slice slice_from(struct slice s, size_t n)
{
    return slice_part(s, n, s.len - n);
}

/* Without the first byte and the last: what is between quotes or brackets. */
static inline struct slice slice_inner(struct slice s)
{
    return slice_part(s, 1, s.len - 2);
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_str(text));
}

static inline bool slice_begins(struct slice s, const char *text)
{
    size_t n = strlen(text);

    return s.len >= n && (n == 0 || memcmp(s.data, text, n) == 0);
}

/* ASCII case is ignored, as in field names and tokens (RFC 9110, section 5.1). */
static inline bool slice_is_nocase(struct slice a, const char *text)
{
    return a.len == strlen(text) &&
           (a.len == 0 || strncasecmp((const char *)a.data, text, a.len) == 0);
}

/* Is the text anywhere in it? ASCII case is ignored. */
static inline bool slice_contains_nocase(struct slice s, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i + n <= s.len; i++)
        if (strncasecmp((const char *)s.data + i, text, n) == 0)
            return true;
    return false;
}

#endif
