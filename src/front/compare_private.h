/*
 * compare_private: what the files of compare share: compare (life), compare_lane (a channel),
 * compare_show (what is printed meanwhile and in the end).
 */
#ifndef FRONT_COMPARE_PRIVATE_H
#define FRONT_COMPARE_PRIVATE_H

#include "front/compare.h"
#include "front/fault_rig.h"
#include "front/output.h"
#include "front/target.h"
#include "measure/scale.h"
#include "net/traffic.h"
#include "sink/view.h"

struct comparing;

/* One channel: a session with a bus of its own. */
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
    bool ended;
};

struct comparing {
    const struct options *options;
    uint64_t start_us;
    uv_loop_t loop;
    struct out out_bytes, err_bytes;
    struct output out, err;
    struct traffic_meter meter;
    uv_prepare_t idle; /* the loop is about to wait: nobody works */
    uv_timer_t tick, limit;
    uv_signal_t interrupt, terminate;
    struct compare compare;
    struct lane lanes[COMPARE_CHANNELS_MAX];
    unsigned count;
    int report_fd; /* of --report, or -1 */

    struct output *live; /* where the live table is painted, or NULL */
    struct view_config live_view;
    unsigned live_lines; /* that stand there */
    uint64_t second;     /* of the last line of JSON */

    struct figures figures; /* the last made */
    struct scale scale;
    bool over;    /* figures are final; channels are being closed */
    bool stopped; /* they are; only outputs remain */
    int code;     /* what something of ours decided, or -1 */
};

/* When the counting is to end, on the events' clock. */
uint64_t comparing_end_us(const struct comparing *run);

/* compare_lane.c */

/* Make the channels that the options ask for. 0 or -1 with *e. */
int lanes_make(struct comparing *run, struct err *e);
void lanes_open(struct comparing *run);
void lanes_close(struct comparing *run);
bool lanes_ended(const struct comparing *run);
void lanes_free(struct comparing *run);
/* Once the loop has closed all handles. */
void lanes_clear(struct comparing *run);
/* The code of the first channel that never delivered, or EXIT_OK. */
enum exit_code lanes_code(const struct comparing *run);

/* compare.c: a channel has ended. */
void comparing_lane_ended(struct comparing *run);

/* compare_show.c */

void show_init(struct comparing *run);
/* A moment has passed: paint, and a line of JSON a second. */
void show_tick(struct comparing *run, uint64_t now_us);
/* The end, from the figures. */
void show_end(struct comparing *run);
/* The last line of JSON, once all channels are closed. */
void show_summary(struct comparing *run, enum exit_code code);
/* The page into report_fd. 0 or -1 with *e. */
int show_report(struct comparing *run, struct err *e);
/* A sentence for the person. */
void show_note(struct comparing *run, const char *text);
/* A failure of our own. */
void show_error(struct comparing *run, const struct err *e);

#endif
