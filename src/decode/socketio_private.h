/*
 * socketio_private: the state of Socket.IO on one connection. For socketio*.c.
 */
#ifndef DECODE_SOCKETIO_PRIVATE_H
#define DECODE_SOCKETIO_PRIVATE_H

#include "decode/notes.h"
#include "decode/requests.h"
#include "decode/socketio_packet.h"

/* Namespaces of one connection that are followed. */
#define SOCKETIO_SPACES_MAX 64
/* Names, ids and offsets longer than this are not kept. */
#define SOCKETIO_NAME_MAX 128

enum space_state { SPACE_ASKED, SPACE_CONNECTED, SPACE_REFUSED, SPACE_LEFT };

/* What connection state recovery needs of a namespace, also on the next connection. */
struct socketio_past {
    char nsp[SOCKETIO_NAME_MAX];
    char pid[SOCKETIO_NAME_MAX];    /* "": the server offers no recovery */
    char offset[SOCKETIO_NAME_MAX]; /* of the last event; "": none had one */
    bool connected;                 /* once, and it was lost since or is connected */
};

struct socketio_space {
    enum space_state state;
    uint64_t asked_us; /* 0: nobody asked */
    struct socketio_past past;
    bool recovering; /* the CONNECT had the pid before */
};

/* Outlives connections. */
struct socketio_kept {
    struct socketio_past past[SOCKETIO_SPACES_MAX];
    unsigned count;
};

/* A packet whose attachments are still to come, in one direction. */
struct socketio_pending {
    unsigned wanted, got; /* wanted is 0: there is none */
    struct buf text, bytes;
    size_t *sizes; /* of `wanted` */
};

struct socketio {
    struct socketio_space spaces[SOCKETIO_SPACES_MAX];
    unsigned space_count;
    bool asked; /* our CONNECTs are sent */
    bool seen;  /* a packet was well formed */
    uint64_t next_id;
    struct requests requests;
    struct socketio_pending pending[2]; /* DIR_IN, DIR_OUT */
    struct notes notes;
};

/* A namespace as the server calls it: a query, which Socket.IO 2 has, is of its CONNECT alone. */
struct slice socketio_without_query(const char *nsp);
/* The namespace that lines go to. */
struct slice socketio_primary(const struct decode_layer *l);
/* Send a packet in the form of `parser`. */
int socketio_send(struct decode_layer *l, const struct socketio_packet *p);

/* NULL: it is not followed. */
struct socketio_space *socketio_space(struct socketio *s, struct slice nsp);
/* The key of an ack id in `requests`, in the arena: "12", "/admin,12". */
struct slice socketio_ack_key(struct decode_layer *l, struct slice nsp, struct slice id);

/* A text that is too long is not kept. */
void socketio_keep_text(char to[SOCKETIO_NAME_MAX], struct slice text);
/* It can be an offset of connection state recovery, and not only a string of the application. */
bool socketio_is_offset(struct slice text);
/* Name the namespace of an item, unless it is "/". */
void socketio_add_nsp(struct decode_layer *l, struct event_decoded *item, struct slice nsp);

/* Send CONNECT for a namespace, with --auth and what recovery needs. 0 or -1. */
int socketio_connect(struct decode_layer *l, const char *nsp);
/* Send CONNECT for what is asked for, unless that is done or it is too early. Returns when it is to
 * be tried again, 0: never. */
uint64_t socketio_connect_all(struct decode_layer *l);
/* CONNECT, DISCONNECT and CONNECT_ERROR passed. 0 or -1. */
int socketio_connected(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p);
int socketio_left(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p);
int socketio_refused(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p);

/* decoder->findings. */
int socketio_findings(struct decode_layer *l, struct buf *out);
/* decoder->encode. */
int socketio_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                    struct err *e);

#endif
