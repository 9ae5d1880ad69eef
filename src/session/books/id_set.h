/*
 * id_set: which identities were seen lately. The newest are kept, as many as ID_SET_MAX entries and
 * ID_SET_BYTES bytes hold; of a longer identity than ID_SET_LONG its length, its beginning and a
 * hash of all of it count.
 */
#ifndef SESSION_BOOKS_ID_SET_H
#define SESSION_BOOKS_ID_SET_H

#include "base/slice.h"

#define ID_SET_MAX   (32u * 1024)
#define ID_SET_BYTES (1024u * 1024)
#define ID_SET_LONG  256u

struct id_set;

/* seed: anything a peer can't know, so that it can't choose identities that collide. NULL: memory.
 */
struct id_set *id_set_new(uint64_t seed);
void id_set_free(struct id_set *set);

/* Remember an identity. True if it was there already. */
bool id_set_add(struct id_set *set, struct slice id);

bool id_set_has(const struct id_set *set, struct slice id);

/* True if anything was forgotten since the set was made or cleared. */
bool id_set_forgot(const struct id_set *set);

void id_set_clear(struct id_set *set);

#endif
