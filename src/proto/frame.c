#include "proto/frame.h"

#include <string.h>

/* Sixteen bytes that are XORed at once; the compiler makes of it what the machine has. */
typedef uint64_t words __attribute__((vector_size(16)));

static uint64_t big_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

size_t frame_decode(struct frame_header *h, const uint8_t *bytes, size_t n)
{
    size_t form, size;
    uint8_t short_length;

    if (n < 2)
        return 0;
    short_length = bytes[1] & 0x7F;
    form = short_length < 126 ? 0 : short_length == 126 ? 2 : 8;
    size = 2 + form + (bytes[1] & 0x80 ? 4 : 0);
    if (n < size)
        return 0;

    h->opcode = bytes[0] & 0x0F;
    h->fin = bytes[0] >> 7;
    h->rsv = bytes[0] >> 4 & 7;
    h->masked = bytes[1] >> 7;
    h->length = form ? big_endian(bytes + 2, form) : short_length;
    /* RFC 6455, section 5.2: "the minimal number of bytes MUST be used to encode the length" */
    h->minimal = form == 0 || (form == 2 ? h->length > 125 : h->length > 0xFFFF);
    h->size = (uint8_t)size;
    if (h->masked)
        memcpy(h->key, bytes + 2 + form, 4);
    else
        memset(h->key, 0, 4);
    return size;
}

size_t frame_encode(uint8_t out[FRAME_HEADER_MAX], const struct frame_header *h)
{
    uint8_t mask_bit = h->masked ? 0x80 : 0;
    size_t size = 2;
    unsigned shift;

    out[0] = (uint8_t)((h->fin ? 0x80 : 0) | (h->rsv & 7) << 4 | (h->opcode & 0x0F));
    if (h->length <= 125) {
        out[1] = (uint8_t)(mask_bit | (uint8_t)h->length);
    } else if (h->length <= 0xFFFF) {
        out[1] = mask_bit | 126;
        out[2] = (uint8_t)(h->length >> 8);
        out[3] = (uint8_t)h->length;
        size = 4;
    } else {
        out[1] = mask_bit | 127;
        for (shift = 64; shift > 0; shift -= 8)
            out[size++] = (uint8_t)(h->length >> (shift - 8));
    }
    if (h->masked) {
        memcpy(out + size, h->key, 4);
        size += 4;
    }
    return size;
}

/* Sixteen bytes of text XOR key. Read before it is written, so that both may be one address. */
static inline void mask_words(uint8_t *to, const uint8_t *from, words key)
{
    words text;

    memcpy(&text, from, sizeof text);
    text ^= key;
    memcpy(to, &text, sizeof text);
}

/* The key as a word that begins with the byte for `offset`. Turned in a register: a word put
 * together from four bytes in memory costs more than masking a short payload does. */
static inline uint32_t turned_key(const uint8_t key[4], uint64_t offset)
{
    unsigned bits = (unsigned)(offset & 3) * 8;
    uint32_t word;

    memcpy(&word, key, 4);
    if (bits == 0)
        return word;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return word >> bits | word << (32 - bits);
#else
    return word << bits | word >> (32 - bits);
#endif
}

void frame_mask(uint8_t *to, const uint8_t *from, size_t n, const uint8_t key[4], uint64_t offset)
{
    uint32_t key4, text4;
    uint64_t key8, text8;
    words key16;
    size_t i;

    key4 = turned_key(key, offset);
    key8 = (uint64_t)key4 << 32 | key4;
    key16 = (words){key8, key8};

    for (; n >= 64; n -= 64, to += 64, from += 64) {
        mask_words(to, from, key16);
        mask_words(to + 16, from + 16, key16);
        mask_words(to + 32, from + 32, key16);
        mask_words(to + 48, from + 48, key16);
    }
    for (; n >= 16; n -= 16, to += 16, from += 16)
        mask_words(to, from, key16);
    if (n & 8) {
        memcpy(&text8, from, 8);
        text8 ^= key8;
        memcpy(to, &text8, 8);
        to += 8;
        from += 8;
    }
    if (n & 4) {
        memcpy(&text4, from, 4);
        text4 ^= key4;
        memcpy(to, &text4, 4);
        to += 4;
        from += 4;
    }
    for (i = 0; i < (n & 3); i++)
        to[i] = from[i] ^ key[(offset + i) & 3];
}

bool close_code_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}
