#include "verb/run/script.h"

#include <string.h>

#include "base/decimal.h"
#include "cli/parsing.h"

#define JOBS_MAX 256

#define GROUP "Scripts (wscope run)"

static const struct run_options defaults = {.jobs = 1, .timeout_us = 5000000};

static int operands(struct options_parsing *p, struct err *e)
{
    struct run_options *run = p->own;

    run->files = p->files;
    run->file_count = p->file_count;
    if (run->file_count > 0)
        return 0;
    usage_error(e, "wscope run needs a script");
    err_hint(e, "usage: wscope run [OPTION]... FILE...; \"-\" is standard input");
    return -1;
}

static int set_only(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct run_options *run = p->own;

    return options_add_text(p, &run->only, &run->only_count, use->value, e);
}

static bool is_name(const char *text, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

    return len > 0 && len < 60 && strchr(letters, text[0]) != NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-") == len;
}

/* The value may be a secret: it is not quoted. */
static int set_var(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct run_options *run = p->own;
    const char *equals = strchr(use->value, '=');

    if (!equals || !is_name(use->value, (size_t)(equals - use->value)))
        return usage_error(e, "%s takes NAME=VALUE; a name is letters, digits, _ and -",
                           use->typed);
    return options_add_text(p, &run->vars, &run->var_count, use->value, e);
}

static int set_jobs(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct run_options *run = p->own;
    uint64_t n;

    if (!decimal_read(slice_str(use->value), JOBS_MAX, &n) || n == 0)
        return usage_error(e, "%s takes a number from 1 to %d, not \"%s\"", use->typed, JOBS_MAX,
                           options_quote(use->value).text);
    run->jobs = n;
    return 0;
}

static const struct option_row options[] = {
    {0, "against", OPTION_VALUE, "SERVER", "URL for the scripts; serve starts a server", GROUP,
     "serve|WS-URL", true, 0, options_set_text, offsetof(struct run_options, against)},
    {0, "var", OPTION_VALUE, "NAME=VALUE", "set a variable; repeatable", GROUP, NULL, true, 0,
     set_var, 0},
    {0, "only", OPTION_VALUE, "GLOB", "run only tests whose names match; repeatable", GROUP, NULL,
     true, 0, set_only, 0},
    {0, "fail-fast", OPTION_FLAG, NULL, "stop after the first test that fails", GROUP, NULL, true,
     0, options_set_flag, offsetof(struct run_options, fail_fast)},
    {0, "jobs", OPTION_VALUE, "N", "run up to N files in parallel (1)", GROUP, NULL, true, 0,
     set_jobs, 0},
    {0, "timeout", OPTION_VALUE, "SEC", "wait this long in an expectation (5)", GROUP, NULL, true,
     0, options_set_positive_seconds, offsetof(struct run_options, timeout_us)},
    {0, "junit", OPTION_VALUE, "FILE", "also write the results as JUnit XML", GROUP, "FILE", true,
     0, options_set_text, offsetof(struct run_options, junit)},
    {0, "transcript", OPTION_VALUE, "DIR", "keep the events of each failed test in DIR", GROUP,
     "DIR", true, 0, options_set_text, offsetof(struct run_options, transcript)},
};

const struct verb run_verb = {
    .name = "run",
    .usage = "[OPTION]... FILE...",
    .about = "tests written as scripts",
    .text = "Run the tests in these scripts and report the results (wscope-script(5)).\n",
    .examples = "  wscope run --against serve *.wscope       against the embedded server\n"
                "  wscope run --against wss://api.example.com/ws --junit out.xml login.wscope\n",
    .sets = OPTIONS_TESTS | OPTIONS_HAND_ON,
    .operand_max = SIZE_MAX,
    .operand = "FILE",
    VERB_OWN(options, defaults),
    .operands = operands,
    .run = script_run,
};
