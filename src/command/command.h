/*
 * command: the commands of the REPL. One constant table; they act on a session, with hooks for what
 * only the front end can do.
 *
 * Nothing here prints: answers are passed to hooks->say, which must make them safe for a terminal,
 * because they may quote the peer.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "command/asked.h"
#include "command/conninfo.h"
#include "command/reaction.h"
#include "command/transfer.h"
#include "session/session.h"

/* What can change while the program runs. The value is the place of a word among its words. */
enum setting {
    SETTING_LEVEL,
    SETTING_INCLUDE,
    SETTING_PINGS,
    SETTING_ALL, /* every message is shown, however many there are */
    SETTING_TIMESTAMPS,
    SETTING_PRETTY,
    SETTING_COLOR,
    SETTING_HEX, /* binary messages as digits rather than a dump */
    SETTING_SECRETS,
    SETTING_COUNT
};

struct setting_row {
    const char *name;
    const char *words; /* "off|on": value 0, value 1 ... */
    const char *help;
};
const struct setting_row *setting_row(enum setting which);
/* The i-th word of a list "a|b|c"; empty after the last one. */
struct slice setting_word(const char *words, unsigned i);

#define COMMAND_COMPARE_EVERY 8

/* What /compare requests: channels in addition to the session, for this long. Without URLs those
 * known to the front end. */
struct command_compare {
    char *poll, *sse; /* URLs, or NULL */
    char *id, *time;  /* JSON Pointers, valid, or NULL */
    uint64_t every_us[COMMAND_COMPARE_EVERY];
    size_t every_count; /* 0: the usual interval */
    uint64_t for_us;
};

/* Commands about the messages that are shown. */
enum command_view {
    COMMAND_VIEW_GREP,
    COMMAND_VIEW_PAUSE,
    COMMAND_VIEW_LAST,
    COMMAND_VIEW_FIND,
    COMMAND_VIEW_SAVE,
    COMMAND_VIEW_COPY,
    COMMAND_VIEW_CLEAR
};

enum command_typed { COMMAND_LINE_AGAIN, COMMAND_LINE_EDIT };

struct command_hooks {
    /* An answer: whole lines, each ending in a newline. */
    void (*say)(void *ctx, struct slice text);
    /* Show an event again, whatever is being shown otherwise. */
    void (*replay)(void *ctx, const struct event *ev);
    /* Close what is open and connect: to url, or to the same again (NULL). -1 with *e. */
    int (*connect)(void *ctx, const char *url, struct err *e);
    /* The same, but to poll that URL, or listen to its events if it begins with "sse+". NULL: can't
     * be done here. */
    int (*poll)(void *ctx, const char *url, struct err *e);
    /* Compare; ask is borrowed for the call. NULL: end the comparison that runs. -1 with *e. The
     * hook itself is NULL where that can't be done. */
    int (*compare)(void *ctx, const struct command_compare *ask, struct err *e);
    /* Connections to come are made with this option (a long name; NULL value: it has none). name
     * NULL: say which were set. -1 with *e. NULL: can't be done here. */
    int (*option)(void *ctx, const char *name, const char *value, struct err *e);
    /* What is shown of messages (app/viewing). -1 with *e. NULL: can't be done here. */
    int (*view)(void *ctx, enum command_view what, const char *args, struct err *e);
    /* Of lines: send the last one that was sent again; or edit args, or that one if there are none,
     * and take it as typed. -1 with *e. NULL: can't be done here. */
    int (*line)(void *ctx, enum command_typed what, const char *args, struct err *e);
    /* /alias (app/aliases). -1 with *e. NULL: can't be done here. */
    int (*alias)(void *ctx, const char *args, struct err *e);
    void (*quit)(void *ctx);
    int (*get)(void *ctx, enum setting which);
    void (*set)(void *ctx, enum setting which, int value);
    /* The i-th line typed, 0 the oldest; false after the last one. */
    bool (*history)(void *ctx, size_t i, struct slice *line);
    /* Call commands_wake in this many microseconds; once, and only the latest call applies. */
    void (*alarm)(void *ctx, uint64_t us);
    void *ctx;
};

#define COMMAND_PINGS 16

/* A ping that was asked for and not answered yet. */
struct command_ping {
    bool waiting;
    uint8_t len;
    uint8_t data[125];
};

struct commands {
    struct sink watch; /* to be put on the session's bus; freed with it, which frees nothing */
    struct command_hooks hooks;
    struct session *session; /* the front replaces it; NULL for a while in between */
    struct conninfo conninfo;
    struct reaction reaction;
    struct transfer transfer;
    bool transfer_failed; /* the last one was not completed */
    bool anew; /* options were set: the next attempt must be a new connection with them */
    struct asked asked;
    struct command_ping pings[COMMAND_PINGS];
    unsigned next_ping;
};

/* args: the text after the name, without blanks around it. 0, or -1 with *e (EXIT_USAGE: not
 * understood; EXIT_OTHER: not possible now). */
typedef int command_fn(struct commands *c, const char *args, struct err *e);
/* Are the arguments understood? -1 with *e; e->at is an offset in args, or -1. */
typedef int command_check_fn(const char *args, struct err *e);

enum command_where {
    COMMAND_BOTH,
    COMMAND_OPEN, /* both; it acts on an open connection, for which a script waits */
    COMMAND_REPL,
    COMMAND_PROMPT, /* wherever there is a prompt, that of a proxy too */
    COMMAND_SCRIPT
};

struct command_row {
    const char *name;  /* without the slash */
    const char *usage; /* of its arguments, "" if there are none */
    const char *help;  /* one line */
    const char *example;
    const char
        *words;      /* for completion: words separated by blanks, "name=a|b" for named ones;
                        FILE, COMMAND, SETTING, FAULT, URL, ALIAS stand for such, OWN for those of a set;
                        "" if there is nothing to complete */
    command_fn *run; /* NULL: scripts know what to do with it */
    enum command_where where; /* an interactive session, a script, or both */
    command_check_fn *check;  /* before a script is run; NULL: any arguments will do */
};

/* The table of the interactive session, in the order of the help. */
const struct command_row *commands_table(size_t *count);
/* All of them: those only for scripts follow the others. */
const struct command_row *commands_all(size_t *count);
/* The i-th that every prompt has; NULL after the last. */
const struct command_row *commands_prompt_row(size_t i);
/* NULL if the name is unknown. */
const struct command_row *commands_find(struct slice name);
/* The same for scripts, and the name that a misspelt one was meant to be, or NULL. */
const struct command_row *commands_script_find(struct slice name);
const char *commands_script_nearest(struct slice name);
/* Messages at the prompt name commands with a slash: remove it for a script. */
void commands_unslash(char *text);

void commands_init(struct commands *c, const struct command_hooks *hooks);
void commands_clear(struct commands *c);

/* Run a line "name arguments", without the slash. As command_fn. */
int commands_run(struct commands *c, const char *line, struct err *e);
/* The alarm went off, or the session takes more again. */
void commands_wake(struct commands *c);
/* Can a whole message be sent, or wait for a connection? Not while another is sent in pieces. Else
 * -1 with *e. */
int commands_may_send(const struct commands *c, struct err *e);
/* Send it; reports if it waits. 0, or -1 with *e. */
int commands_send(struct commands *c, enum opcode type, struct slice data, struct err *e);

/* For the commands: a printed answer, cut at 1 KiB. */
void commands_say(struct commands *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An error for arguments that are not understood: names the usage. -1. */
int command_misused(const char *name, struct err *e);
/* A caret under the offending byte of the arguments, where a line has room for it. */
void command_point(struct commands *c, const char *args, long at);
/* There must be an open connection: -1 with *e. */
int command_needs_open(const struct commands *c, struct err *e);
/* The same, and to be a WebSocket: the other channels only receive. */
int command_needs_socket(const struct commands *c, struct err *e);

unsigned command_faults_armed(const struct faults *f);
/* The answer to /heal: this many faults were armed. */
#define COMMAND_HEALED 64
void command_healed(unsigned count, char text[COMMAND_HEALED]);

/* The commands, each family in its file. */
command_fn command_connect, command_close, command_reconnect, command_quit, command_poll,
    command_fallback, command_compare, command_header, command_option;
command_fn command_send, command_binary, command_file, command_fragment, command_emit;
command_fn command_ping, command_pong, command_frame;
command_fn command_fault, command_drop, command_heal;
command_fn command_headers, command_info, command_stats;
command_fn command_show, command_set, command_history, command_help;
command_fn command_grep, command_pause, command_last, command_find, command_save, command_copy,
    command_clear;
command_fn command_again, command_edit, command_alias;
command_fn command_expect;

command_check_fn command_check_nothing, command_check_close, command_check_binary,
    command_check_file, command_check_fragment, command_check_emit, command_check_control,
    command_check_frame, command_check_fault, command_check_drop;

#endif
