/*
 * label: the number, identity and epoch of a message, each at a JSON Pointer (RFC 6901). Pure.
 */
#ifndef SESSION_BOOKS_LABEL_H
#define SESSION_BOOKS_LABEL_H

#include "base/buf.h"
#include "event/event.h"

/* The raw value at pointer. False if pointer is NULL, nothing is there, or the message is a first
 * part that may have cut it. */
bool label_find(const struct event_message *m, const char *pointer, struct slice *token);

/* Digits alone, to 2^64-1; in quotes too, which is how some servers keep big numbers exact. */
bool label_number(struct slice token, uint64_t *number);

/* The bytes of a name into *to, which is emptied first: a string without quotes and escapes,
 * anything else but null as it is. False: null, memory, or longer than the maximum of *to. */
bool label_name(struct buf *to, struct slice token);

#endif
