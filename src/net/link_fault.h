/*
 * link_fault: a layer right upon the socket that does to the bytes what the faults of its
 * connection say. Without faults it is not in the chain.
 */
#ifndef NET_LINK_FAULT_H
#define NET_LINK_FAULT_H

#include <uv.h>

#include "fault/faults.h"
#include "net/link.h"

/* Upon next, which it takes; fault is borrowed until link_free. Tells fault_conn_connected. When
 * time has passed or a fault begins, the link's owner is woken (link_on_wake), to read and write
 * again. NULL: memory (next stays the caller's). */
struct link *link_fault_new(struct link *next, struct fault_conn *fault, uv_loop_t *loop);

#endif
