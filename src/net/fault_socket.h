/*
 * fault_socket: what faults require from the kernel, on a connected stream socket.
 */
#ifndef NET_FAULT_SOCKET_H
#define NET_FAULT_SOCKET_H

#include <stdbool.h>

#include "fault/faults.h"

/* Reset the connection now (TCP; a unix socket is closed with its link). The descriptor stays. */
void fault_socket_reset(int fd);
/* End the outgoing side. */
void fault_socket_end(int fd);

/* Keep the socket of a descriptor open and unread, beyond the descriptor's own life, until
 * fault_socket_release; the oldest of too many is closed. */
void fault_socket_dangle(struct fault_conn *conn, int fd);
/* Close what is kept. */
void fault_socket_release(struct faults *faults);

/* Drop what comes in before TCP sees it, so that it is not even acknowledged. */
struct fault_filter {
    bool on;
    bool attached;
};

/* How faithful it is: "packets are dropped in the kernel", or, where that is not allowed, that
 * reading merely stops. Static. */
const char *fault_filter_begin(struct fault_filter *filter, int fd);
/* The same, of a socket made for the trial. */
const char *fault_filter_try(void);
void fault_filter_end(struct fault_filter *filter, int fd);

#endif
