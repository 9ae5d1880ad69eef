#include "proto/ip_literal.h"

#include "base/ascii.h"
#include "base/decimal.h"

bool ip4_parse(struct slice text, uint8_t bytes[4])
{
    for (int part = 0; part < 4; part++) {
        uint64_t value;

        if (part > 0) {
            if (text.len == 0 || text.data[0] != '.')
                return false;
            text = slice_from(text, 1);
        }
        /* "010" is ten to some and eight to others, so it is rejected. */
        if ((text.len > 1 && text.data[0] == '0' && is_digit(text.data[1])) ||
            !decimal_take(&text, 255, &value))
            return false;
        bytes[part] = (uint8_t)value;
    }
    return text.len == 0;
}

/* One group at offset i: its number of digits, 0 if it is not a group. */
static size_t group_read(struct slice text, size_t i, unsigned *value)
{
    size_t digits = 0;

    *value = 0;
    for (; i < text.len && digits < 4 && hex_value(text.data[i]) >= 0; i++) {
        *value = *value << 4 | (unsigned)hex_value(text.data[i]);
        digits++;
    }
    return digits;
}

bool ip6_parse(struct slice text, uint8_t bytes[16])
{
    const size_t none = 17;
    size_t i = 0, count = 0, gap = none;

    if (slice_begins(text, "::")) {
        gap = 0;
        i = 2;
    } else if (text.len == 0) {
        return false;
    }
    while (i < text.len) {
        unsigned value;
        size_t digits = group_read(text, i, &value);

        /* The last 32 bits may be an IPv4 address. */
        if (digits > 0 && i + digits < text.len && text.data[i + digits] == '.') {
            if (count > 12 || !ip4_parse(slice_from(text, i), bytes + count))
                return false;
            count += 4;
            break;
        }
        if (digits == 0 || count > 14)
            return false;
        bytes[count++] = (uint8_t)(value >> 8);
        bytes[count++] = (uint8_t)value;
        i += digits;
        if (i == text.len)
            break;
        if (text.data[i++] != ':' || i == text.len)
            return false;
        if (text.data[i] == ':') {
            if (gap != none)
                return false;
            gap = count;
            i++;
        }
    }
    if (gap == none)
        return count == 16;
    if (count > 14)
        return false;
    memmove(bytes + 16 - (count - gap), bytes + gap, count - gap);
    memset(bytes + gap, 0, 16 - count);
    return true;
}
