/*
 * grade_page: the report about clients as one HTML page (sink/page.h): the verdict, each client
 * with its timeline and rows, what was expected. Whatever came from outside is escaped, credentials
 * are left out.
 */
#ifndef SINK_GRADE_GRADE_PAGE_H
#define SINK_GRADE_GRADE_PAGE_H

#include "grade/expect.h"
#include "sink/page.h"

/* Clients with a section of their own; the figures in JSON have all. */
#define GRADE_PAGE_CLIENTS 100

struct grade_page {
    const struct grade_report *report;
    const struct grade_verdict *verdicts; /* of --expect */
    size_t verdict_count;
    const char *url;     /* of the server: redacted */
    int64_t time_us;     /* now, since 1970 */
    const char *version; /* "wscope 0.2.0" */
    const struct page_setting *settings;
    size_t setting_count;
};

/* Append the page. 0 or -1 (memory). */
int grade_page(struct buf *out, const struct grade_page *g);

#endif
