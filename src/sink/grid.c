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

int grid_print(const struct grid *g, struct buf *out, int indent, const char *head,
               const char *head_end)
{
    const char *at = (const char *)buf_data(&g->text);
    const char *end = at + g->text.len;
    int failed = g->failed ? -1 : 0;
    bool first = true;

    while (at < end && failed == 0) {
        if (first)
            failed |= buf_append_str(out, head);
        failed |= buf_printf(out, "%*s", *at == '\n' ? 0 : indent, "");
        for (unsigned column = 0; *at != '\n'; column++) {
            size_t width = (size_t)term_width(slice_str(at));
            size_t fill = g->width[column] - width;
            bool last = at[strlen(at) + 1] == '\n';

            if (column == 0)
                failed |= buf_printf(out, "%s%*s", at, last ? 0 : (int)fill, "");
            else
                failed |= buf_printf(out, "%*s%s", (int)fill + GAP, "", at);
            at += strlen(at) + 1;
        }
        at++;
        if (first)
            failed |= buf_append_str(out, head_end);
        failed |= buf_append_str(out, "\n");
        first = false;
    }
    return failed < 0 ? -1 : 0;
}
