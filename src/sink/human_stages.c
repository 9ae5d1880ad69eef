/* From the first DNS question to the opening. */
#include "sink/human.h"

#include <errno.h>

#include "sink/redact.h"

void human_resolve(struct human *h, const struct event *ev)
{
    const struct event_resolve *r = &ev->resolve;

    if (r->count == 1 && strcmp(r->host, r->addresses[0]) == 0)
        return; /* an address was given: there was nothing to ask */
    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_put(h, "resolved ");
    human_safe_str(h, r->host);
    human_put(h, r->count ? " to " : " to nothing");
    for (size_t i = 0; i < r->count; i++) {
        human_put(h, i ? ", " : "");
        human_safe_str(h, r->addresses[i]);
    }
    human_dot(h);
    human_latency(h, r->us);
}

static void put_attempt(struct human *h, const struct connect_attempt *a)
{
    human_next(h, 2);
    human_safe_str(h, a->address);
    human_put(h, " ");
    if (a->errnum == 0) {
        human_put(h, "connected in ");
        human_latency(h, a->us);
    } else if (a->errnum == ECANCELED) {
        human_put(h, "given up after ");
        human_latency(h, a->us);
        human_put(h, ": another one was faster");
    } else {
        human_put(h, "failed after ");
        human_latency(h, a->us);
        human_put(h, ": ");
        human_put(h, strerror(a->errnum));
    }
}

void human_connect(struct human *h, const struct event *ev)
{
    const struct event_connect *c = &ev->connect;

    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_put(h, "connected to ");
    human_endpoint(h, c->address, c->port);
    if (c->local && c->local[0]) {
        human_put(h, " from ");
        human_safe_str(h, c->local);
    }
    human_dot(h);
    human_latency(h, c->us);
    for (size_t i = 0; c->attempt_count > 1 && i < c->attempt_count; i++)
        put_attempt(h, &c->attempts[i]);
}

void human_proxy(struct human *h, const struct event *ev)
{
    const struct event_proxy *p = &ev->proxy;

    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_safe_str(h, p->kind);
    human_put(h, " proxy ");
    human_safe_str(h, p->address);
    human_printf(h, " answered %d", p->status);
    human_dot(h);
    human_latency(h, p->us);
}

static void put_name(struct human *h, const char *what, const char *value)
{
    if (!value || !value[0])
        return;
    human_next(h, 2);
    human_style(h, STYLE_DIM);
    human_put(h, what);
    human_style(h, STYLE_PLAIN);
    human_safe_str(h, value);
}

void human_tls(struct human *h, const struct event *ev)
{
    const struct event_tls *t = &ev->tls;

    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_safe_str(h, t->version);
    human_put(h, " ");
    human_safe_str(h, t->cipher);
    human_dot(h);
    if (t->alpn && t->alpn[0]) {
        human_put(h, "ALPN ");
        human_safe_str(h, t->alpn);
    } else {
        human_put(h, "no ALPN");
    }
    human_dot(h);
    human_style(h, t->verified ? STYLE_GREEN : STYLE_RED);
    human_put(h, t->verified ? "verified" : "NOT VERIFIED");
    human_style(h, STYLE_PLAIN);
    if (t->resumed) {
        human_dot(h);
        human_put(h, "resumed");
    }
    human_dot(h);
    human_latency(h, t->us);
    put_name(h, "subject   ", t->subject);
    put_name(h, "issuer    ", t->issuer);
    put_name(h, "not after ", t->not_after);
}

static void put_url(struct human *h, const char *url)
{
    if (h->config.show_secrets) {
        human_safe_str(h, url);
        return;
    }
    buf_reset(&h->scratch);
    if (redact_target(&h->scratch, slice_str(url), h->config.utf8) < 0)
        h->failed = true;
    human_safe(h, buf_slice(&h->scratch));
}

void human_open(struct human *h, const struct event *ev)
{
    const struct event_open *o = &ev->open;

    h->hint[0] = '\0';
    human_begin(h, ev, MARK_OPEN, STYLE_GREEN);
    human_style(h, STYLE_GREEN);
    human_put(h, ev->conn > 1 && !h->config.numbered ? "opened again" : "opened");
    human_style(h, STYLE_PLAIN);
    human_put(h, " ");
    put_url(h, o->url);
    if (o->peer) {
        human_put(h, " from ");
        human_safe_str(h, o->peer);
    }
    if (o->subprotocol && o->subprotocol[0]) {
        human_dot(h);
        human_put(h, "subprotocol ");
        human_safe_str(h, o->subprotocol);
    }
    if (o->extensions && o->extensions[0]) {
        human_dot(h);
        human_safe_str(h, o->extensions);
    }
    human_dot(h);
    human_latency(h, o->us);
    if (o->subprotocol_missed) {
        human_next(h, 2);
        human_style(h, STYLE_YELLOW);
        human_put(h, "the server selected none of the subprotocols offered");
    }
}
