/*
 * signalr_private: the state of a SignalR connection. For signalr*.c.
 */
#ifndef DECODE_SIGNALR_PRIVATE_H
#define DECODE_SIGNALR_PRIVATE_H

#include "decode/beats.h"
#include "decode/decoder.h"
#include "decode/requests.h"

#define SIGNALR_RECORD_END 0x1E

struct signalr {
    bool msgpack;
    bool shaken[2]; /* the handshake came from the server, to the server */
    const char *refused;
    bool unended; /* a record to the server without 0x1e */
    uint64_t next_id;
    uint64_t shake_us;
    struct beats beats;
    struct requests requests;
};

/* The parts of a message, as JSON; empty: not there. */
enum signalr_part {
    SIGNALR_TYPE,
    SIGNALR_ID,
    SIGNALR_TARGET,
    SIGNALR_ARGUMENTS,
    SIGNALR_ITEM,
    SIGNALR_RESULT,
    SIGNALR_ERROR,
    SIGNALR_RECONNECT,
    SIGNALR_SEQUENCE,
    SIGNALR_PARTS
};

/* The messages of a binary WebSocket message, each handed to `take`. 0, or -1 (memory). */
int signalr_unpack(struct decode_layer *l, enum event_dir dir, struct slice bytes,
                   void (*take)(struct decode_layer *l, enum event_dir dir,
                                const struct slice *parts));
/* Send a message, given as JSON text in the form of the protocol that is spoken. 0 or -1. */
int signalr_send(struct decode_layer *l, struct slice json);
int signalr_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                   struct err *e);

#endif
