/*
 * rule_private: the words of rules and their arguments, shared by the parser and the printer.
 */
#ifndef RELAY_RULE_PRIVATE_H
#define RELAY_RULE_PRIVATE_H

#include "relay/rule.h"

/* What follows a word. */
enum rule_operand {
    RULE_OPERAND_NONE,
    RULE_OPERAND_REGEX, /* in place of a word */
    RULE_OPERAND_JSON,  /* POINTER [= VALUE] */
    RULE_OPERAND_NUMBER,
    RULE_OPERAND_TIME,
    RULE_OPERAND_TEXT,
    RULE_OPERAND_SUB,
    RULE_OPERAND_SET,
    RULE_OPERAND_INJECT,
    RULE_OPERAND_CODE
};

/* What an action can be done to. */
enum { RULE_TO_MESSAGE = 1, RULE_TO_PING = 2, RULE_TO_CLOSE = 4, RULE_TO_ALL = 7 };

struct rule_match_row {
    const char *name; /* NULL: begins with a slash */
    enum rule_operand operand;
    unsigned what; /* RULE_TO_MESSAGE, RULE_TO_PING (pong too) or RULE_TO_CLOSE */
};

struct rule_action_row {
    const char *name;
    enum rule_operand operand;
    unsigned to;
    const char *why; /* it cannot be done to the rest */
};

extern const struct rule_match_row rule_match_rows[RULE_MATCHES];
extern const struct rule_action_row rule_action_rows[RULE_ACTIONS];

/* The text of a rule and how far it is read; `e` is what rule_complain fills. */
struct rule_reader {
    struct slice text;
    size_t pos;
    struct err *e;
};

/* Both return -1. at: of the character that is wrong. */
int rule_complain(struct rule_reader *r, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int rule_nomem(struct rule_reader *r);
/* Up to 32 bytes, for a sentence. */
struct rule_quote {
    char text[40];
};
struct rule_quote rule_quote(struct slice text);

void rule_skip_blanks(struct rule_reader *r);
/* What is not read yet. */
struct slice rule_rest(const struct rule_reader *r);
bool rule_is_arrow(struct slice text);
/* After blanks: up to a blank, an arrow or the end; empty if one of these is next. */
struct slice rule_take_word(struct rule_reader *r);
/* After blanks: all that is left. */
struct slice rule_take_rest(struct rule_reader *r);
/* -1 with a message if there is more. after: what it may not follow. */
int rule_nothing_more(struct rule_reader *r, const char *after);
/* A copy with a NUL; NULL: memory. */
char *rule_copied(struct slice text);
int rule_keep_text(struct rule_reader *r, struct rule *rule, struct slice text);
/* A JSON Pointer as a word, or as a JSON string where it has blanks. *pointer is allocated. name:
 * the word before it. */
int rule_read_pointer(struct rule_reader *r, const char *name, char **pointer);
/* JSON as it is, anything else as a JSON string: quotes around a word are easily forgotten.
 * Appended to out. */
int rule_read_value(struct rule_reader *r, struct slice text, size_t at, struct buf *out);

/* Refuse a regular expression, which begins at `at` of the rule, that would take too much memory or
 * time. 0, or -1. */
int rule_check_cost(struct rule_reader *r, struct slice text, size_t at);

/* The part of a payload that the expression looks at (see RULE_REGEX_WINDOW), copied with a NUL
 * after it; free its data. Its data is NULL: memory. */
struct slice rule_window(const struct pattern *p, struct slice payload);

#endif
