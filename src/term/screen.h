/*
 * screen: what the user of the REPL sees of the events: the human view, whose settings can change
 * while it runs, in front of it a gate that thins out floods of messages.
 */
#ifndef TERM_SCREEN_H
#define TERM_SCREEN_H

#include "event/bus.h"
#include "sink/view.h"
#include "term/thin.h"

struct screen {
    struct sink gate; /* on the bus */
    struct out *out;
    struct view_config config;
    struct sink *human;
    struct thin thin;
    bool all;      /* show every message */
    bool mute_own; /* what is being sent was typed, or comes from a file */
    bool log;      /* see screen_init_log */
    bool no_messages;
};

/* 0, or -1 (memory). out is borrowed. The screen is part of its owner and outlives the bus. */
int screen_init(struct screen *s, struct out *out, const struct view_config *config,
                struct bus *bus);
/* The same for the log of a server, whose settings do not change: of messages it shows those that
 * came in. */
int screen_init_log(struct screen *s, struct out *out, const struct view_config *config,
                    struct bus *bus);
void screen_clear(struct screen *s);

/* Change how things are shown; a setting that fails for lack of memory is not changed. */
void screen_configure(struct screen *s, const struct view_config *config);
/* Show one event in full, whatever the settings. */
void screen_replay(struct screen *s, const struct event *ev);
/* Text of our own that may quote anyone: made safe. */
void screen_say(struct screen *s, struct slice text);
/* Show how many were omitted since the last time; false if none were. */
bool screen_tell_hidden(struct screen *s);

#endif
