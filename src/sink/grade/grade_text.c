#include "sink/grade/grade_text.h"

#include <inttypes.h>

#include "base/plural.h"
#include "sink/grade/grade_json.h"
#include "sink/grade/grade_rows.h"
#include "sink/term_safe.h"

#define LABEL       12 /* columns */
#define WIDTH_LEAST 30
#define WIDTH_MOST  100

struct writing {
    struct buf *out;
    int width;
    bool utf8, failed;
    const char *bold, *dim, *bad, *good, *plain;
};

static void put(struct writing *w, const char *text)
{
    if (buf_append_str(w->out, text) < 0)
        w->failed = true;
}

static void blanks(struct writing *w, int n)
{
    while (n-- > 0)
        put(w, " ");
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
                     (n < word.len && (word.data[n] & 0xC0) == 0x80)))
        n--;
    return n;
}

/* Text that is safe already, broken between words; lines after the first are indented. at: the
 * columns that are taken. Ends the line. */
static void wrap(struct writing *w, struct slice text, int at, int indent)
{
    while (text.len > 0) {
        size_t n;
        int columns = next_word(text, &n);

        if (at + columns > w->width && at > indent &&
            (columns <= w->width - indent || at >= w->width)) {
            put(w, "\n");
            blanks(w, indent);
            at = indent;
            while (text.len > 0 && text.data[0] == ' ') {
                text = slice_make(text.data + 1, text.len - 1);
                n--;
            }
            columns = term_width(slice_make(text.data, n));
        }
        if (at + columns > w->width) {
            n = fitting(slice_make(text.data, n), w->width - at);
            columns = w->width - at + 1; /* the line is full */
        }
        if (buf_append(w->out, text.data, n) < 0)
            w->failed = true;
        at += columns;
        text = slice_make(text.data + n, text.len - n);
    }
    put(w, "\n");
}

static void wrap_safe(struct writing *w, struct slice text, int at, int indent)
{
    struct buf safe;

    buf_init(&safe, 65536);
    if (term_safe(&safe, text, w->utf8 ? 0 : TERM_SAFE_ASCII) < 0)
        w->failed = true;
    wrap(w, buf_slice(&safe), at, indent);
    buf_clear(&safe);
}

static void put_head(struct writing *w, const struct grade_client_report *c, size_t findings)
{
    struct buf line;
    char verdict[120];
    const char *dot = w->utf8 ? " · " : ", ";

    grade_verdict_line(verdict, c, findings);
    buf_init(&line, 4096);
    if (buf_printf(&line, "client %" PRIu32 ": %s", c->client, verdict) < 0)
        w->failed = true;
    put(w, findings ? w->bad : c->outage_count ? w->good : w->bold);
    wrap(w, buf_slice(&line), 0, 2);
    put(w, w->plain);
    buf_reset(&line);
    if (buf_printf(&line, "%s%s%s%s%s%s%" PRIu64 " connection%s", c->address, dot, c->path,
                   c->agent[0] ? dot : "", c->agent, dot, c->connections,
                   plural(c->connections)) < 0)
        w->failed = true;
    put(w, w->dim);
    blanks(w, 2);
    wrap_safe(w, buf_slice(&line), 2, 2);
    put(w, w->plain);
    buf_clear(&line);
}

static void put_missing(struct writing *w, const struct grade_client_report *c)
{
    for (size_t i = 0; i < c->missing_count; i++) {
        struct buf shown;

        buf_init(&shown, GRADE_SUBSCRIPTION_TEXT + 64);
        if (grade_shown(&shown, c->missing[i], w->utf8) < 0)
            w->failed = true;
        blanks(w, LABEL + 2);
        put(w, "missing: ");
        wrap_safe(w, buf_slice(&shown), LABEL + 11, LABEL + 4);
        buf_clear(&shown);
    }
}

static void put_client(struct writing *w, const struct grade_report *r,
                       const struct grade_client_report *c)
{
    struct finding findings[FINDINGS_MAX];
    size_t count = findings_of(r, c, findings);
    struct grade_rows rows;

    put_head(w, c, count);
    for (size_t i = 0; i < count; i++) {
        put(w, w->utf8 ? "  ✗ " : "  x ");
        wrap_safe(w, slice_str(findings[i].text), 4, 4);
    }
    grade_rows(&rows, r, c, w->utf8);
    for (size_t i = 0; i < rows.count; i++) {
        const struct grade_row *row = &rows.list[i];

        blanks(w, 2);
        put(w, w->dim);
        put(w, row->label);
        put(w, w->plain);
        blanks(w, LABEL - (int)strlen(row->label));
        wrap_safe(w, slice_str(row->text), LABEL + 2, LABEL + 2);
        if (strcmp(row->label, "subscribed") == 0)
            put_missing(w, c);
    }
}

static void put_line(struct writing *w, const char *text)
{
    if (!text[0])
        return;
    put(w, "\n");
    wrap(w, slice_str(text), 0, 0);
}

int grade_text(struct buf *out, const struct grade_report *r, const struct view_config *view)
{
    struct writing w = {.out = out, .utf8 = view->utf8};
    char line[200];

    w.width = view->columns == 0 ? 80 : view->columns;
    w.width = w.width < WIDTH_LEAST ? WIDTH_LEAST : w.width > WIDTH_MOST ? WIDTH_MOST : w.width;
    w.bold = view->color ? "\033[1m" : "";
    w.dim = view->color ? "\033[2m" : "";
    w.bad = view->color ? "\033[1;31m" : "";
    w.good = view->color ? "\033[1;32m" : "";
    w.plain = view->color ? "\033[0m" : "";
    if (r->client_count == 0)
        put(&w, "no client connected\n");
    for (size_t i = 0; i < r->client_count; i++) {
        if (i > 0)
            put(&w, "\n");
        put_client(&w, r, &r->clients[i]);
    }
    grade_herd_line(line, r, w.utf8);
    put_line(&w, line);
    grade_limits_line(line, r);
    put_line(&w, line);
    return w.failed ? -1 : 0;
}
