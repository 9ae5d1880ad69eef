/*
 * options: one table for the command line: parsing, --help, completions and the test that holds the
 * man page against it.
 *
 * Where an option that holds one value is repeated, the last counts; --compress and --no-compress
 * likewise. Combinations that contradict each other are usage errors.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/ranges.h"
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
    bool crlf;                /* --crlf: a CR before the newline goes too */
    size_t chunk;             /* --chunk */
    bool no_input;            /* -n */
    bool echo;                /* --echo */
    const char *const *sends; /* -e, in order, as given (@FILE and @- not yet read) */
    size_t send_count;
    const char *on_connect; /* or NULL */
    uint64_t wait_us;       /* -w; by default PIPE_WAIT_DEFAULT_US */
    bool wait_given;
    uint64_t count;    /* --count; 0: no limit */
    const char *until; /* POSIX ERE, checked; or NULL */
    size_t buffer;     /* --buffer */
};

struct ws_options {
    uint64_t max_message, max_frame, max_fragments; /* 0: not given */
    uint64_t ping_interval_us, ping_timeout_us;     /* 0: none */
    bool no_pong;
    bool lenient;
    uint64_t connect_timeout_us, close_timeout_us;
    uint64_t max_time_us;   /* 0: none */
    uint64_t for_us;        /* 0: none */
    const char *header_cmd; /* or NULL */
    bool follow;            /* -L: redirects, */
    uint64_t max_redirects; /* so many */
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
    const char *resume;       /* sent after a reconnect; or NULL */
    const char *resume_query; /* added to the URL then; or NULL */
    const char *catchup_text; /* as typed, or NULL; then catchup is its URL, http or https */
    struct url catchup;
    bool fail_on_loss;
};

/* How --retry-jitter spreads the delays; by default as the preset says. */
enum retry_jitter {
    RETRY_JITTER_PRESET,
    RETRY_JITTER_NONE,
    RETRY_JITTER_FULL,
    RETRY_JITTER_FRACTION
};

/* Not given: what the preset of -r says counts. */
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

struct verb;
struct verbs;

struct options {
    const struct verbs *verbs; /* as they were given to options_parse */
    const struct verb *verb;   /* the one that is to run, */
    void *own;                 /* with its own part: what its rows stored, or NULL */
    const struct verb *help;   /* of --help: the command it is about, or NULL for all, */
    bool help_all;             /* with every option */
    const char *url_text;      /* as typed, or NULL */
    struct url url;
    /* handshake: url, headers, subprotocols, identity, deflate all filled in; user_agent's default
     * is "wscope/VERSION"; -u, --bearer and the URL's userinfo have become `authorization`. */
    struct handshake_config handshake;
    struct dial_config dial;
    struct ws_options ws;
    struct retry_options retry;
    struct pipe_options pipe;
    struct account_options account;
    struct http_options http;
    struct listen_options listen;
    struct fault_options fault;
    struct given_options given; /* filled in for those that hand it on, and with --record */

    const char *record; /* --record: a file, or NULL */
    bool json;          /* --json */
    uint64_t events;    /* --events: EVENT_BITs; 0: not given */
    int level;          /* -q: -1, -v: 1 ... 3 */
    bool include, pings, show_secrets;
    bool pretty;
    bool plain; /* --plain: the REPL moves no cursor */
    enum when color;
    enum view_stamps stamps;
    bool escape, no_delimiter, nul;
    enum view_binary binary;

    const char *advice; /* a sentence about the config file, for those who ask (-v), or NULL */

    struct options_memory *memory; /* what the parser allocated; wiped when freed */
};

/* Parse argv, with these subcommands (borrowed, as argv is), on top of what the config file says
 * (the manual's CONFIGURATION) and --from-curl. Reads the files that options name (-H @FILE,
 * secrets as @FILE or env:NAME). On failure -1 and *e (EXIT_USAGE): the option as typed, or the
 * file and the line, what it takes, the nearest spelling of an unknown one. --help and --version
 * count before anything is read. argv is borrowed for the life of *o; secrets in argv (-u,
 * --bearer, --cookie, --pass, --header-cmd, --var, -H of a credential, userinfo and secret
 * parameters of URLs) are overwritten there after copying, so that ps does not show them. *o points
 * into itself (handshake.url): it must stay where it is. options_clear is due after a failure too.
 */
int options_parse(struct options *o, const struct verbs *verbs, int argc, char **argv,
                  struct err *e);
void options_clear(struct options *o);

/* After a failure with e->at >= 0: append the text that e->at counts in (the URL, or the value of
 * an option) and a caret line below, both indented by two blanks. Passwords and secret query
 * parameters appear as '*', control bytes escaped; what is longer than 70 columns is cut around the
 * caret. Nothing is appended if there is nothing to point at. 0, or -1 (memory; what fitted is
 * there). */
struct buf;
int options_point(struct buf *out, const struct options *o, const struct err *e);

/* A URL without its "sse+", which makes *channel CHANNEL_SSE. Points into text. */
const char *options_http_url(const char *text, enum event_channel *channel);

/* --help, of one command or (NULL) of all: grouped, at most 80 columns; all: every option.
 * --version names the linked libraries. The text is appended to out. 0 or -1 (memory). */
int options_help(struct buf *out, const struct verbs *verbs, const struct verb *verb, bool all);
int options_version(struct buf *out);

/* The tables themselves, for completions and tests: one option a row. The last two columns are for
 * the parser: who stores the value, and where. */
enum option_arg { OPTION_FLAG, OPTION_VALUE, OPTION_OPTIONAL };
struct options_parsing;
struct option_use;
typedef int option_set_fn(struct options_parsing *p, const struct option_use *use, struct err *e);

struct option_row {
    char letter;      /* 0: none */
    const char *name; /* long name without "--"; NULL: there is only the letter */
    enum option_arg arg;
    const char *metavar; /* NULL for a flag */
    const char *help;    /* one line */
    const char *group;   /* heading in --help */
    const char
        *values;   /* for completion: "auto|always|never" (one of these), "FILE", "DIR", "@FILE"
                      (text, or a file behind '@'), "EVENT..." (a list of events), or NULL */
    bool common;   /* in plain --help */
    unsigned sets; /* OPTIONS_... of cli/verb.h; 0 in the rows of a subcommand */
    option_set_fn *set; /* options_set_none: acted on before, and only on the command line */
    size_t field; /* for the setters that only store: offset in struct options, or, in the rows of a
                     subcommand, in its own part */
};
/* The row of that index, NULL after the last: the shared ones, those of each subcommand (verbs may
 * be NULL: none), and the general ones. */
const struct option_row *options_nth(const struct verbs *verbs, size_t index);
/* Does the subcommand take the option? */
bool option_fits(const struct option_row *row, const struct verb *verb);
/* Does it say how a connection comes about and is kept, whoever asks for the connection? Then a
 * script may set it. */
bool option_is_of_connection(const struct option_row *row);
/* Would the value do for the option of that long name, which there is? What it says together with
 * others is not looked at. -1 with *e. */
int option_check(const char *name, const char *value, struct err *e);
/* The row of a long name, or NULL; and the nearest name to a misspelt one that a script may set, or
 * NULL. Static. */
const struct option_row *options_row_named(const struct verbs *verbs, const char *name, size_t len);
const char *options_nearest_of_connection(const char *name, size_t len);

#endif
