/*
 * stream: the frames that the benchmark's server sends, made beforehand so that sending them is
 * only writing memory.
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
    char name[32];
    uint64_t count;   /* messages asked for */
    bool deflate;     /* for a connection with permessage-deflate */
    uint8_t *bytes;   /* whole frames ... */
    size_t *ends;     /* ... and where each ends */
    size_t frames;    /* in bytes; sent over and over until there were `count` */
    uint8_t head[10]; /* "huge": the header of the one frame ... */
    size_t head_size;
    size_t cut; /* ... in which the bytes repeat, less these at the end */
};

/* short: 32 bytes of ASCII a message. socketio: events of 64 bytes. ascii, mixed: 1 KiB of text.
 * binary: 1 MiB. huge: one message of `count` MiB. deflate: `ascii`, compressed with the context
 * kept. huge-deflate: as huge. False: no such name, or no memory. */
bool stream_make(struct stream *s, const char *name, uint64_t count);
void stream_clear(struct stream *s);

#endif
