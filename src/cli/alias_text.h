/*
 * alias_text: the section [alias] in the text of a config file: its lines "NAME = TEXT", read and
 * rewritten. Everything else in the text is kept byte for byte. Pure.
 */
#ifndef CLI_ALIAS_TEXT_H
#define CLI_ALIAS_TEXT_H

#include "base/buf.h"

#define ALIAS_NAME     24                   /* bytes at most */
#define ALIAS_FILE_MAX ((size_t)256 * 1024) /* as large as a config file may be */

/* True for 1 to ALIAS_NAME letters, digits, '-' and '_'. */
bool alias_name_fits(struct slice name);

struct alias_reader {
    struct slice file;
    size_t at;
    bool inside;  /* the section */
    size_t after; /* the end of its last line with content; 0: there is no such section */
};

/* One line; slices of the file. */
struct alias_line {
    struct slice name, text;
    size_t from, to; /* with its newline */
};

void alias_open(struct alias_reader *r, struct slice file);
/* False after the last. */
bool alias_next(struct alias_reader *r, struct alias_line *line);

/* The text of an alias: of several lines with this name the last one applies. False: none. */
bool alias_find(struct slice file, struct slice name, struct slice *text);

/* Append the file with the alias defined anew, or with `text` empty removed. 1, 0 if there is none
 * to remove, or -1 (too long, or memory). */
int alias_rewrite(struct slice file, struct slice name, struct slice text, struct buf *out);

#endif
