/*
 * reaction: what a peer made of a frame. Watches events for a second after it was sent, and puts
 * what happened into a sentence. Pure: the caller brings the time.
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
    uint64_t message_us; /* how long the first message took to come; 0: none came */
};

/* A frame of this opcode goes out now. */
void reaction_begin(struct reaction *r, uint8_t opcode, uint64_t now_us);
/* Something happened: true and the sentence, if that is the reaction. What is quoted of the peer is
 * not made safe. */
bool reaction_event(struct reaction *r, const struct event *ev, uint64_t now_us,
                    char text[REACTION_TEXT]);
/* Time has passed: true and the sentence when it is up. */
bool reaction_due(struct reaction *r, uint64_t now_us, char text[REACTION_TEXT]);

#endif
