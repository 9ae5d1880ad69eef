/*
 * chat_books: of each server that takes part in the room, the number of its last message that was
 * received here: which come twice, and which were missed. Pure.
 */
#ifndef SERVE_CHAT_BOOKS_H
#define SERVE_CHAT_BOOKS_H

#include "serve/chat_envelope.h"

/* Servers that are remembered: beyond, the one that was silent for the longest is forgotten. */
#define CHAT_SERVERS_MAX 1024

struct chat_book {
    char instance[CHAT_INSTANCE];
    uint64_t last;
    uint64_t used; /* when: a count of calls */
};

struct chat_books {
    struct chat_book *books;
    size_t count, room;
    uint64_t calls;
    bool open;   /* everything from now on is expected: a server not known yet begins with 1 */
    bool forgot; /* one was forgotten: one not known yet may have begun long ago */
};

void chat_books_clear(struct chat_books *b);

/* The last number of a server, at the beginning: messages up to it are not expected. 0, or -1
 * (memory). */
int chat_books_begin(struct chat_books *b, const char *instance, uint64_t last);

/* A message has come: 1 if it is new, 0 if it came before, -1 (memory; it is as new). *missed: how
 * many between the last one and this were not received. */
int chat_books_message(struct chat_books *b, const char *instance, uint64_t number,
                       uint64_t *missed);
/* The last number of a server is known, and everything that can be received was. 0 or -1 (memory).
 * *missed: as above. */
int chat_books_last(struct chat_books *b, const char *instance, uint64_t number, uint64_t *missed);

#endif
