/*
 * faults: the set of faults that are armed, and what each of them does to each connection. Pure:
 * the time is passed in (clock_mono_us), random numbers come from the seed; nothing here touches a
 * socket.
 *
 * A set outlives connections: it belongs to a session, or to a server with many clients. When a
 * fault acts:
 *
 *   at once       a lasting kind: on the connections there are and all that come; a momentary one:
 *                 on those there are, else on the next
 *   30s, every,   at that time after it was armed, on the connections there are then, else on the
 *   random        next (every, random: on none). With a duration a lasting kind also affects
 *                 connections that begin within it
 *   open, message, frame, bytes   on the connection that reaches it, and on each that does
 *   connect:N     on the N-th attempt
 *
 * A lasting kind without a duration lasts as long as the connections it affected. Kinds that act
 * instead of a connection (refuse, dns-fail, dns-slow, status) meet every attempt in their time.
 * COUNT bounds how often a fault acts; for kinds with a probability: on how many messages, for
 * kinds that act on pongs: on how many of them.
 *
 * offline acts on all connections, also where a trigger names one, and on all that come in its
 * time; without a duration until faults_heal. A fault with path=, share=, only= or after= applies
 * to a connection when it has become one of those: see fault_conn_scope.
 *
 * The same seed, specs and connections draw the same chances: each fault has a generator of its own
 * for each connection.
 */
#ifndef FAULT_FAULTS_H
#define FAULT_FAULTS_H

#include "event/event.h"
#include "fault/fault.h"

#define FAULTS_MAX 32

struct faults;
struct fault_conn;

/* conn: the number of the connection it happens to; 0: no particular one. The event's texts are
 * borrowed for the call. */
typedef void faults_report_fn(void *ctx, const struct event_fault *fault, uint32_t conn);

/* NULL: memory. */
struct faults *faults_new(uint64_t seed, faults_report_fn *report, void *ctx);
/* After its connections, and when faults_let_go has nothing left. */
void faults_free(struct faults *f);

/* How faithful a black hole will be, reported when one is armed: a static text, or NULL. */
void faults_fidelity(struct faults *f, const char *how);

/* Arm one more; -1: FAULTS_MAX are armed. Reports "armed", and what happens at once. */
int faults_arm(struct faults *f, const struct fault_spec *spec, uint64_t now_us);
/* End what lasts and disarm all; connections come from where they came from before any rebind. */
void faults_heal(struct faults *f, uint64_t now_us);
/* The i-th that is armed and may act (again), or NULL after the last; *active: it acts now. */
const struct fault_spec *faults_get(const struct faults *f, unsigned i, bool *active);
bool faults_any_active(const struct faults *f);
uint64_t faults_seed(const struct faults *f);

/* When faults_tick is due next; UINT64_MAX: never. It may change with every call here: `changed` is
 * called then (not within faults_tick). One timer waits for all connections. */
uint64_t faults_due(const struct faults *f);
void faults_tick(struct faults *f, uint64_t now_us);
void faults_on_due(struct faults *f, void (*changed)(void *ctx), void *ctx);

/* --- one connection ---------------------------------------------------------------------------
 */

/* An attempt begins. NULL: memory. */
struct fault_conn *fault_conn_new(struct faults *f, uint32_t conn, uint64_t now_us);
void fault_conn_free(struct fault_conn *c, uint64_t now_us);
/* The connection is over: lasting faults on it end, and no fault affects it any longer, unless it
 * connects again (polling does, a connection for each request). */
void fault_conn_over(struct fault_conn *c, uint64_t now_us);
/* No fault is armed. What is reached must still be reported: a fault with a counter may be armed
 * later. */
bool fault_conn_idle(const struct fault_conn *c);

/* Does a fault of that kind (FAULT_FAMILY_DIAL) meet this attempt? Asked once a kind; reported. */
const struct fault_spec *fault_conn_dial(struct fault_conn *c, enum fault_kind kind,
                                         uint64_t now_us);
/* The local address to come from, where the fault rebind has led; or NULL. */
const char *fault_conn_source(const struct fault_conn *c);
/* What is known of a connection of a proxy, or known anew: what that brings within the reach of
 * path=, share= or only= begins now. The path is copied; scope->messages and drawn are not looked
 * at. 0, or -1: memory (nothing has changed). */
int fault_conn_scope(struct fault_conn *c, const struct fault_scope *scope, uint64_t now_us);
/* What is reached. messages, frames, bytes: of the connection so far, both ways. */
void fault_conn_connected(struct fault_conn *c, uint64_t now_us);
void fault_conn_opened(struct fault_conn *c, uint64_t now_us);
void fault_conn_messages(struct fault_conn *c, uint64_t messages, uint64_t now_us);
void fault_conn_frames(struct fault_conn *c, uint64_t frames, uint64_t now_us);
void fault_conn_bytes(struct fault_conn *c, uint64_t bytes, uint64_t now_us);
/* How many bytes may pass before the next fault that counts them; UINT64_MAX: any number. */
uint64_t fault_conn_bytes_left(const struct fault_conn *c);

/* Called when something begins or ends for this connection: once for the link, once for the layer.
 * It may not free the connection. */
enum fault_listener { FAULT_LISTENER_LINK, FAULT_LISTENER_LAYER, FAULT_LISTENERS };
void fault_conn_listen(struct fault_conn *c, enum fault_listener which, void (*changed)(void *ctx),
                       void *ctx);

/* The fault of that kind that lasts now on this side, or NULL. */
const struct fault_spec *fault_conn_active(const struct fault_conn *c, enum fault_kind kind,
                                           enum fault_side side);
/* The next momentary fault of that family that has struck, each returned once; NULL: none. */
const struct fault_spec *fault_conn_strike(struct fault_conn *c, enum fault_family family);
/* A lasting fault ended through its own action (truncate, corrupt): it ends for this connection.
 */
void fault_conn_spent(struct fault_conn *c, const struct fault_spec *spec, uint64_t now_us);
/* Does a fault with a probability meet this message (the `number`-th of the connection)? Reported
 * and counted if so. */
bool fault_conn_chance(struct fault_conn *c, enum fault_kind kind, enum fault_side side,
                       uint64_t number, uint64_t now_us);
/* Does a lasting fault on this side affect this pong (FAULT_DROP_PONG, FAULT_DELAY_PONG,
 * FAULT_WRONG_PONG)? If so, it is counted; NULL: none does. When COUNT is reached, it ends
 * everywhere. */
const struct fault_spec *fault_conn_pong(struct fault_conn *c, enum fault_kind kind,
                                         enum fault_side side);
/* A number from 0 to below `below` out of the fault's generator for this connection. */
uint64_t fault_conn_draw(struct fault_conn *c, const struct fault_spec *spec, uint64_t below);
/* The name of a fault that was active until the connection was over; NULL: none was. */
const char *fault_conn_last(const struct fault_conn *c);
/* Keep a socket open that is no longer used (FAULT_REBIND, FAULT_BLACKHOLE). Takes fd; returns a
 * descriptor to close instead, or -1. */
int fault_conn_dangle(struct fault_conn *c, int fd);
/* Takes out the one that has been kept longest, to be closed, or -1. */
int faults_let_go(struct faults *f);
/* It was cut at a message or frame: what was read after it and not yet reported is lost with it, so
 * that the same messages arrive no matter how many were read at once. */
void fault_conn_cut(struct fault_conn *c);
bool fault_conn_is_cut(const struct fault_conn *c);
/* Set how faithfully a lasting fault acts, for its report: before the listener returns. */
void fault_conn_describe(struct fault_conn *c, const struct fault_spec *spec, const char *how);

#endif
