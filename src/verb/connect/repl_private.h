/*
 * The inside of the REPL, shared by its files: repl (life and the loop), repl_input (what is
 * typed), repl_hooks (what the commands require from the front end), repl_options (what later
 * connections are made with), repl_prompt.
 */
#ifndef VERB_CONNECT_REPL_PRIVATE_H
#define VERB_CONNECT_REPL_PRIVATE_H

#include "app/app.h"
#include "app/fault_rig.h"
#include "app/feeder.h"
#include "app/target.h"
#include "app/views.h"
#include "command/command.h"
#include "sink/transcribe.h"
#include "term/console.h"
#include "verb/connect/repl.h"

enum {
    REPL_ALARM,   /* of the commands */
    REPL_COUNT,   /* the prompt counts down */
    REPL_COMPARE, /* a comparison has ended */
    REPL_TIMERS
};

struct repl_option;

struct repl {
    struct app *app;
    uv_loop_t *loop; /* its */
    struct views views;
    struct screen screen;
    struct history *history;
    struct console console; /* has the editor */
    struct commands commands;
    struct target *target;
    struct target *former;       /* of the session that is being freed */
    struct target *next;         /* connect there once the connection is closed */
    struct repl_option *options; /* set at the prompt, the latest first */
    bool reopen;                 /* connect again once it is closed: to `next` if there is one */
    struct session *session;
    struct fault_rig faults;
    struct feeder feeder;
    struct pipe_options feeder_options;
    bool fed;
    uv_timer_t timers[REPL_TIMERS];
    uv_signal_t *stop_signal; /* SIGTSTP */
    enum session_state seen;  /* by the last turn */
    unsigned handles;
    struct transcribe *transcribe; /* --record: on the bus, which frees it; or NULL */
    struct out transcribe_out;
    int transcribe_fd;              /* or -1 */
    bool transcribe_failed;         /* which was reported */
    struct repl_compare *comparing; /* or NULL */
    struct buf again;               /* the last message typed */
    bool editing;                   /* another program has the terminal */
    char prompt[512];
    bool stop;     /* ^Z was pressed */
    bool resumed;  /* the process continues after others stopped it */
    bool stopping; /* we stopped ourselves: ignore the SIGCONT to come */
    bool leaving;
    bool finishing; /* no line is read any more */
    int code;       /* the exit code if something of ours decided it, else -1 */
};

/* repl_input.c */
/* A line was typed. */
void repl_line(struct repl *r, struct buf *line);
/* As command_hooks.line; and ^X^E: edit this line, and take it as typed. */
int repl_line_again(void *ctx, enum command_typed what, const char *args, struct err *e);
void repl_edit(struct repl *r, struct buf *line);
void repl_complete(void *ctx, struct slice before, struct editor_completion *found);
void repl_say_error(struct repl *r, const struct err *e);

/* Decode according to --hex or --base64. -1 with *e. */
int repl_decode(const struct pipe_options *o, struct slice text, struct buf *bytes, struct err *e);

/* repl_transcribe.c: all but the first do nothing without --record. */
int repl_transcribe_begin(struct repl *r, struct err *e);
void repl_transcribe_sent(struct repl *r, enum opcode type, struct slice data);
/* As command_hooks.alias. */
int repl_alias(void *ctx, const char *args, struct err *e);
/* A line was done: "name arguments". */
void repl_transcribe_command(struct repl *r, const char *line);
/* What -e sends, before it is sent. */
void repl_transcribe_sends(struct repl *r);
void repl_transcribe_end(struct repl *r);
/* After the bus, and with it the sink, is gone. */
void repl_transcribe_clear(struct repl *r);

/* repl_options.c: what was set at the prompt for later connections. As command_hooks.option. */
int repl_option(void *ctx, const char *name, const char *value, struct err *e);
/* A target for this URL, or one relative to that of the session ("/feed"), with what was set for
 * its server; NULL: for the same URL again. NULL with *e. */
struct target *repl_target(struct repl *r, const char *url, enum event_channel kind, struct err *e);
void repl_options_clear(struct repl *r);

/* repl_prompt.c: as editor_hooks.prompt. */
const char *repl_prompt(void *ctx);

/* repl_compare.c: as command_hooks.compare. */
int repl_compare(void *ctx, const struct command_compare *ask, struct err *e);
/* Stop measuring, and show the result, or that there is none. The channels close, which takes a
 * moment; then r->comparing is NULL. */
void repl_compare_end(struct repl *r, bool tell);
/* Drop it now; the rest is freed in later turns of the loop, counted in r->handles. */
void repl_compare_drop(struct repl *r);

/* repl_hooks.c */
extern const struct command_hooks repl_hooks;
/* The commands' alarm, or the session takes more. */
void repl_wake(struct repl *r);

/* repl.c */
void repl_leave(struct repl *r);
/* Connect as soon as nothing is open: to next (taken; NULL: where the last one went). */
void repl_reopen(struct repl *r, struct target *next);

#define REPL_MAX_MESSAGE (64ull * 1024 * 1024)

#endif
