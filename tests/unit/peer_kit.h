/*
 * peer_kit: what the tests of peer share. The peer has one end of a TCP connection, the test the
 * other, where it writes and expects bytes by hand. What goes up is a text with a line an event.
 */
#ifndef TESTS_UNIT_PEER_KIT_H
#define TESTS_UNIT_PEER_KIT_H

#include "event/bus.h"
#include "net/link.h"
#include "net/timer.h"
#include "peer/peer.h"
#include "proto_wsconn_kit.h"

/* The lowest link with faults that a socket does not have at will. */
struct flaky {
    struct link link;
    bool write_fails; /* from now on, with EPIPE */
};

struct peer_kit {
    uv_loop_t loop;
    int fd; /* the test's end; -1: closed */
    struct flaky *flaky;
    struct bus bus;
    struct sink sink; /* on the bus: what is wanted */
    struct activity activity;
    struct kit_rng rng;
    struct peer_config config;
    struct peer *peer;
    struct layer top;
    struct timer *guard; /* no test takes that long */
    struct kit_log log;
    bool takes_pings; /* the top sets control.taken */
    bool echoes;      /* and sends messages back */
    bool pauses;      /* and pauses the peer after each message */
    bool ended;
    unsigned drained;
};

/* The kit of a test that is in a group with these: it has been opened in that role. */
extern struct peer_kit kit;
int peer_kit_client(void **state);
int peer_kit_server(void **state);
int peer_kit_end(void **state);
#define CLIENT(name) cmocka_unit_test_setup_teardown(name, peer_kit_client, peer_kit_end)
#define SERVER(name) cmocka_unit_test_setup_teardown(name, peer_kit_server, peer_kit_end)

#define LONG (30 * UINT64_C(1000000)) /* never over in a test */

/* role, and what else is set in k->config; then peer_kit_start. */
void peer_kit_open(struct peer_kit *k, enum wsconn_role role);
/* peer_new alone; NULL: memory, and the link is as it was. */
struct peer *peer_kit_make(struct peer_kit *k);
void peer_kit_start(struct peer_kit *k);
void peer_kit_close(struct peer_kit *k);

/* The other side writes. */
void peer_kit_say(struct peer_kit *k, struct slice bytes);
/* Turn the loop until the other side has these bytes, and no others first. */
void peer_kit_hear(struct peer_kit *k, struct slice bytes);
/* Read on until the stream ends. */
void peer_kit_hear_end(struct peer_kit *k);
/* Nothing is there to be read, nor an end, once the loop has nothing more to do. */
void peer_kit_hear_nothing(struct peer_kit *k);
void peer_kit_hang_up(struct peer_kit *k);

/* Until the log ends with this text; the log is empty then. */
void peer_kit_until(struct peer_kit *k, const char *text);
/* Take turns until none is due, without waiting. */
void peer_kit_settle(struct peer_kit *k);

int peer_kit_send(struct peer_kit *k, const char *text);
int peer_kit_send_close(struct peer_kit *k, uint16_t code, const char *reason, uint64_t timeout_us);

#endif
