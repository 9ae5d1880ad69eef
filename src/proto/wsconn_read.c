#include "proto/wsconn_private.h"

/* Beside the results of wsconn_next: the step was taken, look again. */
#define READ_AGAIN 2

#define INFLATE_ROOM_MIN 512
#define INFLATE_ROOM_MAX (64 * 1024)

static uint64_t payload_left(const struct wsconn *c)
{
    return c->frame.header.length - c->frame.done;
}

static uint8_t *payload(const struct wsconn *c)
{
    return c->in.bytes + c->in.start;
}

/* The position of the buffer's start in the stream. */
static uint64_t stream_offset(const struct wsconn *c)
{
    return c->in.base + c->in.start;
}

size_t wsconn_payload_here(struct wsconn *c)
{
    struct frame_state *f = &c->frame;
    size_t n = c->in.end - c->in.start;

    if (n > payload_left(c))
        n = (size_t)payload_left(c);
    if (f->unmasked < n && f->header.masked) {
        uint8_t *from = payload(c) + f->unmasked;

        frame_mask(from, from, n - f->unmasked, f->header.key, f->done + f->unmasked);
        f->unmasked = n;
    }
    return n;
}

static bool is_data(const struct frame_state *f)
{
    return f->route != ROUTE_CONTROL && f->route != ROUTE_SKIP;
}

/* n payload bytes at the buffer's start are used up. */
static void use_payload(struct wsconn *c, size_t n)
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
    return slice_make(payload(c), wsconn_payload_here(c));
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

/* More bytes are needed. A message passed on in parts delivers what it has, unless its frame is to
 * be shown first and may still become complete. */
static int wait_for_bytes(struct wsconn *c, struct event *ev)
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

    if (here == 0 || frame_decode(&h, payload(c), here) == 0)
        return wait_for_bytes(c, ev);
    *f = (struct frame_state){.header = h, .offset = stream_offset(c)};
    c->in.start += h.size;
    c->step = STEP_CHECK;
    return READ_AGAIN;
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
        return READ_AGAIN;
    if (h->opcode > OPCODE_BINARY) {
        f->route = opcode_name(h->opcode) ? ROUTE_CONTROL : ROUTE_SKIP;
        c->step = STEP_PAYLOAD;
        return READ_AGAIN;
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
    return READ_AGAIN;
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
    const uint8_t *body = payload(c);

    if (n < c->frame.header.length)
        return wait_for_bytes(c, ev);
    if (c->frame.header.opcode == OPCODE_CLOSE && wsconn_rules_close(c, body, n))
        return READ_AGAIN;
    if (show_frame(c, ev))
        return 1;
    use_payload(c, n);
    end_frame(c);
    return give_control(c, ev, body, n);
}

static int read_skip(struct wsconn *c, struct event *ev)
{
    use_payload(c, wsconn_payload_here(c));
    if (payload_left(c) > 0)
        return wait_for_bytes(c, ev);
    end_frame(c);
    return READ_AGAIN;
}

/* Check as text what was received of the payload since the last time; n bytes are at the buffer's
 * start. True: a violation is to be reported. */
static bool check_payload(struct wsconn *c, size_t n)
{
    struct frame_state *f = &c->frame;
    const uint8_t *from = payload(c) + f->checked;
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
        return READ_AGAIN;
    if (n < c->frame.header.length)
        return wait_for_bytes(c, ev);
    if (wsconn_rules_text_end(c))
        return READ_AGAIN;
    if (show_frame(c, ev))
        return 1;
    data = slice_make(payload(c), n);
    use_payload(c, n);
    end_frame(c);
    message_give_slice(&c->message, ev, data, true);
    count_message(c, ev);
    return 1;
}

static int read_stream(struct wsconn *c, struct event *ev)
{
    size_t here = wsconn_payload_here(c);
    size_t n = here < WSCONN_WHOLE ? here : WSCONN_WHOLE;
    bool last = n == payload_left(c);
    struct slice data;

    if (check_payload(c, n) || (last && wsconn_rules_text_end(c)))
        return READ_AGAIN;
    /* A character that the end of what has come cuts stays in the buffer until its rest is there.
     */
    n -= last ? 0 : message_unfinished(&c->message);
    if (n == 0)
        return wait_for_bytes(c, ev);
    if (show_frame(c, ev))
        return 1;
    data = slice_make(payload(c), n);
    use_payload(c, n);
    if (last)
        end_frame(c);
    message_give_slice(&c->message, ev, data, last);
    count_message(c, ev);
    return 1;
}

/* A part, because no more can be gathered before it is passed on. */
static int give_part(struct wsconn *c, struct event *ev)
{
    if (show_frame(c, ev))
        return 1;
    return give_message(c, ev, false);
}

static int read_gather(struct wsconn *c, struct event *ev)
{
    struct message *m = &c->message;
    size_t n = wsconn_payload_here(c);
    const uint8_t *from = payload(c);
    uint64_t at = stream_offset(c);
    uint64_t position = m->total;
    size_t fine;

    if (message_full(m))
        return give_part(c, ev);
    if (n == 0 && payload_left(c) > 0)
        return wait_for_bytes(c, ev);
    if (n > message_room(m))
        n = message_room(m);
    if (message_append(m, from, n) < 0)
        return -1;
    use_payload(c, n);
    fine = n ? message_check(m, from, n) : 0;
    if (fine < n && wsconn_rules_text(c, from[fine], at + fine, position + fine))
        return READ_AGAIN;
    if (payload_left(c) == 0)
        c->step = STEP_END;
    return READ_AGAIN;
}

/* How much to inflate at once: about the likely size of the n bytes once inflated, at most what may
 * be held, and at most one byte more than the limit of the message, which is enough to detect that
 * it is exceeded. */
static size_t inflate_room(const struct wsconn *c, size_t n)
{
    const struct message *m = &c->message;
    size_t room = n < INFLATE_ROOM_MAX / 4 ? n * 4 : INFLATE_ROOM_MAX;

    if (room < INFLATE_ROOM_MIN)
        room = INFLATE_ROOM_MIN;
    if (room > message_room(m))
        room = message_room(m);
    if (c->config.max_message && room > c->config.max_message - m->total)
        room = (size_t)(c->config.max_message - m->total) + 1;
    return room;
}

/* n inflated bytes were written after the gathered ones. */
static void take_inflated(struct wsconn *c, const uint8_t *bytes, size_t n)
{
    struct message *m = &c->message;
    uint64_t position = m->total;
    size_t fine;

    buf_filled(&m->gathered, n);
    m->total += n;
    fine = message_check(m, bytes, n);
    if (fine < n)
        wsconn_rules_text(c, bytes[fine], c->frame.offset, position + fine);
}

static int read_inflate(struct wsconn *c, struct event *ev)
{
    struct message *m = &c->message;
    size_t n = wsconn_payload_here(c);
    bool last = c->frame.header.fin && n == payload_left(c);
    size_t room;
    uint8_t *to;
    long got;

    if (wsconn_rules_inflated_bound(c))
        return READ_AGAIN;
    if (message_full(m))
        return give_part(c, ev);
    /* Output, or an error after it, may remain although all input is used up. */
    if (n == 0 && payload_left(c) > 0 && !c->frame.inflating)
        return wait_for_bytes(c, ev);
    if (!c->inflater) {
        const struct deflate_params *p = &c->config.deflate;
        bool server = c->config.role == WSCONN_SERVER;

        c->inflater =
            inflater_new(server ? p->client_max_window_bits : p->server_max_window_bits,
                         server ? p->client_no_context_takeover : p->server_no_context_takeover);
        if (!c->inflater)
            return -1;
    }
    /* Of no data nothing can be inflated, but what it means is clear. */
    if (last && n == 0 && inflater_at_start(c->inflater)) {
        wsconn_rules_empty(c);
        c->step = STEP_END;
        return READ_AGAIN;
    }
    room = inflate_room(c, n);
    to = buf_reserve(&m->gathered, room);
    if (!to)
        return -1;
    inflater_feed(c->inflater, payload(c), n, last);
    got = inflater_read(c->inflater, to, room);
    if (got == -2)
        return -1;
    if (got < 0) {
        wsconn_rules_inflate_failed(c);
        return READ_AGAIN;
    }
    use_payload(c, n - inflater_left(c->inflater));
    c->frame.inflating = got > 0;
    if (got > 0)
        take_inflated(c, to, (size_t)got);
    else if (payload_left(c) == 0)
        c->step = STEP_END;
    if (!c->violation.pending && inflater_exceeded(c->inflater))
        wsconn_rules_window(c);
    return READ_AGAIN;
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
        return read_inflate(c, ev);
    default:
        return read_skip(c, ev);
    }
}

/* A gathered frame is all there. */
static int step_end(struct wsconn *c, struct event *ev)
{
    bool fin = c->frame.header.fin;

    if (message_full(&c->message))
        return give_part(c, ev);
    if (fin && wsconn_rules_text_end(c))
        return READ_AGAIN;
    if (show_frame(c, ev))
        return 1;
    end_frame(c);
    return fin ? give_message(c, ev, true) : READ_AGAIN;
}

int wsconn_read(struct wsconn *c, struct event *ev)
{
    int result = READ_AGAIN;

    message_release(&c->message);
    while (result == READ_AGAIN) {
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
