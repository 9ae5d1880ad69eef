/*
 * control_address: where the control API of wscope proxy listens, and which names are of this
 * machine's loopback.
 */
#ifndef VERB_PROXY_CONTROL_ADDRESS_H
#define VERB_PROXY_CONTROL_ADDRESS_H

#include "base/err.h"
#include "base/slice.h"

struct control_address {
    char path[108]; /* of a unix socket; "": TCP */
    char host[46];  /* a numeric address of the loopback */
    uint16_t port;  /* 0: any free one */
};

/* Read "PORT", "HOST:PORT", "[::1]:PORT" or "unix:PATH". 0, or -1 with *e (EXIT_USAGE), also for a
 * host that is not the loopback. */
int control_address_parse(struct control_address *a, const char *text, struct err *e);

/* "localhost", 127.0.0.0/8 or "[::1]", with or without a port, as in a Host field. */
bool control_is_loopback(struct slice host);

#endif
