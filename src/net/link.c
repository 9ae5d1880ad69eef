#include "net/link.h"

void link_gather(struct link *l)
{
    if (l->next)
        l->ended |= l->next->ended & ~(l->seals ? (unsigned)LINK_GOT_CLOSE_NOTIFY : 0);
}

int link_connect(struct link *l, struct err *e)
{
    int rc = 0;

    if (l->entry)
        traffic_touch(l->entry);
    if (l->next)
        rc = link_connect(l->next, e);
    if (rc == 0)
        rc = l->ops->connect(l, e);
    link_gather(l);
    return rc;
}

ssize_t link_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    ssize_t got;

    if (l->entry)
        traffic_touch(l->entry);
    got = l->ops->read(l, bytes, n, e);
    if (l->entry && got > 0)
        traffic_came(l->entry, (size_t)got);
    link_gather(l);
    return got;
}

ssize_t link_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    ssize_t put;

    if (l->entry)
        traffic_touch(l->entry);
    put = l->ops->write(l, bytes, n, e);
    if (l->entry && put > 0)
        traffic_went(l->entry, (size_t)put);
    link_gather(l);
    return put;
}

int link_events(const struct link *l, bool want_read, bool want_write)
{
    return l->ops->events(l, want_read, want_write);
}

size_t link_pending(const struct link *l)
{
    return l->ops->pending(l);
}

int link_close(struct link *l, struct err *e)
{
    int rc = l->ops->close(l, e);

    link_gather(l);
    return rc;
}

void link_on_wake(struct link *l, void (*wake)(void *ctx), void *ctx)
{
    for (; l; l = l->next) {
        l->wake = wake;
        l->wake_ctx = ctx;
    }
}

void link_free(struct link *l)
{
    while (l) {
        struct link *next = l->next;

        if (l->entry)
            traffic_leave(l->entry);
        l->ops->free(l);
        l = next;
    }
}
