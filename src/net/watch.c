#include "net/watch.h"

#include <stdlib.h>

struct watch {
    uv_poll_t handle;
    int events; /* that libuv watches for */
    watch_fn *fn;
    void *ctx;
};

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct watch *w = handle->data;

    (void)events; /* the link knows what it waits for; a needless try only returns "again" */
    if (status < 0)
        w->events = 0;
    w->fn(w->ctx, status);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct watch *watch_new(uv_loop_t *loop, int fd, watch_fn *fn, void *ctx, struct err *e)
{
    struct watch *w = calloc(1, sizeof *w);
    int rc;

    if (!w) {
        err_nomem(e, STAGE_IO, "watching the connection");
        return NULL;
    }
    rc = uv_poll_init(loop, &w->handle, fd);
    if (rc < 0) {
        free(w);
        err_set(e, EXIT_OTHER, STAGE_IO, -rc, "can't watch the connection: %s", uv_strerror(rc));
        return NULL;
    }
    w->handle.data = w;
    w->fn = fn;
    w->ctx = ctx;
    return w;
}

void watch_free(struct watch *w)
{
    if (w)
        uv_close((uv_handle_t *)&w->handle, on_closed);
}

void watch_set(struct watch *w, int events)
{
    if (events == w->events)
        return;
    w->events = events;
    if (events)
        uv_poll_start(&w->handle,
                      (events & LINK_READABLE ? UV_READABLE : 0) |
                          (events & LINK_WRITABLE ? UV_WRITABLE : 0),
                      on_poll);
    else
        uv_poll_stop(&w->handle);
}
