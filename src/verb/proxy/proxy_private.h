/*
 * proxy_private: the inside of wscope proxy, shared by its files:
 *
 *   proxy_verb.c     the row and its options
 *   proxy.c          the run: outputs, signals, limits, the end
 *   proxy_act.c      what is done to connections by request
 *   proxy_prompt.h   the prompt on a terminal
 *   proxy_watch.c    what the relay reports, as facts for the report
 *   control*.c       the control API (control.h)
 *   proxy_results.c  the report at the end: text, JSON, what was expected
 */
#ifndef VERB_PROXY_PROXY_PRIVATE_H
#define VERB_PROXY_PROXY_PRIVATE_H

#include "app/app.h"
#include "app/fault_rig.h"
#include "app/views.h"
#include "grade/grade.h"
#include "relay/relay.h"
#include "verb/proxy/control.h"
#include "verb/proxy/proxy.h"
#include "verb/proxy/proxy_act.h"

struct proxy_front {
    struct sink watch; /* the last of the sinks: minds the outputs, and hears of faults */
    struct app *app;
    const struct proxy_options *own;
    struct views views;
    struct fault_rig client_rig, server_rig;
    struct rules rules;
    struct dial_config dial;
    struct handshake_config identity;
    struct relay_config config;
    struct relay *relay;
    struct grade *grade;
    struct control *control;  /* NULL: none; a sink of the views */
    struct timer *over;       /* --for */
    struct proxy_hole *holes; /* proxy_act */
    struct timer *hole_timer;
    int report_fd, junit_fd;     /* of files, or -1 */
    unsigned open;               /* WebSockets */
    struct proxy_prompt *prompt; /* NULL: nothing is read */
    bool ended, finished;        /* no more is relayed; and the report is printed */
    enum exit_code code;
};

/* proxy.c */
/* Stop relaying, and report. Again: at once. */
void proxy_end(struct proxy_front *p, enum exit_code code);

/* proxy_watch.c */
extern const struct relay_hooks proxy_hooks;
/* A fault acts. */
void proxy_watch_fault(struct proxy_front *p, const struct event *ev);

/* proxy_results.c */
/* Open the file of an option before anything is relayed; *fd: -1 without a path. 0 or -1 with *e.
 */
int proxy_open_file(const char *path, const char *option, int *fd, struct err *e);
/* The report so far as a JSON document. 0 or -1 (memory). */
int proxy_report_json(struct proxy_front *p, struct buf *text);
/* The report, and what was expected: p->code becomes EXIT_EXPECT if that is not fulfilled. */
void proxy_results(struct proxy_front *p);

#endif
