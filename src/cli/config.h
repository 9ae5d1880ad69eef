/*
 * config: the lines of the config file, taken apart. Pure: no option is known here.
 *
 * A line is a comment ("#" first), empty, "[profile NAME]", "[alias]", "key" or "key = value".
 * Blanks around each part are dropped; a value is the rest of its line, without quotes or comments.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct config_reader {
    char *rest;    /* what is still to be read */
    size_t number; /* lines read */
};

struct config_line {
    const char *profile; /* of a section's line: its name, not empty; else NULL */
    bool aliases;        /* the line is "[alias]" */
    const char *key;     /* else: not empty */
    char *value;         /* NULL: the key is alone; may be empty */
};

/* Read a text that ends with a NUL; a byte order mark at its beginning is skipped. The text is
 * changed in place, and lines point into it. */
void config_open(struct config_reader *r, char *text);

/* The next line with content: 1 and *line, 0 at the end, or -1 with *e (EXIT_USAGE) if it is not
 * one of the kinds above; r->number is its number, from 1. The message contains no part of a value.
 * Reading can continue after a failure. */
int config_next(struct config_reader *r, struct config_line *line, struct err *e);

#endif
