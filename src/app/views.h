/*
 * views: the outputs and sinks that the options ask for, on one bus.
 */
#ifndef APP_VIEWS_H
#define APP_VIEWS_H

#include "cli/groups.h"
#include "event/bus.h"

struct views {
    struct out out; /* stdout */
    struct out err; /* stderr */
    struct bus bus;
};

/* What stdout carries. */
enum views_kind {
    VIEWS_DATA,  /* messages as lines, or the event stream; the rest is written to stderr */
    VIEWS_FORMS, /* the same, messages in the forms of the protocol above them */
    VIEWS_NONE,  /* nothing of the messages (--echo) */
    VIEWS_LOG,   /* the same, of a server: each line has its client's number */
    VIEWS_TALK,  /* the same, with the messages */
    VIEWS_RELAY, /* the same, of clients of another server */
    VIEWS_TOUR,  /* everything for the user, in order */
    VIEWS_REPL   /* nothing yet: `out` is in memory, and the REPL's screen adds its own view */
};

/* 0, or -1 with *e (memory). */
int views_init(struct views *v, const struct view_options *o, enum views_kind kind, struct err *e);
void views_clear(struct views *v);

/* How the options show things to the user on fd. messages: including messages received and sent. */
struct view_config views_config(const struct view_options *o, int fd, bool messages);

#endif
