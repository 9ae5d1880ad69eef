/*
 * pieces: messages of a protocol whose units (STOMP frames, MQTT packets, records) may be split
 * over WebSocket messages or joined in one: what is left of the last message waits for the next.
 * One for each direction.
 */
#ifndef DECODE_PIECES_H
#define DECODE_PIECES_H

#include "base/buf.h"

/* An unfinished unit may have this many bytes. */
#define PIECES_MAX ((size_t)16 << 20)

struct pieces {
    struct buf rest;
};

void pieces_init(struct pieces *p);
void pieces_clear(struct pieces *p);

/* Add a message. 0: *all is what is to be read, valid until the next call; 1: with it an unfinished
 * unit would have more than PIECES_MAX bytes; -1: memory. Unless 0, nothing is left of it. */
int pieces_add(struct pieces *p, struct slice message, struct slice *all);
/* The first `used` bytes of what pieces_add gave are read. 0, 1 or -1 as above. */
int pieces_keep(struct pieces *p, struct slice all, size_t used);

#endif
