/*
 * eyeballs: a race of connection attempts over a list of addresses (RFC 8305, section 5): the next
 * one starts 250 ms after the last or as soon as it fails; the first to be established wins.
 */
#ifndef NET_EYEBALLS_H
#define NET_EYEBALLS_H

#include "net/resolve.h"

#define EYEBALLS_DELAY_MS 250

/* Borrowed until done or cancel. */
struct eyeballs_config {
    const char *host; /* for the sentence about a failure */
    uint16_t port;
    const struct resolve_list *addresses; /* at least one, in order */
    const char *interface;                /* or NULL */
};

struct eyeballs;

/* fd: the connected, non-blocking socket (the callee's), TCP_NODELAY set; or -1 and why
 * (EXIT_CONNECT). winner: index of its address. attempts: in the order they started, borrowed
 * during the call, whether one was used or not. The race frees itself after it. */
typedef void eyeballs_done_fn(void *ctx, int fd, size_t winner,
                              const struct connect_attempt *attempts, size_t count,
                              const struct err *e);

/* done is never called before this returned. NULL with *e. */
struct eyeballs *eyeballs_start(uv_loop_t *loop, const struct eyeballs_config *config,
                                eyeballs_done_fn *done, void *ctx, struct err *e);

/* Closes every socket; done is not called. NULL is fine. */
void eyeballs_cancel(struct eyeballs *race);

/* Is any address being tried? */
bool eyeballs_trying(const struct eyeballs *race);
/* "127.0.0.1 port 80, ::1 port 80": the addresses that are being tried, cut at size. */
void eyeballs_describe(const struct eyeballs *race, char *text, size_t size);

#endif
