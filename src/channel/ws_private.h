/*
 * ws_private: the inside of channel_ws, shared by its files: channel_ws (the channel, over a peer
 * once it is open) and ws_open (from the URL to the peer).
 */
#ifndef CHANNEL_WS_PRIVATE_H
#define CHANNEL_WS_PRIVATE_H

#include "channel/channel_ws.h"
#include "http/http.h"
#include "peer/layer_fault.h"
#include "peer/peer.h"

struct ws {
    struct channel ch;
    struct peer *peer;         /* the lowest layer, once it is open; the highest is the user's */
    struct layer_fault *fault; /* between them; NULL: nothing is to go wrong */
    const struct channel_ws_config *config;
    struct channel_shared *shared;
    bool paused;

    /* Opening */
    struct http *http;
    struct upgrade upgrade;
    uint64_t began_us;
};

/* channel_ws.c */
/* An event of that kind, zeroed but for the header. */
struct event ws_event(const struct ws *ws, enum event_kind kind);
bool ws_wants(const struct ws *ws, enum event_kind kind);
/* Report EVENT_ERROR and end: the connection never was open. */
void ws_fail(struct ws *ws, const struct err *e);

/* ws_open.c */
int ws_open(struct channel *ch, struct err *e);
/* The hooks of the exchange. */
void ws_report(void *ctx, struct event *ev);
void ws_upgraded(void *ctx, struct link *link, struct slice rest);
void ws_refused(void *ctx, const struct http_result *result);

#endif
