#include "base/buf.h"

#include <stdarg.h>
#include <stdlib.h>

#define BUF_FIRST 256

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_clear(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

/* The new capacity for `need` bytes of content (need <= max). */
static size_t next_cap(const struct buf *b, size_t need)
{
    size_t cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;

    if (cap < BUF_FIRST)
        cap = BUF_FIRST;
    if (cap < need)
        cap = need;
    return cap < b->max ? cap : b->max;
}

static void move_to_front(struct buf *b)
{
    if (b->start > 0 && b->len > 0)
        memmove(b->data, b->data + b->start, b->len);
    b->start = 0;
}

static int grow(struct buf *b, size_t need)
{
    size_t cap = next_cap(b, need);
    uint8_t *data;

    if (cap >= PTRDIFF_MAX)
        return -1;
    /* One byte more than cap, for the NUL that vsnprintf writes after content that fills max. */
    data = realloc(b->data, cap + 1);
    if (!data)
        return -1;
    b->data = data;
    b->cap = cap;
    move_to_front(b);
    return 0;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
    size_t need;

    if (b->len > b->max || n > b->max - b->len)
        return NULL;
    if (b->data && n <= buf_room(b))
        return b->data + b->start + b->len;

    /* Moving costs `len`; while no more than the bytes consumed before are moved, the cost per byte
     * stays constant however the content is appended and consumed. Otherwise growing is cheaper,
     * except at max, where it cannot grow. */
    need = b->len + n;
    if (b->data && need <= b->cap && (b->start >= b->len || b->cap >= b->max))
        move_to_front(b);
    else if (grow(b, need) < 0)
        return NULL;
    return b->data + b->start + b->len;
}

int buf_append(struct buf *b, const void *data, size_t n)
{
    uint8_t *to;

    if (n == 0)
        return 0;
    to = buf_reserve(b, n);
    if (!to)
        return -1;
    memcpy(to, data, n);
    buf_filled(b, n);
    return 0;
}

int buf_append_str(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

bool buf_write(const struct buf *b, FILE *to)
{
    return b->len == 0 || fwrite(buf_data(b), 1, b->len, to) == b->len;
}

int buf_printf(struct buf *b, const char *format, ...)
{
    size_t room = b->data ? buf_room(b) + 1 : 0;
    char *to = room ? (char *)buf_data(b) + b->len : NULL;
    va_list args;
    size_t n;
    int got;

    va_start(args, format);
    got = vsnprintf(to, room, format, args);
    va_end(args);
    if (got < 0)
        return -1;
    n = (size_t)got;
    if (n < room) {
        buf_filled(b, n);
        return 0;
    }

    to = (char *)buf_reserve(b, n);
    if (!to)
        return -1;
    va_start(args, format);
    got = vsnprintf(to, n + 1, format, args);
    va_end(args);
    /* Another length the second time: an argument changed meanwhile, so nothing is kept. */
    if (got < 0 || (size_t)got != n)
        return -1;
    buf_filled(b, n);
    return 0;
}

void buf_leave(struct buf *b, struct spare *spare, size_t keep)
{
    if (b->len > 0 || !b->data)
        return;
    spare_put(spare, b->data, b->cap, keep);
    buf_init(b, b->max);
}

void buf_take(struct buf *b, struct spare *spare)
{
    if (b->data || spare->cap > b->max)
        return;
    b->data = spare->data;
    b->cap = spare->cap;
    *spare = (struct spare){0};
}
