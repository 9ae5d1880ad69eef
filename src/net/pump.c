#include "net/pump.h"

#include <stdlib.h>

#include "base/trace.h"
#include "net/watch.h"

struct pump {
    const struct pump_hooks *hooks;
    void *ctx;
    struct link *link; /* NULL: freed, and waiting for libuv to close `soon` */
    struct watch *watch;
    uv_idle_t soon; /* while it is active the loop does not sleep */
};

static void take_turn(struct pump *p, bool readable)
{
    TRACE("pump", p->link->fd, "turn%s", readable ? ", to read" : "");
    p->hooks->turn(p->ctx, readable);
    if (p->link)
        pump_update(p);
}

static void on_ready(void *ctx, int status)
{
    (void)status; /* the read finds what it was */
    take_turn(ctx, true);
}

static void on_wake(void *ctx)
{
    take_turn(ctx, true);
}

/* The link holds bytes that the socket no longer shows. */
static bool holds_bytes(const struct pump *p)
{
    return p->hooks->reads(p->ctx) && link_pending(p->link) > 0;
}

static void on_soon(uv_idle_t *handle)
{
    struct pump *p = handle->data;

    uv_idle_stop(handle);
    take_turn(p, holds_bytes(p));
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct pump *pump_new(uv_loop_t *loop, struct link *link, const struct pump_hooks *hooks, void *ctx,
                      struct err *e)
{
    struct pump *p = calloc(1, sizeof *p);

    if (!p) {
        err_nomem(e, STAGE_IO, "watching the connection");
        return NULL;
    }
    p->watch = watch_new(loop, link->fd, on_ready, p, e);
    if (!p->watch) {
        free(p);
        return NULL;
    }
    p->hooks = hooks;
    p->ctx = ctx;
    uv_idle_init(loop, &p->soon);
    p->soon.data = p;
    pump_relink(p, link);
    TRACE("pump", link->fd, "begins");
    return p;
}

void pump_free(struct pump *p)
{
    if (!p)
        return;
    TRACE("pump", p->link->fd, "ends");
    link_on_wake(p->link, NULL, NULL);
    p->link = NULL;
    watch_free(p->watch);
    uv_close((uv_handle_t *)&p->soon, on_closed);
}

void pump_update(struct pump *p)
{
    bool reads = p->hooks->reads(p->ctx), writes = p->hooks->writes(p->ctx);

    TRACE("pump", p->link->fd, "waits%s%s%s", reads ? " to read" : "",
          reads && writes ? " and" : "",
          writes  ? " to write"
          : reads ? ""
                  : " for nothing");
    watch_set(p->watch, link_events(p->link, reads, writes));
    if (holds_bytes(p))
        pump_soon(p);
}

void pump_soon(struct pump *p)
{
    uv_idle_start(&p->soon, on_soon);
}

void pump_relink(struct pump *p, struct link *link)
{
    p->link = link;
    link_on_wake(link, on_wake, p);
}
