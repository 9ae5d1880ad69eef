/* The steps of the tour, one after the other. */
#include <stdio.h>
#include <unistd.h>

#include "term/tty.h"
#include "verb/demo/demo_echo.h"
#include "verb/demo/demo_private.h"

/* Everything happens inside this process: what takes that long will not come. */
#define STEP_MS 15000
/* On a terminal: time to read a step before the next; Enter shortens it. */
#define READ_MS 1500

/* After the steps of the echo: those that do not use its session. */
static const struct demo_step own_steps[] = {
    {"8. Drop: a feed is reset on purpose; the client reconnects and gets what it missed",
     "the feed was not complete",
     NULL,
     {0}},
    {"9. Compare: the same updates by WebSocket, as server-sent events and by polling",
     "the comparison did not end",
     NULL,
     {0}},
};

#define STEP_DROP    DEMO_ECHO_STEPS
#define STEP_COMPARE (DEMO_ECHO_STEPS + 1)

static const struct demo_step *step_of(const struct demo *d)
{
    return d->step < DEMO_ECHO_STEPS ? demo_echo_step(d->step)
                                     : &own_steps[d->step - DEMO_ECHO_STEPS];
}

static bool speaks(const struct demo *d)
{
    return !d->app->view->json && d->app->view->level >= 0;
}

static int columns_of(const struct demo *d)
{
    int columns = 0, lines;

    if (d->on_terminal)
        tty_size(STDOUT_FILENO, &columns, &lines);
    return columns;
}

static void put_line(struct demo *d, const char *text)
{
    if (speaks(d))
        demo_text_line(&d->views.out, text, 0);
}

void demo_put_text(struct demo *d, enum demo_text which)
{
    if (speaks(d))
        demo_text_put(&d->views.out, which, columns_of(d));
}

static void finish(struct demo *d)
{
    if (d->finished)
        return;
    d->finished = true;
    uv_timer_stop(&d->limit);
    uv_timer_stop(&d->next);
    app_end(d->app);
}

static void report(struct demo *d, const char *text)
{
    struct err e;

    err_set(&e, EXIT_OTHER, STAGE_IO, 0, "the tour stopped at step %zu: %s", d->step + 1, text);
    err_hint(&e, "wscope demo -vvv shows every byte");
    session_report_error(d->session, &e);
}

static void fail(struct demo *d, const char *text)
{
    report(d, text);
    d->failed = true;
    d->code = EXIT_OTHER;
    session_abort(d->session);
    finish(d);
}

static void on_limit(uv_timer_t *timer)
{
    struct demo *d = timer->data;

    fail(d, step_of(d)->awaited);
}

static void begin_drop(struct demo *d);
static void begin_compare(struct demo *d);

static void on_ended(void *ctx);

static void act(struct demo *d, const struct demo_step *step)
{
    if (step->act(d->session) == 0)
        return;
    if (session_state(d->session) == SESSION_ENDED)
        on_ended(d); /* it could not be opened, which is reported */
    else
        fail(d, "nothing could be sent (out of memory)");
}

void demo_begin(struct demo *d)
{
    const struct demo_step *step = step_of(d);

    put_line(d, "");
    if (d->on_terminal)
        demo_text_line(&d->views.out, step->say, columns_of(d));
    else
        session_note(d->session, step->say);
    uv_timer_start(&d->limit, on_limit, STEP_MS, 0);
    if (step->act)
        act(d, step);
    else if (d->step == STEP_DROP)
        begin_drop(d);
    else
        begin_compare(d);
}

static void on_next(uv_timer_t *timer)
{
    struct demo *d = timer->data;

    d->step++;
    demo_begin(d);
}

static void step_done(struct demo *d)
{
    if (!d->failed && !uv_is_active((uv_handle_t *)&d->next))
        uv_timer_start(&d->next, on_next, d->on_terminal ? READ_MS : 0, 0);
}

/* JSON has one summary, its last line, which is of all sessions. */
static void show_summary(struct demo *d, const struct event *ev)
{
    struct event sum = *ev;

    if (d->app->view->json) {
        if (d->step != STEP_DROP && !d->failed) {
            totals_add(&d->totals, &ev->summary.totals);
            return;
        }
        totals_add(&sum.summary.totals, &d->totals);
    }
    bus_emit(&d->views.bus, &sum);
}

void demo_take(struct sink *sink, const struct event *ev)
{
    struct demo *d = (struct demo *)sink;
    const struct demo_step *step = step_of(d);

    if (ev->kind == EVENT_SUMMARY)
        show_summary(d, ev);
    else
        bus_emit(&d->views.bus, ev);
    if (ev->kind == EVENT_ERROR)
        d->reported = true;
    if (d->step == STEP_DROP) {
        if (demo_drop_take(&d->drop, ev))
            session_close(d->session, CLOSE_NORMAL, "end of the tour", 0, ASKED_ENOUGH);
        else if (ev->kind == EVENT_ERROR && d->drop.count == 0)
            uv_timer_start(&d->limit, on_limit, 0, 0); /* retrying would only take time */
        return;
    }
    if (ev->dir != DIR_IN)
        return;
    if (ev->kind == EVENT_PONG && d->step == DEMO_ECHO_PING && ev->control.matched)
        step_done(d);
    else if (ev->kind == EVENT_MESSAGE && step->echo.len > 0 &&
             slice_equal(ev->message.data, step->echo))
        step_done(d);
}

static void say_what_next(struct demo *d)
{
    demo_put_text(d, d->on_terminal ? DEMO_TEXT_PROMPT : DEMO_TEXT_NEXT);
}

static void on_opened(void *ctx)
{
    struct demo *d = ctx;

    if (d->step == 0)
        step_done(d);
}

/* The last step is over, or the tour broke off. */
static void end_tour(struct demo *d)
{
    if (d->code == EXIT_OK)
        say_what_next(d);
    finish(d);
}

/* A session has ended. With -q the loss of a connection is not shown: it is reported as an error.
 */
static void summarize(struct demo *d)
{
    if (d->code != EXIT_OK && !d->reported)
        report(d, step_of(d)->awaited);
    session_summary(d->session, d->code);
}

/* The session with the feed has ended. */
static void end_drop(struct demo *d)
{
    char text[200];
    bool good = demo_drop_result(&d->drop, text, sizeof text) == 0;

    if (d->code == EXIT_OK && !good)
        d->code = EXIT_OTHER;
    summarize(d);
    if (good)
        session_note(d->session, text);
    /* What comes is for people. */
    if (d->code == EXIT_OK && !d->app->view->json && d->app->view->level >= 0)
        step_done(d);
    else
        end_tour(d);
}

static void on_ended(void *ctx)
{
    struct demo *d = ctx;

    if (d->failed)
        return;
    d->code = session_outcome(d->session);
    if (d->step == STEP_DROP) {
        end_drop(d);
        return;
    }
    if (d->step != DEMO_ECHO_CLOSE && d->code == EXIT_OK)
        d->code = EXIT_OTHER;
    summarize(d);
    if (d->code == EXIT_OK)
        step_done(d);
    else
        end_tour(d);
}

const struct session_hooks *demo_hooks(struct demo *d, struct session_hooks *hooks)
{
    *hooks = (struct session_hooks){on_opened, NULL, on_ended, d};
    return hooks;
}

static int start_drop(struct demo *d, struct err *e)
{
    struct session_hooks hooks;
    struct session_config config;
    struct session *first = d->session;

    if (demo_drop_show(&d->views, d->app->view) < 0)
        return err_nomem(e, STAGE_IO, "going on with the tour");
    d->dropping = true;
    if (demo_drop_init(&d->drop, d->app->verbs, server_url(d->server), e) < 0)
        return -1;
    put_line(d, d->drop.command);
    if (demo_drop_arm(&d->drop, &d->app->loop.uv, &d->events, d->app->start_us, e) < 0)
        return -1;
    config = demo_drop_config(&d->drop, d->app->start_us);
    config.ws.dial.embedded = server_url(d->server);
    config.supplies = &d->app->loop.supplies;
    d->session = session_new(&d->app->loop.uv, &config, &d->events, demo_hooks(d, &hooks), e);
    if (!d->session) {
        d->session = first;
        return -1;
    }
    session_free(first);
    return 0;
}

static void begin_drop(struct demo *d)
{
    struct err e;

    if (start_drop(d, &e) < 0)
        fail(d, e.text);
    else if (session_open(d->session) < 0)
        on_ended(d); /* as reported */
}

/* The user has seen enough. */
static void leave(struct demo *d)
{
    if (d->code == EXIT_OK)
        say_what_next(d);
    finish(d);
}

static void on_compared(void *ctx, int code)
{
    struct demo *d = ctx;

    if (d->left)
        leave(d);
    if (d->failed || d->finished)
        return;
    if (code != 0)
        d->code = (enum exit_code)code;
    end_tour(d);
}

static void begin_compare(struct demo *d)
{
    const struct demo_compare_hooks hooks = {on_compared, d};
    struct err e;

    demo_compare_init(&d->compare, server_url(d->server), d->app->view->color);
    put_line(d, d->compare.command);
    put_line(d, "");
    /* The output of the other process comes after this. */
    out_drain(&d->views.out, STEP_MS);
    if (demo_compare_start(&d->compare, &d->app->loop.uv, &hooks, &e) < 0)
        fail(d, e.text);
}

void demo_go_on(void *ctx)
{
    struct demo *d = ctx;

    if (uv_is_active((uv_handle_t *)&d->next))
        uv_timer_start(&d->next, on_next, 0, 0);
}

void demo_leave(void *ctx)
{
    struct demo *d = ctx;

    if (d->failed || d->finished)
        return;
    d->left = d->failed = true;
    uv_timer_stop(&d->limit);
    uv_timer_stop(&d->next);
    /* The final output of the comparison must not disturb what follows. */
    if (!demo_compare_interrupt(&d->compare))
        leave(d);
}
