/*
 * splitter: a stream of input bytes cut into messages: lines, NUL-separated, hexadecimal or base64
 * lines, fixed chunks, or the whole as one. A message beyond SPLITTER_PIECE comes in pieces, so
 * memory is bounded whatever the input. Pure.
 */
#ifndef APP_SPLITTER_H
#define APP_SPLITTER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "event/event.h"

#define SPLITTER_PIECE (1024 * 1024)
#define SPLITTER_BLOCK (256 * 1024)

enum splitter_form { SPLIT_LINES, SPLIT_NUL, SPLIT_HEX, SPLIT_BASE64, SPLIT_WHOLE, SPLIT_CHUNKS };

struct splitter_config {
    enum splitter_form form;
    bool binary;      /* messages are binary; else text, which must be UTF-8 */
    bool crlf;        /* a CR before the newline is removed, too */
    uint64_t chunk;   /* SPLIT_CHUNKS: bytes a message */
    const char *what; /* names the input in errors: "standard input" */
};

/* A message or a piece of one. */
struct splitter_piece {
    enum opcode type;
    struct slice data; /* borrowed until the next call into the splitter */
    bool first, final;
};

struct splitter {
    struct splitter_config config;
    struct buf in;
    struct buf decoded;
    size_t used;     /* bytes of `in` that the last piece took */
    size_t searched; /* bytes of `in` known to hold no delimiter */
    uint64_t number; /* of the message under way, from 1 */
    uint64_t column; /* bytes of it given so far */
    bool inside;     /* its first piece was given */
    bool ended;      /* no more bytes will come */
    struct utf8 utf8;
};

void splitter_init(struct splitter *s, const struct splitter_config *config);
void splitter_clear(struct splitter *s);

/* Where to put the next bytes; at least SPLITTER_BLOCK. NULL: memory. */
uint8_t *splitter_space(struct splitter *s, size_t *room);
void splitter_filled(struct splitter *s, size_t n);
/* There is no more input. */
void splitter_end(struct splitter *s);

/* 1 and the next piece; 0: more bytes are needed, or, after splitter_end, all is given. -1 with *e
 * (EXIT_OTHER): the input is not what its form promises; its number and column are named. */
int splitter_next(struct splitter *s, struct splitter_piece *piece, struct err *e);

/* For speed if there are many ordinary lines: up to `max` lines, each a whole message of the
 * configured kind; the slices are borrowed until the next call into the splitter. 0: ask
 * splitter_next. */
size_t splitter_lines(struct splitter *s, struct slice *lines, size_t max);

#endif
