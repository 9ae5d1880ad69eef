/* The last step of what was composed for people: lines for the width of the terminal, and not too
 * many of one message. */
#include "base/utf8.h"
#include "sink/human.h"

#include "base/decimal.h"
#include "sink/wrap.h"

/* Below that, lines of words are no easier to read. */
#define NARROWEST 20

static void break_lines(struct human *h)
{
    struct buf composed;

    if (h->failed || !h->config.tty || h->config.columns < NARROWEST || h->text.len == 0 ||
        wrap_fits(buf_slice(&h->text), h->config.columns))
        return;
    buf_reset(&h->scratch);
    if (wrap_text(&h->scratch, buf_slice(&h->text), h->config.columns) < 0)
        return; /* the terminal breaks them */
    composed = h->text;
    h->text = h->scratch;
    h->scratch = composed;
}

static uint64_t count_lines(struct slice text)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    return lines;
}

/* The end of the line `lines` that is there. */
static size_t end_of_line(struct slice text, int lines)
{
    size_t i = 0;

    while (i < text.len && lines > 0)
        lines -= text.data[i++] == '\n';
    return i;
}

/* Not inside the escape sequence of a colour. */
static size_t before_colour(struct slice text, size_t end)
{
    for (size_t i = end; i > 0 && end - i < 8 && text.data[i - 1] != 'm'; i--) {
        if (text.data[i - 1] == 0x1B)
            return i - 1;
    }
    return end;
}

/* A few long lines are cut, too. */
static size_t kept_length(struct slice text, int lines)
{
    size_t most = (size_t)lines * HUMAN_FOLD_LINE, end = end_of_line(text, lines);

    if (end <= most)
        return end;
    return before_colour(text, utf8_cut(text, most));
}

static void put_rest(struct human *h, struct slice rest)
{
    uint64_t lines = count_lines(rest);
    char number[DECIMAL_GROUPED];

    h->line_start = h->text.len;
    human_next(h, 2);
    human_style(h, STYLE_DIM);
    human_ellipsis(h);
    human_put(h, " ");
    if (lines > 1) {
        decimal_grouped(number, lines);
        human_put(h, number);
        human_put(h, " more lines: /last");
    } else {
        human_size(h, rest.len);
        human_put(h, " more: /last");
    }
    human_end_line(h);
}

static void fold(struct human *h)
{
    struct slice text = buf_slice(&h->text);
    size_t end = kept_length(text, h->config.fold);
    struct slice rest = slice_from(text, end);

    /* The line that says so takes one, too. */
    if (rest.len == 0 || (count_lines(rest) < 2 && rest.len < HUMAN_FOLD_LINE))
        return;
    buf_reset(&h->scratch);
    if (buf_append_slice(&h->scratch, rest) < 0)
        return;
    h->text.len = end;
    if (h->config.color && buf_data(&h->text)[end - 1] != '\n')
        human_put(h, "\x1b[0m");
    put_rest(h, buf_slice(&h->scratch));
}

void human_lay_out(struct human *h, const struct event *ev)
{
    break_lines(h);
    if (ev->kind == EVENT_MESSAGE && h->config.fold > 0 && !h->failed && h->text.len > 0)
        fold(h);
}
