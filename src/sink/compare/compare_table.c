#include "sink/compare/compare_table.h"

#include <math.h>
#include <stdio.h>

#include "sink/compare/compare_text.h"
#include "sink/grid.h"
#include "sink/term_safe.h"

#define WIDTH      80
#define BARS_WIDTH 40
#define BARS_LEAST 8
/* With fewer columns, bars are followed by less. */
#define NARROW 60

struct look {
    const char *bold, *dim, *plain;
    bool utf8;
    bool tty;
    int columns;
};

static struct look look_of(const struct view_config *view)
{
    return (struct look){
        .bold = view->color ? "\033[1m" : "",
        .dim = view->color ? "\033[2m" : "",
        .plain = view->color ? "\033[0m" : "",
        .utf8 = view->utf8,
        .tty = view->tty,
        .columns = view->columns > 0 ? view->columns : WIDTH,
    };
}

static const char *dash(const struct look *look)
{
    return look->utf8 ? "–" : "-";
}

/* A paragraph, filled to the width. */
static int paragraph(struct buf *out, const struct look *look, struct slice text, int indent)
{
    size_t width = (size_t)(look->columns < 100 ? look->columns : 100) - 1;
    size_t column = (size_t)indent;
    size_t at = 0;
    int failed = buf_printf(out, "%*s", indent, "");

    while (at < text.len) {
        size_t end = at;
        struct slice word;
        size_t wide;

        while (end < text.len && text.data[end] != ' ')
            end++;
        word = slice_make(text.data + at, end - at);
        wide = (size_t)term_width(word);
        if (column > (size_t)indent && column + 1 + wide > width) {
            failed |= buf_printf(out, "\n%*s", indent, "");
            column = (size_t)indent;
        } else if (column > (size_t)indent) {
            failed |= buf_append_str(out, " ");
            column++;
        }
        failed |= buf_append_slice(out, word);
        column += wide;
        at = end + (end < text.len);
    }
    return failed | buf_append_str(out, "\n");
}

static int heading(struct buf *out, const struct look *look, const char *text)
{
    int failed = buf_printf(out, "\n%s", look->bold);

    failed |= paragraph(out, look, slice_str(text), 0);
    return failed | buf_append_str(out, look->plain);
}

static void lag_cells(struct grid *g, const struct figures_lag *lag, const struct look *look)
{
    const int64_t values[] = {lag->p50_us, lag->p90_us, lag->p99_us, lag->max_us};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        grid_cell(g, "%s",
                  lag->known ? units_span((double)values[i], look->utf8).text : dash(look));
}

static void updates_grid(struct grid *g, const struct figures *f, const struct look *look)
{
    static const char *const head[] = {"",        "updates", "missed", "dup",
                                       "lag p50", "p90",     "p99",    "max"};

    grid_words(g, head, sizeof head / sizeof *head);
    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        grid_cell(g, "%s", ch->source->label);
        grid_cell(g, "%s", units_number((double)ch->updates).text);
        grid_cell(g, "%s", units_number((double)ch->missed).text);
        grid_cell(g, "%s", units_number((double)ch->duplicates).text);
        lag_cells(g, figures_lag(f, ch), look);
        grid_row(g);
    }
}

static void cost_grid(struct grid *g, const struct figures *f, const struct look *look)
{
    static const char *const head[] = {"",     "requests", "empty",    "conns", "bytes up",
                                       "down", "opening",  "segments", "CPU"};

    grid_words(g, head, sizeof head / sizeof *head);
    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        grid_cell(g, "%s", ch->source->label);
        grid_cell(g, "%s", units_number((double)ch->tally.requests).text);
        grid_cell(g, "%s",
                  ch->source->kind == CHANNEL_POLL ? units_number((double)ch->tally.empty).text
                                                   : dash(look));
        grid_cell(g, "%s", units_number((double)ch->connections).text);
        grid_cell(g, "%s", units_number((double)ch->up.total).text);
        grid_cell(g, "%s", units_number((double)ch->down.total).text);
        grid_cell(g, "%s", units_number((double)(ch->opening_up + ch->opening_down)).text);
        grid_cell(g, "%s",
                  ch->kernel ? units_number((double)(ch->segments_up + ch->segments_down)).text
                             : dash(look));
        grid_cell(g, "%s", units_span((double)ch->cpu_us, look->utf8).text);
        grid_row(g);
    }
}

static int put_grid(struct buf *out, struct grid *g, const struct look *look)
{
    int failed = grid_print(g, out, 2, look->columns, look->dim, look->plain);

    grid_clear(g);
    return failed;
}

static int troubles(struct buf *out, const struct figures *f, const struct look *look)
{
    int flags = look->utf8 ? 0 : TERM_SAFE_ASCII;
    struct buf text, safe;
    int failed = 0;

    buf_init(&text, 4096);
    buf_init(&safe, 65536);
    for (unsigned i = 0; i < f->count; i++) {
        buf_reset(&text);
        buf_reset(&safe);
        failed |= compare_text_trouble(&text, f, &f->channels[i]);
        if (text.len == 0)
            continue;
        failed |= buf_printf(&safe, "%s: ", f->channels[i].source->label);
        failed |= term_safe(&safe, buf_slice(&text), flags);
        failed |= paragraph(out, look, buf_slice(&safe), 2);
    }
    buf_clear(&text);
    buf_clear(&safe);
    return failed;
}

int compare_table_live(struct buf *out, const struct figures *f, uint64_t end_us,
                       const struct view_config *view)
{
    struct look look = look_of(view);
    struct grid g;
    int failed = 0;

    if (!f->counting)
        failed |= buf_printf(out, "%sconnecting ...%s\n", look.dim, look.plain);
    else
        failed |=
            buf_printf(out, "%s%.0f of %.0f s%s  %s updates, %s a second\n", look.bold,
                       (double)f->elapsed_us / 1e6,
                       end_us > f->begin_us ? (double)(end_us - f->begin_us) / 1e6 : 0, look.plain,
                       units_number((double)f->updates).text, units_number(f->rate).text);
    grid_init(&g);
    updates_grid(&g, f, &look);
    failed |= put_grid(out, &g, &look);
    failed |= troubles(out, f, &look);
    return failed;
}

/* --- bars ---------------------------------------------------------------------------------------
 */

static const char *level(const struct look *look, unsigned eighths)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {" ", ".", ".", ":", ":", "-", "+", "#", "#"};

    return (look->utf8 ? blocks : ascii)[eighths];
}

static size_t label_width(const struct figures *f)
{
    size_t widest = 0;

    for (unsigned i = 0; i < f->count; i++) {
        size_t width = strlen(f->channels[i].source->label);

        if (width > widest)
            widest = width;
    }
    return widest;
}

/* The beginnings of decades are marked, where they are narrow only of every second one. */
static int lag_axis(struct buf *out, const struct look *look, unsigned decades, unsigned merged,
                    size_t indent)
{
    static const char *const names[LAG_DECADES] = {"<0.13",  "1 ms", "10 ms",
                                                   "100 ms", "1 s",  "10 s"};
    int failed = buf_printf(out, "%*s%s", (int)indent, "", look->dim);

    for (unsigned i = 0; i < decades && i < LAG_DECADES; i += merged)
        failed |= buf_printf(out, "%-*s", i + merged < decades ? LAG_CLASSES_DECADE : 0, names[i]);
    return failed | buf_printf(out, "%s\n", look->plain);
}

static uint64_t count_of(const uint64_t counts[LAG_CLASSES], unsigned from, unsigned merged)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < merged && from + i < LAG_CLASSES; i++)
        count += counts[from + i];
    return count;
}

static int lag_bars(struct buf *out, const struct comparison *c, const struct figures *f,
                    const struct look *look)
{
    unsigned decades = compare_text_decades(f);
    unsigned classes = decades * LAG_CLASSES_DECADE;
    size_t width = label_width(f);
    unsigned merged = width + 3 + classes < (size_t)look->columns ? 1 : 2;
    int failed = heading(out, look, "How late: the share of updates at each lag");

    for (unsigned i = 0; i < f->count; i++) {
        uint64_t counts[LAG_CLASSES], most = 0;

        if (!figures_lag(f, &f->channels[i])->known)
            continue;
        compare_text_classes(f, c, i, counts);
        for (unsigned n = 0; n < LAG_CLASSES; n += merged) {
            uint64_t count = count_of(counts, n, merged);

            most = count > most ? count : most;
        }
        failed |= buf_printf(out, "  %-*s ", (int)width, f->channels[i].source->label);
        for (unsigned n = 0; n < classes; n += merged) {
            uint64_t count = count_of(counts, n, merged);

            failed |= buf_append_str(
                out, level(look, count ? (unsigned)ceil(8.0 * (double)count / (double)most) : 0));
        }
        failed |= buf_append_str(out, "\n");
    }
    return failed | lag_axis(out, look, decades, merged, width + 3);
}

static int bar(struct buf *out, const struct look *look, double share, unsigned width)
{
    static const char *const ends[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = (unsigned)(share * 8 * width + 0.5);
    int failed = 0;

    if (share > 0 && eighths == 0)
        eighths = 1;
    for (unsigned i = 0; i < eighths / 8; i++)
        failed |= buf_append_str(out, look->utf8 ? "█" : "#");
    if (look->utf8)
        failed |= buf_append_str(out, ends[eighths % 8]);
    else if (eighths < 8)
        failed |= buf_append_str(out, "#");
    return failed;
}

static int byte_bars(struct buf *out, const struct figures *f, const struct look *look)
{
    size_t width = label_width(f);
    bool narrow = look->columns < NARROW;
    int room = look->columns - (int)width - (narrow ? 12 : 27);
    double most = 0;
    int failed = heading(out, look, "Bytes per update, opening aside");

    for (unsigned i = 0; i < f->count; i++)
        most = f->channels[i].has_per_update ? fmax(most, f->channels[i].bytes_per_update) : most;
    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        if (!ch->has_per_update)
            continue;
        failed |= buf_printf(out, "  %-*s ", (int)width, ch->source->label);
        failed |= bar(out, look, most > 0 ? ch->bytes_per_update / most : 0,
                      room > BARS_WIDTH   ? BARS_WIDTH
                      : room > BARS_LEAST ? (unsigned)room
                                          : BARS_LEAST);
        failed |= buf_printf(out, " %s", units_bytes(ch->bytes_per_update).text);
        if (ch->requests > 0 && !narrow)
            failed |= buf_printf(out, ", %s request%s", units_number(ch->requests_per_update).text,
                                 ch->requests == ch->updates ? "" : "s");
        failed |= buf_append_str(out, "\n");
    }
    return failed;
}

/* --- at scale -----------------------------------------------------------------------------------
 */

enum scale_part { PART_REQUESTS, PART_BYTES, PART_CONNECTIONS, PART_COUNT };

static struct units part_of(const struct scale_cell *cell, enum scale_part part,
                            const struct look *look)
{
    struct units none = {""};

    snprintf(none.text, sizeof none.text, "%s", dash(look));
    if (!cell->known)
        return none;
    if (part == PART_REQUESTS)
        return units_number(cell->requests_s);
    if (part == PART_BYTES)
        return units_bytes(cell->bytes_s);
    return cell->connections > 0 ? units_number(cell->connections) : none;
}

static int scale_grid(struct buf *out, const struct figures *f, const struct scale *s,
                      const struct look *look)
{
    static const char *const names[] = {"requests a second", "bytes a second", "open connections"};
    struct grid g;
    int failed = heading(out, look, "At scale, on paper: an estimate from this one client");

    grid_init(&g);
    grid_cell(&g, "clients");
    for (size_t i = 0; i < s->row_count; i++)
        grid_cell(&g, "%s", units_number((double)s->rows[i].clients).text);
    grid_row(&g);
    for (enum scale_part part = 0; part < PART_COUNT; part++) {
        grid_cell(&g, "%s", names[part]);
        grid_row(&g);
        for (unsigned i = 0; i < f->count; i++) {
            grid_cell(&g, "  %s", f->channels[i].source->label);
            for (size_t row = 0; row < s->row_count; row++)
                grid_cell(&g, "%s", part_of(&s->rows[row].cells[i], part, look).text);
            grid_row(&g);
        }
    }
    return failed | put_grid(out, &g, look);
}

static int sentences(struct buf *out, const struct figures *f, const struct scale *s,
                     const struct look *look)
{
    struct buf text;
    int failed;

    buf_init(&text, 8192);
    failed = compare_text_balance(&text, f, s);
    while (text.len > 0) {
        const uint8_t *end = memchr(buf_data(&text), '\n', text.len);
        size_t len = end ? (size_t)(end - buf_data(&text)) : text.len;

        failed |= paragraph(out, look, slice_make(buf_data(&text), len), 2);
        buf_consume(&text, len + (end != NULL));
    }
    failed |= buf_append_str(out, "\n");
    failed |= buf_append_str(out, look->bold);
    failed |= paragraph(out, look, slice_str(s->verdict), 0);
    failed |= buf_append_str(out, look->plain);
    buf_clear(&text);
    return failed;
}

int compare_table(struct buf *out, const struct comparison *c, const struct figures *f,
                  const struct scale *scale, const struct view_config *view)
{
    struct look look = look_of(view);
    struct buf text;
    struct grid g;
    int failed = 0;

    failed |= buf_printf(out, "%s%.1f s, %s updates, %s a second%s\n", look.bold,
                         (double)f->elapsed_us / 1e6, units_number((double)f->updates).text,
                         units_number(f->rate).text, look.plain);
    grid_init(&g);
    updates_grid(&g, f, &look);
    failed |= put_grid(out, &g, &look);
    buf_init(&text, 4096);
    failed |= compare_text_basis(&text, f, look.utf8);
    failed |= paragraph(out, &look, buf_slice(&text), 2);
    buf_clear(&text);
    if (compare_text_outside(f))
        failed |= paragraph(out, &look, slice_str(compare_text_outside(f)), 2);
    failed |= troubles(out, f, &look);
    failed |= buf_append_str(out, "\n");
    grid_init(&g);
    cost_grid(&g, f, &look);
    failed |= put_grid(out, &g, &look);
    if (f->updates > 0) {
        failed |= lag_bars(out, c, f, &look);
        failed |= byte_bars(out, f, &look);
        failed |= scale_grid(out, f, scale, &look);
    }
    failed |= sentences(out, f, scale, &look);
    return failed < 0 ? -1 : 0;
}
