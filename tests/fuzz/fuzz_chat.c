/*
 * Anything that may be found in Redis: a message of the room that has an envelope is written as it
 * was read, and a start of the feed too; the books stay within their bounds.
 */
#include <assert.h>
#include <stdlib.h>

#include "serve/chat_books.h"
#include "serve/feed_epoch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_message(struct chat_books *books, struct slice bytes)
{
    struct chat_envelope x, again;
    struct buf out;
    uint64_t missed;
    int got;

    if (!chat_envelope_read(bytes, &x))
        return;
    buf_init(&out, SIZE_MAX / 2);
    assert(chat_envelope_write(&out, &x) == 0);
    assert(chat_envelope_read(buf_slice(&out), &again));
    assert(strcmp(x.instance, again.instance) == 0 && strcmp(x.node, again.node) == 0);
    assert(x.number == again.number && x.time_us == again.time_us && x.kind == again.kind);
    assert(slice_equal(x.payload, again.payload));
    buf_clear(&out);
    got = chat_books_message(books, x.instance, x.number, &missed);
    assert(got == 0 || got == 1);
    assert(missed <= x.number);
    assert(chat_books_message(books, x.instance, x.number, &missed) == 0 && missed == 0);
}

static void try_epoch(struct slice bytes)
{
    struct feed_epoch epoch, again;
    char text[FEED_EPOCH_TEXT];

    if (feed_epoch_read(bytes, &epoch) < 0)
        return;
    feed_epoch_write(text, &epoch);
    assert(feed_epoch_read(slice_str(text), &again) == 0);
    assert(feed_epoch_compare(&epoch, &again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chat_books books = {.open = true};
    struct slice rest = slice_make(data, size);

    /* Messages with a NUL between them; each is also tried with all that follows. */
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.data, '\0', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;

        try_message(&books, slice_make(rest.data, len));
        try_message(&books, rest);
        rest = slice_make(rest.data + len + (end != NULL), rest.len - len - (end != NULL));
    }
    assert(books.count <= CHAT_SERVERS_MAX);
    chat_books_clear(&books);
    try_epoch(slice_make(data, size));
    return 0;
}
