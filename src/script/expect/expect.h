/*
 * expect: what should be received on a connection: written as the arguments of the command
 * `expect`, compared with what was received. The same in scripts and in the interactive session.
 * Pure.
 *
 *   [next] text [TEXT|/REGEX/] | json [POINTER OP [VALUE]]... | json {OBJECT} | binary [HEX]
 *        | open [subprotocol NAME|none] | status N | header NAME [TEXT|/REGEX/]
 *        | close [CODE [TEXT|/REGEX/]] | error [STAGE] | ping [TEXT|/REGEX/] | pong [TEXT|/REGEX/]
 *        | event NAME [json ...] | ack [json ...] | result [json ...] | error [json ...]
 *        | frame NAME=VALUE... | reconnect | gap [COUNT] | no-gap | none [for SEC]  [within SEC]
 * and of a proxy:  back | report LIST  [within SEC]
 */
#ifndef SCRIPT_EXPECT_EXPECT_H
#define SCRIPT_EXPECT_EXPECT_H

#include "base/pattern.h"
#include "script/expect/inbox.h"

/* How long an expectation waits by default. */
#define EXPECT_WITHIN_US 5000000u
/* How long `none` waits. */
#define EXPECT_NONE_US 1000000u
/* Of expected bytes and frames. */
#define EXPECT_BINARY_MAX ((size_t)16 * 1024 * 1024)
/* Room for a sentence why something is not what was expected. */
#define EXPECT_WHY 256

enum expect_what {
    EXPECT_TEXT,
    EXPECT_JSON,
    EXPECT_BINARY,
    EXPECT_PING,
    EXPECT_PONG,
    EXPECT_FRAME,
    EXPECT_OPEN,
    EXPECT_CLOSE,
    EXPECT_ERROR,
    EXPECT_RECONNECT,
    EXPECT_GAP,
    EXPECT_STATUS,
    EXPECT_HEADER,
    EXPECT_NO_GAP,
    EXPECT_NONE,
    EXPECT_EVENT, /* of the protocol above the messages, like the next two */
    EXPECT_ACK,
    EXPECT_RESULT,
    EXPECT_BACK,   /* of a proxy: a client has returned */
    EXPECT_REPORT, /* of a proxy: its report is as `name` says, which is not read here */
    EXPECT_WHATS
};

struct json_condition;

struct expect {
    enum expect_what what;
    bool next;              /* the first that comes, and no other */
    uint64_t within_us;     /* 0: not given; of `none`: its duration */
    struct pattern pattern; /* text, ping, pong, reason, field value; payload of a frame */
    char *name; /* of a field; of an event; a subprotocol ("" for none); a list; or NULL */
    struct json_condition *conditions;
    size_t condition_count;
    bool exact_bytes; /* binary, frame: `bytes` is what it is to be */
    struct buf bytes;
    bool has_number;
    uint64_t number; /* close code, status, count of a gap */
    int stage;       /* of an error; -1: any */
    uint8_t given;   /* frame: which of these count, EXPECT_FRAME_... */
    uint8_t opcode, rsv;
    bool fin, masked;
    uint64_t length;
};

enum {
    EXPECT_FRAME_OP = 1,
    EXPECT_FRAME_FIN = 2,
    EXPECT_FRAME_RSV = 4,
    EXPECT_FRAME_LEN = 8,
    EXPECT_FRAME_MASKED = 16
};

/* here: a here-text that follows args, or NULL. -1 with *e (EXIT_USAGE), whose `at` is the offset
 * of the error in args. Call expect_clear after a failure, too. */
int expect_parse(struct expect *x, const char *args, const char *here, struct err *e);
void expect_clear(struct expect *x);

/* It is about the clients of a proxy, not about a connection. */
bool expect_of_proxy(const struct expect *x);
/* The class of events that it examines; CAME_CLASSES: none (status, header, no-gap, none, report).
 */
enum came_class expect_class(const struct expect *x);
/* An error of any stage may also be one of the protocol above the messages. */
bool expect_examines(const struct expect *x, enum came_class which);
/* Is this what was expected? If not, `why` is a short reason, which may quote the peer's bytes; ""
 * if it is of another kind. */
bool expect_fits(const struct expect *x, const struct came *c, char why[EXPECT_WHY]);
/* How long it may wait, given the default. */
uint64_t expect_limit_us(const struct expect *x, uint64_t default_us);

/* --- waiting: several expectations at once, on several connections ------------------------------
 */

enum expect_state { EXPECT_WAITS, EXPECT_MET, EXPECT_FAILED };

struct expect_wait {
    const struct expect *expect;
    struct inbox *inbox;
    enum expect_state state;
    char why[EXPECT_WHY]; /* if it failed */
};

/* Called for each event that was skipped. why: as expect_fits; "" . */
typedef void expect_seen_fn(void *ctx, const struct expect_wait *w, const struct came *c,
                            const char *why);

/* Take what has come since for those that still wait. Does not look at gaps that were filled
 * (no-gap), nor at the time. */
void expects_feed(struct expect_wait *waits, size_t count, expect_seen_fn *seen, void *ctx);

/* --- bytes and frames (expect_frame.c) ----------------------------------------------------------
 */

/* Hexadecimal digits into x->bytes. at: added to e->at, here and below. */
int expect_bytes_parse(struct expect *x, struct slice digits, size_t at, struct err *e);
/* NAME=VALUE..., as many as there are. */
int expect_frame_parse(struct expect *x, struct slice text, size_t at, struct err *e);

/* --- the protocol above the messages (expect_decoded.c) -----------------------------------------
 */

/* The name of an event: a word, or a JSON string. The bytes of text that it is; 0: it is missing or
 * malformed, or memory ran out, with *e. */
size_t expect_name_parse(struct expect *x, struct slice text, size_t at, struct err *e);
bool expect_decoded_fits(const struct expect *x, const struct came *c, char why[EXPECT_WHY]);

/* --- JSON (expect_json.c) -----------------------------------------------------------------------
 */

enum json_op {
    JSON_OP_INCLUDES, /* the pattern object */
    JSON_OP_EQUAL,
    JSON_OP_UNEQUAL,
    JSON_OP_LESS,
    JSON_OP_LESS_EQUAL,
    JSON_OP_MORE,
    JSON_OP_MORE_EQUAL,
    JSON_OP_MATCHES,
    JSON_OP_EXISTS,
    JSON_OP_MISSING,
    JSON_OP_TYPE
};

struct json_condition {
    char *pointer; /* RFC 6901; "": the whole */
    enum json_op op;
    char *value;            /* JSON; or NULL */
    struct pattern pattern; /* JSON_OP_MATCHES */
    int type;               /* JSON_OP_TYPE: enum json_kind, or -1: integer */
};

/* Conditions after `json`, up to the end of text; x->conditions grows. at0 is added to e->at. */
int expect_json_parse(struct expect *x, struct slice text, size_t at0, struct err *e);
bool expect_json_fits(const struct expect *x, const struct came *c, char why[EXPECT_WHY]);

#endif
