/*
 * slow: what happens to a connection that stops reading, and to others meanwhile: how much is kept
 * for it, when and how it is cut.
 */
#ifndef PROBE_SLOW_H
#define PROBE_SLOW_H

#include "probe/check.h"

/* Reading continues once this much waits for the stopped connection. */
#define PROBE_SLOW_MOST (UINT64_C(32) << 20)
/* Of the messages that are sent to a service that sends nothing by itself. */
#define PROBE_SLOW_MESSAGE 4096
/* A second connection is stalled once it has waited for this long, and for eight times as long as
 * it ever did before. */
#define PROBE_SLOW_STALL_US 3000000
/* Once the stopped connection was ended, the second one is watched for this long. */
#define PROBE_SLOW_RESUME_US 3000000

/* What fills the buffers. */
enum probe_source {
    SOURCE_NONE,    /* nothing does */
    SOURCE_REFUSED, /* a message of ours ended its connection */
    SOURCE_SHARED,  /* the service passes a message on to others: no further ones were sent */
    SOURCE_FEED,    /* the service sends by itself */
    SOURCE_ECHO     /* it answers messages */
};

struct probe_slow {
    enum probe_source source;
    uint64_t stopped_us;         /* for how long nothing was read; 0: it did not come to that */
    bool unfinished;             /* interrupted meanwhile */
    uint64_t due;                /* bytes: SOURCE_FEED: that a second connection received meanwhile;
                                    SOURCE_ECHO: of messages that the service took */
    uint64_t taken;              /* that the stopped connection's kernel took meanwhile */
    bool full;                   /* SOURCE_ECHO: the service took no more */
    bool woken;                  /* it was read again: */
    uint64_t came;               /* bytes that had waited and came then */
    uint64_t left_out, messages; /* SOURCE_FEED: of `messages`, those that never came */

    bool cut;        /* not by us: */
    uint64_t cut_us; /* that long after it stopped reading */
    bool about;      /* ... estimated, */
    bool within;     /* ... at the latest: it showed when reading went on */
    bool got_close;
    uint16_t code;
    char reason[128];
    char how[80]; /* without a Close: "reset by the peer (RST)", or "" */

    /* The second connection: the longest wait for a message or an answer, before and meanwhile. */
    uint64_t wait_before_us, wait_us;
    bool stalled;        /* it got nothing any more, and the stopped one was ended: */
    bool resumed;        /* then it got something again, */
    uint64_t resumed_us; /* that long after */
    bool others_ended;   /* the second connection was ended */
};

bool probe_slow_is_stalled(const struct probe_slow *s, uint64_t waiting_us);

/* Bytes that were kept for the stopped connection: measured, or else what is known to be missing.
 */
uint64_t probe_slow_kept(const struct probe_slow *s);

void probe_judge_slow(struct probe_report *r, const struct probe_slow *s);

#endif
