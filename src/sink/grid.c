#include "sink/grid.h"

#include <stdarg.h>
#include <stdio.h>

#include "sink/term_safe.h"

#define GRID_MAX (1024 * 1024)
#define GAP      2

void grid_init(struct grid *g)
{
    *g = (struct grid){0};
    buf_init(&g->text, GRID_MAX);
}

void grid_clear(struct grid *g)
{
    buf_clear(&g->text);
}

static void put(struct grid *g, const char *text, size_t n)
{
    if (buf_append(&g->text, text, n) < 0)
        g->failed = true;
}

void grid_cell(struct grid *g, const char *format, ...)
{
    char text[160];
    va_list args;
    size_t width;

    if (g->at == GRID_COLUMNS)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    width = (size_t)term_width(slice_str(text));
    if (width > g->width[g->at])
        g->width[g->at] = width;
    if (++g->at > g->columns)
        g->columns = g->at;
    put(g, text, strlen(text) + 1);
}

/* A newline where a cell would begin ends a row. */
void grid_row(struct grid *g)
{
    put(g, "\n", 1);
    g->at = 0;
}

void grid_words(struct grid *g, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        grid_cell(g, "%s", words[i]);
    grid_row(g);
}

/* Columns of a terminal that the first column takes and those from `from` to before `to`. */
static size_t width_of(const struct grid *g, unsigned from, unsigned to, unsigned gap)
{
    size_t width = g->width[0];

    for (unsigned i = from; i < to; i++)
        width += gap + g->width[i];
    return width;
}

/* A part of the table: the first column, and those from `from` to before `to`. */
struct part {
    unsigned from, to, gap;
    int indent;
};

static const char *put_row(const struct grid *g, struct buf *out, const char *at,
                           const struct part *part, int *failed)
{
    size_t blanks = 0; /* pending: there are none at the end of a line */

    *failed |= buf_printf(out, "%*s", *at == '\n' ? 0 : part->indent, "");
    for (unsigned column = 0; *at != '\n'; column++) {
        size_t fill = g->width[column] - (size_t)term_width(slice_str(at));

        if (column == 0) {
            *failed |= buf_append_str(out, at);
            blanks = fill;
        } else if (column >= part->from && column < part->to) {
            *failed |= buf_printf(out, "%*s%s", (int)(blanks + fill + part->gap), "", at);
            blanks = 0;
        }
        at += strlen(at) + 1;
    }
    return at + 1;
}

static int put_part(const struct grid *g, struct buf *out, const struct part *part,
                    const char *head, const char *head_end)
{
    struct slice rows = buf_slice(&g->text);
    const char *at = (const char *)rows.data;
    const char *end = (const char *)slice_end(rows);
    int failed = 0;
    bool first = true;

    while (at < end && failed == 0) {
        if (first)
            failed |= buf_append_str(out, head);
        at = put_row(g, out, at, part, &failed);
        if (first)
            failed |= buf_append_str(out, head_end);
        failed |= buf_append_str(out, "\n");
        first = false;
    }
    return failed;
}

int grid_print(const struct grid *g, struct buf *out, int indent, int width, const char *head,
               const char *head_end)
{
    size_t room = width > indent ? (size_t)(width - indent) : 0;
    struct part part = {1, g->columns, GAP, indent};
    int failed = g->failed ? -1 : 0;

    if (width_of(g, 1, g->columns, GAP) > room)
        part.gap = 1;
    do {
        part.to = g->columns;
        while (part.to > part.from + 1 && width_of(g, part.from, part.to, part.gap) > room)
            part.to--;
        failed |= put_part(g, out, &part, head, head_end);
        part.from = part.to;
    } while (part.from < g->columns && failed == 0);
    return failed < 0 ? -1 : 0;
}
