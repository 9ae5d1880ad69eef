#include "proto/deflate_window.h"

#include <stdlib.h>

#include "proto/zlib_memory.h"

#define PIECE 32 /* bytes of output at a time: references too far by less may go unnoticed */

struct deflate_window {
    z_stream z;
};

struct deflate_window *deflate_window_new(unsigned bits)
{
    struct deflate_window *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    zlib_memory(&w->z);
    if (inflateInit2(&w->z, -(int)bits) != Z_OK) {
        free(w);
        return NULL;
    }
    return w;
}

void deflate_window_free(struct deflate_window *w)
{
    if (!w)
        return;
    inflateEnd(&w->z);
    free(w);
}

enum deflate_window_verdict deflate_window_follow(struct deflate_window *w, struct slice bytes)
{
    uint8_t piece[PIECE];
    int result;

    w->z.next_in = (z_const Bytef *)bytes.data;
    w->z.avail_in = (uInt)bytes.len;
    do {
        w->z.next_out = piece;
        w->z.avail_out = sizeof piece;
        result = inflate(&w->z, Z_SYNC_FLUSH);
    } while (result == Z_OK && (w->z.avail_in > 0 || w->z.avail_out == 0));
    if (result == Z_OK || result == Z_BUF_ERROR || result == Z_STREAM_END)
        return DEFLATE_WINDOW_KEPT;
    if (result == Z_DATA_ERROR && w->z.msg &&
        strcmp(w->z.msg, "invalid distance too far back") == 0)
        return DEFLATE_WINDOW_EXCEEDED;
    return DEFLATE_WINDOW_LOST;
}

void deflate_window_go_on(struct deflate_window *w)
{
    (void)inflateResetKeep(&w->z);
}

void deflate_window_reset(struct deflate_window *w)
{
    (void)inflateReset(&w->z);
}
