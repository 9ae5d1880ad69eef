/*
 * criteria: what figures are compared with, as users write it: "back<3s,lost=0,clean>=99%". Which
 * names there are, and what each takes, is a table of the caller's.
 */
#ifndef MEASURE_CRITERIA_H
#define MEASURE_CRITERIA_H

#include "base/err.h"
#include "base/slice.h"

#define CRITERIA_MAX 32

enum criterion_kind {
    CRITERION_SPAN,  /* a duration: microseconds */
    CRITERION_COUNT, /* a whole number; "/s" may follow */
    CRITERION_SHARE, /* "99%": of 100 */
    CRITERION_RATIO, /* "1.5" */
    CRITERION_WORD   /* one of its words, and nothing else */
};

struct criterion_row {
    const char *name;
    enum criterion_kind kind;
    const char *(*word)(size_t i); /* that it takes besides; NULL after the last. NULL: none */
};

struct criterion {
    const struct criterion_row *row; /* what is compared */
    struct slice text;               /* as it was written; part of the list */
    char op[3];                      /* "<", "<=", "=", "!=", ">", ">=" */
    double number;
    const char *word; /* NULL: number counts */
};

struct criteria {
    struct criterion list[CRITERIA_MAX];
    size_t count;
};

/* The rows in order; NULL after the last. */
typedef const struct criterion_row *criteria_row_fn(size_t i);

/* Read a list; text is borrowed as long as *x is used. 0, or -1 with a usage error, whose `at` is
 * the offset in text. */
int criteria_parse(struct criteria *x, criteria_row_fn *rows, const char *text, struct err *e);

/* Does a number satisfy it? */
bool criterion_holds(const struct criterion *x, double number);

#endif
