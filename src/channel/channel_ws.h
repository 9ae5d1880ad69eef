/*
 * channel_ws: a WebSocket connection as a channel (RFC 6455): dialling, the opening handshake,
 * frames, the closing handshake, and the evidence of how it ended.
 */
#ifndef CHANNEL_CHANNEL_WS_H
#define CHANNEL_CHANNEL_WS_H

#include "channel/channel.h"
#include "channel/shared.h"
#include "net/dial.h"
#include "proto/handshake.h"
#include "proto/wsconn.h"

struct channel_ws_config {
    struct handshake_config handshake; /* with the URL */
    struct dial_config dial;
    uint64_t max_message, max_frame, max_fragments; /* as wsconn_config */
    uint64_t connect_timeout_us;                    /* from the first DNS question to the 101 */
    uint64_t began_us;      /* clock_mono_us when the attempt began, if that was before the opening;
                               0: it begins with the opening */
    bool follow;            /* redirects of the opening handshake, */
    unsigned max_redirects; /* at most this many */
    uint64_t close_timeout_us; /* for what follows a Close of the peer's or a violation */
    bool no_pong;
    bool lenient;
};

/* config and shared are borrowed for the channel's life. NULL: memory. */
struct channel *channel_ws_new(uv_loop_t *loop, const struct channel_ws_config *config,
                               struct channel_shared *shared, const struct channel_up *up);

#endif
