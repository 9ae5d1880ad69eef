/*
 * probe_way: the stages below the WebSocket: the name, each address, TLS.
 */
#include <stdio.h>

#include "base/clock.h"
#include "measure/moment.h"
#include "verb/probe/probe_private.h"

/* How long each may take. */
#define NAME_US 5000000
#define TCP_US  3000000
#define TLS_US  4000000

/* --- a connection without a request --------------------------------------------------------------
 */

static void dial_over(struct probe_dial *d, struct link *link, const struct err *e)
{
    struct err ignored;

    d->dial = NULL;
    timer_stop(d->timer);
    if (link) {
        (void)link_close(link, &ignored);
        link_free(link);
    }
    d->done(d, e);
}

static void on_dialled(void *ctx, struct link *link, const struct err *e)
{
    dial_over(ctx, link, e);
}

static void on_dial_event(void *ctx, struct event *ev)
{
    struct probe_dial *d = ctx;

    if (ev->kind == EVENT_TLS && d->tls)
        d->tls(d, &ev->tls);
}

static void on_dial_late(void *ctx)
{
    struct probe_dial *d = ctx;
    struct err e;

    dial_timed_out(d->dial, d->limit_us, "", &e);
    dial_over(d, NULL, &e);
}

/* d->config and d->done are set. 0, or -1 with *e. Loading what TLS needs may take long, so all
 * that run at the same time are prepared before the first begins. */
static int dial_prepare(struct probe_dial *d, struct probe_front *front, bool secure, struct err *e)
{
    const struct url *url = &front->app->connect->url;

    d->front = front;
    d->target = (struct dial_target){.host = url->host,
                                     .zone = url->zone,
                                     .port = url->port,
                                     .socket_path = url->socket_path,
                                     .secure = secure};
    d->shared.supplies = &front->app->loop.supplies;
    d->timer = timer_new(&front->app->loop.uv, d);
    if (!d->timer)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    return http_shared_load(&d->shared, &d->config, &d->target, e);
}

/* us: how long it may take. */
static int dial_begin(struct probe_dial *d, uint64_t us, struct err *e)
{
    struct probe_front *front = d->front;
    uint64_t given_us = front->app->connect->ws.connect_timeout_us;

    uv_update_time(&front->app->loop.uv);
    d->limit_us = given_us && given_us < us ? given_us : us;
    d->began_us = clock_mono_us();
    d->dial =
        dial_start(&front->app->loop.uv, &d->config, &d->target, on_dial_event, on_dialled, d, e);
    if (!d->dial)
        return -1;
    timer_start(d->timer, d->limit_us, on_dial_late);
    return 0;
}

static void dial_stop(struct probe_dial *d)
{
    enum stage stage;
    char what[8];

    if (d->dial)
        dial_cancel(d->dial, &stage, what, sizeof what);
    d->dial = NULL;
    timer_free(d->timer);
    d->timer = NULL;
    http_shared_clear(&d->shared);
    d->shared = (struct http_shared){.tls = NULL};
}

/* --- dns ----------------------------------------------------------------------------------------
 */

static void take_addresses(struct probe_front *front)
{
    struct probe_way *way = &front->way;
    size_t count = front->addresses.count;

    way->hop_count = count < PROBE_HOPS_MAX ? count : PROBE_HOPS_MAX;
    way->left_out = count - way->hop_count;
    for (size_t i = 0; i < way->hop_count; i++)
        snprintf(way->hops[i].address, sizeof way->hops[i].address, "%.*s", PROBE_ADDRESS - 1,
                 front->addresses.addresses[i].text);
}

static void dns_done(struct probe_front *front, const struct err *e)
{
    struct probe_way *way = &front->way;

    timer_stop(front->patience);
    way->dns_us = clock_mono_us() - front->asked_us;
    if (e)
        way->dns_error = *e;
    else
        take_addresses(front);
    if (!e)
        front->facts |= FACT_NAME;
    probe_judge_dns(&front->report, way);
    probe_next(front);
}

static void on_resolved(void *ctx, struct resolve_list *list, const struct err *e)
{
    struct probe_front *front = ctx;

    front->question = NULL;
    if (list)
        front->addresses = *list;
    dns_done(front, list ? NULL : e);
}

static void on_no_name(void *ctx)
{
    struct probe_front *front = ctx;
    struct err e;

    resolve_cancel(front->question);
    front->question = NULL;
    err_set(&e, EXIT_RESOLVE, STAGE_RESOLVE, 0, "no name server answered for \"%s\" within %d s",
            front->way.host, NAME_US / 1000000);
    err_hint(&e, "is the network (or the VPN) up? --resolve HOST:PORT:ADDR does not need a name "
                 "server");
    dns_done(front, &e);
}

/* A unix socket, or a proxy that leads there: one way, whatever its addresses. */
static void single_way(struct probe_front *front)
{
    struct probe_way *way = &front->way;

    way->hop_count = 1;
    snprintf(way->hops[0].address, sizeof way->hops[0].address, "%s",
             front->asked.unix_socket ? front->app->connect->url.socket_path : way->host);
    front->facts |= FACT_NAME;
    probe_judge_dns(&front->report, way);
    probe_next(front);
}

static int find_route(struct probe_front *front, struct err *e)
{
    const struct connect_options *o = front->app->connect;
    const struct dial_target target = {
        .host = o->url.host, .zone = o->url.zone, .port = o->url.port};

    front->way.host = o->url.host;
    front->way.port = o->url.port;
    if (front->asked.unix_socket)
        return 0;
    if (route_find(&front->route, &o->dial, &target, e) < 0)
        return -1;
    front->routed = true;
    front->way.host = front->route.host;
    front->way.port = front->route.port;
    front->way.proxy = front->route.proxied ? front->route.proxy_text : NULL;
    return 0;
}

void probe_dns(struct probe_front *front)
{
    const struct connect_options *o = front->app->connect;
    struct resolve_address literal;
    struct err e;
    int rc;

    if (find_route(front, &e) < 0) {
        probe_give_up(front, &e);
        return;
    }
    if (front->asked.unix_socket || front->route.proxied) {
        single_way(front);
        return;
    }
    front->way.named =
        resolve_literal(front->route.name, front->route.zone, front->route.port, &literal) == 0;
    front->query = (struct resolve_query){.host = front->route.host,
                                          .name = front->route.name,
                                          .zone = front->route.zone,
                                          .port = front->route.port,
                                          .family = o->dial.family,
                                          .overrides = o->dial.resolve,
                                          .override_count = o->dial.resolve_count};
    front->asked_us = clock_mono_us();
    timer_start(front->patience, NAME_US, on_no_name);
    rc = resolve_start(&front->app->loop.uv, &front->query, &front->addresses, &front->question,
                       on_resolved, front, &e);
    if (rc != 0)
        dns_done(front, rc < 0 ? &e : NULL);
}

/* --- tcp ----------------------------------------------------------------------------------------
 */

static void tcp_done(struct probe_dial *d, const struct err *e)
{
    struct probe_front *front = d->front;
    struct probe_hop *hop = &front->way.hops[d->number];

    hop->us = clock_mono_us() - d->began_us;
    hop->error = *e;
    hop->ended = true;
    if (--front->pending > 0)
        return;
    if (probe_judge_tcp(&front->report, &front->way))
        front->facts |= FACT_TCP | (front->asked.secure ? 0 : FACT_TLS);
    probe_next(front);
}

void probe_tcp(struct probe_front *front)
{
    struct err e;

    front->pending = front->way.hop_count;
    for (size_t i = 0; i < front->way.hop_count; i++) {
        struct probe_dial *d = &front->dials[i];

        d->config = front->app->connect->dial;
        if (!front->asked.unix_socket && !front->route.proxied) {
            d->address = front->way.hops[i].address;
            d->override = (struct dial_resolve){.host = front->route.host,
                                                .port = front->route.port,
                                                .addresses = &d->address,
                                                .count = 1};
            d->config.resolve = &d->override;
            d->config.resolve_count = 1;
        }
        d->number = i;
        d->done = tcp_done;
        if (dial_prepare(d, front, false, &e) < 0 || dial_begin(d, TCP_US, &e) < 0) {
            probe_give_up(front, &e);
            return;
        }
    }
}

/* --- tls ----------------------------------------------------------------------------------------
 */

static void take_certificate(struct probe_tls *to, const struct event_tls *tls)
{
    char quoted[48];
    struct moment moment;

    snprintf(to->subject, sizeof to->subject, "%s", tls->subject);
    snprintf(to->issuer, sizeof to->issuer, "%s", tls->issuer);
    to->certs = tls->certs;
    snprintf(to->chain_end, sizeof to->chain_end, "%s", tls->chain_end ? tls->chain_end : "");
    to->chain_complete = tls->chain_complete;
    snprintf(quoted, sizeof quoted, "\"%s\"", tls->not_after);
    if (moment_parse(slice_str(quoted), &moment) == 0) {
        to->has_expiry = true;
        to->expires_us = moment.us;
    }
}

static void on_verified(struct probe_dial *d, const struct event_tls *tls)
{
    struct probe_tls *to = &d->front->tls;

    take_certificate(to, tls);
    to->us = tls->us;
    snprintf(to->version, sizeof to->version, "%s", tls->version);
    snprintf(to->cipher, sizeof to->cipher, "%s", tls->cipher);
    snprintf(to->alpn, sizeof to->alpn, "%s", tls->alpn);
}

static void on_looked(struct probe_dial *d, const struct event_tls *tls)
{
    struct probe_tls *to = &d->front->tls;

    if (!to->has_expiry)
        take_certificate(to, tls);
    snprintf(to->look_alpn, sizeof to->look_alpn, "%s", tls->alpn);
}

/* Go on without trust, unless something secret would be sent to an unverified server. */
static void weigh_trust(struct probe_front *front)
{
    if (front->tls.error.code != EXIT_CERT || visit_has_secrets(front->app->connect))
        return;
    front->insecure = true;
    front->facts |= FACT_TLS;
    probe_add(&front->report, PROBE_TLS, PROBE_INFO,
              "the checks below do not verify the certificate; nothing secret is sent");
}

static void tls_done(struct probe_dial *d, const struct err *e)
{
    struct probe_front *front = d->front;

    if (d == &front->verified)
        front->tls.error = *e;
    else
        front->tls.look_error = *e;
    if (--front->pending > 0)
        return;
    front->tls.insecure = front->app->connect->dial.tls.insecure;
    front->tls.now_us = clock_wall_us();
    if (probe_judge_tls(&front->report, &front->tls))
        front->facts |= FACT_TLS;
    else
        weigh_trust(front);
    probe_next(front);
}

void probe_tls_begin(struct probe_front *front)
{
    struct probe_dial *verified = &front->verified, *look = &front->look;
    struct err e;

    if (!front->asked.secure) {
        probe_next(front);
        return;
    }
    verified->config = look->config = front->app->connect->dial;
    look->config.tls.insecure = look->config.tls.offer_h2 = true;
    look->config.tls.pinned = NULL;
    (void)tls_forget_identity(&look->config.tls);
    verified->done = look->done = tls_done;
    verified->tls = on_verified;
    look->tls = on_looked;
    front->pending = 2;
    if (dial_prepare(verified, front, true, &e) < 0 || dial_prepare(look, front, true, &e) < 0 ||
        dial_begin(verified, TLS_US, &e) < 0 || dial_begin(look, TLS_US, &e) < 0)
        probe_give_up(front, &e);
}

static void tls_tried(struct probe_dial *d, const struct err *e)
{
    d->front->tls.look_error = *e;
    d->front->tls_tried(d->front);
}

void probe_way_try_tls(struct probe_front *front, void (*done)(struct probe_front *front))
{
    struct probe_dial *look = &front->look;
    struct err e;

    look->config = front->app->connect->dial;
    look->config.tls.insecure = true;
    look->config.tls.pinned = NULL;
    (void)tls_forget_identity(&look->config.tls);
    look->done = tls_tried;
    front->tls_tried = done;
    if (dial_prepare(look, front, true, &e) < 0 || dial_begin(look, TLS_US, &e) < 0)
        probe_give_up(front, &e);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void probe_way_stop(struct probe_front *front)
{
    resolve_cancel(front->question);
    front->question = NULL;
    for (size_t i = 0; i < PROBE_HOPS_MAX; i++)
        dial_stop(&front->dials[i]);
    dial_stop(&front->verified);
    dial_stop(&front->look);
    plain_stop(&front->plain);
    plain_stop(&front->elsewhere);
}

void probe_way_free(struct probe_front *front)
{
    plain_free(&front->plain);
    plain_free(&front->elsewhere);
    resolve_list_clear(&front->addresses);
    if (front->routed)
        route_clear(&front->route);
}
