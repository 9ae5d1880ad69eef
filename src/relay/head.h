/*
 * head: the heads of requests and answers as a reverse proxy passes them on (RFC 9110, section
 * 7.6). A field that is passed on keeps its spelling, its blanks and its place.
 */
#ifndef RELAY_HEAD_H
#define RELAY_HEAD_H

#include "base/buf.h"
#include "proto/handshake.h"
#include "proto/http1.h"

/* How requests are changed on their way to the server. Borrowed, with all that it points to. */
struct head_config {
    const char *host;   /* of the server, for the Host field */
    const char *origin; /* of the server: replaces an Origin, if there is one */
    const char *target; /* path and query of the server's URL: the path is put before that of the
                           request, the query before its query */
    bool keep_host;     /* leave Host and Origin as they are */
    const struct handshake_header *headers; /* that the user adds, replaces or removes */
    size_t header_count;
    const char *authorization, *cookie; /* that replace those of the request; NULL: none */
};

/* Append the head for the server. Hop-by-hop fields are removed, except Connection with
 * close, keep-alive or upgrade, and Upgrade with websocket: the two connections live and end
 * together. An absolute target loses its authority (RFC 9112, section 3.2.2). -1 with *e
 * (EXIT_OTHER: memory; EXIT_UPGRADE: it can't be relayed, to be answered with 400). */
int head_relay_request(const struct head_config *config, const struct http1_head *h,
                       struct buf *out, struct err *e);

/* Append the head for the client, under the same rules. 0 or -1 (memory). */
int head_relay_response(const struct http1_head *h, struct buf *out);

/* Is it a request for a WebSocket (RFC 6455, section 4.1)? The server checks the rest. */
bool head_asks_for_websocket(const struct http1_head *h);

/* All fields of a name as one value (RFC 9110, section 5.3), "" without one. Owned. NULL: memory,
 * or it is longer than 8 KiB. */
char *head_joined(const struct http1_head *h, const char *name);

#endif
