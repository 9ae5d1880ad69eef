/*
 * grade: judges how the clients of a relay handle outages. The caller passes in, in order, what the
 * relay sees of their connections; the report states when a client noticed, how it returned, what
 * it lost and what it sent twice. Pure: the time is passed in.
 *
 * Times are microseconds of one monotonic clock. The caller numbers the connections, and uses a
 * number again only after grade_forget. Calls about an unknown connection do nothing, so the caller
 * need not know which of them belong to a WebSocket. If memory runs out, facts are left out and
 * counted in the report.
 */
#ifndef GRADE_GRADE_H
#define GRADE_GRADE_H

#include "base/err.h"
#include "event/event.h"

/* What is kept; what exceeds it is counted (struct grade_report, left_out). */
#define GRADE_CLIENTS_MAX       4096
#define GRADE_CONNECTIONS_MAX   16384 /* that were not forgotten */
#define GRADE_OUTAGES_MAX       256   /* of a client, */
#define GRADE_DELAYS_MAX        64    /* of an outage; */
#define GRADE_FAULTS_MAX        256   /* of a client, */
#define GRADE_SPANS_MAX         512   /* times at which it was connected */
#define GRADE_SUBSCRIPTIONS_MAX 32    /* messages of its first second, */
#define GRADE_SUBSCRIPTION_TEXT 512   /* bytes of each that are kept to be shown */
#define GRADE_IDS_MAX           4096  /* the newest ones, of each direction and client */

#define GRADE_UNKNOWN INT64_C(-1)

enum grade_identity {
    GRADE_BY_DEFAULT, /* address, User-Agent and path */
    GRADE_BY_COOKIE,
    GRADE_BY_HEADER,
    GRADE_BY_QUERY,
    GRADE_BY_ADDRESS,
    GRADE_BY_ALL /* all connections are of one client */
};

/* All texts are borrowed for the life of the grade. */
struct grade_config {
    enum grade_identity identity;
    const char *name;             /* of the cookie, the field or the parameter */
    const char *seq, *id, *epoch; /* JSON Pointers into what the server sends, or NULL */
    const char *up_id;            /* into what the clients send */
    uint64_t seed[2];             /* anything a peer can't know */
};

/* Read "cookie:NAME", "header:NAME", "query:NAME", "address" or "all"; c->name is a part of text.
 * 0, or -1 with a usage error. */
int grade_identity_parse(const char *text, struct grade_config *c, struct err *e);

struct grade;

/* NULL: memory. */
struct grade *grade_new(const struct grade_config *config);
void grade_free(struct grade *g);

/* --- facts --------------------------------------------------------------------------------------
 */

/* A request of a client. */
struct grade_head {
    const char *address; /* of the client, without the port */
    uint64_t since_us;   /* when its connection was accepted; 0: with this call */
    int64_t wall_s; /* now, since 1970, to judge whether a credential has expired; 0: not known */
    bool upgrade;   /* to a WebSocket; plain HTTP is considered only while its client is away */
    struct slice target;
    const struct field *fields;
    size_t field_count;
};

/* A client requests a connection. Returns the number of the client, from 1; 0: it belongs to no
 * known client (plain HTTP), or there are too many. */
uint32_t grade_attempt(struct grade *g, uint64_t now_us, uint64_t conn,
                       const struct grade_head *head);
/* Its attempt was refused, or failed (status 0); a plain request that was answered with less than
 * 400 was not. retry_after_s: GRADE_UNKNOWN: there was none. */
void grade_refused(struct grade *g, uint64_t now_us, uint64_t conn, int status,
                   int64_t retry_after_s);
/* A connection from that address was refused before its request was read. Returns the number of the
 * client that it was attributed to, the only one from there that is away; or 0. */
uint32_t grade_refused_at(struct grade *g, uint64_t now_us, const char *address);
/* The client has its 101. True if that ended an outage. */
bool grade_opened(struct grade *g, uint64_t now_us, uint64_t conn);

/* A message, whole or its first part. */
struct grade_message {
    bool up;        /* from the client to the server */
    bool delivered; /* false: the other end did not get it. To a client whose connection has ended,
                       or is silenced by blackhole or offline, nothing is delivered anyway */
    enum opcode opcode;
    struct slice data;
    bool cut; /* more of it follows */
};

void grade_message(struct grade *g, uint64_t now_us, uint64_t conn, const struct grade_message *m);

/* A fault begins that cuts, silences or refuses (not one that only delays or changes), for one
 * connection or for all; and it is over, if the connection may go on. */
#define GRADE_ALL UINT64_MAX
void grade_fault(struct grade *g, uint64_t now_us, uint64_t conn, const char *kind);
void grade_fault_over(struct grade *g, uint64_t now_us, uint64_t conn);

/* How a connection ended: codes of a Close frame, or 1005 for one without, or: */
enum grade_end { GRADE_END_FIN = 0, GRADE_END_RST = 1 };

/* The client ended it; after a loss, it has noticed the loss. how: enum grade_end, or a close code.
 * Without a fault or grade_lost before, the client has left, which is not an outage. */
void grade_client_end(struct grade *g, uint64_t now_us, uint64_t conn, int how);
/* The server or a fault ended it, as the client sees it. */
void grade_lost(struct grade *g, uint64_t now_us, uint64_t conn, int how);
/* Nothing more will be reported of it: its upstream leg has ended too. */
void grade_forget(struct grade *g, uint64_t conn);

/* How many outages are over, of all clients. */
uint64_t grade_outages_over(const struct grade *g);

#endif
