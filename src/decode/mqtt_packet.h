/*
 * mqtt_packet: the parts that packets of MQTT 3.1.1 and 5.0 (OASIS) are made of.
 */
#ifndef DECODE_MQTT_PACKET_H
#define DECODE_MQTT_PACKET_H

#include "base/buf.h"
#include "decode/decoder.h"

/* MQTT 5.0, section 2.1.2. */
enum mqtt_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT,
    MQTT_AUTH
};

/* What is left of a packet. Once it is too short for what is read, `bad` stays set and all values
 * are 0 or empty. */
struct mqtt_read {
    struct slice rest;
    bool bad;
};

/* The packet that `bytes` begin with. Its length; 0: more bytes are needed; -1: its length is more
 * than four bytes. *body is what follows the length. */
long mqtt_packet_read(struct slice bytes, struct slice *body);

uint8_t mqtt_u8(struct mqtt_read *r);
uint16_t mqtt_u16(struct mqtt_read *r);
/* A string or binary data: two bytes of length, and the bytes. */
struct slice mqtt_string(struct mqtt_read *r);
/* Properties, section 2.2.2, as fields of the item. *keep_alive: that of the server, if there is
 * one; NULL: it is not asked for. 0, or -1: an unknown one. */
int mqtt_properties(struct mqtt_read *r, struct decode_layer *l, struct event_decoded *item,
                    uint64_t *keep_alive);

/* "Not authorized", section 2.4; of 3.1.1's CONNACK, section 3.2.2.3. Static; "unknown reason". */
const char *mqtt_reason(unsigned code);
const char *mqtt_reason_311(unsigned code);

/* Append to a packet that is made. 0 or -1 (memory). */
int mqtt_put_u16(struct buf *out, unsigned value);
int mqtt_put_string(struct buf *out, struct slice text);
/* Send a packet: its first byte, and what follows its length. 0 or -1. */
int mqtt_send(struct decode_layer *l, unsigned first, const struct buf *body);
/* The same, of a packet with nothing but an id. */
int mqtt_send_id(struct decode_layer *l, unsigned first, unsigned id);

#endif
