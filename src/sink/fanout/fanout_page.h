/*
 * fanout_page: what the connections showed as one HTML page (sink/page.h): the verdict, the nodes,
 * the matrix, and for a drill the connections as lanes. Whatever came from outside is escaped.
 */
#ifndef SINK_FANOUT_FANOUT_PAGE_H
#define SINK_FANOUT_FANOUT_PAGE_H

#include "fanout/expect.h"
#include "fanout/report.h"
#include "sink/page.h"

/* Connections with a lane of their own: those to which most happened; the figures in JSON have all.
 */
#define FANOUT_PAGE_LANES 100

struct fanout_page {
    const struct fanout_report *report;
    const struct drill_verdict *verdicts; /* of --expect-drill */
    size_t verdict_count;
    const char *url;     /* redacted */
    int64_t time_us;     /* now, since 1970 */
    const char *version; /* "wscope 0.2.0" */
    const struct page_setting *settings;
    size_t setting_count;
};

/* Append the page. 0 or -1 (memory). */
int fanout_page(struct buf *out, const struct fanout_page *g);

#endif
