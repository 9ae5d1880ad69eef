/*
 * visit: one WebSocket connection of an examination: how it differs from the request that was asked
 * for, and its evidence.
 */
#ifndef VERB_PROBE_VISIT_H
#define VERB_PROBE_VISIT_H

#include "app/target.h"
#include "event/bus.h"
#include "net/timer.h"
#include "probe/judge.h"

struct app;

/* All zero: the request as the options describe it. */
struct visit_plan {
    bool no_credentials;
    bool no_subprotocols;
    bool no_deflate;
    bool insecure;      /* the certificate is not verified */
    const char *origin; /* in place of the options' */
    unsigned browser;   /* 1u << STEP_...: what a browser does differently; its Origin is above */
    bool keep;          /* it stays open once it is settled */
    bool quiet;         /* it is settled as soon as it is open, and not pinged */
    bool large;         /* it accepts messages of any size */
    bool no_pong;       /* the server's pings are left unanswered */
};

struct visit;

struct visit_hooks {
    /* It is known how it went: it did not open, or was open for a moment. Once. */
    void (*settled)(void *ctx, struct visit *v);
    /* Everything that happens, afterwards too; NULL: nothing. */
    void (*event)(void *ctx, struct visit *v, const struct event *ev);
    void *ctx;
};

struct visit {
    struct sink watch;
    struct app *app;
    struct visit_hooks hooks;
    struct visit_plan plan;
    bool settled;
    bool ended; /* no connection is left */
    struct target *target;
    struct handshake_header *headers; /* owned */
    struct session *session;
    struct bus bus;
    struct timer *timer;
    struct probe_seen seen;
};

/* Begin. An attempt that cannot even begin is settled from the loop as well. NULL with *e. */
struct visit *visit_new(struct app *app, const struct visit_plan *plan,
                        const struct visit_hooks *hooks, struct err *e);
/* Drop the connection; its memory is freed by visit_free, once the loop has closed its handles. */
void visit_stop(struct visit *v);
void visit_free(struct visit *v);

/* Would a visit with these options carry anything that only the server may see? */
bool visit_has_secrets(const struct connect_options *o);
/* Does it send credentials: an Authorization field, cookies, a client certificate ...? */
bool visit_has_credentials(const struct connect_options *o);

/* An answer as it may be shown; and a further piece of its body, blanks and line ends folded: true
 * once no more of it is kept. */
void visit_take_answer(struct probe_answer *answer, const struct event_response *response);
bool visit_take_body(struct probe_answer *answer, struct slice piece);

#endif
