/*
 * layer_fault_message: messages that are dropped, doubled, or held until the next one has gone.
 */

#include "peer/layer_fault_private.h"

/* A message swapped with the next one waits for it at most this long, and only if it has at most
 * that size. */
#define HELD_US  1000000
#define HELD_MAX (256 * 1024)
/* The strings of an event stream's message, held with it. */
#define STRINGS_MAX (64 * 1024)

void layer_fault_messages_init(struct layer_fault *f)
{
    buf_init(&f->in.data, HELD_MAX + STRINGS_MAX);
    buf_init(&f->out.data, HELD_MAX);
}

/* What was held leaves its place first: passing it on may lead to another message that is held. */
static struct buf take(struct held *held)
{
    struct buf data = held->data;

    held->there = false;
    buf_init(&held->data, data.max);
    return data;
}

void layer_fault_messages_clear(struct layer_fault *f)
{
    buf_clear(&f->in.data);
    buf_clear(&f->out.data);
}

uint64_t layer_fault_in_due(const struct layer_fault *f)
{
    return f->in.there && !f->within_in && !f->paused ? f->in.due_us : UINT64_MAX;
}

uint64_t layer_fault_out_due(const struct layer_fault *f)
{
    return f->out.there && !f->within_out ? f->out.due_us : UINT64_MAX;
}

static bool chance(struct layer_fault *f, enum fault_kind kind, enum fault_side side)
{
    return f->fault && fault_conn_chance(f->fault, kind, side, f->messages + 1, clock_mono_us());
}

/* --- messages in --------------------------------------------------------------------------------
 */

void layer_fault_release_in(struct layer_fault *f)
{
    struct event ev = f->in_event;
    struct buf data;
    const char *text;

    if (!f->in.there || !f->fault)
        return;
    data = take(&f->in);
    text = (const char *)buf_data(&data) + ev.message.data.len;
    ev.message.data = slice_make(buf_data(&data), ev.message.data.len);
    if (ev.message.sse_id)
        ev.message.sse_id = text;
    if (ev.message.sse_name)
        ev.message.sse_name = text + f->in_id_len;
    layer_fault_pass_up(f, &ev);
    buf_clear(&data);
}

/* With its NUL; NULL is nothing. */
static int keep_string(struct buf *to, const char *text)
{
    return text ? buf_append(to, text, strlen(text) + 1) : 0;
}

static bool keep_in(struct layer_fault *f, const struct event *ev, uint64_t wait_us)
{
    struct buf *data = &f->in.data;
    size_t len = ev->message.data.len;

    if (f->in.there || len > HELD_MAX)
        return false;
    buf_reset(data);
    if (buf_append(data, ev->message.data.data, len) < 0 ||
        keep_string(data, ev->message.sse_id) < 0)
        return false;
    f->in_id_len = data->len - len;
    if (keep_string(data, ev->message.sse_name) < 0)
        return false;
    f->in_event = *ev;
    f->in.due_us = clock_mono_us() + wait_us;
    f->in.there = true;
    return true;
}

static bool hold_in(struct layer_fault *f, const struct event *ev)
{
    return !f->in.there && ev->message.part == 0 && ev->message.data.len <= HELD_MAX &&
           chance(f, FAULT_REORDER, FAULT_SIDE_IN) && keep_in(f, ev, HELD_US);
}

/* The same message again; later if the receiver has just paused. */
static void pass_again(struct layer_fault *f, struct event *ev)
{
    if (f->fault && !(f->paused && keep_in(f, ev, 0)))
        layer_fault_pass_up(f, ev);
}

void layer_fault_message_in(struct layer_fault *f, struct event *ev)
{
    bool first = ev->message.part <= 1, final = ev->message.final, held = f->in.there;

    if (fault_conn_is_cut(f->fault))
        return;
    if (f->closing && !(f->dropping_in && !first)) {
        layer_fault_pass_up(f, ev);
        return;
    }
    if (first)
        f->dropping_in = chance(f, FAULT_DROP_IN, FAULT_SIDE_IN);
    f->within_in = !final && !f->dropping_in;
    if (!f->dropping_in && !hold_in(f, ev)) {
        bool again = ev->message.part == 0 && chance(f, FAULT_DUP_IN, FAULT_SIDE_IN);
        struct event copy = *ev;

        layer_fault_pass_up(f, ev);
        if (again)
            pass_again(f, &copy);
        if (held && final && !f->paused)
            layer_fault_release_in(f);
        else if (held && final)
            f->in.due_us = 0; /* as soon as messages are taken again */
    }
    layer_fault_count(f, final);
    layer_fault_set_timer(f);
}

/* --- messages out -------------------------------------------------------------------------------
 */

/* 0 or SEND_... */
static int send_held(struct layer_fault *f)
{
    struct outgoing out = f->out_request;
    struct buf data;
    int r;

    if (!f->out.there)
        return 0;
    data = take(&f->out);
    out.data = buf_slice(&data);
    r = layer_send(&f->layer, &out);
    buf_clear(&data);
    return r;
}

/* The same without a caller to return a failure to: it ends the connection. */
void layer_fault_release_out(struct layer_fault *f)
{
    struct event ev;
    struct err e;

    if (send_held(f) != SEND_FAILED)
        return;
    ev = layer_fault_event(f, EVENT_ERROR);
    ev.error = &e;
    err_nomem(&e, STAGE_IO, "sending a message that was held to be reordered");
    layer_fault_pass_up(f, &ev);
    layer_fault_cut(f);
}

static bool hold_out(struct layer_fault *f, const struct outgoing *out)
{
    if (f->out.there || out->data.len > HELD_MAX || !chance(f, FAULT_REORDER, FAULT_SIDE_OUT))
        return false;
    buf_reset(&f->out.data);
    if (buf_append_slice(&f->out.data, out->data) < 0)
        return false;
    f->out_request = *out;
    f->out.due_us = clock_mono_us() + HELD_US;
    f->out.there = true;
    return true;
}

int layer_fault_send_message(struct layer_fault *f, const struct outgoing *out)
{
    bool whole = out->first && out->final, held = f->out.there;
    int r = 0;

    if (f->close_code)
        return SEND_CLOSED; /* a Close frame is to be the next one */
    if (f->closing || !f->fault)
        return layer_send(&f->layer, out);
    if (out->first)
        f->dropping_out = chance(f, FAULT_DROP_OUT, FAULT_SIDE_OUT);
    if (!f->dropping_out && !(whole && hold_out(f, out))) {
        r = layer_send(&f->layer, out);
        if (r == 0 && whole && chance(f, FAULT_DUP_OUT, FAULT_SIDE_OUT))
            r = layer_send(&f->layer, out);
        if (r == 0 && held && out->final)
            r = send_held(f);
    }
    f->within_out = r == 0 && !out->final && !f->dropping_out;
    if (r == 0)
        layer_fault_count_sent(f, out->final);
    layer_fault_set_timer(f);
    return r;
}

int layer_fault_send_batch(struct layer_fault *f, const struct outgoing *out)
{
    struct outgoing one = {
        .kind = OUTGOING_MESSAGE, .opcode = out->opcode, .first = true, .final = true};
    int r = 0;

    *out->sent = 0;
    while (*out->sent < out->count && r == 0) {
        one.data = out->messages[*out->sent];
        r = layer_fault_send_message(f, &one);
        *out->sent += r == 0;
    }
    return r;
}
