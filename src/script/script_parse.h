/*
 * script_parse: shared only by the files of the parser. script_parse has the words of the language,
 * script_sections the sections, script_check the checks of a line before it is run, script_load the
 * files.
 */
#ifndef SCRIPT_SCRIPT_PARSE_H
#define SCRIPT_SCRIPT_PARSE_H

#include <stdarg.h>

#include "script/script_lines.h"

enum section { SECTION_FILE, SECTION_SETUP, SECTION_TEARDOWN, SECTION_TEST };

/* Where a variable or a connection is known: in the whole file, in setup and so in every test, or
 * in one test (SCOPE_TEST + its number). */
enum { SCOPE_FILE, SCOPE_SETUP, SCOPE_ALL, SCOPE_TEST };

struct parser_name {
    struct parser_name *next;
    const char *name;
    unsigned scope;
    bool connected; /* of connections; else it has a URL */
};

struct parser_block {
    unsigned line;
    struct statement *statement;
};

struct parser {
    struct script *script;
    const struct script_checks *checks;
    struct script_error *error;

    const char *file; /* being read; in the script's memory */
    unsigned includes;
    struct script_lines *lines;

    enum section section;
    unsigned scope;
    struct script_test *test, **last_test;
    struct statement **tail;
    struct parser_block blocks[SCRIPT_BLOCK_MAX];
    unsigned depth, floor; /* floor: those of the files that include this one */
    const char *unmet;     /* why no test of the file is run: a variable has no value; or NULL */
    struct parser_name *variables, *connections, *urls, *proxies;
    bool of_proxy; /* the line expects something of a proxy */

    /* the line */
    char *text; /* all of it */
    char conn[SCRIPT_NAME_MAX];
    size_t command_at, args_at; /* offsets in it */
    char *args;
    const char *here; /* or NULL */
};

/* An error at an offset of the line; -1. */
int parser_fail(struct parser *p, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int parser_fail_with(struct parser *p, size_t at, const struct err *e);
int parser_nomem(struct parser *p);

/* Add a statement of this line; *added (if not NULL) is it. */
int parser_add(struct parser *p, enum statement_kind kind, const struct command_row *row,
               struct statement **added);

/* Lines of a text, in the section the parser is in. */
int parser_read(struct parser *p, struct slice text);

/* script_load.c */
/* The path of a file named in this one; in the script's memory. NULL: memory. */
char *parser_beside(struct parser *p, const char *path);
int parser_include(struct parser *p, const char *path);

/* script_sections.c */
int parser_test(struct parser *p, const struct command_row *row);
int parser_setup(struct parser *p, const struct command_row *row);
int parser_teardown(struct parser *p, const struct command_row *row);
int parser_repeat(struct parser *p, const struct command_row *row);
int parser_any_order(struct parser *p, const struct command_row *row);
int parser_close_block(struct parser *p);
/* No block is open where a section begins. */
int parser_blocks_closed(struct parser *p);
/* Words that belong to no connection must not have the name of one. */
int parser_no_connection(struct parser *p, const char *name);

/* script_mark.c */
int parser_mark(struct parser *p, const struct command_row *row); /* skip, todo */
int parser_mark_needs(struct parser *p, const struct command_row *row);

/* script_check.c */
/* args as they will be when variables are filled in; e->at is an offset in them, or -1. */
typedef int parser_check_fn(struct parser *p, const char *args, struct err *e);
int parser_check(struct parser *p, parser_check_fn *check);
parser_check_fn parser_check_url, parser_check_header, parser_check_option, parser_check_capture,
    parser_check_rounds, parser_check_seconds, parser_check_expect, parser_check_command,
    parser_check_proxy;
/* Every variable of the line is known. */
int parser_variables_known(struct parser *p);
/* Does something outside of the script give it a value, or a line before this one? */
bool parser_has_value(const struct parser *p, struct slice name);
int parser_define(struct parser *p, struct slice name);
/* The line's connection was connected before. */
int parser_needs_connect(struct parser *p);
int parser_connected(struct parser *p);
/* The same for its proxy. */
int parser_needs_proxy(struct parser *p);
int parser_proxy_started(struct parser *p);
bool parser_has_url(const struct parser *p);
void parser_url_given(struct parser *p);

#endif
