/*
 * sticky: what makes a load balancer send a client to the node that served it before, as far as
 * handshakes show it.
 */
#ifndef FANOUT_STICKY_H
#define FANOUT_STICKY_H

#include <stdbool.h>
#include <stdint.h>

/* Handshakes of one kind. */
struct sticky_try {
    uint32_t opened, failed;
    uint32_t same;  /* of those opened: on the node of the first handshake of all */
    uint32_t nodes; /* how many nodes they were on */
};

struct sticky {
    struct sticky_try plain;   /* from one address, without cookies, each over a new connection */
    struct sticky_try cookie;  /* with the cookies of the first answer */
    struct sticky_try address; /* from another source address, without cookies */
    struct sticky_try session; /* with the TLS session of the first handshake, without cookies */
    char cookie_name[64];      /* that was set by the balancer or a node; "" none */
    bool named; /* nodes can be distinguished; else `same` and `nodes` mean nothing */
    /* Socket.IO and the like: a handshake of several requests. */
    uint32_t several;         /* were tried */
    uint32_t session_unknown; /* of those refused with 400 "Session ID unknown" */
};

enum sticky_by {
    STICKY_UNKNOWN,
    STICKY_NOT,
    STICKY_COOKIE,
    STICKY_ADDRESS,
    STICKY_SESSION,
    STICKY_ONE_NODE /* there is only one */
};

/* "cookie", "none" ...; NULL: not known. Static. */
const char *sticky_word(enum sticky_by by);
enum sticky_by sticky_judge(const struct sticky *s);
/* One sentence with its full stop; may quote the peer. */
#define STICKY_TEXT 400
void sticky_sentence(char text[STICKY_TEXT], const struct sticky *s);

#endif
