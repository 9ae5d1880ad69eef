#include "serve/chat.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve/feed_service.h"
#include "serve/pubsub.h"

/* As for the feed. */
#define SLOW_CLOSE_MS   5000
#define TRY_AGAIN_LATER 1013 /* IANA's WebSocket Close Code Number Registry */

struct chat {
    struct client *first;
};

struct chat_state {
    struct client *prev, *next;
};

static struct chat_state *state_of(struct client *c)
{
    return c->own;
}

struct chat *chat_new(void)
{
    return calloc(1, sizeof(struct chat));
}

void chat_free(struct chat *chat)
{
    free(chat);
}

void chat_deliver(struct chat *chat, enum opcode type, struct slice data)
{
    struct client *next;

    for (struct client *c = chat->first; c; c = next) {
        next = state_of(c)->next;
        client_send(c, type, data, true, true);
        if (client_pending(c) > FEED_SLOW)
            client_close(c, TRY_AGAIN_LATER, "too slow: more than 1 MiB waited", SLOW_CLOSE_MS);
    }
}

/* The name of the node, so that a client knows it before anyone has said anything. */
static void opened(struct client *c)
{
    struct chat *chat = c->host->chat;
    char greeting[PAGES_NODE_MAX + 16];

    state_of(c)->next = chat->first;
    if (chat->first)
        state_of(chat->first)->prev = c;
    chat->first = c;
    if (!c->host->pages.node)
        return;
    snprintf(greeting, sizeof greeting, "{\"node\":\"%s\"}", c->host->pages.node);
    client_send(c, OPCODE_TEXT, slice_str(greeting), true, true);
}

static void ended(struct client *c)
{
    struct chat_state *s = state_of(c);

    if (s->next)
        state_of(s->next)->prev = s->prev;
    if (s->prev)
        state_of(s->prev)->next = s->next;
    else
        c->host->chat->first = s->next;
}

static void message(struct client *c, const struct event_message *m)
{
    struct client_host *host = c->host; /* the client may end */
    struct pubsub *pubsub = host->pubsub;

    if (pubsub)
        pubsub_pass_on(pubsub, m->type, m->data);
    chat_deliver(host->chat, m->type, m->data);
}

const struct service service_chat = {
    .path = "/chat",
    .channel = CHANNEL_WS,
    .about = "what one client sends, all receive",
    .example = "wscope{k} {ws}",
    .state = sizeof(struct chat_state),
    .max_message = CHAT_MESSAGE_MAX,
    .opened = opened,
    .message = message,
    .ended = ended,
};
