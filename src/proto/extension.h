/*
 * extension: the Sec-WebSocket-Extensions field (RFC 6455, section 9.1) and the negotiation of
 * permessage-deflate (RFC 7692, section 7).
 */
#ifndef PROTO_EXTENSION_H
#define PROTO_EXTENSION_H

#include "base/buf.h"
#include "base/err.h"

/* What an offer requests, or what was agreed. */
struct deflate_params {
    bool enabled;
    bool server_no_context_takeover;
    bool client_no_context_takeover;
    uint8_t server_max_window_bits;   /* 8 to 15; 0: not given (15) */
    uint8_t client_max_window_bits;   /* 8 to 15; 0: not given (15) */
    bool client_max_window_bits_bare; /* offer only: the parameter without a value */
    /* Local choices that are not on the wire: */
    int level; /* zlib level, -1 the library's default */
};

/* What a client offers by default: client_max_window_bits without a value. */
void deflate_params_default(struct deflate_params *p);

/* --compress=PARAMS: "server_no_context_takeover; client_max_window_bits=10 ..." as RFC 7692 writes
 * them, also "level=N" (0 to 9). -1 with *e (EXIT_USAGE, e->at: offset in text). */
int deflate_params_parse(struct deflate_params *p, const char *text, struct err *e);

/* Append an offer or a response: "permessage-deflate; client_max_window_bits". 0 or -1 (memory). */
int deflate_params_print(const struct deflate_params *p, struct buf *out);

/* Client: check the server's Sec-WebSocket-Extensions value (all fields joined with ", "; empty:
 * none selected) against the offer and fill *agreed. -1 with *e naming the rule for an extension or
 * parameter that was not offered, unknown, repeated or out of range. */
int extension_accept(struct deflate_params *agreed, const struct deflate_params *offer,
                     struct slice value, struct err *e);

/* Server: choose from a client's offers (the value may contain several alternatives). Unknown
 * extensions and unacceptable offers are declined, never an error; a malformed field is -1. */
int extension_choose(struct deflate_params *agreed, struct slice value, struct err *e);

#endif
