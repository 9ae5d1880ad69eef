/*
 * decoders: the rows of the table, each from the file of its protocol.
 */
#ifndef DECODE_DECODERS_H
#define DECODE_DECODERS_H

#include "decode/decoder.h"

extern const struct decoder decoder_socketio, decoder_engineio;
extern const struct decoder decoder_jsonrpc, decoder_cdp;
extern const struct decoder decoder_stomp, decoder_mqtt;
extern const struct decoder decoder_graphql;

#endif
