/*
 * parse: a command's line in its parts. Pure.
 */
#ifndef SCRIPT_EXPECT_PARSE_H
#define SCRIPT_EXPECT_PARSE_H

#include "base/buf.h"
#include "base/err.h"
#include "proto/frame.h"

/* The command's name at the front of a line, and where its arguments begin: after the blanks. */
struct slice parse_name(const char *line, const char **args);

/* Words apart by blanks. Double quotes hold blanks together; a backslash in quotes makes \n, \t,
 * \r,
 * \", \\. Appended to `word` (emptied first). 1, 0 at the end, -1 with *e: a quote stays open. *at
 * moves on. */
int parse_word(const char **at, struct buf *word, struct err *e);

/* /frame: "op=... fin=... rsv=... mask=... len=... text=...|hex=...". The payload is appended. -1
 * with *e. */
int parse_frame(const char *args, struct frame_spec *spec, struct buf *payload, struct err *e);

/* /close: "[CODE [REASON]]". code is 1000 without one. -1 with *e. */
int parse_close(const char *args, uint16_t *code, const char **reason, struct err *e);

#endif
