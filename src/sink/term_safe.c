#include "sink/term_safe.h"

#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct range {
    uint32_t first, last;
};

/* What reorders, hides or ends a line. ZERO WIDTH JOINER and NON-JOINER are not here: emoji and
 * several scripts are misspelt without them, and they hide nothing. */
static const struct range hidden[] = {
    {0x0080, 0x009F},   /* C1: CSI, OSC, DCS and their kin as single characters */
    {0x00AD, 0x00AD},   /* soft hyphen */
    {0x034F, 0x034F},   /* combining grapheme joiner */
    {0x061C, 0x061C},   /* Arabic letter mark */
    {0x115F, 0x1160},   /* Hangul fillers */
    {0x17B4, 0x17B5},   /* Khmer inherent vowels */
    {0x180B, 0x180F},   /* Mongolian selectors and vowel separator */
    {0x200B, 0x200B},   /* zero width space */
    {0x200E, 0x200F},   /* left-to-right and right-to-left marks */
    {0x2028, 0x202E},   /* line and paragraph separators, bidi embeddings and overrides */
    {0x2060, 0x206F},   /* word joiner, invisible operators, bidi isolates, deprecated controls */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xFDD0, 0xFDEF},   /* noncharacters */
    {0xFEFF, 0xFEFF},   /* byte order mark inside a text */
    {0xFFA0, 0xFFA0},   /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFB},   /* interlinear annotation and unassigned ignorables */
    {0xFFFE, 0xFFFF},   /* noncharacters */
    {0x13430, 0x1345F}, /* Egyptian format controls */
    {0x1BCA0, 0x1BCA3}, /* shorthand format controls */
    {0x1D173, 0x1D17A}, /* musical beams and slurs */
    {0xE0000, 0xE0FFF}, /* tags and variation selectors: text that no eye sees */
};

bool term_hidden(uint32_t code)
{
    size_t low = 0, high = sizeof hidden / sizeof *hidden;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (code > hidden[mid].last)
            low = mid + 1;
        else if (code < hidden[mid].first)
            high = mid;
        else
            return true;
    }
    return false;
}

/* Bit 7 of a byte is set unless all eight are 0x20 to 0x7E. Subtracting borrows into it from a byte
 * below 0x20, adding one carries 0x7F into it, and bytes beyond ASCII have it set. */
static uint64_t unsafe_bits(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return (word | (word - 0x2020202020202020u) | (word + 0x0101010101010101u)) &
           0x8080808080808080u;
}

#define BLOCK 32

#ifdef __SSE2__

/* As signed numbers, 0x20 to 0x7E are those that are above 0x20 once 1 is added. */
static __m128i plain_16(const uint8_t *bytes)
{
    __m128i next =
        _mm_add_epi8(_mm_loadu_si128((const __m128i *)(const void *)bytes), _mm_set1_epi8(1));

    return _mm_cmpgt_epi8(next, _mm_set1_epi8(0x20));
}

static bool plain_block(const uint8_t *bytes)
{
    return _mm_movemask_epi8(_mm_and_si128(plain_16(bytes), plain_16(bytes + 16))) == 0xFFFF;
}

#else

static bool plain_block(const uint8_t *bytes)
{
    return (unsafe_bits(bytes) | unsafe_bits(bytes + 8) | unsafe_bits(bytes + 16) |
            unsafe_bits(bytes + 24)) == 0;
}

#endif

/* How many bytes at the front are plain, in steps of a block and of 8. */
static size_t plain_run(const uint8_t *bytes, size_t n)
{
    size_t i = 0;

    while (n - i >= BLOCK && plain_block(bytes + i))
        i += BLOCK;
    while (n - i >= 8 && unsafe_bits(bytes + i) == 0)
        i += 8;
    return i;
}

size_t term_plain(struct slice bytes)
{
    size_t i = plain_run(bytes.data, bytes.len);

    while (i < bytes.len && bytes.data[i] >= 0x20 && bytes.data[i] < 0x7F)
        i++;
    return i;
}

bool term_is_plain(struct slice bytes)
{
    return term_plain(bytes) == bytes.len;
}

#ifdef __SSE2__

/* Copy 16 bytes. `most` is, byte by byte, the most that any was above 0x20: of what is plain at
 * most 0x5E, as what is below 0x20 is far above it. */
static __m128i copy_16(uint8_t *to, const uint8_t *from, __m128i most)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);

    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    return _mm_max_epu8(most, _mm_sub_epi8(bytes, _mm_set1_epi8(0x20)));
}

/* Of at least 16 bytes; the last 16 may overlap others. */
static bool copy_plain(uint8_t *to, const uint8_t *from, size_t n)
{
    __m128i most = _mm_setzero_si128();
    size_t i = 0;

    for (; n - i >= 64; i += 64) {
        most = copy_16(to + i, from + i, most);
        most = copy_16(to + i + 16, from + i + 16, most);
        most = copy_16(to + i + 32, from + i + 32, most);
        most = copy_16(to + i + 48, from + i + 48, most);
    }
    for (; n - i >= 16; i += 16)
        most = copy_16(to + i, from + i, most);
    most = copy_16(to + n - 16, from + n - 16, most);
    most = _mm_subs_epu8(most, _mm_set1_epi8(0x5E));
    return _mm_movemask_epi8(_mm_cmpeq_epi8(most, _mm_setzero_si128())) == 0xFFFF;
}

bool term_copy_plain(uint8_t *to, struct slice from)
{
    if (from.len >= 16)
        return copy_plain(to, from.data, from.len);
    for (size_t i = 0; i < from.len; i++)
        to[i] = from.data[i];
    return term_is_plain(from);
}

#else

bool term_copy_plain(uint8_t *to, struct slice from)
{
    if (from.len > 0)
        memcpy(to, from.data, from.len);
    return term_is_plain(from);
}

#endif

/* The length of the run at the front that can be shown as it is. */
static size_t safe_run(const uint8_t *bytes, size_t n, int flags)
{
    size_t i = 0;

    while (i < n) {
        uint32_t code;
        int len;

        i += plain_run(bytes + i, n - i);
        if (i == n)
            break;
        if (bytes[i] < 0x80) {
            uint8_t c = bytes[i];

            if ((c < 0x20 || c == 0x7F) && c != '\t' &&
                !(c == '\n' && (flags & TERM_SAFE_NEWLINES)))
                break;
            i++;
            continue;
        }
        if (flags & TERM_SAFE_ASCII)
            break;
        len = utf8_decode(bytes + i, n - i, &code);
        if (len < 0 || term_hidden(code))
            break;
        i += (size_t)len;
    }
    return i;
}

static int escape_byte(struct buf *out, uint8_t byte)
{
    switch (byte) {
    case '\0':
        return buf_append_str(out, "\\0");
    case '\n':
        return buf_append_str(out, "\\n");
    case '\r':
        return buf_append_str(out, "\\r");
    case 0x1B:
        return buf_append_str(out, "\\e");
    default: {
        static const char digits[] = "0123456789abcdef";
        const char text[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

        return buf_append(out, text, sizeof text);
    }
    }
}

/* Escape what is at the front and must not be shown; returns the bytes taken, or -1. */
static int escape_one(struct buf *out, const uint8_t *bytes, size_t n)
{
    uint32_t code;
    int len;

    if (bytes[0] < 0x80)
        return escape_byte(out, bytes[0]) == 0 ? 1 : -1;
    len = utf8_decode(bytes, n, &code);
    if (len > 0)
        return buf_printf(out, "\\u{%04X}", (unsigned)code) == 0 ? len : -1;
    for (int i = 0; i < -len; i++) {
        if (escape_byte(out, bytes[i]) < 0)
            return -1;
    }
    return -len;
}

int term_safe(struct buf *out, struct slice bytes, int flags)
{
    size_t i = 0;

    while (i < bytes.len) {
        size_t run = safe_run(bytes.data + i, bytes.len - i, flags);
        int taken;

        if (buf_append(out, bytes.data + i, run) < 0)
            return -1;
        i += run;
        if (i == bytes.len)
            break;
        taken = escape_one(out, bytes.data + i, bytes.len - i);
        if (taken < 0)
            return -1;
        i += (size_t)taken;
    }
    return 0;
}
