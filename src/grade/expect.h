/*
 * expect: what is expected of the clients ("back<3s,lost=0"), and whether a report satisfies it.
 */
#ifndef GRADE_EXPECT_H
#define GRADE_EXPECT_H

#include "grade/report.h"
#include "measure/criteria.h"

/* Read a list; text is borrowed as long as *x is used. 0, or -1 with a usage error, whose `at` is
 * the offset in text. */
int grade_expect_parse(struct criteria *x, const char *text, struct err *e);

/* The result of one expectation. */
struct grade_verdict {
    struct slice name; /* "back<3s" */
    bool ok;
    char reason[512]; /* if not: a sentence with the evidence, without a full stop */
};

/* verdicts: room for x->count. The number of those that failed. */
size_t grade_expect_check(const struct criteria *x, const struct grade_report *r,
                          struct grade_verdict *verdicts);

#endif
