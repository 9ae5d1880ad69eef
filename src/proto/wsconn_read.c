#include "proto/wsconn_private.h"

/* The position of the buffer's start in the stream. */
static uint64_t stream_offset(const struct wsconn *c)
{
    return c->in.base + c->in.start;
}

size_t wsconn_payload_here(struct wsconn *c)
{
    struct frame_state *f = &c->frame;
    size_t n = c->in.end - c->in.start;

    if (n > wsconn_payload_left(c))
        n = (size_t)wsconn_payload_left(c);
    if (f->unmasked < n && f->header.masked) {
        uint8_t *from = wsconn_payload(c) + f->unmasked;

        frame_mask(from, from, n - f->unmasked, f->header.key, f->done + f->unmasked);
        f->unmasked = n;
    }
    return n;
}

static bool is_data(const struct frame_state *f)
{
    return f->route != ROUTE_CONTROL && f->route != ROUTE_SKIP;
}

void wsconn_use(struct wsconn *c, size_t n)
{
    struct frame_state *f = &c->frame;

    c->in.start += n;
    f->done += n;
    f->unmasked = f->unmasked > n ? f->unmasked - n : 0;
    f->checked = f->checked > n ? f->checked - n : 0;
    if (is_data(f))
        c->message.wire += n;
}

static void end_frame(struct wsconn *c)
{
    c->step = STEP_HEADER;
    c->counters.frames_in++;
}

/* What can be shown of the current frame: its decoded payload, else what is in the buffer. */
static struct slice shown_payload(struct wsconn *c)
{
    const struct frame_state *f = &c->frame;
    const struct buf *gathered = &c->message.gathered;

    if (f->route == ROUTE_GATHER || f->route == ROUTE_INFLATE)
        return gathered->len == f->gathered
                   ? slice_make(NULL, 0)
                   : slice_make(buf_data(gathered) + f->gathered, gathered->len - f->gathered);
    return slice_make(wsconn_payload(c), wsconn_payload_here(c));
}

/* If frames are wanted and this one was not shown: make its event. It precedes all other events of
 * the frame, so that the user sees the frame before its effects. */
static bool show_frame(struct wsconn *c, struct event *ev)
{
    struct frame_state *f = &c->frame;
    const struct frame_header *h = &f->header;
    struct slice data;
    bool cut;

    if (!c->config.want_frames || f->shown)
        return false;
    f->shown = true;
    data = shown_payload(c);
    cut = f->route == ROUTE_INFLATE ? c->step != STEP_END : data.len < h->length;
    ev->kind = EVENT_FRAME;
    ev->dir = DIR_IN;
    ev->frame = (struct event_frame){
        .opcode = h->opcode,
        .fin = h->fin,
        .rsv = h->rsv,
        .masked = h->masked,
        .length = f->route == ROUTE_INFLATE ? data.len : h->length,
        .wire = h->length > UINT64_MAX - h->size ? UINT64_MAX : h->length + h->size,
        .wire_length = h->length,
        .payload = data,
        .cut = cut,
    };
    memcpy(ev->frame.key, h->key, sizeof h->key);
    return true;
}

static int give_violation(struct wsconn *c, struct event *ev)
{
    struct violation *v = &c->violation;

    if (show_frame(c, ev))
        return 1;
    v->pending = false;
    c->failed = v->fatal;
    c->counters.violations++;
    ev->kind = EVENT_VIOLATION;
    ev->dir = DIR_IN;
    ev->violation = (struct event_violation){
        .rule = v->rule,
        .message = v->message,
        .offset = v->offset,
        .code = v->code,
        .fatal = v->fatal,
    };
    return 1;
}

static void count_message(struct wsconn *c, const struct event *ev)
{
    c->counters.payload_in += ev->message.data.len;
    if (ev->message.final)
        c->counters.messages_in++;
}

static int give_message(struct wsconn *c, struct event *ev, bool final)
{
    message_give(&c->message, ev, final);
    count_message(c, ev);
    return 1;
}

int wsconn_wait(struct wsconn *c, struct event *ev)
{
    bool held =
        c->config.want_frames && !c->frame.shown && c->step == STEP_PAYLOAD && is_data(&c->frame);

    if (message_flushable(&c->message) && !held)
        return give_message(c, ev, false);
    return 0;
}

static int step_header(struct wsconn *c, struct event *ev)
{
    struct frame_state *f = &c->frame;
    size_t here = c->in.end - c->in.start;
    struct frame_header h;

    if (here == 0 || frame_decode(&h, wsconn_payload(c), here) == 0)
        return wsconn_wait(c, ev);
    *f = (struct frame_state){.header = h, .offset = stream_offset(c)};
    c->in.start += h.size;
    c->step = STEP_CHECK;
    return WSCONN_AGAIN;
}

/* Lenient: a new message begins inside another, which ends here as far as it came. */
static int cut_message(struct wsconn *c, struct event *ev)
{
    inflater_free(c->inflater);
    c->inflater = NULL;
    return give_message(c, ev, true);
}

static int step_check(struct wsconn *c, struct event *ev)
{
    struct frame_state *f = &c->frame;
    const struct frame_header *h = &f->header;
    struct message *m = &c->message;
    bool starts;

    if (wsconn_rules_header(c))
        return WSCONN_AGAIN;
    if (h->opcode > OPCODE_BINARY) {
        f->route = opcode_name(h->opcode) ? ROUTE_CONTROL : ROUTE_SKIP;
        c->step = STEP_PAYLOAD;
        return WSCONN_AGAIN;
    }

    starts = h->opcode != OPCODE_CONT;
    if (starts && m->open)
        return cut_message(c, ev);
    if (starts)
        message_begin(m, (enum opcode)h->opcode, c->config.deflate.enabled && (h->rsv & 4));
    else if (!m->open)
        /* Lenient: the type was in the lost beginning and is unknown. */
        message_begin(m, OPCODE_BINARY, false);
    m->fragments++;
    m->wire += h->size;
    f->gathered = m->gathered.len;
    if (m->compressed)
        f->route = ROUTE_INFLATE;
    else if (!h->fin || m->fragments > 1)
        f->route = ROUTE_GATHER;
    else
        f->route = h->length <= WSCONN_WHOLE ? ROUTE_WHOLE : ROUTE_STREAM;
    c->step = STEP_PAYLOAD;
    return WSCONN_AGAIN;
}

static int give_control(struct wsconn *c, struct event *ev, const uint8_t *body, size_t n)
{
    ev->dir = DIR_IN;
    switch (c->frame.header.opcode) {
    case OPCODE_CLOSE:
        ev->kind = EVENT_CLOSE_FRAME;
        ev->close_frame = (struct event_close_frame){.code = CLOSE_NO_STATUS};
        if (n >= 2) {
            ev->close_frame.has_code = true;
            ev->close_frame.code = (uint16_t)(body[0] << 8 | body[1]);
            ev->close_frame.reason = slice_make(body + 2, n - 2);
        }
        c->close_received = true;
        return 1;
    case OPCODE_PING:
        ev->kind = EVENT_PING;
        c->counters.pings_in++;
        break;
    default:
        ev->kind = EVENT_PONG;
        c->counters.pongs_in++;
        break;
    }
    ev->control = (struct event_control){.data = slice_make(body, n)};
    return 1;
}

static int read_control(struct wsconn *c, struct event *ev)
{
    size_t n = wsconn_payload_here(c);
    const uint8_t *body = wsconn_payload(c);

    if (n < c->frame.header.length)
        return wsconn_wait(c, ev);
    if (c->frame.header.opcode == OPCODE_CLOSE && wsconn_rules_close(c, body, n))
        return WSCONN_AGAIN;
    if (show_frame(c, ev))
        return 1;
    wsconn_use(c, n);
    end_frame(c);
    return give_control(c, ev, body, n);
}

static int read_skip(struct wsconn *c, struct event *ev)
{
    wsconn_use(c, wsconn_payload_here(c));
    if (wsconn_payload_left(c) > 0)
        return wsconn_wait(c, ev);
    end_frame(c);
    return WSCONN_AGAIN;
}

/* Check as text what was received of the payload since the last time; n bytes are at the buffer's
 * start. True: a violation is to be reported. */
static bool check_payload(struct wsconn *c, size_t n)
{
    struct frame_state *f = &c->frame;
    const uint8_t *from = wsconn_payload(c) + f->checked;
    size_t fresh = n - f->checked;
    size_t fine;

    if (fresh == 0)
        return false;
    fine = message_check(&c->message, from, fresh);
    if (fine == fresh) {
        f->checked = n;
        return false;
    }
    return wsconn_rules_text(c, from[fine], stream_offset(c) + f->checked + fine,
                             f->done + f->checked + fine);
}

static int read_whole(struct wsconn *c, struct event *ev)
{
    size_t n = wsconn_payload_here(c);
    struct slice data;

    if (check_payload(c, n))
        return WSCONN_AGAIN;
    if (n < c->frame.header.length)
        return wsconn_wait(c, ev);
    if (wsconn_rules_text_end(c))
        return WSCONN_AGAIN;
    if (show_frame(c, ev))
        return 1;
    data = slice_make(wsconn_payload(c), n);
    wsconn_use(c, n);
    end_frame(c);
    message_give_slice(&c->message, ev, data, true);
    count_message(c, ev);
    return 1;
}

static int read_stream(struct wsconn *c, struct event *ev)
{
    size_t here = wsconn_payload_here(c);
    size_t n = here < WSCONN_WHOLE ? here : WSCONN_WHOLE;
    bool last = n == wsconn_payload_left(c);
    struct slice data;

    if (check_payload(c, n) || (last && wsconn_rules_text_end(c)))
        return WSCONN_AGAIN;
    /* A character that the end of what has come cuts stays in the buffer until its rest is there.
     */
    n -= last ? 0 : message_unfinished(&c->message);
    if (n == 0)
        return wsconn_wait(c, ev);
    if (show_frame(c, ev))
        return 1;
    data = slice_make(wsconn_payload(c), n);
    wsconn_use(c, n);
    if (last)
        end_frame(c);
    message_give_slice(&c->message, ev, data, last);
    count_message(c, ev);
    return 1;
}

int wsconn_give_part(struct wsconn *c, struct event *ev)
{
    if (show_frame(c, ev))
        return 1;
    return give_message(c, ev, false);
}

static int read_gather(struct wsconn *c, struct event *ev)
{
    struct message *m = &c->message;
    size_t n = wsconn_payload_here(c);
    const uint8_t *from = wsconn_payload(c);
    uint64_t at = stream_offset(c);
    uint64_t position = m->total;
    size_t fine;

    if (message_full(m))
        return wsconn_give_part(c, ev);
    if (n == 0 && wsconn_payload_left(c) > 0)
        return wsconn_wait(c, ev);
    if (n > message_room(m))
        n = message_room(m);
    if (message_append(m, from, n) < 0)
        return -1;
    wsconn_use(c, n);
    fine = n ? message_check(m, from, n) : 0;
    if (fine < n && wsconn_rules_text(c, from[fine], at + fine, position + fine))
        return WSCONN_AGAIN;
    if (wsconn_payload_left(c) == 0)
        c->step = STEP_END;
    return WSCONN_AGAIN;
}

static int step_payload(struct wsconn *c, struct event *ev)
{
    switch (c->frame.route) {
    case ROUTE_CONTROL:
        return read_control(c, ev);
    case ROUTE_WHOLE:
        return read_whole(c, ev);
    case ROUTE_STREAM:
        return read_stream(c, ev);
    case ROUTE_GATHER:
        return read_gather(c, ev);
    case ROUTE_INFLATE:
        return wsconn_inflate(c, ev);
    default:
        return read_skip(c, ev);
    }
}

/* A gathered frame is all there. */
static int step_end(struct wsconn *c, struct event *ev)
{
    bool fin = c->frame.header.fin;

    if (message_full(&c->message))
        return wsconn_give_part(c, ev);
    if (fin && wsconn_rules_text_end(c))
        return WSCONN_AGAIN;
    if (show_frame(c, ev))
        return 1;
    end_frame(c);
    return fin ? give_message(c, ev, true) : WSCONN_AGAIN;
}

int wsconn_read(struct wsconn *c, struct event *ev)
{
    int result = WSCONN_AGAIN;

    message_release(&c->message);
    while (result == WSCONN_AGAIN) {
        if (c->violation.pending)
            result = give_violation(c, ev);
        else if (c->failed || c->close_received)
            result = 0;
        else if (c->step == STEP_HEADER)
            result = step_header(c, ev);
        else if (c->step == STEP_CHECK)
            result = step_check(c, ev);
        else if (c->step == STEP_PAYLOAD)
            result = step_payload(c, ev);
        else
            result = step_end(c, ev);
    }
    return result;
}
