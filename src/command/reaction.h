/*
 * reaction: how a peer reacted to a frame. Watches events for a second after it was sent, and
 * describes the reaction. Pure: the caller passes the time.
 */
#ifndef COMMAND_REACTION_H
#define COMMAND_REACTION_H

#include "event/event.h"

#define REACTION_US   1000000
#define REACTION_TEXT 512

struct reaction {
    bool watching;
    bool ping; /* the frame was a ping: a pong answers it */
    uint64_t since_us;
    uint64_t message_us; /* the time until the first message; 0: none */
};

/* A frame of this opcode is sent now. */
void reaction_begin(struct reaction *r, uint8_t opcode, uint64_t now_us);
/* An event: true and the description, if it is the reaction. Quotes from the peer are not made
 * safe. */
bool reaction_event(struct reaction *r, const struct event *ev, uint64_t now_us,
                    char text[REACTION_TEXT]);
/* Time has passed: true and the sentence when it is up. */
bool reaction_due(struct reaction *r, uint64_t now_us, char text[REACTION_TEXT]);

#endif
