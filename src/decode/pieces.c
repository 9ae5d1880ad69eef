#include "decode/pieces.h"

void pieces_init(struct pieces *p)
{
    buf_init(&p->rest, PIECES_MAX);
}

void pieces_clear(struct pieces *p)
{
    buf_clear(&p->rest);
}

/* 0, 1: too much, -1: memory. */
static int append(struct pieces *p, struct slice bytes)
{
    if (!buf_allows(&p->rest, bytes.len))
        return 1;
    return buf_append_slice(&p->rest, bytes);
}

int pieces_add(struct pieces *p, struct slice message, struct slice *all)
{
    int rc;

    *all = message;
    if (p->rest.len == 0)
        return 0;
    rc = append(p, message);
    if (rc != 0)
        buf_reset(&p->rest);
    else
        *all = buf_slice(&p->rest);
    return rc;
}

int pieces_keep(struct pieces *p, struct slice all, size_t used)
{
    if (p->rest.len > 0) {
        buf_consume(&p->rest, used);
        return 0;
    }
    return used < all.len ? append(p, slice_from(all, used)) : 0;
}
