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
extern const struct decoder decoder_actioncable, decoder_phoenix, decoder_signalr;
extern const struct decoder decoder_sockjs, decoder_pusher, decoder_centrifugo;
extern const struct decoder decoder_wamp, decoder_ocpp;
extern const struct decoder decoder_msgpack, decoder_cbor;

#endif
