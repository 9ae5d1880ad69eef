#include "sink/common.h"

const char *channel_name(enum event_channel channel)
{
    static const char *const names[] = {"ws", "sse", "poll"};

    return names[channel];
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

bool response_refused(const struct event *ev)
{
    const struct event_response *r = &ev->response;

    if (ev->channel == CHANNEL_WS)
        return r->status != 101 || r->body.len > 0 || (r->hint && r->hint[0]);
    /* 204 tells an event source to stop, 304 a poller that nothing is new. */
    return !(r->status >= 200 && r->status < 300) && r->status != 304;
}

bool close_body(struct slice payload, uint16_t *code, struct slice *reason)
{
    if (payload.len < 2)
        return false;
    *code = (uint16_t)(payload.data[0] << 8 | payload.data[1]);
    *reason = slice_make(payload.data + 2, payload.len - 2);
    return true;
}
