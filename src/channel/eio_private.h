/*
 * eio_private: the inside of channel_eio, shared by its files: channel_eio (polling, and the
 * channel) and eio_upgrade (from polling to the WebSocket).
 */
#ifndef CHANNEL_EIO_PRIVATE_H
#define CHANNEL_EIO_PRIVATE_H

#include "channel/channel_eio.h"
#include "proto/eio_payload.h"

enum eio_state {
    EIO_POLLING, /* no upgrade, not yet, or no longer */
    EIO_PROBING, /* the WebSocket is opened and probed */
    EIO_PAUSING, /* it answered; the requests under way come to their end */
    EIO_UPGRADED
};

struct eio {
    struct receiver r; /* its client of HTTP is the one that asks */
    const struct channel_eio_config *config;
    const struct channel_ops *base; /* the receiver's */
    struct http *post;              /* and this one sends */
    enum eio_state state;
    unsigned version; /* of the payloads, 0: not known yet */
    char *sid;        /* owned, as all targets */
    char *target;
    char *cookies; /* owned: those of the user, and those that the first answer set */
    bool can_upgrade;
    uint64_t max_payload; /* bytes of a POST; 0: no bound */

    struct buf body;
    int status;
    bool too_much; /* memory is out */
    bool giving;   /* packets of an answer are left */
    struct eio_payload payload;

    struct handshake_header cookie_field, post_fields[3]; /* of the requests under way */
    struct buf queue; /* packets to be sent, each after its head */
    struct buf posting;
    bool overfull;
    bool leaving; /* the end comes once all is sent */
    uint16_t code;

    struct channel *ws;
    struct layer over_ws; /* the user of ws */
    struct channel_ws_config ws_config;
    struct url ws_url;
    char *ws_target;
};

/* channel_eio.c */
/* The next request, if it is time for one. */
void eio_ask(struct eio *c);
/* Send what waits. */
void eio_flush(struct eio *c);
bool eio_next_queued(struct eio *c, enum opcode *type, struct slice *packet);
/* The URL's target with another transport, with the sid if there is one. NULL: memory. */
char *eio_target(const struct eio *c, const char *transport);

/* eio_upgrade.c */
void eio_upgrade_begin(struct eio *c);
/* A request ended: the WebSocket takes over if that was the last. */
void eio_upgrade_check(struct eio *c);

#endif
