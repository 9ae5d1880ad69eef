/*
 * idn: host names beyond ASCII, as DNS, Host, SNI and certificates have them (RFC 5890; UTS #46
 * without the transitional mapping).
 */
#ifndef NET_IDN_H
#define NET_IDN_H

#include "base/err.h"

/* The host as A-labels ("bücher.example": "xn--bcher-kva.example"); one in ASCII is copied as
 * it is. Caller frees. NULL with *e: EXIT_USAGE, e->at the offset in host of the label that can't
 * be a name, or memory. */
char *idn_to_ascii(const char *host, struct err *e);

#endif
