#include "serve/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/heap.h"
#include "net/crypto.h"
#include "net/listener.h"
#include "net/reason.h"
#include "serve/chat.h"
#include "serve/client.h"
#include "serve/feed_service.h"
#include "serve/pubsub.h"

/* Clients beyond the limit that are being sent away; more wait in the kernel's queue. */
#define CROWD_MAX 64
/* The memory of fewer clients may stay with the process. */
#define CREST_MIN 32

struct server {
    struct client_host host; /* first: clients know this part alone */
    const struct server_config *config;
    char *url;
    struct listener *listener;
    struct timer *deadline; /* of server_stop */
    bool freed;

    struct client *first;
    unsigned clients, crowd; /* in the list: those with a place, those sent away */
    unsigned crest;          /* the most clients since memory was last returned */
    uint32_t numbers;        /* given out */
    bool full_reported;      /* that no more can be accepted was reported */

    bool stopping;
    bool late; /* clients had their time */
    void (*done)(void *ctx);
    void *done_ctx;
};

/* --- accepting ----------------------------------------------------------------------------------
 */

/* As long as there is someone to send away at least, and room to do so. */
static void update_accepting(struct server *s)
{
    bool settled = !s->host.pubsub || pubsub_is_settled(s->host.pubsub);

    listener_accept(s->listener,
                    settled && !s->stopping && !s->host.paused && s->crowd < CROWD_MAX);
}

static void accept_failed(void *ctx, int errnum)
{
    struct server *s = ctx;
    struct err e;
    struct event ev = {
        .kind = EVENT_ERROR,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - s->host.start_us,
        .error = &e,
    };
    char reason[REASON_SIZE];

    if (s->full_reported)
        return;
    s->full_reported = true;
    err_set(&e, EXIT_OTHER, STAGE_CONNECT, errnum,
            "no more clients can be accepted while %u are connected: %s; new ones wait", s->clients,
            reason_text(errnum, reason));
    if (errnum == EMFILE)
        err_hint(&e, "ulimit -Hn is how many files a process may have open");
    bus_emit(s->host.bus, &ev);
}

static bool add_client(void *ctx, int fd)
{
    struct server *s = ctx;
    bool crowded = s->clients >= s->config->max_clients;
    struct client *c = client_new(&s->host, fd, s->numbers + 1, crowded);

    if (!c)
        return false;
    s->numbers++;
    c->next = s->first;
    if (s->first)
        s->first->prev = c;
    s->first = c;
    if (crowded)
        s->crowd++;
    else
        s->clients++;
    if (s->crest < s->clients)
        s->crest = s->clients;
    update_accepting(s);
    return true;
}

/* The host as given, because a certificate may name it; the port in use. */
static char *make_url(const struct server *s)
{
    bool brackets = strchr(s->config->host, ':') != NULL;
    struct buf text;
    char *url = NULL;

    buf_init(&text, 4096);
    if (buf_printf(&text, "%s://%s%s%s:%u", s->host.tls ? "wss" : "ws", brackets ? "[" : "",
                   s->config->host, brackets ? "]" : "", (unsigned)listener_port(s->listener)) == 0)
        url = strndup((const char *)buf_data(&text), text.len);
    buf_clear(&text);
    return url;
}

/* --- the end ------------------------------------------------------------------------------------
 */

/* Always from the loop, never under the feet of a client that is just ending. */
static void on_done(void *ctx)
{
    struct server *s = ctx;
    void (*done)(void *ctx) = s->done;

    s->done = NULL;
    if (done && s->host.pubsub)
        pubsub_stop(s->host.pubsub);
    if (done)
        done(s->done_ctx);
}

static void check_done(struct server *s)
{
    bool passed_on = !s->host.pubsub || s->late || pubsub_is_idle(s->host.pubsub);

    if (s->stopping && !s->first && s->done && passed_on)
        timer_start(s->deadline, 0, on_done);
}

static void abort_all(struct server *s)
{
    while (s->first)
        client_abort(s->first);
}

static void on_deadline(void *ctx)
{
    struct server *s = ctx;

    s->late = true;
    abort_all(s);
    check_done(s);
}

static void on_pubsub(void *ctx)
{
    struct server *s = ctx;

    if (s->freed)
        return;
    update_accepting(s);
    check_done(s);
}

/* Each time half of the clients have left, so that the cost for each of them is small. */
static void return_memory(struct server *s)
{
    if (s->crest < CREST_MIN || s->clients > s->crest / 2)
        return;
    heap_trim();
    s->crest = s->clients;
}

static void on_gone(struct client_host *host, struct client *c)
{
    struct server *s = (struct server *)host;

    if (c->next)
        c->next->prev = c->prev;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->first = c->next;
    if (c->crowded)
        s->crowd--;
    else
        s->clients--;
    if (s->freed)
        return;
    return_memory(s);
    listener_retry(s->listener); /* it left a descriptor */
    update_accepting(s);
    check_done(s);
}

void server_stop(struct server *s, unsigned timeout_ms, void (*done)(void *ctx), void *ctx)
{
    bool again = s->stopping;
    struct client *next;

    s->stopping = true;
    s->done = done;
    s->done_ctx = ctx;
    update_accepting(s);
    server_pause(s, false);
    if (again) {
        s->late = true;
        abort_all(s);
    } else {
        timer_start(s->deadline, timeout_ms * UINT64_C(1000), on_deadline);
        for (struct client *c = s->first; c; c = next) {
            next = c->next;
            client_close(c, CLOSE_GOING_AWAY, "", timeout_ms);
        }
    }
    check_done(s);
}

void server_pause(struct server *s, bool paused)
{
    struct client *next;

    if (s->host.paused == paused)
        return;
    s->host.paused = paused;
    for (struct client *c = s->first; c; c = next) {
        next = c->next;
        client_pause_changed(c);
    }
    feed_service_pause_changed(s->host.feed);
    if (s->host.pubsub)
        pubsub_pause_changed(s->host.pubsub);
    update_accepting(s);
}

/* --- life ---------------------------------------------------------------------------------------
 */

/* The clients are gone. */
static void release(struct server *s)
{
    pubsub_free(s->host.pubsub);
    feed_service_free(s->host.feed);
    chat_free(s->host.chat);
    listener_free(s->listener);
    timer_free(s->deadline);
    tls_context_free(s->host.tls);
    free(s->url);
    free(s);
}

static int prepare(struct server *s, struct err *e)
{
    static const struct listener_hooks hooks = {.accepted = add_client, .failed = accept_failed};
    const struct server_config *config = s->config;

    if (config->cert) {
        s->host.tls = tls_context_server(config->cert, config->key, e);
        if (!s->host.tls)
            return -1;
    }
    s->listener = listener_new(s->host.loop, config->host, config->port, &hooks, s, e);
    if (!s->listener)
        return -1;
    s->url = make_url(s);
    s->host.feed =
        s->url ? feed_service_new(&s->host, config->rate, config->burst, config->node) : NULL;
    s->deadline = timer_new(s->host.loop, s);
    s->host.chat = chat_new();
    if (!s->host.feed || !s->host.chat || !s->deadline)
        return err_nomem(e, STAGE_IO, "starting the server");
    s->host.pages = (struct pages){.url = s->url,
                                   .origins = config->origins,
                                   .origin_count = config->origin_count,
                                   .path = config->path,
                                   .node = config->node};
    if (!config->pubsub)
        return 0;
    s->host.pubsub = pubsub_new(&s->host, config->pubsub, on_pubsub, s, e);
    return s->host.pubsub ? 0 : -1;
}

struct server_config server_config_own(double rate, unsigned max_clients, struct supplies *supplies,
                                       uint64_t start_us)
{
    return (struct server_config){.host = "127.0.0.1",
                                  .rate = rate,
                                  .burst = 1,
                                  .max_clients = max_clients,
                                  .supplies = supplies,
                                  .start_us = start_us};
}

struct server *server_new(uv_loop_t *loop, const struct server_config *config,
                          const struct bus *bus, struct err *e)
{
    struct server *s = calloc(1, sizeof *s);

    if (!s) {
        err_nomem(e, STAGE_IO, "starting the server");
        return NULL;
    }
    s->host = (struct client_host){.loop = loop,
                                   .bus = bus,
                                   .supplies = config->supplies,
                                   .faults = config->faults,
                                   .decode = config->decode,
                                   .start_us = config->start_us,
                                   .gone = on_gone};
    s->config = config;
    if (prepare(s, e) < 0) {
        release(s);
        return NULL;
    }
    update_accepting(s);
    return s;
}

const char *server_url(const struct server *s)
{
    return s->url;
}

unsigned server_open(const struct server *s)
{
    return s->host.open;
}

unsigned server_broadcast(struct server *s, enum opcode type, struct slice text)
{
    unsigned taken = 0;
    struct client *next;

    for (struct client *c = s->first; c; c = next) {
        next = c->next;
        taken += client_send_aside(c, type, text);
    }
    return taken;
}

struct totals server_totals(const struct server *s)
{
    struct totals sum = s->host.totals;

    for (const struct client *c = s->first; c; c = c->next)
        client_count(c, &sum);
    return sum;
}

void server_free(struct server *s)
{
    if (!s || s->freed)
        return;
    s->freed = true;
    s->stopping = true;
    abort_all(s);
    release(s);
}
