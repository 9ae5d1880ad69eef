/*
 * session_catchup: after a reconnect, fetches what was missed with a GET, and merges it into the
 * messages: what was seen is omitted, the rest is passed up as messages.
 */
#include <stdio.h>
#include <stdlib.h>

#include "http/fetch.h"
#include "session/session_private.h"

struct catchup {
    struct session *s;
    struct handshake_config identity;
    struct http_config config;
    struct fetch *fetch;
};

/* A message for the user, but no reason to end. */
static void tell_failure(struct session *s, const char *why)
{
    char text[sizeof((struct err *)0)->text + 32];

    snprintf(text, sizeof text, "could not catch up: %s", why);
    session_note(s, text);
}

static struct event catchup_event(const struct session *s, enum event_kind kind)
{
    struct event ev = {.kind = kind, .dir = DIR_IN};

    leg_stamp(&s->main, &ev);
    ev.channel = CHANNEL_POLL;
    return ev;
}

static void on_report(void *ctx, struct event *ev)
{
    struct catchup *c = ctx;
    struct event stamped = catchup_event(c->s, ev->kind);

    ev->channel = stamped.channel;
    ev->conn = stamped.conn;
    ev->time_us = stamped.time_us;
    ev->at_us = stamped.at_us;
    bus_emit(c->s->bus, ev);
}

/* True if it is one that was missed. */
static bool pass_on(struct session *s, struct slice item)
{
    struct event ev = catchup_event(s, EVENT_MESSAGE);

    ev.message = (struct event_message){
        .type = OPCODE_TEXT,
        .data = item,
        .final = true,
        .fragments = 1,
        .wire = item.len,
        .total = item.len,
    };
    if (s->discard || !account_fetched(s->account, &ev))
        return false;
    s->totals.messages_in++;
    s->totals.payload_in += item.len;
    bus_emit(s->bus, &ev);
    return true;
}

static void merge(struct session *s, const struct items *items, struct event_poll *sums)
{
    struct items walk = *items;
    struct slice item;

    while (items_next(&walk, &item)) {
        account_expect(s->account, item);
        sums->items++;
    }
    account_expected(s->account);
    walk = *items;
    while (items_next(&walk, &item))
        sums->fresh += pass_on(s, item);
}

static void on_done(void *ctx, const struct http_result *result, const struct items *items,
                    const char *why)
{
    struct catchup *c = ctx;
    struct event ev = catchup_event(c->s, EVENT_POLL);

    ev.poll = (struct event_poll){
        .status = result->status,
        .bytes_up = result->bytes_up,
        .bytes_down = result->bytes_down,
        .us = result->us,
    };
    if (items)
        merge(c->s, items, &ev.poll);
    bus_emit(c->s->bus, &ev);
    if (!items)
        tell_failure(c->s, why);
}

int session_catchup_init(struct session *s, struct err *e)
{
    static const struct fetch_hooks hooks = {on_report, on_done};
    struct catchup *c;

    if (!s->config.catchup || !s->account)
        return 0;
    c = s->catchup = calloc(1, sizeof *c);
    if (!c)
        return err_nomem(e, STAGE_IO, "starting");
    c->s = s;
    c->identity = s->config.ws.handshake;
    c->identity.url = s->config.catchup;
    c->config = (struct http_config){
        .identity = &c->identity,
        .dial = &s->config.ws.dial,
        .timeout_us = s->config.ws.connect_timeout_us,
        .follow = s->config.ws.follow,
        .max_redirects = s->config.ws.max_redirects,
    };
    c->fetch = fetch_new(s->loop, &c->config, s->config.items, &s->shared->http, s->bus, &hooks, c);
    return c->fetch ? 0 : err_nomem(e, STAGE_IO, "starting");
}

void session_catchup_free(struct session *s)
{
    if (s->catchup)
        fetch_free(s->catchup->fetch);
    free(s->catchup);
    s->catchup = NULL;
}

void session_catchup_start(struct session *s)
{
    struct catchup *c = s->catchup;
    char *target = NULL;
    int r = c ? account_catchup(s->account, c->identity.url->target, &target) : 0;
    struct err e;

    if (r < 0)
        tell_failure(s, "out of memory, or the URL became too long");
    else if (r > 0 && fetch_start(c->fetch, target, &e) < 0)
        tell_failure(s, e.text);
    free(target);
}

void session_catchup_stop(struct session *s)
{
    if (s->catchup)
        fetch_cancel(s->catchup->fetch);
}
