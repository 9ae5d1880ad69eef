/*
 * findings: what is wrong with a client, one row of the report at a time, as sentences: nothing for
 * a client that reconnects as it should.
 */
#ifndef GRADE_FINDINGS_H
#define GRADE_FINDINGS_H

#include "grade/report.h"

#define FINDINGS_MAX 12

struct finding {
    const char *row; /* "hammering", "resume" ... */
    char text[200];  /* without a full stop */
};

/* The number of them. */
size_t findings_of(const struct grade_report *r, const struct grade_client_report *c,
                   struct finding list[FINDINGS_MAX]);

#endif
