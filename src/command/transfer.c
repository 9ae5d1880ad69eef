#include "command/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#define PIECE       (64u * 1024)
#define CHECK_STEPS 64 /* pieces that are checked before others get their turn */

void transfer_init(struct transfer *t)
{
    *t = (struct transfer){0};
}

void transfer_clear(struct transfer *t)
{
    if (t->file)
        fclose(t->file);
    t->file = NULL;
    t->phase = TRANSFER_IDLE;
}

static int unreadable(const char *path, int error, struct err *e)
{
    return err_set(e, EXIT_OTHER, STAGE_IO, error, "can't read %s: %s", path, strerror(error));
}

int transfer_begin(struct transfer *t, const char *path, enum transfer_type type, struct err *e)
{
    struct stat st;
    FILE *file;

    /* Opening a FIFO would wait for its writer. */
    if (stat(path, &st) < 0)
        return unreadable(path, errno, e);
    if (!S_ISREG(st.st_mode))
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "can't send %s: it is not a regular file", path);
    file = fopen(path, "re");
    if (!file)
        return unreadable(path, errno, e);
    *t = (struct transfer){
        .phase = type == TRANSFER_BINARY ? TRANSFER_SENDING : TRANSFER_CHECKING,
        .type = type,
        .file = file,
        .size = (uint64_t)st.st_size,
        .first = true,
    };
    snprintf(t->name, sizeof t->name, "%s", path);
    return 0;
}

static int fail(struct transfer *t, struct err *e, const char *what, int error)
{
    err_set(e, EXIT_OTHER, STAGE_IO, error, "%s: %s", t->name, what);
    if (!t->first)
        err_hint(e,
                 "the message is unfinished: no other can be sent on this connection; /reconnect");
    transfer_clear(t);
    return -1;
}

/* All of a text is looked at before any of it is sent: a message can't be taken back. */
static int check(struct transfer *t, struct err *e)
{
    uint8_t piece[PIECE];
    bool valid = true;

    for (unsigned i = 0; i < CHECK_STEPS && valid; i++) {
        size_t n = fread(piece, 1, sizeof piece, t->file), good;

        if (ferror(t->file))
            return fail(t, e, strerror(errno), errno);
        good = utf8_check(&t->utf8, piece, n);
        t->done += good;
        valid = good == n && (n > 0 || utf8_complete(&t->utf8));
        if (n == 0)
            break;
    }
    if (valid && !feof(t->file))
        return TRANSFER_GOES_ON;
    if (!valid && t->type == TRANSFER_TEXT) {
        char what[96];

        snprintf(what, sizeof what, "byte %" PRIu64 " is not UTF-8, which a text message must be",
                 t->done);
        fail(t, e, what, 0);
        err_hint(e, "/file %s binary", t->name);
        return -1;
    }
    t->type = valid ? TRANSFER_TEXT : TRANSFER_BINARY;
    t->phase = TRANSFER_SENDING;
    t->done = 0;
    rewind(t->file);
    return TRANSFER_GOES_ON;
}

static int send_pieces(struct transfer *t, struct session *session, struct err *e)
{
    enum opcode type = t->type == TRANSFER_TEXT ? OPCODE_TEXT : OPCODE_BINARY;
    uint8_t piece[PIECE];

    while (!session_full(session)) {
        size_t n = fread(piece, 1, sizeof piece, t->file);
        int next = n == sizeof piece ? getc(t->file) : EOF;
        bool final = next == EOF;
        int r;

        if (ferror(t->file))
            return fail(t, e, strerror(errno), errno);
        if (next != EOF)
            ungetc(next, t->file);
        r = session_send(session, type, slice_make(piece, n), t->first, final);
        if (r == SEND_FAILED)
            return fail(t, e, "out of memory", ENOMEM);
        if (r < 0)
            return fail(t, e, "the connection closed before all of it was sent", 0);
        t->first = false;
        t->done += n;
        if (final) {
            transfer_clear(t);
            return TRANSFER_DONE;
        }
    }
    return TRANSFER_WAITS;
}

int transfer_step(struct transfer *t, struct session *session, struct err *e)
{
    if (t->phase == TRANSFER_CHECKING)
        return check(t, e);
    return t->phase == TRANSFER_SENDING ? send_pieces(t, session, e) : TRANSFER_DONE;
}
