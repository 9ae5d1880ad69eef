/*
 * wsconn_private: shared only by the files of wsconn.
 *
 *   wsconn.c          the read buffer and the fast path for the most common messages
 *   wsconn_read.c     every other frame, step by step
 *   wsconn_inflate.c  the payload of a compressed message
 *   wsconn_rules.c    the rules for frames, each with its message
 *   wsconn_send.c     frames out
 *   wsconn_reply.c    the answers that the RFC requires
 */
#ifndef PROTO_WSCONN_PRIVATE_H
#define PROTO_WSCONN_PRIVATE_H

#include "proto/deflate.h"
#include "proto/message.h"
#include "proto/wsconn.h"

_Static_assert(MESSAGE_WHOLE == WSCONN_WHOLE, "one bound");

/* The most memory of each kind that is kept while it has no content. */
#define MEMORY_KEPT (4 * 1024 * 1024)

/* The read buffer: bytes[start .. end) have come and are not used up. */
struct read_buffer {
    uint8_t *bytes;
    size_t start, end, cap;
    size_t block;  /* what a read is offered at least */
    uint64_t base; /* offset of bytes[0] in the incoming stream */
};

/* What the bytes at the buffer's start are. */
enum read_step {
    STEP_HEADER,  /* a frame's header, perhaps not whole yet */
    STEP_CHECK,   /* payload of a frame whose header was not judged yet */
    STEP_PAYLOAD, /* payload of a frame that is under way */
    STEP_END      /* what follows a frame whose payload was used up, but which was not handed on */
};

/* How a frame's payload travels. */
enum read_route {
    ROUTE_UNDECIDED,
    ROUTE_CONTROL, /* waits in the read buffer until it is whole */
    ROUTE_WHOLE,   /* a whole message, too */
    ROUTE_STREAM,  /* a message too long for that: handed on in parts from the read buffer */
    ROUTE_GATHER,  /* a fragment: gathered in the message */
    ROUTE_INFLATE, /* inflated into the message */
    ROUTE_SKIP     /* lenient: a reserved opcode */
};

/* The rules after whose violation a lenient connection continues: each is reported once a frame. */
enum rule_bit {
    RULE_RSV = 1 << 0,
    RULE_OPCODE = 1 << 1,
    RULE_MASK = 1 << 2,
    RULE_MINIMAL = 1 << 3,
    RULE_CONTROL_FIN = 1 << 4,
    RULE_CONTROL_LENGTH = 1 << 5,
    RULE_SEQUENCE = 1 << 6,
    RULE_UTF8 = 1 << 7,
    RULE_CLOSE_BODY = 1 << 8,
    RULE_EMPTY = 1 << 10,
    RULE_WINDOW = 1 << 11,
    RULE_REPORTED = RULE_EMPTY | RULE_WINDOW, /* never ends the connection: its meaning is clear */
    RULE_FATAL = 1 << 9 /* any rule that ends the connection in lenient mode too */
};

struct frame_state {
    struct frame_header header;
    uint64_t offset; /* of the header in the stream */
    uint64_t done;   /* payload bytes used up */
    size_t unmasked; /* of those at the buffer's start: how many are clear */
    size_t checked;  /* and how many were checked as text */
    size_t gathered; /* ROUTE_GATHER, ROUTE_INFLATE: where its bytes begin in the message's */
    enum read_route route;
    unsigned reported; /* rule_bits */
    bool shown;        /* its EVENT_FRAME was made */
    bool inflating;    /* the last look at the inflater gave something, so there may be more */
};

struct violation {
    bool pending;
    bool fatal;
    const char *rule;
    uint64_t offset;
    uint16_t code;
    char message[400];
};

struct wsconn {
    struct wsconn_config config;
    struct rng *rng;
    struct wsconn_counters counters;

    struct read_buffer in;
    bool fast;           /* the fast path may be tried: between messages, nothing special on */
    uint64_t fast_limit; /* the longest payload it takes */
    uint8_t fast_mask;   /* what the second byte's mask bit must be, 0x80 or 0 */
    enum read_step step;
    struct frame_state frame;
    struct message message;
    struct inflater *inflater; /* made when it is first needed */
    struct violation violation;
    bool failed, close_received;

    struct buf out;
    struct deflater *deflater; /* made when it is first needed */
    struct buf deflated;       /* one piece, before its header is known */
    bool sending_compressed;   /* of the outgoing message */
    bool close_sent;
    size_t pongs;     /* bytes of the pongs that wait to be written, reckoned high */
    size_t pongs_end; /* when this much of the queue is written, they are counted again */
    bool pong_late;   /* a ping waits for its answer, in `late` */
    uint8_t late_len;
    uint8_t late[FRAME_CONTROL_MAX];
    uint8_t scratch[FRAME_CONTROL_MAX]; /* the control frame that a reply shows */
};

/* All that wsconn_next does beyond the fast path. */
int wsconn_read(struct wsconn *c, struct event *ev);

/* Beside the results of wsconn_next: the step was taken, look again. */
#define WSCONN_AGAIN 2

static inline uint64_t wsconn_payload_left(const struct wsconn *c)
{
    return c->frame.header.length - c->frame.done;
}

/* The buffer's start. */
static inline uint8_t *wsconn_payload(const struct wsconn *c)
{
    return c->in.bytes + c->in.start;
}

/* Payload bytes of the frame under way that are at the buffer's start, all of them unmasked. */
size_t wsconn_payload_here(struct wsconn *c);
/* n of them are used up. */
void wsconn_use(struct wsconn *c, size_t n);

/* The steps return what wsconn_next does, or WSCONN_AGAIN. */
/* More bytes are needed. A message passed on in parts delivers what it has, unless its frame is to
 * be shown first and may still become complete. */
int wsconn_wait(struct wsconn *c, struct event *ev);
/* A part, because no more can be gathered before it is passed on. */
int wsconn_give_part(struct wsconn *c, struct event *ev);
/* What is here of a compressed payload. */
int wsconn_inflate(struct wsconn *c, struct event *ev);

/* Check the header of the current frame. True if a violation is to be reported first: it is
 * pending, and in lenient mode the next call continues after it. The same for the others below. */
bool wsconn_rules_header(struct wsconn *c);

/* Judge a whole Close payload (RFC 6455, section 5.5.1). */
bool wsconn_rules_close(struct wsconn *c, const uint8_t *body, size_t n);

/* The text became impossible with `byte`. at: its offset in the stream; for inflated text, that of
 * the frame. position: its offset in the message. */
bool wsconn_rules_text(struct wsconn *c, uint8_t byte, uint64_t at, uint64_t position);
/* The message's last frame is there: does the text end with a whole character? */
bool wsconn_rules_text_end(struct wsconn *c);

/* Has the message grown beyond its bound while inflating? */
bool wsconn_rules_inflated_bound(struct wsconn *c);
/* Report a compressed message without a byte of data, and one that refers beyond the window that
 * was agreed. Neither ends the connection. */
void wsconn_rules_empty(struct wsconn *c);
void wsconn_rules_window(struct wsconn *c);
/* The message's data can't be inflated: always a breach. */
bool wsconn_rules_inflate_failed(struct wsconn *c);

#endif
