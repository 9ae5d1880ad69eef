/*
 * proxy_heads: the latest handshakes of the clients, for /headers: of the last PROXY_HEADS_MAX
 * connections, each as large as a head may be.
 */
#ifndef VERB_PROXY_PROXY_HEADS_H
#define VERB_PROXY_PROXY_HEADS_H

#include "command/conninfo.h"

#define PROXY_HEADS_MAX 32

struct proxy_head {
    uint32_t conn; /* 0: free */
    uint32_t client;
    struct conninfo info;
};

struct proxy_heads {
    struct proxy_head *items[PROXY_HEADS_MAX]; /* a ring */
    size_t next;
};

#define PROXY_HEADS_WANTS (EVENT_BIT(EVENT_REQUEST) | EVENT_BIT(EVENT_RESPONSE))

/* An event of those kinds; upgrades to a WebSocket, and their answers, are kept. */
void proxy_heads_event(struct proxy_heads *h, const struct event *ev);
/* The latest of that client; 0: of any. NULL: none. */
const struct proxy_head *proxy_heads_find(const struct proxy_heads *h, uint32_t client);
void proxy_heads_clear(struct proxy_heads *h);

#endif
