/*
 * message: the message being received (RFC 6455, sections 5.4 and 8.1): its bytes as far as they
 * are gathered, the state of its UTF-8, and how it is passed on, whole or in parts.
 *
 * Bytes come either through message_append (gathered here) or, if a whole frame is in the read
 * buffer or is passed on directly from it, are only checked and counted here.
 */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include "base/buf.h"
#include "base/utf8.h"
#include "event/event.h"

#define MESSAGE_WHOLE (1024 * 1024)                /* the longest message handed on whole */
#define MESSAGE_HELD  (MESSAGE_WHOLE + 256 * 1024) /* the most that is ever gathered */

struct message {
    struct buf gathered;
    struct utf8 utf8;
    enum opcode type;
    bool open;          /* begun and not finished */
    bool compressed;    /* RSV1 was set on its first frame */
    bool unchecked;     /* lenient: the text is invalid and continues as received */
    uint32_t part;      /* parts handed on so far */
    uint64_t fragments; /* frames so far */
    uint64_t wire;      /* bytes on the wire so far */
    uint64_t total;     /* bytes that have come, after inflation */
    uint64_t given;     /* bytes of them handed on */
    size_t lent;        /* gathered bytes that an event points to, dropped by message_release */
};

void message_init(struct message *m);
void message_clear(struct message *m);

/* A first frame was received. What was gathered of an earlier message is discarded. */
void message_begin(struct message *m, enum opcode type, bool compressed);

/* The next n bytes, in order: n if they may belong to the message, else the offset of the byte that
 * makes the text impossible. Binary messages and unchecked text are always fine. */
size_t message_check(struct message *m, const uint8_t *bytes, size_t n);

/* True if the message may end here, that is between two characters. */
bool message_complete(const struct message *m);

/* Bytes at the end of what has come that begin a character and wait for its rest, 0 to 3. */
size_t message_unfinished(const struct message *m);

/* Gather n bytes, at most message_room. 0, or -1: out of memory (nothing changed). */
int message_append(struct message *m, const uint8_t *bytes, size_t n);
size_t message_room(const struct message *m);

/* True if a part must be passed on before more can be gathered. */
bool message_full(const struct message *m);

/* True if a part could be handed on now, so that one who waits sees what has come. */
bool message_flushable(const struct message *m);

/* Make the event of a part or (final) of the message's end out of what is gathered, which is lent
 * until message_release. A part ends between characters. The final one closes the message. */
void message_give(struct message *m, struct event *ev, bool final);

/* The same for bytes that lie elsewhere. */
void message_give_slice(struct message *m, struct event *ev, struct slice data, bool final);

/* Drop what the last event lent. */
void message_release(struct message *m);

#endif
