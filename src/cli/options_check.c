#include "cli/options_private.h"

/* Two options that cannot stand together, and why. */
struct conflict {
    const char *a, *b, *why;
};

#define DECODES  "each says in its own way what a line of stdin is"
#define NO_STDIN "there is no stdin to be read"

static const struct conflict conflicts[] = {
    {"-4", "-6", "no address is both"},
    {"--user", "--bearer", "a request has one Authorization"},
    {"--hex", "--base64", DECODES},
    {"--whole", "--chunk", "stdin is one message, or many"},
    {"--hex", "--whole", "one decodes lines, the other takes stdin as it is"},
    {"--hex", "--chunk", "one decodes lines, the other takes stdin as it is"},
    {"--base64", "--whole", "one decodes lines, the other takes stdin as it is"},
    {"--base64", "--chunk", "one decodes lines, the other takes stdin as it is"},
    {"--null", "--hex", "hexadecimal messages end with a newline"},
    {"--null", "--base64", "base64 messages end with a newline"},
    {"--null", "--crlf", "messages on stdin end with NUL then"},
    {"--null", "--no-delimiter", "one asks for a NUL behind each message, the other for nothing"},
    {"--escape", "--hex", "hexadecimal digits have nothing to escape"},
    {"--escape", "--base64", "base64 has nothing to escape"},
    {"--crlf", "--whole", "stdin has no lines then"},
    {"--crlf", "--chunk", "stdin has no lines then"},
    {"--no-input", "--whole", NO_STDIN},
    {"--no-input", "--chunk", NO_STDIN},
    {"--no-input", "--crlf", NO_STDIN},
    {"--no-input", "--wait", "the wait begins at the end of stdin; --for SEC ends a listener"},
    {"--echo", "--whole", NO_STDIN},
    {"--echo", "--chunk", NO_STDIN},
    {"--echo", "--crlf", NO_STDIN},
    {"--echo", "--wait", "the wait begins at the end of stdin; --for SEC ends a listener"},
    {"--echo", "--null", "messages go back as they came, and none is printed"},
    {"--echo", "--hex", "messages go back as they came, and none is printed"},
    {"--echo", "--base64", "messages go back as they came, and none is printed"},
    {"--json", "--escape", "events are one object a line as they are"},
    {"--json", "--no-delimiter", "events are one object a line"},
    {"--json", "--pretty", "events are one object a line; pipe them to jq"},
    {"--quiet", "--verbose", "one shows less, the other more"},
    {"--quiet", "--include", "one shows less, the other more"},
    {"--quiet", "--pings", "one shows less, the other more"},
};

/* An option that means nothing without another. */
static const struct conflict needs[] = {
    {"--key", "--cert", "a key belongs to a certificate"},
    {"--pass", "--cert", "it opens the key of a certificate"},
    {"--events", "--json", "it selects what --json prints"},
};

static int check_modes(const struct options_parsing *p, struct err *e)
{
    for (size_t i = 0; i < p->use_count; i++) {
        const struct option_use *use = &p->uses[i];

        if (use->row->modes & 1u << p->o->mode)
            continue;
        if (p->command)
            usage_error(e, "%s is not an option of \"wscope %s\"", use->typed, p->command);
        else
            usage_error(e, "%s belongs to \"wscope serve\", not to a connection", use->typed);
        err_hint(e, "\"man wscope\" says where each option belongs");
        return -1;
    }
    return 0;
}

int options_check(const struct options_parsing *p, struct err *e)
{
    if (check_modes(p, e) != 0)
        return -1;
    for (size_t i = 0; i < sizeof conflicts / sizeof conflicts[0]; i++) {
        const struct option_use *a = options_given(p, conflicts[i].a);
        const struct option_use *b = options_given(p, conflicts[i].b);

        if (a && b)
            return usage_error(e, "%s and %s exclude each other: %s", a->typed, b->typed,
                               conflicts[i].why);
    }
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        const struct option_use *a = options_given(p, needs[i].a);

        if (a && !options_given(p, needs[i].b))
            return usage_error(e, "%s needs %s: %s", a->typed, needs[i].b, needs[i].why);
    }
    return 0;
}
