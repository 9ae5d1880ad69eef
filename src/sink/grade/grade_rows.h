/*
 * grade_rows: the rows of the report about a client as sentences, for the text and the page.
 */
#ifndef SINK_GRADE_GRADE_ROWS_H
#define SINK_GRADE_GRADE_ROWS_H

#include "grade/findings.h"
#include "grade/report.h"

#define GRADE_ROWS_MAX 12

struct grade_row {
    const char *label;
    char text[480]; /* may hold what a client sent: escape it */
};

struct grade_rows {
    struct grade_row list[GRADE_ROWS_MAX];
    size_t count;
};

void grade_rows(struct grade_rows *rows, const struct grade_report *r,
                const struct grade_client_report *c, bool utf8);

/* The verdict in one line: "2 findings", "nothing wrong in 3 outages" ... */
void grade_verdict_line(char text[120], const struct grade_client_report *c, size_t findings);
/* Findings on all clients together, a sentence each; "" if there is nothing. */
void grade_herd_line(char text[200], const struct grade_report *r, bool utf8);
void grade_limits_line(char text[200], const struct grade_report *r);

#endif
