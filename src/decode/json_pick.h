/*
 * json_pick: the parts of a JSON object or array that a decoder needs, in one pass, each an
 * unchanged slice of the text.
 */
#ifndef DECODE_JSON_PICK_H
#define DECODE_JSON_PICK_H

#include "base/json_scan.h"

/* The members of an object: values[i] is the raw value of names[i] (the first of repeated ones), or
 * empty if it is not there. 1: text is an object, 0: other JSON, -1: no JSON. Names are compared as
 * they are written. */
int json_pick(struct slice text, const char *const *names, struct slice *values, size_t count);

/* The first `room` elements of an array. Returns how many it has; -1: text is not a JSON array. */
long json_elements(struct slice text, struct slice *values, size_t room);

/* How many members an object has; -1: text is not a JSON object. */
long json_members(struct slice text);

static inline bool json_is_string(struct slice value)
{
    return value.len > 0 && value.data[0] == '"';
}

static inline bool json_is_object(struct slice value)
{
    return value.len > 0 && value.data[0] == '{';
}

static inline bool json_is_array(struct slice value)
{
    return value.len > 0 && value.data[0] == '[';
}

#endif
