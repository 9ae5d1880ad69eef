/*
 * link_fault: a layer directly above the socket that applies the faults of its connection to the
 * bytes. Without faults it is not in the chain.
 */
#ifndef NET_LINK_FAULT_H
#define NET_LINK_FAULT_H

#include <uv.h>

#include "fault/faults.h"
#include "net/link.h"

/* Above next, which it takes; fault is borrowed until link_free. Reports fault_conn_connected. When
 * time has passed or a fault begins, the link's owner is woken (link_on_wake), to read and write
 * again. NULL: memory (next stays the caller's). */
struct link *link_fault_new(struct link *next, struct fault_conn *fault, uv_loop_t *loop);

#endif
