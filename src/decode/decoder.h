/*
 * decoder: the functions of one protocol, a row for each. For the files of decode/,
 * and for the completions, which offer the keys.
 *
 * A decoder gets messages from the layer below it, emits items (what the user sees) and hands what
 * is inside to the layer above. Messages that it sends pass down through `wrap` of the layers
 * below.
 */
#ifndef DECODE_DECODER_H
#define DECODE_DECODER_H

#include "base/arena.h"
#include "decode/decode.h"
#include "decode/requests.h"

/* One decoder of one stack. */
struct decode_layer {
    const struct decoder *decoder;
    void *state; /* decoder->state bytes, zeroed at each opening */
    void *kept;  /* decoder->kept bytes, zeroed once for the stack; NULL: it keeps nothing */
    struct decode_stack *stack;
    unsigned depth; /* 0: directly above the WebSocket */
};

/* What is known when a protocol is recognised. */
struct decode_clue {
    const char *target, *subprotocol;
    enum event_dir dir;                   /* of the message */
    const struct decode_message *message; /* NULL: at the opening */
};

struct decoder {
    const char *name;  /* as --as spells it */
    const char *below; /* the decoder that carries it and is put below it; NULL: none needed */
    const char *const *subprotocols; /* NULL-terminated, best first; NULL: none */
    const char *const *keys;         /* accepted KEYs, NULL-terminated; NULL: none */
    const char *const *commands; /* words with a slash in its typed form, NULL-terminated; NULL */
    bool files;   /* @FILE among typed arguments is the content of a file, see typed.h */
    size_t state; /* bytes */
    size_t kept;  /* bytes that outlive a connection; only with an explicit name */

    /* The value of a key is accepted. 0, or -1 with *e. NULL: every value is. */
    int (*check)(const struct decode_key *key, struct err *e);
    /* `auto`: true only if it can be no plain feed. Each of `subprotocols` suffices without this.
     */
    bool (*recognise)(const struct decode_clue *clue);
    /* 1: the request's target was changed, see decode_target. */
    int (*target)(const struct decode_spec *spec, struct slice target, struct buf *out);
    /* A connection is open; state is zeroed. If it speaks, what it sends first. 0, or -1: memory.
     */
    int (*open)(struct decode_layer *l);
    /* Free what state owns. */
    void (*close)(struct decode_layer *l);
    /* Free what `kept` owns. */
    void (*forget)(void *kept);
    /* The user ends the connection: what the protocol sends before. 0, or -1: memory. */
    int (*leave)(struct decode_layer *l);
    /* A message from below, or on its way down. 0, or -1: memory. Malformed ones are an item. */
    int (*decode)(struct decode_layer *l, enum event_dir dir, struct decode_message m);
    /* A message of the layer above, in the form of this protocol: ends with decode_send. */
    int (*wrap)(struct decode_layer *l, struct decode_message m);
    /* The line of a user: ends with decode_send. 0, or -1 with *e. NULL: it displays only. */
    int (*encode)(struct decode_layer *l, enum decode_input input, struct slice line,
                  struct err *e);
    /* Send what is due. Returns the time of the next call, 0: never. Also called once after the
     * opening. */
    uint64_t (*tick)(struct decode_layer *l);
    /* The handshake is complete. NULL: there is none. */
    bool (*ready)(const struct decode_layer *l);
    /* Sentences, appended each with its NUL. 0, or -1: memory. */
    int (*findings)(struct decode_layer *l, struct buf *out);
    /* An item in the form of a pipe, as decode_piped; NULL: its data as they are. */
    int (*piped)(struct decode_layer *l, const struct event_decoded *item, struct buf *out);
    const char *(*close_name)(uint16_t code);
    const char *(*close_advice)(uint16_t code);
};

/* All of them, NULL-terminated: the one list. */
extern const struct decoder *const decoders[];
/* NULL: none has that name. */
const struct decoder *decoder_named(struct slice name);

/* --- what a decoder may call -------------------------------------------------------------------
 */

uint64_t decode_now(const struct decode_layer *l);
/* Memory that lasts until the next message. Once it failed, nothing comes of the message or line at
 * hand, so decoders need not look after each call. */
struct arena *decode_arena(struct decode_layer *l);
const struct decode_spec *decode_spec(const struct decode_layer *l);
/* The value of the n-th KEY of that name and decoder; NULL: there is none. */
const char *decode_spec_key(const struct decode_spec *spec, const struct decoder *decoder,
                            const char *name, unsigned n);
/* Path and query of the request, and the subprotocol ("" if none). */
const char *decode_target_of(const struct decode_layer *l);
const char *decode_subprotocol(const struct decode_layer *l);
/* The code of the Close frame with which the peer ended it, else 0. For findings. */
uint16_t decode_close_code(const struct decode_layer *l);
/* The layer has an explicit name and takes part. */
bool decode_takes_part(const struct decode_layer *l);
/* The value of a KEY; NULL: not given. The n-th of a repeated one. */
const char *decode_key_at(const struct decode_layer *l, const char *name, unsigned n);
static inline const char *decode_key(const struct decode_layer *l, const char *name)
{
    return decode_key_at(l, name, 0);
}

/* Emit an item: `as`, `layer` and the direction are filled in. Slices and fields must live in the
 * message or the arena. */
void decode_item(struct decode_layer *l, enum event_dir dir, const struct event_decoded *item);
/* Emit a malformed message: "not STOMP: no empty line after the headers". 0 or -1 (memory). */
int decode_bad(struct decode_layer *l, enum event_dir dir, struct slice data, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
/* What is inside, for the layer above; without one, it is an item of its own. 0 or -1. */
int decode_above(struct decode_layer *l, enum event_dir dir, struct decode_message m);
/* There is a layer above. */
bool decode_carries(const struct decode_layer *l);
/* To the peer, through the layers below. 0 or -1 (memory, or DECODE_SEND_MAX). */
int decode_send(struct decode_layer *l, struct decode_message m);
/* The same with a text from the arena; an empty one, and any after memory ran out, is not sent. */
int decode_send_text(struct decode_layer *l, struct slice text);

/* requests_ask now. Memory that ran out is as if the arena's had. */
int decode_ask(struct decode_layer *l, struct requests *r, enum event_dir dir, struct slice id,
               struct slice name);

/* The protocol ended the connection, see decode_ended; the first call on a connection decides. */
void decode_end(struct decode_layer *l, enum exit_code code, bool again, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The text if it is valid UTF-8, else a copy in the arena with U+FFFD for what is not. */
struct slice decode_text(struct decode_layer *l, struct slice bytes);
/* A copy of that in the arena: for the name of a request, which requests_answer lends. */
struct slice decode_copy(struct decode_layer *l, struct slice bytes);
/* A JSON string with that text, in the arena; empty if memory ran out. */
struct slice decode_quote(struct decode_layer *l, struct slice bytes);
/* One more field of an item (at most 64). Values need not be valid UTF-8. */
void decode_field(struct decode_layer *l, struct event_decoded *item, struct slice name,
                  struct slice value);
/* Set the data of an item: JSON if it is that, else text, else bytes; nothing if it is empty. */
void decode_body(struct event_decoded *item, struct slice data);

/* A slice of text that was printed into the arena; empty if memory ran out. */
struct slice decode_print(struct decode_layer *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Take the first word off a line: up to a blank, which is taken too. */
struct slice decode_word(struct slice *line);
/* A JSON string token as text in the arena; other tokens as they are. */
struct slice decode_unquote(struct decode_layer *l, struct slice token);

#endif
