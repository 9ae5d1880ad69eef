#include "net/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/dial_unix.h"
#include "net/eyeballs.h"
#include "net/resolve.h"

struct dial {
    uv_loop_t *loop;
    const struct dial_config *config;
    const struct dial_target *target;
    struct tls_context *ctx_tls;
    dial_emit_fn *emit;
    dial_done_fn *done;
    void *ctx;

    enum stage stage;
    uint64_t stage_us; /* when it began */
    unsigned handles;  /* not yet closed; the memory goes with the last */
    uv_timer_t timer;  /* the start, and retries of a busy unix socket */
    uv_poll_t poll;    /* of the TLS handshake */
    bool polling;      /* poll is open */

    struct resolve_query query;
    struct resolve *question;
    struct resolve_list addresses;
    struct eyeballs *race;
    char peer[INET6_ADDRSTRLEN + IF_NAMESIZE + 1]; /* whom TLS is spoken with */
    struct link *link;
};

static void dial_free(struct dial *d)
{
    resolve_list_clear(&d->addresses);
    free(d);
}

static void on_closed(uv_handle_t *handle)
{
    struct dial *d = handle->data;

    if (--d->handles == 0)
        dial_free(d);
}

/* Stop everything; what was not handed over is closed. */
static void dial_stop(struct dial *d)
{
    resolve_cancel(d->question);
    eyeballs_cancel(d->race);
    d->question = NULL;
    d->race = NULL;
    if (d->polling)
        uv_close((uv_handle_t *)&d->poll, on_closed);
    d->polling = false;
    link_free(d->link);
    d->link = NULL;
    uv_close((uv_handle_t *)&d->timer, on_closed);
}

static void dial_fail(struct dial *d, const struct err *e)
{
    dial_stop(d);
    d->done(d->ctx, NULL, e);
}

static void dial_succeed(struct dial *d)
{
    struct link *link = d->link;
    struct err e;

    d->link = NULL;
    dial_stop(d);
    err_clear(&e);
    d->done(d->ctx, link, &e);
}

static uint64_t stage_begin(struct dial *d, enum stage stage)
{
    d->stage = stage;
    d->stage_us = clock_mono_us();
    return d->stage_us;
}

static uint64_t stage_took(const struct dial *d)
{
    return clock_mono_us() - d->stage_us;
}

static int poll_events(int link_wants)
{
    return (link_wants & LINK_READABLE ? UV_READABLE : 0) |
           (link_wants & LINK_WRITABLE ? UV_WRITABLE : 0);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void tls_step(struct dial *d)
{
    struct event ev = {.kind = EVENT_TLS};
    struct err e;
    int rc;

    err_clear(&e);
    rc = link_connect(d->link, &e);
    if (rc == LINK_AGAIN) {
        int uv_rc =
            uv_poll_start(&d->poll, poll_events(link_events(d->link, true, false)), on_ready);

        if (uv_rc == 0)
            return;
        err_set(&e, EXIT_OTHER, STAGE_TLS, -uv_rc, "can't watch the connection: %s",
                uv_err_name(uv_rc));
        rc = LINK_FAILED;
    }
    if (rc != 0) {
        dial_fail(d, &e);
        return;
    }
    link_tls_describe(d->link, &ev.tls);
    ev.tls.us = stage_took(d);
    d->emit(d->ctx, &ev);
    dial_succeed(d);
}

/* A status (libuv's word for POLLERR) is found again by the read that follows, with its errno. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    tls_step(poll->data);
}

static void tls_start(struct dial *d)
{
    struct link *tls;
    struct err e;
    int rc;

    stage_begin(d, STAGE_TLS);
    tls = link_tls_client(d->link, d->ctx_tls, d->target->host, &e);
    if (!tls) {
        dial_fail(d, &e);
        return;
    }
    d->link = tls;
    rc = uv_poll_init(d->loop, &d->poll, tls->fd);
    if (rc != 0) {
        err_set(&e, EXIT_OTHER, STAGE_TLS, -rc, "can't watch the connection: %s", uv_err_name(rc));
        dial_fail(d, &e);
        return;
    }
    d->poll.data = d;
    d->polling = true;
    d->handles++;
    tls_step(d);
}

/* "ADDRESS:PORT" of this end, IPv6 in brackets. */
static void local_text(int fd, char *text, size_t size)
{
    struct sockaddr_storage addr;
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

/* The socket is connected: take it, tell of it, go on with TLS or be done. */
static void connected(struct dial *d, int fd, const char *address, uint16_t port,
                      const struct connect_attempt *attempts, size_t count)
{
    char local[INET6_ADDRSTRLEN + 16];
    struct event ev = {.kind = EVENT_CONNECT};
    struct err e;

    d->link = link_tcp_new(fd);
    if (!d->link) {
        close(fd);
        err_nomem(&e, STAGE_CONNECT, "connecting");
        dial_fail(d, &e);
        return;
    }
    local_text(fd, local, sizeof local);
    ev.connect.address = address;
    ev.connect.port = port;
    ev.connect.local = local;
    ev.connect.us = stage_took(d);
    ev.connect.attempts = attempts;
    ev.connect.attempt_count = count;
    d->emit(d->ctx, &ev);
    if (d->target->secure)
        tls_start(d);
    else
        dial_succeed(d);
}

static void on_race_over(void *ctx, int fd, size_t winner, const struct connect_attempt *attempts,
                         size_t count, const struct err *e)
{
    struct dial *d = ctx;

    d->race = NULL;
    if (fd < 0) {
        dial_fail(d, e);
        return;
    }
    snprintf(d->peer, sizeof d->peer, "%s", attempts[winner].address);
    connected(d, fd, attempts[winner].address, d->target->port, attempts, count);
}

/* Takes the list. */
static void resolved(struct dial *d, struct resolve_list *list)
{
    struct event ev = {.kind = EVENT_RESOLVE};
    struct eyeballs_config config = {.host = d->target->host,
                                     .port = d->target->port,
                                     .addresses = &d->addresses,
                                     .interface = d->config->interface};
    const char **texts = calloc(list->count, sizeof *texts);
    struct err e;

    d->addresses = *list;
    if (!texts) {
        err_nomem(&e, STAGE_RESOLVE, "resolving a name");
        dial_fail(d, &e);
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        texts[i] = list->addresses[i].text;
    ev.resolve.host = d->target->host;
    ev.resolve.addresses = texts;
    ev.resolve.count = list->count;
    ev.resolve.us = stage_took(d);
    d->emit(d->ctx, &ev);
    free(texts);

    stage_begin(d, STAGE_CONNECT);
    d->race = eyeballs_start(d->loop, &config, on_race_over, d, &e);
    if (!d->race)
        dial_fail(d, &e);
}

static void on_resolved(void *ctx, struct resolve_list *list, const struct err *e)
{
    struct dial *d = ctx;

    d->question = NULL;
    if (list)
        resolved(d, list);
    else
        dial_fail(d, e);
}

static void resolve_step(struct dial *d)
{
    struct resolve_list list;
    struct err e;
    int rc;

    stage_begin(d, STAGE_RESOLVE);
    d->query = (struct resolve_query){.host = d->target->host,
                                      .zone = d->target->zone,
                                      .port = d->target->port,
                                      .family = d->config->family,
                                      .overrides = d->config->resolve,
                                      .override_count = d->config->resolve_count};
    rc = resolve_start(d->loop, &d->query, &list, &d->question, on_resolved, d, &e);
    if (rc < 0)
        dial_fail(d, &e);
    else if (rc > 0)
        resolved(d, &list);
}

static void unix_step(struct dial *d);

static void on_timer(uv_timer_t *timer)
{
    struct dial *d = timer->data;

    if (d->target->socket_path)
        unix_step(d);
    else
        resolve_step(d);
}

static void unix_step(struct dial *d)
{
    struct connect_attempt attempt = {.address = d->target->socket_path};
    struct err e;
    int fd = dial_unix(d->target->socket_path, &e);

    if (fd == LINK_AGAIN) {
        uv_timer_start(&d->timer, on_timer, DIAL_UNIX_RETRY_MS, 0);
        return;
    }
    if (fd < 0) {
        dial_fail(d, &e);
        return;
    }
    attempt.us = stage_took(d);
    connected(d, fd, d->target->socket_path, 0, &attempt, 1);
}

struct dial *dial_start(uv_loop_t *loop, const struct dial_config *config,
                        const struct dial_target *target, struct tls_context *ctx_tls,
                        dial_emit_fn *emit, dial_done_fn *done, void *ctx, struct err *e)
{
    struct dial *d = calloc(1, sizeof *d);

    if (!d) {
        err_nomem(e, STAGE_CONNECT, "connecting");
        return NULL;
    }
    d->loop = loop;
    d->config = config;
    d->target = target;
    d->ctx_tls = ctx_tls;
    d->emit = emit;
    d->done = done;
    d->ctx = ctx;
    stage_begin(d, target->socket_path ? STAGE_CONNECT : STAGE_RESOLVE);
    uv_timer_init(loop, &d->timer);
    d->timer.data = d;
    d->handles = 1;
    /* By way of the loop: nothing is called back before the caller has its pointer. */
    uv_timer_start(&d->timer, on_timer, 0, 0);
    return d;
}

static void describe(const struct dial *d, char *what, size_t size)
{
    if (size == 0)
        return;
    if (d->target->socket_path)
        snprintf(what, size, "the unix socket %s", d->target->socket_path);
    else if (d->stage == STAGE_TLS)
        snprintf(what, size, "%s port %u", d->peer, d->target->port);
    else if (d->race)
        eyeballs_describe(d->race, what, size);
    else
        snprintf(what, size, "\"%s\"", d->target->host);
}

void dial_cancel(struct dial *d, enum stage *stage, char *what, size_t size)
{
    *stage = d->stage;
    describe(d, what, size);
    dial_stop(d);
}
