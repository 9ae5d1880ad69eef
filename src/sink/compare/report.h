/*
 * report: a comparison as one HTML page that needs nothing else: no network, no script; pictures as
 * inline SVG; light and dark, on a phone and on paper. Whatever came from outside is escaped.
 */
#ifndef SINK_COMPARE_REPORT_H
#define SINK_COMPARE_REPORT_H

#include "base/buf.h"
#include "measure/scale.h"
#include "sink/page.h"

struct report {
    const struct comparison *compare; /* the distributions and courses */
    const struct figures *figures;
    const struct scale *scale;
    int64_t time_us;     /* of the end, since 1970 */
    uint64_t at_us;      /* the same, since the program's start */
    const char *version; /* "wscope 0.1.0" */
    const struct page_setting *settings;
    size_t setting_count;
    /* The opening of each channel as text, secrets replaced (see opening.h); may be empty. */
    struct slice openings[COMPARISON_CHANNELS_MAX];
};

/* Append the page. 0 or -1 (memory). */
int report_page(struct buf *out, const struct report *r);

#endif
