/*
 * eio_payload: the packets of Engine.IO in the body of a request or an answer (its polling
 * transport). Each packet has the form that it has as a WebSocket message: text, or bytes (in
 * protocol 3 with their type, 4, in front).
 *
 * Protocol 4: packets with 0x1e between them, bytes as `b` and base64. Protocol 3: `N:packet`, N
 * counted in UTF-16 code units, bytes as `b4` and base64.
 */
#ifndef PROTO_EIO_PAYLOAD_H
#define PROTO_EIO_PAYLOAD_H

#include "base/buf.h"
#include "event/event.h"

struct eio_payload {
    unsigned version; /* 3 or 4 */
    struct slice rest;
    struct buf bytes; /* of the last packet, if it was base64 */
};

/* 3 if the body has the form of protocol 3, else 4. */
unsigned eio_payload_version(struct slice body);

/* body is borrowed. */
void eio_payload_begin(struct eio_payload *p, unsigned version, struct slice body);
/* 1: the next packet, valid until the next call; 0: there is none; -1: malformed, or memory. */
int eio_payload_next(struct eio_payload *p, enum opcode *type, struct slice *packet);
void eio_payload_end(struct eio_payload *p);

/* Append a packet to a body. 0 or -1 (memory; body unchanged). */
int eio_payload_put(struct buf *body, unsigned version, enum opcode type, struct slice packet);
/* How many bytes that takes, at most. */
size_t eio_payload_room(struct slice packet);

#endif
