/*
 * relay_private: what the files of a relay share:
 *
 *   relay.c            the listener, the list of connections, being offline
 *   relayed.c          the life of a connection, its events, its end
 *   relay_leg.c        bytes between a link and its queues
 *   upstream.c         connecting to the server
 *   relayed_http.c     requests and answers
 *   relayed_ws.c       frames: what is passed on as bytes, and what is encoded again
 *   relayed_walk.c     where frames begin and end, and which of their bytes were passed on
 *   relayed_ws_life.c  the opening and the closing of a WebSocket
 *   relayed_rules.c    what rules and holding do to a message
 *   relayed_held.c     messages that are held, late or injected
 */
#ifndef RELAY_RELAY_PRIVATE_H
#define RELAY_RELAY_PRIVATE_H

#include <limits.h>

#include "http/shared.h"
#include "net/listener.h"
#include "net/pump.h"
#include "net/timer.h"
#include "peer/layer_fault.h"
#include "proto/extension_scan.h"
#include "proto/http1_reader.h"
#include "proto/wsconn.h"
#include "relay/head.h"
#include "relay/relay.h"

/* Bytes of one read of HTTP; of a WebSocket it is wsconn's own block, which connections share. */
#define RELAY_BLOCK ((size_t)64 * 1024)

/* Where the bytes that have passed end within a stream of frames. */
struct frame_walk {
    uint8_t head[FRAME_HEADER_MAX]; /* of a frame whose header is not whole yet */
    uint8_t have;
    uint8_t gone;    /* of `have`, those that have passed already */
    uint64_t left;   /* payload bytes of the frame that are still to come */
    bool in_message; /* a data frame came, and not the last one of its message */
    bool control;    /* the frame is a control frame, or one whose opcode has no meaning */
};

/* The bytes that an event was made of, while it passes up and to the other leg. */
struct offer {
    bool there;
    struct slice raw;  /* its frames as they came; of a part they may all have passed with those
                          before it */
    struct slice data; /* its payload */
    bool taken;        /* they were passed */
};

struct held_message {
    struct held_message *next;
    uint64_t due_us;  /* clock_mono_us; UINT64_MAX: until it is released */
    enum opcode type; /* a ping and a pong too; OPCODE_CLOSE: data is the frame */
    size_t len;
    uint8_t data[];
};

struct held_queue {
    struct held_message *first, *last;
    unsigned count;
    size_t bytes;
};

/* One side of a connection, and what comes from it. */
struct relay_leg {
    struct layer layer; /* the lowest of its stack, */
    struct layer top;   /* and the highest: what arrives there passes to the other leg */
    struct layer_fault *layer_fault;
    struct relay_conn *conn;
    struct relay_leg *other;
    struct fault_conn *fault;
    enum event_leg side;

    /* Bytes */
    struct link *link; /* NULL: not yet, or no more */
    struct pump *pump;
    struct err link_error;    /* of the read or write that failed */
    struct http1_reader http; /* what comes from it before there are frames */
    struct buf out;           /* waits to be written */
    bool full;                /* more than RELAY_FULL waits: the other leg is not read */
    bool ended;               /* nothing more comes from it */
    bool fin_due, fin_sent;   /* its outgoing side ends after `out` */
    bool write_dead;          /* nothing can be written any more */
    bool silent;              /* as in a black hole: nothing is read or written */

    /* Frames that come from it */
    struct wsconn *ws;  /* decodes them, and encodes what is made here for this leg */
    uint64_t fed;       /* bytes given to ws, */
    uint64_t walked;    /* and how many of them the walk has seen */
    struct buf raw;     /* those that came after that and have not passed */
    struct buf message; /* data frames of a message that is not decided */
    struct buf control; /* the control frame that is not decided */
    struct frame_walk walk;
    bool committed;  /* the message under way has begun to pass: so does its rest */
    bool disordered; /* its data frames are not those of one message after the other: */
    bool opaque;     /* not decoded any more: all passes, */
    uint64_t skip;   /* after so many bytes of a frame that has not begun to pass */
    bool altered;    /* a message was changed while compression has a context: the receiver's is no
                        longer the sender's, and messages are compressed anew from then on */
    bool close_seen; /* a Close frame came from it, */
    bool close_made; /* one was made for it: nothing more is sent to it */
    bool close_due;  /* one will be, at the end of the frame that is passing */
    struct offer offer;
    struct deflate_params deflate;
    bool at_once;  /* what came last passed before it was decoded */
    bool sending;  /* a message from here is being sent in parts */
    bool dropping; /* the rest of one that comes in parts */
    bool lost;     /* of that one a part did not pass as it came: no more of its bytes do */

    /* Messages that come from it and wait */
    struct held_queue held;
    unsigned hold;           /* this many more are held; RELAY_HOLD_ALL: every one */
    struct held_queue aside; /* that are injected into what comes from it */
};

#define RELAY_HOLD_ALL UINT_MAX

enum conn_state {
    CONN_TLS,    /* the handshake of the listener's TLS */
    CONN_HTTP,   /* requests and answers */
    CONN_WS,     /* frames */
    CONN_ENDING, /* the last answer is written, and the client has to close */
    CONN_ENDED
};

struct relay_conn {
    struct relay *relay;
    struct relay_conn *prev, *next;
    uint32_t number, client;
    char address[64];
    /* While bytes that came are gone through: when they came, which is when all in them came; 0
     * otherwise. Reading the clocks costs more than a short message does. */
    uint64_t came_us;
    int64_t came_wall_us;
    struct relay_leg legs[2]; /* of the client, of the server */
    enum conn_state state;
    struct timer *timer; /* of what may not take forever */
    struct timer *due;   /* of messages that are late */
    bool refused;        /* by a fault, or while offline */

    struct dial_target dial_target;
    struct dial *dial;

    uint64_t accepted_us;
    bool answered; /* a request was */

    /* HTTP */
    char *target;               /* of the latest request */
    bool busy;                  /* a request is under way, */
    bool upgrade;               /* one for a WebSocket, */
    bool head_only;             /* a HEAD, */
    bool answering;             /* and the head of its answer has passed */
    int status;                 /* of it */
    struct http1_body up, down; /* the body of the request, and of the answer */
    uint64_t began_us;          /* the request */
    char *offers;               /* what the request says of extensions; owned, "" if nothing */
    char accept[29];            /* what Sec-WebSocket-Accept must be */

    /* The end of a WebSocket */
    uint64_t opened_us;          /* 0: none was open */
    struct decode_stack *decode; /* NULL: nothing is decoded */
    bool decided;
    bool reacted; /* after that, the client has ended its side as well */
    enum event_leg ended_by;
    struct event_close close;
    char reason[124];
};

struct relay {
    const struct relay_config *config;
    const struct bus *bus;
    struct relay_hooks hooks;
    void *ctx;
    uv_loop_t *loop;
    struct listener *listener;
    char *url;
    struct tls_context *tls; /* of the listener, or NULL */
    struct http_shared shared;
    struct url server; /* its host as DNS knows it */
    struct head_config head;
    char *host, *origin; /* of the server */
    struct relay_conn *first, *last;
    struct relay_conn *dead; /* ended, freed in the next turn */
    unsigned count;
    uint32_t numbers; /* given out */
    bool paused, freed, full_reported;
    bool layered; /* faults may act: connections have layers for them */
    struct timer *bury, *online;
    bool offline, silent;
    struct totals totals; /* of connections that have ended */
};

static inline struct relay_leg *relay_leg_client(struct relay_conn *c)
{
    return &c->legs[0];
}

static inline struct relay_leg *relay_leg_server(struct relay_conn *c)
{
    return &c->legs[1];
}

/* relay.c */
void relay_gone(struct relay_conn *c);

/* relayed.c */
/* Take the accepted socket. NULL: memory (it is closed). */
struct relay_conn *relayed_new(struct relay *r, int fd, uint32_t number);
void relayed_free(struct relay_conn *c);
/* Set the client, the connection and the times of an event. */
void relayed_stamp(const struct relay_conn *c, struct event *ev, enum event_leg leg);
struct event relayed_event(const struct relay_conn *c, enum event_kind kind, enum event_leg leg);
void relayed_emit(const struct relay_conn *c, const struct event *ev);
void relayed_note(const struct relay_conn *c, const char *text);
/* A failure such as no memory: report it and end. */
void relayed_break(struct relay_conn *c);
/* Note which side ended the WebSocket, and how; later calls change nothing. */
void relayed_decide(struct relay_conn *c, enum event_leg leg, enum close_by by, enum close_how how,
                    uint16_t code, struct slice reason);
/* Pass the request to the faults of a leg: path=, share= and only= depend on it. -1: memory. */
int relayed_scope(struct relay_leg *l);
/* End both legs, as they are. */
void relayed_end(struct relay_conn *c);
/* The same with a reset. */
void relayed_reset(struct relay_conn *c);
/* The stream of a leg has ended: link_read returned 0 or LINK_FAILED. */
void relayed_leg_ended(struct relay_leg *l, ssize_t result);
/* Write what waits on both legs, and do what is due then. */
void relayed_flush(struct relay_conn *c);

/* relay_leg.c */
void relay_leg_init(struct relay_leg *l, struct relay_conn *c, enum event_leg side);
void relay_leg_clear(struct relay_leg *l);
/* Take the link, and begin. -1 with *e (the link is freed). */
int relay_leg_attach(struct relay_leg *l, struct link *link, struct err *e);
/* Free link and pump. */
void relay_leg_detach(struct relay_leg *l);
/* Bytes to the leg, at once as far as they are taken. */
void relay_leg_put(struct relay_leg *l, const uint8_t *bytes, size_t n);
/* Write what waits. */
void relay_leg_write(struct relay_leg *l);
/* Nothing more will be put: end its outgoing side, after what waits. */
void relay_leg_finish(struct relay_leg *l);

/* upstream.c */
/* Connect to the server; relayed_flush follows, or an answer with the reason of the failure. */
void upstream_dial(struct relay_conn *c);
void upstream_cancel(struct relay_conn *c);

/* relayed_http.c */
void relayed_http_step(struct relay_conn *c);
void relayed_http_ended(struct relay_leg *l);
/* Answer the request in the server's place, and end. why: one sentence. */
void relayed_refuse(struct relay_conn *c, int status, const char *why);
void relayed_http_timeout(struct relay_conn *c);

/* relayed_ws.c */
/* Of the lowest and the highest layer of a leg. */
extern const struct layer_ops relayed_ws_bottom, relayed_ws_top;
/* Room to read into, and n bytes were read into it. NULL: memory. */
uint8_t *relayed_ws_space(struct relay_leg *l, size_t *room);
void relayed_ws_filled(struct relay_leg *from, uint8_t *bytes, size_t n);
/* Send a message, or a part of one, that came from that leg down to the other. */
void relayed_ws_forward(struct relay_leg *from, enum opcode type, struct slice data, bool first,
                        bool final);
/* Send a ping or pong down to the other. */
void relayed_ws_control(struct relay_leg *from, enum opcode opcode, struct slice data);
/* Send a message of our own as if it came from there, past the faults, uncompressed. */
void relayed_ws_inject(struct relay_leg *from, enum opcode type, struct slice data);
/* No message from there is under way, so another may be sent. */
bool relayed_ws_between(const struct relay_leg *from);
/* Send what l->ws has made. */
void relayed_ws_put_made(struct relay_leg *to);
/* Part of a frame from there has passed, and its end has not. */
bool relayed_ws_in_frame(const struct relay_leg *from);

/* relayed_walk.c */
/* Bytes of frames as they came, to the other leg. */
void relayed_pass(struct relay_leg *from, const uint8_t *bytes, size_t n);
void relayed_pass_buf(struct relay_leg *from, struct buf *b);
/* Go through n bytes, frame by frame. passed: they have gone to the other leg already. */
void relayed_walk(struct relay_leg *from, const uint8_t *bytes, size_t n, bool passed);
/* The same with the bytes that ws has used since the last time, out of those that have not passed.
 */
void relayed_walk_used(struct relay_leg *from);
/* A frame has begun, or a message has, and not ended. */
bool relayed_walk_is_within(const struct frame_walk *w);
/* Not decoded from here on: what is kept passes, if it can, and so does all that comes. */
void relayed_make_opaque(struct relay_leg *from);
/* Bytes that come after that. */
void relayed_pass_opaque(struct relay_leg *from, const uint8_t *bytes, size_t n);

/* relayed_ws_life.c */
/* The 101 with that head has been put to the client. */
void relayed_ws_open(struct relay_conn *c, const struct http1_head *head);
/* Frames that the end has cut pass as far as they came. */
void relayed_ws_ended(struct relay_leg *l);
/* The Close that waited for the end of a frame. */
void relayed_ws_settle_close(struct relay_leg *to);
/* A Close came from that leg, where one was made for it: whose turn is it to end the connection? */
void relayed_ws_closed(struct relay_leg *from);
/* A Close frame of our own to both sides. */
void relayed_ws_close(struct relay_conn *c, uint16_t code, struct slice reason, enum event_leg leg);
/* Faults may act from now on: layers are needed. */
void relayed_ws_add_layers(struct relay_conn *c);
void relayed_ws_count(const struct relay_conn *c, struct totals *sum);

/* relayed_rules.c */
void relayed_rules_message(struct relay_leg *from, const struct event_message *m);
/* Does the ping or pong pass? And a Close frame? */
bool relayed_rules_control(struct relay_leg *from, const struct event *ev);
bool relayed_rules_close(struct relay_leg *from);

/* relayed_held.c */
/* Keep the message until then. False: there is no room, so it is passed on. */
bool held_keep(struct relay_leg *from, enum opcode type, struct slice data, uint64_t due_us);
/* Send those that are due, and those that are injected, where they may be sent. */
void held_send_due(struct relay_conn *c);
unsigned held_release(struct relay_leg *from, unsigned count);
/* The stream has ended: send all that is held. */
void held_finish(struct relay_leg *from);
int held_inject(struct relay_leg *from, enum opcode type, struct slice data);
void held_clear(struct relay_leg *from);

#endif
