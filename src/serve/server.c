#include "serve/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/heap.h"
#include "net/crypto.h"
#include "net/reason.h"
#include "net/watch.h"
#include "serve/client.h"
#include "serve/feed_service.h"

#define BACKLOG 1024
/* Connections that a turn of the loop accepts before others get theirs. */
#define ACCEPTS_PER_TURN 64
/* Clients beyond the limit that are being sent away; more wait in the kernel's queue. */
#define CROWD_MAX 64
/* When accept failed for want of descriptors or memory. */
#define RETRY_MS 500
/* The memory of fewer clients may stay with the process. */
#define CREST_MIN 32

struct server {
    struct client_host host; /* first: clients know this part alone */
    const struct server_config *config;
    char *url;
    int fd;
    struct watch *listener;
    bool accepting;
    struct timer *retry;    /* accept again */
    struct timer *deadline; /* of server_stop */
    bool freed;

    struct client *first;
    unsigned clients, crowd; /* in the list: those with a place, those sent away */
    unsigned crest;          /* the most clients since memory was last returned */
    uint32_t numbers;        /* given out */
    bool told_full;          /* that no more can be accepted was said */

    bool stopping;
    void (*done)(void *ctx);
    void *done_ctx;
};

/* --- accepting ----------------------------------------------------------------------------------
 */

/* Listen as long as there is someone to send away at least, and room to do so. */
static void update_accepting(struct server *s)
{
    bool accept = !s->stopping && !s->host.paused && s->crowd < CROWD_MAX && !timer_runs(s->retry);

    if (accept == s->accepting || s->fd < 0)
        return;
    s->accepting = accept;
    watch_set(s->listener, accept ? LINK_READABLE : 0);
}

static void on_retry(void *ctx)
{
    update_accepting(ctx);
}

/* No descriptor is left, or no memory: the connections wait in the kernel's queue. Trying at once
 * would only burn time. */
static void accept_failed(struct server *s, int errnum)
{
    struct err e;
    struct event ev = {
        .kind = EVENT_ERROR,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - s->host.start_us,
        .error = &e,
    };
    char reason[REASON_SIZE];

    timer_start(s->retry, RETRY_MS * 1000, on_retry);
    if (s->told_full)
        return;
    s->told_full = true;
    err_set(&e, EXIT_OTHER, STAGE_CONNECT, errnum,
            "no more clients can be accepted while %u are connected: %s; new ones wait", s->clients,
            reason_text(errnum, reason));
    if (errnum == EMFILE)
        err_hint(&e, "ulimit -Hn is how many files a process may have open");
    bus_emit(s->host.bus, &ev);
}

static void add_client(struct server *s, int fd)
{
    bool crowded = s->clients >= s->config->max_clients;
    struct client *c = client_new(&s->host, fd, s->numbers + 1, crowded);

    if (!c) {
        accept_failed(s, ENOMEM);
        return;
    }
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
}

static void on_connection(void *ctx, int status)
{
    struct server *s = ctx;

    (void)status; /* accept says why */
    for (int i = 0; i < ACCEPTS_PER_TURN && s->crowd < CROWD_MAX; i++) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            add_client(s, fd);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            accept_failed(s, errno);
            break;
        }
        /* Anything else concerns that one connection, which has gone again (accept(2)). */
    }
    update_accepting(s);
}

/* --- listening ----------------------------------------------------------------------------------
 */

static void listen_hint(struct err *e, int errnum)
{
    if (errnum == EADDRINUSE)
        err_hint(e, "another program listens there; port 0 takes any free one");
    else if (errnum == EACCES)
        err_hint(e, "ports below 1024 are for root: take a higher one, or 0 for any free one");
    else if (errnum == EADDRNOTAVAIL)
        err_hint(e, "it is not an address of this machine: 127.0.0.1 is for this machine alone, "
                    "0.0.0.0 for all its addresses");
}

/* A socket that listens, or -1 with errno. */
static int listen_on(const struct addrinfo *a)
{
    const int on = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int errnum;

    if (fd < 0)
        return -1;
    /* The port may be taken again while connections of an earlier run are in TIME_WAIT. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

static int open_listener(struct server *s, struct err *e)
{
    const struct server_config *config = s->config;
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    uv_getaddrinfo_t question;
    char port[8], reason[REASON_SIZE];
    int r, errnum = 0;

    snprintf(port, sizeof port, "%u", (unsigned)config->port);
    /* There is nothing else to do meanwhile: without a callback the answer is waited for. */
    r = uv_getaddrinfo(s->host.loop, &question, NULL, config->host, port, &hints);
    if (r < 0) {
        err_set(e, EXIT_CONNECT, STAGE_RESOLVE, 0, "can't listen on \"%s\": %s", config->host,
                uv_strerror(r));
        err_hint(e, "an address of this machine is wanted, as 127.0.0.1 or localhost");
        return -1;
    }
    for (const struct addrinfo *a = question.addrinfo; a && s->fd < 0; a = a->ai_next) {
        s->fd = listen_on(a);
        if (s->fd < 0)
            errnum = errno;
    }
    uv_freeaddrinfo(question.addrinfo);
    if (s->fd >= 0)
        return 0;
    err_set(e, EXIT_CONNECT, STAGE_CONNECT, errnum, "can't listen on %s, port %s: %s", config->host,
            port, reason_text(errnum, reason));
    listen_hint(e, errnum);
    return -1;
}

/* The host as it was given, for a certificate may name it; the port that it came to. */
static char *make_url(const struct server *s)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
    } at = {0};
    socklen_t len = sizeof at;
    bool brackets = strchr(s->config->host, ':') != NULL;
    uint16_t port = s->config->port;
    struct buf text;
    char *url = NULL;

    if (getsockname(s->fd, &at.any, &len) == 0)
        port = ntohs(at.any.sa_family == AF_INET6 ? at.in6.sin6_port : at.in4.sin_port);
    buf_init(&text, 4096);
    if (buf_printf(&text, "%s://%s%s%s:%u", s->host.tls ? "wss" : "ws", brackets ? "[" : "",
                   s->config->host, brackets ? "]" : "", (unsigned)port) == 0)
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
    if (done)
        done(s->done_ctx);
}

static void check_done(struct server *s)
{
    if (s->stopping && !s->first && s->done)
        timer_start(s->deadline, 0, on_done);
}

static void abort_all(struct server *s)
{
    while (s->first)
        client_abort(s->first);
}

static void on_deadline(void *ctx)
{
    abort_all(ctx);
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
    timer_stop(s->retry); /* it left a descriptor */
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
    update_accepting(s);
}

/* --- life ---------------------------------------------------------------------------------------
 */

/* The clients are gone. */
static void release(struct server *s)
{
    feed_service_free(s->host.feed);
    watch_free(s->listener);
    timer_free(s->retry);
    timer_free(s->deadline);
    if (s->fd >= 0)
        close(s->fd);
    tls_context_free(s->host.tls);
    free(s->url);
    free(s);
}

static int prepare(struct server *s, struct err *e)
{
    const struct server_config *config = s->config;

    if (config->cert) {
        s->host.tls = tls_context_server(config->cert, config->key, e);
        if (!s->host.tls)
            return -1;
    }
    if (open_listener(s, e) < 0)
        return -1;
    s->url = make_url(s);
    s->host.feed = s->url ? feed_service_new(&s->host, config->rate, config->burst) : NULL;
    s->retry = timer_new(s->host.loop, s);
    s->deadline = timer_new(s->host.loop, s);
    if (!s->host.feed || !s->retry || !s->deadline)
        return err_nomem(e, STAGE_IO, "starting the server");
    s->listener = watch_new(s->host.loop, s->fd, on_connection, s, e);
    if (!s->listener)
        return -1;
    s->host.pages = (struct pages){.url = s->url,
                                   .origins = config->origins,
                                   .origin_count = config->origin_count,
                                   .path = config->path};
    return 0;
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
                                   .start_us = config->start_us,
                                   .gone = on_gone};
    s->config = config;
    s->fd = -1;
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
