/*
 * scale: extrapolates what was measured with one client to many, and finds where the channels cost
 * the same. Every figure is an estimate: it assumes that all minutes are like the measured one,
 * includes TCP's bytes but not the opening, and ignores the work of the server for a response.
 *
 * The model. At r updates a second, a push costs r b + k bytes a second: b is the measured cost of
 * an update, k the cost of keeping an idle connection alive. A poll every T seconds costs (H + p
 * d(T)) / T: H is what it was measured to add to a request, p the payload of an update as polls
 * carry it, d how many updates an answer shows: all that came (r T), or, where polls were measured
 * to miss some, one at most.
 */
#ifndef MEASURE_SCALE_H
#define MEASURE_SCALE_H

#include "measure/figures.h"

#define SCALE_CLIENTS_MAX 8
#define SCALE_ENOUGH      20 /* updates shown by two channels; with fewer nothing is concluded */
#define SCALE_KEEPALIVE_S 25 /* assumed: a ping and its pong (a comment, in SSE) so often */

struct scale_cell {
    bool known;
    double requests_s, bytes_s, segments_s;
    double connections;   /* held at a time */
    double connections_s; /* new ones a second */
};

struct scale_row {
    uint64_t clients;
    struct scale_cell cells[COMPARISON_CHANNELS_MAX];
};

/* A poll beside a push. */
struct scale_pair {
    bool known;
    unsigned poll, push; /* channels */
    double per_request;  /* H, bytes */
    double per_item;     /* p, bytes */
    double per_push;     /* b, bytes */
    double keepalive_s;  /* k, bytes a second, assumed */
    bool overwrites;     /* an answer shows one update at most */
    bool never;          /* no interval makes the poll as cheap: */
    double same_cost_s;  /* else the interval that does */
    double rate_below;   /* updates a second below which asking once for each costs fewer bytes than
                            holding a connection open; HUGE_VAL: at any rate */
};

struct scale {
    bool enough;     /* updates were shown by two channels often enough to conclude anything */
    uint64_t shared; /* the second best channel's updates */
    int best_push, best_poll; /* channels, or -1 */
    size_t row_count;
    struct scale_row rows[SCALE_CLIENTS_MAX];
    struct scale_pair pair; /* of best_poll and best_push */
    bool has_sse;           /* beside a WebSocket: */
    unsigned ws, sse;
    double sse_to_ws;      /* bytes a second at the measured rate */
    double sse_rate_below; /* updates a second below which SSE costs fewer bytes, pings included;
                              HUGE_VAL: at any rate; 0: never */
    char verdict[640];     /* one or two sentences, plain text */
};

/* clients: at most SCALE_CLIENTS_MAX numbers. */
void scale_make(struct scale *s, const struct figures *f, const uint64_t *clients, size_t count);

/* verdict.c: fills s->verdict from the rest. */
void scale_judge(struct scale *s, const struct figures *f);

#endif
