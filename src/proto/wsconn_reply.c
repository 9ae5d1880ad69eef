#include "proto/wsconn_private.h"

/* RFC 6455, section 5.5.3: of several pings the latest may be answered alone. While this many bytes
 * of pongs wait to be written, a peer that pings without reading gets no further ones. Waiting
 * messages are not included: under a steady stream of them a pong would never be due. */
#define PONG_QUEUE (64 * 1024)

/* The result of a reply: 1 queued, 0 no longer due. */
static int reply_result(int result)
{
    return result == 0 ? 1 : result == WSCONN_CLOSED ? 0 : WSCONN_FAILED;
}

/* Queue a pong and count it. */
static int send_pong(struct wsconn *c, struct slice data, struct event_frame *sent)
{
    size_t before = c->out.len;
    int result = wsconn_send_control(c, OPCODE_PONG, data, sent);

    if (c->pongs == 0)
        c->pongs_end = c->out.len;
    c->pongs += c->out.len - before;
    return reply_result(result);
}

static int reply_ping(struct wsconn *c, struct slice data, struct event_frame *sent)
{
    if (c->close_sent)
        return 0;
    if (data.len > FRAME_CONTROL_MAX)
        data.len = FRAME_CONTROL_MAX;
    c->pong_late = c->pongs > PONG_QUEUE;
    if (!c->pong_late)
        return send_pong(c, data, sent);
    c->late_len = (uint8_t)data.len;
    if (data.len > 0)
        memcpy(c->late, data.data, data.len);
    return 0;
}

static int reply_close(struct wsconn *c, uint16_t code, struct event_frame *sent)
{
    return reply_result(wsconn_send_close(c, code, slice_make(NULL, 0), sent));
}

int wsconn_reply(struct wsconn *c, const struct event *ev, bool pong, struct event_frame *sent)
{
    uint16_t code;

    switch (ev->kind) {
    case EVENT_PING:
        return pong ? reply_ping(c, ev->control.data, sent) : 0;
    case EVENT_CLOSE_FRAME:
        /* RFC 6455, section 5.5.1. A code that must not be sent is not echoed. */
        code = ev->close_frame.has_code ? ev->close_frame.code : CLOSE_NO_STATUS;
        if (ev->close_frame.has_code && !close_code_valid(code))
            code = CLOSE_PROTOCOL;
        return reply_close(c, code, sent);
    case EVENT_VIOLATION:
        /* RFC 6455, section 7.1.7 */
        return ev->violation.fatal ? reply_close(c, ev->violation.code, sent) : 0;
    default:
        return 0;
    }
}

int wsconn_reply_late(struct wsconn *c, struct event_frame *sent)
{
    int result;

    if (!c->pong_late || c->pongs > PONG_QUEUE)
        return 0;
    memcpy(c->scratch, c->late, c->late_len);
    result = send_pong(c, slice_make(c->scratch, c->late_len), sent);
    if (result >= 0)
        c->pong_late = false;
    return result;
}
