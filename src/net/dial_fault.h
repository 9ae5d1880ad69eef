/*
 * dial_fault: the faults that replace a connection. Without faults each function returns false.
 */
#ifndef NET_DIAL_FAULT_H
#define NET_DIAL_FAULT_H

#include "net/dial_private.h"

/* dns-fail: true with *e, as from the resolver. dns-slow: *wait_us, once an attempt. */
bool dial_fault_names(struct dial *d, uint64_t *wait_us, struct err *e);
/* refuse: true with *e, as from the kernel. */
bool dial_fault_refuses(struct dial *d, struct err *e);
/* Where to leave from: --interface, or where the fault rebind has led; or NULL. */
const char *dial_source(const struct dial *d);

#endif
