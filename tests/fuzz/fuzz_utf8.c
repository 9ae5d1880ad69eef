/*
 * The validator against one that follows RFC 3629, section 3, to the letter: decode, then look at
 * the number. The first byte of the input chooses how the rest is cut into pieces.
 */
#include <assert.h>

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Could the n (1 to 4) bytes be the beginning of a character, or all of it? By trying all that may
 * follow: only the lowest and the highest continuation matter, since the numbers between are
 * ordered. */
static bool is_possible(const uint8_t *p, size_t n, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t low = p[0] & (length == 1 ? 0x7Fu : 0xFFu >> (length + 1));
    uint32_t high = low;

    for (size_t i = 1; i < length; i++) {
        if (i < n && (p[i] & 0xC0) != 0x80)
            return false;
        low = low << 6 | (i < n ? p[i] & 0x3Fu : 0);
        high = high << 6 | (i < n ? p[i] & 0x3Fu : 0x3F);
    }
    if (high < least[length] || low > 0x10FFFF)
        return false;
    return !(low >= 0xD800 && high <= 0xDFFF);
}

static size_t length_by_lead(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if ((lead & 0xE0) == 0xC0)
        return 2;
    if ((lead & 0xF0) == 0xE0)
        return 3;
    return (lead & 0xF8) == 0xF0 ? 4 : 0;
}

/* Offset of the first impossible byte, or n; *complete: no character is open there. */
static size_t naive_check(const uint8_t *p, size_t n, bool *complete)
{
    size_t at = 0;

    *complete = true;
    while (at < n) {
        size_t length = length_by_lead(p[at]);

        if (length == 0)
            return at;
        for (size_t seen = 1; seen <= length; seen++) {
            if (at + seen > n) {
                *complete = false;
                return n;
            }
            if (!is_possible(p + at, seen, length))
                return at + seen - 1;
        }
        at += length;
    }
    return n;
}

static size_t check_in_pieces(struct utf8 *u, const uint8_t *p, size_t n, size_t piece)
{
    size_t at = 0;

    while (at < n) {
        size_t take = piece < n - at ? piece : n - at;
        size_t good = utf8_check(u, p + at, take);

        at += good;
        if (good < take)
            break;
    }
    return at;
}

static void check_decode(const uint8_t *p, size_t n, size_t bad, bool complete)
{
    size_t at = 0;
    uint32_t code = 0;

    while (at < n) {
        int length = utf8_decode(p + at, n - at, &code);

        if (length < 0) {
            assert(length >= -3);
            /* What could not go on begins the character that holds the first impossible byte. */
            assert(bad < n ? at + (size_t)-length >= bad && at <= bad : !complete);
            return;
        }
        assert(length >= 1 && length <= 4);
        assert(code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF));
        at += (size_t)length;
        assert(at <= n);
    }
    assert(bad == n && complete);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct utf8 u = {0};
    bool complete;
    size_t piece;
    size_t bad;

    if (size == 0)
        return 0;
    piece = 1 + data[0] % 80;
    data++;
    size--;

    bad = naive_check(data, size, &complete);
    assert(utf8_check(&u, data, size) == bad);
    if (bad == size)
        assert(utf8_complete(&u) == complete);
    assert(utf8_valid(data, size) == (bad == size && complete));

    u = (struct utf8){0};
    assert(check_in_pieces(&u, data, size, piece) == bad);
    if (bad == size)
        assert(utf8_complete(&u) == complete);
    check_decode(data, size, bad, complete);
    return 0;
}
