/*
 * parsing: the command line while it is read, for subcommands that have their own options or
 * operands. The rest is in options_private.h.
 */
#ifndef CLI_PARSING_H
#define CLI_PARSING_H

#include <stddef.h>

#include "base/err.h"
#include "cli/groups.h"
#include "cli/table.h"
#include "cli/verb.h"

struct options;
struct options_memory;

/* Where an option was given, the weakest first: uses are in this order. */
enum option_layer { LAYER_FILE, LAYER_PROFILE, LAYER_CURL, LAYER_LINE };

/* One option as it was given. */
struct option_use {
    const struct option_row *row;
    char typed[24]; /* "-m" or "--max-time": errors name it as it was typed */
    char *value;    /* NULL for a flag, or an optional value that was left out */
    enum option_layer layer;
    bool off;         /* "--no-NAME": earlier settings of this flag are discarded */
    bool literal;     /* the value is the secret itself: neither "@FILE" nor "env:NAME" */
    const char *file; /* in the config file: its name as it may be shown, and the line */
    size_t line;
};

struct options_parsing {
    struct options *o; /* all of them, for the files of cli */
    const struct verbs *verbs;
    /* Groups for operands that set a default or fill in what has no option. */
    struct connect_options *connect;
    struct limit_options *limits;
    struct listen_options *listen;
    struct help_options *help;
    void *own; /* the subcommand's own part (struct verb) */
    struct option_use *uses;
    size_t use_count;
    char *operand;            /* the first, unless they are files, or NULL */
    const char *const *files; /* all, where they are ("-" is stdin) */
    size_t file_count;
    bool curl_url;                 /* the operand is that of --from-curl */
    const struct verb *verb;       /* the command that was named, or NULL */
    bool surplus;                  /* there are more operands than can be used */
    bool curl_stdin;               /* --from-curl took stdin */
    size_t weaker[LAYER_LINE + 1]; /* headers set by the layers weaker than each, as setters run */
};

/* Is the subcommand one of these sets (OPTIONS_...)? Without one, as for a
 * connection. */
bool options_in(const struct options_parsing *p, unsigned sets);

/* The last use of an option, spelled "--hex" or "-4"; NULL if it was not given. */
const struct option_use *options_given(const struct options_parsing *p, const char *spelling);

/* A usage error; -1. */
#define usage_error(e, ...) err_set((e), EXIT_USAGE, STAGE_USAGE, 0, __VA_ARGS__)
int options_nomem(struct err *e);

/* The user's text made fit for a message: controls escaped, cut if long. For use inside one
 * expression: options_quote(text).text */
struct quoted {
    char text[96];
};
struct quoted options_quote(const char *text);

/* What is allocated lives until options_clear, which wipes it. */

/* Zeroed bytes; NULL: memory. */
void *options_alloc(struct options_memory *m, size_t n);
/* A copy with a NUL after it; NULL: out of memory. */
char *options_copy(struct options_memory *m, const void *text, size_t len);
/* The list with room for one element after its `count` elements of `each` bytes; it moves as it
 * grows. list is NULL when count is 0. NULL: memory. */
void *options_list_room(struct options_memory *m, const void *list, size_t count, size_t each);

/* One more text, borrowed, at the end of a list. 0, or -1 with *e. */
int options_add_text(struct options_parsing *p, const char *const **list, size_t *count,
                     const char *text, struct err *e);
/* The next element of a list with commas, copied; false: it is empty or too long. *at moves on to
 * the next one, or becomes NULL. */
bool options_next_element(const char **at, char *element, size_t size);

/* Where a setter stores what it is given: row->field of its struct. */
void *options_place(const struct options_parsing *p, const struct option_use *use);

/* Setters that store there (options_set.c, options_set_account.c). */
option_set_fn options_set_none, options_set_flag, options_set_text, options_set_seconds,
    options_set_positive_seconds, options_set_size, options_set_bytes, options_set_number,
    options_set_word, options_set_pointer, options_set_readable;

/* Begin the failure's sentence with the place where the option was given. Returns -1. */
int options_blame(const struct option_use *use, struct err *e);
/* The failure's e->at is an offset in the value of the option. Returns -1. */
int options_point_into(struct options_parsing *p, const struct option_use *use);

/* text, at or in use->value, is an http or https URL (or one of a unix socket), and is read. Caller
 * clears *url. */
int options_http_parse(struct options_parsing *p, const struct option_use *use, const char *text,
                       struct url *url, struct err *e);

/* The value of "@FILE" (without its last line break) or "env:NAME", or value itself. Control
 * characters and empty values are refused. NULL with *e. */
char *options_secret(struct options_parsing *p, const struct option_use *use, struct err *e);

/* Operands. Those for a row of its own (options_finish.c, options_set_network.c): */

/* One URL, or that of --poll or --sse: connect->url. */
int options_url_operand(struct options_parsing *p, struct err *e);
/* [HOST:]PORT or nothing: listen. */
int options_address_operand(struct options_parsing *p, struct err *e);
/* None. */
int options_no_operand(struct options_parsing *p, struct err *e);

/* The operand, which there is, as a URL. */
int options_take_url(struct options_parsing *p, struct err *e);

#endif
