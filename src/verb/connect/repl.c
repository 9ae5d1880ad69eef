#include "app/typing.h"
#include "verb/connect/repl_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "term/tty.h"

/* How long a peer may take to answer the Close that a signal sends. */
#define SIGNAL_CLOSE_US 1000000

/* --- the connection -----------------------------------------------------------------------------
 */

static bool is_over(const struct repl *r)
{
    return !r->session || session_state(r->session) == SESSION_IDLE ||
           session_state(r->session) == SESSION_ENDED;
}

static enum session_state state_of(const struct repl *r)
{
    return r->session ? session_state(r->session) : SESSION_IDLE;
}

void repl_leave(struct repl *r)
{
    r->leaving = true;
}

void repl_reopen(struct repl *r, struct target *next)
{
    target_free(r->next);
    r->next = next;
    r->reopen = true;
    if (next)
        repl_compare_end(r, true); /* it is about the session that there was */
    if (!is_over(r))
        session_close(r->session, CLOSE_NORMAL, "", 0, ASKED_CLOSE);
}

static void on_fed(void *ctx)
{
    (void)ctx; /* from now on the user sends */
}

static void on_feed_failed(void *ctx, const struct err *e)
{
    repl_say_error(ctx, e);
}

/* What -e gives is sent at the first opening alone. */
static void feed(struct repl *r)
{
    const struct feeder_hooks hooks = {on_fed, on_feed_failed, r};

    if (!r->fed) {
        r->fed = true;
        r->feeder_options = *r->app->pipe;
        r->feeder_options.no_input = true; /* the keyboard is not the feeder's */
        repl_transcribe_sends(r);
        feeder_init(&r->feeder, r->loop, &r->feeder_options, r->session, &hooks);
    }
    if (r->feeder.session == r->session)
        feeder_pump(&r->feeder);
}

static void on_opened(void *ctx)
{
    struct repl *r = ctx;
    const char *greeting = r->app->connect->on_connect; /* the session sends it */

    if (greeting)
        repl_transcribe_sent(r, OPCODE_TEXT, slice_str(greeting));
    feed(r);
}

static void on_drained(void *ctx)
{
    struct repl *r = ctx;

    if (r->fed)
        feed(r);
    if (r->commands.transfer.phase != TRANSFER_IDLE)
        repl_wake(r);
}

static int make_session(struct repl *r, struct err *e)
{
    const struct session_hooks hooks = {on_opened, on_drained, NULL, r};

    r->target->config.supplies = &r->app->loop.supplies;
    r->target->config.faults = r->faults.faults;
    r->target->config.seed = r->faults.seed;
    r->session = session_new(r->loop, &r->target->config, &r->views.bus, &hooks, e);
    r->commands.session = r->session;
    return r->session ? 0 : -1;
}

/* Nothing is open: connect, to another server if one was named. */
static void reopen(struct repl *r)
{
    struct err e;

    r->reopen = false;
    if (r->next) {
        session_free(r->session);
        if (r->fed)
            feeder_close(&r->feeder);
        r->session = NULL;
        repl_compare_drop(r); /* it may use what belonged to the former target */
        target_free(r->former);
        r->former = r->target;
        r->target = r->next;
        r->next = NULL;
    }
    if (!r->session && make_session(r, &e) < 0) {
        repl_say_error(r, &e);
        return;
    }
    session_pause(r->session, r->console.paused);
    session_open(r->session); /* a failure is reported as an event */
}

/* --- output -------------------------------------------------------------------------------------
 */

static void on_pause(void *ctx, bool paused)
{
    struct repl *r = ctx;

    if (r->session)
        session_pause(r->session, paused);
}

/* --- the loop -----------------------------------------------------------------------------------
 */

static void on_stop_signal(uv_signal_t *handle, int number);

static void suspend(struct repl *r)
{
    if (r->stop) {
        r->stop = false;
        r->stopping = true;
        uv_signal_stop(r->stop_signal);
        editor_suspend(r->console.editor, true);
        uv_signal_start(r->stop_signal, on_stop_signal, SIGTSTP);
    } else if (r->resumed) {
        editor_suspend(r->console.editor, false);
    }
    r->resumed = false;
}

static bool is_busy(void *ctx)
{
    const struct repl *r = ctx;

    return (r->leaving && !r->finishing) || r->stop || r->resumed || (r->reopen && is_over(r)) ||
           state_of(r) != r->seen;
}

static void on_count(uv_timer_t *timer)
{
    (void)timer; /* only the turn of the loop matters */
}

/* The prompt shows whole seconds, rounded up: wake up when that number changes. */
static void count_down(struct repl *r)
{
    uint64_t left;

    if (state_of(r) != SESSION_WAITING || uv_is_active((uv_handle_t *)&r->timers[REPL_COUNT]))
        return;
    left = session_retry_wait_us(r->session);
    uv_timer_start(&r->timers[REPL_COUNT], on_count, left % 1000000 / 1000 + 1, 0);
}

static enum editor_turn on_turn(void *ctx)
{
    struct repl *r = ctx;
    bool more;

    suspend(r);
    console_turn(&r->console, r->app->view->plain);
    if (r->reopen && is_over(r) && !r->leaving)
        reopen(r);
    r->seen = state_of(r);
    count_down(r);
    more = console_print(&r->console);
    if (r->leaving)
        return EDITOR_LEAVE;
    return more ? EDITOR_AGAIN : EDITOR_WAIT;
}

/* ^C where nothing was typed. */
static void on_interrupted(void *ctx)
{
    struct repl *r = ctx;

    if (r->leaving && !is_over(r))
        session_abort(r->session);
    else if (!is_over(r) && session_state(r->session) != SESSION_CLOSING)
        session_close(r->session, CLOSE_NORMAL, "", 0, ASKED_CLOSE);
    else
        repl_leave(r);
}

static void on_terminate(struct repl *r)
{
    bool again = r->code == EXIT_SIGTERM;

    r->code = EXIT_SIGTERM;
    repl_leave(r);
    if (is_over(r))
        return;
    if (again)
        session_abort(r->session);
    else
        session_close(r->session, CLOSE_GOING_AWAY, "", SIGNAL_CLOSE_US, ASKED_CLOSE);
}

static void on_signal(void *ctx, int number)
{
    struct repl *r = ctx;

    if (number == SIGTERM)
        on_terminate(r);
    else if (r->console.editor && !r->editing)
        editor_interrupt(r->console.editor);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct repl *r = handle->data;

    if (number == SIGTSTP) {
        r->stop = true;
    } else if (number == SIGCONT) {
        r->resumed = !r->stopping;
        r->stopping = false;
    } /* SIGWINCH: the turn of the loop looks at the size */
}

static void on_limit(void *ctx, const struct err *e)
{
    struct repl *r = ctx;

    if (r->session)
        session_report_error(r->session, e);
    r->code = EXIT_TIMEOUT;
    repl_leave(r);
    if (!is_over(r))
        session_abort(r->session);
}

/* The user has quit: send a Close to the peer, and show what it still sends. */
static void finish(struct repl *r)
{
    r->leaving = r->finishing = true;
    r->reopen = false;
    if (!is_over(r))
        session_close(r->session, CLOSE_NORMAL, "", 0, ASKED_CLOSE);
    repl_compare_end(r, false);
    while (!is_over(r) || r->comparing) {
        console_print_all(&r->console);
        suspend(r);
        uv_idle_stop(&r->console.awake);
        r->seen = state_of(r);
        uv_run(r->loop, UV_RUN_ONCE);
    }
    if (r->code < 0)
        r->code = r->session ? (int)session_outcome(r->session) : EXIT_OTHER;
    screen_pause(&r->screen, false);
    screen_tell(&r->screen, true);
    if (r->session && r->app->view->level < 0)
        session_report_failure(r->session); /* what -q kept back */
    if (r->session)
        session_summary(r->session, (enum exit_code)r->code);
    console_print_all(&r->console);
}

static void converse(struct repl *r)
{
    enum editor_read how;
    struct buf line;

    buf_init(&line, SIZE_MAX);
    while (!r->leaving) {
        console_print_all(&r->console); /* the answers of the last line */
        how = editor_read(r->console.editor, &line);
        if (how == EDITOR_EDIT)
            repl_edit(r, &line);
        else if (how == EDITOR_LINE)
            repl_line(r, &line);
        else
            break;
        buf_trim(&line, 65536);
    }
    finish(r);
    buf_clear(&line);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void on_closed(uv_handle_t *handle)
{
    struct repl *r = handle->data;

    r->handles--;
}

static int init_signals(struct repl *r, struct err *e)
{
    const struct app_hooks hooks = {.signal = on_signal, .limit = on_limit, .ctx = r};
    struct app_loop *loop = &r->app->loop;

    r->stop_signal = app_loop_signal(loop, SIGTSTP, on_stop_signal, r, e);
    return r->stop_signal && app_hook(r->app, &hooks, e) == 0 &&
                   app_loop_signal(loop, SIGCONT, on_stop_signal, r, e) &&
                   app_loop_signal(loop, SIGWINCH, on_stop_signal, r, e)
               ? 0
               : -1;
}

static void init_handles(struct repl *r)
{
    const struct console_hooks hooks = {is_busy, on_pause, r};

    for (int i = 0; i < REPL_TIMERS; i++) {
        uv_timer_init(r->loop, &r->timers[i]);
        r->timers[i].data = r;
    }
    r->handles = REPL_TIMERS;
    console_init(&r->console, r->loop, &r->views.out, &r->screen, &hooks);
}

static void close_handles(struct repl *r)
{
    for (int i = 0; i < REPL_TIMERS; i++)
        uv_close((uv_handle_t *)&r->timers[i], on_closed);
    app_unhook(r->app);
    console_close(&r->console);
    while (r->handles > 0 || r->console.handles > 0)
        uv_run(r->loop, UV_RUN_NOWAIT);
}

static int init_editor(struct repl *r, struct err *e)
{
    const struct editor_hooks hooks = {on_turn, repl_prompt, repl_complete, on_interrupted, r};

    r->history = history_new(NULL);
    if (r->history && !typing_is_plain(r->app->view))
        r->console.editor = lineedit_new(r->loop, r->history, &hooks);
    if (r->history && !r->console.editor)
        r->console.editor = lineplain_new(r->loop, r->history, &hooks);
    return r->console.editor ? 0 : err_nomem(e, STAGE_IO, "preparing the terminal");
}

static int init_views(struct repl *r, struct err *e)
{
    struct view_config config = views_config(r->app->view, STDOUT_FILENO, true);
    struct command_hooks hooks = repl_hooks;

    config.pretty = true;
    config.fold = SCREEN_FOLD;
    if (r->app->view->plain) {
        config.color = false;
        config.columns = 0; /* a screen reader does not mind the width */
    }
    if (views_init(&r->views, r->app->view, VIEWS_REPL, e) < 0)
        return -1;
    hooks.ctx = r;
    commands_init(&r->commands, &hooks);
    r->commands.asked.on = true;
    if (screen_init(&r->screen, &r->views.out, &config, &r->views.bus) < 0)
        return err_nomem(e, STAGE_IO, "starting");
    if (r->app->view->save_text && screen_save(&r->screen, r->app->view->save_text, e) < 0)
        return -1;
    return bus_add(&r->views.bus, &r->commands.watch);
}

static void clear(struct repl *r)
{
    if (r->fed) {
        feeder_close(&r->feeder);
        feeder_clear(&r->feeder);
    }
    session_free(r->session);
    repl_compare_drop(r);
    fault_rig_clear(&r->faults);
    editor_free(r->console.editor);
    close_handles(r);
    history_free(r->history);
    commands_clear(&r->commands);
    views_clear(&r->views);
    repl_transcribe_clear(r);
    screen_clear(&r->screen);
    target_free(r->target);
    target_free(r->former);
    target_free(r->next);
    repl_options_clear(r);
    buf_clear(&r->again);
}

enum exit_code repl_run_on(struct app *app, const char *url)
{
    struct repl *r = calloc(1, sizeof *r);
    enum exit_code code;
    struct err e;

    if (!r) {
        err_nomem(&e, STAGE_IO, "starting");
        return app_fail(app, &e);
    }
    *r = (struct repl){.app = app, .loop = &app->loop.uv, .transcribe_fd = -1, .code = -1};
    buf_init(&r->again, (size_t)32 << 20);
    init_handles(r);
    if (init_signals(r, &e) == 0)
        r->target = target_new(app->connect, url, CHANNEL_WS, app->start_us, REPL_MAX_MESSAGE, &e);
    if (r->target && init_views(r, &e) == 0 && repl_transcribe_begin(r, &e) == 0 &&
        fault_rig_init(&r->faults, r->loop, app->fault, true, &r->views.bus, app->start_us, &e) ==
            0 &&
        make_session(r, &e) == 0 && init_editor(r, &e) == 0) {
        session_note(r->session, "a line is sent as a message; /help lists commands, ^D quits");
        app_limit(app);
        session_open(r->session);
        converse(r);
        repl_transcribe_end(r);
    } else {
        r->code = (int)app_fail(app, &e);
    }
    code = (enum exit_code)r->code;
    clear(r);
    free(r);
    return code;
}

enum exit_code repl_run(struct app *app)
{
    const struct app_hooks hooks = {.full = NULL};
    enum exit_code code;
    struct err e;

    if (app_init(app, NULL, NULL, &hooks, &e) < 0)
        return app_fail(app, &e);
    code = repl_run_on(app, NULL);
    app_settle(app);
    app_close(app, (int)code);
    return code;
}

static bool reads_stdin(const struct pipe_options *pipe)
{
    for (size_t i = 0; i < pipe->send_count; i++) {
        if (strcmp(pipe->sends[i], "@-") == 0)
            return true;
    }
    return pipe->input == INPUT_WHOLE || pipe->input == INPUT_CHUNKS || pipe->input == INPUT_NUL;
}

bool repl_wanted(const struct app *app)
{
    const struct pipe_options *pipe = app->pipe;

    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !pipe->no_input && !app->view->json &&
           !pipe->echo && !pipe->count && !pipe->until && !app->limits->for_us &&
           !reads_stdin(pipe);
}
