/* echo: the service that sends every message back. */
#include "serve/client.h"

struct echo {
    enum opcode type; /* of the message that is being sent back */
};

/* The parts of a large message go back as its fragments, as they come. */
static void message(struct client *c, const struct event_message *m)
{
    struct echo *echo = c->own;
    bool first = m->part <= 1;

    if (first)
        echo->type = m->type;
    client_send(c, echo->type, m->data, first, m->final);
}

const struct service service_echo = {
    .path = "/echo",
    .channel = CHANNEL_WS,
    .about = "sends every message back",
    .example = "echo hello | wscope{k} {ws}",
    .state = sizeof(struct echo),
    .message = message,
};
