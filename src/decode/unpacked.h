/*
 * unpacked: what the readers of CBOR and MessagePack share: they take bytes from the front of a
 * slice, and append the JSON of what these say.
 */
#ifndef DECODE_UNPACKED_H
#define DECODE_UNPACKED_H

#include "base/buf.h"

/* Arrays, maps and tags within one another. */
#define UNPACKED_DEPTH_MAX 128
/* Bytes of JSON of a key that is not a string. */
#define UNPACKED_KEY_MAX 4096

enum unpacked {
    UNPACKED_OK,
    UNPACKED_SHORT, /* the bytes end within the value */
    UNPACKED_BAD,   /* it is not of this format, or beyond the bounds */
    UNPACKED_MEMORY
};

struct unpacking {
    struct slice *bytes; /* begins after what was taken */
    struct buf *out;     /* unless UNPACKED_OK it may have a part of the value */
    enum unpacked (*read)(struct unpacking *u); /* of the format: one value */
    unsigned depth;
};

/* One value within others, or the whole. */
enum unpacked unpacked_value(struct unpacking *u);
/* A key, a colon and a value. A key that is not a string becomes one: its JSON, escaped. */
enum unpacked unpacked_pair(struct unpacking *u);

/* The next n bytes; as a number, the most significant first (n is at most 8). */
enum unpacked unpacked_take(struct unpacking *u, uint64_t n, struct slice *taken);
enum unpacked unpacked_take_number(struct unpacking *u, size_t n, uint64_t *number);

/* Append: JSON as it is; the shortest digits that are this number, null if it is not finite;
 * {"base64":"..."}; a string, whose text is shown as the bytes that it is if it is not UTF-8. */
enum unpacked unpacked_put(struct unpacking *u, const char *json);
enum unpacked unpacked_put_double(struct unpacking *u, double number);
enum unpacked unpacked_put_bytes(struct unpacking *u, struct slice bytes);
enum unpacked unpacked_put_text(struct unpacking *u, struct slice text);
/* What an append to u->out has returned. */
static inline enum unpacked unpacked_appended(int result)
{
    return result == 0 ? UNPACKED_OK : UNPACKED_MEMORY;
}

#endif
