/*
 * wscope: a WebSocket client and debugging tool. main reads the command line and runs the
 * subcommand that it names.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app/app.h"
#include "app/complain.h"
#include "app/tracing.h"
#include "base/clock.h"
#include "cli/options.h"
#include "verb/complete/complete.h"
#include "verb/verbs.h"

static enum exit_code usage_error(const struct options *o, const struct err *e)
{
    struct buf out;

    buf_init(&out, 64 * 1024);
    complain("%s", e->text);
    if (e->at >= 0 && options_point(&out, o, e) == 0)
        complain_lines(buf_slice(&out));
    complain_hint(e);
    buf_clear(&out);
    return e->code;
}

static enum exit_code run(const struct options *o, uint64_t start_us)
{
    struct app app = {
        .connect = &o->connect,
        .limits = &o->limits,
        .view = &o->view,
        .pipe = &o->pipe,
        .fault = &o->fault,
        .listen = &o->listen,
        .help = &o->help,
        .verbs = &wscope_verbs,
        .start_us = start_us,
    };

    if (o->advice && o->view.level >= 1)
        complain("%s", o->advice);
    return o->verb->run(&app, o->own);
}

/* A descriptor the caller closed must not become a socket of ours. Its replacement fails like a
 * closed one: it can't be written, or, as stdin, not be read. */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv)
{
    uint64_t start_us = clock_mono_us();
    struct options options;
    struct err e;
    enum exit_code code;

    hold_standard_descriptors();
    setlocale(LC_CTYPE, "");
    tracing_begin(start_us);
    signal(SIGPIPE, SIG_IGN); /* a reader that exited is an error of write, which can be reported */
    if (complete_wanted(argc, argv))
        return (int)complete_run(&wscope_verbs, argc, argv);
    if (options_parse(&options, &wscope_verbs, argc, argv, &e) < 0)
        code = usage_error(&options, &e);
    else
        code = run(&options, start_us);
    options_clear(&options);
    return (int)code;
}
