/*
 * grade_page_private: what the files of the page share.
 */
#ifndef SINK_GRADE_GRADE_PAGE_PRIVATE_H
#define SINK_GRADE_GRADE_PAGE_PRIVATE_H

#include "sink/grade/grade_page.h"

/* A client over time: lanes for its connections, outages, attempts and faults. */
void grade_timeline(struct page *p, const struct grade_report *r,
                    const struct grade_client_report *c);

extern const char grade_page_style[];

#endif
