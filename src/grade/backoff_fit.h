/*
 * backoff_fit: the back-off that a few delays show: its class, and the preset of -r that it
 * follows. Pure.
 *
 * Each preset defines how probable each delay is. So do plain hypotheses without parameters of
 * their own: the same delay, a row that grows by a factor or a step, a row that repeats, and
 * anything at all. The confidence is the share of the hypothesis in the sum of all, so that a wide
 * preset (default, rfc6455) needs many delays before it is more probable than chance, and is less
 * probable than any narrower one that fits.
 */
#ifndef GRADE_BACKOFF_FIT_H
#define GRADE_BACKOFF_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum backoff_class {
    BACKOFF_UNKNOWN,
    BACKOFF_NONE, /* it does not wait */
    BACKOFF_FIXED,
    BACKOFF_LINEAR,
    BACKOFF_EXPONENTIAL,
    BACKOFF_LIST
};

enum backoff_spread {
    BACKOFF_SPREAD_UNKNOWN,
    BACKOFF_SPREAD_NONE,
    BACKOFF_SPREAD_PARTIAL,
    BACKOFF_SPREAD_FULL
};

/* The n-th wait (from 0) of a row, that is of an outage. */
struct backoff_sample {
    unsigned row, n;
    double s; /* seconds */
};

/* Delays before a name may be given; and how probable it has to be. */
#define BACKOFF_FIT_MIN       3
#define BACKOFF_FIT_CONFIDENT 0.8

struct backoff_fit {
    enum backoff_class kind;
    double factor;  /* 0: not known, or the class has none */
    int64_t cap_us; /* -1: not known */
    enum backoff_spread jitter;
    const char *preset; /* a name that -r takes; or NULL. Static */
    double confidence;  /* of the preset if there is one, else of the class; -1: neither */
};

/* Samples are sorted by row, then n; numbers may be missing. */
struct backoff_fit backoff_fit(const struct backoff_sample *samples, size_t count);

/* "exponential", "partial" ...; NULL for what is not known. Static. */
const char *backoff_class_name(enum backoff_class kind);
const char *backoff_spread_name(enum backoff_spread jitter);

#endif
