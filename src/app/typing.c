#include "app/typing.h"

#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "app/edit.h"
#include "term/console.h"

/* How often a process in the background looks whether it is in the foreground again: shells send no
 * signal with that if it runs. */
#define LOOK_MS 500

struct typing {
    struct app *app;
    struct views *views;
    struct typing_hooks hooks;
    enum typing_log log;
    struct screen screen;
    struct console console;
    struct history *history;
    uv_timer_t look;
    struct termios found;     /* the terminal's settings before the editor's */
    bool cut_off;             /* the process got into the background without giving them back */
    uv_signal_t *stop_signal; /* SIGTSTP */
    bool stop;                /* ^Z was pressed */
    bool stopping;            /* we stopped ourselves: ignore the SIGCONT to come */
    bool continued;           /* SIGCONT came */
    bool leaving;             /* no more lines are read: the end has begun */
    bool finishing;           /* and the last one has been dealt with */
    bool editing;             /* another program has the terminal */
    bool open;                /* between typing_open and typing_close */
};

static bool in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

bool typing_wanted(const struct app *app)
{
    return !app->view->json && !app->pipe->no_input && isatty(STDIN_FILENO) &&
           isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

bool typing_is_plain(const struct view_options *o)
{
    const char *term = getenv("TERM");

    return o->plain || !term || !*term || strcmp(term, "dumb") == 0;
}

void typing_complain(struct typing *t, const char *text)
{
    screen_say(&t->screen, slice_str("! "));
    screen_say(&t->screen, slice_str(text));
    screen_say(&t->screen, slice_str("\n"));
}

struct screen *typing_screen(struct typing *t)
{
    return &t->screen;
}

/* --- the terminal -------------------------------------------------------------------------------
 */

/* Where no line is typed. */
static void print_bare(struct typing *t)
{
    struct slice text = out_kept(&t->views->out);

    out_put(&t->views->err, text.data, text.len);
    out_take(&t->views->out, text.len);
}

static void drop_editor(struct typing *t)
{
    editor_free(t->console.editor);
    t->console.editor = NULL;
    t->screen.no_messages = t->log == TYPING_SERVER;
    signal(SIGTTOU, SIG_DFL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct typing *t = handle->data;

    if (number == SIGTSTP) {
        t->stop = true;
    } else if (number == SIGCONT) {
        t->continued = !t->stopping;
        t->stopping = false;
    } /* SIGWINCH: the turn of the loop looks at the size */
}

static void suspend(struct typing *t)
{
    t->stop = false;
    t->stopping = true;
    drop_editor(t);
    print_bare(t);
    out_flush(&t->views->err);
    uv_signal_stop(t->stop_signal);
    raise(SIGTSTP);
    uv_signal_start(t->stop_signal, on_signal, SIGTSTP);
}

static enum editor_turn on_turn(void *ctx)
{
    struct typing *t = ctx;
    bool more;

    console_turn(&t->console, t->app->view->plain);
    if (t->continued && !in_foreground())
        return EDITOR_LEAVE;
    if (t->continued)
        editor_suspend(t->console.editor, false);
    t->continued = false;
    more = console_print(&t->console);
    if (t->leaving || t->stop)
        return EDITOR_LEAVE;
    return more ? EDITOR_AGAIN : EDITOR_WAIT;
}

static const char *prompt(void *ctx)
{
    const struct typing *t = ctx;

    return t->hooks.prompt(t->hooks.ctx);
}

static void complete(void *ctx, struct slice before, struct editor_completion *found)
{
    const struct typing *t = ctx;

    t->hooks.complete(t->hooks.ctx, before, found);
}

static void on_interrupted(void *ctx)
{
    const struct typing *t = ctx;

    t->hooks.interrupted(t->hooks.ctx);
}

static bool open_editor(struct typing *t)
{
    const struct editor_hooks hooks = {on_turn, prompt, complete, on_interrupted, t};
    uv_loop_t *loop = &t->app->loop.uv;

    if (!in_foreground())
        return false;
    /* A shell that brings the process back sets the terminal as it was when the process was
     * stopped, which was the editor's way. */
    if (t->cut_off)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &t->found);
    else
        tcgetattr(STDIN_FILENO, &t->found);
    t->cut_off = false;
    /* What is written or set just when a shell puts the process into the background must not stop
     * it. */
    signal(SIGTTOU, SIG_IGN);
    if (!typing_is_plain(t->app->view))
        t->console.editor = lineedit_new(loop, t->history, &hooks);
    if (!t->console.editor)
        t->console.editor = lineplain_new(loop, t->history, &hooks);
    if (!t->console.editor)
        drop_editor(t);
    t->screen.no_messages = !t->console.editor && t->log == TYPING_SERVER;
    return t->console.editor != NULL;
}

/* One turn of the loop in which no line is read. */
static void turn(struct typing *t)
{
    if (t->console.editor)
        console_print_all(&t->console);
    else
        print_bare(t);
    out_flush(&t->views->err);
    uv_idle_stop(&t->console.awake);
    uv_run(&t->app->loop.uv, UV_RUN_ONCE);
}

static void on_look(uv_timer_t *timer)
{
    (void)timer; /* only the turn of the loop matters */
}

/* In the background, or no longer with a terminal. */
static void wait_for_terminal(struct typing *t)
{
    if (tcgetpgrp(STDIN_FILENO) >= 0)
        uv_timer_start(&t->look, on_look, LOOK_MS, LOOK_MS);
    do {
        turn(t);
        t->continued = false;
    } while (!t->leaving && !t->stop && !in_foreground());
    uv_timer_stop(&t->look);
}

int typing_edit(struct typing *t, struct buf *text, struct err *e)
{
    const struct edit_signals signals = {&t->stop, &t->stopping};
    int r;

    if (!t->console.editor)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no terminal to edit on");
    t->editing = true;
    r = edit_text(&t->console, &t->app->loop.uv, text, signals, e);
    t->editing = false;
    return r;
}

static void edit_line(struct typing *t, struct buf *line)
{
    struct err e;
    int r = typing_edit(t, line, &e);

    if (r < 0)
        typing_complain(t, e.text);
    else if (r > 0)
        t->hooks.line(t->hooks.ctx, buf_slice(line));
}

static void read_line(struct typing *t, struct buf *line)
{
    enum editor_read how;

    console_print_all(&t->console);
    how = editor_read(t->console.editor, line);
    if (how == EDITOR_LINE) {
        t->hooks.line(t->hooks.ctx, buf_slice(line));
        buf_trim(line, 65536);
    } else if (how == EDITOR_EDIT) {
        edit_line(t, line);
    } else if (how == EDITOR_END && in_foreground()) {
        t->hooks.stop(t->hooks.ctx);
    } else if (!t->leaving && !t->stop) {
        drop_editor(t); /* in the background, or the terminal has hung up */
        t->cut_off = true;
    }
}

void typing_run(struct typing *t)
{
    struct buf line;

    buf_init(&line, SIZE_MAX);
    while (!t->leaving) {
        if (t->stop)
            suspend(t);
        else if (t->console.editor || open_editor(t))
            read_line(t, &line);
        else
            wait_for_terminal(t);
    }
    t->finishing = true;
    while (!t->hooks.stopped(t->hooks.ctx))
        turn(t);
    screen_pause(&t->screen, false);
    screen_tell(&t->screen, true);
    if (t->console.editor)
        console_print_all(&t->console);
    buf_clear(&line);
}

void typing_interrupt(struct typing *t)
{
    if (t->editing)
        return;
    if (t->console.editor && !t->leaving)
        editor_interrupt(t->console.editor);
    else
        t->hooks.interrupted(t->hooks.ctx);
}

void typing_leave(struct typing *t)
{
    t->leaving = true;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static bool is_busy(void *ctx)
{
    const struct typing *t = ctx;

    if (t->finishing)
        return t->hooks.stopped(t->hooks.ctx);
    return t->leaving || t->stop || t->continued;
}

static void on_pause(void *ctx, bool paused)
{
    struct typing *t = ctx;

    t->hooks.pause(t->hooks.ctx, paused);
}

static int init_screen(struct typing *t, const struct view_config *config)
{
    struct out *out = &t->views->out;
    struct bus *bus = &t->views->bus;

    return t->log == TYPING_SERVER ? screen_init_log(&t->screen, out, config, bus)
                                   : screen_init(&t->screen, out, config, bus);
}

struct typing *typing_new(struct app *app, struct views *views, enum typing_log log,
                          const struct typing_hooks *hooks, struct err *e)
{
    struct view_config config = views_config(app->view, STDOUT_FILENO, true);
    struct typing *t = calloc(1, sizeof *t);

    config.numbered = config.report = true;
    config.fold = SCREEN_FOLD;
    config.relay = log == TYPING_RELAY;
    if (app->view->plain) {
        config.color = false;
        config.columns = 0;
    }
    if (t) {
        t->app = app;
        t->views = views;
        t->log = log;
        t->hooks = *hooks;
        t->history = history_new(NULL);
    }
    if (!t || !t->history || init_screen(t, &config) < 0) {
        err_nomem(e, STAGE_IO, "starting");
        typing_free(t);
        return NULL;
    }
    if (app->view->save_text && screen_save(&t->screen, app->view->save_text, e) < 0) {
        typing_free(t);
        return NULL;
    }
    t->screen.no_messages = log == TYPING_SERVER;
    return t;
}

int typing_open(struct typing *t, struct err *e)
{
    const struct console_hooks hooks = {is_busy, on_pause, t};
    struct app_loop *loop = &t->app->loop;

    t->open = true;
    console_init(&t->console, &loop->uv, &t->views->out, &t->screen, &hooks);
    uv_timer_init(&loop->uv, &t->look);
    t->stop_signal = app_loop_signal(loop, SIGTSTP, on_signal, t, e);
    if (!t->stop_signal || !app_loop_signal(loop, SIGCONT, on_signal, t, e) ||
        !app_loop_signal(loop, SIGWINCH, on_signal, t, e))
        return -1;
    /* Where the process is in the background after all, reading fails instead of stopping it. */
    signal(SIGTTIN, SIG_IGN);
    return 0;
}

void typing_close(struct typing *t)
{
    if (t->open) {
        drop_editor(t);
        console_close(&t->console);
        uv_close((uv_handle_t *)&t->look, NULL);
    }
    t->open = false;
    print_bare(t);
}

void typing_free(struct typing *t)
{
    if (!t)
        return;
    screen_clear(&t->screen);
    history_free(t->history);
    free(t);
}
