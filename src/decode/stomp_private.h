/*
 * stomp_private: the state of a STOMP connection. For stomp*.c.
 */
#ifndef DECODE_STOMP_PRIVATE_H
#define DECODE_STOMP_PRIVATE_H

#include "decode/beats.h"
#include "decode/decoder.h"
#include "decode/pieces.h"
#include "decode/requests.h"
#include "decode/stomp_frame.h"

/* Arrays of two: from the server, to the server. */
struct stomp {
    struct pieces unread[2];
    size_t searched[2]; /* in the unread bytes: no NUL up to here */
    unsigned version;   /* 10, 11, 12 */
    bool asked, connected, refused;
    uint64_t connect_us;
    uint64_t client_beat[2]; /* ms: what the client can, and what it wants */
    struct beats beats;
    struct requests requests; /* for receipts */
    uint64_t next_id;         /* of subscriptions */
    char subscription[64];    /* of the last MESSAGE */
    size_t subscription_len;
};

/* Send a frame: its head with the empty line, and its body. 0 or -1. */
int stomp_send(struct decode_layer *l, struct slice head, struct slice body);
int stomp_encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e);

#endif
