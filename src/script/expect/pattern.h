/*
 * pattern: what a text is to be: equal to another, or matched by a POSIX extended regular
 * expression between slashes.
 */
#ifndef SCRIPT_EXPECT_PATTERN_H
#define SCRIPT_EXPECT_PATTERN_H

#include <regex.h>

#include "base/err.h"
#include "base/slice.h"

/* Zero-initialised, it is the pattern that any text fits. */
struct pattern {
    bool given, regex;
    char *text; /* as it was written, with the slashes */
    size_t len;
    regex_t compiled;
};

/* "/REGEX/" (a slash inside may be written \/), or the text itself; always_text: that even if it
 * has slashes. -1 with *e (EXIT_USAGE: no regular expression; its `at` is an offset in text). The
 * pattern is empty before, and after a failure. */
int pattern_parse(struct pattern *p, struct slice text, bool always_text, struct err *e);
void pattern_clear(struct pattern *p);

/* True if it is written as a regular expression. */
bool pattern_is_regex(struct slice text);

/* A NUL stands behind the text. *group: the first group that took part, or all that was matched. */
bool pattern_fits(const struct pattern *p, struct slice text, struct slice *group);

#endif
