/*
 * chat: the room of /chat. What one client sends, all receive, the sender too; with a pubsub also
 * those of other servers.
 *
 * A client for which more than FEED_SLOW bytes wait is closed with 1013, so that no message is ever
 * omitted silently.
 */
#ifndef SERVE_CHAT_H
#define SERVE_CHAT_H

#include "serve/client.h"

/* Bytes of one message; a longer one ends its sender's connection with 1009. */
#define CHAT_MESSAGE_MAX (64 * 1024)

struct chat;

/* NULL: memory. */
struct chat *chat_new(void);
/* After its last client has ended. NULL is fine. */
void chat_free(struct chat *chat);

/* Send a whole message to every client of the room. */
void chat_deliver(struct chat *chat, enum opcode type, struct slice data);

#endif
