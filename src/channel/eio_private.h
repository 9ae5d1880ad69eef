/*
 * eio_private: the inside of channel_eio, shared by its files:
 *
 *   channel_eio.c   the channel: polling, or the WebSocket after the upgrade
 *   eio_poll.c      what is received by polling
 *   eio_send.c      what is sent by POST
 *   eio_upgrade.c   from polling to the WebSocket
 */
#ifndef CHANNEL_EIO_PRIVATE_H
#define CHANNEL_EIO_PRIVATE_H

#include "channel/channel_eio.h"
#include "proto/eio_payload.h"

enum eio_state {
    EIO_POLLING, /* no upgrade, not yet, or no longer */
    EIO_PROBING, /* the WebSocket is opened and probed */
    EIO_PAUSING, /* it answered; the requests under way end */
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
    char *post_target; /* the same, of the request that sends */
    char *cookies;     /* owned: those of the user, and those that the first answer set */
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
/* The URL's target with another transport, with the sid if there is one. NULL: memory. */
char *eio_target(const struct eio *c, const char *transport);

/* eio_poll.c */
extern const struct http_hooks eio_poll_hooks;
/* The receiver_kind's. */
int eio_open(struct receiver *r, struct err *e);
void eio_pause(struct receiver *r, bool paused);
/* The next request, if it is time for one. */
void eio_ask(struct eio *c);

/* eio_send.c */
/* The client of HTTP for it. NULL: memory. */
struct http *eio_new_post(struct eio *c, uv_loop_t *loop, const struct channel_up *up);
/* The receiver_kind's. */
int eio_send(struct receiver *r, const struct outgoing *out);
/* A packet is to be sent after those that wait: 0 or SEND_FAILED. */
int eio_queue(struct eio *c, enum opcode type, struct slice packet);
/* Send what waits. */
void eio_flush(struct eio *c);
/* The first that waits, which is borrowed; and drop it. */
bool eio_next_queued(struct eio *c, enum opcode *type, struct slice *packet);
void eio_drop_queued(struct eio *c, struct slice packet);

/* eio_upgrade.c */
void eio_upgrade_begin(struct eio *c);
/* A request ended: the WebSocket takes over if that was the last. */
void eio_upgrade_check(struct eio *c);

#endif
