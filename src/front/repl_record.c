/* --record: the session as a script. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "command/parse.h"
#include "front/private_file.h"
#include "front/repl_private.h"

static uint64_t now_us(const struct repl *r)
{
    return clock_mono_us() - r->start_us;
}

/* A script that is cut off must not go unnoticed. */
static void check(struct repl *r)
{
    struct err e;

    if (!r->record_out.error || r->record_failed)
        return;
    r->record_failed = true;
    err_set(&e, EXIT_OTHER, STAGE_IO, r->record_out.error,
            "can't write to \"%s\" (--record): %s; the script ends here", r->options->record,
            strerror(r->record_out.error));
    repl_say_error(r, &e);
}

int repl_record_begin(struct repl *r, struct err *e)
{
    const struct options *o = r->options;
    char *url;

    if (!o->record)
        return 0;
    /* What is sent may be a secret: nobody else is to read it. */
    r->record_fd = private_file_open(o->record, O_WRONLY | O_CREAT | O_TRUNC);
    if (r->record_fd < 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "--record: can't write \"%s\": %s",
                       o->record, strerror(errno));
    out_init(&r->record_out, r->record_fd, SIZE_MAX);
    r->recorder = record_script_new(&r->record_out);
    url = url_print(&r->target->url);
    if (!url || bus_add(&r->views.bus, record_script_sink(r->recorder)) < 0) {
        free(url);
        return err_nomem(e, STAGE_IO, "starting");
    }
    record_script_begin(r->recorder, url, o->run.connection, o->run.connection_count,
                        clock_wall_us());
    free(url);
    check(r);
    return 0;
}

void repl_record_sent(struct repl *r, enum opcode type, struct slice data)
{
    if (!r->recorder)
        return;
    record_script_sent(r->recorder, type, data, now_us(r));
    check(r);
}

void repl_record_command(struct repl *r, const char *line)
{
    const char *args;
    struct slice name;
    const struct command_row *row;

    if (!r->recorder)
        return;
    name = parse_name(line, &args);
    row = commands_find(name);
    /* What came is expected anyhow; what was asked need not have been so. */
    if (row && row->run == command_expect)
        record_script_remark(r->recorder, line);
    else if (row && row == commands_script_find(name))
        record_script_command(r->recorder, row->name, args, now_us(r));
    check(r);
}

void repl_record_sends(struct repl *r)
{
    const struct pipe_options *pipe = &r->options->pipe;
    bool coded = pipe->input == INPUT_HEX || pipe->input == INPUT_BASE64;

    for (size_t i = 0; r->recorder && i < pipe->send_count; i++) {
        struct slice text = slice_str(pipe->sends[i]);
        struct buf bytes;
        struct err e;

        if (pipe->sends[i][0] == '@') {
            record_script_command(r->recorder, "file", pipe->sends[i] + 1, now_us(r));
            continue;
        }
        buf_init(&bytes, (size_t)32 * 1024 * 1024);
        if (!coded)
            repl_record_sent(r, pipe->binary ? OPCODE_BINARY : OPCODE_TEXT, text);
        else if (repl_decode(r->options, text, &bytes, &e) == 0)
            repl_record_sent(r, OPCODE_BINARY, buf_slice(&bytes));
        buf_clear(&bytes);
    }
    check(r);
}

void repl_record_end(struct repl *r)
{
    if (r->recorder)
        record_script_end(r->recorder);
    check(r);
}

void repl_record_clear(struct repl *r)
{
    if (r->record_fd < 0)
        return;
    out_clear(&r->record_out);
    close(r->record_fd);
}
