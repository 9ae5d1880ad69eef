/*
 * ws: the inside of channel_ws, shared by its files: ws_open (dial, handshake), ws_pump (bytes in
 * and out), ws_end (closing).
 */
#ifndef CHANNEL_WS_H
#define CHANNEL_WS_H

#include "channel/channel_ws.h"
#include "channel/refusal.h"
#include "net/pump.h"
#include "net/timer.h"

enum ws_state {
    WS_NEW,
    WS_DIALING,
    WS_UPGRADING, /* the request is being written, or the response read */
    WS_REFUSED,   /* reading the body of a response that was no 101 */
    WS_OPEN,      /* frames, until both Close frames or a failure */
    WS_LINGER,    /* all is said: waiting for the peer to hang up */
    WS_ENDED
};

struct ws {
    struct channel ch;
    const struct channel_ws_config *config;
    struct channel_shared *shared;
    enum ws_state state;
    bool paused;

    /* Opening */
    struct dial *dial;
    struct dial_target target;
    uint64_t began_us;
    uint64_t requested_us;
    struct handshake handshake;
    struct handshake_result agreed;
    struct buf request;  /* what is not written of it yet */
    struct buf incoming; /* the head, then a refused upgrade's body */
    size_t scanned;
    struct http1_head head; /* of a refused upgrade; points into head_bytes */
    struct buf head_bytes;
    struct http1_body body_framing;
    struct refusal refusal;
    uint64_t response_us;

    /* Open */
    struct link *link;
    struct wsconn *conn;
    uint64_t bytes_in, bytes_out; /* of the WebSocket streams */
    bool overfull;                /* pending went above CHANNEL_FULL; `drained` is due */
    bool write_dead;              /* a write failed: nothing more is written */
    uint64_t before_in_us;        /* the time of the last read but one */
    uint32_t out_part;            /* of the message that is being sent */
    uint64_t out_total, out_wire;
    enum opcode out_type;

    /* Closing */
    enum close_by by;
    enum close_how how;
    unsigned broken_rules; /* of the handshake, let pass */
    bool decided;          /* by, how, code, reason are set */
    uint64_t decided_us;
    uint64_t idle_in_us, idle_out_us; /* at that moment */
    uint16_t code;
    char reason[124];
    size_t reason_len;
    bool got_close_frame, sent_close_frame;
    uint64_t close_timeout_us; /* of our own Close; 0: there was none */
    bool fin_sent;             /* the link's outgoing side is ended */
    int errnum;
    uint64_t last_pong_us;
    struct err link_error; /* of the read or write that failed */

    struct pump *pump;   /* of the link, or NULL */
    struct timer *timer; /* for the opening, then for the closing */
};

/* The time and the channel into an event, and up with it. */
void ws_emit(struct ws *ws, struct event *ev);
/* An event of that kind, zeroed but for the header. */
struct event ws_event(const struct ws *ws, enum event_kind kind);
bool ws_wants(const struct ws *ws, enum event_kind kind);
void ws_on_timer(void *ctx);

/* ws_open.c */
int ws_open(struct channel *ch, struct err *e);
void ws_upgrade_readable(struct ws *ws);
/* Report EVENT_ERROR and end: the connection never was open. */
void ws_fail(struct ws *ws, const struct err *e);
/* The time for opening is over. */
void ws_open_timeout(struct ws *ws);

/* The stream ended before the connection was open; result as link_read's. */
void ws_upgrade_ended(struct ws *ws, ssize_t result);
void ws_refused(struct ws *ws);

/* ws_pump.c */
/* Put the link on the loop. -1 with *e. */
int ws_pump_start(struct ws *ws, struct err *e);
/* Write what the socket takes; returns what is left. */
size_t ws_write(struct ws *ws);
/* The same, and what is due when little or nothing is left; false if the link failed (the
 * connection has ended then). */
bool ws_flush(struct ws *ws);
/* See to it that what waits is written, and read if the link holds it, before the loop next sleeps.
 */
void ws_flush_soon(struct ws *ws);
/* Report what wsconn holds, until it needs more bytes or the channel is paused. */
void ws_drain(struct ws *ws);
/* A frame of ours went into the queue. */
void ws_report_sent(struct ws *ws, const struct event_frame *sent);

void ws_report_message(struct ws *ws, enum opcode type, struct slice data, bool first, bool final,
                       uint64_t wire);
/* Count raw bytes of the WebSocket stream, and show them where someone wants that. */
void ws_report_bytes(struct ws *ws, enum event_dir dir, const uint8_t *bytes, size_t n);

/* ws_end.c */
/* Something of our own failed (memory): report it and end. */
void ws_break(struct ws *ws, const char *what);
/* The last word is written: end the outgoing side where it is ours to do. */
void ws_say_farewell(struct ws *ws);
/* Note who ended it and how; the first call counts. */
void ws_decide(struct ws *ws, enum close_by by, enum close_how how, uint16_t code,
               struct slice reason);
void ws_close(struct channel *ch, uint16_t code, struct slice reason, uint64_t timeout_us);
void ws_abort(struct channel *ch, enum close_how how);
/* The stream came to its end or the link failed. */
void ws_stream_ended(struct ws *ws, ssize_t result);
/* Nothing more is to be said: end the outgoing side and wait for the peer's end. */
void ws_linger(struct ws *ws);
/* Report EVENT_CLOSE. */
void ws_end(struct ws *ws);
void ws_close_timeout(struct ws *ws);
/* Link, dial and timers go; the channel has ended. */
void ws_shut(struct ws *ws);

#endif
