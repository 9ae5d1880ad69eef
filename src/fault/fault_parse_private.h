/*
 * fault_parse_private: reading a fault, shared by its two files.
 */
#ifndef FAULT_FAULT_PARSE_PRIVATE_H
#define FAULT_FAULT_PARSE_PRIVATE_H

#include "fault/fault_table.h"

/* The text of one SPEC and how far it is read. */
struct fault_reader {
    struct slice text;
    size_t pos;
};

/* Returns -1. at: of the character that is wrong. */
int fault_complain(struct err *e, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A few characters of a text, for a sentence. */
struct fault_quote {
    char text[40];
};
struct fault_quote fault_quote(struct slice text);

/* What comes before any of the stop characters. */
struct slice fault_take_until(struct fault_reader *r, const char *stops);
bool fault_take_char(struct fault_reader *r, char c);
/* The word at the front of a text, which moves after it. */
bool fault_take_word(struct slice *text, const char *word);
/* "4096", "64k", "1M", "2G" (powers of 1024). */
bool fault_read_bytes(struct slice text, uint64_t *bytes);

/* ARG[,ARG]...: -1 with *e. */
int fault_read_args(struct fault_spec *f, struct fault_reader *r, struct err *e);

#endif
