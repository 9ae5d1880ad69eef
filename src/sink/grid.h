/*
 * grid: a table of text whose columns line up, whatever their widths.
 */
#ifndef SINK_GRID_H
#define SINK_GRID_H

#include "base/buf.h"

#define GRID_COLUMNS 14

/* Cells follow each other in one buffer, row after row; the first column is left-aligned, the
 * others right. */
struct grid {
    struct buf text;
    unsigned columns;
    unsigned at; /* of the row that is being filled */
    size_t width[GRID_COLUMNS];
    bool failed; /* memory */
};

void grid_init(struct grid *g);
void grid_clear(struct grid *g);
/* The next cell; its text is printable already, and has no NUL and no newline. */
void grid_cell(struct grid *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A whole row of cells. */
void grid_words(struct grid *g, const char *const *words, size_t count);
/* The rest of the row is empty; the next cell begins another. */
void grid_row(struct grid *g);
/* Append the rows, each after `indent` blanks. Columns that do not fit into `width` columns of the
 * terminal are moved closer, or else continue in separate tables below, each with the first column.
 * head: style around the first row of each, or "" twice. 0 or -1 (memory). */
int grid_print(const struct grid *g, struct buf *out, int indent, int width, const char *head,
               const char *head_end);

#endif
