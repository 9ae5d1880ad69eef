/* lineedit_screen: prompt and line on the screen, and what is printed above them. */
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

#include "base/utf8.h"
#include "sink/term_safe.h"
#include "term/layout.h"
#include "term/lineedit_private.h"
#include "term/tty.h"
#include "term/wide.h"

const wchar_t *lineedit_prompt(EditLine *el)
{
    struct lineedit *le;

    if (el_wget(el, EL_CLIENTDATA, &le) < 0 || le->prompt.len == 0)
        return L"> ";
    return (const wchar_t *)(const void *)buf_data(&le->prompt);
}

void lineedit_renew_prompt(struct lineedit *le)
{
    const wchar_t nul = L'\0';

    buf_reset(&le->prompt);
    if (wide_from_utf8(&le->prompt, slice_str(le->ed.hooks.prompt(le->ed.hooks.ctx))) < 0 ||
        buf_append(&le->prompt, &nul, sizeof nul) < 0)
        buf_reset(&le->prompt);
}

static bool prompt_is_old(struct lineedit *le)
{
    size_t n = le->prompt.len ? wide_count(&le->prompt) - 1 : 0;

    buf_reset(&le->text);
    if (wide_to_utf8(&le->text, lineedit_prompt(le->el), n) < 0)
        return false;
    return !slice_is(buf_slice(&le->text), le->ed.hooks.prompt(le->ed.hooks.ctx));
}

/* Rows between the one the prompt begins in and the one of the cursor. */
static int rows_above(struct lineedit *le)
{
    const LineInfoW *line = el_wline(le->el);
    const wchar_t *prompt = lineedit_prompt(le->el);
    struct layout at = {0, 0};

    layout_put(&at, le->columns, prompt, wcslen(prompt));
    layout_put(&at, le->columns, line->buffer, (size_t)(line->cursor - line->buffer));
    /* What has left the screen can't be reached. */
    return at.row < le->lines ? at.row : le->lines - 1;
}

static int status_rows(const struct lineedit *le)
{
    int columns = le->columns > 0 ? le->columns : 1;

    return le->shown.len == 0 ? 0 : 1 + (term_width(buf_slice(&le->shown)) - 1) / columns;
}

/* The part of the status that fits into one row. */
static void draw_status(struct lineedit *le)
{
    struct slice text = buf_slice(&le->status);

    le->status_new = false;
    buf_reset(&le->shown);
    while (text.len > 0 && term_width(text) >= le->columns)
        text.len = utf8_cut(text, text.len - 1);
    if (text.len == 0 || buf_append_slice(&le->shown, text) < 0)
        return;
    fwrite(text.data, 1, text.len, stdout);
    fputs("\n", stdout);
}

void lineedit_status(struct editor *ed, struct slice text)
{
    struct lineedit *le = lineedit_of(ed);

    if (slice_equal(buf_slice(&le->status), text))
        return;
    le->status_new = true;
    buf_reset(&le->status);
    buf_append_slice(&le->status, text);
}

void lineedit_hide_status(struct lineedit *le)
{
    if (le->shown.len == 0)
        return;
    lineedit_erase(le);
    lineedit_renew_prompt(le);
    el_set(le->el, EL_REFRESH);
}

/* Remove prompt and line from the screen: the cursor is then where the prompt began. */
void lineedit_erase(struct lineedit *le)
{
    int rows = rows_above(le) + status_rows(le);

    if (rows >= le->lines)
        rows = le->lines - 1;
    buf_reset(&le->shown);
    if (rows > 0)
        printf("\x1b[%dA", rows);
    fputs("\r\x1b[J", stdout);
}

void lineedit_draw(struct lineedit *le)
{
    draw_status(le);
    lineedit_renew_prompt(le);
    el_set(le->el, EL_REFRESH);
    fflush(stdout);
}

/* Terminals wrap what they show anew when their width changes, so the rows to go up are those of
 * the new width. */
bool lineedit_resized(struct lineedit *le)
{
    int columns, lines;

    tty_size(STDOUT_FILENO, &columns, &lines);
    if (columns == le->columns && lines == le->lines)
        return false;
    le->columns = columns;
    le->lines = lines;
    if (le->resting) {
        lineedit_erase(le);
        fflush(stdout);
    }
    el_resize(le->el);
    return true;
}

static void put(struct slice text)
{
    if (text.len > 0)
        fwrite(text.data, 1, text.len, stdout);
}

void lineedit_print(struct editor *ed, struct slice text)
{
    struct lineedit *le = lineedit_of(ed);
    bool redraw = lineedit_resized(le);

    if (!le->resting) {
        put(text);
        fflush(stdout);
        return;
    }
    if (text.len == 0 && !redraw && !le->status_new && !prompt_is_old(le))
        return;
    if (!redraw)
        lineedit_erase(le);
    put(text);
    lineedit_draw(le);
}
