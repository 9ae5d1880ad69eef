/*
 * event: everything that happens, as one tagged union. Events go up, from proto and net through
 * channel and session to the bus and its sinks; nothing else does.
 *
 * All pointers and slices in an event are borrowed until the sink returns; a sink that keeps bytes
 * copies them. Durations are microseconds, sizes bytes. The manual's section EVENTS gives the JSON
 * form; kinds below EVENT_JSON_COUNT have one.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/err.h"
#include "base/slice.h"

enum event_kind {
    EVENT_RESOLVE,
    EVENT_CONNECT,
    EVENT_PROXY,
    EVENT_TLS,
    EVENT_REQUEST,
    EVENT_RESPONSE,
    EVENT_OPEN,
    EVENT_FRAME,
    EVENT_MESSAGE,
    EVENT_DECODED,
    EVENT_PING,
    EVENT_PONG,
    EVENT_VIOLATION,
    EVENT_CLOSE,
    EVENT_RETRY,
    EVENT_GAP,
    EVENT_RECOVERED,
    EVENT_LOST,
    EVENT_DUPLICATE,
    EVENT_FAULT,
    EVENT_POLL,
    EVENT_FALLBACK,
    EVENT_RULE,
    EVENT_BACK, /* of a relay: a client has returned after an outage; it has no members */
    EVENT_ERROR,
    EVENT_SUMMARY,
    EVENT_JSON_COUNT,
    EVENT_COMPARE = EVENT_JSON_COUNT, /* the figures of a comparison: in JSON, but on no bus */
    EVENT_NAMED_COUNT,
    EVENT_CLOSE_FRAME = EVENT_NAMED_COUNT, /* a Close frame came; EVENT_CLOSE follows later */
    EVENT_BYTES,                           /* raw bytes of the WebSocket stream, for hex dumps */
    EVENT_NOTE,                            /* a sentence for the user, once */
    EVENT_MISSED, /* the result of an outage: gaps and their ends in total */
    EVENT_KIND_COUNT
};

#define EVENT_BIT(kind) (UINT64_C(1) << (kind))
#define EVENT_ALL       (EVENT_BIT(EVENT_KIND_COUNT) - 1)

/* "resolve" ... "summary": the names of the JSON events; NULL for the others. Static. */
const char *event_name(enum event_kind kind);

enum event_dir { DIR_IN, DIR_OUT };
enum event_channel { CHANNEL_WS, CHANNEL_SSE, CHANNEL_POLL };

/* "ws", "sse", "poll". Static. */
const char *channel_name(enum event_channel channel);

/* Of a relay between a client and a server: the side that an event happened on. */
enum event_leg { LEG_NONE, LEG_CLIENT, LEG_SERVER };

/* "client", "server"; NULL for LEG_NONE. Static. */
const char *event_leg_name(enum event_leg leg);

/* RFC 6455, section 5.2 */
enum opcode {
    OPCODE_CONT = 0,
    OPCODE_TEXT = 1,
    OPCODE_BINARY = 2,
    OPCODE_CLOSE = 8,
    OPCODE_PING = 9,
    OPCODE_PONG = 10
};

/* "cont", "text", ... or NULL for a reserved opcode. Static. */
const char *opcode_name(unsigned opcode);

/* Close codes (RFC 6455, section 7.4.1) that the program itself uses. */
enum close_code {
    CLOSE_NORMAL = 1000,
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL = 1002,
    CLOSE_NO_STATUS = 1005, /* never sent: the Close frame had no code */
    CLOSE_ABNORMAL = 1006,  /* never sent: there was no Close frame */
    CLOSE_BAD_DATA = 1007,
    CLOSE_TOO_BIG = 1009
};

/* The name of a close code as RFC 6455, section 7.4.1 and IANA's registry give it, in lower case;
 * for others, the name of their range. Static. */
const char *close_code_name(uint16_t code);

struct event_resolve {
    const char *host;
    const char *const *addresses; /* numeric, in the order they will be tried */
    size_t count;
    uint64_t us;
};

struct connect_attempt {
    const char *address;
    uint64_t us;
    int errnum; /* 0: this one was used; ECANCELED: given up for one that was faster */
};

struct event_connect {
    const char *address; /* numeric peer address, or the path of a unix socket */
    uint16_t port;       /* 0 for a unix socket */
    const char *local;   /* "ADDRESS:PORT" of this end, "" for a unix socket */
    uint64_t us;
    const struct connect_attempt *attempts;
    size_t attempt_count;
};

struct event_proxy {
    const char *kind; /* "http", "https", "socks5", "socks5h" */
    const char *address;
    int status;
    uint64_t us;
};

struct event_tls {
    const char *version; /* "TLSv1.3" */
    const char *cipher;
    const char *alpn; /* "" if none was selected */
    bool resumed;
    bool verified; /* chain and host name were verified (false with --insecure) */
    const char *subject;
    const char *issuer;
    const char *not_after; /* RFC 3339 */
    unsigned certs;        /* that the server sent, */
    const char *chain_end; /* the issuer of the last of them, "" if there is none, */
    bool chain_complete;   /* and that one is signed by itself */
    uint64_t us;
};

struct event_request {
    const char *method;
    struct slice target;
    const struct field *headers;
    size_t header_count;
    struct slice raw; /* the head as sent, byte for byte, final empty line included */
};

struct event_response {
    int status;
    struct slice reason;
    const struct field *headers;
    size_t header_count;
    struct slice raw;  /* the head as received, byte for byte */
    struct slice body; /* of a refusal: at most the first 64 KiB, decompressed */
    bool body_cut;     /* there was more body than that */
    bool interim;      /* 1xx, but for 101: the final answer follows */
    bool followed;     /* a redirect that is followed: the response there decides */
    const char *hint;  /* or "" */
    uint64_t us;       /* from the request's last byte to the head's */
};

struct event_open {
    const char *url;         /* without userinfo */
    const char *subprotocol; /* "" if none */
    const char *extensions;  /* as negotiated, "" if none */
    bool subprotocol_missed; /* some were offered and the server selected none */
    const char *peer;        /* of the server: the client's address and port; NULL: not known */
    uint64_t us;             /* since the attempt began */
    uint32_t attempts;       /* how many it took after a loss; 0: there was no loss */
    uint64_t outage_us;      /* then: how long there was no connection */
};

struct event_frame {
    uint8_t opcode; /* 0 to 15 */
    bool fin;
    uint8_t rsv; /* RSV1 = 4, RSV2 = 2, RSV3 = 1 */
    bool masked;
    uint8_t key[4];
    uint64_t length;      /* payload bytes, after inflation where there was any */
    uint64_t wire;        /* bytes of the frame on the wire, its header included */
    uint64_t wire_length; /* payload length as the header announced it */
    struct slice payload; /* unmasked and inflated; may be only the beginning, see cut */
    bool cut;             /* the payload is longer than what is shown here */
};

struct event_message {
    enum opcode type;     /* OPCODE_TEXT or OPCODE_BINARY */
    struct slice data;    /* whole, or one part; parts of a text end between characters */
    uint32_t part;        /* 0: the whole message; 1 ...: one of several parts */
    bool final;           /* whole, or the last part */
    uint64_t fragments;   /* frames so far */
    uint64_t wire;        /* bytes on the wire so far, frame headers included */
    uint64_t total;       /* bytes of the message so far, this part included */
    bool again;           /* its number or identity was seen before (--seq, --id) */
    const char *sse_name; /* SSE: the event's type; else NULL */
    const char *sse_id;
    uint32_t decoded; /* how many EVENT_DECODED follow, which say what is in it, */
    bool malformed;   /* and one of them that it is malformed */
};

/* What a protocol above the message calls a thing. */
enum decoded_role {
    DECODED_EVENT,     /* of its own accord: an event, a publication, a notification */
    DECODED_REQUEST,   /* asks for an answer */
    DECODED_ACK,       /* answers: arrived */
    DECODED_RESULT,    /* answers: with a result, or with one of several */
    DECODED_ERROR,     /* answers: refused; or an error of the protocol */
    DECODED_CONTROL,   /* handshakes, subscriptions and the like */
    DECODED_HEARTBEAT, /* keep-alive */
    DECODED_CARRIER,   /* only carries what the next item is */
    DECODED_BAD        /* malformed, see `error` */
};

enum decoded_form {
    DECODED_NOTHING,
    DECODED_JSON,
    DECODED_ARGUMENTS, /* a JSON array whose elements are arguments */
    DECODED_TEXT,
    DECODED_BYTES
};

/* EVENT_DECODED: one thing in the message before it, as the protocol above it calls it. */
struct event_decoded {
    const char *as;   /* the stack that it was found by: "engine.io+socket.io" */
    const char *type; /* the protocol's own word: "event", "ack", "PUBLISH" */
    enum decoded_role role;
    unsigned layer;    /* 0: right upon the message */
    struct slice name; /* event, method, topic, destination, target, channel; empty: none */
    struct slice id;   /* as JSON: a number, or a string with its quotes; empty: none */
    struct slice re;   /* the same, of the request that it answers */
    bool has_us;       /* it answers something, */
    uint64_t us;       /* this long after that was sent */
    const struct field *fields; /* what else is worth a look: namespace, qos ...; plain text */
    size_t field_count;
    enum decoded_form form;
    struct slice data; /* in that form; JSON and text are valid UTF-8 */
    const char *error; /* DECODED_BAD: what is wrong, "not STOMP: ..."; else NULL */
    bool has_line;     /* it is something for a pipe, */
    struct slice line; /* in this form, without a newline */
};

struct event_control { /* EVENT_PING, EVENT_PONG */
    struct slice data;
    bool matched;    /* a pong that answers a ping of ours */
    bool taken;      /* a ping that is answered on the way up, and not by the endpoint */
    uint64_t rtt_us; /* if matched */
};

struct event_violation {
    const char *rule;    /* "RFC 6455, section 5.5" */
    const char *message; /* one sentence: what was received and what the rule requires */
    uint64_t offset; /* of the offending byte, from the start of the incoming WebSocket stream */
    uint16_t code;   /* the close code that answers it; 0: in the handshake, so offset is 0 too */
    bool fatal;      /* false: lenient, the connection continues */
};

struct event_close_frame {
    bool has_code;
    uint16_t code; /* CLOSE_NO_STATUS without one */
    struct slice reason;
};

enum close_by { CLOSE_BY_PEER, CLOSE_BY_LOCAL, CLOSE_BY_NETWORK };
enum close_how {
    CLOSE_HOW_CLOSE_FRAME,
    CLOSE_HOW_FIN,
    CLOSE_HOW_RST,
    CLOSE_HOW_TIMEOUT,      /* the Close handshake or a write timed out */
    CLOSE_HOW_PING_TIMEOUT, /* a pong was missed */
    CLOSE_HOW_HANDSHAKE,    /* that of the protocol above it was not complete in time */
    CLOSE_HOW_TLS,          /* TLS close_notify or a TLS failure, without a Close frame */
    CLOSE_HOW_VIOLATION,    /* we failed the connection: the peer broke a rule or a bound */
    CLOSE_HOW_FAULT
};

/* "peer", "close-frame" ... as JSON spells them. Static. */
const char *close_by_name(enum close_by by);
const char *close_how_name(enum close_how how);

struct event_close {
    enum close_by by;
    enum close_how how;
    uint16_t code; /* of the Close frame that decided; 1005: it had none; 1006: no Close frame */
    struct slice reason;
    bool clean; /* both Close frames were exchanged */
    uint64_t uptime_us;
    uint64_t idle_in_us;  /* since the last byte came in */
    uint64_t idle_out_us; /* since the last byte went out */
    bool has_pong;
    uint64_t last_pong_us; /* age of the last pong, if there was one */
    int errnum;            /* errno of a failed read or write, or 0 */
    const char *why;       /* CLOSE_HOW_TLS: what failed; else NULL or "" */
    bool got_close_frame, sent_close_frame, got_close_notify, got_fin, got_rst;
    bool tls;                    /* a close_notify could be expected */
    uint64_t cut_have, cut_want; /* the stream ended inside a frame: payload bytes received and
                                    announced (both 0: between frames) */
    bool has_tcp;                /* the next two come from the kernel */
    uint64_t unacked_bytes;      /* sent and never acknowledged */
    uint32_t retransmits;
    /* With reconnecting, messages that were sent: */
    uint64_t unacknowledged; /* and may not have arrived; they are not sent again */
    uint64_t again;          /* and have not: they wait for the next connection */
    const char *hint;        /* or "" */
};
/* How a connection was lost, as a person reads it: "reset by the peer (RST)". Static. */
const char *close_how_lost(const struct event_close *c);

struct event_retry {
    uint32_t attempt;
    uint64_t delay_us;
    const char *because;
    bool will;
    const struct err *error; /* of an attempt that failed and is not the last; else NULL */
    uint64_t count; /* not about one: this many attempts failed and were not reported; `attempt` and
                       `because` are the last's. 0: about one */
};

struct event_range { /* EVENT_GAP, EVENT_RECOVERED, EVENT_LOST */
    uint64_t from, to, count;
};

struct event_missed {
    uint64_t from, to; /* the lowest and the highest number that was missing */
    uint64_t missed, recovered, lost, duplicates;
    const struct event_range *named; /* of the lost ones, the first ranges */
    size_t named_count;
    bool more_lost; /* there are more of them */
    bool settled;   /* nothing is missing any longer that may still arrive */
};

struct event_duplicate {
    bool has_seq;
    uint64_t seq;
    struct slice id;
};

struct event_fault {
    const char *kind, *phase, *trigger, *args;
};

struct event_poll {
    int status;
    uint64_t items, fresh, bytes_up, bytes_down, us;
};

struct event_fallback {
    const char *from, *to, *because;
};

struct event_rule {
    const char *action; /* "drop", "delay" ... */
    const char *rule;   /* the whole rule, as it would be typed */
};

/* The totals of a run. */
struct totals {
    uint64_t connections;               /* openings */
    uint64_t messages_in, messages_out; /* whole messages */
    uint64_t payload_in, payload_out;   /* bytes of messages, after inflation */
    uint64_t frames_in, frames_out;     /* all opcodes */
    uint64_t wire_in, wire_out;         /* bytes of the WebSocket streams */
    uint64_t pings_in, pings_out;
    uint64_t pongs_in, pongs_out;
    uint64_t violations;
    /* With --seq, --id or --epoch: numbers missed, and what became of them; messages that were seen
     * before; streams. */
    uint64_t missed, recovered, lost, duplicates, epochs;
};

void totals_add(struct totals *sum, const struct totals *more);

/* With reconnecting, what became of messages that were to be sent. */
struct event_delivery {
    uint64_t queued;         /* waited for a connection */
    uint64_t again;          /* were lost on their way and given to another connection */
    uint64_t unacknowledged; /* may not have arrived */
    uint64_t unsent;         /* wait still */
};

/* Round trips of pings. */
struct event_rtt {
    uint64_t count;                     /* answered */
    uint64_t lost;                      /* never answered */
    uint64_t min_us, median_us, p99_us; /* if any was answered */
};

/* Times without a connection after there was one. */
struct event_outages {
    uint64_t count;
    uint64_t down_us, longest_us; /* in all, and the longest */
};

struct event_summary {
    struct totals totals;
    uint64_t retries; /* attempts after a failure */
    struct event_delivery delivery;
    struct event_rtt rtt;
    struct event_outages outages;
    uint64_t duration_us;
    uint64_t seed;
    enum exit_code exit;
};

struct event_bytes {
    uint64_t offset; /* in this direction's WebSocket stream */
    struct slice data;
};

struct event {
    enum event_kind kind;
    enum event_dir dir; /* frame, message, decoded, ping, pong, close_frame, bytes */
    enum event_channel channel;
    uint32_t conn; /* openings so far, plus one while an attempt is under way */
    enum event_leg leg : 16;
    bool secret;     /* message, frame, bytes: it holds credentials, which views hide */
    uint32_t client; /* of a relay: the client's number; 0: none, or not known yet */
    int64_t time_us; /* wall clock, µs since 1970 UTC */
    uint64_t at_us;  /* monotonic, µs since the program's start */
    union {
        struct event_resolve resolve;
        struct event_connect connect;
        struct event_proxy proxy;
        struct event_tls tls;
        struct event_request request;
        struct event_response response;
        struct event_open open;
        struct event_frame frame;
        struct event_message message;
        struct event_decoded decoded;
        struct event_control control;
        struct event_violation violation;
        struct event_close close;
        struct event_retry retry;
        struct event_range range;
        struct event_missed missed;
        struct event_duplicate duplicate;
        struct event_fault fault;
        struct event_poll poll;
        struct event_fallback fallback;
        struct event_rule rule;
        const struct err *error; /* never NULL */
        struct event_summary summary;
        struct event_close_frame close_frame;
        struct event_bytes bytes;
        const char *note;
    };
};

/* Events are made for every message, most of them on the stack: large parts are pointers. */
_Static_assert(sizeof(struct event) <= 320, "the size of an event");

/* An attempt that failed comes as EVENT_ERROR if it is the last one, else within EVENT_RETRY. True
 * if ev is either; *as is then the EVENT_ERROR. */
bool event_failed_attempt(const struct event *ev, struct event *as);

#endif
