/*
 * layer_fault_private: the inside of layer_fault, shared by its files: layer_fault (time, counting,
 * what strikes), layer_fault_message (messages that are dropped, doubled or held) and
 * layer_fault_pong.
 */
#ifndef PEER_LAYER_FAULT_PRIVATE_H
#define PEER_LAYER_FAULT_PRIVATE_H

#include "base/buf.h"
#include "base/clock.h"
#include "net/timer.h"
#include "peer/layer_fault.h"

/* Pongs that are late at the same time; more are dropped. */
#define LATE_MAX 16

struct late_pong {
    uint64_t due_us;
    enum event_dir dir;
    uint8_t len;
    uint8_t data[125];
};

/* A message that waits for the next one to go first. */
struct held {
    bool there;
    uint64_t due_us;
    struct buf data;
};

struct layer_fault {
    struct layer layer;
    struct layer_fault_config config;
    struct fault_conn *fault; /* NULL: the connection has ended */
    struct timer *timer;
    uint64_t messages;
    bool paused;
    bool closing; /* what still comes in is let through, so that chance ends where the user did */
    bool cut;     /* nothing more is read, and the end comes in the next turn */
    uint16_t close_code; /* a Close with this code is due; 0: none */
    char close_reason[FAULT_REASON];
    bool dropping_in, dropping_out; /* the rest of a message that comes in parts */
    bool within_in, within_out;     /* between such parts, where no other message may go */
    struct held in, out;
    struct event in_event; /* of in: its strings are in the buffer, after the message */
    size_t in_id_len;
    struct outgoing out_request; /* of out */
    struct late_pong late[LATE_MAX];
    unsigned late_count;
};

/* Wait for what is due first; with every change of what waits. */
void layer_fault_set_timer(struct layer_fault *f);
/* An event of ours that came in just now, zeroed but for the header. */
struct event layer_fault_event(const struct layer_fault *f, enum event_kind kind);
void layer_fault_pass_up(struct layer_fault *f, struct event *ev);
/* The end, in a separate turn. */
void layer_fault_cut(struct layer_fault *f);
/* A frame came in, and a message with it or not. */
void layer_fault_count(struct layer_fault *f, bool message);
/* The same for what was sent: whatever strikes then strikes after it was written. */
void layer_fault_count_sent(struct layer_fault *f, bool message);

/* layer_fault_message.c */
void layer_fault_messages_init(struct layer_fault *f);
void layer_fault_messages_clear(struct layer_fault *f);
void layer_fault_message_in(struct layer_fault *f, struct event *ev);
int layer_fault_send_message(struct layer_fault *f, const struct outgoing *out);
int layer_fault_send_batch(struct layer_fault *f, const struct outgoing *out);
/* When what is held may go; UINT64_MAX: nothing is, or not yet. */
uint64_t layer_fault_in_due(const struct layer_fault *f);
uint64_t layer_fault_out_due(const struct layer_fault *f);
/* Pass on now what is held, if anything. */
void layer_fault_release_in(struct layer_fault *f);
void layer_fault_release_out(struct layer_fault *f);

/* layer_fault_pong.c */
void layer_fault_ping_in(struct layer_fault *f, struct event *ev);
void layer_fault_pong_in(struct layer_fault *f, struct event *ev);
/* Those that are due, in the order they came. */
void layer_fault_late_pongs(struct layer_fault *f);

#endif
