/*
 * decimal: whole numbers in text, as digits without a sign. Leading zeros are accepted.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/slice.h"

/* How many digits the text begins with. */
size_t decimal_span(struct slice text);

/* The text as a number. False, with *number unchanged: it is empty, contains something else than
 * digits, or is more than `most`. */
bool decimal_read(struct slice text, uint64_t most, uint64_t *number);

/* The number that the text begins with; *text moves after its digits. False, with nothing changed:
 * there is no digit, or the number is more than `most`. */
bool decimal_take(struct slice *text, uint64_t most, uint64_t *number);
/* The same of a string. */
bool decimal_take_str(const char **text, uint64_t most, uint64_t *number);

#define DECIMAL_GROUPED 32
/* "1,940" */
void decimal_grouped(char text[DECIMAL_GROUPED], uint64_t number);

/* For use inside one expression: decimal_millionths(us).text */
struct decimal_text {
    char text[32];
};

/* A number of millionths, such as seconds in microseconds, without an exponent or needless zeros:
 * "3", "0.25", "0.000001". */
struct decimal_text decimal_millionths(uint64_t number);

/* A number of exactly `count` digits, at most 9; what follows may be a digit too. False, with
 * nothing changed: there are fewer. */
bool decimal_take_fixed(struct slice *text, size_t count, int *number);

#endif
