#include "term/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int reader_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int status = uv_poll_init(loop, poll, fd);

    if (flags >= 0)
        fcntl(fd, F_SETFL, flags);
    return status;
}

ssize_t reader_read(int fd, void *space, size_t room)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int ready = poll(&p, 1, 0);

    /* Another user of the descriptor may have read what the loop reported. */
    if (ready > 0)
        return read(fd, space, room);
    if (ready == 0)
        errno = EAGAIN;
    return -1;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct reader *r = poll->data;

    (void)status; /* the read that follows gets the same error and can name it */
    (void)events;
    r->ready(r->ctx);
}

static void on_idle(uv_idle_t *idle)
{
    struct reader *r = idle->data;

    r->ready(r->ctx);
}

void reader_init(struct reader *r, uv_loop_t *loop, int fd, void (*ready)(void *ctx), void *ctx)
{
    *r = (struct reader){.ready = ready, .ctx = ctx};
    r->pollable = reader_poll_init(loop, &r->poll, fd) == 0;
    uv_idle_init(loop, &r->idle);
    r->poll.data = r->idle.data = r;
}

void reader_want(struct reader *r, bool wanted)
{
    if (wanted == r->wanted)
        return;
    r->wanted = wanted;
    if (!wanted && r->pollable)
        uv_poll_stop(&r->poll);
    else if (!wanted)
        uv_idle_stop(&r->idle);
    else if (!r->pollable || uv_poll_start(&r->poll, UV_READABLE, on_poll) < 0)
        uv_idle_start(&r->idle, on_idle);
}

void reader_close(struct reader *r)
{
    if (r->pollable && !uv_is_closing((uv_handle_t *)&r->poll))
        uv_close((uv_handle_t *)&r->poll, NULL);
    if (!uv_is_closing((uv_handle_t *)&r->idle))
        uv_close((uv_handle_t *)&r->idle, NULL);
}
