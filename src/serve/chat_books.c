#include "serve/chat_books.h"

#include <stdlib.h>

void chat_books_clear(struct chat_books *b)
{
    free(b->books);
    *b = (struct chat_books){0};
}

static struct chat_book *find(struct chat_books *b, const char *instance)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strcmp(b->books[i].instance, instance) == 0)
            return &b->books[i];
    }
    return NULL;
}

/* The one that was silent for the longest. */
static struct chat_book *oldest(struct chat_books *b)
{
    struct chat_book *book = b->books;

    for (size_t i = 1; i < b->count; i++) {
        if (b->books[i].used < book->used)
            book = &b->books[i];
    }
    b->forgot = true;
    return book;
}

/* A place for one more; NULL: memory. */
static struct chat_book *place(struct chat_books *b)
{
    struct chat_book *books = b->books;

    if (b->count == CHAT_SERVERS_MAX)
        return oldest(b);
    if (b->count == b->room) {
        size_t room = b->room ? 2 * b->room : 8;

        books = realloc(books, room * sizeof *books);
        if (!books)
            return NULL;
        b->books = books;
        b->room = room;
    }
    return &b->books[b->count++];
}

/* The server's book; a new one begins before `number`, or with 1 where that is expected. */
static struct chat_book *book_of(struct chat_books *b, const char *instance, uint64_t number)
{
    struct chat_book *book = find(b, instance);

    if (!book) {
        book = place(b);
        if (!book)
            return NULL;
        *book = (struct chat_book){.last = b->open && !b->forgot ? 0 : number > 0 ? number - 1 : 0};
        memcpy(book->instance, instance, CHAT_INSTANCE);
    }
    book->used = ++b->calls;
    return book;
}

int chat_books_begin(struct chat_books *b, const char *instance, uint64_t last)
{
    struct chat_book *book = book_of(b, instance, last);

    if (!book)
        return -1;
    if (book->last < last)
        book->last = last;
    return 0;
}

int chat_books_message(struct chat_books *b, const char *instance, uint64_t number,
                       uint64_t *missed)
{
    struct chat_book *book = book_of(b, instance, number);

    *missed = 0;
    if (!book)
        return -1;
    if (number <= book->last)
        return 0;
    *missed = number - book->last - 1;
    book->last = number;
    return 1;
}

int chat_books_last(struct chat_books *b, const char *instance, uint64_t number, uint64_t *missed)
{
    struct chat_book *book = book_of(b, instance, number + 1);

    *missed = 0;
    if (!book)
        return -1;
    if (number > book->last) {
        *missed = number - book->last;
        book->last = number;
    }
    return 0;
}
