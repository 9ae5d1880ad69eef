#include "sink/common.h"

#include <inttypes.h>

bool response_refused(const struct event *ev)
{
    const struct event_response *r = &ev->response;

    if (r->interim || r->followed)
        return false;
    if (ev->channel == CHANNEL_WS)
        return r->status != 101 || r->body.len > 0 || (r->hint && r->hint[0]);
    /* 204 makes an event source stop, 304 means nothing new to a poller. */
    return !(r->status >= 200 && r->status < 300) && r->status != 304;
}

bool close_body(struct slice payload, uint16_t *code, struct slice *reason)
{
    if (payload.len < 2)
        return false;
    *code = (uint16_t)(payload.data[0] << 8 | payload.data[1]);
    *reason = slice_from(payload, 2);
    return true;
}

struct event common_hidden(const struct event *ev)
{
    const struct slice shown = slice_str("(credentials)");
    struct event hidden = *ev;

    if (ev->kind == EVENT_MESSAGE) {
        hidden.message.type = OPCODE_TEXT;
        hidden.message.data = shown;
    } else if (ev->kind == EVENT_FRAME) {
        hidden.frame.opcode = OPCODE_TEXT;
        hidden.frame.payload = shown;
        hidden.frame.cut = false;
    } else if (ev->kind == EVENT_BYTES) {
        hidden.bytes.data = shown;
    }
    return hidden;
}

int common_size(struct buf *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024)
        return buf_printf(out, "%" PRIu64 " %s", bytes, bytes == 1 ? "byte" : "bytes");
    while (value >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    return buf_printf(out, "%.1f %s", value, units[unit]);
}
