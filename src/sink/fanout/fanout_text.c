#include "sink/fanout/fanout_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/plural.h"
#include "sink/fanout/fanout_words.h"
#include "sink/grid.h"
#include "sink/prose.h"

/* Connections of a drill, and cells of a matrix with all their figures, that are listed. */
#define WORST_SHOWN 20
#define CELLS_SHOWN 16
#define LABEL       12 /* columns */

struct writing {
    struct prose prose;
    const char *bold, *dim, *bad, *good, *plain;
};

static void put(struct writing *w, const char *text)
{
    prose_put(&w->prose, text);
}

static void head(struct writing *w, const char *text)
{
    put(w, "\n");
    put(w, w->bold);
    put(w, text);
    put(w, w->plain);
    put(w, "\n");
}

/* A name that a peer chose, as a cell of a table. */
struct name {
    char text[FANOUT_LABEL];
};

static struct name safe(struct writing *w, const char *name)
{
    struct name safe;

    if (fanout_label(safe.text, name, w->prose.utf8) < 0)
        w->prose.failed = true;
    return safe;
}

static void print(struct writing *w, struct grid *g)
{
    if (grid_print(g, w->prose.out, 2, w->prose.width, w->dim, w->plain) < 0)
        w->prose.failed = true;
    grid_clear(g);
}

/* A sentence, hidden characters made visible. */
static void sentence(struct writing *w, const char *mark, const char *text)
{
    int at = (int)(mark[0] ? 4 : 0);

    put(w, mark);
    prose_wrap_safe(&w->prose, slice_str(text), at, at);
}

/* --- the verdict --------------------------------------------------------------------------------
 */

static void put_verdict(struct writing *w, const struct fanout_report *r)
{
    put(w, r->fault_count ? w->bad : r->published ? w->good : w->bold);
    sentence(w, "", r->verdict);
    put(w, w->plain);
    for (size_t i = 0; i < r->fault_count; i++)
        if (r->faults[i].advice[0])
            sentence(w, w->prose.utf8 ? "  → " : "  > ", r->faults[i].advice);
}

static void put_expectations(struct writing *w, const struct drill_verdict *v, size_t count)
{
    if (count > 0)
        put(w, "\n");
    for (size_t i = 0; i < count; i++) {
        struct buf line;

        buf_init(&line, 1024);
        if (buf_append_slice(&line, v[i].name) < 0 ||
            (!v[i].ok && buf_printf(&line, ": %s", v[i].reason) < 0) ||
            buf_append(&line, "", 1) < 0)
            w->prose.failed = true;
        else if (v[i].ok)
            sentence(w, w->prose.utf8 ? "  ✓ " : "  + ", (const char *)buf_data(&line));
        else
            sentence(w, w->prose.utf8 ? "  ✗ " : "  x ", (const char *)buf_data(&line));
        buf_clear(&line);
    }
}

/* --- nodes and matrix ---------------------------------------------------------------------------
 */

static void put_spread(struct writing *w, const struct fanout_report *r)
{
    struct grid g;
    char line[NAMING_TEXT + 40];

    head(w, r->named ? "nodes" : "islands");
    grid_init(&g);
    grid_cell(&g, "%s", r->named ? "node" : "island");
    grid_cell(&g, "connections");
    grid_cell(&g, "share");
    if (r->drilled && r->named)
        grid_cell(&g, "before");
    grid_row(&g);
    for (uint32_t i = 0; i < r->node_count; i++) {
        grid_cell(&g, "%s", safe(w, r->nodes[i].name).text);
        grid_cell(&g, "%u", r->nodes[i].connections);
        grid_cell(&g, "%s", units_share(r->nodes[i].connections, r->open).text);
        if (r->drilled && r->named)
            grid_cell(&g, "%u", r->nodes[i].before);
        grid_row(&g);
    }
    print(w, &g);
    if (r->source[0]) {
        snprintf(line, sizeof line, "Nodes are known by %s.", r->source);
        sentence(w, "", line);
    }
    if (r->opening_us) {
        snprintf(line, sizeof line, "Opening the connections took %s.",
                 units_span((double)r->opening_us, w->prose.utf8).text);
        sentence(w, "", line);
    }
    if (!fanout_verdict_is_sticky(r))
        sentence(w, "", r->sticky_text);
}

static void put_cells(struct writing *w, const struct fanout_report *r)
{
    static const char *const heads[] = {"delivered", "lost", "twice", "late", "p50", "p99"};
    struct grid g;

    grid_init(&g);
    grid_cell(&g, "from %s to", w->prose.utf8 ? "→" : "->");
    grid_words(&g, heads, sizeof heads / sizeof *heads);
    for (uint32_t from = 0; from < r->rows; from++)
        for (uint32_t to = 0; to < r->node_count; to++) {
            const struct fanout_cell *c = fanout_cell(r, from, to);

            grid_cell(&g, "%s %s %s", safe(w, fanout_row_name(r, from)).text,
                      w->prose.utf8 ? "→" : "->", safe(w, r->nodes[to].name).text);
            grid_cell(&g, "%" PRIu64, c->delivered);
            grid_cell(&g, "%" PRIu64, c->lost);
            grid_cell(&g, "%" PRIu64, c->duplicated);
            grid_cell(&g, "%" PRIu64, c->late);
            grid_cell(&g, "%s", fanout_span(c->p50_us, w->prose.utf8).text);
            grid_cell(&g, "%s", fanout_span(c->p99_us, w->prose.utf8).text);
            grid_row(&g);
        }
    print(w, &g);
}

/* With many nodes: what was delivered of what should have been. */
static void put_table(struct writing *w, const struct fanout_report *r)
{
    uint32_t columns = r->node_count < GRID_COLUMNS ? r->node_count : GRID_COLUMNS - 1;
    struct grid g;
    char line[120];

    grid_init(&g);
    grid_cell(&g, "from");
    for (uint32_t to = 0; to < columns; to++)
        grid_cell(&g, "%s", safe(w, r->nodes[to].name).text);
    grid_row(&g);
    for (uint32_t from = 0; from < r->rows; from++) {
        grid_cell(&g, "%s", safe(w, fanout_row_name(r, from)).text);
        for (uint32_t to = 0; to < columns; to++) {
            const struct fanout_cell *c = fanout_cell(r, from, to);

            grid_cell(&g, c->lost ? "%" PRIu64 "/%" PRIu64 : "%" PRIu64, c->delivered,
                      c->delivered + c->lost);
        }
        grid_row(&g);
    }
    print(w, &g);
    if (columns < r->node_count) {
        snprintf(line, sizeof line, "%u more nodes are in --json and --report.",
                 r->node_count - columns);
        sentence(w, "", line);
    }
}

static void put_matrix(struct writing *w, const struct fanout_report *r)
{
    char line[FANOUT_LIMITS];

    if (r->published == 0)
        return;
    head(w, "deliveries");
    if (r->rows * r->node_count <= CELLS_SHOWN)
        put_cells(w, r);
    else
        put_table(w, r);
    snprintf(line, sizeof line,
             "%" PRIu64 " message%s published: %" PRIu64 " deliveries, %" PRIu64 " lost, %" PRIu64
             " twice, %" PRIu64 " late; p50 %s, p99 %s.",
             r->published, plural(r->published), r->total.delivered, r->total.lost,
             r->total.duplicated, r->total.late, fanout_span(r->total.p50_us, w->prose.utf8).text,
             fanout_span(r->total.p99_us, w->prose.utf8).text);
    sentence(w, "", line);
    if (r->redis) {
        snprintf(line, sizeof line, "%" PRIu64 " message%s %s seen in Redis, on %u channel%s.",
                 r->bus_seen, plural(r->bus_seen), r->bus_seen == 1 ? "was" : "were",
                 r->channel_count, plural(r->channel_count));
        sentence(w, "", line);
    }
    fanout_limits(line, r);
    if (line[0])
        sentence(w, "", line);
}

/* --- the drill ----------------------------------------------------------------------------------
 */

static void put_accounts(struct writing *w, const struct fanout_report *r)
{
    static const char *const heads[] = {"connection", "end",   "code", "away",
                                        "before",     "after", "lost"};
    uint32_t *list = malloc(((size_t)r->connections + 1) * sizeof *list);
    bool utf8 = w->prose.utf8;
    struct grid g;
    size_t count;
    char line[80];

    if (!list) {
        w->prose.failed = true;
        return;
    }
    count = fanout_worst(r, list);
    grid_init(&g);
    grid_words(&g, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < count && i < WORST_SHOWN; i++) {
        const struct drill_account *a = fanout_account(r, list[i]);

        grid_cell(&g, "%u", list[i] + 1);
        grid_cell(&g, "%s", drill_word(a));
        if (a->ends)
            grid_cell(&g, "%u", a->code);
        else
            grid_cell(&g, "%s", utf8 ? "–" : "-");
        grid_cell(&g, "%s", fanout_span((int64_t)a->away_us, utf8).text);
        grid_cell(&g, "%s", safe(w, fanout_node_name(r, a->before, utf8)).text);
        grid_cell(&g, "%s", safe(w, fanout_node_name(r, a->after, utf8)).text);
        grid_cell(&g, "%u", a->lost);
        grid_row(&g);
    }
    if (count > 0) {
        put(w, "\n");
        print(w, &g);
    } else {
        grid_clear(&g);
    }
    free(list);
    if (count > WORST_SHOWN) {
        snprintf(line, sizeof line, "%zu more are in --json; these are the worst.",
                 count - WORST_SHOWN);
        sentence(w, "", line);
    }
}

static void put_drill(struct writing *w, const struct fanout_report *r)
{
    struct fanout_row rows[FANOUT_DRILL_ROWS];
    size_t count;

    if (!r->drilled)
        return;
    head(w, "drill");
    count = fanout_drill_rows(rows, r, w->prose.utf8);
    for (size_t i = 0; i < count; i++) {
        prose_blanks(&w->prose, 2);
        put(w, w->dim);
        put(w, rows[i].label);
        put(w, w->plain);
        prose_blanks(&w->prose, LABEL - (int)strlen(rows[i].label));
        prose_wrap_safe(&w->prose, slice_str(rows[i].text), LABEL + 2, LABEL + 2);
    }
    put_accounts(w, r);
}

int fanout_text(struct buf *out, const struct fanout_report *r,
                const struct drill_verdict *verdicts, size_t verdict_count,
                const struct view_config *view)
{
    struct writing w = {.prose = prose_begin(out, view)};

    w.bold = view->color ? "\033[1m" : "";
    w.dim = view->color ? "\033[2m" : "";
    w.bad = view->color ? "\033[1;31m" : "";
    w.good = view->color ? "\033[1;32m" : "";
    w.plain = view->color ? "\033[0m" : "";
    put_verdict(&w, r);
    put_expectations(&w, verdicts, verdict_count);
    put_spread(&w, r);
    put_matrix(&w, r);
    put_drill(&w, r);
    return w.prose.failed ? -1 : 0;
}
