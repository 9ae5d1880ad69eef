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
#include "probe/slow.h"
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
    struct probe_front *front;
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

/* One of the connections of --slow. */
enum slow_role {
    SLOW_READER,  /* reads all the time */
    SLOW_SCOUT,   /* stops reading, and sends pings: what answers them shows when it is cut */
    SLOW_SLEEPER, /* stops reading and sends no pings, so that a Close still comes; read later */
    SLOW_SECOND,  /* the same, read again just before the time at which the first ones were cut */
    SLOW_ROLES
};

struct slow_end {
    struct probe_front *front;
    struct visit *v;                               /* NULL: not begun */
    uint64_t messages, payload;                    /* received since the mark */
    uint64_t sent;                                 /* of messages, since the mark */
    uint64_t wire_base, received_base, acked_base; /* at the mark */
    struct tcp_stats stats;                        /* as last seen */
    uint64_t last_in_us;                           /* of the last message; 0: none */
    uint64_t gap_us;                               /* the longest between two */
};

struct slow_run {
    bool running;
    void (*phase)(struct probe_front *front, uint64_t now_us);
    uint64_t since_us; /* of the phase */
    struct slow_end ends[SLOW_ROLES];
    struct slow_end *woken; /* the one that is read again */
    struct timer *tick;
    uint64_t stop_us;           /* when reading stopped */
    uint64_t asked_us;          /* the reader's message waits for its answer since then; or 0 */
    uint64_t answered_us;       /* when the last answer came */
    uint64_t ping_us, grown_us; /* of the scout's last ping; its message was last taken */
    uint64_t seen_wire, seen_reader, look_us; /* at the last look at what comes */
    unsigned looks;                           /* ... in a row that saw nothing more */
    uint64_t woke_reader, woke_received;      /* when reading went on */
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
    struct probe_around around;
    struct probe_report report;
    size_t shown;  /* checks that were shown */
    bool has_rows; /* one of them has a row */
    int code;      /* -1: by the verdict */
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
    void (*tls_tried)(struct probe_front *front);
    bool insecure; /* go on although the certificate is not trusted: nothing secret is sent */

    struct probe_plain plain, elsewhere;
    char *elsewhere_url; /* of Socket.IO, or NULL; owned */
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

    struct probe_slow slow;
    struct slow_run slow_run;

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
/* Send a ping on a connection of the probe's; without memory that gives up. false: it is not sent.
 */
bool probe_send_ping(struct probe_front *front, struct visit *v, const char *text);

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
void probe_slow(struct probe_front *front);

void probe_sizes_judge(struct probe_front *front);
void probe_sizes_stop(struct probe_front *front);
void probe_sizes_free(struct probe_front *front);

/* Judge what is known so far, if they run; drop them; free them. */
void probe_lanes_judge(struct probe_front *front);
void probe_lanes_stop(struct probe_front *front);
void probe_lanes_free(struct probe_front *front);

/* The same for --slow. */
void probe_slow_judge(struct probe_front *front);
void probe_slow_stop(struct probe_front *front);
void probe_slow_free(struct probe_front *front);

/* Its phase is this from now on. */
void slow_enter(struct probe_front *front, void (*phase)(struct probe_front *, uint64_t now_us));
/* A phase: judge, and go on. */
void slow_over(struct probe_front *front, uint64_t now_us);

/* --- probe_slow_drain.c: reading goes on --------------------------------------------------------
 */

/* How long that may take. */
#define PROBE_SLOW_DRAIN_US 10000000

/* Read this one again: its phases follow, up to slow_over. */
void slow_wake(struct probe_front *front, struct slow_end *end);

/* --- probe_slow_end.c: one connection of --slow -------------------------------------------------
 */

struct slow_end *slow_end_of(struct probe_front *front, enum slow_role role);
/* Begin; settled: as in visit_new. False: the examination was given up. */
bool slow_end_open(struct probe_front *front, enum slow_role role,
                   void (*settled)(void *ctx, struct visit *v));
bool slow_end_is_open(const struct slow_end *end);
/* Ask the kernel. False: it does not know. */
bool slow_end_look(struct slow_end *end);
/* Count from now on. */
void slow_end_mark(struct slow_end *end);
/* Since the mark: bytes of frames that were read; TCP payload that the kernel received, and that
 * the peer acknowledged. */
uint64_t slow_end_wire(const struct slow_end *end);
uint64_t slow_end_received(const struct slow_end *end);
uint64_t slow_end_acked(const struct slow_end *end);
/* Send messages until up_to bytes of them were sent since the mark, as far as they do not wait
 * here. */
void slow_end_send(struct slow_end *end, uint64_t up_to);
/* The other side ended it, as far as that shows without reading. */
bool slow_end_is_cut(const struct slow_end *end);
void slow_end_pause(struct slow_end *end, bool paused);
void slow_end_drop(struct slow_end *end);

/* --- probe_way.c: the name, the addresses, TLS --------------------------------------------------
 */

/* Try whether the port speaks TLS. done: from the loop. */
void probe_way_try_tls(struct probe_front *front, void (*done)(struct probe_front *front));
/* Drop what is under way; its memory is freed by probe_way_free, once the loop has closed it. */
void probe_way_stop(struct probe_front *front);
void probe_way_free(struct probe_front *front);

/* --- probe_plain.c: a request without an upgrade ------------------------------------------------
 */

/* url: another one of the same server, or NULL. done: from the loop. 0, or -1 with *e. */
int plain_begin(struct probe_plain *plain, struct probe_front *front, const char *url,
                void (*done)(struct probe_front *front), struct err *e);
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
