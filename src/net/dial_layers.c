/*
 * dial_layers: upon a connection: TLS to the proxy, the tunnel, TLS to the target.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/dial_private.h"
#include "net/link_proxy.h"
#include "net/link_socks.h"

static bool speaks_socks(const struct dial *d)
{
    return d->route.proxy.kind == PROXY_SOCKS5 || d->route.proxy.kind == PROXY_SOCKS5H;
}

static bool layer_needed(const struct dial *d, enum dial_layer layer)
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
        return link_proxy_new(d->link, proxy, d->route.name, d->route.port, d->config->max_headers,
                              e);
    default:
        return link_tls_client(d->link, d->target->tls,
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
    pump_free(d->pump);
    d->pump = NULL;
    link_free(d->link);
    d->link = NULL;
    dial_race(d);
    return true;
}

static void layer_fail(struct dial *d, const struct err *e)
{
    if (d->layer == LAYER_PROXY_TLS)
        dial_fail_hop(d, e);
    else if (!try_next_end(d, e))
        dial_fail(d, e);
}

static void layer_step(struct dial *d)
{
    struct err e;
    int rc;

    err_clear(&e);
    rc = link_connect(d->link, &e);
    if (rc == LINK_AGAIN) {
        pump_update(d->pump);
    } else if (rc != 0) {
        layer_fail(d, &e);
    } else {
        layer_report(d);
        dial_climb(d);
    }
}

static void on_turn(void *ctx, bool readable)
{
    (void)readable; /* the handshake knows whose turn it is */
    layer_step(ctx);
}

static bool reads(const void *ctx)
{
    (void)ctx;
    return true;
}

/* What a handshake writes, the layer itself asks to poll for. */
static bool writes(const void *ctx)
{
    (void)ctx;
    return false;
}

static int watch(struct dial *d, struct err *e)
{
    static const struct pump_hooks hooks = {.turn = on_turn, .reads = reads, .writes = writes};

    if (d->pump) {
        pump_relink(d->pump, d->link);
        return 0;
    }
    d->pump = pump_new(d->loop, d->link, &hooks, d, e);
    if (!d->pump)
        e->stage = d->stage;
    return d->pump ? 0 : -1;
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
