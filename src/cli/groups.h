/*
 * groups: the options of the command line, in groups: each module gets only the groups that it
 * needs. The options of a single subcommand are in its own struct (cli/verb.h).
 */
#ifndef CLI_GROUPS_H
#define CLI_GROUPS_H

#include "base/ranges.h"
#include "decode/decode.h"
#include "event/event.h"
#include "net/dial.h"
#include "proto/handshake.h"
#include "proto/url.h"
#include "sink/view.h"

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

/* How stdin becomes messages. */
enum input_form { INPUT_LINES, INPUT_NUL, INPUT_HEX, INPUT_BASE64, INPUT_WHOLE, INPUT_CHUNKS };

/* How long nothing may have come in before the end of stdin closes the connection. */
#define PIPE_WAIT_DEFAULT_US 500000u

struct pipe_options {
    enum input_form input;
    bool binary;              /* -b */
    const char *eol;          /* --eol: a byte that ends each message, "" for NUL; NULL: none */
    bool crlf;                /* --crlf: a CR before the newline is removed, too */
    size_t chunk;             /* --chunk */
    bool no_input;            /* -n */
    bool echo;                /* --echo */
    const char *const *sends; /* -e, in order, as given (@FILE and @- not yet read) */
    size_t send_count;
    uint64_t wait_us; /* -w; by default PIPE_WAIT_DEFAULT_US */
    bool wait_given;
    uint64_t count;    /* --count; 0: no limit */
    const char *until; /* POSIX ERE, checked; or NULL */
};

struct ws_options {
    uint64_t max_message, max_frame, max_fragments; /* 0: not given */
    uint64_t ping_interval_us, ping_timeout_us;     /* 0: none */
    bool no_pong;
    bool lenient;
    uint64_t connect_timeout_us, close_timeout_us;
    const char *header_cmd; /* or NULL */
    bool follow;            /* -L: redirects, */
    uint64_t max_redirects; /* how many */
};

/* What is to go wrong on purpose. */
struct fault_options {
    const struct fault_spec *specs;
    size_t count;
    uint64_t seed;
    bool seed_given;
};

/* What is accounted for; JSON Pointers (RFC 6901), checked, or NULL. */
struct account_options {
    const char *seq, *id, *epoch;
    const char *seq_from, *prev; /* of messages that stand for several numbers, or follow one */
    const char *resume;          /* sent after a reconnect; or NULL */
    const char *resume_query;    /* added to the URL then; or NULL */
    const char *catchup_text;    /* as typed, or NULL; then catchup is its URL, http or https */
    struct url catchup;
    bool fail_on_loss;
};

/* How --retry-jitter spreads the delays; by default that of the preset. */
enum retry_jitter {
    RETRY_JITTER_PRESET,
    RETRY_JITTER_NONE,
    RETRY_JITTER_FULL,
    RETRY_JITTER_FRACTION
};

/* Not given: that of the preset of -r applies. */
#define RETRY_PRESET UINT64_MAX

struct retry_options {
    const char *preset;              /* -r: its name; NULL: nothing is tried again */
    uint64_t tries;                  /* --retry, or RETRY_PRESET */
    uint64_t delay_us, max_delay_us; /* or RETRY_PRESET */
    double factor;                   /* 0: not given */
    enum retry_jitter jitter;
    double fraction;      /* with RETRY_JITTER_FRACTION */
    uint64_t max_time_us; /* 0: none */
    uint64_t stable_after_us;
    struct ranges on, not_on;
    size_t offline_queue; /* bytes */
};

#define HTTP_EVERY_MAX 8

/* Polling and SSE. */
struct http_options {
    enum event_channel channel;     /* of the URL: CHANNEL_WS without --poll and --sse */
    const char *poll, *sse;         /* as typed, or NULL */
    uint64_t every_us, jitter_us;   /* between polls; each is later by up to jitter_us */
    uint64_t every[HTTP_EVERY_MAX]; /* to compare: all that --every lists, */
    size_t every_count;             /* if it was given */
    bool long_poll, no_keepalive;
    const char *items;  /* JSON Pointer (RFC 6901), checked, or NULL */
    const char *method; /* or NULL */
    struct slice data;
    const char *fallback_text; /* --fallback as typed, or NULL; then */
    struct url fallback;       /* its URL, and */
    enum event_channel fallback_channel;
    uint64_t fallback_after; /* failed attempts */
};

/* Where a server listens. */
struct listen_options {
    const char *host;       /* 127.0.0.1 by default */
    uint16_t port;          /* 9001 by default; 0: any free one, printed */
    const char *cert, *key; /* files, or NULL */
};

/* The options of a connection as they were given, each "--name=value", "--name" or "-4". */
struct given_options {
    const char *const *words;
    size_t count;
};

/* Where a connection leads, how it is made and how it is kept: all that session_setup needs. */
struct connect_options {
    const char *url_text; /* as typed, or NULL */
    struct url url;
    /* handshake: url, headers, subprotocols, identity, deflate all filled in; user_agent's default
     * is "wscope/VERSION"; -u, --bearer and the URL's userinfo have become `authorization`. */
    struct handshake_config handshake;
    struct dial_config dial;
    struct ws_options ws;
    struct retry_options retry;
    struct account_options account;
    struct http_options http;
    struct decode_spec decode;  /* --as; the protocol above the messages */
    const char *on_connect;     /* or NULL */
    struct given_options given; /* for those that make other connections from them */
};

/* When a run ends by itself. */
struct limit_options {
    uint64_t max_time_us; /* 0: never */
    uint64_t for_us;      /* 0: never */
};

#define VIEW_ELIDE_AUTO UINT64_MAX /* as the output is */

/* What is shown, and how. */
struct view_options {
    bool json;       /* --json */
    uint64_t events; /* --events: EVENT_BITs; 0: not given */
    int level;       /* -q: -1, -v: 1 ... 3 */
    bool include, pings, show_secrets;
    bool pretty;
    uint64_t elide; /* --elide, or VIEW_ELIDE_AUTO */
    bool plain;     /* --plain: the REPL moves no cursor */
    enum when color;
    enum view_stamps stamps;
    bool escape, no_delimiter, nul;
    enum view_binary binary;
    size_t buffer;         /* --buffer */
    const char *record;    /* --record: a file, or NULL */
    const char *write_out; /* --write-out: checked, or NULL */
    const char *save_text; /* --save-text: a file, or NULL */
    bool osc52;            /* --osc52: the terminal's clipboard may be set */
    const char *config;    /* the config file, which may be missing; NULL: none is used */
};

struct verb;

/* Of --help and `help`. */
struct help_options {
    const struct verb *about; /* the command, or NULL for all of them, */
    bool all;                 /* with every option */
};

/* A URL without its "sse+", which makes *channel CHANNEL_SSE. Points into text. */
const char *options_http_url(const char *text, enum event_channel *channel);

#endif
