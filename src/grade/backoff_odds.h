/*
 * backoff_odds: how probable delays are: each by itself, and all of them with a preset of -r. All
 * results but the tolerances are natural logarithms of probabilities, or of densities in seconds.
 * Pure.
 */
#ifndef GRADE_BACKOFF_ODDS_H
#define GRADE_BACKOFF_ODDS_H

#include "grade/backoff_fit.h"

#define ODDS_NONE (-1e6) /* it contradicts what was assumed */

/* By how much a delay of s seconds may be longer or shorter than was meant: a timer fires late
 * rather than early, and a connection takes a while. */
double odds_late(double s);
double odds_early(double s);

/* Nothing is known but that waits are between 10 ms and a minute, each order of magnitude as
 * probable as another. */
double odds_any(double s);
/* A delay of s seconds where `wanted` was meant. */
double odds_exact(double s, double wanted);
/* Of either of two. */
double odds_sum(double a, double b);

/* How many of the first samples are of one row. */
size_t odds_row(const struct backoff_sample *s, size_t count);

/* The preset that is the most probable, or NULL. Static. *confidence: its share of all presets and
 * of `others`, which are hypotheses without a name. */
const char *odds_preset(const struct backoff_sample *s, size_t count, double others,
                        double *confidence);

#endif
