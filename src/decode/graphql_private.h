/*
 * graphql_private: the state of a connection that GraphQL is spoken over. For graphql*.c.
 */
#ifndef DECODE_GRAPHQL_PRIVATE_H
#define DECODE_GRAPHQL_PRIVATE_H

#include "decode/beats.h"
#include "decode/decoder.h"
#include "decode/requests.h"

struct graphql {
    bool old; /* the protocol whose subprotocol is graphql-ws */
    bool asked, acknowledged;
    bool early; /* an operation before connection_ack */
    bool mixed; /* types of both protocols */
    const char *wrong_type;
    uint64_t init_us;
    uint64_t next_id;
    struct beats beats;
    struct requests requests;
};

int graphql_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                   struct err *e);

#endif
