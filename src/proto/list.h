/*
 * list: the comma-separated values of HTTP fields (RFC 9110, section 5.6.1).
 */
#ifndef PROTO_LIST_H
#define PROTO_LIST_H

#include "base/blank.h"

/* Take the next element off the front of *list, trimmed; elements may be empty. False at the end.
 * Commas in quoted strings part elements too: it is for lists of tokens and numbers. */
static inline bool list_next(struct slice *list, struct slice *item)
{
    const uint8_t *comma;
    size_t len;

    if (list->len == 0)
        return false;
    comma = memchr(list->data, ',', list->len);
    len = comma ? (size_t)(comma - list->data) : list->len;
    *item = blank_trim(slice_make(list->data, len));
    len += comma ? 1 : 0;
    *list = slice_from(*list, len);
    return true;
}

#endif
