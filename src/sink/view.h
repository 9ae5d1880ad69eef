/*
 * view: the settings of the views for people. Each sink is made from them and an `out`.
 */
#ifndef SINK_VIEW_H
#define SINK_VIEW_H

#include "base/out.h"
#include "event/sink.h"

enum view_stamps { STAMPS_NONE, STAMPS_ABS, STAMPS_REL, STAMPS_DELTA };

enum view_binary { BINARY_AUTO, BINARY_RAW, BINARY_HEX, BINARY_BASE64 };

struct view_config {
    int level;         /* -1 (-q) to 3 (-vvv) */
    bool include;      /* -i */
    bool pings;        /* -P */
    bool show_secrets; /* do not redact */
    enum view_stamps stamps;
    bool numbered;           /* a server's log: each line names its connection */
    bool relay;              /* a proxy's: each line begins with that of its client */
    bool pretty;             /* JSON payloads over several lines */
    enum view_binary binary; /* of messages: BINARY_HEX, BINARY_BASE64; else a hex dump */
    bool tty;                /* the output is a terminal: peers' bytes are escaped, width applies */
    bool color;
    bool utf8;      /* markers may be beyond ASCII */
    int columns;    /* of the terminal; 0 if not one */
    uint64_t elide; /* base64 strings in JSON of more characters are shortened; 0: none */
    int fold;       /* human: lines of a message that are shown; 0: all */
    bool report;    /* human: the reason for the end is reported later, with the hint */
    bool
        messages; /* human: show messages too (REPL, tour); else they are another sink's business */
};

/* How messages leave on stdout. */
struct lines_config {
    bool nul; /* -0 */
    bool no_delimiter;
    bool escape; /* --escape: one line each */
    bool pretty;
    bool color;
    enum view_binary binary;
    uint64_t elide; /* on a terminal, as above */
    bool utf8;
    bool tty;     /* stdout is a terminal: make everything safe for it, hex dump binaries */
    bool decoded; /* what is decoded and has a line leaves as that line, the rest does not */
};

struct ndjson_config {
    uint64_t kinds; /* EVENT_BIT of what is printed */
    bool show_secrets;
    bool tty; /* C1, bidi controls escaped as \uXXXX too */
};

/* Each writes to `out` (borrowed) and frees itself through sink->free. NULL: memory. */
struct sink *human_new(struct out *out, const struct view_config *config);
struct sink *lines_new(struct out *out, const struct lines_config *config);
struct sink *ndjson_new(struct out *out, const struct ndjson_config *config);

#endif
