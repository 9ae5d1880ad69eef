/*
 * feeder: what is to be sent, one source after the other: --on-connect and -e texts and files, then
 * standard input. It sends while the session accepts more and pauses while it does not.
 */
#ifndef APP_FEEDER_H
#define APP_FEEDER_H

#include "app/splitter.h"
#include "cli/groups.h"
#include "session/session.h"
#include "term/reader.h"

/* Messages that go down together. All of them lie in the splitter, which bounds their bytes. */
#define FEEDER_LINES 64

struct feeder_hooks {
    void (*finished)(void *ctx);                    /* every source is given, in full */
    void (*failed)(void *ctx, const struct err *e); /* a source can't be read or is malformed */
    void *ctx;
};

struct feeder {
    uv_loop_t *loop;
    const struct pipe_options *options;
    struct session *session;
    struct feeder_hooks hooks;
    struct splitter splitter;
    struct reader reader; /* of standard input */
    size_t next;          /* of options->sends */
    bool begun, reading_stdin, stdin_used, finished;
    bool held;
    struct slice lines[FEEDER_LINES]; /* of the splitter; not taken yet from `line` on */
    size_t line, line_count;
    struct splitter_piece piece; /* the same, if has_piece */
    bool has_piece;
    struct buf ended; /* a message with the byte of --eol */
    int fd;           /* of the source under way, or -1 */
};

void feeder_init(struct feeder *f, uv_loop_t *loop, const struct pipe_options *options,
                 struct session *session, const struct feeder_hooks *hooks);
/* The session takes messages (it is open, or queues them): send. Also when it has drained. */
void feeder_pump(struct feeder *f);
/* While held, it sends nothing: what is sent is shown, and the output is not being read. When
 * released, it continues. */
void feeder_hold(struct feeder *f, bool held);
/* Send no more. */
void feeder_close(struct feeder *f);
void feeder_clear(struct feeder *f);

#endif
