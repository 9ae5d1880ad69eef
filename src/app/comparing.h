/*
 * comparing: several channels to the same updates, each a session with its own bus, on the caller's
 * loop; and their results. Prints nothing.
 */
#ifndef APP_COMPARING_H
#define APP_COMPARING_H

#include "app/fault_rig.h"
#include "app/loop.h"
#include "app/target.h"
#include "cli/groups.h"
#include "measure/scale.h"
#include "net/traffic.h"
#include "sink/view.h"

struct comparing;

/* What is compared. */
struct comparing_config {
    const struct connect_options *connect; /* the connections: its URL, --sse and --poll */
    const struct view_options *view;
    const struct fault_options *fault;
    uint64_t for_us; /* how long */
    bool together; /* their URLs were given together: credentials are sent to all of them. Else they
                      are sent only to the server of the options' URL */
    const char *time;        /* JSON Pointer, or NULL */
    const uint64_t *clients; /* numbers of clients to estimate; empty: the default */
    size_t client_count;
};

/* Called from the loop, or inside comparing_open and comparing_finish. NULL members are skipped. */
struct comparing_hooks {
    void (*tick)(void *ctx, uint64_t now_us); /* a moment has passed */
    /* figures and scale are final; the channels are still to be closed. */
    void (*over)(void *ctx);
    void (*closed)(void *ctx); /* all are closed, after `over` */
    void (*note)(void *ctx, const char *text);
    void (*freed)(void *ctx); /* the memory is gone */
    void *ctx;
};

/* One channel. */
struct lane {
    struct sink watch; /* hands the events to the comparison */
    struct comparing *run;
    unsigned number; /* in the comparison */
    char label[32];
    char *url; /* as it may be shown */
    struct target *target;
    struct session *session;
    struct bus bus;
    struct traffic traffic;
    struct fault_rig faults;
    struct out opening;  /* its first request and answer, for people */
    struct sink *scribe; /* writes that; NULL once it is complete */
    bool speaks;         /* a protocol above the messages, */
    uint64_t wire;       /* whose last message had so many bytes that no line was counted for */
    bool ended;
};

struct comparing {
    struct comparing_config config;
    uint64_t start_us;
    uv_loop_t *loop;
    struct supplies *supplies;
    struct comparing_hooks hooks;
    struct out *json, *details; /* the channels' own events as well, or NULL */
    struct traffic_meter meter;
    uv_prepare_t idle; /* the loop is about to wait: no work is in progress */
    uv_timer_t tick;
    struct comparison compare;
    struct lane lanes[COMPARISON_CHANNELS_MAX];
    unsigned count;
    uint64_t opened_us; /* on the events' clock */

    struct figures figures; /* as of the end; before it the caller computes them */
    struct scale scale;
    bool over;   /* they are final */
    bool closed; /* so are the channels */
};

/* Make the channels that the options ask for; what config points to is borrowed. json, details:
 * outputs for their events, borrowed, or NULL. NULL with *e; `freed` comes all the same. */
struct comparing *comparing_new(struct app_loop *loop, const struct comparing_config *config,
                                uint64_t start_us, const struct comparing_hooks *hooks,
                                struct out *json, struct out *details, struct err *e);
void comparing_open(struct comparing *run);
/* Stop measuring: `over`, and close the channels. Nothing if it is over. */
void comparing_finish(struct comparing *run);
/* Drops everything; the memory is freed in later turns of the loop. Not inside a hook. NULL is
 * fine. */
void comparing_free(struct comparing *run);

/* When the counting is to end, on the events' clock. */
uint64_t comparing_end_us(const struct comparing *run);
/* The code of the first channel that never delivered, or EXIT_OK. */
enum exit_code comparing_code(const struct comparing *run);

/* comparing_lane.c: for comparing.c. */
int lanes_make(struct comparing *run, struct err *e);
void lanes_open(struct comparing *run);
void lanes_close(struct comparing *run);
bool lanes_ended(const struct comparing *run);
void lanes_free(struct comparing *run);
/* Once the loop has closed their handles. */
void lanes_clear(struct comparing *run);
/* comparing.c: a channel has ended. */
void comparing_lane_ended(struct comparing *run);

#endif
