/*
 * wscope: a WebSocket client and debugging tool. main turns the command line over to the front that
 * serves it.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/complain.h"
#include "base/clock.h"
#include "cli/options.h"
#include "verb/compare/compare.h"
#include "verb/connect/pipe.h"
#include "verb/connect/repl.h"
#include "verb/demo/demo.h"
#include "verb/run/script.h"
#include "verb/serve/serve.h"

static enum exit_code print(int (*text)(struct buf *out, const struct options *o),
                            const struct options *o)
{
    struct buf out;
    struct err e;
    int failed = 0;

    buf_init(&out, 1024 * 1024);
    if (text(&out, o) < 0)
        failed = err_nomem(&e, STAGE_IO, "printing");
    else if (fwrite(buf_data(&out), 1, out.len, stdout) != out.len || fflush(stdout) != 0)
        failed = err_set(&e, EXIT_OTHER, STAGE_IO, errno, "can't write to standard output: %s",
                         strerror(errno));
    buf_clear(&out);
    return failed < 0 ? complain_err(&e) : EXIT_OK;
}

static int help(struct buf *out, const struct options *o)
{
    return options_help(out, o->help, o->help_all);
}

static int version(struct buf *out, const struct options *o)
{
    (void)o;
    return options_version(out);
}

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

static enum exit_code record_needs_repl(const struct options *o)
{
    struct err e;

    err_set(&e, EXIT_USAGE, STAGE_USAGE, 0,
            "--record writes down an interactive session, and this is none");
    err_hint(
        &e,
        "standard input and output have to be terminals, without -n, --json, --echo, --count, --until, --for");
    return usage_error(o, &e);
}

/* libuv starts four threads for its first lookup, which costs more than the lookup does. A pipe's
 * one connection asks one question after another. Only what takes over from a connection that fails
 * must not wait behind its question; and a child is to inherit our user's environment. */
static void limit_lookup_threads(const struct options *o)
{
    if (!o->http.fallback_text && !o->ws.header_cmd)
        setenv("UV_THREADPOOL_SIZE", "1", 0);
}

static enum exit_code connect_run(const struct options *o, uint64_t start_us)
{
    if (repl_wanted(o))
        return repl_run(o, start_us);
    if (o->record)
        return record_needs_repl(o);
    limit_lookup_threads(o);
    return pipe_run(o, start_us);
}

static enum exit_code run(const struct options *o, uint64_t start_us)
{
    if (o->advice && o->level >= 1)
        complain("%s", o->advice);
    switch (o->mode) {
    case MODE_HELP:
        return print(help, o);
    case MODE_VERSION:
        return print(version, o);
    case MODE_COMPARE:
        return compare_run(o, start_us);
    case MODE_SERVE:
        return serve_run(o, start_us);
    case MODE_RUN:
        return script_run(o, start_us);
    case MODE_DEMO:
        return demo_run(o, start_us);
    default:
        return connect_run(o, start_us);
    }
}

/* A descriptor the caller closed must not become a socket of ours. What stands in for it fails like
 * a closed one: it can't be written, or, as stdin, not be read. */
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
    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write, which can be told */
    if (options_parse(&options, argc, argv, &e) < 0)
        code = usage_error(&options, &e);
    else
        code = run(&options, start_us);
    options_clear(&options);
    return (int)code;
}
