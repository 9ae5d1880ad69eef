/*
 * pattern: what a text is compared with: another text, or a POSIX extended regular expression
 * between slashes.
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <regex.h>

#include "base/err.h"
#include "base/slice.h"

/* Zero-initialised, it matches any text. */
struct pattern {
    bool given, regex;
    char *text; /* as written, with the slashes */
    size_t len;
    regex_t compiled;
};

/* "/REGEX/" (a slash inside may be written \/), or the text itself; always_text: a text even if it
 * has slashes. -1 with *e (EXIT_USAGE: not a regular expression; its `at` is an offset in text).
 * The pattern is empty before, and after a failure. */
int pattern_parse(struct pattern *p, struct slice text, bool always_text, struct err *e);
void pattern_clear(struct pattern *p);

/* True if it is written as a regular expression. */
bool pattern_is_regex(struct slice text);

/* A NUL follows the text, here and below: regexec is promised a string. *group: the first group
 * that matched, or the whole match. */
bool pattern_fits(const struct pattern *p, struct slice text, struct slice *group);

/* For a regular expression: the position of the first match at or after `from`. at[0] is all of it,
 * at[1] ... at[count - 1] are the groups (rm_so is -1: it did not match). Offsets are from the
 * beginning of the text. goes_on: more than the text comes after it, so that $ is not its end. */
bool pattern_find(const struct pattern *p, struct slice text, size_t from, bool goes_on,
                  regmatch_t *at, size_t count);

#endif
