#include "event/event.h"

const char *event_name(enum event_kind kind)
{
    static const char *const names[EVENT_NAMED_COUNT] = {
        [EVENT_RESOLVE] = "resolve",   [EVENT_CONNECT] = "connect",
        [EVENT_PROXY] = "proxy",       [EVENT_TLS] = "tls",
        [EVENT_REQUEST] = "request",   [EVENT_RESPONSE] = "response",
        [EVENT_OPEN] = "open",         [EVENT_FRAME] = "frame",
        [EVENT_MESSAGE] = "message",   [EVENT_PING] = "ping",
        [EVENT_PONG] = "pong",         [EVENT_VIOLATION] = "violation",
        [EVENT_CLOSE] = "close",       [EVENT_RETRY] = "retry",
        [EVENT_GAP] = "gap",           [EVENT_RECOVERED] = "recovered",
        [EVENT_LOST] = "lost",         [EVENT_DUPLICATE] = "duplicate",
        [EVENT_FAULT] = "fault",       [EVENT_POLL] = "poll",
        [EVENT_FALLBACK] = "fallback", [EVENT_ERROR] = "error",
        [EVENT_SUMMARY] = "summary",   [EVENT_COMPARE] = "compare",
        [EVENT_RULE] = "rule",         [EVENT_DECODED] = "decoded",
        [EVENT_BACK] = "back",
    };

    return kind < EVENT_NAMED_COUNT ? names[kind] : NULL;
}

const char *channel_name(enum event_channel channel)
{
    static const char *const names[] = {"ws", "sse", "poll"};

    return names[channel];
}

const char *close_by_name(enum close_by by)
{
    static const char *const names[] = {"peer", "local", "network"};

    return names[by];
}

const char *close_how_name(enum close_how how)
{
    static const char *const names[] = {"close-frame", "fin",          "rst",
                                        "timeout",     "ping-timeout", "handshake",
                                        "tls",         "violation",    "fault"};

    return names[how];
}

const char *close_how_lost(const struct event_close *c)
{
    switch (c->how) {
    case CLOSE_HOW_FIN:
        return "the peer ended the stream (FIN)";
    case CLOSE_HOW_RST:
        return "reset by the peer (RST)";
    case CLOSE_HOW_TIMEOUT:
        return "nothing could be sent any more (timed out)";
    case CLOSE_HOW_PING_TIMEOUT:
        return "no pong came in time";
    case CLOSE_HOW_HANDSHAKE:
        return "its protocol's handshake was not complete in time";
    case CLOSE_HOW_TLS:
        return c->got_close_notify ? "the peer ended TLS (close_notify)" : "TLS failed";
    case CLOSE_HOW_FAULT:
        return "cut by an injected fault";
    default:
        return "the stream ended";
    }
}

const char *opcode_name(unsigned opcode)
{
    switch (opcode) {
    case OPCODE_CONT:
        return "cont";
    case OPCODE_TEXT:
        return "text";
    case OPCODE_BINARY:
        return "binary";
    case OPCODE_CLOSE:
        return "close";
    case OPCODE_PING:
        return "ping";
    case OPCODE_PONG:
        return "pong";
    default:
        return NULL;
    }
}

const char *close_code_name(uint16_t code)
{
    static const char *const protocol[] = {
        "normal closure",
        "going away",
        "protocol error",
        "unsupported data",
        "reserved",
        "no status received",
        "abnormal closure",
        "invalid payload",
        "policy violation",
        "message too big",
        "mandatory extension missing",
        "internal error",
        "service restart",
        "try again later",
        "bad gateway",
        "TLS handshake failed",
    };

    if (code >= 1000 && code - 1000u < sizeof protocol / sizeof *protocol)
        return protocol[code - 1000];
    switch (code) {
    case 3000:
        return "unauthorized";
    case 3003:
        return "forbidden";
    case 3008:
        return "timeout";
    default:
        break;
    }
    if (code >= 3000 && code <= 3999)
        return "registered code";
    if (code >= 4000 && code <= 4999)
        return "application code";
    return "undefined code";
}

bool event_failed_attempt(const struct event *ev, struct event *as)
{
    const struct err *error = ev->kind == EVENT_ERROR                      ? ev->error
                              : ev->kind == EVENT_RETRY && ev->retry.error ? ev->retry.error
                                                                           : NULL;

    if (!error)
        return false;
    *as = *ev;
    as->kind = EVENT_ERROR;
    as->error = error;
    return true;
}

void totals_add(struct totals *sum, const struct totals *more)
{
    sum->connections += more->connections;
    sum->messages_in += more->messages_in;
    sum->messages_out += more->messages_out;
    sum->payload_in += more->payload_in;
    sum->payload_out += more->payload_out;
    sum->frames_in += more->frames_in;
    sum->frames_out += more->frames_out;
    sum->wire_in += more->wire_in;
    sum->wire_out += more->wire_out;
    sum->pings_in += more->pings_in;
    sum->pings_out += more->pings_out;
    sum->pongs_in += more->pongs_in;
    sum->pongs_out += more->pongs_out;
    sum->violations += more->violations;
    sum->missed += more->missed;
    sum->recovered += more->recovered;
    sum->lost += more->lost;
    sum->duplicates += more->duplicates;
    sum->epochs += more->epochs;
}

const char *event_leg_name(enum event_leg leg)
{
    static const char *const names[] = {NULL, "client", "server"};

    return names[leg];
}
