#include "proto/ip_literal.h"

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ip4_parse(struct slice text, uint8_t bytes[4])
{
    size_t i = 0;

    for (int part = 0; part < 4; part++) {
        unsigned value = 0;
        size_t digits = 0;

        if (part > 0 && (i == text.len || text.data[i++] != '.'))
            return false;
        for (; i < text.len && digits < 3 && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
            /* "010" is ten to some and eight to others, so it is no address to us. */
            if (digits > 0 && value == 0)
                return false;
            value = value * 10 + (unsigned)(text.data[i] - '0');
            digits++;
        }
        if (digits == 0 || value > 255)
            return false;
        bytes[part] = (uint8_t)value;
    }
    return i == text.len;
}

/* One group at offset i: its count of digits, 0 if it is none. */
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

    if (text.len >= 2 && memcmp(text.data, "::", 2) == 0) {
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
            if (count > 12 || !ip4_parse(slice_make(text.data + i, text.len - i), bytes + count))
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
