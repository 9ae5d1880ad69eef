/*
 * peer_private: the inside of peer, shared by its files: peer (life, what is sent), peer_turn
 * (bytes in and out, and the events that come of them), peer_end (closing).
 */
#ifndef PEER_PEER_PRIVATE_H
#define PEER_PEER_PRIVATE_H

#include "net/pump.h"
#include "net/timer.h"
#include "peer/peer.h"

enum peer_state {
    PEER_OPEN,   /* until both Close frames or a failure */
    PEER_LINGER, /* everything is sent: waiting for the other side to close */
    PEER_ENDED
};

struct peer {
    struct layer layer; /* the lowest */
    struct peer_config config;
    enum peer_state state;
    struct link *link;
    struct pump *pump;
    struct timer *timer; /* of the closing */
    struct wsconn *conn;
    struct buf lead; /* what is not written of it yet */
    bool paused;
    bool overfull;   /* pending went above PEER_FULL; `drained` is due */
    bool write_dead; /* a write failed: nothing more is written */
    bool broken;     /* memory or random numbers ran out: it ends in the next turn */

    uint64_t bytes_in, bytes_out; /* of the WebSocket streams */
    uint64_t before_in_us;        /* the time of the last read but one */
    uint32_t out_part;            /* of the message that is being sent */
    uint64_t out_total, out_wire;
    enum opcode out_type;

    /* The end */
    bool decided; /* by, how, code, reason are set */
    enum close_by by;
    enum close_how how;
    uint16_t code;
    char reason[124];
    size_t reason_len;
    uint64_t decided_us;
    uint64_t idle_in_us, idle_out_us; /* at that moment */
    bool got_close_frame, sent_close_frame;
    uint64_t close_timeout; /* of our own Close; 0: none */
    bool fin_sent;          /* the link's outgoing side is ended */
    int errnum;
    uint64_t last_pong_us;
    struct err link_error; /* of the read or write that failed */
};

/* An event of that kind, zeroed but for the header. */
struct event peer_event(const struct peer *p, enum event_kind kind);
bool peer_wants(const struct peer *p, enum event_kind kind);

/* peer_turn.c */
extern const struct pump_hooks peer_hooks;
/* A frame of ours went into the queue. */
void peer_report_sent(struct peer *p, const struct event_frame *sent);
void peer_report_message(struct peer *p, const struct outgoing *out, uint64_t wire);
/* Count raw bytes of the WebSocket stream, and show them where that is wanted. */
void peer_report_bytes(struct peer *p, enum event_dir dir, const uint8_t *bytes, size_t n);
/* Write now what the socket takes. */
void peer_write(struct peer *p);
/* See to it that what waits is written before the loop next waits. */
void peer_flush_soon(struct peer *p);
/* Report what wsconn holds, until it needs more bytes or the peer is held up. */
void peer_drain(struct peer *p);

/* peer_end.c */
int peer_close(struct peer *p, const struct outgoing *close);
void peer_abort(struct peer *p, enum close_how how);
/* Note who ended it and how; only the first call has an effect. */
void peer_decide(struct peer *p, enum close_by by, enum close_how how, uint16_t code,
                 struct slice reason);
/* Something of our own failed: report it and end. */
void peer_break(struct peer *p);
/* The stream ended (0) or the link failed. */
void peer_stream_ended(struct peer *p, ssize_t result);
/* Nothing more is to be sent: end the outgoing side if that is up to us, and wait for the other
 * side's end. */
void peer_linger(struct peer *p);
/* The time for the end is over. */
void peer_on_timeout(void *ctx);
/* The last word is written. */
void peer_farewell(struct peer *p);

#endif
