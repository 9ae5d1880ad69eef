/*
 * grade_private: what the files of grade share: the state of the clients and their connections.
 */
#ifndef GRADE_GRADE_PRIVATE_H
#define GRADE_GRADE_PRIVATE_H

#include "base/buf.h"
#include "grade/report.h"
#include "grade/seen.h"
#include "session/books/reconcile.h"

/* Messages of a connection's first second are subscriptions; equal ones within 5 s after a
 * reopening were sent twice. */
#define GRADE_FIRST_US 1000000u
#define GRADE_AGAIN_US 5000000u
/* A client that subscribes again does so within this time. */
#define GRADE_RESUBSCRIBE_US 60000000u
/* Closer attempts are hammering, as are more in 10 s. */
#define GRADE_CLOSE_US 100000u
#define GRADE_BURST    10
#define GRADE_BURST_US 10000000u
/* Retry-After has whole seconds; a timer may be this early. */
#define GRADE_EARLY_US 50000u
/* One that waits for it is at most this late. */
#define GRADE_SOON_US 1000000u
/* A wave: outages that begin this close to each other. */
#define GRADE_WAVE_US 1000000u
/* With --id, the books of a client take 3 MiB: this many clients have them. */
#define GRADE_ID_BOOKS_MAX 64
/* Payloads that a connection sent last. */
#define GRADE_SENT_MAX 64
/* The place in a stream that a client resumes from, as text. */
#define GRADE_POINT_MAX 128
/* Returns whose times are kept for the peak. */
#define GRADE_RETURNS_MAX 4096

/* Hashes of the payloads sent last; of `count` the ring has the last. */
struct grade_sent {
    uint64_t hashes[GRADE_SENT_MAX];
    size_t count;
};

struct grade_subscription {
    uint64_t exact, shape;
    char *text;
    size_t text_len;
};

struct grade_client {
    uint32_t number;
    uint64_t key, origin; /* hashes: of its identity; of its address and User-Agent */
    char address[64], path[256], agent[160];

    uint64_t openings;
    unsigned open;    /* connections now, those included that a fault has struck; */
    unsigned healthy; /* without these */
    bool away, left;

    struct grade_fault *faults;
    size_t fault_count, fault_room;
    struct grade_outage *outages;
    size_t outage_count, outage_room;
    struct grade_span *spans;
    size_t span_count, span_room;

    bool trying; /* plain HTTP requests of one attempt have begun, and none was refused */
    uint64_t recent[GRADE_BURST];
    size_t recent_count; /* of all attempts; the ring has the last */
    uint64_t hammer;
    uint64_t due_us; /* what Retry-After asked to wait for; 0: nothing */
    bool obeyed, ignored;

    uint64_t double_from_us, double_us; /* 0: no second connection is open */

    struct grade_subscription subscriptions[GRADE_SUBSCRIPTIONS_MAX];
    size_t subscription_count;
    bool judged;      /* a reopening lasted long enough to be judged */
    uint32_t missing; /* of the worst one, a bit each */

    char should_be[GRADE_POINT_MAX];   /* from the last loss; "" unknown */
    char offset[GRADE_POINT_MAX];      /* Socket.IO's, of the event delivered last; */
    char offset_then[GRADE_POINT_MAX]; /* at the last loss: as good a point; "" none */
    char resumed_from[GRADE_POINT_MAX];
    bool resumed_right, resumed_wrong;

    uint64_t credential; /* its hash; 0: none */
    bool credential_again, credential_changed;
    bool has_expiry, expired;

    struct reconcile *book; /* of what it received; NULL: none */
    bool numbered;          /* something was accounted for */
    bool up_numbered;
    bool polled;            /* it returned by polling, whose messages nobody sees here */
    struct seen missed_ids; /* of messages that were not delivered */
    uint64_t id_missed, id_recovered;
    struct buf last_id;
    struct seen up_ids, up_undelivered;
    uint64_t up_lost, up_duplicates;
    struct grade_sent sent; /* on the connection before */
};

enum grade_conn_state { GRADE_CONN_ATTEMPT, GRADE_CONN_FAILED, GRADE_CONN_OPEN, GRADE_CONN_ENDED };

struct grade_conn {
    uint64_t id;
    struct grade_conn *next; /* in its bucket */
    struct grade_client *client;
    enum grade_conn_state state;
    bool plain;    /* its last request was no upgrade */
    bool faulted;  /* a fault has struck it, */
    bool silenced; /* one that swallows what is sent */
    bool given_up; /* its client asked for another one while a fault kept silent about this */
    bool reopened; /* it ended an outage, */
    bool by_http;  /* with plain HTTP first, as Socket.IO does: what it sent there is not seen */
    uint64_t opened_us, ended_us;
    uint32_t matched, matched_exact; /* subscriptions that were sent again */
    char asked[GRADE_POINT_MAX];     /* where the request resumes */
    bool resumed_right, resumed_wrong;
    struct grade_sent sent;
};

#define GRADE_BUCKETS 4096

struct grade {
    struct grade_config config;
    struct grade_client **clients; /* in the order of their numbers */
    size_t client_count, client_room;
    struct grade_conn *buckets[GRADE_BUCKETS];
    size_t conn_count;
    size_t id_books;
    uint64_t began_us, left_out, unattributed;
    uint32_t wave; /* the last one, and its last loss */
    uint64_t wave_us;
    uint64_t returns[GRADE_RETURNS_MAX];
    size_t return_count;
    uint64_t peak; /* of returns in a second */
    uint64_t outages_over;
    struct buf scratch;
};

/* One more at the end of a growing array; NULL and left_out counted if there are `max` or memory is
 * out. The new one is zeroed. */
void *grade_more(struct grade *g, void **list, size_t *count, size_t *room, size_t size,
                 size_t max);

/* grade: NULL if there is none. */
struct grade_conn *grade_conn_find(const struct grade *g, uint64_t id);

/* grade_fault: faults of silence may end before an attempt that was made meanwhile is read. Of the
 * connections that they struck the client gave up those that it had when the attempt was made. */
void grade_fault_given_up(struct grade *g, struct grade_client *c, uint64_t at_us);
/* It was not given up after all: the client uses it beside the new one. */
void grade_fault_taken_up(struct grade_conn *conn, uint64_t now_us);
/* The end that a client made while a fault kept silent comes when that is over, or later: the
 * kernel repeats it after as long again. When it was made is not known, only that it was by now. */
bool grade_fault_ended(struct grade_conn *conn, uint64_t now_us);
/* A second healthy connection is open from now on, or no longer. */
void grade_double(struct grade_client *c, uint64_t now_us);

/* grade_who: a request's client (made if it is an upgrade, else found; or NULL) and what the
 * request says about credentials. */
struct grade_client *grade_who(struct grade *g, const struct grade_head *head);
void grade_who_credential(struct grade *g, struct grade_client *c, const struct grade_head *head);
/* Take the next parameter off a query. False at the end. */
bool grade_parameter(struct slice *query, struct slice *name, struct slice *value);
struct slice grade_query(struct slice target);

/* grade_outage: the client's times without a connection. */
struct grade_outage *grade_outage_now(const struct grade_client *c);
void grade_outage_begin(struct grade *g, struct grade_client *c, uint64_t now_us, int how);
void grade_outage_attempt(struct grade *g, struct grade_client *c, uint64_t at_us);
void grade_outage_failed(struct grade_client *c, uint64_t now_us, int status);
void grade_outage_over(struct grade *g, struct grade_client *c, uint64_t now_us);
/* The faults that struck before, and were not over by then. */
void grade_noticed(struct grade_client *c, uint64_t at_us);

/* grade_resume: where it resumes. */
void grade_resume_request(struct grade_conn *conn, const struct grade_head *head);
void grade_resume_message(struct grade_conn *conn, struct slice data);
/* A text message was delivered to the client. */
void grade_resume_delivered(struct grade_client *c, struct slice data);
/* After each of them, and when the connection is open. */
void grade_resume_judge(struct grade_conn *conn);
/* A payload without what Socket.IO puts before the JSON. */
struct slice grade_json_part(struct slice s);

/* grade_books: what was missed and sent twice. */
void grade_books_message(struct grade *g, struct grade_conn *conn, uint64_t now_us,
                         const struct grade_message *m);
void grade_books_opened(struct grade_conn *conn);
void grade_books_ended(struct grade_conn *conn);
void grade_books_clear(struct grade_client *c);
/* Where the client would have to resume; "" if it is not known. */
void grade_books_point(const struct grade *g, const struct grade_client *c,
                       char text[GRADE_POINT_MAX]);

/* grade_subscribe: the messages of the first second. */
void grade_subscribe_message(struct grade *g, struct grade_conn *conn, uint64_t now_us,
                             const struct grade_message *m);
/* If the connection is a reopened one, and lasted long enough: it is judged, and what was not sent
 * again on it is in *missing, a bit each, if that is more than there was. */
void grade_subscribe_judge(const struct grade_conn *conn, uint64_t now_us, bool *judged,
                           uint32_t *missing);

#endif
