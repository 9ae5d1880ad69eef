#include "verb/help/help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "base/buf.h"
#include "cli/parsing.h"

static int help_operand(struct options_parsing *p, struct err *e)
{
    const char *nearest;

    if (!p->operand)
        return 0;
    p->help->about = verb_named(p->verbs, p->operand);
    if (p->surplus)
        return usage_error(e, "wscope help takes one command");
    if (p->help->about)
        return 0;
    nearest = verb_nearest(p->verbs, p->operand);
    usage_error(e, "there is no command \"%s\"%s%s%s", options_quote(p->operand).text,
                nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    return -1;
}

static enum exit_code print(struct app *app, int (*text)(struct buf *out, const struct app *app))
{
    struct buf out;
    struct err e;
    int failed = 0;

    buf_init(&out, 1024 * 1024);
    if (text(&out, app) < 0)
        failed = err_nomem(&e, STAGE_IO, "printing");
    else if (!buf_write(&out, stdout) || fflush(stdout) != 0)
        failed = err_set(&e, EXIT_OTHER, STAGE_IO, errno, "can't write to standard output: %s",
                         strerror(errno));
    buf_clear(&out);
    return failed < 0 ? app_fail(app, &e) : EXIT_OK;
}

static int help(struct buf *out, const struct app *app)
{
    return options_help(out, app->verbs, app->help->about, app->help->all);
}

static int version(struct buf *out, const struct app *app)
{
    (void)app;
    return options_version(out);
}

static enum exit_code help_run(struct app *app, const void *own)
{
    (void)own;
    return print(app, help);
}

static enum exit_code version_run(struct app *app, const void *own)
{
    (void)own;
    return print(app, version);
}

const struct verb help_verb = {
    .name = "help",
    .usage = "[COMMAND]",
    .about = "help for a command",
    .operand_max = 1,
    .operand = "COMMAND",
    .operands = help_operand,
    .run = help_run,
};

const struct verb version_verb = {
    .name = "version",
    .usage = "",
    .about = "print the versions of wscope and its libraries",
    .operands = options_no_operand,
    .run = version_run,
};
