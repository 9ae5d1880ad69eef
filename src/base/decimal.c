#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/ascii.h"

size_t decimal_span(struct slice text)
{
    size_t n = 0;

    while (n < text.len && is_digit(text.data[n]))
        n++;
    return n;
}

bool decimal_read(struct slice text, uint64_t most, uint64_t *number)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';

        if (digit > 9 || digit > most || n > (most - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (text.len == 0)
        return false;
    *number = n;
    return true;
}

bool decimal_take(struct slice *text, uint64_t most, uint64_t *number)
{
    size_t n = decimal_span(*text);

    if (!decimal_read(slice_make(text->data, n), most, number))
        return false;
    *text = slice_from(*text, n);
    return true;
}

bool decimal_take_str(const char **text, uint64_t most, uint64_t *number)
{
    struct slice rest = slice_str(*text);

    if (!decimal_take(&rest, most, number))
        return false;
    *text = (const char *)rest.data;
    return true;
}

bool decimal_take_fixed(struct slice *text, size_t count, int *number)
{
    uint64_t n;

    if (text->len < count || !decimal_read(slice_make(text->data, count), 999999999, &n))
        return false;
    *text = slice_from(*text, count);
    *number = (int)n;
    return true;
}

struct decimal_text decimal_millionths(uint64_t number)
{
    struct decimal_text made;
    int len = snprintf(made.text, sizeof made.text, "%" PRIu64 ".%06u", number / 1000000,
                       (unsigned)(number % 1000000));

    while (made.text[len - 1] == '0')
        len--;
    if (made.text[len - 1] == '.')
        len--;
    made.text[len] = '\0';
    return made;
}

void decimal_grouped(char text[DECIMAL_GROUPED], uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, number), to = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[to++] = ',';
        text[to++] = digits[i];
    }
    text[to] = '\0';
}
