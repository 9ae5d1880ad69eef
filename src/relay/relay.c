#include "relay/relay.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/heap.h"
#include "net/idn.h"
#include "net/reason.h"
#include "relay/relay_private.h"

/* From the end of the last connection until memory is given back: the loop's handles are freed in
 * turns to come, and the next client may be there already. */
#define TRIM_US 100000

/* --- the list -----------------------------------------------------------------------------------
 */

static void update_accepting(struct relay *r)
{
    listener_accept(r->listener, !r->paused && !r->silent && r->count < r->config->max_clients);
}

static void on_idle(void *ctx)
{
    const struct relay *r = ctx;

    if (r->count == 0)
        heap_trim();
}

static void on_bury(void *ctx)
{
    struct relay *r = ctx;

    while (r->dead) {
        struct relay_conn *c = r->dead;

        r->dead = c->next;
        relayed_free(c);
    }
    if (r->count == 0 && !r->freed)
        timer_start(r->bury, TRIM_US, on_idle);
}

void relay_gone(struct relay_conn *c)
{
    struct relay *r = c->relay;

    relayed_ws_count(c, &r->totals);
    if (c->prev)
        c->prev->next = c->next;
    else
        r->first = c->next;
    if (c->next)
        c->next->prev = c->prev;
    else
        r->last = c->prev;
    r->count--;
    c->next = r->dead;
    r->dead = c;
    if (r->freed)
        return;
    timer_start(r->bury, 0, on_bury);
    listener_retry(r->listener);
    update_accepting(r);
}

static bool on_accepted(void *ctx, int fd)
{
    struct relay *r = ctx;
    struct relay_conn *c = relayed_new(r, fd, r->numbers + 1);

    if (!c)
        return false;
    r->numbers++;
    c->prev = r->last;
    if (r->last)
        r->last->next = c;
    else
        r->first = c;
    r->last = c;
    r->count++;
    if (c->refused && r->hooks.refused)
        r->hooks.refused(r->ctx, c);
    update_accepting(r);
    return true;
}

static void on_accept_failed(void *ctx, int errnum)
{
    struct relay *r = ctx;
    char reason[REASON_SIZE];
    struct err e;
    struct event ev = {
        .kind = EVENT_ERROR,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - r->config->start_us,
        .error = &e,
    };

    if (r->full_reported)
        return;
    r->full_reported = true;
    err_set(&e, EXIT_OTHER, STAGE_CONNECT, errnum,
            "no more connections can be accepted while there are %u: %s; new ones wait", r->count,
            reason_text(errnum, reason));
    if (errnum == EMFILE)
        err_hint(&e, "ulimit -Hn is how many files a process may have open; a relayed connection "
                     "takes two");
    bus_emit(r->bus, &ev);
}

struct relay_conn *relay_first(const struct relay *r)
{
    return r->first;
}

struct relay_conn *relay_next(const struct relay_conn *c)
{
    return c->next;
}

struct relay_conn *relay_find(const struct relay *r, uint32_t number)
{
    struct relay_conn *c = r->first;

    while (c && c->number != number)
        c = c->next;
    return c;
}

struct totals relay_totals(const struct relay *r)
{
    struct totals sum = r->totals;

    for (const struct relay_conn *c = r->first; c; c = c->next)
        relayed_ws_count(c, &sum);
    return sum;
}

/* --- what is done to connections ----------------------------------------------------------------
 */

uint32_t relay_conn_number(const struct relay_conn *c)
{
    return c->number;
}

uint32_t relay_conn_client(const struct relay_conn *c)
{
    return c->client;
}

void relay_conn_set_client(struct relay_conn *c, uint32_t client)
{
    c->client = client;
}

const char *relay_conn_address(const struct relay_conn *c)
{
    return c->address;
}

uint64_t relay_conn_first_us(const struct relay_conn *c)
{
    return c->answered ? 0 : c->accepted_us;
}

const char *relay_conn_target(const struct relay_conn *c)
{
    return c->target ? c->target : "";
}

bool relay_conn_is_open(const struct relay_conn *c)
{
    return c->state == CONN_WS && !c->decided;
}

static void silence(struct relay_conn *c, bool silent)
{
    c->legs[0].silent = c->legs[1].silent = silent;
    relayed_flush(c);
}

static void drop_closing(struct relay_conn *c, uint16_t code, struct slice reason)
{
    relayed_ws_close(c, code, reason, LEG_NONE);
    relayed_flush(c);
}

void relay_drop(struct relay_conn *c, enum relay_drop how, uint16_t code, struct slice reason)
{
    const struct slice none = slice_str("");

    if (c->state == CONN_ENDED)
        return;
    if (how == RELAY_DROP_BLACKHOLE) {
        silence(c, true);
    } else if (how == RELAY_DROP_CLOSE && c->state == CONN_WS) {
        drop_closing(c, code, reason);
    } else if (how == RELAY_DROP_RST) {
        relayed_decide(c, LEG_NONE, CLOSE_BY_LOCAL, CLOSE_HOW_RST, CLOSE_ABNORMAL, none);
        relayed_reset(c);
    } else { /* there is no Close frame in HTTP */
        relayed_decide(c, LEG_NONE, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_ABNORMAL, none);
        relayed_end(c);
    }
}

static struct relay_leg *from_of(struct relay_conn *c, enum relay_direction direction)
{
    return direction == RELAY_UP ? relay_leg_client(c) : relay_leg_server(c);
}

int relay_inject(struct relay_conn *c, enum relay_direction direction, enum opcode type,
                 struct slice data)
{
    int r = held_inject(from_of(c, direction), type, data);

    if (c->state == CONN_WS)
        relayed_flush(c);
    return r;
}

void relay_hold(struct relay_conn *c, enum relay_direction direction, unsigned count)
{
    from_of(c, direction)->hold = count ? count : RELAY_HOLD_ALL;
}

unsigned relay_release(struct relay_conn *c, enum relay_direction direction, unsigned count)
{
    struct relay_leg *from = from_of(c, direction);
    unsigned sent;

    if (count == 0)
        from->hold = 0;
    sent = held_release(from, count);
    if (c->state == CONN_WS)
        relayed_flush(c);
    return sent;
}

unsigned relay_held(const struct relay_conn *c, enum relay_direction direction)
{
    return c->legs[direction == RELAY_UP ? 0 : 1].held.count;
}

void relay_expect_changes(struct relay *r)
{
    struct relay_conn *next;

    r->layered = true;
    for (struct relay_conn *c = r->first; c; c = next) {
        next = c->next;
        relayed_ws_add_layers(c);
    }
}

void relay_heal(struct relay_conn *c)
{
    if (c->legs[0].silent)
        silence(c, false);
}

/* --- offline ------------------------------------------------------------------------------------
 */

static void on_online(void *ctx)
{
    relay_online(ctx);
}

void relay_offline(struct relay *r, uint64_t us, bool silent)
{
    struct relay_conn *next;

    r->offline = true;
    r->silent = silent;
    update_accepting(r);
    for (struct relay_conn *c = r->first; c; c = next) {
        next = c->next;
        relay_drop(c, silent ? RELAY_DROP_BLACKHOLE : RELAY_DROP_RST, 0, slice_str(""));
    }
    if (us)
        timer_start(r->online, us, on_online);
    else
        timer_stop(r->online);
}

void relay_online(struct relay *r)
{
    struct relay_conn *next;

    if (!r->offline)
        return;
    r->offline = false;
    timer_stop(r->online);
    /* What became silent does not come back: a peer that still writes there gets an RST. */
    for (struct relay_conn *c = r->first; c && r->silent; c = next) {
        next = c->next;
        c->legs[0].silent = c->legs[1].silent = false;
        relay_drop(c, RELAY_DROP_RST, 0, slice_str(""));
    }
    r->silent = false;
    update_accepting(r);
    if (r->hooks.online)
        r->hooks.online(r->ctx);
}

bool relay_is_offline(const struct relay *r)
{
    return r->offline;
}

void relay_pause(struct relay *r, bool paused)
{
    struct relay_conn *next;

    if (r->paused == paused)
        return;
    r->paused = paused;
    update_accepting(r);
    for (struct relay_conn *c = r->first; c && !paused; c = next) {
        next = c->next;
        relayed_flush(c);
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

/* The host as it was given, for a certificate may name it; the port that was assigned. */
static char *make_url(const struct relay *r)
{
    const char *host = r->config->host;
    bool brackets = strchr(host, ':') != NULL;
    struct buf text;
    char *url = NULL;

    buf_init(&text, 4096);
    if (buf_printf(&text, "%s://%s%s%s:%u", r->tls ? "wss" : "ws", brackets ? "[" : "", host,
                   brackets ? "]" : "", (unsigned)listener_port(r->listener)) == 0)
        url = strndup((const char *)buf_data(&text), text.len);
    buf_clear(&text);
    return url;
}

/* The server's URL, its host as DNS knows it. 0 or -1 with *e. */
static int take_server(struct relay *r, struct err *e)
{
    char *host;

    if (url_copy(&r->server, r->config->identity->url) < 0)
        return err_nomem(e, STAGE_IO, "starting the proxy");
    if (r->server.scheme == URL_UNIX || r->server.ipv6)
        return 0;
    host = idn_to_ascii(r->server.host, e);
    if (!host)
        return -1;
    free(r->server.host);
    r->server.host = host;
    return 0;
}

/* What requests are given. 0 or -1 (memory). */
static int make_head(struct relay *r)
{
    const struct handshake_config *id = r->config->identity;
    struct buf text;

    r->host = url_host_field(&r->server);
    if (!r->host)
        return -1;
    buf_init(&text, 4096);
    if (buf_printf(&text, "http%s://%s", r->server.scheme == URL_WSS ? "s" : "", r->host) == 0)
        r->origin = strndup((const char *)buf_data(&text), text.len);
    buf_clear(&text);
    r->head = (struct head_config){
        .host = r->host,
        .origin = id->origin ? id->origin : r->origin,
        .target = r->server.target,
        .keep_host = r->config->keep_host,
        .headers = id->headers,
        .header_count = id->header_count,
        .authorization = id->authorization,
        .cookie = id->cookie,
    };
    return r->origin ? 0 : -1;
}

static int prepare(struct relay *r, struct err *e)
{
    static const struct listener_hooks hooks = {.accepted = on_accepted,
                                                .failed = on_accept_failed};
    const struct relay_config *config = r->config;

    if (config->cert) {
        r->tls = tls_context_server(config->cert, config->key, e);
        if (!r->tls)
            return -1;
    }
    r->bury = timer_new(r->loop, r);
    r->online = timer_new(r->loop, r);
    if (take_server(r, e) < 0)
        return -1;
    if (!r->bury || !r->online || make_head(r) < 0)
        return err_nomem(e, STAGE_IO, "starting the proxy");
    if (http_shared_init(&r->shared, config->supplies, &config->dial->tls,
                         r->server.scheme == URL_WSS, e) < 0)
        return -1;
    r->listener = listener_new(r->loop, config->host, config->port, &hooks, r, e);
    if (!r->listener)
        return -1;
    r->url = make_url(r);
    return r->url ? 0 : err_nomem(e, STAGE_IO, "starting the proxy");
}

struct relay *relay_new(uv_loop_t *loop, const struct relay_config *config, const struct bus *bus,
                        const struct relay_hooks *hooks, void *ctx, struct err *e)
{
    struct relay *r = calloc(1, sizeof *r);

    if (!r) {
        err_nomem(e, STAGE_IO, "starting the proxy");
        return NULL;
    }
    r->loop = loop;
    r->config = config;
    r->bus = bus;
    r->hooks = *hooks;
    r->ctx = ctx;
    if (prepare(r, e) < 0) {
        relay_free(r);
        return NULL;
    }
    update_accepting(r);
    return r;
}

const char *relay_url(const struct relay *r)
{
    return r->url;
}

void relay_free(struct relay *r)
{
    if (!r)
        return;
    r->freed = true;
    while (r->first)
        relayed_end(r->first);
    on_bury(r);
    listener_free(r->listener);
    timer_free(r->bury);
    timer_free(r->online);
    http_shared_clear(&r->shared);
    tls_context_free(r->tls);
    url_clear(&r->server);
    free(r->host);
    free(r->origin);
    free(r->url);
    free(r);
}
