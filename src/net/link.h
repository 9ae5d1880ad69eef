/*
 * link: a byte stream made of layers: tls -> proxy -> fault -> tcp. Each layer has the same
 * functions and owns the next one below it. Nothing here blocks.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <sys/types.h>

#include "base/err.h"
#include "base/slice.h"
#include "net/traffic.h"

enum { LINK_AGAIN = -1, LINK_FAILED = -2 };

/* What to wait for on link_fd. */
enum { LINK_READABLE = 1, LINK_WRITABLE = 2 };

/* How the incoming side ended, as far as it is known; more than one may be set. */
enum {
    LINK_GOT_CLOSE_NOTIFY = 1, /* reported by TLS (RFC 8446, section 6.1) */
    LINK_GOT_FIN = 2,          /* TCP end of stream */
    LINK_GOT_RST = 4,          /* ECONNRESET or EPIPE */
    LINK_BY_FAULT = 8,         /* cut on purpose, on this side, */
    LINK_FIN_BY_FAULT = 16     /* with a FIN */
};

struct link;

struct link_ops {
    /* Advance this layer's own handshake: 0 done, LINK_AGAIN (wait for link_events), LINK_FAILED.
     */
    int (*connect)(struct link *l, struct err *e);
    /* Up to n bytes: > 0; 0 at the end of the stream; LINK_AGAIN; LINK_FAILED (*e: STAGE_IO or
     * STAGE_TLS, EXIT_LOST). */
    ssize_t (*read)(struct link *l, uint8_t *bytes, size_t n, struct err *e);
    /* As many as are taken: > 0; LINK_AGAIN; LINK_FAILED. A retry may pass more bytes, never fewer.
     */
    ssize_t (*write)(struct link *l, const uint8_t *bytes, size_t n, struct err *e);
    /* What to poll for, given what the caller would do next. */
    int (*events)(const struct link *l, bool want_read, bool want_write);
    /* Bytes that a read would give at once though poll may not see them. */
    size_t (*pending)(const struct link *l);
    /* End the outgoing side: TLS close_notify, then FIN. 0 done, LINK_AGAIN, LINK_FAILED. */
    int (*close)(struct link *l, struct err *e);
    void (*free)(struct link *l);
};

struct link {
    const struct link_ops *ops;
    struct link *next; /* owned; NULL for the lowest */
    int fd;            /* the socket at the bottom, the same in every layer */
    unsigned ended;    /* LINK_GOT_...: the caller reads the topmost, which gathers those below */
    bool seals; /* TLS: its stream has its own close_notify; that of a layer below, such as TLS to a
                   proxy, does not affect it */
    void (*wake)(void *ctx); /* see link_on_wake */
    void *wake_ctx;
    struct traffic_entry *entry; /* what is carried is counted; only in the topmost, or NULL */
};

int link_connect(struct link *l, struct err *e);
ssize_t link_read(struct link *l, uint8_t *bytes, size_t n, struct err *e);
ssize_t link_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e);
int link_events(const struct link *l, bool want_read, bool want_write);
size_t link_pending(const struct link *l);
int link_close(struct link *l, struct err *e);
/* What a lower layer has learned of the end, into l->ended; the calls above do it when they return.
 */
void link_gather(struct link *l);
/* A layer may have something to do at a time that poll does not know: the user of the link is then
 * called from the loop, to read and write again and to get link_events. NULL: no one. */
void link_on_wake(struct link *l, void (*wake)(void *ctx), void *ctx);
/* Closes the socket and frees every layer; NULL is fine. */
void link_free(struct link *l);

/* The lowest layer over a connected non-blocking stream socket (TCP or unix), taken. NULL: memory
 * (the socket stays the caller's). */
struct link *link_tcp_new(int fd);

#endif
