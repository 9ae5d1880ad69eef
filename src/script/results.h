/*
 * results: the result of each test of a script, and the reporters that print it. The runner passes
 * every test to each reporter once, when it is over; a reporter writes to an `out` and returns
 * nothing.
 *
 * All pointers and slices are borrowed until the call returns. Text from the script is UTF-8; data
 * from a peer is bytes in a slice, made safe by the reporter. Durations are microseconds.
 */
#ifndef SCRIPT_RESULTS_H
#define SCRIPT_RESULTS_H

#include "base/out.h"
#include "base/slice.h"

enum result_status {
    RESULT_PASSED,
    RESULT_FAILED,
    RESULT_SKIPPED, /* `skip`, --only, or not reached with --fail-fast: see reason */
};

/* Where in a script: lines and columns begin with 1; column 0: the whole line. */
struct result_place {
    const char *file;
    unsigned line, column;
};

/* Something that came or happened while a failed expectation waited, in order. */
struct result_seen {
    uint64_t at_us;    /* since the test began */
    const char *conn;  /* the connection's name, or "" */
    const char *kind;  /* "text", "binary", "ping", "pong", "open", "close", "status" ... */
    struct slice data; /* the message; of a close its reason */
    bool cut;          /* it is only the beginning */
    uint64_t length;   /* bytes of all of it, as it came: parts of the data may be hidden */
    int code;          /* of a close its code, of a status the status; else 0 */
    const char
        *verdict; /* why it did not do: "op: \"pong\" is not \"ping\""; "" if that is plain */
};

/* The state of a connection of the test at its end. */
struct result_conn {
    const char *conn; /* its name, or "" */
    const char *url;  /* without secrets */
    bool opened, closed;
    const char *by, *how; /* if closed, as the event has them: "peer", "close-frame" */
    uint16_t code;
    struct slice reason;
    uint64_t messages_in, messages_out;
};

/* A test that failed. */
struct result_failure {
    struct result_place place;
    const char *source;   /* the script's line there, without its newline */
    const char *message;  /* one sentence: the failure */
    const char *expected; /* what the line wanted, one line; "" if it was no expectation */
    const char *hint;     /* what to try, or "" */
    uint64_t waited_us;   /* how long the line waited */
    uint64_t within_us;   /* how long it would have waited; 0: it has no limit */
    const struct result_seen *seen; /* the last ones; seen_before earlier ones are not here */
    size_t seen_count;
    uint64_t seen_before;
    const struct result_conn *conns;
    size_t conn_count;
    const char *transcript; /* the file that --transcript wrote, or NULL */
};

struct result {
    struct result_place place; /* of the line `test` */
    const char *name;
    enum result_status status;
    const char *reason;    /* of skip or todo, "" without one */
    bool todo;             /* it is expected to fail: it is reported as passed either way */
    int64_t time_us;       /* wall clock of its beginning, µs since 1970 UTC */
    uint64_t us;           /* how long it took */
    uint64_t expectations; /* that matched */
    const struct result_failure *failure; /* if it failed, else NULL */
};

struct results_total {
    uint64_t passed, failed, skipped, todo; /* a todo is counted only there */
    uint64_t us;
};

struct reporter {
    /* Before the first test: how many there will be, in how many files. */
    void (*begin)(struct reporter *r, uint64_t tests, uint64_t files, int64_t time_us);
    void (*test)(struct reporter *r, const struct result *result);
    /* After the last one. bail: the run ended before its time because of this (a signal, say);
     * NULL if it did not. */
    void (*end)(struct reporter *r, const struct results_total *total, const char *bail);
    void (*free)(struct reporter *r);
};

/* A failed test that is not marked todo. */
static inline bool result_counts(const struct result *r)
{
    return r->status == RESULT_FAILED && !r->todo;
}

/* Each writes to `out` (borrowed) and frees itself through reporter->free. NULL: memory. */
/* TAP 13, with a YAML block for each failure. */
struct reporter *tap_new(struct out *out);
/* JUnit XML, as one <testsuites>: it is kept in memory and written by `end`. */
struct reporter *junit_new(struct out *out);
/* One JSON object a test, then one "summary", a line each. */
struct reporter *results_json_new(struct out *out);

#endif
