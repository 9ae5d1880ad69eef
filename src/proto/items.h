/*
 * items: the updates in the body of an HTTP answer, as read by polling and catching up: the
 * elements of an array that a JSON Pointer names; else of a body that is an array; else the lines
 * of a body of several JSON texts (NDJSON); else the whole body is one item, unless it is empty.
 */
#ifndef PROTO_ITEMS_H
#define PROTO_ITEMS_H

#include "base/err.h"
#include "base/json_scan.h"

struct items {
    enum { ITEMS_ARRAY, ITEMS_LINES, ITEMS_ONE } form;
    struct slice left; /* ITEMS_LINES, ITEMS_ONE: not given yet */
    struct json_scan scan;
};

/* Begin with a body, which is borrowed as long as items are taken; pointer NULL: none. 0, or -1
 * with *e (EXIT_OTHER, STAGE_IO): there is no array at the pointer. */
int items_begin(struct items *it, struct slice body, const char *pointer, struct err *e);

/* The next item, a slice of the body without blanks around it. False at the end. */
bool items_next(struct items *it, struct slice *item);

#endif
