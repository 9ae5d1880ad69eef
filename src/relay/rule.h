/*
 * rule: a rule of wscope proxy for messages, in the form that the user writes:
 *
 *   [up|down] MATCH -> ACTION
 *
 * MATCH is any, text, binary, /REGEX/, json POINTER, json POINTER = VALUE, message N, ping, pong or
 * close; without up or down it applies to both directions. `any` is any text or binary message.
 * ACTION is drop, dup, delay TIME, hold, replace TEXT, sub /REGEX/TEXT/, set POINTER VALUE,
 * inject up|down TEXT, close CODE or rst.
 *
 * Pure: text to struct and back, which rule matches a message, and what its payload becomes.
 * Nothing here delays, holds or sends.
 */
#ifndef RELAY_RULE_H
#define RELAY_RULE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/pattern.h"
#include "proto/frame.h"

/* Bytes of one rule, and rules of a set. */
#define RULE_TEXT_MAX ((size_t)64 * 1024)
#define RULES_MAX     64

/* Bytes of a payload that a regular expression with a repetition is matched against: the time may
 * grow with their square, and a peer chooses the payload. */
#define RULE_REGEX_WINDOW ((size_t)16 * 1024)

/* Seen from the client. */
enum rule_dir { RULE_UP = 1, RULE_DOWN = 2, RULE_BOTH = 3 };

enum rule_match {
    RULE_ON_ANY,
    RULE_ON_TEXT,
    RULE_ON_BINARY,
    RULE_ON_REGEX,
    RULE_ON_JSON,
    RULE_ON_MESSAGE,
    RULE_ON_PING,
    RULE_ON_PONG,
    RULE_ON_CLOSE,
    RULE_MATCHES
};

enum rule_action {
    RULE_DROP,
    RULE_DUP,
    RULE_DELAY,   /* delay_us; other messages pass */
    RULE_HOLD,    /* until it is released; other messages pass */
    RULE_REPLACE, /* text; the type of the message stays. This and the next two: rule_rewrite */
    RULE_SUB,     /* each match of `what` becomes text */
    RULE_SET,     /* the value at `target` becomes text, all other bytes stay */
    RULE_INJECT,  /* a text message `text` is sent `to`; what was matched passes after it */
    RULE_CLOSE,   /* both legs, with `code` */
    RULE_RST,     /* both legs */
    RULE_ACTIONS
};

struct rule {
    enum rule_dir dir;
    enum rule_match on;
    struct pattern regex; /* RULE_ON_REGEX */
    char *pointer;        /* RULE_ON_JSON */
    char *value;          /* RULE_ON_JSON: JSON; NULL: any value */
    uint64_t number;      /* RULE_ON_MESSAGE: from 1 */
    enum rule_action action;
    uint64_t delay_us;
    struct pattern what;
    char *target;     /* a JSON Pointer */
    struct buf text;  /* of RULE_SUB as it was written, of RULE_SET JSON */
    enum rule_dir to; /* RULE_UP or RULE_DOWN */
    uint16_t code;
};

/* Read one rule. 0; -1 with *e (EXIT_USAGE, or memory): the error, and e->at, an offset in text; *r
 * is empty then. rule_clear it. */
int rule_parse(struct slice text, struct rule *r, struct err *e);
void rule_clear(struct rule *r);

/* Append the rule as it would be typed, read by rule_parse to the same rule. 0, or -1: memory. */
int rule_print(const struct rule *r, struct buf *out);
/* "drop", "delay" ...: static. */
const char *rule_action_name(enum rule_action action);
/* The words a MATCH or an ACTION begins with; NULL after the last. Static. */
const char *rule_match_word(size_t i);
const char *rule_action_word(size_t i);

/* A message, ping, pong or Close. Borrowed for the call. */
struct rule_subject {
    enum rule_dir dir;
    enum opcode opcode;   /* text, binary, ping, pong or close */
    struct slice payload; /* inflated and unmasked; not used for a Close */
    bool in_parts;        /* payload is the first part of a message too large to be held whole:
                           * no regular expression and no pointer matches it */
    uint64_t number;      /* of a message: on this connection in this direction, from 1 */
};

bool rule_matches(const struct rule *r, const struct rule_subject *s);

/* Append to out what the payload becomes by RULE_REPLACE, RULE_SUB or RULE_SET. 1; 0: it stays as
 * it is (nothing to replace, no such pointer, not JSON, or a text that would not be UTF-8, a ping
 * too large); -1: memory, or more than out->max. Nothing is appended unless 1. */
int rule_rewrite(const struct rule *r, enum opcode opcode, struct slice payload, struct buf *out);

/* The rules of a proxy, in order. Zero-initialised, it is empty. */
struct rules {
    struct rule *items;
    size_t count;
};

/* Add one at the end. It is taken, and *r empty, if 0; -1: memory, or RULES_MAX are there. */
int rules_add(struct rules *s, struct rule *r);
/* Remove the i-th of s->count. */
void rules_remove(struct rules *s, size_t i);
void rules_clear(struct rules *s);
/* The first rule that matches, borrowed until the set changes; NULL: none. */
const struct rule *rules_match(const struct rules *s, const struct rule_subject *subject);

#endif
