#include "verb/proxy/control.h"

#include <stdio.h>
#include <stdlib.h>

#include "verb/proxy/control_private.h"

/* --- events -------------------------------------------------------------------------------------
 */

static bool waits_for(const struct control_conn *c, enum control_event event, uint32_t client)
{
    return c->state == CONTROL_WAITS && c->request.event == event &&
           (c->request.client == 0 || c->request.client == client);
}

/* event: what it is for those who wait, or -1. */
static void publish(struct control *c, struct slice line, int event, uint32_t client)
{
    struct slice kept = control_events_add(&c->events, line);

    for (struct control_conn *conn = c->first; conn; conn = conn->next) {
        if (event >= 0 && waits_for(conn, (enum control_event)event, client))
            control_conn_answer(conn, 200, NULL, kept.len ? kept : slice_str("{}"));
        control_conn_stir(conn);
    }
}

/* A message is one event, though it may come in parts; it is reported where it was received, and
 * one of our own where it was sent. */
static int waited_for(const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_OPEN:
        return CONTROL_ON_OPEN;
    case EVENT_CLOSE:
        return CONTROL_ON_CLOSE;
    case EVENT_BACK:
        return CONTROL_ON_BACK;
    case EVENT_MESSAGE:
        return ev->dir == DIR_IN && ev->message.part <= 1 ? CONTROL_ON_MESSAGE : -1;
    default:
        return -1;
    }
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct control *c = (struct control *)sink;
    struct slice line;

    c->ndjson->event(c->ndjson, ev);
    line = out_kept(&c->memory);
    if (line.len > 0)
        publish(c, line, waited_for(ev), ev->client);
    out_take(&c->memory, line.len);
}

/* --- connections --------------------------------------------------------------------------------
 */

static bool on_accepted(void *ctx, int fd)
{
    struct control *c = ctx;
    bool taken = control_conn_new(c, fd);

    listener_accept(c->listener, c->count < CONTROL_CONNS_MAX);
    return taken;
}

static void on_failed(void *ctx, int errnum)
{
    (void)ctx;
    (void)errnum; /* they wait, as those of the relay do, which are reported */
}

void control_gone(struct control *c, struct control_conn *conn)
{
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        c->first = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    c->count--;
    if (c->listener) {
        listener_accept(c->listener, true);
        listener_retry(c->listener);
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void free_control(struct sink *sink)
{
    struct control *c = (struct control *)sink;

    if (c->ndjson && c->ndjson->free)
        c->ndjson->free(c->ndjson);
    out_clear(&c->memory);
    control_events_clear(&c->events);
    free(c);
}

static int listen_at(struct control *c, const struct control_address *at, struct err *e)
{
    static const struct listener_hooks hooks = {on_accepted, on_failed};
    uv_loop_t *loop = &c->p->app->loop.uv;
    bool ip6 = strchr(at->host, ':') != NULL;

    if (at->path[0])
        c->listener = listener_new_unix(loop, at->path, &hooks, c, e);
    else
        c->listener = listener_new(loop, at->host, at->port, &hooks, c, e);
    if (!c->listener)
        return -1;
    if (at->path[0])
        snprintf(c->url, sizeof c->url, "unix:%s", at->path);
    else
        snprintf(c->url, sizeof c->url, "http://%s%s%s:%u", ip6 ? "[" : "", at->host,
                 ip6 ? "]" : "", (unsigned)listener_port(c->listener));
    listener_accept(c->listener, true);
    return 0;
}

struct control *control_new(struct proxy_front *p, const struct control_address *at, struct err *e)
{
    const struct ndjson_config config = {
        .kinds = (EVENT_BIT(EVENT_JSON_COUNT) - 1) & ~EVENT_BIT(EVENT_FRAME),
        .show_secrets = p->app->view->show_secrets,
    };
    struct control *c = calloc(1, sizeof *c);

    if (!c) {
        err_nomem(e, STAGE_IO, "starting the control API");
        return NULL;
    }
    c->p = p;
    c->sink = (struct sink){config.kinds, on_event, free_control};
    out_init_memory(&c->memory, CONTROL_EVENTS_BYTES);
    c->ndjson = ndjson_new(&c->memory, &config);
    if (control_events_init(&c->events) < 0 || !c->ndjson) {
        free_control(&c->sink);
        err_nomem(e, STAGE_IO, "starting the control API");
        return NULL;
    }
    if (listen_at(c, at, e) < 0) {
        free_control(&c->sink);
        return NULL;
    }
    if (bus_add(&p->views.bus, &c->sink) < 0) { /* which is a matter of how many there are */
        err_nomem(e, STAGE_IO, "starting the control API");
        return NULL;
    }
    return c;
}

const char *control_url(const struct control *c)
{
    return c->url;
}

void control_stop(struct control *c)
{
    if (!c)
        return;
    listener_free(c->listener);
    c->listener = NULL;
    while (c->first)
        control_conn_free(c->first);
}
