/*
 * probe_private: shared by the files of the subcommand.
 */
#ifndef VERB_PROBE_PROBE_PRIVATE_H
#define VERB_PROBE_PROBE_PRIVATE_H

#include "app/app.h"
#include "http/http.h"
#include "net/resolve.h"
#include "net/route.h"
#include "probe/judge.h"
#include "probe/sizes.h"
#include "probe/timers.h"
#include "probe/way.h"
#include "sink/view.h"
#include "verb/probe/probe.h"
#include "verb/probe/visit.h"

/* The checks that are made by default take no longer than this. */
#define PROBE_QUICK_US 15000000

#define PROBE_VISITS_MAX 24
/* Connections for messages that grow; each that does not get through needs another one. */
#define PROBE_SIZERS_MAX 40

struct probe_front;

/* A connection that ends after TCP, or after TLS. */
struct probe_dial {
    struct probe_front *front;
    struct dial_config config;
    struct dial_resolve override;
    const char *address; /* of the override */
    struct dial_target target;
    struct http_shared shared;
    struct dial *dial;
    struct timer *timer;
    uint64_t began_us, limit_us;
    void (*done)(struct probe_dial *d, const struct err *e); /* e->code EXIT_OK: it was reached */
    void (*tls)(struct probe_dial *d, const struct event_tls *tls); /* or NULL */
    size_t number;                                                  /* the caller's */
};

/* A request without an upgrade. */
struct probe_plain {
    struct target *target;
    struct bus bus;
    struct sink sink;
    struct http_shared shared;
    struct http_config config;
    struct http *http;
    struct timer *timer;
    struct probe_answer answer;
    void (*done)(struct probe_front *front);
    bool over;
};

/* One of the connections that run at the same time. */
struct probe_lane_run {
    struct probe_front *front;
    size_t index; /* of its lane in front->timers */
    struct visit *v;
    struct timer *timer;
    uint64_t opened_us;
    bool over; /* ended by us, or never opened */
};

struct probe_front {
    struct app *app;
    const struct probe_options *own;
    struct out out_bytes, err_bytes;
    struct view_config view;
    struct view_config live; /* of the line on standard error that shows progress */
    bool shows_progress, progress_shown;
    char *url, *origin; /* as it may be shown, and that of its own pages; owned */
    struct probe_asked asked;
    struct probe_report report;
    size_t shown; /* checks that were shown */
    int code;     /* -1: by the verdict */
    const char *cut;
    bool over;

    unsigned facts;      /* FACT_...: what is known to work */
    size_t at;           /* the row of the stage that runs */
    struct timer *step;  /* to the next stage */
    struct timer *limit; /* of the quick checks */

    struct route route;
    bool routed;
    struct resolve_query query;
    struct resolve *question;
    struct timer *patience; /* for the question */
    uint64_t asked_us;
    struct resolve_list addresses;
    struct probe_way way;
    struct probe_dial dials[PROBE_HOPS_MAX], verified, look;
    size_t pending; /* of the stage that runs */
    struct probe_tls tls;
    bool insecure; /* go on although the certificate is not trusted: nothing secret is sent */

    struct probe_plain plain;
    struct visit *visits[PROBE_VISITS_MAX];
    size_t visit_count;
    struct visit *main;
    struct visit *talk; /* the connection for pings and the Close: main, or one that did open */
    struct visit *bare, *foreign, *without, *browser;
    struct visit *steps[STEP_COUNT];
    struct probe_pings pings;
    struct timer *pulse;
    uint64_t pulse_began_us, close_us;

    struct probe_timers timers;
    struct probe_lane_run lane_runs[PROBE_LANES_MAX];
    bool lanes_running;
    uint64_t lanes_began_us, lanes_until_us;
    struct timer *lanes_tick;

    struct probe_search searches[2]; /* in one frame; in many */
    bool fragmented;                 /* the second search is under way */
    uint64_t size;                   /* of the message that is under way; 0: none */
    uint8_t *filler;
    struct visit *sizer; /* the connection for the next message, or NULL */
    struct visit *sizers[PROBE_SIZERS_MAX];
    size_t sizer_count;
};

/* --- probe.c ------------------------------------------------------------------------------------
 */

/* The stage that runs has added its checks: go on, from the loop. */
void probe_next(struct probe_front *front);
/* Memory and the like: no further check is possible. */
void probe_give_up(struct probe_front *front, const struct err *e);

/* --- probe_stages.c: the table of stages --------------------------------------------------------
 */

enum probe_fact {
    FACT_NAME = 1u << 0,   /* the server has an address */
    FACT_TCP = 1u << 1,    /* one of them was reached */
    FACT_TLS = 1u << 2,    /* TLS, or the URL has none */
    FACT_ANSWER = 1u << 3, /* a handshake was tried, and is judged */
    FACT_OPEN = 1u << 4    /* a WebSocket is open: front->talk */
};

struct probe_row {
    enum probe_stage stage;
    unsigned needs; /* FACT_...; without one the stage is not begun, */
    bool always;    /* which is reported */
    void (*begin)(struct probe_front *front);
};

/* NULL after the last. */
const struct probe_row *probe_row(size_t index);
/* Why a stage with these needs can't be begun; NULL: it can. Static. */
const char *probe_lacks(const struct probe_front *front, unsigned needs);

/* --- the stages: they call probe_next, at once or later -----------------------------------------
 */

void probe_dns(struct probe_front *front);
void probe_tcp(struct probe_front *front);
void probe_tls_begin(struct probe_front *front);
void probe_path(struct probe_front *front);
void probe_auth(struct probe_front *front);
void probe_origin(struct probe_front *front);
void probe_subprotocol(struct probe_front *front);
void probe_extensions(struct probe_front *front);
void probe_browser(struct probe_front *front);
void probe_ping(struct probe_front *front);
void probe_close(struct probe_front *front);
void probe_sizes(struct probe_front *front);
void probe_lanes(struct probe_front *front); /* idle and lifetime */

void probe_sizes_judge(struct probe_front *front);
void probe_sizes_stop(struct probe_front *front);
void probe_sizes_free(struct probe_front *front);

/* Judge what is known so far, if they run; drop them; free them. */
void probe_lanes_judge(struct probe_front *front);
void probe_lanes_stop(struct probe_front *front);
void probe_lanes_free(struct probe_front *front);

/* Drop what the way and the plain request still have under way; and what the loop must have closed
 * before it is freed. */
void probe_way_stop(struct probe_front *front);
void probe_way_free(struct probe_front *front);

/* --- probe_plain.c: a request without an upgrade ------------------------------------------------
 */

/* done: from the loop. 0, or -1 with *e. */
int plain_begin(struct probe_front *front, void (*done)(struct probe_front *front), struct err *e);
void plain_stop(struct probe_plain *plain);
void plain_free(struct probe_plain *plain);

/* --- probe_show.c -------------------------------------------------------------------------------
 */

void probe_show_begin(struct probe_front *front);
/* What is not shown yet. */
void probe_show_checks(struct probe_front *front);
/* What is being done, on a terminal; NULL: nothing. */
void probe_show_progress(struct probe_front *front, const char *what);
/* What is about to be done, on standard error. */
void probe_show_note(struct probe_front *front, const char *note);
void probe_show_verdict(struct probe_front *front, const struct probe_verdict *verdict,
                        enum exit_code exit);
/* The file of --prom can be written: 0, or -1 with *e. */
int probe_prom_check(const char *path, struct err *e);
int probe_prom_write(struct probe_front *front, const struct probe_verdict *verdict, struct err *e);

#endif
