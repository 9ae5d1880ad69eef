#include "app/fleet.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/timer.h"

/* --max-message if none is given. */
#define MAX_MESSAGE (1024 * 1024)
/* Attempts under way at a time: no more than what the queue of a listening socket usually holds. */
#define UNDER_WAY_MAX 128

/* What the fleet itself follows. */
#define WANTS (EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_RETRY))

struct member {
    struct sink watch;
    struct fleet *fleet;
    struct session *session;
    bool open;
    bool decided; /* its first attempt is */
    bool over;    /* no connection, and none will be */
    struct bus bus;
    struct fault_rig faults;
};

struct fleet {
    struct fleet_config config;
    struct fleet_hooks hooks;
    uv_loop_t *loop;
    struct target *target;
    struct timer *opening;   /* the next to open, */
    struct timer *reporting; /* and the hooks that are not called inside a session */
    uint64_t began_us;
    size_t begun, decided, open, over;
    bool settled, ended, stopped;
    struct member members[];
};

/* --- opening ------------------------------------------------------------------------------------
 */

static void step(void *ctx);

static void report(void *ctx)
{
    struct fleet *f = ctx;

    if (!f->settled && f->decided == f->config.count) {
        f->settled = true;
        if (f->hooks.settled)
            f->hooks.settled(f->hooks.ctx);
    }
    if (!f->ended && f->over == f->config.count) {
        f->ended = true;
        if (f->hooks.ended)
            f->hooks.ended(f->hooks.ctx);
    }
}

/* More can be opened now, or something is to be reported: not inside a session. */
static void look_soon(struct fleet *f)
{
    if (f->stopped)
        return;
    if (f->begun < f->config.count && f->config.per_second <= 0)
        timer_start(f->opening, 0, step);
    if (f->decided == f->config.count)
        timer_start(f->reporting, 0, report);
}

static void decide(struct member *m)
{
    if (m->decided)
        return;
    m->decided = true;
    m->fleet->decided++;
    look_soon(m->fleet);
}

static void end(struct member *m)
{
    if (m->over)
        return;
    m->over = true;
    m->fleet->over++;
    decide(m);
    look_soon(m->fleet);
}

static void begin_next(struct fleet *f)
{
    struct member *m = &f->members[f->begun++];

    if (session_open(m->session) < 0)
        end(m);
}

/* How many may have been begun by now; *wait_us: until one more may. */
static size_t due(const struct fleet *f, uint64_t *wait_us)
{
    double passed = (double)(clock_mono_us() - f->began_us) / 1e6;
    double count = passed * f->config.per_second + 1;

    *wait_us = 0;
    if (f->config.per_second <= 0)
        return f->decided + UNDER_WAY_MAX;
    if (count >= (double)f->config.count)
        return f->config.count;
    *wait_us = (uint64_t)(((double)(size_t)count / f->config.per_second - passed) * 1e6) + 1;
    return (size_t)count;
}

static void step(void *ctx)
{
    struct fleet *f = ctx;
    uint64_t wait_us;
    size_t until = due(f, &wait_us);

    while (f->begun < f->config.count && f->begun < until)
        begin_next(f);
    if (f->begun < f->config.count && wait_us > 0)
        timer_start(f->opening, wait_us, step);
}

void fleet_open(struct fleet *f)
{
    f->began_us = clock_mono_us();
    timer_start(f->opening, 0, step);
}

/* --- events -------------------------------------------------------------------------------------
 */

static void set_open(struct member *m, bool open)
{
    if (m->open != open)
        m->fleet->open += open ? 1 : (size_t)-1;
    m->open = open;
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct member *m = (struct member *)sink;
    struct fleet *f = m->fleet;

    if (ev->kind == EVENT_CLOSE)
        set_open(m, false);
    if (f->config.wants & EVENT_BIT(ev->kind))
        f->hooks.event(f->hooks.ctx, (size_t)(m - f->members), ev);
    if (ev->kind == EVENT_RETRY)
        decide(m);
}

/* Also after the handshake of the protocol above the messages. */
static void on_opened(void *ctx)
{
    struct member *m = ctx;
    struct fleet *f = m->fleet;

    set_open(m, true);
    if (f->hooks.opened)
        f->hooks.opened(f->hooks.ctx, (size_t)(m - f->members));
    decide(m);
}

static void on_ended(void *ctx)
{
    end(ctx);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int make(struct fleet *f, size_t i, struct err *e)
{
    struct member *m = &f->members[i];
    const struct session_hooks hooks = {on_opened, NULL, on_ended, m};
    struct session_config config = f->target->config;

    m->fleet = f;
    bus_init(&m->bus);
    m->watch = (struct sink){f->config.wants | WANTS | SINK_INCOMING_ONLY, on_event, NULL};
    if (bus_add(&m->bus, &m->watch) < 0)
        return err_nomem(e, STAGE_IO, "starting");
    if ((i == 0 ? fault_rig_init(&m->faults, f->loop, f->config.fault, false, &m->bus,
                                 f->config.start_us, e)
                : fault_rig_init_like(&m->faults, &f->members[0].faults, i, f->loop,
                                      f->config.fault, &m->bus, e)) < 0)
        return -1;
    config.faults = m->faults.faults;
    config.seed = m->faults.seed;
    if (f->config.source_count > 0)
        config.ws.dial.interface = f->config.sources[i % f->config.source_count];
    m->session = session_new(f->loop, &config, &m->bus, &hooks, e);
    return m->session ? 0 : -1;
}

struct fleet *fleet_new(struct app_loop *loop, const struct fleet_config *config,
                        const struct fleet_hooks *hooks, struct err *e)
{
    struct fleet *f = calloc(1, sizeof *f + config->count * sizeof f->members[0]);

    err_nomem(e, STAGE_IO, "starting");
    if (!f)
        return NULL;
    f->config = *config;
    f->hooks = *hooks;
    f->loop = &loop->uv;
    f->opening = timer_new(f->loop, f);
    f->reporting = timer_new(f->loop, f);
    f->target = f->opening && f->reporting
                    ? target_new(config->connect, NULL, config->connect->http.channel,
                                 config->start_us, MAX_MESSAGE, e)
                    : NULL;
    if (f->target) {
        size_t made = 0;

        f->target->config.supplies = &loop->supplies;
        f->target->config.account = (struct account_config){0};
        while (made < config->count && make(f, made, e) == 0)
            made++;
        if (made == config->count)
            return f;
    }
    fleet_stop(f);
    fleet_free(f);
    return NULL;
}

int fleet_watch(struct fleet *f, size_t i, struct sink *sink)
{
    return bus_add(&f->members[i].bus, sink);
}

static void begin_no_more(struct fleet *f)
{
    timer_stop(f->opening);
    while (f->begun < f->config.count)
        end(&f->members[f->begun++]);
}

void fleet_close(struct fleet *f, uint64_t timeout_us)
{
    begin_no_more(f);
    for (size_t i = 0; i < f->config.count; i++) {
        session_discard(f->members[i].session);
        session_close(f->members[i].session, CLOSE_NORMAL, "", timeout_us, ASKED_ENOUGH);
    }
}

void fleet_stop(struct fleet *f)
{
    if (!f || f->stopped)
        return;
    f->stopped = true;
    timer_free(f->opening);
    timer_free(f->reporting);
    for (size_t i = 0; i < f->config.count; i++) {
        session_free(f->members[i].session);
        f->members[i].session = NULL;
        fault_rig_clear(&f->members[i].faults);
    }
}

void fleet_free(struct fleet *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->config.count; i++)
        bus_clear(&f->members[i].bus);
    target_free(f->target);
    free(f);
}

/* --- asking and sending -------------------------------------------------------------------------
 */

size_t fleet_count(const struct fleet *f)
{
    return f->config.count;
}

size_t fleet_open_count(const struct fleet *f)
{
    return f->open;
}

size_t fleet_begun_count(const struct fleet *f)
{
    return f->begun;
}

bool fleet_is_open(const struct fleet *f, size_t i)
{
    return f->members[i].open;
}

bool fleet_is_over(const struct fleet *f, size_t i)
{
    return f->members[i].over;
}

int fleet_say(struct fleet *f, size_t i, struct slice text, struct err *e)
{
    struct session *s = f->members[i].session;
    int r;

    if (session_speaks(s))
        return session_encode(s, DECODE_TYPED, text, e);
    r = session_send(s, OPCODE_TEXT, text, true, true);
    if (r == SEND_FAILED)
        err_nomem(e, STAGE_IO, "sending a message");
    else if (r < 0)
        err_set(e, EXIT_LOST, STAGE_IO, 0, "the message could not be sent: no connection is open");
    return r;
}
