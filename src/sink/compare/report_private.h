/*
 * report_private: shared by the files of the page: report (the page), report_lag, report_course,
 * report_bytes (its pictures), report_tables.
 */
#ifndef SINK_COMPARE_REPORT_PRIVATE_H
#define SINK_COMPARE_REPORT_PRIVATE_H

#include "sink/compare/compare_text.h"
#include "sink/compare/report.h"
#include "sink/page.h"

/* The class of the channel's colour: "c-ws", "c-sse", "c-poll1" ... */
struct units report_colour(const struct figures *f, unsigned channel);

void report_lags(struct page *p, const struct report *r);
void report_course(struct page *p, const struct report *r);
void report_bytes(struct page *p, const struct report *r);
void report_scale(struct page *p, const struct report *r);
void report_figures(struct page *p, const struct report *r);

#endif
