#include "serve/echo.h"

/* The parts of a large message go back as its fragments, as they come. */
static void message(struct client *c, const struct event_message *m)
{
    bool first = m->part <= 1;

    if (first)
        c->echo.type = m->type;
    client_send(c, c->echo.type, m->data, first, m->final);
}

const struct service *echo_service(void)
{
    static const struct service echo = {.message = message};

    return &echo;
}
