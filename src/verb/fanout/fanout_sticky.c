/*
 * fanout_sticky: what keeps a client on its node: handshakes of four kinds, one kind after the
 * other, each with a fleet of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verb/fanout/fanout_private.h"

/* After the last of a kind was opened: for the first messages, which may name the node. */
#define GREETING_US 500000
/* How long a peer may take to answer the Close. */
#define CLOSE_US 1000000

/* What is done differently. */
enum kind {
    KIND_PLAIN,
    KIND_COOKIE,  /* the cookies of the first answer */
    KIND_ADDRESS, /* another source address */
    KIND_SESSION, /* the TLS session of the first handshake */
    KINDS = FANOUT_STICKY_KINDS
};

struct fanout_sticky {
    struct fanout_front *front;
    struct connect_options connect; /* of the kind that runs */
    enum kind kind;
    bool done[KINDS];          /* which were tried */
    struct fleet *over[KINDS]; /* fleets that have ended */
    size_t over_count;
    struct tls_resumption *resumption;
    struct buf cookies; /* of the first answer, as they are sent, with a NUL */
    char cookie_name[64];
    char address[64]; /* the peer's of the first connection */
    uint32_t
        unknown; /* answers 400 of the kind that Engine.IO gives for a session of another node */
};

/* --- what the first handshake shows -------------------------------------------------------------
 */

static int add_cookie(struct fanout_sticky *sticky, struct slice value)
{
    const uint8_t *end = memchr(value.data, ';', value.len);
    const uint8_t *equals;
    size_t len = end ? (size_t)(end - value.data) : value.len;
    struct buf *all = &sticky->cookies;

    if (len == 0)
        return 0;
    equals = memchr(value.data, '=', len);
    if (!sticky->cookie_name[0])
        snprintf(sticky->cookie_name, sizeof sticky->cookie_name, "%.*s",
                 (int)(equals ? (size_t)(equals - value.data) : len), (const char *)value.data);
    if (all->len > 0)
        all->len--; /* its NUL */
    return (all->len > 0 ? buf_append_str(all, "; ") : 0) < 0 ||
                   buf_append(all, value.data, len) < 0 || buf_append(all, "", 1) < 0
               ? -1
               : 0;
}

static int add_cookies(struct fanout_sticky *sticky, const struct event_response *r)
{
    const char *own = sticky->front->app->connect->handshake.cookie;

    for (size_t i = 0; i < r->header_count; i++) {
        if (!slice_is_nocase(r->headers[i].name, "Set-Cookie"))
            continue;
        if (sticky->cookies.len == 0 && own &&
            (buf_append_str(&sticky->cookies, own) < 0 || buf_append(&sticky->cookies, "", 1) < 0))
            return -1;
        if (add_cookie(sticky, r->headers[i].value) < 0)
            return -1;
    }
    return 0;
}

int fanout_sticky_event(struct fanout_front *front, size_t i, const struct event *ev)
{
    struct fanout_sticky *sticky = front->sticky;

    if (i != 0 || sticky->kind != KIND_PLAIN)
        return 0;
    if (ev->kind == EVENT_CONNECT)
        snprintf(sticky->address, sizeof sticky->address, "%s", ev->connect.address);
    if (ev->kind == EVENT_RESPONSE && ev->response.status < 300 && !ev->response.interim)
        return add_cookies(sticky, &ev->response);
    return 0;
}

/* --- the kinds ----------------------------------------------------------------------------------
 */

/* Another address to come from: the second one of --interface; on the loopback any of it will do.
 * NULL: there is none. */
static const char *other_address(const struct fanout_sticky *sticky)
{
    const struct fanout_front *front = sticky->front;

    if (front->source_count > 1)
        return front->sources[1];
    return front->source_count == 0 && strncmp(sticky->address, "127.", 4) == 0 ? "127.0.0.2"
                                                                                : NULL;
}

/* Set up the connections of a kind. False: it can't be tried. */
static bool take_kind(struct fanout_sticky *sticky, enum kind kind)
{
    struct fanout_front *front = sticky->front;
    struct connect_options *o = &sticky->connect;
    struct tls_config *tls = &o->dial.tls;

    *o = *front->app->connect;
    o->retry.preset = NULL; /* each is tried once */
    o->dial.interface = fanout_source(front);
    tls->keep = kind == KIND_PLAIN ? sticky->resumption : NULL;
    tls->offer = kind == KIND_SESSION ? sticky->resumption : NULL;
    if (kind == KIND_COOKIE)
        o->handshake.cookie = (const char *)buf_data(&sticky->cookies);
    if (kind == KIND_ADDRESS)
        o->dial.interface = other_address(sticky);
    return kind == KIND_PLAIN || (kind == KIND_COOKIE && sticky->cookies.len > 0) ||
           (kind == KIND_ADDRESS && o->dial.interface) ||
           (kind == KIND_SESSION && tls_resumption_has(sticky->resumption));
}

static void judge(struct fanout_sticky *sticky);

/* 0, or -1 with *e. */
static int begin_kind(struct fanout_sticky *sticky, struct err *e)
{
    struct fanout_front *front = sticky->front;

    while (sticky->kind < KINDS && !take_kind(sticky, sticky->kind))
        sticky->kind++;
    if (sticky->kind == KINDS) {
        judge(sticky);
        return 0;
    }
    sticky->done[sticky->kind] = true;
    front->first = (size_t)sticky->kind * (size_t)front->own->connections;
    front->fleet = fanout_fleet(front, &sticky->connect, e);
    if (!front->fleet)
        return -1;
    fleet_open(front->fleet);
    return 0;
}

void fanout_sticky_settled(struct fanout_front *front)
{
    front->stage = FANOUT_GREETING;
    timer_start(front->step, GREETING_US, fanout_step);
}

/* The first messages are there: end these connections; the next kind follows once they ended. */
void fanout_sticky_step(struct fanout_front *front)
{
    front->stage = FANOUT_OPENING;
    fleet_close(front->fleet, CLOSE_US);
}

void fanout_sticky_ended(struct fanout_front *front)
{
    struct fanout_sticky *sticky = front->sticky;
    struct err e;

    fleet_stop(front->fleet);
    sticky->over[sticky->over_count++] = front->fleet;
    front->fleet = NULL;
    sticky->kind++;
    if (begin_kind(sticky, &e) < 0)
        fanout_give_up(front, &e);
}

/* --- what they showed ---------------------------------------------------------------------------
 */

static struct sticky_try try_of(const struct fanout_sticky *sticky, enum kind kind,
                                const char *home)
{
    struct fanout_front *front = sticky->front;
    size_t count = (size_t)front->own->connections, first = (size_t)kind * count;
    const char *seen[NODES_MAX];
    struct sticky_try t = {.opened = 0};

    for (size_t i = first; sticky->done[kind] && i < first + count; i++) {
        const char *node = fanout_node(front->facts, (uint32_t)i);
        uint32_t at = 0;

        t.opened += front->conns[i].opened;
        t.failed += !front->conns[i].opened;
        if (!node)
            continue;
        t.same += home && strcmp(node, home) == 0;
        while (at < t.nodes && strcmp(seen[at], node) != 0)
            at++;
        if (at == t.nodes && t.nodes < NODES_MAX)
            seen[t.nodes++] = node;
    }
    return t;
}

/* Each handshake takes several requests. */
static bool takes_several(const struct fanout_sticky *sticky)
{
    const struct decode_spec *spec = &sticky->front->app->connect->decode;
    const char *transport = spec->count > 0 ? decode_transport(spec) : NULL;

    return transport && strcmp(transport, "websocket") != 0;
}

static void judge(struct fanout_sticky *sticky)
{
    struct fanout_front *front = sticky->front;
    size_t count = (size_t)front->own->connections;
    const char *home = fanout_node(front->facts, 0);
    struct sticky facts = {
        .plain = try_of(sticky, KIND_PLAIN, home),
        .cookie = try_of(sticky, KIND_COOKIE, home),
        .address = try_of(sticky, KIND_ADDRESS, home),
        .session = try_of(sticky, KIND_SESSION, home),
        .named = home != NULL,
    };

    for (enum kind kind = KIND_PLAIN; kind < KINDS && takes_several(sticky); kind++)
        facts.several += sticky->done[kind] ? (uint32_t)count : 0;
    memcpy(facts.cookie_name, sticky->cookie_name, sizeof facts.cookie_name);
    fanout_sticky(front->facts, &facts);
    /* How clients are spread shows in those that came without anything. */
    for (size_t i = count; i < KINDS * count; i++) {
        if (front->conns[i].opened)
            fanout_closed(front->facts, (uint32_t)i, CLOSE_NORMAL, true, fanout_now(front));
    }
    fanout_finish(front);
}

/* --- life ---------------------------------------------------------------------------------------
 */

int fanout_sticky_begin(struct fanout_front *front, struct err *e)
{
    struct fanout_sticky *sticky = calloc(1, sizeof *sticky);

    front->sticky = sticky;
    if (sticky)
        sticky->resumption = tls_resumption_new();
    if (!sticky || !sticky->resumption)
        return err_nomem(e, STAGE_IO, "starting");
    sticky->front = front;
    buf_init(&sticky->cookies, 64 * 1024);
    return begin_kind(sticky, e);
}

void fanout_sticky_free(struct fanout_sticky *sticky)
{
    if (!sticky)
        return;
    for (size_t i = 0; i < sticky->over_count; i++)
        fleet_free(sticky->over[i]);
    tls_resumption_free(sticky->resumption);
    buf_clear(&sticky->cookies);
    free(sticky);
}
