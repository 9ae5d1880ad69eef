/* complete_private: shared only by the files of complete. */
#ifndef VERB_COMPLETE_COMPLETE_PRIVATE_H
#define VERB_COMPLETE_COMPLETE_PRIVATE_H

#include "base/buf.h"
#include "cli/table.h"
#include "cli/verb.h"

/* The words of a command as the parser reads them, one after the other; zeroed at first, but for
 * the table and its first row. */
struct command_line {
    const struct verbs *verbs;
    const struct verb *verb;          /* the one named so far, or the row without a name */
    const struct option_row *pending; /* the next word is its value; or NULL */
    bool ended;                       /* "--": operands alone follow */
    size_t operands;                  /* the name of the verb among them */
};

/* Read one more word. NULL, or what kind of value it contains, as in struct option_row or verb;
 * *value is then where that begins. */
const char *command_line_read(struct command_line *c, const char *word, const char **value);

/* The word under the cursor. */
struct completing {
    const struct command_line *line; /* before it */
    const char *word;
    size_t kept;     /* bytes of it that stay; what is offered continues after them */
    struct buf *out; /* the answer */
};

/* One thing that the word can become after what is kept, if it begins like that. help may be NULL.
 * Anything that a terminal might act on is omitted. */
void complete_offer(struct completing *c, const char *text, bool whole, const char *help);

/* Values of this kind, as in struct option_row and struct verb; NULL: none. */
void complete_value(struct completing *c, const char *kind);

/* A fault: its kind, its side, its trigger (complete_fault.c). */
void complete_fault(struct completing *c);

/* A rule of a proxy: its direction, what it matches and what it does (complete_rule.c). */
void complete_rule(struct completing *c);

/* Operands and values of that kind in the histories, the latest first (complete_history.c). */
void complete_from_history(struct completing *c, const char *kind);

#endif
