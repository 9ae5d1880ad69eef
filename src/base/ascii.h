/*
 * ascii: letters and digits, whatever the locale. Each function takes a char or a byte.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>

static inline bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_letter(int c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool is_letter_or_digit(int c)
{
    return is_letter(c) || is_digit(c);
}

/* The value of a hexadecimal digit of either case; -1 if c is not one. */
static inline int hex_value(int c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
