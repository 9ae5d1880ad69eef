#include "base/utf8.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * The validator is a table of transitions packed into shifts: a row for each byte holds, six bits a
 * state, the state that follows. A state is the offset of its six bits, so a step is one load that
 * does not depend on the state, and one shift that does. No branch depends on the text, so mixed
 * scripts cost no more than a single one.
 *
 * The states are those of the grammar in RFC 3629, section 4: START stands between characters,
 * TAIL_n expects n continuation bytes of any value, and the others narrow the byte that comes next.
 */
enum {
    START = 0,
    TAIL_1 = 6,
    TAIL_2 = 12,
    TAIL_3 = 18,
    AFTER_E0 = 24, /* A0..BF: what is below would be overlong */
    AFTER_ED = 30, /* 80..9F: what is above is a surrogate */
    AFTER_F0 = 36, /* 90..BF: what is below would be overlong */
    AFTER_F4 = 42, /* 80..8F: what is above lies beyond U+10FFFF */
    REJECT = 48    /* never left */
};

#define STEP(from, to) ((uint64_t)(to) << (from))

/* A byte that begins a character (or none, if it leads to REJECT) and cannot continue one. */
#define LEAD(to)                                                                            \
    (STEP(START, to) | STEP(TAIL_1, REJECT) | STEP(TAIL_2, REJECT) | STEP(TAIL_3, REJECT) | \
     STEP(AFTER_E0, REJECT) | STEP(AFTER_ED, REJECT) | STEP(AFTER_F0, REJECT) |             \
     STEP(AFTER_F4, REJECT) | STEP(REJECT, REJECT))

/* A continuation byte; e0 .. f4 say where it leads behind those leading bytes. */
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

#define BLOCK 32

/* The upper bits of `state` are whatever the row held: only the shift count's six count. */
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

#else

#define HIGH_BITS UINT64_C(0x8080808080808080)

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

#endif

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

size_t utf8_check(struct utf8 *u, const uint8_t *bytes, size_t n)
{
    uint64_t state = state_from(u);
    uint64_t before;
    size_t i = 0;
    size_t k;

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

    /* The end of a short or an ASCII text in one look: 16 bytes up to it, some perhaps seen twice.
     */
    if (i < n && n >= 16 && n - i <= 16 && (state & 63) == START && ascii_16(bytes + n - 16))
        i = n;
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

bool utf8_valid(const uint8_t *bytes, size_t n)
{
    struct utf8 u = {0};

    return utf8_check(&u, bytes, n) == n && utf8_complete(&u);
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
    /* The longest part that could have begun a character counts as one (Unicode 15, section 3.9,
     * "Constraints on Conversion Processes"). */
    return -length;
}
