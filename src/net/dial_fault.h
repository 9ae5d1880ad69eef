/*
 * dial_fault: the faults that act instead of a connection, as the dial meets them. Without faults
 * each says no.
 */
#ifndef NET_DIAL_FAULT_H
#define NET_DIAL_FAULT_H

#include "net/dial_private.h"

/* dns-fail: true with *e, as the resolver would say it. dns-slow: *wait_us, once an attempt. */
bool dial_fault_names(struct dial *d, uint64_t *wait_us, struct err *e);
/* refuse: true with *e, as the kernel would say it. */
bool dial_fault_refuses(struct dial *d, struct err *e);
/* Where to leave from: --interface, or where the fault rebind has led; or NULL. */
const char *dial_source(const struct dial *d);

#endif
