/*
 * compare_private: shared by the files of compare: compare (life), compare_show (output during the
 * run and at the end).
 */
#ifndef VERB_COMPARE_COMPARE_PRIVATE_H
#define VERB_COMPARE_COMPARE_PRIVATE_H

#include "app/app.h"
#include "app/comparing.h"
#include "app/live.h"
#include "verb/compare/compare.h"

struct compare_front {
    struct app *app;
    const struct compare_options *own;
    struct out out_bytes, err_bytes;
    struct comparing *run;
    int report_fd; /* of --report, or -1 */

    struct live live; /* the table */
    struct view_config live_view;
    uint64_t second; /* of the last line of JSON */

    int code; /* what something of ours decided, or -1 */
};

/* Those who asked for details have a view of each channel. */
static inline bool compare_detailed(const struct view_options *o)
{
    return o->level >= 1 || o->include || o->pings;
}

/* compare_show.c */

void show_init(struct compare_front *front);
/* A moment has passed: paint, and a line of JSON a second. */
void show_tick(struct compare_front *front, uint64_t now_us);
/* The end, from the figures. */
int show_end(struct compare_front *front, struct err *e);
/* The last line of JSON, once all channels are closed. */
void show_summary(struct compare_front *front, enum exit_code code);
/* The page into report_fd. 0 or -1 with *e. */
int show_report(struct compare_front *front, struct err *e);
/* A message for the user. */
void show_note(struct compare_front *front, const char *text);

#endif
