/*
 * decode: the protocols above the WebSocket message (Socket.IO, STOMP, MQTT and others). One stack
 * of decoders belongs to one connection: each message, in either direction, becomes what its
 * protocol calls it, and what a user types becomes messages. A stack that speaks also owes the peer
 * handshakes, heartbeats and acknowledgements.
 *
 * Pure: time is passed in (microseconds, of any monotonic clock), messages to be sent are collected
 * and fetched by the caller. Memory is bounded: DECODE_ITEMS_MAX items a message, DECODE_SEND_MAX
 * bytes that wait to be sent, and what each decoder documents.
 */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include "base/buf.h"
#include "event/bus.h"

/* Decoders in one stack: "sockjs+stomp" has two. */
#define DECODE_STACK_MAX 4
/* Things in one message: STOMP frames, MQTT packets, SignalR records. Further ones are counted, and
 * reported as one item that says so. */
#define DECODE_ITEMS_MAX 1024
/* Bytes of messages that wait to be sent. */
#define DECODE_SEND_MAX ((size_t)64 << 20)
/* KEY=VALUE pairs of one --as. */
#define DECODE_KEYS_MAX 16

struct decoder;
struct decode_stack;

struct decode_key {
    const struct decoder *decoder; /* whose it is */
    const char *name;
    const char *value;
};

/* What the user asked for: --as, and the options that belong to it. Strings are borrowed for the
 * life of the stacks made from it. Zeroed: `auto`. */
struct decode_spec {
    bool none;                                        /* no decoding */
    const struct decoder *decoders[DECODE_STACK_MAX]; /* lowest first */
    unsigned count;                                   /* 0: recognise, and only display */
    struct decode_key keys[DECODE_KEYS_MAX];
    unsigned key_count;
    const char *credentials; /* --auth, --init (JSON) or --login (USER[:PASS]); secret; or NULL */
    const char *variables;   /* --variables: JSON; or NULL */
    const char *auto_ack;    /* --auto-ack: JSON; or NULL */
};

/* Parse NAME[,KEY=VALUE]...[+NAME...], "auto" or "none" into *spec, of which only the first five
 * members are set. `text` is cut into pieces and must outlive the spec. 0; -1 with *e: a name or
 * key that does not exist (with the nearest one), a pair too many, memory. */
int decode_spec_parse(struct decode_spec *spec, char *text, struct err *e);

/* It has a decoder of that name. */
bool decode_spec_has(const struct decode_spec *spec, const char *name);

/* What a decoder must know of a connection. All borrowed for the call. */
struct decode_opening {
    const char *target;      /* path and query of the request */
    const char *subprotocol; /* as negotiated; "" if none */
};

/* A message, and how its bytes are to be read: OPCODE_TEXT or OPCODE_BINARY. */
struct decode_message {
    enum opcode opcode;
    struct slice data;
};

/* NULL: memory. spec is borrowed for the life of the stack. Directions are always those of the
 * client: DIR_OUT is to the server. takes_part: with an explicit name it speaks as the client;
 * without, and for an observer (a relay, a server's log), it only displays. */
struct decode_stack *decode_new(const struct decode_spec *spec, bool takes_part);
/* NULL is fine. */
void decode_free(struct decode_stack *stack);

/* A connection is open, the first one or another: states begin again. With an explicit name, what
 * the protocol sends first can be fetched afterwards. 0, or -1: memory; the stack then decodes
 * nothing. */
int decode_opened(struct decode_stack *stack, const struct decode_opening *opening,
                  uint64_t now_us);

/* Decode one whole message. Its items (0 or more) are valid until the next call with this stack.
 * With an explicit name, messages from the peer may make answers that can be fetched. Returns how
 * many items there are, 0 where nothing is recognised. */
size_t decode_message(struct decode_stack *stack, enum event_dir dir, struct decode_message message,
                      uint64_t now_us);
const struct event_decoded *decode_items(const struct decode_stack *stack);

/* The stack's name, "engine.io+socket.io"; NULL while nothing is recognised. Until the next
 * opening. */
const char *decode_name(const struct decode_stack *stack);
/* The next message may still be decoded: false once `auto` has given up, or with `none`. */
bool decode_is_on(const struct decode_stack *stack);
/* An explicit name was given: it takes part. */
bool decode_speaks(const struct decode_stack *stack);
/* @FILE among the arguments of a typed line is the content of a file: the caller puts it there. */
bool decode_takes_files(const struct decode_stack *stack);
/* What the user sends may be sent: false before the protocol's handshake is complete. */
bool decode_is_ready(const struct decode_stack *stack);

/* What a user entered: the typed form of a line, or the form it has in a pipe. */
enum decode_input { DECODE_TYPED, DECODE_PIPED };

/* Turn one line into messages, which can be fetched. 0; -1 with *e: it is not in that form (usage),
 * or memory. */
int decode_encode(struct decode_stack *stack, enum decode_input input, struct slice line,
                  uint64_t now_us, struct err *e);

/* The next message to be sent, if there is one; valid until the next call with this stack. A
 * message that was fetched and sent is then passed to decode_message as DIR_OUT, like every other
 * message. */
bool decode_fetch(struct decode_stack *stack, struct decode_message *message);

/* When decode_tick is next to be called; 0: never. */
uint64_t decode_due(const struct decode_stack *stack);
/* Heartbeats that are due can be fetched afterwards. */
void decode_tick(struct decode_stack *stack, uint64_t now_us);

/* The user ends the connection: what the protocol sends before (DISCONNECT) can be fetched
 * afterwards, before the Close frame is sent. */
void decode_leave(struct decode_stack *stack, uint64_t now_us);

/* The protocol ended the connection, although the WebSocket is open: the server disconnected or
 * refused the client, or its heartbeat is missing. Check it after decode_message and decode_tick.
 */
struct decode_ending {
    enum exit_code code;
    bool again; /* a client of this protocol connects again */
    char text[256];
};
/* NULL: it did not. Valid until the next opening. */
const struct decode_ending *decode_ended(const struct decode_stack *stack);

/* The connection is over; code: of the Close frame with which the peer ended it, else 0. Findings
 * depend on it. */
void decode_closed(struct decode_stack *stack, uint16_t code, uint64_t now_us);
/* One sentence after the other about the connection, each with a NUL: unanswered requests, answers
 * without a request, missed heartbeats and whose they were, the protocol's diagnosis. NULL after
 * the last. They live as long as the stack. */
const char *decode_finding(struct decode_stack *stack, unsigned index);
/* The protocol's own name of a close code, and what to do about it; NULL: it has none. Static. */
const char *decode_close_name(const struct decode_stack *stack, uint16_t code);
const char *decode_close_advice(const struct decode_stack *stack, uint16_t code);

/* Pass a message (EVENT_MESSAGE) to the bus, followed by its items. dir: that of the client. Parts
 * of messages are not decoded. A NULL stack adds no items. */
void decode_emit(struct decode_stack *stack, const struct bus *bus, struct event *ev,
                 enum event_dir dir);

/* Append the line that a pipe prints for an item, without a newline. 1: appended; 0:
 * a pipe does not show it (heartbeats, handshakes); -1: memory. */
int decode_piped(struct decode_stack *stack, const struct event_decoded *item, struct buf *out);

/* The names that --as accepts, in the order of the table; NULL past the end. Static. */
const char *decode_name_at(unsigned index);
/* The subprotocols an explicit stack offers, best first; NULL past the end. Static. */
const char *decode_subprotocol_at(const struct decode_spec *spec, unsigned index);
/* Subprotocols that a client offers for a stack; further ones are left out. */
#define DECODE_OFFERS_MAX 8
/* The typed form of an explicit stack has this word, such as "/join". */
bool decode_has_command(const struct decode_spec *spec, struct slice word);
/* The transport of Engine.IO: "upgrade" (from polling to a WebSocket), "websocket" or
 * "polling". NULL: it is not in the stack. Static, or of the spec. */
const char *decode_transport(const struct decode_spec *spec);
/* SignalR is in the stack, and has to be negotiated over HTTP first. */
bool decode_negotiates(const struct decode_spec *spec);
/* Change the path and query of a request to what the protocol needs (EIO=4&transport=websocket).
 * 1: *out has the new target; 0: it stays; -1: memory. */
int decode_target(const struct decode_spec *spec, struct slice target, struct buf *out);

#endif
