/*
 * json_scan: JSON (RFC 8259) read token by token, each token an unchanged slice of the input, so
 * that numbers, escapes and key order are never re-encoded. No allocation; depth is bounded.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/slice.h"

#define JSON_DEPTH_MAX 512

enum json_token {
    JSON_ERROR = -1, /* not JSON, or deeper than JSON_DEPTH_MAX: pos is the position */
    JSON_END = 0,    /* the value and any blanks after it are read */
    JSON_OBJECT_OPEN,
    JSON_OBJECT_CLOSE,
    JSON_ARRAY_OPEN,
    JSON_ARRAY_CLOSE,
    JSON_COLON,
    JSON_COMMA,
    JSON_KEY,    /* a member name, quotes included */
    JSON_STRING, /* quotes included */
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

struct json_scan {
    struct slice text;
    size_t pos; /* bytes read */
    unsigned depth;
    bool too_deep;                     /* JSON_ERROR is only because of JSON_DEPTH_MAX */
    uint8_t state;                     /* what the grammar allows next */
    uint8_t stack[JSON_DEPTH_MAX / 8]; /* one bit per level: object or array */
};

/* text is borrowed as long as the scan is used. */
void json_scan_init(struct json_scan *s, struct slice text);

/* The next token, blanks skipped; the grammar is checked, so a caller that reaches JSON_END has
 * seen valid JSON. *token is a slice of the text (empty at JSON_END and JSON_ERROR). */
enum json_token json_scan_next(struct json_scan *s, struct slice *token);

/* Read on to the end of the value whose first token, of that kind, was the last one read. Levels
 * beyond JSON_DEPTH_MAX are skipped: their brackets are counted and their strings read, but nothing
 * else in them is checked. 0, or -1: not JSON. */
int json_scan_skip(struct json_scan *s, enum json_token kind);

/* True if text is one JSON value (with blanks around it). */
bool json_valid(struct slice text);

/* Find the value a JSON Pointer (RFC 6901) names; "" is the whole. Returns 1 and *value (the raw
 * token, or the whole object or array; a slice of text), 0 if it is not there or the pointer is not
 * valid, -1 if the text is not JSON as far as it had to be read (*value unchanged unless 1). Member
 * names are compared after decoding their escapes. The first of repeated members is used. */
int json_pointer_get(struct slice text, const char *pointer, struct slice *value);

/* True if a pointer is "" or starts with '/' and has no bad '~' escape. */
bool json_pointer_valid(const char *pointer);

/* How many bytes at the front need no escape in a string: up to the first quote, backslash, C0
 * control or DEL. Bytes above ASCII are skipped. */
size_t json_plain_run(const uint8_t *bytes, size_t n);

/* Decode a string token (quotes included) to UTF-8 into out (room for token.len bytes); returns the
 * length. Lone surrogates become U+FFFD; \u0000 becomes a NUL byte. The token must come from
 * json_scan_next. */
size_t json_string_decode(struct slice token, uint8_t *out);

#endif
