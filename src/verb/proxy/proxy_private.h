/*
 * proxy_private: what the files of wscope proxy share:
 *
 *   proxy_verb.c     the row and its options
 *   proxy.c          the run: outputs, signals, limits, the end
 *   proxy_prompt.h   the prompt on a terminal
 *   control*.c       the control API (control.h)
 *   proxy_results.c  the report at the end: text, JSON, what was expected
 */
#ifndef VERB_PROXY_PROXY_PRIVATE_H
#define VERB_PROXY_PROXY_PRIVATE_H

#include "app/app.h"
#include "app/proxying.h"
#include "app/views.h"
#include "verb/proxy/control.h"
#include "verb/proxy/proxy.h"

struct proxy_front {
    struct sink watch; /* the last of the sinks: minds the outputs */
    struct app *app;
    const struct proxy_options *own;
    struct views views;
    struct proxying core;
    struct control *control;     /* NULL: none; a sink of the views */
    struct timer *over;          /* --for */
    struct timer *settle;        /* after the last of --outages; */
    uint64_t settles_us;         /* since then (clock_mono_us); 0: there are more to come */
    int report_fd, junit_fd;     /* of files, or -1 */
    struct proxy_prompt *prompt; /* NULL: nothing is read */
    bool ended, finished;        /* no more is relayed; and the report is printed */
    enum exit_code code;
};

/* proxy.c */
/* Stop relaying, and report. Again: at once. */
void proxy_end(struct proxy_front *p, enum exit_code code);

/* proxy_results.c */
/* The report so far as a JSON document. 0 or -1 (memory). */
int proxy_report_json(struct proxy_front *p, struct buf *text);
/* Print the report, and check the expectations: p->code becomes EXIT_EXPECT if one is not met. */
void proxy_results(struct proxy_front *p);

#endif
