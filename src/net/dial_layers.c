/*
 * dial_layers: upon a connection: TLS to the proxy, the tunnel, TLS to the target.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/dial_internal.h"
#include "net/link_proxy.h"
#include "net/link_socks.h"

static bool speaks_socks(const struct dial *d)
{
    return d->route.proxy.kind == PROXY_SOCKS5 || d->route.proxy.kind == PROXY_SOCKS5H;
}

static bool layer_needed(const struct dial *d, enum layer layer)
{
    switch (layer) {
    case LAYER_PROXY_TLS:
        return d->route.proxied && d->route.proxy.kind == PROXY_HTTPS;
    case LAYER_TUNNEL:
        return d->route.proxied;
    case LAYER_TLS:
        return d->target->secure;
    default:
        return true;
    }
}

/* Where the tunnel should end: a name the proxy resolves, or the address that was found here. */
static const char *tunnel_end(const struct dial *d, char *text, size_t size)
{
    if (d->ends.count == 0)
        return d->route.name;
    snprintf(text, size, "%s", d->ends.addresses[d->end].text);
    text[strcspn(text, "%")] = '\0';
    return text;
}

static struct link *layer_new(struct dial *d, struct err *e)
{
    const struct proxy *proxy = &d->route.proxy;
    char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];

    switch (d->layer) {
    case LAYER_PROXY_TLS:
        return link_tls_client(d->link, d->target->proxy_tls, d->route.proxy_name, e);
    case LAYER_TUNNEL:
        if (speaks_socks(d))
            return link_socks_new(d->link, proxy, tunnel_end(d, text, sizeof text), d->route.port,
                                  e);
        return link_proxy_new(d->link, proxy, d->route.name, d->route.port, e);
    default:
        return link_tls_client(d->link, d->ctx_tls,
                               d->route.tls_name ? d->route.tls_name : d->target->host, e);
    }
}

static void layer_report(struct dial *d)
{
    struct event ev = {.kind = EVENT_TLS};

    if (d->layer == LAYER_TUNNEL) {
        ev.kind = EVENT_PROXY;
        ev.proxy = (struct event_proxy){
            .kind = proxy_kind_name(d->route.proxy.kind),
            .address = d->route.proxy_text,
            .status = speaks_socks(d) ? 0 : link_proxy_status(d->link),
            .us = dial_stage_took(d),
        };
    } else {
        link_tls_describe(d->link, &ev.tls);
        ev.tls.us = dial_stage_took(d);
    }
    d->emit(d->ctx, &ev);
}

static void on_retry(uv_handle_t *handle)
{
    struct dial *d = handle->data;

    if (!dial_release(d) && !d->stopped)
        dial_race(d);
}

/* A name that was resolved here may have several addresses, and the proxy found that this one leads
 * nowhere: the next one, over another connection, as a failed tunnel ends the first (RFC 1928,
 * section 6). */
static bool try_next_end(struct dial *d, const struct err *why)
{
    bool elsewhere = why->errnum == ECONNREFUSED || why->errnum == ENETUNREACH ||
                     why->errnum == EHOSTUNREACH || why->errnum == ETIMEDOUT ||
                     why->errnum == EAFNOSUPPORT;

    if (d->layer != LAYER_TUNNEL || !elsewhere || d->end + 1 >= d->ends.count)
        return false;
    d->end++;
    d->polling = false;
    uv_close((uv_handle_t *)&d->poll, on_retry);
    link_free(d->link);
    d->link = NULL;
    return true;
}

static void layer_fail(struct dial *d, const struct err *e)
{
    if (d->layer == LAYER_PROXY_TLS)
        dial_fail_hop(d, e);
    else if (!try_next_end(d, e))
        dial_fail(d, e);
}

static int poll_events(int link_wants)
{
    return (link_wants & LINK_READABLE ? UV_READABLE : 0) |
           (link_wants & LINK_WRITABLE ? UV_WRITABLE : 0);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void layer_step(struct dial *d)
{
    struct err e;
    int rc;

    err_clear(&e);
    rc = link_connect(d->link, &e);
    if (rc == LINK_AGAIN) {
        int uv_rc =
            uv_poll_start(&d->poll, poll_events(link_events(d->link, true, false)), on_ready);

        if (uv_rc == 0)
            return;
        err_set(&e, EXIT_OTHER, d->stage, -uv_rc, "can't watch the connection: %s",
                uv_err_name(uv_rc));
        rc = LINK_FAILED;
    }
    if (rc != 0) {
        layer_fail(d, &e);
        return;
    }
    layer_report(d);
    dial_climb(d);
}

/* A status (libuv's word for POLLERR) is found again by the read that follows, with its errno. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    layer_step(poll->data);
}

static void on_wake(void *ctx)
{
    struct dial *d = ctx;

    if (!d->stopped)
        layer_step(d);
}

static int watch(struct dial *d, struct err *e)
{
    int rc;

    if (d->polling)
        return 0;
    rc = uv_poll_init(d->loop, &d->poll, d->link->fd);
    if (rc != 0)
        return err_set(e, EXIT_OTHER, d->stage, -rc, "can't watch the connection: %s",
                       uv_err_name(rc));
    d->poll.data = d;
    d->polling = true;
    link_on_wake(d->link, on_wake, d);
    d->handles++;
    return 0;
}

/* The next layer that is needed, or be done. */
void dial_climb(struct dial *d)
{
    struct link *top;
    struct err e;

    do
        d->layer++;
    while (!layer_needed(d, d->layer));
    if (d->layer == LAYER_ALL) {
        dial_succeed(d);
        return;
    }
    dial_stage_begin(d, d->layer == LAYER_TUNNEL ? STAGE_PROXY : STAGE_TLS);
    top = layer_new(d, &e);
    if (!top) {
        dial_fail(d, &e);
        return;
    }
    traffic_move(d->link, top);
    d->link = top;
    if (watch(d, &e) < 0)
        dial_fail(d, &e);
    else
        layer_step(d);
}
