#include "base/utf8.h"

#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

/*
 * The validator is a table of transitions packed into shifts: a row for each byte holds, six bits a
 * state, the state that follows. A state is the offset of its six bits, so a step is one load that
 * does not depend on the state, and one shift that does. No branch depends on the text, so mixed
 * scripts cost no more than a single one.
 *
 * The states are those of the grammar in RFC 3629, section 4: START is between characters, TAIL_n
 * expects n continuation bytes of any value, and the others narrow the byte that comes next.
 */
enum {
    START = 0,
    TAIL_1 = 6,
    TAIL_2 = 12,
    TAIL_3 = 18,
    AFTER_E0 = 24, /* A0..BF: what is below would be overlong */
    AFTER_ED = 30, /* 80..9F: what is above is a surrogate */
    AFTER_F0 = 36, /* 90..BF: what is below would be overlong */
    AFTER_F4 = 42, /* 80..8F: what is above is beyond U+10FFFF */
    REJECT = 48    /* never left */
};

#define STEP(from, to) ((uint64_t)(to) << (from))

/* A byte that begins a character (or none, if it leads to REJECT) and cannot continue one. */
#define LEAD(to)                                                                            \
    (STEP(START, to) | STEP(TAIL_1, REJECT) | STEP(TAIL_2, REJECT) | STEP(TAIL_3, REJECT) | \
     STEP(AFTER_E0, REJECT) | STEP(AFTER_ED, REJECT) | STEP(AFTER_F0, REJECT) |             \
     STEP(AFTER_F4, REJECT) | STEP(REJECT, REJECT))

/* A continuation byte; e0 .. f4 are the states that follow after those leading bytes. */
#define TAIL(e0, ed, f0, f4)                                                                   \
    (STEP(START, REJECT) | STEP(TAIL_1, START) | STEP(TAIL_2, TAIL_1) | STEP(TAIL_3, TAIL_2) | \
     STEP(AFTER_E0, e0) | STEP(AFTER_ED, ed) | STEP(AFTER_F0, f0) | STEP(AFTER_F4, f4) |       \
     STEP(REJECT, REJECT))

static const uint64_t rows[256] = {
    [0x00 ... 0x7F] = LEAD(START),
    [0x80 ... 0x8F] = TAIL(REJECT, TAIL_1, REJECT, TAIL_2),
    [0x90 ... 0x9F] = TAIL(REJECT, TAIL_1, TAIL_2, REJECT),
    [0xA0 ... 0xBF] = TAIL(TAIL_1, REJECT, TAIL_2, REJECT),
    [0xC0 ... 0xC1] = LEAD(REJECT),
    [0xC2 ... 0xDF] = LEAD(TAIL_1),
    [0xE0] = LEAD(AFTER_E0),
    [0xE1 ... 0xEC] = LEAD(TAIL_2),
    [0xED] = LEAD(AFTER_ED),
    [0xEE ... 0xEF] = LEAD(TAIL_2),
    [0xF0] = LEAD(AFTER_F0),
    [0xF1 ... 0xF3] = LEAD(TAIL_3),
    [0xF4] = LEAD(AFTER_F4),
    [0xF5 ... 0xFF] = LEAD(REJECT),
};

#define BLOCK     32
#define WIDE      128 /* of long ASCII texts at a time */
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The upper bits of `state` are those of the row: a shift uses only the lowest six. */
static inline uint64_t step(uint64_t state, uint8_t byte)
{
    return rows[byte] >> (state & 63);
}

#ifdef __SSE2__

static inline bool ascii_16(const uint8_t *p)
{
    return _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p)) == 0;
}

static inline bool ascii_block(const uint8_t *p)
{
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));

    return _mm_movemask_epi8(_mm_or_si128(a, b)) == 0;
}

static inline __m128i load_16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* All bits that are set in 64 bytes. */
static inline __m128i bits_64(const uint8_t *p)
{
    return _mm_or_si128(_mm_or_si128(load_16(p), load_16(p + 16)),
                        _mm_or_si128(load_16(p + 32), load_16(p + 48)));
}

static inline bool ascii_wide(const uint8_t *p)
{
    return _mm_movemask_epi8(_mm_or_si128(bits_64(p), bits_64(p + 64))) == 0;
}

#else

static inline bool ascii_16(const uint8_t *p)
{
    uint64_t w[2];

    memcpy(w, p, sizeof w);
    return ((w[0] | w[1]) & HIGH_BITS) == 0;
}

static inline bool ascii_block(const uint8_t *p)
{
    uint64_t w[4];

    memcpy(w, p, sizeof w);
    return ((w[0] | w[1] | w[2] | w[3]) & HIGH_BITS) == 0;
}

static inline bool ascii_wide(const uint8_t *p)
{
    return ascii_block(p) && ascii_block(p + BLOCK) && ascii_block(p + 2 * BLOCK) &&
           ascii_block(p + 3 * BLOCK);
}

#endif

/* The same of 1 to 15 bytes, in loads that may overlap. */
static inline bool ascii_few(const uint8_t *p, size_t n)
{
    uint64_t front = 0, end = 0;

    if (n >= 8) {
        memcpy(&front, p, 8);
        memcpy(&end, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(&front, p, 4);
        memcpy(&end, p + n - 4, 4);
    } else {
        front = (uint64_t)(p[0] | p[n / 2] | p[n - 1]);
    }
    return ((front | end) & HIGH_BITS) == 0;
}

/* Are the bytes from i on, fewer than a block but at least one, ASCII? The loads may overlap. */
static inline bool ascii_end(const uint8_t *bytes, size_t n, size_t i)
{
    if (n >= BLOCK)
        return n - i < BLOCK && ascii_block(bytes + n - BLOCK);
    if (n < 16)
        return ascii_few(bytes, n);
    return ascii_16(bytes) && ascii_16(bytes + n - 16);
}

/* How many bytes, beginning in `state`, can be taken before one makes the text impossible. */
static size_t count_possible(const uint8_t *bytes, size_t n, uint64_t state)
{
    size_t i = 0;

    while (i < n && ((state = step(state, bytes[i])) & 63) != REJECT)
        i++;
    return i;
}

static uint64_t state_from(const struct utf8 *u)
{
    switch (u->need) {
    case 0:
        return START;
    case 1:
        return TAIL_1;
    case 2:
        return u->low == 0xA0 ? AFTER_E0 : u->high == 0x9F ? AFTER_ED : TAIL_2;
    default:
        return u->low == 0x90 ? AFTER_F0 : u->high == 0x8F ? AFTER_F4 : TAIL_3;
    }
}

static void state_to(struct utf8 *u, uint64_t state, uint8_t have)
{
    static const struct utf8 unfinished[] = {
        [TAIL_1 / 6] = {1, 0, 0x80, 0xBF},   [TAIL_2 / 6] = {2, 0, 0x80, 0xBF},
        [TAIL_3 / 6] = {3, 0, 0x80, 0xBF},   [AFTER_E0 / 6] = {2, 0, 0xA0, 0xBF},
        [AFTER_ED / 6] = {2, 0, 0x80, 0x9F}, [AFTER_F0 / 6] = {3, 0, 0x90, 0xBF},
        [AFTER_F4 / 6] = {3, 0, 0x80, 0x8F},
    };

    *u = unfinished[state / 6];
    u->have = have;
}

/* Bytes of the unfinished character that ends a piece; `before` were seen in earlier pieces. */
static uint8_t count_unfinished(const uint8_t *bytes, size_t n, uint8_t before)
{
    size_t back;

    for (back = 1; back <= 3 && back <= n; back++)
        if (bytes[n - back] >= 0xC0)
            return (uint8_t)back;
    return (uint8_t)(before + n);
}

#ifdef __SSE2__

/*
 * Thirty-two bytes at a time, where the processor has AVX2. Every byte is judged together with the
 * one before it: a pair (a, b) breaks rules, a bit each, and a rule is broken if its bit is set in
 * the entries of the upper half of a, the lower half of a and the upper half of b. A fourth test
 * checks the third and fourth byte of a character.
 */
enum {
    LEAD_ALONE = 1 << 0, /* C0..FF, then no continuation byte */
    TAIL_ALONE = 1 << 1, /* 00..7F, then one */
    E0_LOW = 1 << 2,     /* overlong */
    HIGH = 1 << 3,       /* F4..FF, then 90..BF: beyond U+10FFFF */
    SURROGATE = 1 << 4,  /* ED, then A0..BF */
    C0_C1 = 1 << 5,      /* overlong */
    F0_OR_HIGH = 1 << 6, /* F0 (overlong) or F5..FF (beyond U+10FFFF), then 80..8F */
    TAIL_TAIL = 1 << 7,  /* two continuation bytes: fine as the third or fourth of a character */
    ANY_LOW = LEAD_ALONE | TAIL_ALONE | TAIL_TAIL,
    E_RULES = LEAD_ALONE | E0_LOW | SURROGATE,
    F_RULES = LEAD_ALONE | HIGH | F0_OR_HIGH,
    F5_UP = ANY_LOW | HIGH | F0_OR_HIGH,
    TAIL_RULES = TAIL_ALONE | TAIL_TAIL | C0_C1
};

/* The table in both halves of the register, as the lookup instruction requires. */
#define LOOKUP(x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, xa, xb, xc, xd, xe, xf)               \
    _mm256_setr_epi8((char)(x0), (char)(x1), (char)(x2), (char)(x3), (char)(x4), (char)(x5), \
                     (char)(x6), (char)(x7), (char)(x8), (char)(x9), (char)(xa), (char)(xb), \
                     (char)(xc), (char)(xd), (char)(xe), (char)(xf), (char)(x0), (char)(x1), \
                     (char)(x2), (char)(x3), (char)(x4), (char)(x5), (char)(x6), (char)(x7), \
                     (char)(x8), (char)(x9), (char)(xa), (char)(xb), (char)(xc), (char)(xd), \
                     (char)(xe), (char)(xf))

/* The errors of `now`, given the 32 bytes before it; zero if there are none. */
__attribute__((target("avx2"))) static inline __m256i faults(__m256i now, __m256i before)
{
    const __m256i a_upper =
        LOOKUP(TAIL_ALONE, TAIL_ALONE, TAIL_ALONE, TAIL_ALONE, TAIL_ALONE, TAIL_ALONE, TAIL_ALONE,
               TAIL_ALONE, TAIL_TAIL, TAIL_TAIL, TAIL_TAIL, TAIL_TAIL, LEAD_ALONE | C0_C1,
               LEAD_ALONE, E_RULES, F_RULES);
    const __m256i a_lower = LOOKUP(ANY_LOW | C0_C1 | E0_LOW | F0_OR_HIGH, ANY_LOW | C0_C1, ANY_LOW,
                                   ANY_LOW, ANY_LOW | HIGH, F5_UP, F5_UP, F5_UP, F5_UP, F5_UP,
                                   F5_UP, F5_UP, F5_UP, F5_UP | SURROGATE, F5_UP, F5_UP);
    const __m256i b_upper =
        LOOKUP(LEAD_ALONE, LEAD_ALONE, LEAD_ALONE, LEAD_ALONE, LEAD_ALONE, LEAD_ALONE, LEAD_ALONE,
               LEAD_ALONE, TAIL_RULES | E0_LOW | F0_OR_HIGH, TAIL_RULES | E0_LOW | HIGH,
               TAIL_RULES | SURROGATE | HIGH, TAIL_RULES | SURROGATE | HIGH, LEAD_ALONE, LEAD_ALONE,
               LEAD_ALONE, LEAD_ALONE);
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i joined = _mm256_permute2x128_si256(before, now, 0x21);
    __m256i back1 = _mm256_alignr_epi8(now, joined, 15);
    __m256i back2 = _mm256_alignr_epi8(now, joined, 14);
    __m256i back3 = _mm256_alignr_epi8(now, joined, 13);
    __m256i upper = _mm256_and_si256(_mm256_srli_epi16(back1, 4), nibble);
    __m256i broken = _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(a_upper, upper),
                         _mm256_shuffle_epi8(a_lower, _mm256_and_si256(back1, nibble))),
        _mm256_shuffle_epi8(b_upper, _mm256_and_si256(_mm256_srli_epi16(now, 4), nibble)));
    /* The top bit is set where the byte two back begins three or more, or the byte three back
     * begins four. */
    __m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xE0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(0xF0 - 0x80));
    __m256i inside = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(-0x80));

    return _mm256_xor_si256(broken, inside);
}

/* Of n bytes that end where a block does and contain no error: how many before the character that
 * the end cuts, if it cuts one. */
static size_t whole_characters(const uint8_t *bytes, size_t n)
{
    size_t back;

    for (back = 1; back <= 3 && back <= n; back++) {
        uint8_t byte = bytes[n - back];

        if (byte >= 0xC0)
            return (byte >= 0xF0 ? 4u : byte >= 0xE0 ? 3u : 2u) > back ? n - back : n;
        if (byte < 0x80)
            break;
    }
    return n;
}

/* How many of the bytes, which begin between characters, are certainly whole characters. The rest
 * has an error in its first block, or is the end of the text with a cut character. */
__attribute__((target("avx2"))) static size_t count_certain(const uint8_t *bytes, size_t n)
{
    __m256i before = _mm256_setzero_si256(), now, fault;
    bool was_ascii = true;
    uint8_t rest[BLOCK] = {0};
    size_t i;

    for (i = 0; n - i >= BLOCK; i += BLOCK) {
        now = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + i));
        if (_mm256_movemask_epi8(now) != 0 || !was_ascii) {
            fault = faults(now, before);
            if (!_mm256_testz_si256(fault, fault))
                return whole_characters(bytes, i);
            was_ascii = _mm256_movemask_epi8(now) == 0;
        }
        before = now;
    }
    if (i == n)
        return whole_characters(bytes, n);
    /* Followed by zeros, so that a character cut by the end is an error, too. */
    memcpy(rest, bytes + i, n - i);
    now = _mm256_loadu_si256((const __m256i *)(const void *)rest);
    fault = faults(now, before);
    return _mm256_testz_si256(fault, fault) ? n : whole_characters(bytes, i);
}

static size_t skip_certain(const uint8_t *bytes, size_t n)
{
    return __builtin_cpu_supports("avx2") ? count_certain(bytes, n) : 0;
}

#else

static size_t skip_certain(const uint8_t *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    return 0;
}

#endif

/* The same as utf8_check for texts that are not short ASCII. */
static size_t check_long(struct utf8 *u, const uint8_t *bytes, size_t n, size_t i)
{
    uint64_t state = state_from(u);
    uint64_t before;
    size_t k;

    /* The rest of a character that an earlier piece began, then whole blocks. */
    while (i < n && i < 3 && (state & 63) != START && (step(state, bytes[i]) & 63) != REJECT)
        state = step(state, bytes[i++]);
    if ((state & 63) == START)
        i += skip_certain(bytes + i, n - i);

    while (n - i >= BLOCK) {
        if ((state & 63) == START && ascii_block(bytes + i)) {
            i += BLOCK;
            continue;
        }
        before = state;
        for (k = 0; k < BLOCK; k++)
            state = step(state, bytes[i + k]);
        if ((state & 63) == REJECT) {
            *u = (struct utf8){0};
            return i + count_possible(bytes + i, BLOCK, before);
        }
        i += BLOCK;
    }

    before = state;
    for (k = i; k < n; k++)
        state = step(state, bytes[k]);
    if ((state & 63) == REJECT) {
        *u = (struct utf8){0};
        return i + count_possible(bytes + i, n - i, before);
    }
    if ((state & 63) == START)
        *u = (struct utf8){0};
    else
        state_to(u, state & 63, count_unfinished(bytes, n, u->have));
    return n;
}

/* ASCII at the front: all of it, or as many blocks as begin with nothing else. */
static inline size_t skip_ascii(const uint8_t *bytes, size_t n)
{
    size_t i = 0;

    while (n - i >= WIDE && ascii_wide(bytes + i))
        i += WIDE;
    while (n - i >= BLOCK && ascii_block(bytes + i))
        i += BLOCK;
    return i < n && ascii_end(bytes, n, i) ? n : i;
}

size_t utf8_check(struct utf8 *u, const uint8_t *bytes, size_t n)
{
    size_t i = u->need == 0 ? skip_ascii(bytes, n) : 0;

    return i == n ? n : check_long(u, bytes, n, i);
}

static __attribute__((noinline)) bool valid_long(const uint8_t *bytes, size_t n, size_t i)
{
    struct utf8 u = {0};

    return check_long(&u, bytes, n, i) == n && utf8_complete(&u);
}

size_t utf8_mark(const char *text)
{
    return strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

bool utf8_valid(const uint8_t *bytes, size_t n)
{
    size_t i = skip_ascii(bytes, n);

    return i == n || valid_long(bytes, n, i);
}

int utf8_decode(const uint8_t *bytes, size_t n, uint32_t *code)
{
    uint64_t state = step(START, bytes[0]) & 63;
    uint32_t value;
    int length;

    if (state == START) {
        *code = bytes[0];
        return 1;
    }
    if (state == REJECT)
        return -1;
    value = bytes[0] & (bytes[0] < 0xE0 ? 0x1F : bytes[0] < 0xF0 ? 0x0F : 0x07);
    for (length = 1; (size_t)length < n; length++) {
        state = step(state, bytes[length]) & 63;
        if (state == REJECT)
            break;
        value = value << 6 | (bytes[length] & 0x3F);
        if (state == START) {
            *code = value;
            return length + 1;
        }
    }
    /* The longest part that could begin a character is one invalid character (Unicode 15, section
     * 3.9, "Constraints on Conversion Processes"). */
    return -length;
}
