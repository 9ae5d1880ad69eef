/*
 * engineio: what Socket.IO needs from the Engine.IO below it, and what both have in common.
 */
#ifndef DECODE_ENGINEIO_H
#define DECODE_ENGINEIO_H

#include "decode/decoder.h"

/* The version of Engine.IO (3 or 4); 0: not known yet. */
unsigned engineio_version(const struct decode_layer *engine);
/* It is known from what is inside a message. */
void engineio_is_version(struct decode_layer *engine, unsigned version);
/* When the open packet came; 0: not yet. */
uint64_t engineio_opened_us(const struct decode_layer *engine);

/* `auto`: the message is one that Engine.IO alone begins with: an open packet, or the probe of an
 * upgrade. */
bool engineio_recognise(const struct decode_clue *clue);

/* decoder->target: `path` if the URL has none, EIO and transport (that of the first request) if its
 * query has none. `names` is the decoder whose keys apply, `eio` the version to request. */
int engineio_target(const struct decode_spec *spec, const struct decoder *names, const char *path,
                    const char *eio, struct slice target, struct buf *out);
/* The keys `path` and `transport`: decoder->check. */
int engineio_check(const struct decode_key *key, struct err *e);

#endif
