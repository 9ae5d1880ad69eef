#include "app/feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void on_stdin_ready(void *ctx);

void feeder_init(struct feeder *f, uv_loop_t *loop, const struct pipe_options *options,
                 struct session *session, const struct feeder_hooks *hooks)
{
    *f = (struct feeder){
        .loop = loop, .options = options, .session = session, .hooks = *hooks, .fd = -1};
    f->stdin_used = options->no_input || options->echo;
    buf_init(&f->ended, SIZE_MAX);
}

static enum splitter_form form_of(enum input_form form)
{
    static const enum splitter_form forms[] = {
        [INPUT_LINES] = SPLIT_LINES,   [INPUT_NUL] = SPLIT_NUL,     [INPUT_HEX] = SPLIT_HEX,
        [INPUT_BASE64] = SPLIT_BASE64, [INPUT_WHOLE] = SPLIT_WHOLE, [INPUT_CHUNKS] = SPLIT_CHUNKS,
    };

    return forms[form];
}

static void begin(struct feeder *f, enum splitter_form form, const char *what)
{
    const struct splitter_config config = {
        .form = form,
        .binary = f->options->binary,
        .crlf = f->options->crlf,
        .chunk = f->options->chunk,
        .what = what,
    };

    splitter_clear(&f->splitter);
    splitter_init(&f->splitter, &config);
    f->begun = true;
}

/* A text given as an argument is one message; digits if the input is digits. */
static enum splitter_form argument_form(const struct feeder *f)
{
    enum splitter_form form = form_of(f->options->input);

    return form == SPLIT_HEX || form == SPLIT_BASE64 ? form : SPLIT_WHOLE;
}

static int begin_text(struct feeder *f, const char *text, struct err *e)
{
    size_t room, len = strlen(text);
    uint8_t *space;

    begin(f, argument_form(f), "-e");
    space = splitter_space(&f->splitter, &room);
    if (!space || len > room) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "-e: the text is too long (%zu bytes); put it into a file and give -e @FILE", len);
        return -1;
    }
    memcpy(space, text, len);
    splitter_filled(&f->splitter, len);
    splitter_end(&f->splitter);
    return 0;
}

static void read_stdin(struct feeder *f, enum splitter_form form)
{
    begin(f, form, "standard input");
    f->fd = STDIN_FILENO;
    f->stdin_used = true;
    if (!f->reading_stdin)
        reader_init(&f->reader, f->loop, STDIN_FILENO, on_stdin_ready, f);
    f->reading_stdin = true;
}

static int begin_file(struct feeder *f, const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "-e: can't read the file \"%s\": %s", path,
                strerror(errno));
        return -1;
    }
    begin(f, argument_form(f), path);
    f->fd = fd;
    return 0;
}

/* Turn to the next source. 1: there is one; 0: that was the last; -1 with *e. */
static int next_source(struct feeder *f, struct err *e)
{
    const char *send;

    if (f->next < f->options->send_count) {
        send = f->options->sends[f->next++];
        if (strcmp(send, "@-") == 0) {
            read_stdin(f, argument_form(f));
            return 1;
        }
        return send[0] == '@' ? (begin_file(f, send + 1, e) < 0 ? -1 : 1)
                              : (begin_text(f, send, e) < 0 ? -1 : 1);
    }
    if (f->stdin_used)
        return 0;
    read_stdin(f, form_of(f->options->input));
    return 1;
}

static void end_source(struct feeder *f)
{
    if (f->fd == STDIN_FILENO)
        reader_want(&f->reader, false);
    else if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    f->begun = false;
}

/* One read into the splitter. False with *e if that fails. */
static bool read_more(struct feeder *f, struct err *e)
{
    size_t room;
    uint8_t *space = splitter_space(&f->splitter, &room);
    ssize_t n;

    if (!space) {
        err_nomem(e, STAGE_IO, "reading the input");
        return false;
    }
    /* Of lines a block at most, though there be more room: the frames it becomes then fit into the
     * queue that is written at once, and all of it into the processor's cache. */
    if (room > SPLITTER_BLOCK && f->splitter.config.form == SPLIT_LINES)
        room = SPLITTER_BLOCK;
    do {
        n = f->fd == STDIN_FILENO ? reader_read(f->fd, space, room) : read(f->fd, space, room);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return true;
    if (n < 0) {
        err_set(e, EXIT_OTHER, STAGE_IO, errno, "can't read %s: %s", f->splitter.config.what,
                strerror(errno));
        return false;
    }
    if (n == 0)
        splitter_end(&f->splitter);
    else
        splitter_filled(&f->splitter, (size_t)n);
    return true;
}

/* -e and files are typed, standard input is piped. */
static enum decode_input input_of(const struct feeder *f)
{
    return f->fd == STDIN_FILENO ? DECODE_PIPED : DECODE_TYPED;
}

/* A whole line in a form of the protocol above the messages. 0, or SEND_... with *e. */
static int send_encoded(struct feeder *f, struct slice line, struct err *e)
{
    return line.len > 0 ? session_encode(f->session, input_of(f), line, e) : 0;
}

/* A message or a part of one; the byte of --eol follows its end. */
static int send_ended(struct feeder *f, enum opcode type, struct slice data, bool first, bool final)
{
    if (!f->options->eol || !final)
        return session_send(f->session, type, data, first, final);
    buf_reset(&f->ended);
    if (buf_append_slice(&f->ended, data) != 0 || buf_append(&f->ended, f->options->eol, 1) != 0)
        return SEND_FAILED;
    return session_send(f->session, type, buf_slice(&f->ended), first, final);
}

static int send_lines(struct feeder *f, struct err *e)
{
    const enum opcode type = f->options->binary ? OPCODE_BINARY : OPCODE_TEXT;
    size_t sent = 0, count = f->line_count - f->line;
    int r = 0;

    if (f->options->eol) {
        while (sent < count && (r = send_ended(f, type, f->lines[f->line + sent], true, true)) == 0)
            sent++;
    } else if (!session_speaks(f->session)) {
        r = session_send_all(f->session, type, f->lines + f->line, count, &sent);
    } else {
        while (sent < count && (r = send_encoded(f, f->lines[f->line + sent], e)) == 0)
            sent++;
    }
    f->line += sent;
    return r;
}

static int send_piece(struct feeder *f, struct err *e)
{
    const struct splitter_piece *piece = &f->piece;

    if (!session_speaks(f->session))
        return send_ended(f, piece->type, piece->data, piece->first, piece->final);
    if (piece->first && piece->final)
        return send_encoded(f, piece->data, e);
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s: a line for --as is longer than 1 MiB",
            f->splitter.config.what);
    return SEND_FAILED;
}

/* Send what was cut already. 0: all of it was taken; else why the rest was not, SEND_..., with *e
 * if there is more to report than that memory ran out. */
static int send_cut(struct feeder *f, struct err *e)
{
    int r = 0;

    err_clear(e);
    if (f->line < f->line_count)
        r = send_lines(f, e);
    if (r == 0 && f->has_piece) {
        r = send_piece(f, e);
        f->has_piece = r < 0;
    }
    return r;
}

/* Send what the splitter has. 1: it needs more bytes; 0: the session accepts no more for now (what
 * was cut stays in the splitter, which is not used until then); -1 with *e. */
static int send_pieces(struct feeder *f, struct err *e)
{
    while (!f->held && !session_full(f->session)) {
        int r = send_cut(f, e);

        if (r == SEND_FAILED && e->code == EXIT_OK)
            err_nomem(e, STAGE_IO, "sending a message");
        if (r < 0)
            return r == SEND_FAILED ? -1 : 0;
        f->line = 0;
        f->line_count = splitter_lines(&f->splitter, f->lines, FEEDER_LINES);
        if (f->line_count > 0)
            continue;
        r = splitter_next(&f->splitter, &f->piece, e);
        if (r <= 0)
            return r < 0 ? -1 : 1;
        f->has_piece = true;
    }
    return 0;
}

static void stop(struct feeder *f)
{
    end_source(f);
    f->finished = true;
}

void feeder_pump(struct feeder *f)
{
    struct err e;

    while (!f->finished && session_takes(f->session)) {
        int r = f->begun ? 1 : next_source(f, &e);

        if (r == 0) {
            stop(f);
            f->hooks.finished(f->hooks.ctx);
            return;
        }
        if (r > 0)
            r = send_pieces(f, &e);
        if (r == 0) {
            if (f->fd == STDIN_FILENO)
                reader_want(&f->reader, false);
            return;
        }
        if (r > 0 && f->splitter.ended) {
            end_source(f);
        } else if (r > 0 && f->fd == STDIN_FILENO) {
            reader_want(&f->reader, true);
            return;
        } else if (r < 0 || !read_more(f, &e)) {
            stop(f);
            f->hooks.failed(f->hooks.ctx, &e);
            return;
        }
    }
}

static void on_stdin_ready(void *ctx)
{
    struct feeder *f = ctx;
    struct err e;

    /* What can't be sent is left unread: the next pump wants it again. */
    if (f->finished || f->fd != STDIN_FILENO || f->held || !session_takes(f->session) ||
        session_full(f->session)) {
        reader_want(&f->reader, false);
    } else if (!read_more(f, &e)) {
        stop(f);
        f->hooks.failed(f->hooks.ctx, &e);
    } else {
        feeder_pump(f);
    }
}

void feeder_hold(struct feeder *f, bool held)
{
    bool let_go = f->held && !held;

    f->held = held;
    if (let_go)
        feeder_pump(f);
}

void feeder_close(struct feeder *f)
{
    if (!f->finished)
        stop(f);
    if (f->reading_stdin)
        reader_close(&f->reader);
    f->reading_stdin = false;
}

void feeder_clear(struct feeder *f)
{
    splitter_clear(&f->splitter);
    buf_clear(&f->ended);
}
