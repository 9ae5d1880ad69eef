/*
 * actioncable_private: the state of an Action Cable connection. For actioncable*.c.
 */
#ifndef DECODE_ACTIONCABLE_PRIVATE_H
#define DECODE_ACTIONCABLE_PRIVATE_H

#include "decode/beats.h"
#include "decode/decoder.h"
#include "decode/joining.h"
#include "decode/requests.h"

/* Subscriptions of ours that are known by their channel. */
#define ACTIONCABLE_SUBSCRIPTIONS_MAX 64

struct actioncable {
    bool welcome;
    struct beats beats;
    struct joining joining;
    struct requests requests; /* subscriptions that wait for their confirmation */
    char *identifiers[ACTIONCABLE_SUBSCRIPTIONS_MAX]; /* that we sent, the last one at the end */
    size_t count;
};

int actioncable_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                       struct err *e);

#endif
