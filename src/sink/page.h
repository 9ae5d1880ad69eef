/*
 * page: an HTML page that needs nothing else, while it is written: no network, no script that runs;
 * pictures as inline SVG; light and dark, on a phone and on paper. What reports share.
 *
 * Pictures have no fixed width: shapes are placed at percentages, so that text keeps its size on a
 * phone; lines with many points are in an inner picture that is stretched.
 */
#ifndef SINK_PAGE_H
#define SINK_PAGE_H

#include "base/buf.h"
#include "measure/units.h"

struct json_tree;

/* What one piece of text may become. */
#define PAGE_TEXT_MAX (4u << 20)

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

/* "2026-01-02 03:04 UTC" of a time since 1970. */
void page_moment(struct page *p, int64_t time_us);

/* How much of a picture over time. */
struct page_axis {
    uint64_t from_us, to_us; /* at least 1 us apart */
};

double page_axis_seconds(const struct page_axis *a);
/* Where a moment is, in percent of the width. */
double page_axis_at(const struct page_axis *a, uint64_t at_us);

/* A round step that gives at most `most` of them: 1, 2 or 5 times a power of ten. */
double page_step(double whole, unsigned most);
/* In a picture over time: the lines at round seconds; and a picture of its own with their names. */
void page_columns(struct page *p, double seconds, int height);
void page_times(struct page *p, double seconds);
/* The names below lanes. */
void page_times_lane(struct page *p, double seconds);

/* The first line of the head: what made it, and when. */
void page_brand(struct page *p, const char *version, const char *subcommand, int64_t time_us);
/* The title of the page: a verdict's first sentence; the rest of it is the lead. A full stop inside
 * a name or a number has no blank after it. */
void page_headline(struct page *p, const char *verdict);
/* Sentences below the title; "": none. */
void page_lead(struct page *p, const char *text);

/* An item of a list of the class "findings": an expectation, and the reason if it failed. */
void page_expectation(struct page *p, struct slice name, bool ok, const char *reason);

/* A line of the settings: redacted already. */
struct page_setting {
    const char *name, *value;
};

/* The document up to its content; subject: of its title, anything; style: CSS beside the common
 * one. */
void page_begin(struct page *p, const char *subcommand, const char *subject, const char *style);
void page_settings(struct page *p, const struct page_setting *settings, size_t count);
/* The same as a section of its own; nothing if there are none. */
void page_settings_section(struct page *p, const struct page_setting *settings, size_t count);
/* The rest, with the figures for programs. 0 or -1 (memory, now or before). */
int page_end(struct page *p, const char *version, struct slice json);
/* The same with a tree, which is freed. */
int page_end_tree(struct page *p, const char *version, struct json_tree *figures);

extern const char page_style[];

#endif
