/* Lines read as the terminal gives them: no cursor movement, no colours of the editor's own, no
 * bracketed paste. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "term/editor.h"
#include "term/reader.h"
#include "term/tty.h"

#define LINE_MAX_BYTES (16u * 1024 * 1024)

struct lineplain {
    struct editor ed;
    struct history *store;
    struct buf in;
    uv_poll_t input;
    bool prompted; /* the cursor is after a prompt */
    bool cleared;  /* ^C was pressed and nothing was typed since */
    bool ended;
};

static struct lineplain *of(struct editor *ed)
{
    return (struct lineplain *)ed;
}

static void put_prompt(struct lineplain *lp)
{
    fputs(lp->ed.hooks.prompt(lp->ed.hooks.ctx), stdout);
    fflush(stdout);
    lp->prompted = true;
}

static void lp_print(struct editor *ed, struct slice text)
{
    struct lineplain *lp = of(ed);

    if (text.len == 0)
        return;
    if (lp->prompted)
        fputs("\n", stdout);
    fwrite(text.data, 1, text.len, stdout);
    if (lp->prompted)
        put_prompt(lp);
    fflush(stdout);
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    struct lineplain *lp = poll->data;
    uint8_t bytes[16384];
    ssize_t n = reader_read(STDIN_FILENO, bytes, sizeof bytes);

    (void)status; /* the read gets the same error */
    (void)events;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    lp->cleared = false;
    if (n > 0 && buf_append(&lp->in, bytes, (size_t)n) == 0)
        return;
    lp->ended = true;
    uv_poll_stop(poll);
}

static bool take_line(struct lineplain *lp, struct buf *line)
{
    struct slice in = buf_slice(&lp->in);
    const uint8_t *newline = in.len ? memchr(in.data, '\n', in.len) : NULL;
    size_t n = newline ? (size_t)(newline - in.data) : 0;

    if (!newline)
        return false;
    if (buf_append(line, in.data, n) < 0)
        buf_reset(line);
    buf_consume(&lp->in, n + 1);
    return true;
}

static enum editor_read lp_read(struct editor *ed, struct buf *line)
{
    struct lineplain *lp = of(ed);

    buf_reset(line);
    put_prompt(lp);
    for (;;) {
        enum editor_turn turn = ed->hooks.turn(ed->hooks.ctx);

        if (take_line(lp, line))
            break;
        if (turn == EDITOR_LEAVE || lp->ended) {
            fputs("\n", stdout);
            fflush(stdout);
            lp->prompted = false;
            return turn == EDITOR_LEAVE ? EDITOR_LEFT : EDITOR_END;
        }
        uv_run(ed->loop, turn == EDITOR_AGAIN ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    }
    lp->prompted = false;
    history_add(lp->store, buf_slice(line));
    return EDITOR_LINE;
}

/* The terminal has discarded what was typed, and it is unknown whether that was anything. */
static void lp_interrupt(struct editor *ed)
{
    struct lineplain *lp = of(ed);

    if (lp->cleared || !lp->prompted) {
        ed->hooks.interrupted(ed->hooks.ctx);
        return;
    }
    lp->cleared = true;
    fputs("\n(the line is cleared; ^C again closes)\n", stdout);
    put_prompt(lp);
}

static void lp_suspend(struct editor *ed, bool stop)
{
    struct lineplain *lp = of(ed);

    fflush(stdout);
    if (stop)
        raise(SIGTSTP);
    if (lp->prompted) {
        fputs("\n", stdout);
        put_prompt(lp);
    }
}

static void lp_lend(struct editor *ed, bool lent)
{
    struct lineplain *lp = of(ed);

    fflush(stdout);
    if (lent)
        uv_poll_stop(&lp->input);
    else if (!lp->ended)
        uv_poll_start(&lp->input, UV_READABLE, on_input);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void lp_free(struct editor *ed)
{
    struct lineplain *lp = of(ed);

    buf_clear(&lp->in);
    uv_close((uv_handle_t *)&lp->input, on_closed);
}

static const struct editor_ops ops = {
    .read = lp_read,
    .print = lp_print,
    .interrupt = lp_interrupt,
    .suspend = lp_suspend,
    .lend = lp_lend,
    .free = lp_free,
};

struct editor *lineplain_new(uv_loop_t *loop, struct history *history,
                             const struct editor_hooks *hooks)
{
    struct lineplain *lp = calloc(1, sizeof *lp);

    if (!lp)
        return NULL;
    lp->ed = (struct editor){.ops = &ops, .hooks = *hooks, .loop = loop};
    lp->store = history;
    buf_init(&lp->in, LINE_MAX_BYTES);
    if (reader_poll_init(loop, &lp->input, STDIN_FILENO) < 0) {
        free(lp);
        return NULL;
    }
    lp->input.data = lp;
    uv_poll_start(&lp->input, UV_READABLE, on_input);
    return &lp->ed;
}
