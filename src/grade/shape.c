#include "grade/shape.h"

#include "base/ascii.h"
#include "measure/key_hash.h"

/* Readable bytes in a row that count in a message of bytes. */
#define RUN_MIN 3

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(uint8_t c)
{
    return is_hex(c) || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
}

/* The length of a UUID at the beginning of s, or 0. */
static size_t uuid_length(struct slice s)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (s.len < sizeof form - 1)
        return 0;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'x' ? !is_hex(s.data[i]) : s.data[i] != '-')
            return 0;
    return sizeof form - 1;
}

/* A JSON object in base64url begins with "eyJ". */
static size_t token_length(struct slice s)
{
    size_t n = 0, dots = 0;

    if (!slice_begins(s, "eyJ"))
        return 0;
    for (; n < s.len && is_word(s.data[n]); n++)
        dots += s.data[n] == '.';
    return dots >= 2 ? n : 0;
}

/* What is blanked at the beginning of s: its length, and the mark that replaces it. */
static size_t blank_length(struct slice s, bool in_word, char *mark)
{
    size_t n = 0;

    if (!in_word) {
        *mark = 'u';
        n = uuid_length(s);
        if (n == 0) {
            *mark = 't';
            n = token_length(s);
        }
    }
    if (n == 0) {
        *mark = '0';
        while (n < s.len && is_digit(s.data[n]))
            n++;
    }
    return n;
}

static void add_blanked(struct key_hash *h, struct slice s)
{
    size_t from = 0, i = 0;

    while (i < s.len) {
        bool in_word = i > 0 && is_word(s.data[i - 1]) && s.data[i - 1] != '-';
        char mark[2] = {0, 0};
        size_t n = blank_length(slice_from(s, i), in_word, &mark[1]);

        if (n == 0) {
            i++;
            continue;
        }
        key_hash_add(h, slice_make(s.data + from, i - from));
        key_hash_add(h, slice_make(mark, sizeof mark));
        i += n;
        from = i;
    }
    key_hash_add(h, slice_from(s, from));
}

static bool is_readable(uint8_t c)
{
    return c >= 0x20 && c < 0x7f;
}

static void add_readable(struct key_hash *h, struct slice s)
{
    size_t i = 0;

    while (i < s.len) {
        size_t from = i;

        while (i < s.len && is_readable(s.data[i]))
            i++;
        if (i - from >= RUN_MIN)
            add_blanked(h, slice_make(s.data + from, i - from));
        else
            key_hash_add(h, slice_make("\0", 1));
        i += i == from;
    }
}

uint64_t shape_hash(const uint64_t seed[2], struct slice payload, bool text)
{
    struct slice s = slice_make(payload.data, payload.len < SHAPE_MAX ? payload.len : SHAPE_MAX);
    uint64_t length = text ? 0 : payload.len;
    struct key_hash h;

    key_hash_init(&h, seed);
    key_hash_add(&h, slice_make(&length, sizeof length));
    if (text)
        add_blanked(&h, s);
    else
        add_readable(&h, s);
    return key_hash_end(&h);
}

uint64_t shape_exact(const uint64_t seed[2], struct slice payload)
{
    uint64_t length = payload.len;
    struct key_hash h;

    key_hash_init(&h, seed);
    key_hash_add(&h, slice_make(&length, sizeof length));
    key_hash_add(&h, slice_make(payload.data, payload.len < SHAPE_MAX ? payload.len : SHAPE_MAX));
    return key_hash_end(&h);
}

static uint64_t fold(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 32;
}

/* Four lanes, so that no multiplication waits for the one before. */
uint64_t shape_quick(uint64_t seed, struct slice payload)
{
    size_t len = payload.len < SHAPE_MAX ? payload.len : SHAPE_MAX, i = 0;
    uint64_t h[4] = {seed, ~seed, seed + 1, payload.len}, words[4];

    for (; i + sizeof words <= len; i += sizeof words) {
        memcpy(words, payload.data + i, sizeof words);
        for (size_t k = 0; k < 4; k++)
            h[k] = fold(h[k], words[k]);
    }
    memset(words, 0, sizeof words);
    if (i < len)
        memcpy(words, payload.data + i, len - i);
    for (size_t k = 0; k < 4; k++)
        h[0] = fold(fold(h[0], h[k]), words[k]);
    return h[0];
}
