/*
 * fanout: what many connections through a load balancer show of the service behind it: which node
 * serves which, whose messages reach whom, and what a deployment does to them. Facts go in, with
 * their times; fanout/report is what comes of them.
 *
 * Times are microseconds of one clock. Connections are numbered from 0.
 *
 * Memory, whatever the number of messages: an account for each connection; while a message is under
 * way, a bit for each connection (at most FLIGHT_BYTES for all: beyond that the oldest is settled
 * early); figures for each pair of nodes. As long as nothing names the nodes, figures for pairs of
 * connections, at most PAIRS_MAX: with more connections, every n-th sender has them.
 */
#ifndef FANOUT_FANOUT_H
#define FANOUT_FANOUT_H

#include "fanout/naming.h"
#include "fanout/nonce.h"
#include "fanout/sticky.h"

#define FANOUT_CONNECTIONS_MAX 10000
#define FANOUT_OUTSIDE         UINT32_MAX /* a sender that is no connection */

#define FLIGHT_BYTES (64u << 20)
#define PAIRS_MAX    (2u << 20)

enum fanout_expect { FANOUT_ALL, FANOUT_OTHERS, FANOUT_SENDER, FANOUT_NONE, FANOUT_ISLANDS };

/* "all", "others", "sender", "none", "islands:3". 0, or -1 with a usage error. */
int fanout_expect_parse(const char *text, enum fanout_expect *expect, uint32_t *islands,
                        struct err *e);

/* How messages are published. */
enum fanout_way { FANOUT_BY_CLIENT, FANOUT_BY_HTTP, FANOUT_BY_COMMAND, FANOUT_BY_REDIS };

struct fanout_config {
    uint32_t connections; /* 1 to FANOUT_CONNECTIONS_MAX */
    enum fanout_expect expect;
    uint32_t islands;
    enum fanout_way way;
    const struct naming_source *node; /* NULL: look for well-known ones; its name is borrowed */
    uint64_t within_us;               /* what comes later is late */
    uint64_t grace_us;                /* what has not come by then, counted from the sending, is
                                         lost */
    bool redis;                       /* the shared layer is observed */
    bool socketio;                    /* --as socket.io: for the advice */
    uint64_t random;                  /* for the nonces */
};

struct fanout;

/* NULL: memory. The configuration is copied. */
struct fanout *fanout_new(const struct fanout_config *config);
void fanout_free(struct fanout *f);

/* --- connections --------------------------------------------------------------------------------
 * These return 0 or -1 (memory), and so does all below that returns an int.
 */

/* fields: of the answer to its handshake. */
int fanout_opened(struct fanout *f, uint32_t conn, const struct field *fields, size_t count,
                  uint64_t now_us);
/* A handshake was refused, or never came to an answer (status 0). body: the beginning of it. */
void fanout_refused(struct fanout *f, uint32_t conn, int status, struct slice body);
/* An open connection ended. code: of the Close frame, 1006 without one; clean: both sides sent one.
 */
void fanout_closed(struct fanout *f, uint32_t conn, uint16_t code, bool clean, uint64_t now_us);
/* A message was received. */
int fanout_message(struct fanout *f, uint32_t conn, struct slice text, uint64_t now_us);

/* --- messages -----------------------------------------------------------------------------------
 */

/* About to be published, by a connection or FANOUT_OUTSIDE; text: its nonce. */
int fanout_publish(struct fanout *f, uint32_t sender, uint64_t now_us, char text[NONCE_TEXT]);
/* It could not be sent after all: the message published last is forgotten. */
void fanout_unpublish(struct fanout *f);
/* Seen in the shared layer. */
void fanout_bus(struct fanout *f, struct slice channel, struct slice payload, uint64_t now_us);
/* The shared layer could not be observed for some time: what was not seen proves nothing. */
void fanout_bus_lost(struct fanout *f);

/* Settle what is due: what did not come by now is lost. Returns when to call it again, UINT64_MAX:
 * nothing is under way. */
uint64_t fanout_settle(struct fanout *f, uint64_t now_us);
/* Messages under way that have not yet reached all who should have them. */
uint32_t fanout_waiting(const struct fanout *f);
/* So far: published, received for the first time. For a view while it runs. */
uint64_t fanout_published(const struct fanout *f);
uint64_t fanout_delivered(const struct fanout *f);

/* --- the rest -----------------------------------------------------------------------------------
 */

/* From now on connections may end. Messages that are sent meanwhile have until the end of the drill
 * to arrive, and count in its accounts only. */
int fanout_drill_begin(struct fanout *f, uint64_t now_us);
/* The command has ended and clients had their time to return; status: its exit status, or -1. */
void fanout_drill_end(struct fanout *f, uint64_t now_us, int status);
/* All connections are back. */
bool fanout_drill_over(const struct fanout *f);

/* What handshakes on their own showed; without it, those of the connections are judged. */
void fanout_sticky(struct fanout *f, const struct sticky *facts);
/* The node that serves a connection, if it is known: a name that may quote the peer; or NULL. For a
 * view while it runs, and to fill struct sticky. */
const char *fanout_node(struct fanout *f, uint32_t conn);

#endif
