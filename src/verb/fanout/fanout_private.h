/*
 * fanout_private: shared by the files of the subcommand: fanout (life), fanout_watch (events become
 * facts), fanout_rounds (what is published when), fanout_publish (how), fanout_redis,
 * fanout_drill, fanout_sticky, fanout_show (output).
 */
#ifndef VERB_FANOUT_FANOUT_PRIVATE_H
#define VERB_FANOUT_FANOUT_PRIVATE_H

#include "app/app.h"
#include "app/child.h"
#include "app/fleet.h"
#include "app/live.h"
#include "fanout/report.h"
#include "net/timer.h"
#include "sink/view.h"
#include "verb/fanout/fanout.h"

enum fanout_stage {
    FANOUT_OPENING,  /* until the first attempt of each connection is decided */
    FANOUT_GREETING, /* --sticky: for the first messages */
    FANOUT_ROUNDS,   /* before the drill, or all of them */
    FANOUT_DRILL,
    FANOUT_ROUNDS_AFTER,
    FANOUT_WAITING, /* for what was published */
    FANOUT_CLOSING,
    FANOUT_DONE
};

/* The fields of the answers to a handshake, until the connection is open. */
struct fanout_answer {
    size_t count;
    struct field fields[]; /* the bytes follow them */
};

struct fanout_conn {
    struct fanout_answer *answer; /* owned, or NULL */
    bool opened;                  /* it was open at some time */
    bool refused;                 /* its first attempt is counted as failed */
    bool greeted;                 /* a message came on this connection */
};

struct fanout_publisher;
struct fanout_sticky;
struct fanout_redis;

struct fanout_front {
    struct app *app;
    const struct fanout_options *own;
    struct out out_bytes, err_bytes;
    struct view_config view, live_view;
    struct live live;
    uint64_t paint_us;    /* it is not painted before this (clock_mono_us) */
    uint64_t progress_us; /* when the last line of progress was printed, and that line */
    char progress[256];
    struct sink *events; /* JSON of the events that --events names, or NULL */
    char *url;           /* as it may be shown; owned */
    int report_fd;       /* of --report, or -1 */
    int code;            /* what something of ours decided, or -1 */
    const char *cut;     /* why it ended early, or NULL */

    char *source_text;    /* of --interface, cut into pieces; owned */
    const char **sources; /* owned */
    size_t source_count;
    struct fleet *fleet;
    size_t
        first; /* the number of its first connection: --sticky has several, one after the other */
    struct fanout_sticky *sticky; /* NULL: messages are published */
    struct fanout *facts;
    struct fanout_conn *conns;
    size_t conn_count;
    struct err first_failure; /* of those that did not open; code EXIT_OK: none */
    struct err trouble;       /* a failure inside a hook, to be reported from the loop */

    enum fanout_stage stage;
    uint64_t begun_us;   /* when the first connection was begun, */
    uint64_t opening_us; /* and how long it took until all were open or refused; 0: they are not */
    struct timer *step;  /* what comes next */
    struct timer *tick;  /* of the view, and of what must be settled */
    struct timer *limit; /* --for */
    struct fanout_publisher *publisher;
    struct fanout_redis *redis; /* or NULL */
    uint64_t number, total;     /* turns of all rounds that are over, and in all */
    uint64_t sent;
    uint64_t published_us; /* when a message was last sent; 0: none was */
    uint64_t delivered;    /* as last looked at, and when it had grown */
    uint64_t delivered_us;
    uint64_t slowest_us; /* the longest time from a message to the last of its deliveries */
    bool publishing;     /* one is on its way to be sent */
    bool awaiting;       /* the step is to be taken once nothing is under way */
    bool fleet_ended;

    struct child *drill;
    bool drill_ended;
    int drill_status;
    uint64_t changed_us;  /* when a connection last ended or returned during the drill, */
    uint64_t patience_us; /* and how long the drill may take at most, from its command's end */
    uint64_t drill_turn;
};

/* Microseconds on the clock of the events. */
uint64_t fanout_now(const struct fanout_front *front);

/* --- fanout.c -----------------------------------------------------------------------------------
 */

/* Something failed that makes going on useless: report it, and end with what is known. */
void fanout_give_up(struct fanout_front *front, const struct err *e);
/* Nothing more is to be measured: show the results, and close. */
void fanout_finish(struct fanout_front *front);
/* Open the connections, once what observes them is ready. */
void fanout_open(struct fanout_front *front);
/* The local address for other connections than these: the first of --interface; or NULL. */
const char *fanout_source(const struct fanout_front *front);
/* Make the connections, with options that live as long. NULL with *e. */
struct fleet *fanout_fleet(struct fanout_front *front, const struct connect_options *connect,
                           struct err *e);

/* --- fanout_watch.c -----------------------------------------------------------------------------
 */

void fanout_on_event(void *ctx, size_t i, const struct event *ev);
void fanout_conn_clear(struct fanout_conn *conn);

/* --- fanout_rounds.c ----------------------------------------------------------------------------
 */

/* The first attempts are decided. */
void fanout_rounds_begin(struct fanout_front *front);
/* From the loop: go on with what the stage has to do. */
void fanout_step(void *ctx);
/* Publish one message in the name of connection i. False: it is not open. */
bool fanout_send(struct fanout_front *front, size_t i);
/* After a fact: what was waited for may be there. */
void fanout_look(struct fanout_front *front);
/* One message was sent, or could not be (*e: why). From the loop or inside publishing. */
void fanout_sent(struct fanout_front *front, const struct err *e);

/* --- fanout_publish.c ---------------------------------------------------------------------------
 */

/* NULL with *e. */
struct fanout_publisher *publisher_new(struct fanout_front *front, struct err *e);
void publisher_stop(struct fanout_publisher *p);
void publisher_free(struct fanout_publisher *p);
/* Send one message with that nonce, in the name of connection i; fanout_sent follows, perhaps
 * inside. */
void publisher_send(struct fanout_publisher *p, size_t i, const char *nonce);
/* Append a text with {nonce}, {i} (from 1) and {n} filled in. nonce NULL: there is none. 0 or -1
 * (memory). */
int fanout_fill(struct buf *out, const char *text, const char *nonce, size_t i, size_t n);

/* --- fanout_redis.c -----------------------------------------------------------------------------
 */

/* Observe what is published, and call fanout_open when all of it is seen. 0, or -1 with *e. */
int fanout_redis_begin(struct fanout_front *front, struct err *e);
void fanout_redis_stop(struct fanout_redis *r);
void fanout_redis_free(struct fanout_redis *r);
/* Publish; fanout_sent follows, perhaps inside. */
void fanout_redis_publish(struct fanout_redis *r, struct slice channel, struct slice text);

/* --- fanout_drill.c -----------------------------------------------------------------------------
 */

/* 0, or -1 with *e: it can't begin. */
int fanout_drill_start(struct fanout_front *front, struct err *e);
/* From time to time, and after each fact: true once it is over. */
bool fanout_drill_look(struct fanout_front *front);

/* --- fanout_sticky.c ----------------------------------------------------------------------------
 */

/* How many connections there are in all for -c N. */
#define FANOUT_STICKY_KINDS 4

/* Begin with the handshakes. 0, or -1 with *e. */
int fanout_sticky_begin(struct fanout_front *front, struct err *e);
/* NULL is fine. */
void fanout_sticky_free(struct fanout_sticky *sticky);
/* An event of the i-th connection of the fleet. 0 or -1 (memory). */
int fanout_sticky_event(struct fanout_front *front, size_t i, const struct event *ev);
/* The fleet's hooks, and the step of the stage. */
void fanout_sticky_settled(struct fanout_front *front);
void fanout_sticky_ended(struct fanout_front *front);
void fanout_sticky_step(struct fanout_front *front);

/* --- fanout_show.c ------------------------------------------------------------------------------
 */

void fanout_show_init(struct fanout_front *front);
/* -v, -i, -P: all connections are alike, so the first one is shown in detail. 0, or -1 with *e. */
int fanout_show_first(struct fanout_front *front, struct err *e);
/* A tenth of a second has passed, or more. */
void fanout_show_tick(struct fanout_front *front);
/* Above what is painted: a sentence, on standard error; a line that a command printed. */
void fanout_show_note(struct fanout_front *front, const char *text);
void fanout_show_line(struct fanout_front *front, struct slice line);
/* The results. Returns the exit code that they mean, or -1 with *e. */
int fanout_show_end(struct fanout_front *front, struct err *e);

#endif
