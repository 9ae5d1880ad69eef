/*
 * decoders: the one list of protocols. `auto` asks them in this order, so that the more particular
 * come first; --as, its help, the completions and the tests read their names here.
 */
#include "decode/decoders.h"

const struct decoder *const decoders[] = {
    &decoder_socketio,   &decoder_engineio,    &decoder_jsonrpc,
    &decoder_cdp,        &decoder_stomp,       &decoder_graphql,
    &decoder_mqtt,       &decoder_actioncable, &decoder_phoenix,
    &decoder_signalr,    &decoder_sockjs,      &decoder_pusher,
    &decoder_centrifugo, &decoder_wamp,        &decoder_ocpp,
    &decoder_msgpack,    &decoder_cbor,        NULL,
};

const struct decoder *decoder_named(struct slice name)
{
    for (size_t i = 0; decoders[i]; i++) {
        if (slice_is(name, decoders[i]->name))
            return decoders[i];
    }
    return NULL;
}
