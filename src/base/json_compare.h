/*
 * json_compare: JSON values compared in their texts: numbers digit by digit, exact whatever their
 * size, never through a double. Pure, except that strings with escapes are decoded into allocated
 * memory; if that fails, they are reported as different.
 *
 * All values come from valid JSON: tokens, or whole objects and arrays.
 */
#ifndef BASE_JSON_COMPARE_H
#define BASE_JSON_COMPARE_H

#include "base/slice.h"

enum json_kind {
    JSON_IS_OBJECT,
    JSON_IS_ARRAY,
    JSON_IS_STRING,
    JSON_IS_NUMBER,
    JSON_IS_BOOLEAN,
    JSON_IS_NULL
};

enum json_kind json_kind(struct slice value);
/* "object" ... "null". Static. */
const char *json_kind_name(enum json_kind kind);
/* A number without a fraction: 1, 1.0 and 10e-1 are. */
bool json_is_integer(struct slice number);

/* Less than 0, 0, or more than 0, as a is less than, equal to or more than b: two numbers. */
int json_number_compare(struct slice a, struct slice b);

/* The same value: members in any order, numbers by value. */
bool json_equal(struct slice a, struct slice b);
/* The value has all that the pattern has: an object each of the pattern's members, an array the
 * same number of elements, each with all that the pattern's has; anything else is equal. If not,
 * *at is the part of the pattern that was missing and *found the value in its place (no bytes:
 * none).
 */
bool json_includes(struct slice value, struct slice pattern, struct slice *at, struct slice *found);

/* How many bytes at the front of a text are one JSON value (leading blanks included); 0: it does
 * not begin with one. */
size_t json_value_length(struct slice text);

/* A string token's text, allocated and with a NUL after it; free() it. NULL: out of memory. */
char *json_string_text(struct slice token, size_t *len);

#endif
