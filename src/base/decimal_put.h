/*
 * decimal_put: numbers as digits, for places that write millions of them: no call, no format. Each
 * function writes at `to`, where there is room, and returns the end of what it wrote.
 */
#ifndef BASE_DECIMAL_PUT_H
#define BASE_DECIMAL_PUT_H

#include <stdint.h>
#include <string.h>

static const char decimal_pairs[] = "00010203040506070809101112131415161718192021222324"
                                    "25262728293031323334353637383940414243444546474849"
                                    "50515253545556575859606162636465666768697071727374"
                                    "75767778798081828384858687888990919293949596979899";

#define DECIMAL_MOST 20 /* digits of UINT64_MAX */

static inline uint8_t *decimal_put_2(uint8_t *to, unsigned value)
{
    memcpy(to, decimal_pairs + 2 * value, 2);
    return to + 2;
}

/* How many digits a number (above 0) has: 1233/4096 is a little more than log10(2), so the guess
 * from its bits is right or one too few. */
static inline unsigned decimal_count(uint64_t number)
{
    static const uint64_t powers[DECIMAL_MOST] = {
        1u,
        10u,
        100u,
        1000u,
        10000u,
        100000u,
        1000000u,
        10000000u,
        100000000u,
        1000000000u,
        10000000000u,
        100000000000u,
        1000000000000u,
        10000000000000u,
        100000000000000u,
        1000000000000000u,
        10000000000000000u,
        100000000000000000u,
        1000000000000000000u,
        10000000000000000000u,
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(number);
    unsigned guess = bits * 1233 >> 12;

    return guess + (number >= powers[guess]);
}

static inline uint8_t *decimal_put(uint8_t *to, uint64_t number)
{
    uint8_t *end;
    uint8_t *at;

    if (number < 10) {
        *to = (uint8_t)('0' + number);
        return to + 1;
    }
    at = end = to + decimal_count(number);
    while (number >= 100) {
        at -= 2;
        decimal_put_2(at, (unsigned)(number % 100));
        number /= 100;
    }
    if (number >= 10)
        decimal_put_2(at - 2, (unsigned)number);
    else
        at[-1] = (uint8_t)('0' + number);
    return end;
}

/* Exactly three digits of a number below 1000. */
static inline uint8_t *decimal_put_3(uint8_t *to, unsigned value)
{
    *to++ = (uint8_t)('0' + value / 100);
    return decimal_put_2(to, value % 100);
}

/* Exactly six digits of a number below 10^6. */
static inline uint8_t *decimal_put_6(uint8_t *to, unsigned value)
{
    to = decimal_put_2(to, value / 10000);
    to = decimal_put_2(to, value / 100 % 100);
    return decimal_put_2(to, value % 100);
}

#endif
