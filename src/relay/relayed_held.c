/*
 * relayed_held: messages that wait: held, late, or injected while another one is under way.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/span.h"
#include "relay/relay_private.h"

static void on_due(void *ctx)
{
    struct relay_conn *c = ctx;

    held_send_due(c);
    if (c->state == CONN_WS)
        relayed_flush(c);
}

static uint64_t first_due(const struct held_queue *q)
{
    uint64_t due = UINT64_MAX;

    for (const struct held_message *m = q->first; m; m = m->next) {
        if (m->due_us < due)
            due = m->due_us;
    }
    return due;
}

static void set_timer(struct relay_conn *c)
{
    uint64_t due = UINT64_MAX, now = clock_mono_us();

    for (int i = 0; i < 2; i++) {
        uint64_t own = first_due(&c->legs[i].held);

        if (own < due)
            due = own;
    }
    if (due == UINT64_MAX)
        timer_stop(c->due);
    else
        timer_start(c->due, span_between(now, due), on_due);
}

static int keep(struct held_queue *q, enum opcode type, struct slice data, uint64_t due_us)
{
    struct held_message *m;

    if (q->bytes + data.len > RELAY_HELD_MAX)
        return -1;
    m = malloc(sizeof *m + data.len);
    if (!m)
        return -1;
    *m = (struct held_message){.due_us = due_us, .type = type, .len = data.len};
    if (data.len)
        memcpy(m->data, data.data, data.len);
    if (q->last)
        q->last->next = m;
    else
        q->first = m;
    q->last = m;
    q->count++;
    q->bytes += data.len;
    return 0;
}

/* Take out the one after `before` (NULL: the first). */
static struct held_message *take(struct held_queue *q, struct held_message *before)
{
    struct held_message *m = before ? before->next : q->first;

    if (before)
        before->next = m->next;
    else
        q->first = m->next;
    if (q->last == m)
        q->last = before;
    q->count--;
    q->bytes -= m->len;
    return m;
}

static void send_one(struct relay_leg *from, struct held_message *m)
{
    struct slice data = slice_make(m->data, m->len);

    if (m->type == OPCODE_CLOSE)
        relay_leg_put(from->other, m->data, m->len); /* the frame as it came */
    else if (m->type == OPCODE_PING || m->type == OPCODE_PONG)
        relayed_ws_control(from, m->type, data);
    else
        relayed_ws_forward(from, m->type, data, true, true);
    free(m);
}

bool held_keep(struct relay_leg *from, enum opcode type, struct slice data, uint64_t due_us)
{
    if (keep(&from->held, type, data, due_us) < 0) {
        relayed_note(from->conn,
                     "what is held has reached 16 MiB in one direction: it is released");
        held_release(from, 0);
        return false;
    }
    set_timer(from->conn);
    return true;
}

unsigned held_release(struct relay_leg *from, unsigned count)
{
    unsigned sent = 0;

    while (from->held.first && from->held.first->type != OPCODE_CLOSE &&
           (count == 0 || sent < count) && from->conn->state == CONN_WS &&
           relayed_ws_between(from)) {
        send_one(from, take(&from->held, NULL));
        sent++;
    }
    set_timer(from->conn);
    return sent;
}

void held_finish(struct relay_leg *from)
{
    while (from->held.first && from->conn->state == CONN_WS && relayed_ws_between(from))
        send_one(from, take(&from->held, NULL));
    set_timer(from->conn);
}

static void send_late(struct relay_leg *from)
{
    struct held_message *before = NULL, *m = from->held.first;
    uint64_t now = clock_mono_us();

    while (m && from->conn->state == CONN_WS) {
        struct held_message *next = m->next;

        if (m->due_us <= now)
            send_one(from, take(&from->held, before));
        else
            before = m;
        m = next;
    }
}

void held_send_due(struct relay_conn *c)
{
    for (int i = 0; i < 2 && c->state == CONN_WS; i++) {
        struct relay_leg *from = &c->legs[i];

        while (from->aside.first && relayed_ws_between(from) && c->state == CONN_WS) {
            struct held_message *m = take(&from->aside, NULL);

            relayed_ws_inject(from, m->type, slice_make(m->data, m->len));
            free(m);
        }
        if (relayed_ws_between(from))
            send_late(from);
    }
    set_timer(c);
}

int held_inject(struct relay_leg *from, enum opcode type, struct slice data)
{
    if (from->conn->state != CONN_WS || from->other->close_made || from->close_seen)
        return -1;
    if (keep(&from->aside, type, data, 0) < 0)
        return -1;
    held_send_due(from->conn);
    return 0;
}

void held_clear(struct relay_leg *from)
{
    while (from->held.first)
        free(take(&from->held, NULL));
    while (from->aside.first)
        free(take(&from->aside, NULL));
}
