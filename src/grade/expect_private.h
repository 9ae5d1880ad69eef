/*
 * expect_private: the rows of what can be expected, one table for reading, checking and the manual.
 */
#ifndef GRADE_EXPECT_PRIVATE_H
#define GRADE_EXPECT_PRIVATE_H

#include "grade/expect.h"

/* The value of a row for one client, outage or fault. */
struct expect_value {
    bool known;
    double number;
    const char *word;
    char evidence[320]; /* the sentence, without the client */
};

/* The i-th value of a client; false: there is none. Rows about all clients are asked with the first
 * one only. */
typedef bool expect_get_fn(const struct grade_report *r, const struct grade_client_report *c,
                           size_t i, struct expect_value *v);

struct grade_expect_row {
    struct criterion_row is;
    expect_get_fn *get;
    const char *nothing; /* why there is no value at all */
    bool of_all;
};

/* The rows in order; NULL after the last. */
const struct grade_expect_row *grade_expect_row(size_t i);

#endif
