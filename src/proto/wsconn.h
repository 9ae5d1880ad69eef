/*
 * wsconn: one end of a WebSocket connection after the handshake (RFC 6455, sections 5 to 7; RFC
 * 7692), as bytes in and events out. No I/O, no clock. The same endpoint serves as client or
 * server.
 *
 * Reading:   p = wsconn_space(c, &room); read into it; wsconn_filled(c, n);
 *            while (wsconn_next(c, &ev)) { ... wsconn_reply(c, &ev, ...); }
 * Writing:   wsconn_send_...(); then write wsconn_pending() and report with wsconn_sent(n).
 *
 * wsconn_next sets ev->kind, ev->dir (DIR_IN) and the member of the union for it, nothing else, so
 * one struct event serves a whole batch. Kinds: EVENT_FRAME (only if wanted), EVENT_MESSAGE,
 * EVENT_PING, EVENT_PONG (matched is left false), EVENT_CLOSE_FRAME, EVENT_VIOLATION. Slices in it
 * are borrowed until the next call of wsconn_space, wsconn_feed, wsconn_next, wsconn_rest or
 * wsconn_free; sending does not touch them.
 *
 * Large messages: up to WSCONN_WHOLE bytes (after inflation) a message is one event; beyond that it
 * comes in parts as its bytes arrive, so memory is bounded by about WSCONN_WHOLE plus two read
 * blocks whatever the peer announces.
 */
#ifndef PROTO_WSCONN_H
#define PROTO_WSCONN_H

#include "base/buf.h"
#include "base/rng.h"
#include "proto/extension.h"
#include "proto/frame.h"

#define WSCONN_WHOLE (1024 * 1024)

enum wsconn_role { WSCONN_CLIENT, WSCONN_SERVER };

struct wsconn_config {
    enum wsconn_role role;
    struct deflate_params deflate; /* as agreed */
    uint64_t max_message;          /* bytes after inflation; 0: no bound */
    uint64_t max_frame;            /* payload bytes on the wire; 0: no bound */
    uint64_t max_fragments;        /* frames in a message; 0: no bound */
    size_t read_block;             /* bytes wsconn_space offers at least; 0: 256 KiB */
    struct spares *spares;         /* borrowed for the connection's life; NULL: it keeps its own */
    bool lenient;                  /* report violations and go on where a meaning remains */
    bool want_frames;              /* EVENT_FRAME for each frame that comes in */
};

struct wsconn_counters {
    uint64_t frames_in, frames_out;
    uint64_t messages_in, messages_out;
    uint64_t payload_in, payload_out; /* message bytes, before deflating and after inflating */
    uint64_t wire_in, wire_out;       /* bytes fed, bytes encoded */
    uint64_t pings_in, pings_out, pongs_in, pongs_out;
    uint64_t violations;
};

struct wsconn;

/* rng is borrowed for the connection's life. NULL: memory. */
struct wsconn *wsconn_new(const struct wsconn_config *config, struct rng *rng);
void wsconn_free(struct wsconn *c);

/* Where to put incoming bytes; *room is at least the read block. NULL: memory. */
uint8_t *wsconn_space(struct wsconn *c, size_t *room);
void wsconn_filled(struct wsconn *c, size_t n);
/* The same with a copy, for bytes that came with the handshake. 0 or -1 (memory). */
int wsconn_feed(struct wsconn *c, const uint8_t *bytes, size_t n);

/* Nothing is to be read or sent for now: hand memory without content to other connections. Pointers
 * of earlier events become invalid. */
void wsconn_rest(struct wsconn *c);

/* The next event: 1, 0 if more bytes are needed (or the connection has failed, or the peer's Close
 * was read: later bytes are ignored), -1 when memory is out. Text is validated as it arrives: a
 * violation comes at the first impossible byte, inside an unfinished frame too. After a fatal
 * violation nothing more comes. */
int wsconn_next(struct wsconn *c, struct event *ev);

/* Bytes that were fed and not yet used by wsconn_next. */
size_t wsconn_buffered(const struct wsconn *c);

/* The state of the incoming stream, for the post-mortem: inside a frame, how many of its payload
 * bytes have come and how many were announced. Returns false between frames. */
bool wsconn_in_frame(const struct wsconn *c, uint64_t *have, uint64_t *want);

/* A fatal violation was reported. */
bool wsconn_failed(const struct wsconn *c);

/*
 * Sending. All return 0, or WSCONN_CLOSED after our Close, WSCONN_FAILED if memory or random bytes
 * are unavailable (nothing was queued then). `sent`, if not NULL, is filled with the frame as sent
 * (payload: the caller's bytes).
 */
enum { WSCONN_CLOSED = -1, WSCONN_FAILED = -2 };

/* A message or a part of one: `first` begins it (only then type is used), `final` ends it.
 * Compressed if that was agreed (RSV1 on the first frame; pieces are flushed so that each part is
 * sent at once).
 */
int wsconn_send_message(struct wsconn *c, enum opcode type, struct slice data, bool first,
                        bool final, struct event_frame *sent);

/* Several whole messages. If one can't be sent, neither are those after it; *sent: how many were.
 */
int wsconn_send_all(struct wsconn *c, enum opcode type, const struct slice *messages, size_t count,
                    size_t *sent);

/* Ping or pong; data at most 125 bytes (the rest is cut). */
int wsconn_send_control(struct wsconn *c, enum opcode opcode, struct slice data,
                        struct event_frame *sent);

/* A Close frame; code 0 or 1005 sends an empty body; the reason is cut at 123 bytes between
 * characters. */
int wsconn_send_close(struct wsconn *c, uint16_t code, struct slice reason,
                      struct event_frame *sent);

/* Any frame, unchecked, even after our Close. Opcode 8 is our Close. */
int wsconn_send_frame(struct wsconn *c, const struct frame_spec *spec, struct slice payload,
                      struct event_frame *sent);

/* The answer that the RFC requires to an event of wsconn_next: a pong to a ping (if `pong`), the
 * echo of a Close, a Close with the violation's code. Returns 1 if a frame was queued (`sent`
 * filled, payload borrowed until the next call), 0 if none is due, or WSCONN_FAILED. While more
 * than 64 KiB of pongs wait to be written, only the latest ping is kept, and answered by
 * wsconn_reply_late. */
int wsconn_reply(struct wsconn *c, const struct event *ev, bool pong, struct event_frame *sent);
/* The pong that was put off, once the queue has drained: as wsconn_reply. Call after wsconn_sent.
 */
int wsconn_reply_late(struct wsconn *c, struct event_frame *sent);

/* What waits to be written; the slice is borrowed until the next call that sends. */
struct slice wsconn_pending(const struct wsconn *c);
void wsconn_sent(struct wsconn *c, size_t n);

const struct wsconn_counters *wsconn_counters(const struct wsconn *c);

#endif
