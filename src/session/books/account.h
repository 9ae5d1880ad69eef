/*
 * account: keeps the books of a session: reads number, identity and epoch out of each message
 * (--seq, --id, --epoch), reports what reconcile finds, and determines what to request after an
 * outage (--resume, --resume-query).
 */
#ifndef SESSION_BOOKS_ACCOUNT_H
#define SESSION_BOOKS_ACCOUNT_H

#include "event/event.h"
#include "session/books/reconcile.h"

struct account_config {
    const char *seq, *id, *epoch; /* JSON Pointers (RFC 6901), valid; or NULL */
    const char *seq_from;         /* to the first number of a message, seq is the last; or NULL */
    const char *prev;             /* to the number that a message follows; or NULL */
    const char *resume;           /* a message to be sent after a reconnect, or NULL */
    const char *resume_query;     /* to be added to the URL's query then, or NULL */
    bool catches_up;              /* what was missed is fetched then, see account_catchup */
    bool fail_on_loss;
};

struct account;

/* Where its events go. The receiver fills in the header; the times only where at_us is 0: events
 * that follow from a message have its time. */
typedef void account_emit_fn(void *ctx, struct event *ev);

/* Is there anything to keep books of? Without it no account is needed. */
bool account_wanted(const struct account_config *config);

/* config is borrowed. NULL: memory. */
struct account *account_new(const struct account_config *config, account_emit_fn *emit, void *ctx);
/* NULL is fine. */
void account_free(struct account *a);

/* A message came in, or a part of one: sets ev->message.again if it was seen before, and reports
 * what follows from it. A message in parts is read by its first part. */
void account_message(struct account *a, struct event *ev);

/* A connection is open; it ended. */
void account_opened(struct account *a);
void account_closed(struct account *a);

/* What --resume asks for on the connection that is open now. 1: the message is in *text, which
 * lives until the next call. 0: nothing is to be sent, the first connection or no number seen so
 * far. -1: memory, or it became too long. */
int account_resume(struct account *a, struct slice *text);
/* A URL's target, followed by --resume-query if this is a reconnect. Caller frees; NULL: memory, or
 * it became too long. */
char *account_resume_target(struct account *a, const char *target);

/* The target of a URL to catch up from, filled in. 1: the caller frees *filled. 0: there is nothing
 * to ask for (the first connection, no number seen so far). -1: memory, or it became too long. */
int account_catchup(struct account *a, const char *target, char **filled);
/* What was fetched: all of it is examined first, so that one gap is reported for all that was
 * missed; then each again, to be passed on as a message if the result is true. */
void account_expect(struct account *a, struct slice item);
void account_expected(struct account *a);
bool account_fetched(struct account *a, struct event *ev);

/* A target with its placeholders filled in; `a` may be NULL: then they are empty. Caller frees;
 * NULL: memory, or it became too long. */
char *account_fill_target(const struct account *a, const char *target);
/* Was a message with this text seen? As reconcile_known; -1 if `a` is NULL. */
int account_known(struct account *a, struct slice text);

/* The session is over: what is missing is lost. Again is fine. */
void account_finish(struct account *a);

/* Into totals: what was missed, recovered, lost or duplicated; the epochs. */
void account_totals(const struct account *a, struct totals *totals);
/* Messages were lost, and --fail-on-loss was given. */
bool account_failed(const struct account *a);

#endif
