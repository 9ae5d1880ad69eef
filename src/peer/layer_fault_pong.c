/*
 * layer_fault_pong: answers to pings that are dropped, altered or late.
 */
#include "peer/layer_fault_private.h"

/* ev: the one that came in just now; NULL: it came earlier. */
static void deliver_pong(struct layer_fault *f, enum event_dir dir, struct slice data,
                         struct event *ev)
{
    struct event made;

    if (dir == DIR_OUT) {
        layer_send(&f->layer, &(struct outgoing){
                                  .kind = OUTGOING_CONTROL, .opcode = OPCODE_PONG, .data = data});
        return;
    }
    if (!ev) {
        made = layer_fault_event(f, EVENT_PONG);
        ev = &made;
    }
    ev->control.data = data;
    layer_fault_pass_up(f, ev);
}

static void delay_pong(struct layer_fault *f, enum event_dir dir, struct slice data, uint64_t us)
{
    struct late_pong *late = &f->late[f->late_count];

    if (f->late_count == LATE_MAX || data.len > sizeof late->data)
        return;
    late->due_us = clock_mono_us() + us;
    late->dir = dir;
    late->len = (uint8_t)data.len;
    if (data.len > 0)
        memcpy(late->data, data.data, data.len);
    f->late_count++;
    layer_fault_set_timer(f);
}

void layer_fault_late_pongs(struct layer_fault *f)
{
    uint64_t at = clock_mono_us();

    for (unsigned i = 0; i < f->late_count && f->fault;) {
        struct late_pong late = f->late[i];

        if (late.due_us > at) {
            i++;
            continue;
        }
        f->late_count--;
        memmove(f->late + i, f->late + i + 1, sizeof *f->late * (f->late_count - i));
        deliver_pong(f, late.dir, slice_make(late.data, late.len), NULL);
    }
}

/* The answer of one side to the other's ping, as the faults have it. */
static void pong(struct layer_fault *f, enum event_dir dir, struct slice data, struct event *ev)
{
    enum fault_side side = dir == DIR_IN ? FAULT_SIDE_IN : FAULT_SIDE_OUT;
    const struct fault_spec *delay, *wrong;
    uint8_t altered[125];

    if (fault_conn_pong(f->fault, FAULT_DROP_PONG, side))
        return;
    delay = fault_conn_pong(f->fault, FAULT_DELAY_PONG, side);
    wrong = fault_conn_pong(f->fault, FAULT_WRONG_PONG, side);
    if (wrong && data.len <= sizeof altered) {
        if (data.len > 0) {
            memcpy(altered, data.data, data.len);
            /* A digit becomes a letter: another digit might be another ping's. */
            altered[fault_conn_draw(f->fault, wrong, data.len)] ^= 0x40;
        } else {
            altered[data.len++] = '?';
        }
        data = slice_make(altered, data.len);
    }
    if (delay)
        delay_pong(f, dir, data, delay->us);
    else
        deliver_pong(f, dir, data, ev);
}

static bool alters_pongs(const struct layer_fault *f)
{
    return f->fault && (fault_conn_active(f->fault, FAULT_DROP_PONG, FAULT_SIDE_OUT) ||
                        fault_conn_active(f->fault, FAULT_DELAY_PONG, FAULT_SIDE_OUT) ||
                        fault_conn_active(f->fault, FAULT_WRONG_PONG, FAULT_SIDE_OUT));
}

void layer_fault_ping_in(struct layer_fault *f, struct event *ev)
{
    layer_fault_pass_up(f, ev);
    if (!ev->control.taken && alters_pongs(f)) {
        ev->control.taken = true;
        pong(f, DIR_OUT, ev->control.data, NULL);
    }
    layer_fault_count(f, false);
}

void layer_fault_pong_in(struct layer_fault *f, struct event *ev)
{
    pong(f, DIR_IN, ev->control.data, ev);
    layer_fault_count(f, false);
}
