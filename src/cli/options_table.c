#include "cli/options_private.h"

/* Of the subcommands that take an option. */
#define CLIENT  OPTIONS_DIAL
#define CONNECT OPTIONS_MESSAGES
#define SERVE   OPTIONS_LISTEN
#define RUN     OPTIONS_TESTS
#define RELAY   OPTIONS_RELAY
#define DEMO    OPTIONS_TOUR
#define PROBE   OPTIONS_PROBE
#define ALL     OPTIONS_VIEWS
#define EVERY   (OPTIONS_VIEWS | OPTIONS_TESTS | OPTIONS_PROBE)

#define AT(member) offsetof(struct options, member)

#define HANDSHAKE "Handshake"
#define TLS       "TLS"
#define NETWORK   "Network and limits"
#define PROTOCOL  "Protocol"
#define ABOVE     "Protocols above the message"
#define RETRYING  "Reconnecting"
#define ACCOUNT   "Missed messages"
#define FAULTS    "Faults"
#define POLLING   "Polling and SSE"
#define SENDING   "Sending"
#define RECEIVING "Receiving"
#define SHOWING   "Output"
#define GENERAL   "General"

/* A help text is one line of at most 50 characters. Rows of a group are adjacent. */
static const struct option_row shared[] = {
    {'H', "header", OPTION_VALUE, "LINE", "add, replace or (Name:) remove a header; @FILE",
     HANDSHAKE, "@FILE", true, CLIENT | PROBE | RELAY, options_set_header, 0},
    {'s', "subprotocol", OPTION_VALUE, "NAME", "offer a subprotocol; repeatable, order kept",
     HANDSHAKE, NULL, true, CLIENT | PROBE, options_set_subprotocol, 0},
    {'o', "origin", OPTION_VALUE, "URL", "send URL as the Origin header", HANDSHAKE, NULL, true,
     CLIENT | PROBE | RELAY, options_set_field_value, AT(connect.handshake.origin)},
    {'A', "user-agent", OPTION_VALUE, "TEXT", "set the User-Agent header; empty sends none",
     HANDSHAKE, NULL, false, CLIENT | PROBE | RELAY, options_set_field_value,
     AT(connect.handshake.user_agent)},
    {0, "cookie", OPTION_VALUE, "COOKIES", "send cookies; also @FILE, env:NAME", HANDSHAKE,
     "SECRET", false, CLIENT | PROBE | RELAY, options_set_cookie, 0},
    {'u', "user", OPTION_VALUE, "USER[:PASS]", "send Basic credentials; also @FILE, env:NAME",
     HANDSHAKE, "SECRET", true, CLIENT | PROBE | RELAY, options_set_user, 0},
    {0, "bearer", OPTION_VALUE, "TOKEN", "send a Bearer token; also @FILE, env:NAME", HANDSHAKE,
     "SECRET", true, CLIENT | PROBE | RELAY, options_set_bearer, 0},
    {0, "header-cmd", OPTION_VALUE, "CMD", "run CMD before each attempt; it prints headers",
     HANDSHAKE, NULL, false, CLIENT | PROBE, options_set_text, AT(connect.ws.header_cmd)},
    {'L', "location", OPTION_FLAG, NULL, "follow redirects of the handshake", HANDSHAKE, NULL, true,
     CLIENT | PROBE, options_set_flag, AT(connect.ws.follow)},
    {0, "max-redirects", OPTION_VALUE, "N", "with -L, follow at most N redirects (5)", HANDSHAKE,
     NULL, false, CLIENT | PROBE, options_set_number, AT(connect.ws.max_redirects)},

    {'k', "insecure", OPTION_FLAG, NULL, "do NOT verify the certificate: anyone can listen", TLS,
     NULL, true, CLIENT | PROBE | RELAY | SERVE, options_set_flag, AT(connect.dial.tls.insecure)},
    {0, "cacert", OPTION_VALUE, "FILE", "trust these authorities (PEM), not the system", TLS,
     "FILE", true, CLIENT | PROBE | RELAY | SERVE, options_set_readable,
     AT(connect.dial.tls.cacert)},
    {0, "capath", OPTION_VALUE, "DIR", "trust the hashed certificates of a directory", TLS, "DIR",
     false, CLIENT | PROBE | RELAY | SERVE, options_set_readable, AT(connect.dial.tls.capath)},
    {0, "cert", OPTION_VALUE, "FILE", "present this certificate chain (PEM)", TLS, "FILE", false,
     CLIENT | PROBE | SERVE, options_set_cert, 0},
    {0, "key", OPTION_VALUE, "FILE", "private key, if not in the --cert file", TLS, "FILE", false,
     CLIENT | PROBE | SERVE, options_set_key, 0},
    {0, "pass", OPTION_VALUE, "PHRASE", "pass phrase of the key; also @FILE, env:NAME", TLS,
     "SECRET", false, CLIENT | PROBE, options_set_pass, 0},
    {0, "pinnedpubkey", OPTION_VALUE, "PIN", "accept this key only, sha256//BASE64 or a file", TLS,
     "FILE", false, CLIENT | PROBE | RELAY, options_set_pin, 0},
    {0, "tls-min", OPTION_VALUE, "VERSION", "lowest TLS version, 1.2 or 1.3", TLS, "1.2|1.3", false,
     CLIENT | PROBE | RELAY, options_set_tls_version, AT(connect.dial.tls.min)},
    {0, "tls-max", OPTION_VALUE, "VERSION", "highest TLS version, 1.2 or 1.3", TLS, "1.2|1.3",
     false, CLIENT | PROBE | RELAY, options_set_tls_version, AT(connect.dial.tls.max)},
    {0, "servername", OPTION_VALUE, "NAME", "server name to send (SNI) and verify", TLS, NULL,
     false, CLIENT | PROBE | RELAY, options_set_text, AT(connect.dial.tls.servername)},

    {'x', "proxy", OPTION_VALUE, "URL", "connect through an http, https or socks5 proxy", NETWORK,
     NULL, true, CLIENT | PROBE | RELAY | SERVE, options_set_proxy, 0},
    {0, "noproxy", OPTION_VALUE, "LIST", "hosts to reach without a proxy; * is all", NETWORK, NULL,
     false, CLIENT | PROBE | RELAY, options_set_noproxy, 0},
    {0, "connect-to", OPTION_VALUE, "H1:P1:H2:P2", "connect to H2 P2 when H1 P1 are requested",
     NETWORK, NULL, false, CLIENT | PROBE | RELAY, options_set_connect_to, 0},
    {0, "resolve", OPTION_VALUE, "HOST:PORT:ADDR", "use this address instead of querying DNS",
     NETWORK, NULL, false, CLIENT | PROBE | RELAY, options_set_resolve, 0},
    {0, "interface", OPTION_VALUE, "ADDR|IF", "connect from this local address or interface",
     NETWORK, NULL, false, CLIENT | PROBE | RELAY, options_set_text, AT(connect.dial.interface)},
    {'4', NULL, OPTION_FLAG, NULL, "use IPv4 only", NETWORK, NULL, false, CLIENT | PROBE | RELAY,
     options_set_ipv4, 0},
    {'6', NULL, OPTION_FLAG, NULL, "use IPv6 only", NETWORK, NULL, false, CLIENT | PROBE | RELAY,
     options_set_ipv6, 0},
    {0, "connect-timeout", OPTION_VALUE, "SEC", "give up if not open after this (10)", NETWORK,
     NULL, true, CLIENT | PROBE | RELAY, options_set_positive_seconds,
     AT(connect.ws.connect_timeout_us)},
    {0, "close-timeout", OPTION_VALUE, "SEC", "wait this long for the answer to our Close (5)",
     NETWORK, NULL, false, CLIENT, options_set_seconds, AT(connect.ws.close_timeout_us)},
    {'m', "max-time", OPTION_VALUE, "SEC", "end the whole run after this (exit 28)", NETWORK, NULL,
     true, CLIENT | PROBE | RUN | RELAY, options_set_positive_seconds, AT(limits.max_time_us)},
    {0, "for", OPTION_VALUE, "SEC", "close normally after this (exit 0)", NETWORK, NULL, true,
     CLIENT | RELAY, options_set_positive_seconds, AT(limits.for_us)},
    {0, "max-message", OPTION_VALUE, "SIZE", "largest message accepted (1G, interactive 64M)",
     NETWORK, NULL, false, CLIENT, options_set_size, AT(connect.ws.max_message)},
    {0, "max-frame", OPTION_VALUE, "SIZE", "largest frame accepted", NETWORK, NULL, false, CLIENT,
     options_set_size, AT(connect.ws.max_frame)},
    {0, "max-fragments", OPTION_VALUE, "N", "most frames accepted in one message", NETWORK, NULL,
     false, CLIENT, options_set_number, AT(connect.ws.max_fragments)},
    {0, "max-headers", OPTION_VALUE, "N", "most headers accepted in an answer (200)", NETWORK, NULL,
     false, CLIENT | PROBE | RELAY, options_set_number, AT(connect.dial.max_headers)},

    {0, "compress", OPTION_OPTIONAL, "PARAMS", "offer permessage-deflate, with these parameters",
     PROTOCOL, NULL, false, CLIENT | PROBE, options_set_compress, 0},
    {0, "no-compress", OPTION_FLAG, NULL, "offer no compression", PROTOCOL, NULL, true,
     CLIENT | PROBE, options_set_no_compress, 0},
    {0, "ping-interval", OPTION_VALUE, "SEC", "send a ping every SEC", PROTOCOL, NULL, true, CLIENT,
     options_set_positive_seconds, AT(connect.ws.ping_interval_us)},
    {0, "ping-timeout", OPTION_VALUE, "SEC", "treat as lost after SEC without an answer", PROTOCOL,
     NULL, false, CLIENT, options_set_positive_seconds, AT(connect.ws.ping_timeout_us)},
    {0, "no-pong", OPTION_FLAG, NULL, "do not answer pings", PROTOCOL, NULL, false, CLIENT,
     options_set_flag, AT(connect.ws.no_pong)},
    {0, "lenient", OPTION_FLAG, NULL, "report violations and continue where possible", PROTOCOL,
     NULL, false, CLIENT, options_set_flag, AT(connect.ws.lenient)},

    {0, "as", OPTION_VALUE, "NAME[,KEY=VALUE]...",
     "display or speak socket.io, mqtt ...; auto, none", ABOVE, "PROTOCOL", true,
     CLIENT | SERVE | RELAY, options_set_as, 0},
    {0, "auth", OPTION_VALUE, "JSON", "socket.io: authenticate with JSON; @FILE, env:NAME", ABOVE,
     "SECRET", false, CLIENT, options_set_credentials, 0},
    {0, "init", OPTION_VALUE, "JSON", "graphql: payload of connection_init; also @FILE", ABOVE,
     "SECRET", false, CLIENT, options_set_credentials, 0},
    {0, "login", OPTION_VALUE, "USER[:PASS]", "stomp, mqtt: log in; also @FILE, env:NAME", ABOVE,
     "SECRET", false, CLIENT, options_set_credentials, 0},
    {0, "variables", OPTION_VALUE, "JSON", "graphql: variables of what is typed", ABOVE, NULL,
     false, CLIENT, options_set_json, AT(connect.decode.variables)},
    {0, "auto-ack", OPTION_VALUE, "JSON", "socket.io: answer each request for an ack", ABOVE, NULL,
     false, CLIENT, options_set_json, AT(connect.decode.auto_ack)},

    {'r', "reconnect", OPTION_OPTIONAL, "PRESET", "reconnect, with the delays of a preset",
     RETRYING, "default|socket.io|reconnecting-websocket|grpc|signalr|phoenix|graphql-ws|rfc6455",
     true, CLIENT, options_set_reconnect, 0},
    {0, "retry", OPTION_VALUE, "N", "give up after N consecutive retries", RETRYING, NULL, true,
     CLIENT, options_set_retries, 0},
    {0, "retry-delay", OPTION_VALUE, "SEC", "the first delay", RETRYING, NULL, false, CLIENT,
     options_set_seconds, AT(connect.retry.delay_us)},
    {0, "retry-max-delay", OPTION_VALUE, "SEC", "the longest delay", RETRYING, NULL, false, CLIENT,
     options_set_seconds, AT(connect.retry.max_delay_us)},
    {0, "retry-factor", OPTION_VALUE, "X", "multiply the delay by X after each retry", RETRYING,
     NULL, false, CLIENT, options_set_factor, 0},
    {0, "retry-jitter", OPTION_VALUE, "KIND", "none, full, or a fraction such as 0.2", RETRYING,
     "none|full", false, CLIENT, options_set_jitter, 0},
    {0, "retry-max-time", OPTION_VALUE, "SEC", "stop retrying SEC after the first failure",
     RETRYING, NULL, false, CLIENT, options_set_positive_seconds, AT(connect.retry.max_time_us)},
    {0, "stable-after", OPTION_VALUE, "SEC", "reset the back-off after this time up (5)", RETRYING,
     NULL, false, CLIENT, options_set_seconds, AT(connect.retry.stable_after_us)},
    {0, "retry-on", OPTION_VALUE, "CODES", "also retry these, such as 1000,4000-4099,404", RETRYING,
     NULL, false, CLIENT, options_set_codes, AT(connect.retry.on)},
    {0, "offline-queue", OPTION_VALUE, "SIZE", "queue messages without a connection (1M)", RETRYING,
     NULL, false, CONNECT, options_set_queue, 0},
    {0, "no-retry-on", OPTION_VALUE, "CODES", "do not retry these close codes or statuses",
     RETRYING, NULL, false, CLIENT, options_set_codes, AT(connect.retry.not_on)},

    {0, "seq", OPTION_VALUE, "POINTER", "JSON Pointer to the number of a message", ACCOUNT, NULL,
     true, CLIENT | RELAY, options_set_seq, AT(connect.account.seq)},
    {0, "prev", OPTION_VALUE, "POINTER", "JSON Pointer to the number a message follows", ACCOUNT,
     NULL, false, CONNECT, options_set_pointer, AT(connect.account.prev)},
    {0, "id", OPTION_VALUE, "POINTER", "JSON Pointer to the identity of a message", ACCOUNT, NULL,
     false, CLIENT | RELAY, options_set_pointer, AT(connect.account.id)},
    {0, "epoch", OPTION_VALUE, "POINTER", "JSON Pointer to the name of the stream", ACCOUNT, NULL,
     false, CONNECT | RELAY, options_set_pointer, AT(connect.account.epoch)},
    {0, "resume", OPTION_VALUE, "MSG", "send MSG after a reconnect, {last} filled in", ACCOUNT,
     NULL, true, CONNECT, options_set_text, AT(connect.account.resume)},
    {0, "resume-query", OPTION_VALUE, "QUERY", "add this to the query of a reconnect", ACCOUNT,
     NULL, false, CONNECT, options_set_resume_query, 0},
    {0, "catchup", OPTION_VALUE, "URL", "after a reconnect, fetch missed messages from URL",
     ACCOUNT, "URL", false, CONNECT, options_set_catchup, 0},
    {0, "fail-on-loss", OPTION_FLAG, NULL, "exit 3 if messages were lost", ACCOUNT, NULL, false,
     CONNECT, options_set_flag, AT(connect.account.fail_on_loss)},

    {0, "fault", OPTION_VALUE, "SPEC", "cause a fault, such as rst@every:30s; repeatable", FAULTS,
     "FAULT", true, CLIENT | SERVE, options_set_fault, 0},
    {0, "seed", OPTION_VALUE, "N", "seed the random numbers, to repeat a run", FAULTS, NULL, false,
     CLIENT | SERVE, options_set_seed, 0},

    {0, "poll", OPTION_VALUE, "URL", "poll this http(s) URL", POLLING, "URL", true, CLIENT,
     options_set_text, AT(connect.http.poll)},
    {0, "sse", OPTION_VALUE, "URL", "receive this stream of server-sent events", POLLING, "URL",
     true, CLIENT, options_set_text, AT(connect.http.sse)},
    {0, "every", OPTION_VALUE, "SEC", "time between polls (2); with compare, a list", POLLING, NULL,
     true, CLIENT, options_set_every, AT(connect.http.every_us)},
    {0, "jitter", OPTION_VALUE, "SEC", "delay each poll at random by up to this", POLLING, NULL,
     false, CLIENT, options_set_seconds, AT(connect.http.jitter_us)},
    {0, "long-poll", OPTION_FLAG, NULL, "the server holds each poll until there is news", POLLING,
     NULL, false, CLIENT, options_set_flag, AT(connect.http.long_poll)},
    {0, "items", OPTION_VALUE, "POINTER", "JSON Pointer to the array of items", POLLING, NULL,
     false, CLIENT, options_set_pointer, AT(connect.http.items)},
    {0, "method", OPTION_VALUE, "METHOD", "method of a poll (GET, with --data POST)", POLLING,
     "GET|POST", false, CLIENT, options_set_method, 0},
    {0, "data", OPTION_VALUE, "TEXT", "body of each poll; also @FILE", POLLING, "@FILE", false,
     CLIENT, options_set_data, 0},
    {0, "no-keepalive", OPTION_FLAG, NULL, "open a new connection for each poll", POLLING, NULL,
     false, CLIENT, options_set_flag, AT(connect.http.no_keepalive)},
    {0, "fallback", OPTION_VALUE, "URL", "poll, or sse+http, while there is no WebSocket", POLLING,
     "URL", true, CONNECT, options_set_fallback, 0},
    {0, "fallback-after", OPTION_VALUE, "N", "start the fallback after N failed attempts (3)",
     POLLING, NULL, false, CONNECT, options_set_number, AT(connect.http.fallback_after)},

    {'e', "send", OPTION_VALUE, "MSG", "send MSG after opening; @FILE, @- is all of stdin", SENDING,
     "@FILE", true, CONNECT, options_set_send, 0},
    {0, "on-connect", OPTION_VALUE, "MSG", "send MSG each time it opens, before -e", SENDING, NULL,
     false, CLIENT | PROBE, options_set_text, AT(connect.on_connect)},
    {'n', "no-input", OPTION_FLAG, NULL, "do not read stdin; only listen", SENDING, NULL, true,
     CONNECT | SERVE | RELAY, options_set_flag, AT(pipe.no_input)},
    {'w', "wait", OPTION_VALUE, "SEC", "quiet time between end of stdin and Close (0.5)", SENDING,
     NULL, true, CONNECT, options_set_seconds, AT(pipe.wait_us)},
    {'b', "binary", OPTION_FLAG, NULL, "send binary messages", SENDING, NULL, true, CONNECT,
     options_set_flag, AT(pipe.binary)},
    {'0', "null", OPTION_FLAG, NULL, "end messages with NUL, on stdin and stdout", SENDING, NULL,
     false, CONNECT, options_set_flag, AT(view.nul)},
    {0, "eol", OPTION_VALUE, "BYTE", "end messages with this byte: nl, nul, rs, none", SENDING,
     "nl|nul|rs|none", false, CONNECT, options_set_eol, 0},
    {0, "crlf", OPTION_FLAG, NULL, "remove a CR before the newline of a line", SENDING, NULL, false,
     CONNECT, options_set_flag, AT(pipe.crlf)},
    {0, "hex", OPTION_FLAG, NULL, "binary messages as hex digits, on stdin and stdout", SENDING,
     NULL, true, CONNECT, options_set_hex, 0},
    {0, "base64", OPTION_FLAG, NULL, "binary messages as base64, on stdin and stdout", SENDING,
     NULL, false, CONNECT, options_set_base64, 0},
    {0, "whole", OPTION_FLAG, NULL, "send all of stdin as one message", SENDING, NULL, true,
     CONNECT, options_set_whole, 0},
    {0, "chunk", OPTION_VALUE, "SIZE", "send every SIZE of stdin as a binary message", SENDING,
     NULL, false, CONNECT, options_set_chunk, AT(pipe.chunk)},
    {0, "echo", OPTION_FLAG, NULL, "send every message back unchanged", SENDING, NULL, false,
     CONNECT, options_set_flag, AT(pipe.echo)},

    {'1', NULL, OPTION_FLAG, NULL, "end after one message", RECEIVING, NULL, true, CONNECT,
     options_set_one, 0},
    {0, "count", OPTION_VALUE, "N", "end after N messages", RECEIVING, NULL, true, CONNECT,
     options_set_number, AT(pipe.count)},
    {0, "until", OPTION_VALUE, "REGEX", "end after the first message that matches", RECEIVING, NULL,
     true, CONNECT, options_set_until, AT(pipe.until)},
    {0, "escape", OPTION_FLAG, NULL, "print a message on one line, newlines escaped", RECEIVING,
     NULL, false, CONNECT, options_set_flag, AT(view.escape)},
    {0, "no-delimiter", OPTION_FLAG, NULL, "print nothing after each message", RECEIVING, NULL,
     false, CONNECT, options_set_flag, AT(view.no_delimiter)},
    {0, "buffer", OPTION_VALUE, "SIZE", "read ahead at most SIZE while stdout blocks (1M)",
     RECEIVING, NULL, false, CONNECT, options_set_bytes, AT(view.buffer)},

    {'q', "quiet", OPTION_FLAG, NULL, "print only messages and errors", SHOWING, NULL, true, EVERY,
     options_set_quiet, 0},
    {'i', "include", OPTION_FLAG, NULL, "also show the handshake with all headers", SHOWING, NULL,
     true, CLIENT | DEMO, options_set_flag, AT(view.include)},
    {'v', "verbose", OPTION_FLAG, NULL, "also DNS, TCP, TLS; -vv frames; -vvv raw bytes", SHOWING,
     NULL, true, ALL | PROBE, options_set_verbose, 0},
    {'P', "pings", OPTION_FLAG, NULL, "pings and pongs", SHOWING, NULL, false, CLIENT | DEMO,
     options_set_flag, AT(view.pings)},
    {0, "show-secrets", OPTION_FLAG, NULL, "do NOT redact credentials", SHOWING, NULL, false,
     CLIENT | PROBE | DEMO | RUN, options_set_flag, AT(view.show_secrets)},
    {0, "json", OPTION_FLAG, NULL, "print events as JSON, one object per line", SHOWING, NULL, true,
     EVERY, options_set_flag, AT(view.json)},
    {0, "events", OPTION_VALUE, "LIST", "with --json, only these, such as open,close", SHOWING,
     "EVENT...", false, ALL, options_set_events, 0},
    {0, "pretty", OPTION_FLAG, NULL, "format JSON messages over several lines", SHOWING, NULL, true,
     CONNECT | DEMO, options_set_flag, AT(view.pretty)},
    {0, "elide", OPTION_VALUE, "N", "shorten base64 of over N characters in JSON (256)", SHOWING,
     NULL, false, CONNECT | SERVE | RELAY | DEMO, options_set_elide, AT(view.elide)},
    {0, "plain", OPTION_FLAG, NULL, "interactive mode without moving the cursor", SHOWING, NULL,
     false, CONNECT | SERVE | DEMO, options_set_flag, AT(view.plain)},
    {0, "record", OPTION_VALUE, "FILE", "write the interactive session as a script", SHOWING,
     "FILE", true, CONNECT, options_set_text, AT(view.record)},
    {0, "save-text", OPTION_VALUE, "FILE", "write what is shown at the prompt as text", SHOWING,
     "FILE", false, CONNECT | RELAY | DEMO, options_set_text, AT(view.save_text)},
    {0, "osc52", OPTION_FLAG, NULL, "let /copy set the clipboard of the terminal", SHOWING, NULL,
     false, CONNECT | RELAY | DEMO, options_set_flag, AT(view.osc52)},
    {0, "write-out", OPTION_VALUE, "FORMAT", "print this at the end, such as %{http_code}", SHOWING,
     "@FILE", false, CONNECT, options_set_write_out, AT(view.write_out)},
    {0, "color", OPTION_VALUE, "WHEN", "auto (on a terminal), always or never", SHOWING,
     "auto|always|never", false, ALL | PROBE, options_set_word, AT(view.color)},
    {0, "timestamps", OPTION_OPTIONAL, "KIND", "abs (time of day), rel (since start) or delta",
     SHOWING, "abs|rel|delta", true, ALL, options_set_stamps, AT(view.stamps)},
};

static const struct option_row general[] = {
    {0, "from-curl", OPTION_VALUE, "TEXT", "connect as this curl command; also @FILE, @-", GENERAL,
     "@FILE", true, CLIENT | PROBE, options_set_none, 0},
    {0, "profile", OPTION_VALUE, "NAME", "also apply this section of the config file", GENERAL,
     "PROFILE", true, EVERY, options_set_none, 0},
    {0, "no-config", OPTION_FLAG, NULL, "do not read the config file", GENERAL, NULL, false, EVERY,
     options_set_none, 0},
    {'h', "help", OPTION_OPTIONAL, "all", "print this text; --help=all lists every option", GENERAL,
     "all", true, EVERY, options_set_none, 0},
    {'V', "version", OPTION_FLAG, NULL, "print the versions of wscope and its libraries", GENERAL,
     NULL, true, EVERY, options_set_none, 0},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const struct option_row *options_nth(const struct verbs *verbs, size_t index)
{
    if (index < COUNT(shared))
        return &shared[index];
    index -= COUNT(shared);
    for (size_t i = 0; verbs && i < verbs->count; i++) {
        if (index < verbs->rows[i]->option_count)
            return &verbs->rows[i]->options[index];
        index -= verbs->rows[i]->option_count;
    }
    return index < COUNT(general) ? &general[index] : NULL;
}

/* The groups that are about what a connection is used for, or about no connection at all. */
static const char *const others[] = {SENDING, RECEIVING, SHOWING, GENERAL};

bool option_is_of_connection(const struct option_row *row)
{
    if (!(row->sets & (OPTIONS_DIAL | OPTIONS_MESSAGES)) || row->set == options_set_none)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(row->group, others[i]) == 0)
            return false;
    }
    /* Limits of the whole run. */
    return !row->name || (strcmp(row->name, "max-time") != 0 && strcmp(row->name, "for") != 0);
}

bool option_takes_file(const struct option_row *row)
{
    return row->values && (strcmp(row->values, "@FILE") == 0 || strcmp(row->values, "SECRET") == 0);
}
