/*
 * report: the result for each client, as data; sink/grade shows it. Unknown values are
 * GRADE_UNKNOWN (numbers), NULL (words) or GRADE_MAYBE. Durations are microseconds.
 */
#ifndef GRADE_REPORT_H
#define GRADE_REPORT_H

#include "grade/backoff_fit.h"
#include "grade/grade.h"

enum grade_truth { GRADE_MAYBE = -1, GRADE_NO, GRADE_YES };

/* A fault, and when the client showed that it had noticed. */
struct grade_fault {
    char kind[32];
    uint64_t at_us;
    int64_t noticed_us; /* after its beginning */
    int64_t over_us;    /* the same, if the fault ended */
    uint64_t conn;      /* that it struck */
};

struct grade_delay {
    int64_t us;      /* from the loss, or the attempt before, to this attempt */
    int64_t wait_us; /* the same, but from the failure of the attempt before: what the client chose
                        to wait */
    int status;      /* that refused it; 0: no answer, or it succeeded */
};

struct grade_outage {
    uint64_t lost_us;
    int how; /* enum grade_end or a close code */
    int64_t back_us;
    uint64_t attempts; /* not all of them are in delays */
    struct grade_delay *delays;
    size_t delay_count, delay_room;
    bool muddled;  /* attempts were refused that may have been this client's or another's: how many
                      it made is not known */
    uint32_t wave; /* outages of several clients that began together have the same */
    uint64_t last_us, failed_us; /* the last attempt; when it failed, 0: not yet */
    int last_status;
};

/* A time during which a connection was open. */
struct grade_span {
    uint64_t from_us;
    int64_t to_us; /* GRADE_UNKNOWN: it is open */
    uint64_t conn;
};

struct grade_client_report {
    uint32_t client;
    const char *address, *path, *agent; /* as the client sent them; agent may be "" */
    uint64_t connections;               /* that were opened */
    bool here;                          /* it has a connection now */
    bool left;                          /* it has none, and ended the last one itself */

    const struct grade_fault *faults;
    size_t fault_count;
    const struct grade_outage *outages;
    size_t outage_count;
    const struct grade_span *spans;
    size_t span_count;

    struct backoff_fit backoff;
    uint64_t hammer;
    enum grade_truth retry_after; /* obeyed; GRADE_MAYBE: none was sent, or nothing followed */

    int64_t gave_up_after; /* attempts in the outage that it did not return from */
    int gave_up_on;        /* status or close code then; 0: neither, or it did not give up */

    uint64_t double_us;

    int64_t subscriptions, resubscribed; /* of the worst reopening */
    const struct slice *missing;         /* messages, as sent: to be redacted */
    size_t missing_count;

    const char *resumed_from, *should_be; /* of the last reopening */
    enum grade_truth resumed_right;       /* at all of them */

    int64_t lost, recovered, duplicates, up_lost, up_duplicates;
    bool polled; /* lost is not known: what is missing may have come by polling */
    enum grade_truth same_credential, expired;
};

struct grade_report {
    uint64_t at_us, began_us; /* now; when the first client came */
    const struct grade_client_report *clients;
    size_t client_count;
    uint64_t outages; /* of all clients; and those of them that are over */
    uint64_t outages_over;
    int64_t peak_returns_per_s, spread_us; /* with more than one client that returned */
    uint64_t unattributed;                 /* refused connections that could not be attributed */
    uint64_t left_out;                     /* facts that exceeded a limit */
};

/* What is known now. The report points into g and is valid until the next fact. NULL: memory. */
struct grade_report *grade_report_new(const struct grade *g, uint64_t now_us);
void grade_report_free(struct grade_report *r);

/* "obeyed" ... The words of the report; NULL for what is not known. Static. */
const char *grade_retry_after_word(enum grade_truth obeyed);
/* "FIN", "RST", or "close 1006"; static or in text. */
const char *grade_end_text(int how, char text[24]);

#endif
