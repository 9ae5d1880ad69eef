#include "net/dial_private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/dial_fault.h"
#include "net/dial_unix.h"
#include "net/link_fault.h"
#include "net/proxy_error.h"

/* Stop everything; what was not handed over is closed. */
static void dial_free(struct dial *d)
{
    resolve_cancel(d->question);
    eyeballs_cancel(d->race);
    pump_free(d->pump);
    link_free(d->link);
    timer_free(d->timer);
    resolve_list_clear(&d->ends);
    resolve_list_clear(&d->addresses);
    route_clear(&d->route);
    free(d);
}

/* Takes the link. */
static void finish(struct dial *d, struct link *link, const struct err *e)
{
    dial_done_fn *done = d->done;
    void *ctx = d->ctx;

    dial_free(d);
    done(ctx, link, e);
}

void dial_fail(struct dial *d, const struct err *e)
{
    finish(d, NULL, e);
}

void dial_succeed(struct dial *d)
{
    struct link *link = d->link;
    struct err e;

    pump_free(d->pump);
    d->pump = NULL;
    d->link = NULL;
    err_clear(&e);
    finish(d, link, &e);
}

/* The proxy itself could not be reached. */
void dial_fail_hop(struct dial *d, const struct err *why)
{
    struct err e = *why;

    if (d->route.proxied)
        proxy_unreached(&d->route.proxy, &e);
    dial_fail(d, &e);
}

void dial_stage_begin(struct dial *d, enum stage stage)
{
    d->stage = stage;
    d->stage_us = clock_mono_us();
}

uint64_t dial_stage_took(const struct dial *d)
{
    return clock_mono_us() - d->stage_us;
}

/* --- the connection --- */

/* "ADDRESS:PORT" of this end, IPv6 in brackets. */
static void local_text(int fd, char *text, size_t size)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof addr;
    char address[INET6_ADDRSTRLEN] = "";

    text[0] = '\0';
    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        return;
    if (addr.ss_family == AF_INET) {
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)&addr;

        inet_ntop(AF_INET, &in4->sin_addr, address, sizeof address);
        snprintf(text, size, "%s:%u", address, ntohs(in4->sin_port));
    } else if (addr.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr;

        inet_ntop(AF_INET6, &in6->sin6_addr, address, sizeof address);
        snprintf(text, size, "[%s]:%u", address, ntohs(in6->sin6_port));
    }
}

/* The socket is connected: take it, report it, and add the layers. */
static void connected(struct dial *d, int fd, const char *address, uint16_t port,
                      const struct connect_attempt *attempts, size_t count)
{
    char local[INET6_ADDRSTRLEN + 16];
    struct event ev = {.kind = EVENT_CONNECT};
    struct err e;

    d->link = link_tcp_new(fd);
    if (!d->link || (d->config->traffic && traffic_enter(d->config->traffic, d->link) < 0)) {
        if (!d->link)
            close(fd);
        err_nomem(&e, STAGE_CONNECT, "connecting");
        dial_fail(d, &e);
        return;
    }
    if (d->target->fault) {
        struct link *faulty = link_fault_new(d->link, d->target->fault, d->loop);

        if (!faulty) {
            err_nomem(&e, STAGE_CONNECT, "connecting");
            dial_fail(d, &e);
            return;
        }
        traffic_move(d->link, faulty);
        d->link = faulty;
    }
    local_text(fd, local, sizeof local);
    ev.connect.address = address;
    ev.connect.port = port;
    ev.connect.local = local;
    ev.connect.us = dial_stage_took(d);
    ev.connect.attempts = attempts;
    ev.connect.attempt_count = count;
    d->emit(d->ctx, &ev);
    d->layer = LAYER_TCP;
    dial_climb(d);
}

static uint16_t hop_port(const struct dial *d)
{
    return d->route.proxied ? d->route.proxy.port : d->route.port;
}

static const char *hop_host(const struct dial *d)
{
    return d->route.proxied ? d->route.proxy.host : d->route.host;
}

static void on_race_over(void *ctx, int fd, size_t winner, const struct connect_attempt *attempts,
                         size_t count, const struct err *e)
{
    struct dial *d = ctx;

    d->race = NULL;
    if (fd < 0) {
        dial_fail_hop(d, e);
        return;
    }
    snprintf(d->peer, sizeof d->peer, "%s", attempts[winner].address);
    connected(d, fd, attempts[winner].address, hop_port(d), attempts, count);
}

void dial_race(struct dial *d)
{
    struct eyeballs_config config = {.host = hop_host(d),
                                     .port = hop_port(d),
                                     .addresses = &d->addresses,
                                     .interface = dial_source(d)};
    struct err e;

    dial_stage_begin(d, STAGE_CONNECT);
    if (dial_fault_refuses(d, &e)) {
        dial_fail_hop(d, &e);
        return;
    }
    d->race = eyeballs_start(d->loop, &config, on_race_over, d, &e);
    if (!d->race)
        dial_fail(d, &e);
}

/* --- names --- */

static void resolve_step(struct dial *d);

static int report_addresses(struct dial *d, const struct resolve_list *list, struct err *e)
{
    struct event ev = {.kind = EVENT_RESOLVE};
    const char **texts = calloc(list->count, sizeof *texts);

    if (!texts)
        return err_nomem(e, STAGE_RESOLVE, "resolving a name");
    for (size_t i = 0; i < list->count; i++)
        texts[i] = list->addresses[i].text;
    ev.resolve.host = d->query.host;
    ev.resolve.addresses = texts;
    ev.resolve.count = list->count;
    ev.resolve.us = dial_stage_took(d);
    d->emit(d->ctx, &ev);
    free(texts);
    return 0;
}

/* Takes the list. */
static void resolved(struct dial *d, struct resolve_list *list)
{
    struct err e;

    if (d->asking_end)
        d->ends = *list;
    else
        d->addresses = *list;
    if (report_addresses(d, list, &e) < 0) {
        dial_fail(d, &e);
    } else if (d->asking_end) {
        d->asking_end = false;
        resolve_step(d);
    } else {
        dial_race(d);
    }
}

static void resolve_fail(struct dial *d, const struct err *e)
{
    if (d->asking_end)
        dial_fail(d, e);
    else
        dial_fail_hop(d, e);
}

static void on_resolved(void *ctx, struct resolve_list *list, const struct err *e)
{
    struct dial *d = ctx;

    d->question = NULL;
    if (list)
        resolved(d, list);
    else
        resolve_fail(d, e);
}

static void resolve_step(struct dial *d)
{
    const struct route *r = &d->route;
    bool proxy = r->proxied && !d->asking_end;
    struct resolve_list list;
    struct err e;
    int rc;

    dial_stage_begin(d, STAGE_RESOLVE);
    d->query = (struct resolve_query){.host = proxy ? r->proxy.host : r->host,
                                      .name = proxy ? r->proxy_name : r->name,
                                      .zone = proxy ? r->proxy.zone : r->zone,
                                      .port = proxy ? r->proxy.port : r->port,
                                      .family = d->config->family,
                                      .overrides = d->config->resolve,
                                      .override_count = d->config->resolve_count};
    rc = resolve_start(d->loop, &d->query, &list, &d->question, on_resolved, d, &e);
    if (rc < 0)
        resolve_fail(d, &e);
    else if (rc > 0)
        resolved(d, &list);
}

/* --- the start and the end --- */

static void unix_step(struct dial *d);

static void on_timer(void *ctx)
{
    struct dial *d = ctx;
    struct err e;
    uint64_t wait = 0;

    if (d->target->socket_path)
        unix_step(d);
    else if (dial_fault_names(d, &wait, &e))
        resolve_fail(d, &e);
    else if (wait)
        timer_start(d->timer, wait, on_timer);
    else
        resolve_step(d);
}

static void unix_step(struct dial *d)
{
    struct connect_attempt attempt = {.address = d->target->socket_path};
    struct err e;
    int fd = dial_fault_refuses(d, &e) ? LINK_FAILED : dial_unix(d->target->socket_path, &e);

    if (fd == LINK_AGAIN) {
        timer_start(d->timer, DIAL_UNIX_RETRY_MS * 1000, on_timer);
        return;
    }
    if (fd < 0) {
        dial_fail(d, &e);
        return;
    }
    attempt.us = dial_stage_took(d);
    connected(d, fd, d->target->socket_path, 0, &attempt, 1);
}

struct dial *dial_start(uv_loop_t *loop, const struct dial_config *config,
                        const struct dial_target *target, dial_emit_fn *emit, dial_done_fn *done,
                        void *ctx, struct err *e)
{
    struct dial *d = calloc(1, sizeof *d);

    if (d)
        d->timer = timer_new(loop, d);
    if (!d || !d->timer) {
        free(d);
        err_nomem(e, STAGE_CONNECT, "connecting");
        return NULL;
    }
    if (!target->socket_path && route_find(&d->route, config, target, e) < 0) {
        timer_free(d->timer);
        free(d);
        return NULL;
    }
    d->loop = loop;
    d->config = config;
    d->target = target;
    d->emit = emit;
    d->done = done;
    d->ctx = ctx;
    d->asking_end = d->route.proxied && d->route.proxy.kind == PROXY_SOCKS5;
    dial_stage_begin(d, target->socket_path ? STAGE_CONNECT : STAGE_RESOLVE);
    /* By way of the loop: nothing is called back before the caller has its pointer. */
    timer_start(d->timer, 0, on_timer);
    return d;
}

int dial_needs_proxy_tls(const struct dial_config *config, const struct dial_target *target,
                         struct err *e)
{
    struct route route;
    int needs;

    if (target->socket_path)
        return 0;
    if (route_find(&route, config, target, e) < 0)
        return -1;
    needs = route.proxied && route.proxy.kind == PROXY_HTTPS;
    route_clear(&route);
    return needs;
}

static void describe(const struct dial *d, char *what, size_t size)
{
    const struct route *r = &d->route;
    bool at_proxy = r->proxied && !d->asking_end && d->layer < LAYER_TUNNEL;
    size_t len;

    if (size == 0)
        return;
    what[0] = '\0';
    if (at_proxy)
        snprintf(what, size, "the proxy ");
    len = strlen(what);
    if (d->target->socket_path)
        snprintf(what, size, "the unix socket %s", d->target->socket_path);
    else if (d->race && eyeballs_trying(d->race))
        eyeballs_describe(d->race, what + len, size - len);
    else if (d->stage == STAGE_RESOLVE)
        snprintf(what + len, size - len, "\"%s\"", d->query.host ? d->query.host : hop_host(d));
    else if (d->stage == STAGE_PROXY)
        snprintf(what, size, "%s to connect to %s port %u", r->proxy_text, r->host, r->port);
    else if (r->proxied && !at_proxy)
        snprintf(what, size, "%s port %u through the proxy %s", r->host, r->port, r->proxy_text);
    else
        snprintf(what + len, size - len, "%s port %u", d->peer[0] ? d->peer : hop_host(d),
                 hop_port(d));
}

void dial_cancel(struct dial *d, enum stage *stage, char *what, size_t size)
{
    *stage = d->stage;
    describe(d, what, size);
    dial_free(d);
}
