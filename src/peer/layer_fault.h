/*
 * layer_fault: the faults of messages, control frames and Close frames, as a layer: it applies the
 * faults of its connection to what passes, and counts for those that act at the N-th message or
 * frame. Client, server and channels that only receive share it.
 */
#ifndef PEER_LAYER_FAULT_H
#define PEER_LAYER_FAULT_H

#include <uv.h>

#include "fault/faults.h"
#include "peer/layer.h"

struct layer_fault;

struct layer_fault_config {
    struct fault_conn *fault;   /* borrowed until EVENT_CLOSE is below the layer, or it is freed */
    enum event_channel channel; /* CHANNEL_WS: a cut at a message or frame ends it */
    uint32_t number;            /* of the connection, for its events */
    uint64_t start_us;          /* clock_mono_us at the program's start, for its events */
};

/* *f: the layer, or NULL where config->fault is NULL, for nothing is to go wrong. 0, or -1: memory.
 */
int layer_fault_new(struct layer_fault **f, uv_loop_t *loop,
                    const struct layer_fault_config *config);
/* Put it right above `below`. NULL is fine. */
void layer_fault_put(struct layer_fault *f, struct layer *below);
/* The connection is open, and its EVENT_OPEN reported: strike what strikes then. NULL is fine. */
void layer_fault_opened(struct layer_fault *f);
/* A fault has cut the connection: messages are not passed on any more. false for NULL. */
bool layer_fault_is_cut(const struct layer_fault *f);
/* Not from within an event. NULL is fine. */
void layer_fault_free(struct layer_fault *f);

#endif
