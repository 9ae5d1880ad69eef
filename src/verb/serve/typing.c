#include "verb/serve/typing.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/utf8.h"
#include "term/console.h"

/* Of one message: each client may be slow and keep it waiting. */
#define LINE_MAX_BYTES ((size_t)1024 * 1024)
/* How often a process in the background looks whether it is in the foreground again: shells send no
 * signal with that if it runs. */
#define LOOK_MS 500

struct typing {
    struct app *app;
    struct views *views;
    struct typing_hooks hooks;
    struct server *server;
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
    bool leaving;             /* no more lines are read: the server is stopping */
    bool finishing;           /* and the last one has been dealt with */
    bool open;                /* between typing_open and typing_close */
    char prompt[32];
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

static bool is_plain(const struct view_options *o)
{
    const char *term = getenv("TERM");

    return o->plain || !term || !*term || strcmp(term, "dumb") == 0;
}

/* --- lines --------------------------------------------------------------------------------------
 */

static void say(struct typing *t, const char *text)
{
    char line[256];

    snprintf(line, sizeof line, "! %s\n", text);
    screen_say(&t->screen, slice_str(line));
}

static void send_line(struct typing *t, struct slice text)
{
    unsigned open = server_open(t->server), taken;
    struct utf8 check = {0};
    char note[128];

    if (utf8_check(&check, text.data, text.len) != text.len || !utf8_complete(&check)) {
        say(t, "not sent: the line is not UTF-8, which a text message must be");
        return;
    }
    if (text.len > LINE_MAX_BYTES) {
        say(t, "not sent: the line is longer than 1 MiB");
        return;
    }
    taken = server_broadcast(t->server, OPCODE_TEXT, text);
    snprintf(note, sizeof note, "sent to %u client%s", taken, taken == 1 ? "" : "s");
    if (open == 0)
        say(t, "not sent: no WebSocket client is connected");
    else if (taken > 0)
        t->hooks.note(t->hooks.ctx, note);
    if (taken < open) {
        snprintf(note, sizeof note,
                 "not sent to %u client%s: too much waits to be sent there, or "
                 "the connection is closing",
                 open - taken, open - taken == 1 ? "" : "s");
        say(t, note);
    }
}

/* "/quit" is a command; "//text" is the message "/text", and a paste of several lines is a message
 * whatever it begins with. */
static void take_line(struct typing *t, struct slice line)
{
    bool slash = line.len > 0 && line.data[0] == '/';
    bool doubled = slash && line.len > 1 && line.data[1] == '/';

    while (slash && line.data[line.len - 1] == ' ' && !doubled)
        line.len--;
    if (line.len == 0)
        return;
    if (doubled)
        send_line(t, slice_make(line.data + 1, line.len - 1));
    else if (!slash || memchr(line.data, '\n', line.len))
        send_line(t, line);
    else if (slice_is(line, "/quit"))
        t->hooks.stop(t->hooks.ctx);
    else
        say(t, "no such command: /quit stops the server, //TEXT sends the message /TEXT");
}

static const char *prompt(void *ctx)
{
    struct typing *t = ctx;
    unsigned open = server_open(t->server);

    if (open == 0)
        return "no clients> ";
    snprintf(t->prompt, sizeof t->prompt, "%u client%s> ", open, open == 1 ? "" : "s");
    return t->prompt;
}

static void complete(void *ctx, struct slice before, struct editor_completion *found)
{
    (void)ctx;
    if (before.len > 0 && before.len < 5 && memcmp(before.data, "/quit", before.len) == 0)
        buf_append_str(found->insert, &"/quit"[before.len]);
}

static void on_interrupted(void *ctx)
{
    struct typing *t = ctx;

    t->hooks.stop(t->hooks.ctx);
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
    t->screen.no_messages = true;
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
    /* When others stop the process and the shell puts it into the background, setting the terminal
     * back must not stop it once more. */
    signal(SIGTTOU, SIG_IGN);
    if (!is_plain(t->app->view))
        t->console.editor = lineedit_new(loop, t->history, &hooks);
    if (!t->console.editor)
        t->console.editor = lineplain_new(loop, t->history, &hooks);
    if (!t->console.editor)
        drop_editor(t);
    t->screen.no_messages = !t->console.editor;
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

static void read_line(struct typing *t, struct buf *line)
{
    enum editor_read how;

    console_print_all(&t->console);
    how = editor_read(t->console.editor, line);
    if (how == EDITOR_LINE) {
        take_line(t, buf_slice(line));
        buf_trim(line, 65536);
    } else if (how == EDITOR_END && in_foreground()) {
        t->hooks.stop(t->hooks.ctx);
    } else if (!t->leaving && !t->stop) {
        drop_editor(t); /* in the background, or the terminal has hung up */
        t->cut_off = true;
    }
}

void typing_run(struct typing *t, struct server *server)
{
    struct buf line;

    t->server = server;
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
    screen_tell_hidden(&t->screen);
    if (t->console.editor)
        console_print_all(&t->console);
    buf_clear(&line);
}

void typing_interrupt(struct typing *t)
{
    if (t->console.editor && !t->leaving)
        editor_interrupt(t->console.editor);
    else
        t->hooks.stop(t->hooks.ctx);
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

struct typing *typing_new(struct app *app, struct views *views, const struct typing_hooks *hooks,
                          struct err *e)
{
    struct view_config config = views_config(app->view, STDOUT_FILENO, true);
    struct typing *t = calloc(1, sizeof *t);

    config.numbered = config.report = true;
    if (app->view->plain) {
        config.color = false;
        config.columns = 0;
    }
    if (t) {
        t->app = app;
        t->views = views;
        t->hooks = *hooks;
        t->history = history_new(NULL);
    }
    if (!t || !t->history || screen_init_log(&t->screen, &views->out, &config, &views->bus) < 0) {
        err_nomem(e, STAGE_IO, "starting");
        typing_free(t);
        return NULL;
    }
    t->screen.no_messages = true;
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
