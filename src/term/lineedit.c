/*
 * lineedit: typing with line editing. No other files than these, lineedit and lineedit_screen, know
 * libedit.
 */
#include "base/utf8.h"
#include "term/lineedit_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "term/reader.h"
#include "term/tty.h"
#include "term/wide.h"

/* After an ESC this long without a byte, it was the key and not the beginning of a sequence. */
#define ESC_MS  60
#define CTRL_C  L'\x03'
#define PROMPTS 1024 /* bytes of a prompt */
#define LINES   (KEYS_PASTE_MAX * 2)

/* --- input --------------------------------------------------------------------------------------
 */

static void on_escape(uv_timer_t *timer)
{
    struct lineedit *le = timer->data;

    keys_release(&le->keys);
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    struct lineedit *le = poll->data;
    uint8_t bytes[16384];
    ssize_t n = reader_read(STDIN_FILENO, bytes, sizeof bytes);

    (void)status; /* the read gets the same error */
    (void)events;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        le->gone = true;
        uv_poll_stop(poll);
        return;
    }
    keys_feed(&le->keys, bytes, (size_t)n);
    uv_timer_stop(&le->escape);
}

/* During an incremental search libedit keeps "\nbck:PATTERN" after the line, and pointers into it:
 * nothing may be inserted then. */
static bool searching(struct lineedit *le)
{
    const LineInfoW *line = el_wline(le->el);
    const wchar_t *p = line->lastchar;

    while (p > line->buffer && p[-1] != L'\n')
        p--;
    return p > line->buffer && line->lastchar - p >= 4 &&
           (wmemcmp(p, L"bck", 3) == 0 || wmemcmp(p, L"fwd", 3) == 0) &&
           (p[3] == L':' || p[3] == L'?');
}

/* The first line of a paste as if it had been typed. */
static void type_paste(struct lineedit *le, struct slice text)
{
    size_t n = 0;

    while (n < text.len && n < 256 && text.data[n] >= ' ')
        n++;
    wide_from_utf8(&le->waiting, slice_make(text.data, n));
}

/* A paste is one piece of text, whatever is in it; Enter sends it. */
static void insert_paste(struct lineedit *le, struct slice text)
{
    const wchar_t nul = L'\0';
    bool failed;

    if (searching(le)) {
        type_paste(le, text);
        return;
    }
    /* What was copied by the line ends with one line end too many. */
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    buf_reset(&le->scratch);
    failed =
        wide_from_utf8(&le->scratch, text) < 0 || buf_append(&le->scratch, &nul, sizeof nul) < 0;
    lineedit_erase(le);
    if (!failed && le->scratch.len > sizeof nul)
        failed = el_winsertstr(le->el, (const wchar_t *)(const void *)buf_data(&le->scratch)) < 0;
    if (failed)
        fputs("the paste does not fit into memory\n", stdout);
    else if (le->keys.paste_cut)
        fputs("the paste was cut: at most 16 MiB are accepted\n", stdout);
    lineedit_draw(le);
    buf_reset(&le->scratch);
    buf_trim(&le->scratch, 65536);
}

/* One key, if there is a whole one: its characters go to `waiting`. */
static bool take_key(struct lineedit *le)
{
    struct slice bytes;

    switch (keys_next(&le->keys, &bytes)) {
    case KEY_TEXT:
        uv_timer_stop(&le->escape);
        wide_from_utf8(&le->waiting, bytes);
        return true;
    case KEY_PASTE:
        insert_paste(le, bytes);
        return true;
    default:
        if (keys_held(&le->keys) && !uv_is_active((uv_handle_t *)&le->escape))
            /* Repeatedly: the first time may be just before the loop sleeps. */
            uv_timer_start(&le->escape, on_escape, ESC_MS, ESC_MS);
        return false;
    }
}

/* In the background libedit does not set the terminal, which it would do several times. */
static void leave_terminal_alone(struct lineedit *le)
{
    if (tty_in_background(STDIN_FILENO))
        el_set(le->el, EL_EDITMODE, 0);
}

/* Runs the loop until there is a character. For libedit: 1 and the character, 0 at the end. */
static int next_char(EditLine *el, wchar_t *c)
{
    struct lineedit *le;

    if (el_wget(el, EL_CLIENTDATA, &le) < 0)
        return 0;
    fflush(stdout);
    while (le->waiting.len == 0) {
        enum editor_turn turn;

        le->resting = true;
        turn = le->ed.hooks.turn(le->ed.hooks.ctx);
        if (turn == EDITOR_LEAVE || le->gone) {
            le->left = turn == EDITOR_LEAVE;
            le->resting = false;
            leave_terminal_alone(le);
            return 0;
        }
        if (le->waiting.len == 0 && !take_key(le))
            uv_run(le->ed.loop, turn == EDITOR_AGAIN ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    }
    le->resting = false;
    memcpy(c, buf_data(&le->waiting), sizeof *c);
    if (*c == L'\r' || *c == L'\n')
        lineedit_hide_status(le);
    buf_consume(&le->waiting, sizeof *c);
    return 1;
}

static enum editor_read le_read(struct editor *ed, struct buf *line)
{
    struct lineedit *le = lineedit_of(ed);
    const wchar_t *text;
    int n = 0;

    buf_reset(line);
    le->left = le->edit = false;
    lineedit_resized(le);
    lineedit_renew_prompt(le);
    text = el_wgets(le->el, &n);
    le->resting = false;
    if ((!text || n <= 0) && !le->edit) {
        /* The prompt stays, the cursor in its row. */
        fputs("\n", stdout);
        fflush(stdout);
        return le->left ? EDITOR_LEFT : EDITOR_END;
    }
    if (text && n > 0 && text[n - 1] == L'\n')
        n--;
    if (text && n > 0 && wide_to_utf8(line, text, (size_t)n) < 0)
        buf_reset(line);
    if (le->edit) {
        fputs("\n", stdout);
        fflush(stdout);
        return EDITOR_EDIT;
    }
    if (line->len > 0 && line->len <= HISTORY_LINE) {
        HistEventW ev;

        buf_reset(&le->scratch);
        if (buf_append(&le->scratch, text, (size_t)n * sizeof *text) == 0 &&
            buf_append(&le->scratch, L"", sizeof *text) == 0)
            history_w(le->history, &ev, H_ENTER,
                      (const wchar_t *)(const void *)buf_data(&le->scratch));
        buf_reset(&le->scratch);
        history_add(le->store, buf_slice(line));
    }
    return EDITOR_LINE;
}

/* --- keys of our own ----------------------------------------------------------------------------
 */

static void le_interrupt(struct editor *ed)
{
    struct lineedit *le = lineedit_of(ed);
    const wchar_t c = CTRL_C;

    if (!le->resting) {
        ed->hooks.interrupted(ed->hooks.ctx);
        return;
    }
    buf_append(&le->waiting, &c, sizeof c);
}

static unsigned char on_ctrl_c(EditLine *el, wint_t c)
{
    const LineInfoW *line = el_wline(el);
    int n = (int)(line->lastchar - line->buffer);
    struct lineedit *le;

    (void)c;
    if (el_wget(el, EL_CLIENTDATA, &le) < 0)
        return CC_ERROR;
    if (n == 0) {
        le->ed.hooks.interrupted(le->ed.hooks.ctx);
        return CC_NORM;
    }
    el_cursor(el, n);
    el_deletestr(el, n);
    return CC_REFRESH;
}

static unsigned char on_tab(EditLine *el, wint_t c)
{
    const LineInfoW *line = el_wline(el);
    const wchar_t nul = L'\0';
    struct buf insert, choices;
    struct editor_completion found = {0, &insert, &choices};
    struct lineedit *le;
    size_t back = 0;
    unsigned char result = CC_ERROR;

    (void)c;
    if (el_wget(el, EL_CLIENTDATA, &le) < 0)
        return CC_ERROR;
    buf_init(&insert, 65536);
    buf_init(&choices, 65536);
    buf_reset(&le->text);
    buf_reset(&le->scratch);
    if (wide_to_utf8(&le->text, line->buffer, (size_t)(line->cursor - line->buffer)) < 0)
        goto out;
    le->ed.hooks.complete(le->ed.hooks.ctx, buf_slice(&le->text), &found);
    if (choices.len > 0) {
        lineedit_erase(le);
        (void)buf_write(&choices, stdout);
        lineedit_draw(le);
        result = CC_NORM;
    }
    if (insert.len == 0 || wide_from_utf8(&le->scratch, buf_slice(&insert)) < 0 ||
        buf_append(&le->scratch, &nul, sizeof nul) < 0)
        goto out;
    back = utf8_count(slice_from(buf_slice(&le->text), le->text.len - found.back));
    if (back > 0)
        el_deletestr(el, (int)back);
    el_winsertstr(el, (const wchar_t *)(const void *)buf_data(&le->scratch));
    result = CC_REFRESH;
out:
    buf_reset(&le->scratch);
    buf_clear(&insert);
    buf_clear(&choices);
    return result;
}

/* Alt-Enter. */
static unsigned char on_break(EditLine *el, wint_t c)
{
    (void)c;
    return el_winsertstr(el, L"\n") < 0 ? CC_ERROR : CC_REFRESH;
}

/* ^X^E: the line ends here, and its reader has it edited. */
static unsigned char on_edit(EditLine *el, wint_t c)
{
    struct lineedit *le;

    (void)c;
    if (el_wget(el, EL_CLIENTDATA, &le) < 0)
        return CC_ERROR;
    lineedit_hide_status(le);
    le->edit = true;
    return CC_NEWLINE;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void set_pasting(bool on)
{
    tty_pasting(on);
    fputs(on ? "\x1b[?2004h" : "\x1b[?2004l", stdout);
    fflush(stdout);
}

static void le_suspend(struct editor *ed, bool stop)
{
    struct lineedit *le = lineedit_of(ed);

    if (stop) {
        if (le->resting)
            lineedit_erase(le);
        set_pasting(false);
        if (le->resting)
            el_set(le->el, EL_PREP_TERM, 0);
        tty_lend();
        raise(SIGTSTP);
    }
    set_pasting(true);
    if (!le->resting)
        return;
    el_set(le->el, EL_PREP_TERM, 1);
    tty_size(STDOUT_FILENO, &le->columns, &le->lines);
    el_resize(le->el);
    fputs("\r\x1b[J", stdout);
    lineedit_draw(le);
}

static void le_lend(struct editor *ed, bool lent)
{
    struct lineedit *le = lineedit_of(ed);

    set_pasting(!lent);
    if (lent) {
        uv_poll_stop(&le->input);
        tty_lend();
        return;
    }
    uv_poll_start(&le->input, UV_READABLE, on_input);
    tty_size(STDOUT_FILENO, &le->columns, &le->lines);
    el_resize(le->el);
}

static void on_closed(uv_handle_t *handle)
{
    struct lineedit *le = handle->data;

    if (--le->handles == 0)
        free(le);
}

static void le_free(struct editor *ed)
{
    struct lineedit *le = lineedit_of(ed);

    leave_terminal_alone(le);
    if (!tty_in_background(STDIN_FILENO))
        set_pasting(false);
    history_wend(le->history);
    el_end(le->el);
    tty_release();
    keys_clear(&le->keys);
    buf_clear(&le->waiting);
    buf_clear(&le->prompt);
    buf_clear(&le->scratch);
    buf_clear(&le->text);
    buf_clear(&le->status);
    buf_clear(&le->shown);
    uv_close((uv_handle_t *)&le->input, on_closed);
    uv_close((uv_handle_t *)&le->escape, on_closed);
}

/* Where the locale calls U+0080 to U+00FF unprintable, libedit keeps its meta keys there. Ours come
 * as ESC and a character, so what arrives in this range was typed, and is text. */
static void bind_latin1_as_text(struct lineedit *le)
{
    for (wchar_t c = 0x80; c <= 0xFF; c++) {
        const wchar_t key[] = {c, L'\0'};

        el_wset(le->el, EL_BIND, key, L"ed-insert", NULL);
    }
}

static void bind_keys(struct lineedit *le)
{
    size_t count;
    const struct key_binding *bindings = keys_bindings(&count);

    el_set(le->el, EL_EDITOR, "emacs");
    for (size_t i = 0; i < count; i++)
        el_set(le->el, EL_BIND, bindings[i].sequence, bindings[i].action, NULL);
    el_set(le->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(le->el, EL_BIND, "^W", "ed-delete-prev-word", NULL);
    el_set(le->el, EL_BIND, "^L", "ed-clear-screen", NULL);
    el_wset(le->el, EL_ADDFN, L"wscope-complete", L"complete the word", on_tab);
    el_wset(le->el, EL_ADDFN, L"wscope-interrupt", L"clear the line, or close", on_ctrl_c);
    el_set(le->el, EL_BIND, "^I", "wscope-complete", NULL);
    el_wset(le->el, EL_ADDFN, L"wscope-break", L"insert a line break", on_break);
    el_wset(le->el, EL_ADDFN, L"wscope-edit", L"edit the line with $VISUAL or $EDITOR", on_edit);
    el_set(le->el, EL_BIND, "^X^E", "wscope-edit", NULL);
    el_set(le->el, EL_BIND, "\x1b\r", "wscope-break", NULL);
    el_set(le->el, EL_BIND, "\x1b\n", "wscope-break", NULL);
    el_source(le->el, NULL);
    el_set(le->el, EL_BIND, "^C", "wscope-interrupt", NULL);
    bind_latin1_as_text(le);
}

static void fill_history(struct lineedit *le)
{
    HistEventW ev;

    history_w(le->history, &ev, H_SETSIZE, HISTORY_LINES);
    history_w(le->history, &ev, H_SETUNIQUE, 1);
    for (size_t i = 0; i < le->store->count; i++) {
        buf_reset(&le->scratch);
        if (wide_from_utf8(&le->scratch, history_line(le->store, i)) == 0 &&
            buf_append(&le->scratch, L"", sizeof(wchar_t)) == 0)
            history_w(le->history, &ev, H_ENTER,
                      (const wchar_t *)(const void *)buf_data(&le->scratch));
    }
    buf_reset(&le->scratch);
    el_wset(le->el, EL_HIST, history_w, le->history);
}

static const struct editor_ops ops = {
    .read = le_read,
    .print = lineedit_print,
    .interrupt = le_interrupt,
    .suspend = le_suspend,
    .status = lineedit_status,
    .lend = le_lend,
    .free = le_free,
};

static void init_bufs(struct lineedit *le)
{
    keys_init(&le->keys);
    buf_init(&le->waiting, 65536);
    buf_init(&le->prompt, PROMPTS * sizeof(wchar_t));
    buf_init(&le->scratch, LINES * sizeof(wchar_t));
    buf_init(&le->text, LINES * 4);
    buf_init(&le->status, PROMPTS);
    buf_init(&le->shown, PROMPTS);
}

struct editor *lineedit_new(uv_loop_t *loop, struct history *history,
                            const struct editor_hooks *hooks)
{
    struct lineedit *le = calloc(1, sizeof *le);

    if (!le)
        return NULL;
    le->ed = (struct editor){.ops = &ops, .hooks = *hooks, .loop = loop};
    le->store = history;
    tty_guard(STDIN_FILENO);
    le->history = history_winit();
    le->el = le->history ? el_init("wscope", stdin, stdout, stderr) : NULL;
    if (!le->el || reader_poll_init(loop, &le->input, STDIN_FILENO) < 0) {
        if (le->el)
            el_end(le->el);
        if (le->history)
            history_wend(le->history);
        tty_release();
        free(le);
        return NULL;
    }
    init_bufs(le);
    uv_timer_init(loop, &le->escape);
    le->input.data = le->escape.data = le;
    le->handles = 2;
    uv_poll_start(&le->input, UV_READABLE, on_input);
    el_wset(le->el, EL_CLIENTDATA, le);
    el_wset(le->el, EL_PROMPT, lineedit_prompt);
    el_wset(le->el, EL_SIGNAL, 0);
    /* Between two lines too keys come as they are: a ^D typed there would be lost. */
    el_set(le->el, EL_SETTY, "-x", "-icanon", "-echo", "-icrnl", NULL);
    /* libedit makes LF of CR and CR of LF, and a pasted CR LF would be two line ends. */
    el_set(le->el, EL_SETTY, "-d", "-icrnl", "-inlcr", NULL);
    el_wset(le->el, EL_GETCFN, next_char);
    bind_keys(le);
    fill_history(le);
    tty_size(STDOUT_FILENO, &le->columns, &le->lines);
    set_pasting(true);
    return &le->ed;
}
