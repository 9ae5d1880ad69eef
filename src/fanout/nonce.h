/*
 * nonce: the words that mark published messages, so that they are found again in whatever a server
 * makes of them. A nonce has only lower-case letters and digits, so JSON, URLs and shells leave it
 * unchanged; it has a part that no other run has, and a number.
 */
#ifndef FANOUT_NONCE_H
#define FANOUT_NONCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define NONCE_MARK 14 /* "fan" and what the run has alone */
#define NONCE_LEN  22 /* with the number */
#define NONCE_TEXT (NONCE_LEN + 1)

/* Only the first bytes of a message are searched, and at most NONCE_FOUND different nonces are
 * found in it. */
#define NONCE_SEARCHED (1u << 20)
#define NONCE_FOUND    64

struct nonces {
    char mark[NONCE_MARK + 1];
};

/* random: from the program's source of random numbers. */
void nonces_init(struct nonces *n, uint64_t random);
void nonce_make(const struct nonces *n, uint32_t number, char text[NONCE_TEXT]);
/* The numbers of the nonces of this run that are in the text, each once, in order. Takes time in
 * proportion to the bytes searched. */
size_t nonces_find(const struct nonces *n, struct slice text, uint32_t found[NONCE_FOUND]);

#endif
