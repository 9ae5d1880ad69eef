/*
 * serve_private: the inside of wscope serve, shared by its files: serve (the run) and serve_lines
 * (what is typed).
 */
#ifndef VERB_SERVE_SERVE_PRIVATE_H
#define VERB_SERVE_SERVE_PRIVATE_H

#include "app/app.h"
#include "app/fault_rig.h"
#include "app/typing.h"
#include "app/views.h"
#include "serve/pubsub.h"
#include "serve/server.h"
#include "verb/serve/serve.h"

struct serve {
    struct sink watch; /* minds the outputs */
    struct app *app;
    const struct serve_options *own;
    struct views views;
    struct fault_rig faults;
    struct fault_rig redis_faults;
    struct pubsub_config pubsub; /* if own->pubsub */
    struct server *server;
    struct typing *typing; /* NULL: the log is written as it comes, and nothing is read */
    char prompt[32];
    bool stopped; /* all clients are gone; only outputs remain */
    enum exit_code code;
};

/* serve.c */
void serve_note(struct serve *s, const char *text);
/* Stop the server; again: at once. */
void serve_stop(struct serve *s);

/* serve_lines.c: as typing_hooks. */
void serve_line(void *ctx, struct slice line);
const char *serve_prompt(void *ctx);
void serve_complete(void *ctx, struct slice before, struct editor_completion *found);

#endif
