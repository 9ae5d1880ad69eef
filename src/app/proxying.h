/*
 * proxying: a relay between other programs' clients and their server, what is done to it, and the
 * facts of the report on those clients; on the caller's loop and bus. Prints nothing.
 *
 *   proxying.c           life
 *   proxying_watch.c     what the relay reports, as facts for the report
 *   proxying_act.h       what is done to connections by request
 *   proxying_command.h   the same as commands
 */
#ifndef APP_PROXYING_H
#define APP_PROXYING_H

#include "app/fault_rig.h"
#include "app/loop.h"
#include "app/proxying_act.h"
#include "grade/grade.h"
#include "grade/report.h"
#include "relay/relay.h"

/* All pointers are borrowed for the life of the proxy. */
struct proxying_config {
    const struct connect_options *connect; /* to the server; --seq, --id and --epoch */
    const struct listen_options *listen;
    const struct fault_options *fault;
    const char *upstream_cert, *upstream_key; /* files, or NULL */
    bool keep_host;
    const char *const *rules; /* as typed, checked */
    size_t rule_count;
    struct grade_config grade; /* identity and up_id */
};

struct proxying_hooks {
    /* A client has returned after an outage; or NULL. */
    void (*back)(void *ctx);
    void *ctx;
};

struct proxying {
    struct sink watch; /* learns of faults */
    struct app_loop *loop;
    const struct bus *bus;
    uint64_t start_us;
    struct proxying_config config;
    struct proxying_hooks hooks;
    struct fault_rig client_rig, server_rig;
    struct rules rules;
    struct dial_config dial;
    struct handshake_config identity;
    struct relay_config relay_config;
    struct relay *relay;
    struct grade *grade;
    struct proxying_hole *holes; /* proxying_act */
    struct timer *hole_timer;
    unsigned open; /* WebSockets */
};

/* Listen, and relay from now on. The bus is given a sink that does not outlive the proxy. 0, or -1
 * with *e. proxying_clear is due after both. */
int proxying_init(struct proxying *p, struct app_loop *loop, struct bus *bus, uint64_t start_us,
                  const struct proxying_config *config, const struct proxying_hooks *hooks,
                  struct err *e);
/* Cut every connection, and listen no longer; the report is gone. Nothing is emitted afterwards. On
 * one that is all zeros it does nothing. */
void proxying_clear(struct proxying *p);

/* The report so far. NULL: memory. Caller frees. */
struct grade_report *proxying_report(const struct proxying *p);

/* --- inside -------------------------------------------------------------------------------------
 */

/* proxying_watch.c */
extern const struct relay_hooks proxying_relay_hooks;
/* A fault acts. */
void proxying_watch_fault(struct proxying *p, const struct event *ev);

/* proxying_act.c */
/* 0 or -1 (memory). */
int proxying_act_init(struct proxying *p);
/* A connection has ended. */
void proxying_act_ended(struct proxying *p, uint32_t conn);
/* The time offline is over. */
void proxying_act_online(struct proxying *p);
void proxying_act_clear(struct proxying *p);

#endif
