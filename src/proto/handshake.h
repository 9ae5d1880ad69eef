/*
 * handshake: the opening handshake of RFC 6455, section 4, for both roles, as bytes in and out.
 */
#ifndef PROTO_HANDSHAKE_H
#define PROTO_HANDSHAKE_H

#include "base/buf.h"
#include "base/rng.h"
#include "proto/extension.h"
#include "proto/http1.h"
#include "proto/url.h"

/* SHA-1, passed in so that this room needs no cryptography library. */
typedef void sha1_fn(const uint8_t *bytes, size_t n, uint8_t digest[20]);

/* A field that the user adds, replaces (a name the handshake itself sets or an earlier one of the
 * same name) or, with an empty value and `remove`, removes. */
struct handshake_header {
    const char *name;
    const char *value;
    bool remove;
};

struct handshake_config {
    const struct url *url;
    const struct handshake_header *headers;
    size_t header_count;
    size_t printed_count;            /* how many of them, at the end, are from --header-cmd */
    const char *const *subprotocols; /* offered, in order */
    size_t subprotocol_count;
    const char *origin;            /* or NULL */
    const char *user_agent;        /* or NULL: none is sent; "" too */
    const char *cookie;            /* or NULL */
    const char *authorization;     /* whole field value ("Basic ...", "Bearer ..."), or NULL */
    struct deflate_params deflate; /* offered if enabled */
};

struct handshake {
    char key[25]; /* the base64 of 16 random bytes, as sent; the user's own if it is valid, else ""
                   */
    char accept[29]; /* what Sec-WebSocket-Accept must be; "": any, because the user removed the key
                      */
};

/* Check a "Name: value" of the user's: split at the first colon, blanks around the value dropped;
 * an empty value means remove. "Name;" is the header with an empty value. The name must be a token;
 * CR, LF and NUL are refused (-1, *e EXIT_USAGE, e->at). line is changed in place; h points into
 * it. */
int handshake_header_parse(struct handshake_header *h, char *line, struct err *e);

/* True if the text is a token (RFC 9110) and so may be a subprotocol's name. */
bool handshake_subprotocol_valid(const char *name);

/* Client: write the request. Draws the key. -1 with *e (no randomness, memory). */
int handshake_request(struct handshake *hs, const struct handshake_config *config, struct rng *rng,
                      sha1_fn *sha1, struct buf *out, struct err *e);

/* What was agreed. Strings are owned; clear with handshake_result_clear. */
struct handshake_result {
    char *subprotocol; /* "" if none */
    char *extensions;  /* the field as received, "" if none */
    struct deflate_params deflate;
};

/* Rules that a 101 may break and still have a meaning. */
enum handshake_rule {
    HANDSHAKE_VERSION,
    HANDSHAKE_UPGRADE,
    HANDSHAKE_CONNECTION,
    HANDSHAKE_ACCEPT,
    HANDSHAKE_SUBPROTOCOL,
    HANDSHAKE_RULES
};

/* Client: check one of them. 0, or -1 with *e as of handshake_check. */
int handshake_rule_check(enum handshake_rule rule, const struct handshake *hs,
                         const struct handshake_config *config, const struct http1_head *head,
                         struct err *e);

/* Client: check a response head with status 101 (RFC 6455, section 4.1, each rule by its own
 * sentence: version, Upgrade, Connection, Accept (expected and got), uninvited extension or
 * subprotocol). -1 with *e (EXIT_UPGRADE, STAGE_HANDSHAKE). Any other status is for the caller to
 * handle as HTTP. With `lenient` the rules of handshake_rule_check are not checked: they are not
 * needed to continue. */
int handshake_check(const struct handshake *hs, const struct handshake_config *config,
                    const struct http1_head *head, bool lenient, struct handshake_result *result,
                    struct err *e);
void handshake_result_clear(struct handshake_result *result);

/* Server: check a request head (RFC 6455, section 4.2.1). 0: an upgrade to answer with
 * handshake_response. 1: a plain HTTP request (no Upgrade: websocket). -1 with *e: to be refused
 * with *status (400, 405, 426). */
int handshake_request_check(const struct http1_head *head, int *status, struct err *e);

/* Server: write the 101 for a checked request. subprotocol is one of those offered, or NULL. */
int handshake_response(const struct http1_head *head, const char *subprotocol,
                       const struct deflate_params *deflate, sha1_fn *sha1, struct buf *out,
                       struct err *e);

/* The Accept value for a key (base64 of SHA-1 of key and GUID). accept: 29 bytes, NUL included. */
void handshake_accept(struct slice key, sha1_fn *sha1, char accept[29]);

#endif
