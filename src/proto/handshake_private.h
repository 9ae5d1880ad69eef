/*
 * handshake_private: shared by the files of the handshake.
 */
#ifndef PROTO_HANDSHAKE_PRIVATE_H
#define PROTO_HANDSHAKE_PRIVATE_H

#include "proto/handshake.h"

/* The longest Sec-WebSocket-Key, in bytes, that an Accept is computed for; a proper one has 24. */
#define HANDSHAKE_KEY_MAX 4096

/* The last setting of a field by the user, or NULL. */
const struct handshake_header *handshake_own_header(const struct handshake_config *config,
                                                    const char *name);

#endif
