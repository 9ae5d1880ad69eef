/*
 * channel_eio: Engine.IO's own transports as a channel: polling (the answers of a held GET are
 * packets, what is sent is a POST) and the upgrade from it to a WebSocket. Each packet is a
 * message, in the form that it has over a WebSocket.
 *
 * It opens with the open packet. The upgrade begins then: the WebSocket is probed while polling
 * goes on, and takes over once the server answered the probe. If it cannot be opened, or does not
 * answer, polling goes on and EVENT_NOTE says why.
 */
#ifndef CHANNEL_CHANNEL_EIO_H
#define CHANNEL_CHANNEL_EIO_H

#include "channel/channel_ws.h"
#include "channel/receiver.h"

struct channel_eio_config {
    struct receiver_config common;
    struct channel_ws_config ws; /* for the upgrade; of its handshake only the URL is another */
    bool polling_only;
};

/* config and shared are borrowed for the channel's life. The URL's query has EIO and transport.
 * NULL: memory. */
struct channel *channel_eio_new(uv_loop_t *loop, const struct channel_eio_config *config,
                                struct channel_shared *shared, const struct channel_up *up);

#endif
