#include "channel/channel_fault.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/timer.h"

/* A message that changes places with the next one is held for at most this long, and only if it is
 * no longer than that. */
#define HELD_US  1000000
#define HELD_MAX (256 * 1024)
/* Pongs that are late at the same time; more are dropped. */
#define LATE_MAX 16

/* A pong of ours or of the peer's that is under way for longer than it would be. */
struct late_pong {
    uint64_t due_us;
    enum event_dir dir;
    uint8_t len;
    uint8_t data[125];
};

/* A message that waits for the next one to go first. */
struct held {
    struct buf data;
    bool there;
    struct event event; /* of one that came in; what it points to is in the buffer: */
    size_t data_len;    /* the message, then the strings that an event stream has */
    size_t id_len;
    enum opcode type;
};

struct channel_filter {
    struct channel *ch;
    const struct channel_ops *ops; /* the channel's own */
    struct channel_up up;
    struct bus bus; /* what the channel is asked for: what the user wants, and pings */
    struct timer *timer;
    uint64_t messages;
    bool paused;
    bool closing; /* what still comes in is let through, so that chance ends where the user did */
    bool cut; /* at a message or frame: nothing more is read, and the end comes in the next turn */
    bool dropping_in, dropping_out; /* the rest of a message that comes in parts */
    struct held in, out;
    struct late_pong late[LATE_MAX];
    unsigned late_count;
};

static uint64_t now(void)
{
    return clock_mono_us();
}

/* --- counting -----------------------------------------------------------------------------------
 */

static void on_timer(void *ctx);

/* What was counted may have cut the connection. A WebSocket ends with it, and what lies in its
 * buffer, a Close frame perhaps, is not looked at any more. Polls go on with another connection. */
static void stop_if_cut(struct channel_filter *f)
{
    if (f->cut || f->ch->kind != CHANNEL_WS || !fault_conn_is_cut(f->up.fault))
        return;
    f->cut = true;
    f->ops->pause(f->ch, true);
    timer_start(f->timer, 0, on_timer);
}

static void count_frames(struct channel_filter *f)
{
    struct totals t = f->ops->totals(f->ch);

    fault_conn_frames(f->up.fault, t.frames_in + t.frames_out, now());
    stop_if_cut(f);
}

static void count_message(struct channel_filter *f)
{
    fault_conn_messages(f->up.fault, ++f->messages, now());
}

/* --- time ---------------------------------------------------------------------------------------
 */

static void set_timer(struct channel_filter *f)
{
    uint64_t least = UINT64_MAX, at = now();

    if (f->cut)
        return;
    for (unsigned i = 0; i < f->late_count; i++) {
        uint64_t wait = f->late[i].due_us > at ? f->late[i].due_us - at : 0;

        if (wait < least)
            least = wait;
    }
    if (((f->in.there && !f->paused) || f->out.there) && least > HELD_US)
        least = HELD_US;
    if (least == UINT64_MAX)
        timer_stop(f->timer);
    else
        timer_start(f->timer, least, on_timer);
}

/* --- messages in --------------------------------------------------------------------------------
 */

/* What was stamped before faults were reported, or was held, happens now. */
static void pass_up(struct channel_filter *f, struct event *ev)
{
    if (!fault_conn_idle(f->up.fault)) {
        ev->time_us = clock_wall_us();
        ev->at_us = now() - f->up.start_us;
    }
    f->up.emit(f->up.ctx, ev);
}

static void release_in(struct channel_filter *f)
{
    struct event ev = f->in.event;
    const char *text;

    if (!f->in.there)
        return;
    f->in.there = false;
    text = (const char *)buf_data(&f->in.data) + f->in.data_len;
    ev.message.data = slice_make(buf_data(&f->in.data), f->in.data_len);
    if (ev.message.sse_id)
        ev.message.sse_id = text;
    if (ev.message.sse_name)
        ev.message.sse_name = text + f->in.id_len;
    pass_up(f, &ev);
}

static bool chance(struct channel_filter *f, enum fault_kind kind, enum fault_side side)
{
    return fault_conn_chance(f->up.fault, kind, side, f->messages + 1, now());
}

/* With its NUL; NULL is nothing. */
static int keep_string(struct buf *to, const char *text)
{
    return text ? buf_append(to, text, strlen(text) + 1) : 0;
}

static bool hold_in(struct channel_filter *f, const struct event *ev)
{
    if (f->in.there || ev->message.part != 0 || ev->message.data.len > HELD_MAX ||
        !chance(f, FAULT_REORDER, FAULT_SIDE_IN))
        return false;
    buf_reset(&f->in.data);
    if (buf_append(&f->in.data, ev->message.data.data, ev->message.data.len) < 0 ||
        keep_string(&f->in.data, ev->message.sse_id) < 0)
        return false;
    f->in.data_len = ev->message.data.len;
    f->in.id_len = f->in.data.len - f->in.data_len;
    if (keep_string(&f->in.data, ev->message.sse_name) < 0)
        return false;
    f->in.event = *ev;
    f->in.there = true;
    return true;
}

static void message_in(struct channel_filter *f, struct event *ev)
{
    bool first = ev->message.part <= 1, held = f->in.there;

    if (fault_conn_is_cut(f->up.fault))
        return;
    if (f->closing && !(f->dropping_in && !first)) {
        pass_up(f, ev);
        return;
    }
    if (first)
        f->dropping_in = chance(f, FAULT_DROP_IN, FAULT_SIDE_IN);
    if (!f->dropping_in && !hold_in(f, ev)) {
        bool again = ev->message.part == 0 && chance(f, FAULT_DUP_IN, FAULT_SIDE_IN);
        struct event copy = *ev;

        pass_up(f, ev);
        if (again)
            pass_up(f, &copy);
        if (held)
            release_in(f);
    }
    if (ev->message.final)
        count_message(f);
    count_frames(f);
    set_timer(f);
}

/* --- pongs --------------------------------------------------------------------------------------
 */

static void deliver_pong(struct channel_filter *f, enum event_dir dir, struct slice data,
                         struct event *ev)
{
    struct event made = {.kind = EVENT_PONG,
                         .dir = DIR_IN,
                         .channel = CHANNEL_WS,
                         .conn = f->up.conn,
                         .time_us = clock_wall_us(),
                         .at_us = now() - f->up.start_us};

    if (dir == DIR_OUT) {
        f->ops->ping(f->ch, OPCODE_PONG, data);
        return;
    }
    if (!ev)
        ev = &made;
    ev->control.data = data;
    pass_up(f, ev);
}

static void delay_pong(struct channel_filter *f, enum event_dir dir, struct slice data, uint64_t us)
{
    struct late_pong *late = &f->late[f->late_count];

    if (f->late_count == LATE_MAX || data.len > sizeof late->data)
        return;
    late->due_us = now() + us;
    late->dir = dir;
    late->len = (uint8_t)data.len;
    if (data.len)
        memcpy(late->data, data.data, data.len);
    f->late_count++;
    set_timer(f);
}

/* The answer of one side to the other's ping, as the faults have it. */
static void pong(struct channel_filter *f, enum event_dir dir, struct slice data, struct event *ev)
{
    enum fault_side side = dir == DIR_IN ? FAULT_SIDE_IN : FAULT_SIDE_OUT;
    const struct fault_spec *delay, *wrong;
    uint8_t altered[125];

    if (fault_conn_pong(f->up.fault, FAULT_DROP_PONG, side))
        return;
    delay = fault_conn_pong(f->up.fault, FAULT_DELAY_PONG, side);
    wrong = fault_conn_pong(f->up.fault, FAULT_WRONG_PONG, side);
    if (wrong && data.len <= sizeof altered) {
        if (data.len)
            memcpy(altered, data.data, data.len);
        if (data.len > 0)
            altered[fault_conn_draw(f->up.fault, wrong, data.len)] ^= 1;
        else
            altered[data.len++] = '?';
        data = slice_make(altered, data.len);
    }
    if (delay)
        delay_pong(f, dir, data, delay->us);
    else
        deliver_pong(f, dir, data, ev);
}

static bool pongs_are_ours(const struct channel_filter *f)
{
    return fault_conn_active(f->up.fault, FAULT_DROP_PONG, FAULT_SIDE_OUT) ||
           fault_conn_active(f->up.fault, FAULT_DELAY_PONG, FAULT_SIDE_OUT) ||
           fault_conn_active(f->up.fault, FAULT_WRONG_PONG, FAULT_SIDE_OUT);
}

static void ping_in(struct channel_filter *f, struct event *ev)
{
    if (f->up.bus->wants & EVENT_BIT(EVENT_PING))
        pass_up(f, ev);
    if (pongs_are_ours(f)) {
        ev->control.taken = true;
        pong(f, DIR_OUT, ev->control.data, NULL);
    }
    count_frames(f);
}

/* --- the channel's reports ----------------------------------------------------------------------
 */

static void on_event(void *ctx, struct event *ev)
{
    struct channel_filter *f = ctx;

    switch (ev->kind) {
    case EVENT_MESSAGE:
        if (ev->dir == DIR_IN) {
            message_in(f, ev);
            return;
        }
        break;
    case EVENT_PING:
        if (ev->dir == DIR_IN) {
            ping_in(f, ev);
            return;
        }
        break;
    case EVENT_PONG:
        if (ev->dir == DIR_IN) {
            pong(f, DIR_IN, ev->control.data, ev);
            count_frames(f);
            return;
        }
        break;
    case EVENT_CLOSE:
        release_in(f);
        timer_stop(f->timer);
        fault_conn_over(f->up.fault, now()); /* what lasted has ended before this is told */
        break;
    default:
        break;
    }
    pass_up(f, ev);
    if (ev->kind == EVENT_OPEN)
        fault_conn_opened(f->up.fault, now());
}

static void on_drained(void *ctx)
{
    struct channel_filter *f = ctx;

    f->up.drained(f->up.ctx);
}

/* --- messages out -------------------------------------------------------------------------------
 */

/* 0 or SEND_... */
static int release_out(struct channel_filter *f)
{
    if (!f->out.there)
        return 0;
    f->out.there = false;
    return f->ops->send(f->ch, f->out.type, buf_slice(&f->out.data), true, true);
}

/* The same where nobody is left to return a failure to: it ends the connection. */
static void release_out_late(struct channel_filter *f)
{
    struct err e;
    struct event ev = {.kind = EVENT_ERROR, .channel = CHANNEL_WS, .conn = f->up.conn, .error = &e};

    if (release_out(f) != SEND_FAILED)
        return;
    err_nomem(&e, STAGE_IO, "sending a message that was held to be reordered");
    pass_up(f, &ev);
    f->cut = true;
    timer_start(f->timer, 0, on_timer);
}

static bool hold_out(struct channel_filter *f, enum opcode type, struct slice data)
{
    if (f->out.there || data.len > HELD_MAX || !chance(f, FAULT_REORDER, FAULT_SIDE_OUT))
        return false;
    buf_reset(&f->out.data);
    if (buf_append(&f->out.data, data.data, data.len) < 0)
        return false;
    f->out.type = type;
    f->out.there = true;
    return true;
}

static int filter_send(struct channel *ch, enum opcode type, struct slice data, bool first,
                       bool final)
{
    struct channel_filter *f = ch->filter;
    bool whole = first && final, held = f->out.there;
    int r = 0;

    if (first)
        f->dropping_out = chance(f, FAULT_DROP_OUT, FAULT_SIDE_OUT);
    if (!f->dropping_out && !(whole && hold_out(f, type, data))) {
        r = f->ops->send(ch, type, data, first, final);
        if (r == 0 && whole && chance(f, FAULT_DUP_OUT, FAULT_SIDE_OUT))
            r = f->ops->send(ch, type, data, true, true);
        if (r == 0 && held && final)
            r = release_out(f);
    }
    if (r == 0 && final)
        count_message(f);
    count_frames(f);
    set_timer(f);
    return r;
}

static int filter_send_all(struct channel *ch, enum opcode type, const struct slice *messages,
                           size_t count, size_t *sent)
{
    int r = 0;

    *sent = 0;
    while (*sent < count && (r = filter_send(ch, type, messages[*sent], true, true)) == 0)
        ++*sent;
    return r;
}

static int filter_frame(struct channel *ch, const struct frame_spec *spec, struct slice payload)
{
    struct channel_filter *f = ch->filter;
    int r = f->ops->frame(ch, spec, payload);

    count_frames(f);
    return r;
}

static int filter_ping(struct channel *ch, enum opcode opcode, struct slice data)
{
    struct channel_filter *f = ch->filter;
    int r = f->ops->ping(ch, opcode, data);

    count_frames(f);
    return r;
}

static void filter_close(struct channel *ch, uint16_t code, struct slice reason,
                         uint64_t timeout_us)
{
    struct channel_filter *f = ch->filter;

    release_out_late(f);
    f->closing = true;
    f->ops->close(ch, code, reason, timeout_us);
}

static void filter_abort(struct channel *ch, enum close_how how)
{
    ch->filter->ops->abort(ch, how);
}

static void filter_pause(struct channel *ch, bool paused)
{
    struct channel_filter *f = ch->filter;

    f->paused = paused;
    if (f->cut)
        return;
    f->ops->pause(ch, paused);
    if (!ch->ended)
        set_timer(f);
}

static struct totals filter_totals(const struct channel *ch)
{
    return ch->filter->ops->totals(ch);
}

static bool filter_tcp_stats(const struct channel *ch, struct tcp_stats *stats)
{
    return ch->filter->ops->tcp_stats(ch, stats);
}

static int filter_open(struct channel *ch, struct err *e)
{
    return ch->filter->ops->open(ch, e);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void on_timer(void *ctx)
{
    struct channel_filter *f = ctx;
    uint64_t at = now();

    if (f->cut) {
        f->ops->abort(f->ch, CLOSE_HOW_FAULT);
        return;
    }
    for (unsigned i = 0; i < f->late_count;) {
        struct late_pong late = f->late[i];

        if (late.due_us > at) {
            i++;
            continue;
        }
        f->late[i] = f->late[--f->late_count];
        deliver_pong(f, late.dir, slice_make(late.data, late.len), NULL);
    }
    if (!f->paused)
        release_in(f);
    release_out_late(f);
    set_timer(f);
}

static void filter_free(struct channel *ch)
{
    struct channel_filter *f = ch->filter;

    ch->ops = f->ops;
    ch->filter = NULL;
    f->ops->free(ch);
    buf_clear(&f->in.data);
    buf_clear(&f->out.data);
    timer_free(f->timer);
    free(f);
}

static const struct channel_ops filter_ops = {
    .open = filter_open,
    .send = filter_send,
    .send_all = filter_send_all,
    .frame = filter_frame,
    .ping = filter_ping,
    .close = filter_close,
    .abort = filter_abort,
    .pause = filter_pause,
    .totals = filter_totals,
    .tcp_stats = filter_tcp_stats,
    .free = filter_free,
};

int channel_fault_put(struct channel *ch)
{
    struct channel_filter *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    f->timer = timer_new(ch->loop, f);
    if (!f->timer) {
        free(f);
        return -1;
    }
    f->ch = ch;
    f->ops = ch->ops;
    f->up = ch->up;
    f->bus = *ch->up.bus;
    f->bus.wants |= EVENT_BIT(EVENT_PING) | EVENT_BIT(EVENT_MESSAGE);
    buf_init(&f->in.data, HELD_MAX);
    buf_init(&f->out.data, HELD_MAX);
    ch->ops = &filter_ops;
    ch->up.emit = on_event;
    ch->up.drained = on_drained;
    ch->up.ctx = f;
    ch->up.bus = &f->bus;
    ch->filter = f;
    return 0;
}
