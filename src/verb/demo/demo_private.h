/*
 * demo_private: the inside of wscope demo:
 *
 *   demo.c          its views, server and session, and their end
 *   demo_tour.c     the steps, one after the other
 *   demo_echo.h     the steps over the connection that echoes
 *   demo_drop.h     the step that resets a feed
 *   demo_compare.h  the step that compares, in a process of its own
 *   demo_repl.h     the prompt after the tour
 */
#ifndef VERB_DEMO_DEMO_PRIVATE_H
#define VERB_DEMO_DEMO_PRIVATE_H

#include "app/app.h"
#include "app/views.h"
#include "serve/server.h"
#include "verb/demo/demo_compare.h"
#include "verb/demo/demo_drop.h"
#include "verb/demo/demo_keys.h"
#include "verb/demo/demo_text.h"

struct demo {
    struct sink watch; /* on `events`: minds the steps, and hands on to the views */
    struct bus events; /* of the sessions */
    struct app *app;
    struct views views;
    struct bus silent; /* of the server: the tour shows the client's side */
    struct server *server;
    struct url url;
    struct session *session;
    struct demo_drop drop;
    bool dropping; /* drop is to be cleared */
    struct demo_compare compare;
    struct totals totals; /* of sessions before this one */
    uv_timer_t next;      /* the step is over: begin the next in a separate turn */
    uv_timer_t limit;
    struct demo_keys keys;
    size_t step;
    bool on_terminal; /* someone reads along, and is offered a prompt afterwards */
    bool left;        /* and ended the tour */
    bool failed, finished;
    bool reported; /* an error was */
    enum exit_code code;
};

/* demo_tour: begin the step that is next. */
void demo_begin(struct demo *d);
/* Of the terminal's user: the next step, and the end of the tour. */
void demo_go_on(void *ctx);
void demo_leave(void *ctx);
/* An event of a session, for d->watch. */
void demo_take(struct sink *sink, const struct event *ev);
/* Of the sessions. Returns hooks. */
const struct session_hooks *demo_hooks(struct demo *d, struct session_hooks *hooks);
void demo_put_text(struct demo *d, enum demo_text which);

#endif
