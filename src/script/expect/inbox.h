/*
 * inbox: what was received on a connection and not yet examined, copied so that it can wait for an
 * expectation. Each class has its own order: a ping between two messages does not matter. Fed with
 * events; pure but for memory, which is bounded.
 */
#ifndef SCRIPT_EXPECT_INBOX_H
#define SCRIPT_EXPECT_INBOX_H

#include "base/buf.h"
#include "event/event.h"

enum came_class {
    CAME_MESSAGES,
    CAME_DECODED,
    CAME_CONTROL,
    CAME_FRAMES,
    CAME_LIFE,
    CAME_GAPS,
    CAME_CLASSES
};

struct came {
    struct came *next;
    enum event_kind kind; /* message, decoded, ping, pong, frame, open, close, error, response, gap,
                             violation */
    uint64_t at_us;       /* of the event */
    uint32_t conn;
    uint8_t opcode; /* message, frame */
    bool fin;       /* frame */
    uint8_t rsv;
    bool masked;
    int code; /* of a close; the status of a response; the stage of an error */
    enum close_by by;
    enum close_how how;
    enum decoded_role role; /* decoded, */
    const char *name;       /* its name, or "" */
    size_t name_len;
    uint64_t from, to, count; /* gap */
    uint64_t length;          /* bytes of all of it: the data of a frame may be cut */
    size_t len;
    char data[]; /* the payload; of what was decoded its data; of a close the reason, of an open the
                    subprotocol, of an error or violation its sentence, of a response the fields,
                    each "Name: value" and a newline. A NUL follows it. */
};

struct inbox {
    struct inbox_queue {
        struct came *first, **last;
    } queues[CAME_CLASSES];
    size_t count, bytes;
    size_t max_count, max_bytes;
    bool frames;           /* keep frames too, */
    bool decoded;          /* and what the protocol above the messages makes of them */
    bool missed;           /* memory ran out: something that came is not here */
    struct came *response; /* the last one; not in a queue */
    struct came *ended;    /* how the last attempt or connection ended; NULL while one is on */
    struct came
        *broken; /* the rule that the peer broke, so that this end fails the connection; NULL */
    struct came
        *matched; /* the last message, or what was decoded from one, that an expectation took */
    enum opcode part_type; /* of the message that is coming in parts */
    struct buf part;
    bool part_lost; /* it became too large */
};

/* The events it looks at; frames only if `frames`, what was decoded only if `decoded`. */
#define INBOX_WANTS                                                                   \
    (EVENT_BIT(EVENT_RESPONSE) | EVENT_BIT(EVENT_VIOLATION) | EVENT_BIT(EVENT_OPEN) | \
     EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_DECODED) | EVENT_BIT(EVENT_PING) |    \
     EVENT_BIT(EVENT_PONG) | EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_GAP) |          \
     EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_RETRY))

void inbox_init(struct inbox *in, size_t max_count, size_t max_bytes);
void inbox_clear(struct inbox *in);

/* Keep what was received, even beyond the limits: see inbox_full. */
void inbox_event(struct inbox *in, const struct event *ev);
/* The inbox is full: no more should be read until some of it was taken. */
bool inbox_full(const struct inbox *in);
/* Forget all that waits. */
void inbox_drop(struct inbox *in);
/* Another connection begins: forget all of the last one, but for the message that was matched. */
void inbox_forget(struct inbox *in);

/* Take it out: came_free it, or inbox_matched. NULL: there is none. Messages and what was decoded
 * from them are the same twice: of a full inbox, where one kind has been looked through, the other
 * is forgotten. */
struct came *inbox_take(struct inbox *in, enum came_class which);
void came_free(struct came *c);
/* An expectation took this message (owned from here on). */
void inbox_matched(struct inbox *in, struct came *c);

static inline struct slice came_data(const struct came *c)
{
    return slice_make(c->data, c->len);
}
/* "text", "binary", "ping", "close", "status" ... Static. */
const char *came_name(const struct came *c);

#endif
