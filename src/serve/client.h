/*
 * client: one connection of the embedded server, from accept to the end: TLS, the HTTP head, then a
 * page, a WebSocket that a service talks through, or the feed over plain HTTP.
 *
 * client.c       life, the socket on the loop, TLS
 * client_http.c  the request's head, the page or the 101
 * client_ws.c    messages in and out, once a peer has the connection
 * client_feed.c  the feed over plain HTTP: server-sent events, polling
 * client_end.c   the end, and who brought it about
 *
 * Memory is bounded for each client: a head by HTTP1_HEAD_MAX, what waits to be written by
 * CLIENT_FULL and one message part (WSCONN_WHOLE), for nothing more is read meanwhile; messages
 * from outside its service by CLIENT_ASIDE_MAX and CLIENT_FULL.
 */
#ifndef SERVE_CLIENT_H
#define SERVE_CLIENT_H

#include <uv.h>

#include "decode/decode.h"
#include "event/bus.h"
#include "fault/faults.h"
#include "net/pump.h"
#include "net/supplies.h"
#include "net/timer.h"
#include "net/tls.h"
#include "peer/layer_fault.h"
#include "peer/peer.h"
#include "proto/http1_reader.h"
#include "serve/feed.h"
#include "serve/service.h"

/* More than this waits to be written: nothing is read until half of it has gone. */
#define CLIENT_FULL PEER_FULL
/* From accept, or the first byte of a later request, to the end of its head, TLS included. */
#define CLIENT_HEAD_MS 10000
/* Bytes of whole messages that wait for the end of one that is sent in parts. */
#define CLIENT_ASIDE_MAX (1024 * 1024)

struct client;

/* What all clients of a server share. */
struct client_host {
    uv_loop_t *loop;
    const struct bus *bus;
    struct pages pages;
    struct tls_context *tls; /* NULL: none */
    struct supplies *supplies;
    struct feed_service *feed;
    struct chat *chat;
    struct pubsub *pubsub;            /* NULL: the feed and the room are of this server alone */
    struct faults *faults;            /* NULL: none */
    const struct decode_spec *decode; /* NULL: nothing is decoded */
    struct totals totals;             /* of WebSockets that have ended */
    unsigned open;                    /* WebSockets */
    uint64_t start_us;                /* clock_mono_us at the program's start */
    bool paused;                      /* the events are not read: read nothing */
    /* The client has ended and is removed from every list; its memory is freed later. */
    void (*gone)(struct client_host *host, struct client *c);
};

enum client_state {
    CLIENT_TLS,    /* TLS handshake */
    CLIENT_HEAD,   /* reading the request */
    CLIENT_WAIT,   /* a long poll; the request stays in `in` meanwhile */
    CLIENT_BODY,   /* writing the answer to a poll */
    CLIENT_OPEN,   /* a WebSocket: the peer has the link */
    CLIENT_STREAM, /* server-sent events */
    CLIENT_LINGER, /* writing the last word, then waiting for the client to hang up */
    CLIENT_ENDED
};

/* The answer to a poll that is being written. */
struct array_state {
    struct feed_range range;
    uint64_t next; /* update */
    int status;
    bool keep; /* another request may follow */
    uint64_t bytes_up, bytes_down;
};

struct client {
    struct client_host *host;
    struct client *prev, *next; /* the server's list */
    uint32_t number;            /* from 1, in the order they came */
    char address[64];           /* its address and port; "" if that is not known */
    bool crowded;               /* one too many: gets a 503 */
    struct fault_conn *fault;   /* what is to go wrong with it; NULL: nothing, or it has ended */
    bool refused;               /* by a fault: it is to end before anything is read */
    enum client_state state;
    struct link *link;     /* NULL: the peer has it, or it is closed */
    struct err link_error; /* of the read or write that failed */
    enum event_channel channel;
    uint64_t began_us; /* the connection, or a later request on it */

    /* HTTP */
    struct http1_reader in; /* requests */
    struct buf out;         /* of the page, the 101 or the feed: what is not written yet */
    unsigned requests;      /* that were answered before this one */
    uint64_t messages_out;  /* by HTTP, with their bytes and those of all that went out */
    uint64_t payload_out, http_out;
    struct array_state array;

    /* WebSocket */
    const struct service *service; /* that the request leads to; NULL: a page, or no request yet */
    void *own;                     /* the service's state */
    struct layer layer;            /* the highest, once it is open */
    struct layer_fault *layer_fault; /* below it; NULL: nothing is to go wrong */
    struct layer stream;             /* the lowest if there is no peer: an event stream */
    struct peer *peer;               /* NULL: it never was a WebSocket */
    struct activity activity;
    struct decode_stack *decode; /* its messages, for the views; NULL: they are shown as they are */
    bool full;                   /* more than CLIENT_FULL waits */
    bool broken;                 /* memory or random numbers ran out while sending */
    bool within;                 /* the service is sending a message in parts */
    struct buf aside;            /* whole messages that wait for the end of that one */
    uint64_t opened_us;          /* 0: never open */

    /* The end, but for a WebSocket's */
    bool decided; /* by, how, code, reason are set */
    enum close_by by;
    enum close_how how;
    uint16_t code;
    char reason[124];
    size_t reason_len;
    uint64_t decided_us, idle_in_us, idle_out_us;
    bool write_dead; /* a write failed: nothing more is written */
    bool fin_sent;
    int errnum;

    struct pump *pump; /* NULL without a link */
    struct timer *timer;
};

/* For the server. */

/* Take the accepted socket. crowded: answer 503 whatever is asked. NULL: memory (the socket is
 * closed). */
struct client *client_new(struct client_host *host, int fd, uint32_t number, bool crowded);
/* Send a Close with that code; a client that is not open yet ends at once. timeout_ms: then it is
 * cut. */
void client_close(struct client *c, uint16_t code, const char *reason, unsigned timeout_ms);
/* End now. */
void client_abort(struct client *c);
/* host->paused has changed. */
void client_pause_changed(struct client *c);
/* Send a whole message in addition to those of the service: at once, or after the message that is
 * being sent in parts. False if it was not accepted: the client is not an open WebSocket, too much
 * waits for it, or memory ran out. */
bool client_send_aside(struct client *c, enum opcode type, struct slice data);
/* Add the totals of its WebSocket so far. */
void client_count(const struct client *c, struct totals *sum);

/* For services. */

/* A message or part of one, as OUTGOING_MESSAGE. */
void client_send(struct client *c, enum opcode type, struct slice data, bool first, bool final);
/* One update to a client in CLIENT_STREAM, under the same rules. */
void client_stream_send(struct client *c, uint64_t id, struct slice text);
/* Something new is there for a client in CLIENT_WAIT. */
void client_wait_over(struct client *c);
/* Bytes that wait to be written. */
size_t client_pending(const struct client *c);
/* Write what waits. The client may have ended afterwards (its memory stays until the loop turns).
 */
void client_flush(struct client *c);

/* Among the client's own files. */

/* An event of that kind, zeroed but for the header. */
struct event client_event(const struct client *c, enum event_kind kind);
bool client_wants(const struct client *c, enum event_kind kind);
void client_emit(const struct client *c, const struct event *ev);
void client_start_timer(struct client *c, unsigned ms);
/* Write what waits, and no more than that: client_flush is due all the same. */
void client_write(struct client *c);
/* Continue in a separate turn of the loop. */
void client_again(struct client *c);
/* Out of memory or similar: report it and end. */
void client_break(struct client *c);

/* client_http.c */
void client_read_head(struct client *c);
/* Read more of what is or will be a request. False if nothing was read: not yet, no room, or the
 * client has ended. */
bool client_fill(struct client *c);
/* The time for the head is over. */
void client_head_timeout(struct client *c);
/* An answer is written whole: take up the next request if it is there already. True if it was. */
bool client_next_head(struct client *c);
/* The same request again, which is still in c->in: what CLIENT_WAIT waited for. */
void client_answer_again(struct client *c);
void client_report_response(struct client *c, size_t head_len, const char *hint);
void client_report_open(struct client *c, const struct http1_head *head, const char *subprotocol,
                        const struct deflate_params *deflate);
/* "GET /path: answered 200, text": the line of the log for what led to no WebSocket. The query may
 * hold secrets and stays out. */
void client_note(struct client *c, const struct http1_head *head, int status, const char *text);

/* client_feed.c */
/* What a browser asks before it asks. */
void client_preflight(struct client *c, const struct answer *a, const struct http1_head *head);
/* CLIENT_BODY: put more of it into c->out, and go on once it is whole. */
void client_array_fill(struct client *c);
/* CLIENT_STREAM and CLIENT_WAIT: nothing is expected but the end. */
void client_feed_read(struct client *c);
void client_feed_timeout(struct client *c);

/* client_ws.c */
/* Pass the connection to a peer, with the 101 in c->out and what followed the request's head. -1:
 * out of memory. */
int client_ws_init(struct client *c, const struct deflate_params *deflate);
/* All is reported: begin. head: of the request; subprotocol: agreed, or NULL. */
void client_ws_open(struct client *c, const struct http1_head *head, const char *subprotocol);
/* Down through the layers. If it fails the client ends, in a separate turn. */
void client_put(struct client *c, const struct outgoing *out);
/* The layers of a connection that is about to open, but for its endpoint. -1: memory. */
int client_layers_init(struct client *c);

/* client_end.c */
/* Note who ended it and how; only the first call has an effect. */
void client_decide(struct client *c, enum close_by by, enum close_how how, uint16_t code,
                   struct slice reason);
/* Everything is queued: write it, end the outgoing side, and wait for the client to close. */
void client_linger(struct client *c);
/* In CLIENT_LINGER, everything is written. */
void client_farewell(struct client *c);
/* In CLIENT_LINGER, bytes came: only the end of the stream matters. */
void client_discard(struct client *c);
/* The stream ended (0) or the link failed. */
void client_stream_ended(struct client *c, ssize_t result);
/* Report EVENT_CLOSE if it was open, and let go. A WebSocket is aborted first. */
void client_end(struct client *c);
/* ev: its EVENT_CLOSE. */
void client_ended(struct client *c, struct event *ev);

#endif
