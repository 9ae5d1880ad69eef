/*
 * expect: what is expected of a drill ("clean>=99%,back<10s,lost=0,peak<50/s,even<1.5"), and
 * whether it was so.
 */
#ifndef FANOUT_EXPECT_H
#define FANOUT_EXPECT_H

#include "fanout/report.h"
#include "measure/criteria.h"

/* Read a list; text is borrowed as long as *x is used. 0, or -1 with a usage error, whose `at` is
 * the offset in text. */
int drill_expect_parse(struct criteria *x, const char *text, struct err *e);

/* What can be expected, in order; NULL after the last. */
const struct criterion_row *drill_expect_row(size_t i);

/* What came of one expectation. */
struct drill_verdict {
    struct slice name; /* "back<10s" */
    bool ok;
    char reason[256]; /* the evidence: a sentence without a full stop */
};

/* verdicts: room for x->count. The number of those that failed; without a drill, all. Clients that
 * did not return fail `back`. */
size_t drill_expect_check(const struct criteria *x, const struct fanout_report *r,
                          struct drill_verdict *verdicts);

#endif
