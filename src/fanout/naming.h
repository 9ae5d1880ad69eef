/*
 * naming: which node serves a connection, by what the node shows of itself: a field or a cookie of
 * the handshake's answer, or a member of the first message.
 *
 * Without a source that the user names, well-known ones are looked for (naming_known lists them).
 * The first of them that most connections show is used, unless nearly every connection shows a
 * value of its own: that is the name of a session, not of a node.
 */
#ifndef FANOUT_NAMING_H
#define FANOUT_NAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define NODES_MAX 64 /* different names; the rest are together "other nodes" */
#define NODE_NAME 64 /* bytes with the NUL; longer names are shortened */

/* Copy a name into size bytes with its NUL, at least 8. If it does not fit, its middle is left out
 * ("chat-server...7d9f-x2x9z"): names that are alike often differ only at the end. Characters of
 * UTF-8 stay whole. */
void naming_shorten(char *text, size_t size, struct slice name);

enum naming_kind { NAMING_COOKIE, NAMING_HEADER, NAMING_JSON };

struct naming_source {
    enum naming_kind kind;
    const char *name; /* of the cookie or the field; a JSON Pointer */
};

/* "json:/node", "header:X-Node", "cookie:SERVERID"; name is a part of text. 0, or -1 with a usage
 * error. */
int naming_parse(struct naming_source *source, const char *text, struct err *e);
/* The i-th well-known source, in the order in which they are tried; NULL after the last. A cookie
 * whose name ends in '*' is any that begins so. */
const struct naming_source *naming_known(size_t i);
/* "cookie SERVERID", "header x-node", "/node of the first message". */
#define NAMING_TEXT 160
void naming_print(char text[NAMING_TEXT], const struct naming_source *source);

struct naming;

/* source: NULL for the well-known ones; its name is borrowed. Uses a byte for each connection and
 * source. NULL: memory. */
struct naming *naming_new(uint32_t connections, const struct naming_source *source);
void naming_free(struct naming *n);

/* A connection was opened, again perhaps: what its node showed earlier is forgotten. fields: of the
 * answer. 0 or -1 (memory). */
int naming_answer(struct naming *n, uint32_t conn, const struct field *fields, size_t count);
/* The first message of a connection. Text that is not JSON shows nothing, but for the number that
 * Socket.IO puts before it. 0 or -1 (memory). */
int naming_message(struct naming *n, uint32_t conn, struct slice text);

/* Decide which source it is, by what is known of the connections now, and sort the names: numbers
 * of nodes change. False: none names nodes. */
bool naming_settle(struct naming *n);
/* The source; NULL: none was found. */
const struct naming_source *naming_used(const struct naming *n);
/* How many names it has shown, at most NODES_MAX; each of them. May quote the peer. */
uint32_t naming_count(const struct naming *n);
const char *naming_name(const struct naming *n, uint32_t node);
/* The node of a connection; NODES_MAX: not known. */
uint32_t naming_node(const struct naming *n, uint32_t conn);

#endif
