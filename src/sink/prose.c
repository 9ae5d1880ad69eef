#include "sink/prose.h"

#include "base/utf8.h"
#include "sink/term_safe.h"

struct prose prose_begin(struct buf *out, const struct view_config *view)
{
    int width = view->columns == 0 ? 80 : view->columns;

    return (struct prose){
        .out = out,
        .width = width < PROSE_LEAST  ? PROSE_LEAST
                 : width > PROSE_MOST ? PROSE_MOST
                                      : width,
        .utf8 = view->utf8,
    };
}

void prose_put(struct prose *p, const char *text)
{
    if (buf_append_str(p->out, text) < 0)
        p->failed = true;
}

void prose_blanks(struct prose *p, int n)
{
    while (n-- > 0)
        prose_put(p, " ");
}

static bool ends_number(struct slice text, size_t n)
{
    return n > 0 && text.data[n - 1] >= '0' && text.data[n - 1] <= '9';
}

/* Columns of the next word, with the blanks before it; *len its bytes. A figure and its unit are
 * one. */
static int next_word(struct slice text, size_t *len)
{
    size_t n = 0;

    while (n < text.len && text.data[n] == ' ')
        n++;
    while (n < text.len && (text.data[n] != ' ' || ends_number(text, n)))
        n++;
    *len = n;
    return term_width(slice_make(text.data, n));
}

/* What fits of a word that is longer than a line, by bytes of whole characters. */
static size_t fitting(struct slice word, int width)
{
    size_t n = word.len;

    while (n > 1 && (term_width(slice_make(word.data, n)) > width ||
                     (n < word.len && utf8_continues(word.data[n]))))
        n--;
    return n;
}

/* Text that is safe already, broken between words; lines after the first are indented. at: the
 * columns that are taken. Ends the line. */
void prose_wrap(struct prose *p, struct slice text, int at, int indent)
{
    while (text.len > 0) {
        size_t n;
        int columns = next_word(text, &n);

        if (at + columns > p->width && at > indent &&
            (columns <= p->width - indent || at >= p->width)) {
            prose_put(p, "\n");
            prose_blanks(p, indent);
            at = indent;
            while (text.len > 0 && text.data[0] == ' ') {
                text = slice_from(text, 1);
                n--;
            }
            columns = term_width(slice_make(text.data, n));
        }
        if (at + columns > p->width) {
            n = fitting(slice_make(text.data, n), p->width - at);
            columns = p->width - at + 1; /* the line is full */
        }
        if (buf_append(p->out, text.data, n) < 0)
            p->failed = true;
        at += columns;
        text = slice_from(text, n);
    }
    prose_put(p, "\n");
}

void prose_wrap_safe(struct prose *p, struct slice text, int at, int indent)
{
    struct buf safe;

    buf_init(&safe, 65536);
    if (term_safe(&safe, text, p->utf8 ? 0 : TERM_SAFE_ASCII) < 0)
        p->failed = true;
    prose_wrap(p, buf_slice(&safe), at, indent);
    buf_clear(&safe);
}
