/*
 * seen: the evidence of one connection or request, for the judges of the stages. Texts may quote
 * the peer; none contains a secret.
 */
#ifndef PROBE_SEEN_H
#define PROBE_SEEN_H

#include "base/err.h"
#include "event/event.h"
#include "probe/check.h"

/* The answer to a request: the head, and the beginning of the body. */
struct probe_answer {
    int status; /* 0: none came */
    char reason[64];
    char who[240];   /* "Server: nginx, Via: 1.1 cache": the fields that name who answered; or "" */
    char server[80]; /* the Server field, or "" */
    char location[240]; /* of a redirect, or "" */
    char body[320];
    char hint[512]; /* what is known to cause such a refusal, or "" */
    uint64_t us;
};

/* A WebSocket: as far as it came. */
struct probe_seen {
    struct probe_answer answer;
    struct err error; /* why it did not open; EXIT_OK: it did, or is still under way */
    bool open;
    uint64_t open_us; /* since the attempt began */
    char subprotocol[80];
    bool subprotocol_missed;
    char extensions[200];
    char greeting[512]; /* what the first message shows of the protocol, or "" */
    uint64_t messages;
    bool violated;
    char violation[400]; /* the rule that was broken, and how */
    bool closed;         /* it was open and ended: */
    enum close_by by;
    enum close_how how;
    uint16_t code;
    char close_reason[128];
    bool clean;
    bool got_close;       /* a Close frame of the server's */
    bool sent_close;      /* a Close frame of ours */
    uint64_t uptime_us;   /* from the opening to the end */
    char close_hint[512]; /* why, or "" */
};

/* How it went, as far as a comparison of two of them needs it. */
enum probe_outcome {
    OUTCOME_OPEN,    /* and stayed open */
    OUTCOME_CLOSED,  /* right after the opening */
    OUTCOME_REFUSED, /* an answer other than 101 */
    OUTCOME_FAILED   /* no valid answer */
};

enum probe_outcome probe_outcome_of(const struct probe_seen *s);
/* Same kind, status and close code? */
bool probe_outcomes_same(const struct probe_seen *a, const struct probe_seen *b);

#define PROBE_OUTCOME 120

/* "opens", "is refused with 403 Forbidden", "is closed at once with 4401". */
void probe_outcome_text(char text[PROBE_OUTCOME], const struct probe_seen *s);
/* "426 Upgrade Required". */
void probe_status_text(char *text, size_t size, const struct probe_answer *answer);

/* Does the text contain the word, whatever the case? */
bool probe_mentions(const char *text, const char *word);

/* The code of a run that ends with it; EXIT_OK if it is open. */
enum exit_code probe_outcome_code(const struct probe_seen *s);

#endif
