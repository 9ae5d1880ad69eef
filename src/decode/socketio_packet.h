/*
 * socketio_packet: a Socket.IO packet as text (protocols 4 and 5:
 * `type [attachments "-"] [namespace ","] [ack id] [JSON]`) or as MessagePack, and the bytes among
 * its arguments: placeholders on the wire, {"base64":"..."} for users.
 */
#ifndef DECODE_SOCKETIO_PACKET_H
#define DECODE_SOCKETIO_PACKET_H

#include "decode/decoder.h"

/* Attachments of one packet. */
#define SOCKETIO_ATTACHMENTS_MAX 1024

enum socketio_type {
    SOCKETIO_CONNECT,
    SOCKETIO_DISCONNECT,
    SOCKETIO_EVENT,
    SOCKETIO_ACK,
    SOCKETIO_CONNECT_ERROR,
    SOCKETIO_BINARY_EVENT,
    SOCKETIO_BINARY_ACK
};

struct socketio_packet {
    enum socketio_type type;
    unsigned attachments;
    struct slice nsp;  /* "/" if it is left out; without the query that protocol 4 allows */
    struct slice id;   /* digits; empty: none */
    struct slice data; /* JSON; empty: none */
};

/* NULL, or what is wrong, static. Slices of *p are in the text. */
const char *socketio_parse(struct slice text, struct socketio_packet *p);
/* The same of MessagePack; slices are in the arena. 0; 1: *wrong is what is; -1: memory. */
int socketio_parse_msgpack(struct decode_layer *l, struct slice bytes, struct socketio_packet *p,
                           const char **wrong);

/* Send a packet whose data has {"base64":"..."} for bytes: as text and attachments, or as
 * MessagePack. 0 or -1 (memory). */
int socketio_send_text(struct decode_layer *l, const struct socketio_packet *p);
int socketio_send_msgpack(struct decode_layer *l, const struct socketio_packet *p);

/* Attachments that were received: their bytes one after the other, and the size of each. */
struct socketio_attachments {
    struct slice bytes;
    const size_t *sizes;
    unsigned count;
};

/* Put attachments in the place of placeholders. *filled is in the arena. 0 or -1 (memory). */
int socketio_fill(struct decode_layer *l, struct slice data,
                  const struct socketio_attachments *attachments, struct slice *filled);

#endif
