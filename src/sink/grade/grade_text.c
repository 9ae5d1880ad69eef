#include "sink/grade/grade_text.h"

#include <inttypes.h>

#include "base/plural.h"
#include "sink/grade/grade_json.h"
#include "sink/grade/grade_rows.h"
#include "sink/prose.h"

#define LABEL 12 /* columns */

struct writing {
    struct prose prose;
    const char *bold, *dim, *bad, *good, *plain;
};

static void put(struct writing *w, const char *text)
{
    prose_put(&w->prose, text);
}

static void put_head(struct writing *w, const struct grade_client_report *c, size_t findings)
{
    struct buf line;
    char verdict[120];
    const char *dot = w->prose.utf8 ? " · " : ", ";

    grade_verdict_line(verdict, c, findings);
    buf_init(&line, 4096);
    if (buf_printf(&line, "client %" PRIu32 ": %s", c->client, verdict) < 0)
        w->prose.failed = true;
    put(w, findings ? w->bad : c->outage_count ? w->good : w->bold);
    prose_wrap(&w->prose, buf_slice(&line), 0, 2);
    put(w, w->plain);
    buf_reset(&line);
    if (buf_printf(&line, "%s%s%s%s%s%s%" PRIu64 " connection%s", c->address, dot, c->path,
                   c->agent[0] ? dot : "", c->agent, dot, c->connections,
                   plural(c->connections)) < 0)
        w->prose.failed = true;
    put(w, w->dim);
    prose_blanks(&w->prose, 2);
    prose_wrap_safe(&w->prose, buf_slice(&line), 2, 2);
    put(w, w->plain);
    buf_clear(&line);
}

static void put_missing(struct writing *w, const struct grade_client_report *c)
{
    for (size_t i = 0; i < c->missing_count; i++) {
        struct buf shown;

        buf_init(&shown, GRADE_SUBSCRIPTION_TEXT + 64);
        if (grade_shown(&shown, c->missing[i], w->prose.utf8) < 0)
            w->prose.failed = true;
        prose_blanks(&w->prose, LABEL + 2);
        put(w, "missing: ");
        prose_wrap_safe(&w->prose, buf_slice(&shown), LABEL + 11, LABEL + 4);
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
        put(w, w->prose.utf8 ? "  ✗ " : "  x ");
        prose_wrap_safe(&w->prose, slice_str(findings[i].text), 4, 4);
    }
    grade_rows(&rows, r, c, w->prose.utf8);
    for (size_t i = 0; i < rows.count; i++) {
        const struct grade_row *row = &rows.list[i];

        prose_blanks(&w->prose, 2);
        put(w, w->dim);
        put(w, row->label);
        put(w, w->plain);
        prose_blanks(&w->prose, LABEL - (int)strlen(row->label));
        prose_wrap_safe(&w->prose, slice_str(row->text), LABEL + 2, LABEL + 2);
        if (strcmp(row->label, "subscribed") == 0)
            put_missing(w, c);
    }
}

static void put_line(struct writing *w, const char *text)
{
    if (!text[0])
        return;
    put(w, "\n");
    prose_wrap(&w->prose, slice_str(text), 0, 0);
}

int grade_text(struct buf *out, const struct grade_report *r, const struct view_config *view)
{
    struct writing w = {.prose = prose_begin(out, view)};
    char line[200];

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
    grade_herd_line(line, r, w.prose.utf8);
    put_line(&w, line);
    grade_limits_line(line, r);
    put_line(&w, line);
    return w.prose.failed ? -1 : 0;
}
