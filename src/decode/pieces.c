#include "decode/pieces.h"

void pieces_init(struct pieces *p)
{
    buf_init(&p->rest, PIECES_MAX);
}

void pieces_clear(struct pieces *p)
{
    buf_clear(&p->rest);
}

int pieces_add(struct pieces *p, struct slice message, struct slice *all)
{
    *all = message;
    if (p->rest.len == 0)
        return 0;
    if (buf_append_slice(&p->rest, message) != 0) {
        buf_reset(&p->rest);
        return -1;
    }
    *all = buf_slice(&p->rest);
    return 0;
}

int pieces_keep(struct pieces *p, struct slice all, size_t used)
{
    if (p->rest.len > 0) {
        buf_consume(&p->rest, used);
        return 0;
    }
    return used < all.len ? buf_append(&p->rest, all.data + used, all.len - used) : 0;
}
