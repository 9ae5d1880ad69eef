/*
 * compare_text: figures and remarks as the table and the page both word them.
 */
#ifndef SINK_COMPARE_COMPARE_TEXT_H
#define SINK_COMPARE_COMPARE_TEXT_H

#include "base/buf.h"
#include "measure/scale.h"
#include "measure/units.h"

/* A percentile, or a dash if it is unknown. */
struct units compare_text_lag(const struct figures_lag *lag, int64_t us, bool utf8);
/* A sentence about the lag: its reference and precision. 0 or -1. */
int compare_text_basis(struct buf *out, const struct figures *f, bool utf8);
/* What costs the same, and what is cheaper when: sentences, each with a newline; nothing if
 * unknown. 0 or -1. */
int compare_text_balance(struct buf *out, const struct figures *f, const struct scale *s);
/* Which updates are neither shown nor missed: a sentence, or NULL if there are none. */
const char *compare_text_outside(const struct figures *f);
/* What is wrong with a channel: "failed: ...", "ended after 12 s: ..."; "" if nothing is. */
int compare_text_trouble(struct buf *out, const struct figures *f,
                         const struct figures_channel *ch);

/* The classes of lags in a distribution's picture: a decade has LAG_CLASSES_DECADE of them; the
 * first takes all that is less. */
#define LAG_DECADES        6 /* from 0.1 ms to 100 s */
#define LAG_CLASSES_DECADE 8
#define LAG_CLASSES        (LAG_DECADES * LAG_CLASSES_DECADE)
#define LAG_FROM_US        100.0
/* Where a class begins, in microseconds. */
double compare_text_class(unsigned n);
/* How many updates lie in each; the decades that are needed: from 0.1 ms to at least 1 s. */
void compare_text_classes(const struct figures *f, const struct comparison *c, unsigned channel,
                          uint64_t counts[LAG_CLASSES]);
unsigned compare_text_decades(const struct figures *f);

#endif
