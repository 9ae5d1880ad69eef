/*
 * script_lines: the logical lines of a script: without comments and empty lines, continued ones
 * joined, with here-texts; and the position of each of their bytes in the text.
 */
#ifndef SCRIPT_SCRIPT_LINES_H
#define SCRIPT_SCRIPT_LINES_H

#include "base/buf.h"
#include "script/script.h"

struct line_piece {
    size_t at;           /* where it begins in the joined line */
    unsigned number;     /* of the line in the file */
    struct slice source; /* all of that line */
    size_t skipped;      /* bytes of the source before it */
};

struct script_lines {
    struct slice rest; /* not yet read */
    unsigned number;   /* of the last line read */
    struct buf text;   /* the joined line, with a NUL after it */
    struct line_piece *pieces;
    size_t piece_count;
    bool has_here;
    struct buf here; /* the here-text, with a NUL after it */
};

/* text is borrowed as long as lines are read. */
void script_lines_init(struct script_lines *l, struct slice text);
void script_lines_clear(struct script_lines *l);

enum lines_result {
    LINES_END,
    LINES_LINE,
    LINES_NUL,    /* a NUL byte: no script */
    LINES_NO_END, /* the end of a here-text is missing: `text` still ends with <<WORD */
    LINES_CUT,    /* the last line is to be continued */
    LINES_NOMEM
};
/* The next line into `text`, without blanks around it. */
enum lines_result script_lines_next(struct script_lines *l);

/* The position of an offset in `text`. */
void script_lines_place(const struct script_lines *l, size_t at, struct script_error *error);

#endif
