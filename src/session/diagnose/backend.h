/*
 * backend: which of a service's servers answered, as far as the head of its response shows. Pure.
 */
#ifndef SESSION_DIAGNOSE_BACKEND_H
#define SESSION_DIAGNOSE_BACKEND_H

#include "event/event.h"

#define BACKEND_TEXT 160

/* All zero: nothing is known. */
struct backend {
    char text[BACKEND_TEXT]; /* "Server: nginx, X-Served-By: a1", or "" */
    char cookie[40];         /* the name of the cookie that ties a client to a server, or "" */
    uint64_t cookie_hash;    /* of its value, which is not kept */
};

void backend_read(struct backend *b, const struct event_response *response);

/* True if both are known and are not the same; "how" becomes the difference. */
bool backend_changed(char how[2 * BACKEND_TEXT], const struct backend *before,
                     const struct backend *now);

#endif
