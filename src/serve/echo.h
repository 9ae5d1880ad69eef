/*
 * echo: the service that sends every message back.
 */
#ifndef SERVE_ECHO_H
#define SERVE_ECHO_H

#include "serve/client.h"

/* Static. */
const struct service *echo_service(void);

#endif
