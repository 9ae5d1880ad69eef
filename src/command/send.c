/* Messages. */
#include "base/codec.h"
#include "base/decimal.h"
#include "base/utf8.h"
#include "command/set.h"
#include "script/expect/parse.h"

#define FRAGMENTS_MAX 10000
#define BINARY_MAX    ((size_t)16 * 1024 * 1024)

static int send_message(struct commands *c, enum opcode type, struct slice data, bool first,
                        bool final, struct err *e)
{
    int r = session_send(c->session, type, data, first, final);

    if (r == SEND_FAILED)
        return err_nomem(e, STAGE_IO, "sending the message");
    return r == 0 ? 0
                  : err_set(e, EXIT_OTHER, STAGE_IO, 0,
                            "the message could not be sent: the connection is closing");
}

int command_send(struct commands *c, const char *args, struct err *e)
{
    return commands_send(c, OPCODE_TEXT, slice_str(args), e);
}

int command_binary(struct commands *c, const char *args, struct err *e)
{
    struct buf bytes;
    long column;
    int r;

    if (commands_may_send(c, e) < 0)
        return -1;
    buf_init(&bytes, BINARY_MAX);
    column = hex_decode(&bytes, slice_str(args));
    if (column < 0)
        r = err_nomem(e, STAGE_IO, "reading the digits");
    else if (column > 0)
        r = err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                    "/binary takes pairs of hexadecimal digits; character %ld is none", column);
    else
        r = commands_send(c, OPCODE_BINARY, buf_slice(&bytes), e);
    buf_clear(&bytes);
    return r;
}

int command_emit(struct commands *c, const char *args, struct err *e)
{
    if (command_check_emit(args, e) < 0)
        return -1;
    if (command_needs_open(c, e) < 0 || commands_may_send(c, e) < 0)
        return -1;
    if (!session_speaks(c->session)) {
        err_set(e, EXIT_OTHER, STAGE_USAGE, 0,
                "\"emit\" needs the name of the protocol above the messages");
        err_hint(e, "\"option as NAME\" before \"connect\", or --as NAME, such as socket.io");
        return -1;
    }
    return session_encode(c->session, DECODE_TYPED, slice_str(args), e) == 0 ? 0 : -1;
}

/* The end of piece i of n, moved on to where a character begins. */
static size_t piece_end(struct slice text, uint64_t i, uint64_t n)
{
    size_t end = (size_t)(text.len * i / n);

    while (end < text.len && utf8_continues(text.data[end]))
        end++;
    return end;
}

static bool fragment_arguments(const char *args, const char **text, uint64_t *n)
{
    struct slice number = parse_name(args, text);
    char digits[8] = "";

    if (number.len < sizeof digits && number.len > 0)
        memcpy(digits, number.data, number.len);
    return decimal_read(slice_str(digits), FRAGMENTS_MAX, n) && *n > 0;
}

int command_fragment(struct commands *c, const char *args, struct err *e)
{
    const char *text;
    struct slice all;
    uint64_t n;
    size_t from = 0;

    if (!fragment_arguments(args, &text, &n))
        return command_misused("fragment", e);
    if (command_needs_open(c, e) < 0 || commands_may_send(c, e) < 0)
        return -1;
    all = slice_str(text);
    for (uint64_t i = 0; i < n; i++) {
        size_t end = piece_end(all, i + 1, n);

        if (send_message(c, OPCODE_TEXT, slice_make(all.data + from, end - from), i == 0,
                         i + 1 == n, e) < 0)
            return -1;
        from = end;
    }
    return 0;
}

/* The type may follow the path. */
static int file_arguments(const char *args, struct buf *path, enum transfer_type *type,
                          struct err *e)
{
    struct buf word;
    int r;

    *type = TRANSFER_AUTO;
    r = parse_word(&args, path, e);
    if (r <= 0 || buf_append(path, "", 1) < 0)
        return r < 0 ? -1 : command_misused("file", e);
    buf_init(&word, 1024);
    r = parse_word(&args, &word, e);
    if (r > 0 && slice_is(buf_slice(&word), "text"))
        *type = TRANSFER_TEXT;
    else if (r > 0 && slice_is(buf_slice(&word), "binary"))
        *type = TRANSFER_BINARY;
    else if (r > 0)
        r = command_misused("file", e);
    if (r > 0 && parse_word(&args, &word, e) != 0)
        r = command_misused("file", e);
    buf_clear(&word);
    return r < 0 ? -1 : 0;
}

int command_file(struct commands *c, const char *args, struct err *e)
{
    enum transfer_type type;
    struct buf path;
    int r = -1;

    buf_init(&path, 8192);
    if (file_arguments(args, &path, &type, e) == 0 && command_needs_open(c, e) == 0 &&
        commands_may_send(c, e) == 0)
        r = transfer_begin(&c->transfer, (const char *)buf_data(&path), type, e);
    if (r == 0)
        c->hooks.alarm(c->hooks.ctx, 0);
    buf_clear(&path);
    return r;
}

/* --- before a script is run ---------------------------------------------------------------------
 */

int command_check_binary(const char *args, struct err *e)
{
    struct buf bytes;
    long column;

    buf_init(&bytes, BINARY_MAX);
    column = hex_decode(&bytes, slice_str(args));
    buf_clear(&bytes);
    if (column == 0)
        return 0;
    if (column < 0)
        return err_nomem(e, STAGE_IO, "reading the digits");
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "pairs of hexadecimal digits are expected here");
    e->at = column - 1;
    return -1;
}

int command_check_fragment(const char *args, struct err *e)
{
    const char *text;
    uint64_t n;

    if (fragment_arguments(args, &text, &n))
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "usage: fragment N TEXT, with N from 1 to %d",
                   FRAGMENTS_MAX);
}

int command_check_emit(const char *args, struct err *e)
{
    return args[0] ? 0 : command_row_misused(commands_script_find(slice_str("emit")), e);
}

int command_check_file(const char *args, struct err *e)
{
    enum transfer_type type;
    struct buf path;
    int status;

    buf_init(&path, 8192);
    status = file_arguments(args, &path, &type, e);
    buf_clear(&path);
    return status;
}
