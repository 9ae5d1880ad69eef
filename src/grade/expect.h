/*
 * expect: what is expected of the clients ("back<3s,lost=0"), and whether a report satisfies it.
 */
#ifndef GRADE_EXPECT_H
#define GRADE_EXPECT_H

#include "base/buf.h"
#include "grade/report.h"

#define GRADE_EXPECT_MAX 32

struct grade_expectation {
    const struct grade_expect_row *row; /* what is compared */
    struct slice text;                  /* as it was written; part of the list */
    char op[3];                         /* "<", "<=", "=", "!=", ">", ">=" */
    double number;                      /* durations in microseconds */
    const char *word;                   /* what the row allows besides; NULL: number counts */
};

struct grade_expect {
    struct grade_expectation list[GRADE_EXPECT_MAX];
    size_t count;
};

/* Read a list; text is borrowed as long as *x is used. 0, or -1 with a usage error, whose `at` is
 * the offset in text. */
int grade_expect_parse(struct grade_expect *x, const char *text, struct err *e);

/* What came of one expectation. */
struct grade_verdict {
    struct slice name; /* "back<3s" */
    bool ok;
    char reason[512]; /* if not: a sentence with the evidence, without a full stop */
};

/* verdicts: room for x->count. The number of those that failed. */
size_t grade_expect_check(const struct grade_expect *x, const struct grade_report *r,
                          struct grade_verdict *verdicts);

#endif
