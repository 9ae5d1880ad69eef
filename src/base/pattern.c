#include "base/pattern.h"

#include <stdlib.h>

bool pattern_is_regex(struct slice text)
{
    return text.len >= 2 && text.data[0] == '/' && text.data[text.len - 1] == '/';
}

/* The text between the slashes, with "\/" replaced by "/". NULL: out of memory. */
static char *expression_of(struct slice text)
{
    char *expression = malloc(text.len), *to = expression;

    if (!expression)
        return NULL;
    for (size_t i = 1; i + 1 < text.len; i++) {
        if (text.data[i] == '\\' && text.data[i + 1] == '/' && i + 2 < text.len)
            continue;
        *to++ = (char)text.data[i];
    }
    *to = '\0';
    return expression;
}

/* Find \d or \D: other languages have them, but here they mean the letter. */
static const char *digit_class(const char *expression)
{
    for (const char *at = expression; (at = strchr(at, '\\')) != NULL && at[1]; at += 2) {
        if (at[1] == 'd' || at[1] == 'D')
            return at;
    }
    return NULL;
}

static int compile(struct pattern *p, struct slice text, struct err *e)
{
    char *expression = expression_of(text), why[128];
    const char *digits;
    int status;

    if (!expression)
        return err_nomem(e, STAGE_USAGE, "reading a regular expression");
    digits = digit_class(expression);
    if (digits) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "\\%c is not known in POSIX regular expressions: %s is", digits[1],
                digits[1] == 'd' ? "[0-9]" : "[^0-9]");
        e->at = 0;
        free(expression);
        return -1;
    }
    status = regcomp(&p->compiled, expression, REG_EXTENDED);
    if (status != 0) {
        regerror(status, &p->compiled, why, sizeof why);
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "/%.100s/ is not a regular expression: %s",
                expression, why);
        e->at = 0;
    }
    free(expression);
    return status == 0 ? 0 : -1;
}

int pattern_parse(struct pattern *p, struct slice text, bool always_text, struct err *e)
{
    bool regex = !always_text && pattern_is_regex(text);

    *p = (struct pattern){0};
    if (regex && compile(p, text, e) < 0)
        return -1;
    p->regex = regex;
    p->given = true;
    p->text = strndup(text.len ? (const char *)text.data : "", text.len);
    p->len = text.len;
    if (p->text)
        return 0;
    pattern_clear(p);
    return err_nomem(e, STAGE_USAGE, "reading a pattern");
}

void pattern_clear(struct pattern *p)
{
    if (p->regex)
        regfree(&p->compiled);
    free(p->text);
    *p = (struct pattern){0};
}

bool pattern_find(const struct pattern *p, struct slice text, size_t from, bool goes_on,
                  regmatch_t *at, size_t count)
{
    int flags = REG_STARTEND | (from > 0 ? REG_NOTBOL : 0) | (goes_on ? REG_NOTEOL : 0);

    at[0] = (regmatch_t){.rm_so = (regoff_t)from, .rm_eo = (regoff_t)text.len};
    return regexec(&p->compiled, text.len ? (const char *)text.data : "", count, at, flags) == 0;
}

bool pattern_fits(const struct pattern *p, struct slice text, struct slice *group)
{
    regmatch_t at[2];
    unsigned which;

    *group = text;
    if (!p->given)
        return true;
    if (!p->regex)
        return slice_equal(text, slice_make(p->text, p->len));
    if (!pattern_find(p, text, 0, false, at, 2))
        return false;
    which = p->compiled.re_nsub > 0 && at[1].rm_so >= 0;
    *group = slice_make(text.data + at[which].rm_so, (size_t)(at[which].rm_eo - at[which].rm_so));
    return true;
}
