/*
 * json_tree: a JSON document that is built as a tree of cJSON items and printed when it is
 * complete. For results, which are few. Events, which are printed by the million, are written by
 * json_write.
 *
 * cJSON keeps numbers as doubles, prints large ones with an exponent, and ends a string at its
 * first NUL. So numbers and external texts are added as raw items in the format of json_write.
 */
#ifndef SINK_JSON_TREE_H
#define SINK_JSON_TREE_H

#include <cjson/cJSON.h>

#include "base/buf.h"

struct json_tree {
    cJSON *root; /* an object, owned */
    bool failed; /* memory ran out: the tree is not printed, further calls do nothing */
};

void tree_init(struct json_tree *t);
void tree_clear(struct json_tree *t);

/* Append the document, without blanks and newline. 0, or -1 and nothing is appended. */
int tree_print(const struct json_tree *t, struct buf *out);
/* The same, and free the tree. */
int tree_end(struct json_tree *t, struct buf *out);

/* In all of these `to` is the object or array that gains the value, or NULL after a failure; key is
 * NULL in an array. Keys are not copied: they live as long as the tree. */

/* The new container, owned by `to`; NULL after a failure. */
cJSON *tree_object(struct json_tree *t, cJSON *to, const char *key);
cJSON *tree_array(struct json_tree *t, cJSON *to, const char *key);

/* Words of our own: UTF-8. */
void tree_string(struct json_tree *t, cJSON *to, const char *key, const char *text);
/* These are as the functions of the same name in json_write. */
void tree_latin1(struct json_tree *t, cJSON *to, const char *key, struct slice bytes);
void tree_base64(struct json_tree *t, cJSON *to, const char *key, struct slice bytes);
void tree_payload(struct json_tree *t, cJSON *to, const char *key, struct slice bytes);
void tree_u64(struct json_tree *t, cJSON *to, const char *key, uint64_t number);
void tree_i64(struct json_tree *t, cJSON *to, const char *key, int64_t number);
void tree_double(struct json_tree *t, cJSON *to, const char *key, double number, int digits);
void tree_bool(struct json_tree *t, cJSON *to, const char *key, bool truth);
void tree_null(struct json_tree *t, cJSON *to, const char *key);
void tree_ms(struct json_tree *t, cJSON *to, const char *key, uint64_t microseconds);
/* null if it is negative: not known. */
void tree_ms_known(struct json_tree *t, cJSON *to, const char *key, int64_t microseconds);
void tree_seconds(struct json_tree *t, cJSON *to, const char *key, uint64_t microseconds);
void tree_time(struct json_tree *t, cJSON *to, const char *key, int64_t microseconds);

#endif
