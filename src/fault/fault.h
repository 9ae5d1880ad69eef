/*
 * fault: faults that can be caused on purpose, in the form that a user writes:
 *
 *   KIND[:ARG[,ARG][,side=in|out]][@TRIGGER][+DURATION][*COUNT]
 *
 * A proxy has more arguments for every kind, which say on which of its connections it acts:
 * leg=client|server, path=GLOB, share=P, only=ws|http, after=N. A server has leg=redis, its
 * connections to Redis.
 *
 * Pure: text to struct and back. The manual's section FAULTS is the table of kinds and triggers.
 */
#ifndef FAULT_FAULT_H
#define FAULT_FAULT_H

#include "base/err.h"
#include "base/slice.h"

enum fault_kind {
    /* What happens to the bytes of a connection, below TLS. */
    FAULT_RST,        /* the connection is reset */
    FAULT_FIN,        /* it is closed, without a Close frame */
    FAULT_HALF_CLOSE, /* its outgoing side is closed */
    FAULT_BLACKHOLE,  /* nothing passes in either direction, and neither side is notified */
    FAULT_STALL_READ,
    FAULT_STALL_WRITE,
    FAULT_LATENCY,  /* us, jitter_us */
    FAULT_RATE,     /* bytes a second */
    FAULT_SLICE,    /* bytes at a time, us between them */
    FAULT_TRUNCATE, /* bytes more, then a reset */
    FAULT_CORRUPT,  /* one bit of the bytes-th byte from now on */
    FAULT_REBIND,   /* the socket is left dangling; the next one comes from `address` */
    FAULT_OFFLINE,  /* the connection is lost, by a reset or `silent`; only a proxy's */
    /* What happens to messages and control frames of a WebSocket. */
    FAULT_DROP_PONG,
    FAULT_DELAY_PONG, /* us */
    FAULT_WRONG_PONG,
    FAULT_DROP_IN, /* with probability p, as the next four */
    FAULT_DROP_OUT,
    FAULT_DUP_IN,
    FAULT_DUP_OUT,
    FAULT_REORDER,
    FAULT_CLOSE, /* a Close frame with `code` and `reason`; of a server or a proxy */
    /* What happens instead of a connection; simulated before any I/O. */
    FAULT_REFUSE,
    FAULT_DNS_FAIL,
    FAULT_DNS_SLOW, /* us */
    FAULT_STATUS,   /* the upgrade is answered with `code`, Retry-After: retry_after */
    FAULT_KIND_COUNT
};

enum fault_family { FAULT_FAMILY_LINK, FAULT_FAMILY_WS, FAULT_FAMILY_DIAL };

enum fault_side { FAULT_SIDE_IN = 1, FAULT_SIDE_OUT = 2, FAULT_SIDE_BOTH = 3 };

/* The side of a proxy, or of a server that is a client of Redis. */
enum fault_leg { FAULT_LEG_ANY, FAULT_LEG_CLIENT, FAULT_LEG_SERVER, FAULT_LEG_REDIS };

enum fault_traffic { FAULT_TRAFFIC_ANY, FAULT_TRAFFIC_WS, FAULT_TRAFFIC_HTTP };

#define FAULT_REASON 124 /* a Close frame holds 123 bytes of it (RFC 6455, section 5.5.1) */
#define FAULT_PATH   128

enum fault_trigger {
    FAULT_AT_ONCE,
    FAULT_AFTER,      /* at_us after it was armed, once; affects the connections of that moment */
    FAULT_ON_OPEN,    /* each opening */
    FAULT_ON_MESSAGE, /* the n-th message of a connection, both ways counted */
    FAULT_ON_FRAME,
    FAULT_ON_BYTES,   /* once n bytes passed below TLS, both ways counted */
    FAULT_ON_CONNECT, /* the n-th attempt at a connection */
    FAULT_EVERY,      /* every at_us */
    FAULT_RANDOM      /* repeatedly after at_us to most_us, drawn again each time */
};

struct fault_spec {
    enum fault_kind kind;
    enum fault_side side;
    uint64_t us, jitter_us;
    uint64_t bytes;
    double p; /* 0 to 1 */
    unsigned code;
    uint64_t retry_after; /* seconds */
    bool has_retry_after;
    char address[46]; /* numeric, or "" */
    char reason[FAULT_REASON];
    bool silent;
    /* Of a proxy, but for leg=redis: */
    enum fault_leg leg;      /* FAULT_LEG_ANY: not given; see fault_leg */
    enum fault_traffic only; /* FAULT_TRAFFIC_ANY: not given */
    char path[FAULT_PATH];   /* a pattern with * and ?, or "" */
    bool has_share;
    double share;   /* of the clients: 0 to 1 */
    uint64_t after; /* messages on the connection; 0: not given */
    enum fault_trigger trigger;
    uint64_t at_us, most_us;
    uint64_t n;           /* from 1 */
    uint64_t duration_us; /* 0: none given */
    uint64_t count;       /* acts at most this often; 0: none given */
};

/* Read one SPEC. -1 with *e (EXIT_USAGE): what is wrong, and e->at, an offset in text.
 */
int fault_parse(struct fault_spec *f, struct slice text, struct err *e);
/* What they are for: not every end of a connection has every fault. */
enum fault_use { FAULT_USE_CLIENT, FAULT_USE_SERVER, FAULT_USE_PROXY };

/* Step through "SPEC;SPEC": the next one from *pos on into *f. 1, 0 at the end, -1 with *e (e->at
 * counted from the start of text), also for one that is not for that use. Empty parts are passed
 * over. */
int fault_parse_next(struct fault_spec *f, struct slice text, size_t *pos, enum fault_use use,
                     struct err *e);

/* "blackhole" ...; static. */
const char *fault_kind_name(enum fault_kind kind);
/* "open", "message:" ...; NULL after the last. */
const char *fault_trigger_name(unsigned i);
/* A kind as it is written: "latency:TIME[,TIME]". */
#define FAULT_USAGE 48
void fault_kind_usage(enum fault_kind kind, char text[FAULT_USAGE]);
enum fault_family fault_family(enum fault_kind kind);
/* Does something of that use have it? And does an argument follow its name? */
bool fault_kind_fits(enum fault_kind kind, enum fault_use use);
bool fault_kind_takes(enum fault_kind kind);
/* Done in one moment, rather than lasting until its duration is over. */
bool fault_is_instant(enum fault_kind kind);
/* It depends on chance, so that --seed matters. */
bool fault_is_random(const struct fault_spec *f);

/* Which leg it acts on: the one that was given, else the client's, but for the kinds
 * that only the way to a server has. */
enum fault_leg fault_leg(const struct fault_spec *f);
/* What of it only a proxy has, as it is typed: "offline", "path=" ...; NULL: nothing. Static. */
const char *fault_proxy_only(const struct fault_spec *f);

/* A connection of a proxy, as far as it is known. Zero-initialised, it is one of another program
 * mode: all that is not proxy-only acts on it. */
struct fault_scope {
    enum fault_traffic traffic; /* FAULT_TRAFFIC_ANY: not known yet */
    const char *path;           /* of the request, without the query; NULL: not known yet */
    uint64_t client;            /* the number of the client, from 1; 0: not known yet */
    uint64_t messages;          /* on it so far, both ways */
    double drawn;               /* for the client, 0 to below 1: shares above that act on it */
};

/* Does it act on such a connection? What is not known does not fit what was asked for. */
bool fault_applies(const struct fault_spec *f, const struct fault_scope *s);
/* * stands for any number of characters, ? for one; all others for themselves. */
bool fault_glob(const char *pattern, const char *text);

#define FAULT_TEXT 512
/* In the form in which they are typed: the arguments, "" if there are none; the trigger, "" for at
 * once; the whole. */
void fault_print_args(const struct fault_spec *f, char text[FAULT_TEXT]);
void fault_print_trigger(const struct fault_spec *f, char text[FAULT_TEXT]);
void fault_print(const struct fault_spec *f, char text[FAULT_TEXT]);

#endif
