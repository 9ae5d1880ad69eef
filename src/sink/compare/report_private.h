/*
 * report_private: what the files of the page share: report (the page), report_lag, report_course,
 * report_bytes (its pictures), report_tables, report_style.
 *
 * Pictures have no fixed width: shapes stand at percentages, so that text keeps its size on a
 * phone; lines with many points are in an inner picture that is stretched.
 */
#ifndef SINK_COMPARE_REPORT_PRIVATE_H
#define SINK_COMPARE_REPORT_PRIVATE_H

#include "sink/compare/compare_text.h"
#include "sink/compare/report.h"

/* The page while it is written; after a failure nothing more is. */
struct page {
    struct buf *out;
    bool failed;
};

/* Words of our own, which may hold markup. */
void page_put(struct page *p, const char *markup);
void page_printf(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Anything, as text: markup escaped, control and hidden characters made visible. */
void page_text(struct page *p, struct slice text);
void page_words(struct page *p, const char *text);
/* Sentences: a figure and its unit stay on one line. */
void page_prose(struct page *p, struct slice text);
/* A figure, with its blanks kept together. */
void page_figure(struct page *p, struct units figure);

/* A picture: its title is written after page_svg, its description after page_svg_desc, its shapes
 * after page_svg_shapes; "</svg>" ends it. name and number make the identifiers. */
void page_svg(struct page *p, int height, const char *name, unsigned number);
void page_svg_desc(struct page *p, const char *name, unsigned number);
void page_svg_shapes(struct page *p);

/* The class of the channel's colour: "c-ws", "c-sse", "c-poll1" ... */
struct units report_colour(const struct figures *f, unsigned channel);

extern const char report_style[];

void report_lags(struct page *p, const struct report *r);
void report_course(struct page *p, const struct report *r);
void report_bytes(struct page *p, const struct report *r);
void report_scale(struct page *p, const struct report *r);
void report_figures(struct page *p, const struct report *r);

#endif
