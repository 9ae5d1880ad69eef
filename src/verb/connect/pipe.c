#include "verb/connect/pipe.h"

#include <regex.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/app.h"
#include "app/fault_rig.h"
#include "app/feeder.h"
#include "app/session_setup.h"
#include "app/views.h"
#include "base/clock.h"
#include "event/stamp.h"

/* --max-message if none is given: pipes stream, so this is only a limit against the absurd. */
#define MAX_MESSAGE (1024ull * 1024 * 1024)
/* With --echo, bytes that may wait to be sent back while more is read: a peer may write a whole
 * message before it reads. */
#define ECHO_MAX (64ull * 1024 * 1024)
/* How long a peer may take to answer the Close that a signal sends. */
#define SIGNAL_CLOSE_US 1000000
/* How soon to look again whether all that waited for a connection is sent. */
#define QUEUE_US 20000

enum { TIMER_QUIET, TIMER_FOR, TIMER_COUNT };

struct pipe {
    struct sink watch; /* counts, matches, echoes, and watches the outputs */
    struct app *app;
    struct pipe_options input; /* how standard input is read, if it is */
    struct views views;
    struct session *session;
    struct fault_rig faults;
    struct feeder feeder;
    uv_timer_t timers[TIMER_COUNT];

    regex_t until;
    bool has_until;
    struct buf subject;     /* what is matched against it */
    uint64_t received;      /* whole messages */
    uint64_t quiet_from_us; /* the input's end, or the last time something waited to be sent */
    uint64_t line_us; /* when the last of them came that is a line in the form of a protocol */
    enum opcode echo_type;
    bool echo_full; /* the peer does not take its echoes fast enough */
    bool slow_reported;
    bool quiet_due; /* the input is at its end */
    bool ended;     /* the session is over; only outputs remain */
    bool stdout_gone;
    int code; /* the exit code if something of ours decided it, else -1 */
};

static void decide(struct pipe *p, enum exit_code code)
{
    if (p->code < 0)
        p->code = (int)code;
}

static enum exit_code exit_code_of(const struct pipe *p)
{
    if (p->code >= 0)
        return (enum exit_code)p->code;
    return p->stdout_gone ? EXIT_OK : session_outcome(p->session);
}

/* Reading continues only while all outputs keep up; so does sending, which is shown, too. */
static void update_pause(struct pipe *p)
{
    bool full = app_full(p->app);

    if (p->ended || !p->session)
        return;
    session_pause(p->session, full || p->echo_full);
    feeder_hold(&p->feeder, full);
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void on_ended(void *ctx)
{
    struct pipe *p = ctx;

    p->ended = true;
    feeder_close(&p->feeder);
    uv_timer_stop(&p->timers[TIMER_QUIET]);
    uv_timer_stop(&p->timers[TIMER_FOR]);
    if (p->code < 0 && !p->stdout_gone)
        session_report_failure(p->session);
    session_summary(p->session, exit_code_of(p));
    app_end(p->app);
}

/* Enough was received, or the reader of standard output exited: send a Close and show nothing more.
 */
static void finish_early(struct pipe *p, enum outcome_asked asked)
{
    session_discard(p->session);
    session_close(p->session, CLOSE_NORMAL, "", 0, asked);
    update_pause(p);
}

static void fail(struct pipe *p, const struct err *e)
{
    session_report_error(p->session, e);
    decide(p, e->code);
}

/* --- messages -----------------------------------------------------------------------------------
 */

static bool too_much_to_echo(const struct pipe *p)
{
    uint64_t max = p->app->connect->ws.max_message;

    return session_pending(p->session) >= (max > 0 && max < ECHO_MAX ? max : ECHO_MAX);
}

static void echo(struct pipe *p, const struct event_message *m)
{
    bool first = m->part <= 1;
    struct err e;

    if (first)
        p->echo_type = m->type;
    if (session_send(p->session, p->echo_type, m->data, first, m->final) == SEND_FAILED) {
        err_nomem(&e, STAGE_IO, "sending a message back");
        fail(p, &e);
        finish_early(p, ASKED_CLOSE);
        return;
    }
    if (session_full(p->session) && too_much_to_echo(p) && !p->echo_full) {
        p->echo_full = true;
        update_pause(p);
    }
}

/* NUL bytes are part of the subject (REG_STARTEND); one more after it also makes it a string, as
 * regexec requires. */
static bool subject_matches(struct pipe *p)
{
    regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)p->subject.len};

    return buf_append(&p->subject, "", 1) == 0 &&
           regexec(&p->until, (const char *)buf_data(&p->subject), 1, &range, REG_STARTEND) == 0;
}

static bool matches(struct pipe *p, struct slice data)
{
    buf_reset(&p->subject);
    return buf_append_slice(&p->subject, data) == 0 && subject_matches(p);
}

/* What a pipe does not print is matched by its type, name and data. */
static bool matches_unprinted(struct pipe *p, const struct event_decoded *d)
{
    if (d->role == DECODED_HEARTBEAT || d->role == DECODED_CARRIER)
        return false;
    buf_reset(&p->subject);
    if (buf_append_str(&p->subject, d->type) < 0 ||
        (d->name.len > 0 &&
         (buf_append(&p->subject, " ", 1) < 0 || buf_append_slice(&p->subject, d->name) < 0)) ||
        (d->data.len > 0 &&
         (buf_append(&p->subject, " ", 1) < 0 || buf_append_slice(&p->subject, d->data) < 0)))
        return false;
    return subject_matches(p);
}

/* When messages are only printed: an output may now be full. */
static void mind_outputs(struct sink *sink, const struct event *ev)
{
    struct pipe *p = (struct pipe *)sink;

    (void)ev;
    output_check(&p->app->out);
    output_check(&p->app->err);
}

/* Where they also count for something. */
static void on_message(struct sink *sink, const struct event *ev)
{
    struct pipe *p = (struct pipe *)sink;
    const struct event_message *m = &ev->message;

    output_check(&p->app->out);
    output_check(&p->app->err);
    if (ev->dir != DIR_IN)
        return;
    if (p->input.echo)
        echo(p, m);
    if (m->again)
        return; /* it is not printed, and counted before */
    p->received += m->final;
    if ((p->input.count && m->final && p->received >= p->input.count) ||
        (p->has_until && matches(p, m->data)))
        finish_early(p, ASKED_ENOUGH);
}

/* With a protocol above the messages: items with a line are counted, and extend the wait. */
static void on_decoded(struct sink *sink, const struct event *ev)
{
    struct pipe *p = (struct pipe *)sink;
    const struct event_decoded *d = &ev->decoded;
    bool enough = false;

    output_check(&p->app->out);
    output_check(&p->app->err);
    if (d->has_line) {
        p->line_us = clock_mono_us();
        p->received++;
        enough = p->input.count && p->received >= p->input.count;
    }
    if (p->has_until && ev->dir == DIR_IN)
        enough |= d->has_line ? matches(p, d->line) : matches_unprinted(p, d);
    if (enough)
        finish_early(p, ASKED_ENOUGH);
}

/* --- the session --------------------------------------------------------------------------------
 */

static void start_timer(struct pipe *p, int which, uint64_t us, uv_timer_cb callback)
{
    uv_timer_start(&p->timers[which], callback, (us + 999) / 1000, 0);
}

static void on_for(uv_timer_t *timer)
{
    struct pipe *p = timer->data;

    session_close(p->session, CLOSE_NORMAL, "", 0, ASKED_ENOUGH);
}

static void close_when_quiet(struct pipe *p);

static void on_opened(void *ctx)
{
    struct pipe *p = ctx;

    feeder_pump(&p->feeder);
    if (p->quiet_due)
        close_when_quiet(p);
}

static void on_drained(void *ctx)
{
    struct pipe *p = ctx;

    p->echo_full = false;
    feeder_pump(&p->feeder);
    update_pause(p);
}

/* The input is at its end: close once all of it is sent and nothing was received for --wait.
 * Without a connection that begins again at the next opening. */
static void on_quiet(uv_timer_t *timer)
{
    struct pipe *p = timer->data;
    uint64_t wait = p->input.wait_us;
    uint64_t now = clock_mono_us();
    uint64_t last = session_speaks(p->session) ? p->line_us : session_last_in_us(p->session);

    if (session_state(p->session) != SESSION_OPEN)
        return;
    if (session_queued(p->session).messages > 0) {
        start_timer(p, TIMER_QUIET, QUEUE_US, on_quiet);
        return;
    }
    if (wait > 0 && (session_pending(p->session) > 0 || p->app->out.full || p->app->err.full))
        p->quiet_from_us = now;
    if (last < p->quiet_from_us)
        last = p->quiet_from_us;
    if (now - last >= wait)
        session_close(p->session, CLOSE_NORMAL, "", 0, ASKED_CLOSE);
    else
        start_timer(p, TIMER_QUIET, last + wait - now, on_quiet);
}

static void close_when_quiet(struct pipe *p)
{
    p->quiet_due = true;
    p->quiet_from_us = clock_mono_us();
    on_quiet(&p->timers[TIMER_QUIET]);
}

static void on_input_finished(void *ctx)
{
    struct pipe *p = ctx;
    const struct pipe_options *o = &p->input;
    bool waits_for_messages = (o->count || o->until) && !o->wait_given;

    if (!o->no_input && !o->echo && !waits_for_messages)
        close_when_quiet(p);
}

static void on_input_failed(void *ctx, const struct err *e)
{
    struct pipe *p = ctx;

    fail(p, e);
    close_when_quiet(p);
}

/* --- limits and signals -------------------------------------------------------------------------
 */

static void on_limit(void *ctx, const struct err *e)
{
    struct pipe *p = ctx;

    fail(p, e);
    session_abort(p->session);
    app_drain(p->app);
    app_leave(p->app);
}

static void on_signal(void *ctx, int number)
{
    struct pipe *p = ctx;
    bool again = p->code == 128 + number || p->ended;

    decide(p, (enum exit_code)(128 + number));
    if (again) {
        session_abort(p->session);
        app_leave(p->app);
        return;
    }
    session_discard(p->session);
    session_pause(p->session, false);
    session_close(p->session, CLOSE_GOING_AWAY, "", SIGNAL_CLOSE_US, ASKED_CLOSE);
}

/* --- outputs ------------------------------------------------------------------------------------
 */

static void on_output_full(void *ctx)
{
    struct pipe *p = ctx;

    update_pause(p);
    if (p->slow_reported || p->ended || !p->session)
        return;
    p->slow_reported = true;
    session_note(p->session, "standard output is not being read: reading from the server pauses "
                             "until it is (--buffer sets how much is read ahead)");
}

static void on_output_written(void *ctx)
{
    update_pause(ctx);
}

static void on_output_gone(void *ctx, const struct err *e)
{
    struct pipe *p = ctx;

    if (!p->session)
        return;
    p->stdout_gone = true;
    if (e)
        fail(p, e);
    finish_early(p, ASKED_ENOUGH);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int init_handles(struct pipe *p, struct err *e)
{
    const struct app_hooks hooks = {on_output_full, on_output_written, on_output_gone,
                                    on_signal,      on_limit,          p};

    if (app_init(p->app, &p->views.out, &p->views.err, &hooks, e) < 0)
        return -1;
    for (int i = 0; i < TIMER_COUNT; i++) {
        uv_timer_init(&p->app->loop.uv, &p->timers[i]);
        p->timers[i].data = p;
    }
    return 0;
}

static enum exit_code run(struct pipe *p)
{
    if (p->app->limits->for_us)
        start_timer(p, TIMER_FOR, p->app->limits->for_us, on_for);
    if (session_open(p->session) < 0)
        on_ended(p);
    app_run(p->app);
    return exit_code_of(p);
}

/* The error that prevented the session, and an empty summary. */
static enum exit_code fail_without_session(struct pipe *p, const struct err *e)
{
    struct event end;

    app_fail(p->app, e);
    end = event_now(EVENT_SUMMARY, p->app->start_us); /* after the error's */
    end.summary.duration_us = end.at_us;
    end.summary.exit = e->code;
    end.summary.seed = p->faults.seed;
    bus_emit(&p->views.bus, &end);
    return e->code;
}

static enum views_kind kind_of_views(const struct pipe *p)
{
    if (p->input.echo)
        return VIEWS_NONE;
    return p->app->connect->decode.count > 0 ? VIEWS_FORMS : VIEWS_DATA;
}

static int init_views(struct pipe *p, struct err *e)
{
    const struct view_options *view = p->app->view;
    bool counts = p->input.echo || p->input.count || p->input.until;

    if (views_init(&p->views, view, kind_of_views(p), e) < 0)
        return -1;
    p->app->bus = &p->views.bus;
    p->watch = (struct sink){EVENT_BIT(EVENT_MESSAGE), counts ? on_message : mind_outputs, NULL};
    if (p->app->connect->decode.count > 0)
        p->watch = (struct sink){EVENT_BIT(EVENT_DECODED), on_decoded, NULL};
    else if (!view->json)
        p->watch.wants |= SINK_INCOMING_ONLY; /* nothing is printed of what is sent */
    bus_add(&p->views.bus, &p->watch);
    if (p->app->connect->decode.count > 0)
        bus_want_messages(&p->views.bus);
    return 0;
}

static int make_session(struct pipe *p, struct session_config *config, struct err *e)
{
    const struct session_hooks hooks = {on_opened, on_drained, on_ended, p};
    uv_loop_t *loop = &p->app->loop.uv;

    if (init_handles(p, e) < 0 || fault_rig_init(&p->faults, loop, p->app->fault, false,
                                                 &p->views.bus, p->app->start_us, e) < 0)
        return -1;
    config->supplies = &p->app->loop.supplies;
    config->faults = p->faults.faults;
    config->seed = p->faults.seed;
    p->session = session_new(loop, config, &p->views.bus, &hooks, e);
    return p->session ? 0 : -1;
}

enum exit_code pipe_run(struct app *app)
{
    struct pipe p = {.app = app, .input = *app->pipe, .code = -1};
    struct session_config config = session_setup(app->connect, app->start_us, MAX_MESSAGE);
    const struct feeder_hooks feeder_hooks = {on_input_finished, on_input_failed, &p};
    enum exit_code code;
    struct err e;

    if (init_views(&p, &e) < 0)
        return app_fail(app, &e);
    if (config.channel != CHANNEL_WS)
        p.input.no_input = true; /* nothing can be sent */
    buf_init(&p.subject, SIZE_MAX);
    if (p.input.until)
        p.has_until = regcomp(&p.until, p.input.until, REG_EXTENDED) == 0;
    if (make_session(&p, &config, &e) == 0) {
        feeder_init(&p.feeder, &app->loop.uv, &p.input, p.session, &feeder_hooks);
        code = run(&p);
        feeder_close(&p.feeder);
    } else {
        code = fail_without_session(&p, &e);
    }
    session_free(p.session);
    p.session = NULL; /* outputs may still fail */
    fault_rig_clear(&p.faults);
    app_drain(app);
    app_close(app, (int)code);
    feeder_clear(&p.feeder);
    views_clear(&p.views);
    buf_clear(&p.subject);
    if (p.has_until)
        regfree(&p.until);
    return code;
}
