/*
 * screen: what the user of the REPL sees of the events: the human view, whose settings can change
 * while it runs, in front of it a gate that thins out floods of messages.
 */
#ifndef TERM_SCREEN_H
#define TERM_SCREEN_H

#include "event/bus.h"
#include "sink/view.h"
#include "term/scribe.h"
#include "term/sieve.h"
#include "term/thin.h"

#define SCREEN_FOLD 40 /* lines of a message that are shown at once */

struct screen {
    struct sink gate; /* on the bus */
    struct out *out;
    struct view_config config;
    struct sink *human;
    struct thin thin;
    struct sieve sieve;
    struct scribe *scribe;      /* /save; or NULL */
    enum sieve_verdict verdict; /* on the last message */
    struct buf status;          /* a line without its end, or empty */
    uint64_t period_messages;   /* since the last screen_tell, */
    uint64_t unseen;            /* and hidden by a flood that is not over */
    bool all;                   /* show every message */
    bool mute_own;              /* what is being sent was typed, or comes from a file */
    bool log;                   /* see screen_init_log */
    bool no_messages;
    bool resuming; /* what was held is shown */
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
/* Write what is shown to this file, too, instead of the former; NULL: no more. -1 with *e. */
int screen_save(struct screen *s, const char *path, struct err *e);
/* Write to the file what waits; a failure is shown. */
void screen_flush(struct screen *s);
/* Stop showing messages; or show those that came meanwhile, and go on. */
void screen_pause(struct screen *s, bool paused);
/* Show a message of the backlog again: laid out and not folded, or its first lines with the time.
 */
enum screen_kept { SCREEN_WHOLE, SCREEN_FOUND };
void screen_show_kept(struct screen *s, uint64_t number, enum screen_kept how);
/* A second has passed, or the end has come: renew s->status, what is to be known of messages that
 * are not shown, and say how many a flood has hidden once it is over. lines: the status is not
 * shown, so say it now. False: there is nothing to be known. */
bool screen_tell(struct screen *s, bool lines);
/* Messages are filtered or held. */
bool screen_is_partial(const struct screen *s);
/* screen_tell is due within a second. */
bool screen_has_news(const struct screen *s);
/* For a prompt: append " (grep)", " (paused)", perhaps with the number of hidden messages. */
void screen_put_state(const struct screen *s, struct buf *out, bool counts);

#endif
