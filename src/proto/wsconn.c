#include "proto/wsconn.h"

#include <stdlib.h>

#include "proto/wsconn_private.h"

#define DEFAULT_BLOCK (256 * 1024)

/* Room beside a block for the beginning of a frame that the block cut off, so that such a tail
 * seldom makes the buffer grow. */
#define TAIL_ROOM 4096
#define GROW_STEP (64 * 1024)

static uint64_t bounded(uint64_t value, uint64_t bound)
{
    return bound > 0 && bound < value ? bound : value;
}

struct wsconn *wsconn_new(const struct wsconn_config *config, struct rng *rng)
{
    struct wsconn *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->config = *config;
    c->rng = rng;
    c->in.block = config->read_block ? config->read_block : DEFAULT_BLOCK;
    c->fast = !config->want_frames;
    c->fast_limit = bounded(bounded(WSCONN_WHOLE, config->max_frame), config->max_message);
    c->fast_mask = config->role == WSCONN_SERVER ? 0x80 : 0;
    message_init(&c->message);
    buf_init(&c->out, SIZE_MAX / 2);
    buf_init(&c->deflated, SIZE_MAX / 2);
    return c;
}

static void leave_read_buffer(struct wsconn *c)
{
    struct read_buffer *in = &c->in;

    spare_put(&c->config.spares->read, in->bytes, in->cap, MEMORY_KEPT);
    in->base += in->end;
    in->bytes = NULL;
    in->start = in->end = in->cap = 0;
}

static void leave_buffers(struct wsconn *c)
{
    struct spares *spares = c->config.spares;

    buf_leave(&c->message.gathered, &spares->gathered, MEMORY_KEPT);
    buf_leave(&c->out, &spares->written, MEMORY_KEPT);
    buf_reset(&c->deflated); /* a piece that was sent, or never will be */
    buf_leave(&c->deflated, &spares->deflated, MEMORY_KEPT);
}

static void leave_all(struct wsconn *c)
{
    leave_read_buffer(c);
    buf_reset(&c->message.gathered);
    buf_reset(&c->out);
    leave_buffers(c);
}

void wsconn_free(struct wsconn *c)
{
    if (!c)
        return;
    if (c->config.spares)
        leave_all(c);
    free(c->in.bytes);
    message_clear(&c->message);
    inflater_free(c->inflater);
    deflater_free(c->deflater);
    buf_clear(&c->out);
    buf_clear(&c->deflated);
    free(c);
}

/* True if incoming bytes no longer have a meaning (RFC 6455, sections 5.5.1 and 7.1.7). */
static bool is_deaf(const struct wsconn *c)
{
    return c->failed || c->close_received;
}

/* How much of a payload that must lie whole in the buffer is still to come. */
static size_t still_to_come(const struct wsconn *c)
{
    size_t here = c->in.end - c->in.start;

    if (c->step != STEP_PAYLOAD ||
        (c->frame.route != ROUTE_WHOLE && c->frame.route != ROUTE_CONTROL))
        return 0;
    return c->frame.header.length > here ? (size_t)c->frame.header.length - here : 0;
}

static void move_to_front(struct read_buffer *in)
{
    if (in->start == 0)
        return;
    if (in->start < in->end)
        memmove(in->bytes, in->bytes + in->start, in->end - in->start);
    in->base += in->start;
    in->end -= in->start;
    in->start = 0;
}

/* Memory for a connection that begins to read. */
static void take_spares(struct wsconn *c)
{
    struct spares *spares = c->config.spares;

    if (!spares || c->in.bytes)
        return;
    c->in.bytes = spares->read.data;
    c->in.cap = spares->read.cap;
    spares->read = (struct spare){0};
    buf_take(&c->message.gathered, &spares->gathered);
}

void wsconn_rest(struct wsconn *c)
{
    bool between = c->step == STEP_HEADER && !c->violation.pending && c->in.start == c->in.end;

    message_release(&c->message);
    if (!c->config.spares)
        return;
    if (c->in.bytes && (between || is_deaf(c)))
        leave_read_buffer(c);
    leave_buffers(c);
}

static int set_cap(struct read_buffer *in, size_t cap)
{
    uint8_t *bytes = realloc(in->bytes, cap);

    if (!bytes)
        return -1;
    in->bytes = bytes;
    in->cap = cap;
    return 0;
}

/* See that `want` bytes can be added; `after` more are expected soon. */
static int make_room(struct wsconn *c, size_t want, size_t after)
{
    struct read_buffer *in = &c->in;
    size_t cap;

    if (is_deaf(c))
        in->start = in->end;
    if (in->start == in->end || in->cap - in->end < want)
        move_to_front(in);
    /* One of the two large buffers at a time. A buffer that could not be made smaller serves too.
     */
    if (c->message.gathered.cap > in->block && in->cap > in->block + TAIL_ROOM &&
        in->end <= TAIL_ROOM && want <= in->block)
        (void)set_cap(in, in->block + TAIL_ROOM);
    if (in->cap - in->end >= want)
        return 0;
    if (want > PTRDIFF_MAX / 2 || in->end > PTRDIFF_MAX / 2 - want)
        return -1;
    buf_trim(&c->message.gathered, in->block);
    cap = in->end + want + after;
    if (cap > in->block + TAIL_ROOM)
        cap += GROW_STEP - cap % GROW_STEP;
    else
        cap = in->block + TAIL_ROOM;
    return set_cap(in, cap);
}

uint8_t *wsconn_space(struct wsconn *c, size_t *room)
{
    size_t missing = still_to_come(c);
    size_t want = missing > c->in.block ? missing : c->in.block;

    message_release(&c->message);
    take_spares(c);
    if (make_room(c, want, missing ? c->in.block : 0) < 0)
        return NULL;
    *room = want;
    return c->in.bytes + c->in.end;
}

void wsconn_filled(struct wsconn *c, size_t n)
{
    c->in.end += n;
    c->counters.wire_in += n;
}

int wsconn_feed(struct wsconn *c, const uint8_t *bytes, size_t n)
{
    message_release(&c->message);
    if (n == 0)
        return 0;
    take_spares(c);
    if (make_room(c, n, 0) < 0)
        return -1;
    memcpy(c->in.bytes + c->in.end, bytes, n);
    wsconn_filled(c, n);
    return 0;
}

struct head {
    size_t size, length; /* bytes of the header and the payload */
};

/* A header with more than the shortest length; its size is 0 if it is not whole, or not for
 * take_message. Apart from that, and returned by value, so that short messages pay for nothing. */
static __attribute__((noinline)) struct head long_head(const struct wsconn *c, const uint8_t *bytes,
                                                       size_t n)
{
    struct frame_header h;
    size_t size = frame_decode(&h, bytes, n);

    if (size == 0 || !h.minimal || h.length > c->fast_limit)
        return (struct head){0};
    return (struct head){size, (size_t)h.length};
}

/*
 * The most common case: a whole message in one frame that is in the buffer and breaks no rule.
 * False: everything is unchanged, for wsconn_read to handle.
 */
static inline bool take_message(struct wsconn *c, struct event *ev)
{
    struct read_buffer *in = &c->in;
    size_t here = in->end - in->start;
    uint8_t *p;
    struct head h = {.size = 2};
    bool text;

    if (here < 2)
        return false;
    p = in->bytes + in->start;
    text = p[0] == (0x80 | OPCODE_TEXT);
    if ((!text && p[0] != (0x80 | OPCODE_BINARY)) || (p[1] & 0x80) != c->fast_mask)
        return false;
    h.length = p[1] & 0x7F;
    if (h.length > 125) {
        h = long_head(c, p, here);
        if (h.size == 0)
            return false;
    } else {
        if (h.length > c->fast_limit)
            return false;
        h.size += c->fast_mask ? 4 : 0;
    }
    if (here < h.size || here - h.size < h.length)
        return false;
    p += h.size;
    if (c->fast_mask)
        frame_mask(p, p, h.length, p - 4, 0);
    if (text && !utf8_valid(p, h.length)) {
        if (c->fast_mask)
            frame_mask(p, p, h.length, p - 4, 0);
        return false;
    }

    in->start += h.size + h.length;
    c->counters.frames_in++;
    c->counters.messages_in++;
    c->counters.payload_in += h.length;
    ev->kind = EVENT_MESSAGE;
    ev->dir = DIR_IN;
    ev->message.type = text ? OPCODE_TEXT : OPCODE_BINARY;
    ev->message.data = slice_make(p, h.length);
    ev->message.part = 0;
    ev->message.final = true;
    ev->message.fragments = 1;
    ev->message.wire = h.size + h.length;
    ev->message.total = h.length;
    ev->message.sse_name = NULL;
    ev->message.sse_id = NULL;
    return true;
}

int wsconn_next(struct wsconn *c, struct event *ev)
{
    int result;

    if (c->fast && take_message(c, ev))
        return 1;
    result = wsconn_read(c, ev);
    c->fast = c->step == STEP_HEADER && !c->message.open && !c->config.want_frames &&
              c->message.lent == 0 && !c->violation.pending && !is_deaf(c);
    return result;
}

size_t wsconn_buffered(const struct wsconn *c)
{
    return is_deaf(c) ? 0 : c->in.end - c->in.start;
}

bool wsconn_in_frame(const struct wsconn *c, uint64_t *have, uint64_t *want)
{
    size_t here = wsconn_buffered(c);
    uint64_t left;

    *have = *want = 0;
    if (is_deaf(c))
        return false;
    if (c->step == STEP_HEADER)
        return here > 0;
    left = c->frame.header.length - c->frame.done;
    *want = c->frame.header.length;
    *have = c->frame.done + (here < left ? here : left);
    return true;
}

bool wsconn_failed(const struct wsconn *c)
{
    return c->failed;
}

const struct wsconn_counters *wsconn_counters(const struct wsconn *c)
{
    return &c->counters;
}
