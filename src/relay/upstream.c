/*
 * upstream: the way from a relayed connection to the server.
 */

#include "base/clock.h"
#include "relay/relay_private.h"

static void on_event(void *ctx, struct event *ev)
{
    struct relay_conn *c = ctx;
    struct event stamped = relayed_event(c, ev->kind, LEG_SERVER);

    ev->conn = stamped.conn;
    ev->client = stamped.client;
    ev->leg = LEG_SERVER;
    ev->time_us = stamped.time_us;
    ev->at_us = stamped.at_us;
    relayed_emit(c, ev);
}

/* The server can't be reached, which is reported here and answered there. */
static void failed(struct relay_conn *c, const struct err *why, int status)
{
    struct event ev = relayed_event(c, EVENT_ERROR, LEG_SERVER);

    ev.error = why;
    relayed_emit(c, &ev);
    relayed_refuse(c, status, why->text);
    relayed_flush(c);
}

static void on_timeout(void *ctx)
{
    struct relay_conn *c = ctx;
    struct dial *dial = c->dial;
    struct err e;

    c->dial = NULL;
    dial_timed_out(dial, c->relay->config->connect_timeout_us, "", &e);
    failed(c, &e, 504);
}

static void on_dialled(void *ctx, struct link *link, const struct err *why)
{
    struct relay_conn *c = ctx;
    struct err e;

    c->dial = NULL;
    timer_stop(c->timer);
    if (link && relay_leg_attach(relay_leg_server(c), link, &e) < 0) {
        link = NULL;
        why = &e;
    }
    if (!link) {
        failed(c, why, 502);
        return;
    }
    relayed_http_step(c);
    if (c->state != CONN_ENDED)
        relayed_flush(c);
}

void upstream_dial(struct relay_conn *c)
{
    struct relay *r = c->relay;
    const struct relay_config *config = r->config;
    const struct url *url = &r->server;
    struct relay_leg *l = relay_leg_server(c);
    struct err e;

    if (config->server_faults && !l->fault) {
        l->fault = fault_conn_new(config->server_faults, c->number, clock_mono_us());
        if (!l->fault || relayed_scope(l) < 0) {
            relayed_break(c);
            return;
        }
    }
    c->dial_target = (struct dial_target){
        .host = url->host,
        .zone = url->zone,
        .port = url->port,
        .socket_path = url->socket_path,
        .secure = url->scheme == URL_WSS,
        .fault = l->fault,
    };
    if (http_shared_load(&r->shared, config->dial, &c->dial_target, &e) == 0)
        c->dial = dial_start(r->loop, config->dial, &c->dial_target, on_event, on_dialled, c, &e);
    if (!c->dial)
        failed(c, &e, 502);
    else if (config->connect_timeout_us)
        timer_start(c->timer, config->connect_timeout_us, on_timeout);
}

void upstream_cancel(struct relay_conn *c)
{
    enum stage stage;
    char what[8];

    if (c->dial)
        dial_cancel(c->dial, &stage, what, sizeof what);
    c->dial = NULL;
}
