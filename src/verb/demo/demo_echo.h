/*
 * demo_echo: the steps of the tour over one connection that echoes: the text of each, what is sent,
 * and how its end is detected.
 */
#ifndef VERB_DEMO_DEMO_ECHO_H
#define VERB_DEMO_DEMO_ECHO_H

#include "session/session.h"

/* A step of the tour announces something, does it, and is over when its event was seen. */
struct demo_step {
    const char *say;
    const char *awaited;           /* for the error if it does not come */
    int (*act)(struct session *s); /* 0, or negative: it failed. NULL: the tour knows */
    struct slice echo; /* a message with these bytes ends it; else what `act` leads to */
};

#define DEMO_ECHO_STEPS 7
#define DEMO_ECHO_PING  5 /* ends with the pong */
#define DEMO_ECHO_CLOSE 6 /* ends with the connection */

/* i below DEMO_ECHO_STEPS; static. */
const struct demo_step *demo_echo_step(size_t i);

#endif
