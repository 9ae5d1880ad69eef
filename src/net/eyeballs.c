#include "net/eyeballs.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/connect_error.h"
#include "net/source.h"
#include "net/timer.h"
#include "net/watch.h"

struct attempt {
    struct eyeballs *race;
    struct watch *watch;
    int fd; /* -1 once it failed or was handed over */
    uint64_t started_us;
};

struct eyeballs {
    struct eyeballs_config config;
    eyeballs_done_fn *done;
    void *ctx;
    uv_loop_t *loop;
    struct timer *timer; /* until the next attempt */
    size_t started;      /* attempts so far; also the index of the next address */
    size_t running;
    bool no_memory; /* for one of the attempts */
    struct attempt *attempts;
    struct connect_attempt *records;
};

static void race_free(struct eyeballs *race)
{
    timer_free(race->timer);
    free(race->attempts);
    free(race->records);
    free(race);
}

/* The outcome of a running attempt is known: stop watching it. The socket stays open. */
static void attempt_stop(struct attempt *a, int errnum)
{
    struct connect_attempt *record = &a->race->records[a - a->race->attempts];

    record->us = clock_mono_us() - a->started_us;
    record->errnum = errnum;
    a->race->running--;
    watch_free(a->watch);
}

static void attempt_drop(struct attempt *a, int errnum)
{
    attempt_stop(a, errnum);
    close(a->fd);
    a->fd = -1;
}

/* Losers are reported with ECANCELED (RFC 8305, section 5: all other attempts are cancelled). */
static void race_stop(struct eyeballs *race)
{
    for (size_t i = 0; i < race->started; i++) {
        if (race->attempts[i].fd >= 0)
            attempt_drop(&race->attempts[i], ECANCELED);
    }
}

static void race_won(struct eyeballs *race, struct attempt *a)
{
    int fd = a->fd;
    size_t winner = (size_t)(a - race->attempts);

    attempt_stop(a, 0);
    a->fd = -1;
    race_stop(race);
    race->done(race->ctx, fd, winner, race->records, race->started, NULL);
    race_free(race);
}

static void race_lost(struct eyeballs *race)
{
    struct err e;

    if (race->no_memory)
        err_nomem(&e, STAGE_CONNECT, "connecting");
    else
        connect_error(race->config.host, race->config.port, race->records, race->started, &e);
    race_stop(race);
    race->done(race->ctx, -1, 0, race->records, race->started, &e);
    race_free(race);
}

/* Bytes that may wait unsent in the kernel before the socket is treated as full. */
#define UNSENT_LOW (128 * 1024)

/* A socket on its way to the address. 0, EINPROGRESS, or the errno of what failed, *fd being -1
 * then. */
static int open_towards(const struct resolve_address *address, const char *interface, int *fd)
{
    const int on = 1, unsent = UNSENT_LOW;
    int rc = 0;
    int s = socket(address->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *fd = -1;
    if (s < 0)
        return errno;
    /* Small frames are sent at once instead of waiting to fill a segment. Unsent data waits here
     * rather than in the kernel's megabytes: a pong after them would arrive too late for a peer
     * that reads slowly. */
    (void)setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef TCP_NOTSENT_LOWAT
    (void)setsockopt(s, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
#endif
    if (interface)
        rc = source_bind(s, interface, address);
    if (rc == 0 && connect(s, (const struct sockaddr *)&address->addr, address->len) != 0)
        rc = errno;
    /* A signal does not stop a connect: it continues (POSIX, connect). */
    if (rc == EINTR)
        rc = EINPROGRESS;
    if (rc != 0 && rc != EINPROGRESS) {
        close(s);
        return rc;
    }
    *fd = s;
    return rc;
}

/* A connection to a free port of this machine can reach itself: the requested port is also the one
 * chosen as local port (simultaneous open, RFC 9293, section 3.5). Nothing listens there. */
static bool met_itself(int fd)
{
    struct sockaddr_storage here, there;
    socklen_t len = sizeof here, peer_len = sizeof there;

    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
    return getsockname(fd, (struct sockaddr *)&here, &len) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &peer_len) == 0 && len == peer_len &&
           memcmp(&here, &there, len) == 0;
}

static void race_step(struct eyeballs *race);

static void on_writable(void *ctx, int status)
{
    struct attempt *a = ctx;
    struct eyeballs *race = a->race;
    int errnum = 0;
    socklen_t len = sizeof errnum;

    if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &errnum, &len) != 0)
        errnum = errno;
    /* libuv reports POLLERR as a status; the socket has the precise error. */
    if (errnum == 0 && status < 0)
        errnum = -status;
    if (errnum == 0 && met_itself(a->fd))
        errnum = ECONNREFUSED;
    if (errnum == 0) {
        race_won(race, a);
        return;
    }
    attempt_drop(a, errnum);
    race_step(race);
}

static void on_delay(void *ctx)
{
    race_step(ctx);
}

/* Begin one attempt: 0: in progress (or established, which the loop reports), -1: it failed
 * already. */
static int attempt_start(struct eyeballs *race)
{
    size_t i = race->started++;
    struct attempt *a = &race->attempts[i];
    const struct resolve_address *address = &race->config.addresses->addresses[i];
    struct err e;
    int rc;

    a->race = race;
    a->started_us = clock_mono_us();
    race->records[i].address = address->text;
    rc = open_towards(address, race->config.interface, &a->fd);
    race->records[i].us = clock_mono_us() - a->started_us;
    race->records[i].errnum = rc == EINPROGRESS ? 0 : rc;
    if (a->fd < 0)
        return -1;
    a->watch = watch_new(race->loop, a->fd, on_writable, a, &e);
    if (!a->watch) {
        race->records[i].errnum = e.errnum;
        race->no_memory = e.errnum == ENOMEM;
        close(a->fd);
        a->fd = -1;
        return -1;
    }
    race->running++;
    watch_set(a->watch, LINK_WRITABLE);
    return 0;
}

/* The delay is over or an attempt has failed: start the next address (RFC 8305, section 5), or find
 * that there is nothing left to wait for. */
static void race_step(struct eyeballs *race)
{
    size_t count = race->config.addresses->count;

    while (race->started < count) {
        if (attempt_start(race) != 0)
            continue;
        if (race->started < count)
            timer_start(race->timer, EYEBALLS_DELAY_MS * 1000, on_delay);
        return;
    }
    timer_stop(race->timer);
    if (race->running == 0)
        race_lost(race);
}

struct eyeballs *eyeballs_start(uv_loop_t *loop, const struct eyeballs_config *config,
                                eyeballs_done_fn *done, void *ctx, struct err *e)
{
    struct eyeballs *race;

    if (source_check(config->interface, e) != 0)
        return NULL;
    race = calloc(1, sizeof *race);
    if (race) {
        race->attempts = calloc(config->addresses->count, sizeof *race->attempts);
        race->records = calloc(config->addresses->count, sizeof *race->records);
        race->timer = timer_new(loop, race);
    }
    if (!race || !race->attempts || !race->records || !race->timer) {
        if (race)
            race_free(race);
        err_nomem(e, STAGE_CONNECT, "connecting");
        return NULL;
    }
    race->config = *config;
    race->done = done;
    race->ctx = ctx;
    race->loop = loop;
    timer_start(race->timer, 0, on_delay);
    return race;
}

void eyeballs_cancel(struct eyeballs *race)
{
    if (!race)
        return;
    race_stop(race);
    race_free(race);
}

bool eyeballs_trying(const struct eyeballs *race)
{
    for (size_t i = 0; i < race->started; i++) {
        if (race->attempts[i].fd >= 0)
            return true;
    }
    return false;
}

void eyeballs_describe(const struct eyeballs *race, char *text, size_t size)
{
    size_t len = 0;

    if (size == 0)
        return;
    text[0] = '\0';
    for (size_t i = 0; i < race->started; i++) {
        int n;

        if (race->attempts[i].fd < 0 || len >= size)
            continue;
        n = snprintf(text + len, size - len, "%s%s port %u", len ? ", " : "",
                     race->records[i].address, race->config.port);
        len += n > 0 ? (size_t)n : 0;
    }
}
