#include "peer/layer_fault.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"
#include "event/stamp.h"
#include "peer/layer_fault_private.h"

/* How long the other side may take to answer a Close frame that a fault sends. */
#define CLOSE_US 5000000

static const char default_reason[] = "on purpose: --fault";

/* --- time ---------------------------------------------------------------------------------------
 */

static void on_timer(void *ctx);

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void layer_fault_set_timer(struct layer_fault *f)
{
    uint64_t due = f->cut || f->close_code ? 0 : UINT64_MAX, at = clock_mono_us();

    for (unsigned i = 0; i < f->late_count; i++)
        due = earlier(due, f->late[i].due_us);
    due = earlier(due, layer_fault_in_due(f));
    due = earlier(due, layer_fault_out_due(f));
    if (due == UINT64_MAX || !f->fault)
        timer_stop(f->timer);
    else
        timer_start(f->timer, span_between(at, due), on_timer);
}

struct event layer_fault_event(const struct layer_fault *f, enum event_kind kind)
{
    struct event ev = {
        .kind = kind, .dir = DIR_IN, .channel = f->config.channel, .conn = f->config.number};

    event_stamp(&ev, f->config.start_us);
    return ev;
}

/* What was stamped before faults were reported, or was held, happens now. */
void layer_fault_pass_up(struct layer_fault *f, struct event *ev)
{
    if (f->fault && !fault_conn_idle(f->fault))
        event_stamp(ev, f->config.start_us);
    layer_event(&f->layer, ev);
}

/* --- counting -----------------------------------------------------------------------------------
 */

void layer_fault_cut(struct layer_fault *f)
{
    f->cut = true;
    layer_pause(&f->layer, true);
    layer_fault_set_timer(f);
}

/* What was counted may have cut the connection. A WebSocket ends with it, and what is left in its
 * buffer, a Close frame perhaps, is not read. Polls continue with another connection. */
void layer_fault_count(struct layer_fault *f, bool message)
{
    struct totals t = layer_totals(&f->layer);

    if (f->fault && message)
        fault_conn_messages(f->fault, ++f->messages, clock_mono_us());
    if (f->fault)
        fault_conn_frames(f->fault, t.frames_in + t.frames_out, clock_mono_us());
    if (f->fault && !f->cut && f->config.channel == CHANNEL_WS && fault_conn_is_cut(f->fault))
        layer_fault_cut(f);
}

void layer_fault_count_sent(struct layer_fault *f, bool message)
{
    if (f->fault && !fault_conn_idle(f->fault))
        layer_send(&f->layer, &(struct outgoing){.kind = OUTGOING_FLUSH});
    layer_fault_count(f, message);
}

/* --- what passes --------------------------------------------------------------------------------
 */

static int on_send(struct layer *l, const struct outgoing *out)
{
    struct layer_fault *f = (struct layer_fault *)l;
    int r;

    switch (out->kind) {
    case OUTGOING_MESSAGE:
        return layer_fault_send_message(f, out);
    case OUTGOING_BATCH:
        return layer_fault_send_batch(f, out);
    case OUTGOING_CONTROL:
    case OUTGOING_FRAME:
        r = layer_send(l, out);
        if (r == 0)
            layer_fault_count_sent(f, false);
        return r;
    case OUTGOING_CLOSE:
        if (!f->within_out)
            layer_fault_release_out(f);
        f->closing = true;
        return layer_send(l, out);
    default:
        return layer_send(l, out);
    }
}

/* What lasted has ended before this is reported. */
static void close_in(struct layer_fault *f, struct event *ev)
{
    layer_fault_release_in(f);
    if (f->fault) {
        fault_conn_over(f->fault, clock_mono_us());
        if (!fault_conn_idle(f->fault))
            event_stamp(ev, f->config.start_us);
        fault_conn_listen(f->fault, FAULT_LISTENER_LAYER, NULL, NULL);
        f->fault = NULL;
    }
    timer_stop(f->timer);
    layer_event(&f->layer, ev);
}

static void on_event(struct layer *l, struct event *ev)
{
    struct layer_fault *f = (struct layer_fault *)l;
    bool counts = ev->dir == DIR_IN && f->fault;

    if (ev->kind == EVENT_CLOSE) {
        close_in(f, ev);
    } else if (ev->kind == EVENT_MESSAGE && counts) {
        layer_fault_message_in(f, ev);
    } else if (ev->kind == EVENT_PING && counts) {
        layer_fault_ping_in(f, ev);
    } else if (ev->kind == EVENT_PONG && counts) {
        layer_fault_pong_in(f, ev);
    } else {
        if (ev->kind == EVENT_CLOSE_FRAME && !f->paused)
            layer_fault_release_in(f); /* no message comes after it */
        layer_fault_pass_up(f, ev);
        if (ev->kind == EVENT_CLOSE_FRAME && counts)
            layer_fault_count(f, false);
    }
}

static void on_pause(struct layer *l, bool paused)
{
    struct layer_fault *f = (struct layer_fault *)l;

    f->paused = paused;
    if (f->cut)
        return;
    if (layer_fault_in_due(f) <= clock_mono_us())
        layer_fault_release_in(f);
    if (f->paused == paused)
        layer_pause(l, paused);
    layer_fault_set_timer(f);
}

/* --- what strikes -------------------------------------------------------------------------------
 */

/* Called in the middle of other work, so a Close is sent in a separate turn. One that acts before
 * there is anything to close waits for the opening. */
static void on_change(void *ctx)
{
    struct layer_fault *f = ctx;
    const struct fault_spec *spec;

    if (!f->layer.below || f->close_code || f->closing)
        return;
    spec = fault_conn_strike(f->fault, FAULT_FAMILY_WS);
    if (!spec)
        return;
    f->close_code = (uint16_t)spec->code;
    snprintf(f->close_reason, sizeof f->close_reason, "%s",
             spec->reason[0] ? spec->reason : default_reason);
    layer_fault_set_timer(f);
}

static void send_close(struct layer_fault *f)
{
    struct outgoing out = {.kind = OUTGOING_CLOSE,
                           .code = f->close_code,
                           .data = slice_str(f->close_reason),
                           .timeout_us = CLOSE_US};

    f->close_code = 0;
    on_send(&f->layer, &out);
}

static void on_timer(void *ctx)
{
    struct layer_fault *f = ctx;

    if (f->cut) {
        layer_send(&f->layer, &(struct outgoing){.kind = OUTGOING_ABORT, .how = CLOSE_HOW_FAULT});
        return;
    }
    layer_fault_late_pongs(f);
    if (layer_fault_in_due(f) <= clock_mono_us())
        layer_fault_release_in(f);
    if (layer_fault_out_due(f) <= clock_mono_us()) {
        layer_fault_release_out(f);
        layer_send(&f->layer, &(struct outgoing){.kind = OUTGOING_FLUSH});
    }
    if (f->close_code && f->fault)
        send_close(f);
    layer_fault_set_timer(f);
}

/* --- life ---------------------------------------------------------------------------------------
 */

int layer_fault_new(struct layer_fault **made, uv_loop_t *loop,
                    const struct layer_fault_config *config)
{
    static const struct layer_ops ops = {.send = on_send, .event = on_event, .pause = on_pause};
    struct layer_fault *f;

    *made = NULL;
    if (!config->fault)
        return 0;
    f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    f->timer = timer_new(loop, f);
    if (!f->timer) {
        free(f);
        return -1;
    }
    f->layer.ops = &ops;
    f->config = *config;
    f->fault = config->fault;
    layer_fault_messages_init(f);
    fault_conn_listen(f->fault, FAULT_LISTENER_LAYER, on_change, f);
    *made = f;
    return 0;
}

void layer_fault_put(struct layer_fault *f, struct layer *below)
{
    if (f)
        layer_put(&f->layer, below);
}

void layer_fault_opened(struct layer_fault *f)
{
    if (!f || !f->fault)
        return;
    fault_conn_opened(f->fault, clock_mono_us());
    if (f->fault)
        on_change(f);
}

bool layer_fault_is_cut(const struct layer_fault *f)
{
    return f && f->fault && fault_conn_is_cut(f->fault);
}

void layer_fault_free(struct layer_fault *f)
{
    if (!f)
        return;
    if (f->fault)
        fault_conn_listen(f->fault, FAULT_LISTENER_LAYER, NULL, NULL);
    layer_remove(&f->layer);
    timer_free(f->timer);
    layer_fault_messages_clear(f);
    free(f);
}
