/*
 * mqtt_private: the state of an MQTT connection. For mqtt*.c.
 */
#ifndef DECODE_MQTT_PRIVATE_H
#define DECODE_MQTT_PRIVATE_H

#include "decode/beats.h"
#include "decode/mqtt_packet.h"
#include "decode/pieces.h"
#include "decode/requests.h"

struct mqtt {
    struct pieces unread[2]; /* from the server, to the server */
    unsigned level;          /* of the protocol: 3, 4 (3.1.1), 5 */
    bool asked, connected;
    const char *refused; /* why */
    uint64_t connect_us;
    unsigned next_id;    /* of our packets */
    uint64_t keep_alive; /* s */
    uint64_t ping_us;    /* the last PINGREQ */
    uint64_t pings;      /* without a PINGRESP */
    struct beats beats;
    struct requests requests;
};

int mqtt_connect(struct decode_layer *l);
int mqtt_encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e);

#endif
