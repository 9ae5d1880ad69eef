/*
 * Any body, with and without a pointer in its first line: items lie in the body, in order and
 * apart, and are no blanks; those of an array or of lines are JSON each.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/items.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct slice body, const char *pointer)
{
    const uint8_t *behind = body.data;
    struct items items;
    struct slice item;
    struct err e;

    if (items_begin(&items, body, pointer, &e) < 0)
        return;
    while (items_next(&items, &item)) {
        assert(item.len > 0);
        assert(item.data >= behind && item.data + item.len <= body.data + body.len);
        assert(items.form == ITEMS_ONE || json_valid(item));
        behind = item.data + item.len;
    }
    assert(!items_next(&items, &item));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = 0;
    char *pointer;

    walk(slice_make(data, size), NULL);
    while (n < size && data[n] != '\n')
        n++;
    pointer = malloc(n + 1);
    assert(pointer);
    if (n)
        memcpy(pointer, data, n);
    pointer[n] = '\0';
    if (n < size)
        walk(slice_make(data + n + 1, size - n - 1), pointer);
    free(pointer);
    return 0;
}
