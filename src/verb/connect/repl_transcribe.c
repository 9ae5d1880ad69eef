/* --record: the session as a script. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/private_file.h"
#include "script/expect/parse.h"
#include "verb/connect/repl_private.h"

static uint64_t now_us(const struct repl *r)
{
    return clock_mono_us() - r->app->start_us;
}

/* A script that is cut off must not go unnoticed. */
static void check(struct repl *r)
{
    struct err e;

    if (!r->transcribe_out.error || r->transcribe_failed)
        return;
    r->transcribe_failed = true;
    err_set(&e, EXIT_OTHER, STAGE_IO, r->transcribe_out.error,
            "can't write to \"%s\" (--record): %s; the script ends here", r->app->view->record,
            strerror(r->transcribe_out.error));
    repl_say_error(r, &e);
}

int repl_transcribe_begin(struct repl *r, struct err *e)
{
    const char *file = r->app->view->record;
    const struct given_options *given = &r->app->connect->given;
    char *url;

    if (!file)
        return 0;
    /* What is sent may be a secret: no one else may read it. */
    r->transcribe_fd = private_file_open(file, O_WRONLY | O_CREAT | O_TRUNC);
    if (r->transcribe_fd < 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "--record: can't write \"%s\": %s", file,
                       strerror(errno));
    out_init(&r->transcribe_out, r->transcribe_fd, SIZE_MAX);
    r->transcribe = transcribe_new(&r->transcribe_out);
    url = url_print(&r->target->url);
    if (!url || bus_add(&r->views.bus, transcribe_sink(r->transcribe)) < 0) {
        free(url);
        return err_nomem(e, STAGE_IO, "starting");
    }
    transcribe_begin(r->transcribe, url, given->words, given->count, clock_wall_us());
    free(url);
    check(r);
    return 0;
}

void repl_transcribe_sent(struct repl *r, enum opcode type, struct slice data)
{
    if (!r->transcribe)
        return;
    transcribe_sent(r->transcribe, type, data, now_us(r));
    check(r);
}

void repl_transcribe_command(struct repl *r, const char *line)
{
    const char *args;
    struct slice name;
    const struct command_row *row;

    if (!r->transcribe)
        return;
    name = parse_name(line, &args);
    row = commands_find(name);
    /* What was received is expected anyway; the /expect may have failed. */
    if (row && row->run == command_expect)
        transcribe_remark(r->transcribe, line);
    else if (row && row == commands_script_find(name))
        transcribe_command(r->transcribe, row->name, args, now_us(r));
    check(r);
}

void repl_transcribe_sends(struct repl *r)
{
    const struct pipe_options *pipe = r->app->pipe;
    bool coded = pipe->input == INPUT_HEX || pipe->input == INPUT_BASE64;

    for (size_t i = 0; r->transcribe && i < pipe->send_count; i++) {
        struct slice text = slice_str(pipe->sends[i]);
        struct buf bytes;
        struct err e;

        if (pipe->sends[i][0] == '@') {
            transcribe_command(r->transcribe, "file", pipe->sends[i] + 1, now_us(r));
            continue;
        }
        buf_init(&bytes, (size_t)32 * 1024 * 1024);
        if (!coded)
            repl_transcribe_sent(r, pipe->binary ? OPCODE_BINARY : OPCODE_TEXT, text);
        else if (repl_decode(r->app->pipe, text, &bytes, &e) == 0)
            repl_transcribe_sent(r, OPCODE_BINARY, buf_slice(&bytes));
        buf_clear(&bytes);
    }
    check(r);
}

void repl_transcribe_end(struct repl *r)
{
    if (r->transcribe)
        transcribe_end(r->transcribe);
    check(r);
}

void repl_transcribe_clear(struct repl *r)
{
    if (r->transcribe_fd < 0)
        return;
    out_clear(&r->transcribe_out);
    close(r->transcribe_fd);
}
