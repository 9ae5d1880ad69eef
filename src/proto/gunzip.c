#include "proto/gunzip.h"

#include <stdlib.h>

#include "proto/zlib_memory.h"

#define PIECE_MAX (256 * 1024) /* bytes given to zlib at once: its counts are unsigned int */

/* zlib's notation for what inflateInit2 should expect. */
#define BITS_GZIP (15 + 16)
#define BITS_ZLIB 15
#define BITS_RAW  (-15)

struct gunzip {
    z_stream z;
    enum gunzip_kind kind;
    bool ready;      /* z is initialised */
    bool in_member;  /* begun and not ended */
    bool more;       /* the last call filled its room: zlib may hold more */
    uint8_t held[2]; /* of a deflate stream, until it is known what it is */
    uint8_t held_count, held_used;
    const uint8_t *bytes; /* fed and not used */
    size_t left;
    uint64_t max, made;
    int failed;
    const char *error;
};

bool gunzip_kind_of(struct slice coding, enum gunzip_kind *kind)
{
    bool gzip = slice_is_nocase(coding, "gzip") || slice_is_nocase(coding, "x-gzip");

    *kind = gzip ? GUNZIP_GZIP : GUNZIP_DEFLATE;
    return gzip || slice_is_nocase(coding, "deflate");
}

struct gunzip *gunzip_new(enum gunzip_kind kind, uint64_t max)
{
    struct gunzip *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    zlib_memory(&g->z);
    g->kind = kind;
    g->max = max;
    return g;
}

void gunzip_free(struct gunzip *g)
{
    if (!g)
        return;
    if (g->ready)
        inflateEnd(&g->z);
    free(g);
}

void gunzip_feed(struct gunzip *g, const uint8_t *bytes, size_t n)
{
    g->bytes = bytes;
    g->left = n;
}

bool gunzip_complete(const struct gunzip *g)
{
    return !g->failed && !g->in_member && g->held_count == g->held_used;
}

const char *gunzip_error(const struct gunzip *g)
{
    return g->error ? g->error : g->z.msg ? g->z.msg : "not compressed data";
}

/* RFC 1950, section 2.2: method 8, and the two bytes are a multiple of 31. */
static bool is_zlib(const uint8_t head[2])
{
    return (head[0] & 0x0f) == 8 && (head[0] << 8 | head[1]) % 31 == 0;
}

/* Prepare zlib once it is known what is coming. 1, 0 if that needs more bytes, or negative. */
static int prepare(struct gunzip *g)
{
    int bits = BITS_GZIP;
    int result;

    if (g->kind == GUNZIP_DEFLATE) {
        while (g->held_count < 2 && g->left > 0) {
            g->held[g->held_count++] = *g->bytes++;
            g->left--;
        }
        if (g->held_count < 2)
            return 0;
        bits = is_zlib(g->held) ? BITS_ZLIB : BITS_RAW;
    } else if (g->left == 0) {
        return 0;
    }
    result = inflateInit2(&g->z, bits);
    if (result != Z_OK)
        return result == Z_MEM_ERROR ? GUNZIP_NOMEM : GUNZIP_BAD;
    g->ready = g->in_member = true;
    return 1;
}

/* A gzip member has ended and bytes follow: another one, or zeros to fill a block of some medium.
 */
static int next_member(struct gunzip *g)
{
    while (g->left > 0 && g->bytes[0] == 0) {
        g->bytes++;
        g->left--;
    }
    if (g->left == 0)
        return 0;
    if (g->kind != GUNZIP_GZIP) {
        g->error = "more data after the end of the compressed data";
        return GUNZIP_BAD;
    }
    if (inflateReset(&g->z) != Z_OK)
        return GUNZIP_BAD;
    g->in_member = true;
    return 1;
}

/* One call of zlib; how much it made, or negative. */
static long inflate_some(struct gunzip *g, uint8_t *out, size_t room)
{
    bool from_held = g->held_used < g->held_count;
    const uint8_t *from = from_held ? g->held + g->held_used : g->bytes;
    size_t n = from_held ? (size_t)(g->held_count - g->held_used) : g->left;
    size_t used, made;
    int result;

    n = n < PIECE_MAX ? n : PIECE_MAX;
    room = room < PIECE_MAX ? room : PIECE_MAX;
    g->z.next_in = (z_const Bytef *)from;
    g->z.avail_in = (uInt)n;
    g->z.next_out = out;
    g->z.avail_out = (uInt)room;
    result = inflate(&g->z, Z_SYNC_FLUSH);
    used = n - g->z.avail_in;
    made = room - g->z.avail_out;
    if (from_held) {
        g->held_used = (uint8_t)(g->held_used + used);
    } else {
        g->bytes += used;
        g->left -= used;
    }
    g->more = g->z.avail_out == 0 && result == Z_OK;
    if (result == Z_STREAM_END)
        g->in_member = false;
    else if (result == Z_MEM_ERROR)
        return GUNZIP_NOMEM;
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return GUNZIP_BAD;
    return (long)made;
}

static long fail(struct gunzip *g, long how)
{
    g->failed = (int)how;
    g->bytes = NULL;
    g->left = 0;
    return how;
}

long gunzip_read(struct gunzip *g, uint8_t *out, size_t room)
{
    if (g->failed)
        return g->failed;
    for (;;) {
        long made = 0;
        int ready = g->ready ? 1 : prepare(g);

        if (ready > 0 && !g->in_member)
            ready = next_member(g);
        if (ready < 0)
            return fail(g, ready);
        if (ready == 0 || (g->held_used == g->held_count && g->left == 0 && !g->more))
            return 0;
        made = inflate_some(g, out, room);
        if (made < 0)
            return fail(g, made);
        /* One byte too many is enough to know. */
        if (g->max && (uint64_t)made > g->max - g->made)
            return fail(g, GUNZIP_TOO_BIG);
        g->made += (uint64_t)made;
        if (made > 0)
            return made;
    }
}
