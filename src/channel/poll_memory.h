/*
 * poll_memory: what polling remembers from one answer to the next, even across connections: the
 * validators of the last answer (RFC 9110, section 8.8) and which items it held. Bounded.
 */
#ifndef CHANNEL_POLL_MEMORY_H
#define CHANNEL_POLL_MEMORY_H

#include "base/slice.h"

/* Items of an answer that are remembered; one with more looks as if the rest were new. */
#define POLL_MEMORY_ITEMS (64 * 1024)
/* A longer ETag is not sent back. */
#define POLL_MEMORY_TAG 1024

struct poll_memory;

/* seed: anything a server can't know, so that it can't choose items that collide. NULL: memory. */
struct poll_memory *poll_memory_new(uint64_t seed);
/* NULL is fine. */
void poll_memory_free(struct poll_memory *m);

/* An answer begins; its items follow. */
void poll_memory_begin(struct poll_memory *m);
/* An item of it. True if the answer before held the same one. */
bool poll_memory_held(struct poll_memory *m, struct slice item);
/* All its items were given. */
void poll_memory_end(struct poll_memory *m);

/* The answer to that target had these validators (empty: none). */
void poll_memory_validators(struct poll_memory *m, const char *target, struct slice etag,
                            struct slice modified);
/* The validators to send when the target is requested again: NULL if there are none. Borrowed until
 * the next call of poll_memory_validators. */
const char *poll_memory_etag(const struct poll_memory *m, const char *target);
const char *poll_memory_modified(const struct poll_memory *m, const char *target);

#endif
