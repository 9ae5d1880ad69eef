/*
 * packed: messages that are MessagePack or CBOR, as JSON.
 */
#ifndef DECODE_PACKED_H
#define DECODE_PACKED_H

#include "decode/decoder.h"

enum packed { PACKED_MSGPACK, PACKED_CBOR };

/* One value as JSON in the arena. 0; -1: memory; else *wrong is the reason why it is not one. */
int packed_to_json(struct decode_layer *l, enum packed form, struct slice bytes, struct slice *json,
                   const char **wrong);

#endif
