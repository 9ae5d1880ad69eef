/*
 * extension_scan: the grammar of Sec-WebSocket-Extensions (RFC 6455, section 9.1), read in place:
 *
 *     extension *( "," extension )      extension = token *( ";" parameter )
 *     parameter = token [ "=" ( token | quoted-string ) ]
 *
 * There may be blanks around each of these (RFC 6455, section 4.3), and elements of the list may be
 * empty (RFC 9110, section 5.6.1.2). No allocation; the time is linear in the length.
 */
#ifndef PROTO_EXTENSION_SCAN_H
#define PROTO_EXTENSION_SCAN_H

#include "proto/extension.h"

struct extension_scan {
    struct slice text;
    size_t pos;      /* bytes read; at a failure the offending byte */
    bool parameters; /* the text begins with a parameter: set it if there is no extension's name
                      */
    const char *why; /* after a failure: what was expected. Static */
};

/* Slices are borrowed from the text. */
struct extension_param {
    struct slice text; /* all of it, unchanged */
    struct slice name;
    bool has_value;
    char value[8]; /* unquoted; cut off, with `cut` set, where it is longer */
    bool cut;
};

/* The next extension's name; its parameters must be read before the next call. 1, 0 at the end, -1.
 */
int extension_scan_next(struct extension_scan *s, struct slice *name);

/* The next parameter of the current extension. 1, 0 if there are no more, -1. */
int extension_scan_param(struct extension_scan *s, struct extension_param *p);

/* Like extension_accept, for an offer that the user wrote as text: every extension named there is
 * offered, and each permessage-deflate in it is an offer. */
int extension_accept_offered(struct deflate_params *agreed, struct slice offers, int level,
                             struct slice value, struct err *e);

#endif
