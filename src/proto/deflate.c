#include "proto/deflate.h"

#include <stdlib.h>

#include "proto/deflate_window.h"
#include "proto/zlib_memory.h"

/* RFC 7692, section 7.2.2: what the sender removed from each message. */
static const uint8_t tail[4] = {0x00, 0x00, 0xFF, 0xFF};

#define STORED_MAX 65535        /* RFC 1951, section 3.2.4: bytes in one stored block */
#define PIECE_MAX  (256 * 1024) /* bytes given to zlib at once: its counts are unsigned int */
#define MEM_LEVEL  8            /* zlib's default */
#define RAW(bits)  (-(int)bits) /* zlib's notation for deflate without a header */

struct inflater {
    z_stream z;
    bool reset;
    struct deflate_window *window; /* NULL: the largest was agreed, or it was exceeded */
    bool exceeded;
    bool begun;           /* bytes of the current message were used */
    const uint8_t *bytes; /* fed and not used */
    size_t left;
    bool last;
    uint8_t tail_left; /* bytes of the tail not used */
    bool more;         /* the last read filled its room: zlib may hold more output */
    bool ended;        /* the last byte used ended a block with BFINAL */
    int failed;        /* the negative number that inflater_read returned */
    const char *error;
};

struct deflater {
    z_stream z;
    bool zlib; /* false: a window of 8 bits, stored blocks by hand */
    bool reset;
};

struct inflater *inflater_new(unsigned window_bits, bool reset)
{
    struct inflater *i = calloc(1, sizeof *i);

    if (!i)
        return NULL;
    zlib_memory(&i->z);
    i->reset = reset;
    i->tail_left = sizeof tail;
    /* The largest window decodes data made with any smaller one, even if a peer exceeds what was
     * agreed. */
    if (inflateInit2(&i->z, RAW(15)) != Z_OK) {
        free(i);
        return NULL;
    }
    if (window_bits >= 8 && window_bits < 15) {
        i->window = deflate_window_new(window_bits);
        if (!i->window) {
            inflater_free(i);
            return NULL;
        }
    }
    return i;
}

void inflater_free(struct inflater *i)
{
    if (!i)
        return;
    inflateEnd(&i->z);
    deflate_window_free(i->window);
    free(i);
}

bool inflater_at_start(const struct inflater *i)
{
    return !i->begun;
}

bool inflater_exceeded(struct inflater *i)
{
    bool exceeded = i->exceeded;

    i->exceeded = false;
    return exceeded;
}

void inflater_feed(struct inflater *i, const uint8_t *bytes, size_t n, bool last)
{
    i->bytes = bytes;
    i->left = n;
    i->last = last;
}

size_t inflater_left(const struct inflater *i)
{
    return i->left;
}

const char *inflater_error(const struct inflater *i)
{
    return i->error ? i->error : i->z.msg ? i->z.msg : "not DEFLATE data";
}

/* Bytes that can be given to zlib now, from what was fed or, after that, from the tail. The tail is
 * the end of an empty block whose beginning closes the message; a message that ends with a BFINAL
 * block, as some senders produce it, has no such beginning and needs no tail. */
static bool have_input(const struct inflater *i)
{
    return i->left > 0 || (i->last && !i->ended && i->tail_left > 0);
}

/* The window that was agreed sees what the inflater used. */
static void follow(struct inflater *i, const uint8_t *bytes, size_t n)
{
    enum deflate_window_verdict verdict;

    if (!i->window || n == 0)
        return;
    verdict = deflate_window_follow(i->window, slice_make(bytes, n));
    if (verdict == DEFLATE_WINDOW_KEPT)
        return;
    i->exceeded = verdict == DEFLATE_WINDOW_EXCEEDED;
    deflate_window_free(i->window);
    i->window = NULL;
}

/* One call of zlib. Its result, with the input it used accounted for. */
static int inflate_some(struct inflater *i)
{
    bool from_tail = i->left == 0 && i->last;
    size_t n = from_tail ? i->tail_left : i->left;
    const uint8_t *from;
    size_t used;
    int result;

    if (n > PIECE_MAX)
        n = PIECE_MAX;
    from = from_tail ? tail + sizeof tail - n : i->bytes;
    i->z.next_in = (z_const Bytef *)from;
    i->z.avail_in = (uInt)n;
    result = inflate(&i->z, Z_SYNC_FLUSH);
    used = n - i->z.avail_in;
    i->more = i->z.avail_out == 0;
    i->ended = false;
    i->begun = true;
    follow(i, from, used);
    if (from_tail) {
        i->tail_left = (uint8_t)(i->tail_left - used);
    } else {
        i->left -= used;
        i->bytes = i->left ? i->bytes + used : NULL;
    }
    return result;
}

/* zlib's data_type after inflate: 128 is set when a block has just ended. */
#define BLOCK_ENDED 128

static void finish_message(struct inflater *i)
{
    if (!i->ended && !(i->z.data_type & BLOCK_ENDED)) {
        i->error = "the data ends inside a block";
        i->failed = -1;
        return;
    }
    i->last = i->begun = false;
    i->tail_left = sizeof tail;
    if (i->reset && i->window)
        deflate_window_reset(i->window);
    if (i->reset && inflateReset(&i->z) != Z_OK)
        i->failed = -1;
}

/* One call of zlib, its result judged. */
static void inflate_step(struct inflater *i)
{
    int result = inflate_some(i);

    if (result == Z_STREAM_END) {
        /* RFC 7692, section 7.2.3.4: a block with BFINAL ends nothing here; what follows begins at
         * the next byte and refers to the same window, which this call keeps. */
        i->more = false;
        i->ended = true;
        result = inflateResetKeep(&i->z);
        if (i->window)
            deflate_window_go_on(i->window);
    }
    if (result == Z_MEM_ERROR)
        i->failed = -2;
    else if (result != Z_OK && result != Z_BUF_ERROR)
        i->failed = -1;
}

long inflater_read(struct inflater *i, uint8_t *out, size_t room)
{
    uInt given = room > PIECE_MAX ? PIECE_MAX : (uInt)room;

    i->z.next_out = out;
    i->z.avail_out = given;
    while (!i->failed && i->z.avail_out > 0 && (i->more || have_input(i)))
        inflate_step(i);
    /* Output before an error is kept, so that it does not matter where the input was cut. */
    if (i->z.avail_out < given)
        return (long)(given - i->z.avail_out);
    if (!i->failed && i->last)
        finish_message(i);
    return i->failed;
}

struct deflater *deflater_new(unsigned window_bits, bool reset, int level)
{
    struct deflater *d = calloc(1, sizeof *d);
    unsigned bits = window_bits ? window_bits : 15;

    if (!d)
        return NULL;
    d->reset = reset;
    d->zlib = bits > 8;
    zlib_memory(&d->z);
    if (d->zlib &&
        deflateInit2(&d->z, level, Z_DEFLATED, RAW(bits), MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(d);
        return NULL;
    }
    return d;
}

void deflater_free(struct deflater *d)
{
    if (!d)
        return;
    if (d->zlib)
        deflateEnd(&d->z);
    free(d);
}

/* RFC 1951, section 3.2.4 */
static int store(const uint8_t *bytes, size_t n, struct buf *out)
{
    while (n > 0) {
        size_t k = n < STORED_MAX ? n : STORED_MAX;
        uint8_t head[5] = {0, (uint8_t)k, (uint8_t)(k >> 8), (uint8_t)~k, (uint8_t)(~k >> 8)};

        if (buf_append(out, head, sizeof head) < 0 || buf_append(out, bytes, k) < 0)
            return -1;
        bytes += k;
        n -= k;
    }
    return 0;
}

/* Everything up to and including the tail of the flush. */
static int deflate_some(struct deflater *d, const uint8_t *bytes, size_t n, int flush,
                        struct buf *out)
{
    size_t room = deflateBound(&d->z, (uLong)n) + 16;
    uint8_t *to;
    int result;

    d->z.next_in = (z_const Bytef *)bytes;
    d->z.avail_in = (uInt)n;
    do {
        to = buf_reserve(out, room);
        if (!to)
            return -1;
        d->z.next_out = to;
        d->z.avail_out = (uInt)room;
        result = deflate(&d->z, flush);
        if (result != Z_OK && result != Z_BUF_ERROR)
            return -1;
        buf_filled(out, room - d->z.avail_out);
    } while (d->z.avail_out == 0);
    return 0;
}

static int deflate_all(struct deflater *d, const uint8_t *bytes, size_t n, struct buf *out)
{
    while (n > 0) {
        size_t k = n < PIECE_MAX ? n : PIECE_MAX;

        if (deflate_some(d, bytes, k, k < n ? Z_NO_FLUSH : Z_SYNC_FLUSH, out) < 0)
            return -1;
        bytes += k;
        n -= k;
    }
    return 0;
}

int deflater_write(struct deflater *d, const uint8_t *bytes, size_t n, bool last, struct buf *out)
{
    size_t before = out->len;
    int result;

    result = d->zlib ? deflate_all(d, bytes, n, out) : store(bytes, n, out);
    if (result < 0 || !last)
        return result;
    if (d->zlib && out->len > before) {
        /* RFC 7692, section 7.2.1: the flush ended with 00 00 FF FF. */
        out->len -= sizeof tail;
    } else if (buf_append(out, "", 1) < 0) {
        /* The head of an empty stored block, whose rest is the tail (section 7.2.3.6). Every piece
         * ends at a byte's boundary, so it can follow anything. */
        return -1;
    }
    return d->zlib && d->reset && deflateReset(&d->z) != Z_OK ? -1 : 0;
}
