#include "script/expect/inbox.h"

#include <stdlib.h>

void inbox_init(struct inbox *in, size_t max_count, size_t max_bytes)
{
    *in = (struct inbox){.max_count = max_count, .max_bytes = max_bytes};
    for (int i = 0; i < CAME_CLASSES; i++)
        in->queues[i].last = &in->queues[i].first;
    buf_init(&in->part, max_bytes);
}

void came_free(struct came *c)
{
    free(c);
}

static void drop_class(struct inbox *in, enum came_class which)
{
    while (in->queues[which].first)
        came_free(inbox_take(in, which));
}

void inbox_drop(struct inbox *in)
{
    for (int i = 0; i < CAME_CLASSES; i++)
        drop_class(in, (enum came_class)i);
}

void inbox_forget(struct inbox *in)
{
    inbox_drop(in);
    came_free(in->response);
    came_free(in->ended);
    came_free(in->broken);
    in->response = in->ended = in->broken = NULL;
    in->missed = false;
}

void inbox_clear(struct inbox *in)
{
    inbox_forget(in);
    came_free(in->matched);
    buf_clear(&in->part);
    inbox_init(in, in->max_count, in->max_bytes);
}

static const char *role_name(enum decoded_role role)
{
    switch (role) {
    case DECODED_ACK:
        return "ack";
    case DECODED_RESULT:
        return "result";
    case DECODED_ERROR:
        return "error";
    default:
        return "event";
    }
}

const char *came_name(const struct came *c)
{
    switch (c->kind) {
    case EVENT_DECODED:
        return role_name(c->role);
    case EVENT_MESSAGE:
        return c->opcode == OPCODE_BINARY ? "binary" : "text";
    case EVENT_RESPONSE:
        return "status";
    default:
        return event_name(c->kind);
    }
}

/* --- keeping ------------------------------------------------------------------------------------
 */

static struct came *came_new(struct inbox *in, const struct event *ev, struct slice data)
{
    struct came *c = data.len < SIZE_MAX - sizeof *c - 1 ? malloc(sizeof *c + data.len + 1) : NULL;

    if (!c) {
        in->missed = true;
        return NULL;
    }
    *c = (struct came){.kind = ev->kind,
                       .at_us = ev->at_us,
                       .conn = ev->conn,
                       .length = data.len,
                       .len = data.len};
    if (data.len > 0)
        memcpy(c->data, data.data, data.len);
    c->data[data.len] = '\0';
    return c;
}

/* Its share of the bounds. */
static size_t weight(const struct came *c)
{
    return c->len + c->name_len;
}

static void keep(struct inbox *in, enum came_class which, struct came *c)
{
    struct inbox_queue *queue = &in->queues[which];

    if (!c)
        return;
    *queue->last = c;
    queue->last = &c->next;
    in->count++;
    in->bytes += weight(c);
}

static void keep_message(struct inbox *in, const struct event *ev)
{
    const struct event_message *m = &ev->message;
    struct slice data = m->data;
    enum opcode type = m->type;
    struct came *c;

    if (m->part > 0) {
        if (m->part == 1) {
            buf_reset(&in->part);
            in->part_type = m->type;
            in->part_lost = false;
        }
        type = in->part_type;
        in->part_lost = in->part_lost || buf_append_slice(&in->part, data) < 0;
        if (!m->final)
            return;
        in->missed = in->missed || in->part_lost;
        data = buf_slice(&in->part);
    }
    c = in->part_lost && m->part > 0 ? NULL : came_new(in, ev, data);
    if (c)
        c->opcode = (uint8_t)type;
    keep(in, CAME_MESSAGES, c);
    if (m->part > 0)
        buf_clear(&in->part);
}

/* Only what expectations can be about. The name follows the data and its NUL. */
static void keep_decoded(struct inbox *in, const struct event *ev)
{
    const struct event_decoded *d = &ev->decoded;
    struct came *c = NULL;
    struct buf text;

    if (d->role > DECODED_ERROR)
        return;
    buf_init(&text, in->max_bytes);
    if (buf_append_slice(&text, d->data) == 0 && buf_append(&text, "", 1) == 0 &&
        buf_append_slice(&text, d->name) == 0)
        c = came_new(in, ev, buf_slice(&text));
    else
        in->missed = true;
    buf_clear(&text);
    if (!c)
        return;
    c->len = d->data.len;
    c->length = d->data.len;
    c->role = d->role;
    c->name = c->data + d->data.len + 1;
    c->name_len = d->name.len;
    keep(in, CAME_DECODED, c);
}

static void keep_frame(struct inbox *in, const struct event *ev)
{
    const struct event_frame *f = &ev->frame;
    struct came *c = came_new(in, ev, f->payload);

    if (c) {
        c->opcode = f->opcode;
        c->fin = f->fin;
        c->rsv = f->rsv;
        c->masked = f->masked;
        c->length = f->length;
    }
    keep(in, CAME_FRAMES, c);
}

static void keep_response(struct inbox *in, const struct event *ev)
{
    const struct event_response *r = &ev->response;
    struct buf fields;

    buf_init(&fields, SIZE_MAX / 4);
    for (size_t i = 0; i < r->header_count; i++) {
        const struct field *f = &r->headers[i];

        if (buf_append_slice(&fields, f->name) < 0 || buf_append_str(&fields, ": ") < 0 ||
            buf_append_slice(&fields, f->value) < 0 || buf_append_str(&fields, "\n") < 0)
            in->missed = true;
    }
    came_free(in->response);
    in->response = came_new(in, ev, buf_slice(&fields));
    if (in->response)
        in->response->code = r->status;
    buf_clear(&fields);
}

static struct came *copy_of(struct inbox *in, const struct came *c)
{
    struct came *copy = malloc(sizeof *c + c->len + 1);

    if (!copy) {
        in->missed = true;
        return NULL;
    }
    memcpy(copy, c, sizeof *c + c->len + 1);
    copy->next = NULL;
    return copy;
}

static void keep_end(struct inbox *in, const struct event *ev)
{
    struct came *c;

    if (ev->kind == EVENT_CLOSE) {
        c = came_new(in, ev, ev->close.reason);
        if (c) {
            c->code = ev->close.code;
            c->by = ev->close.by;
            c->how = ev->close.how;
        }
    } else {
        c = came_new(in, ev, slice_str(ev->error->text));
        if (c)
            c->code = (int)ev->error->stage;
    }
    if (!c)
        return;
    came_free(in->ended);
    in->ended = copy_of(in, c);
    keep(in, CAME_LIFE, c);
}

static void keep_open(struct inbox *in, const struct event *ev)
{
    came_free(in->ended);
    came_free(in->broken);
    in->ended = in->broken = NULL;
    keep(in, CAME_LIFE, came_new(in, ev, slice_str(ev->open.subprotocol)));
}

static void keep_control(struct inbox *in, const struct event *ev)
{
    struct came *c = came_new(in, ev, ev->control.data);

    keep(in, CAME_CONTROL, c);
}

static void keep_gap(struct inbox *in, const struct event *ev)
{
    struct came *c = came_new(in, ev, slice_make(NULL, 0));

    if (c) {
        c->from = ev->range.from;
        c->to = ev->range.to;
        c->count = ev->range.count;
    }
    keep(in, CAME_GAPS, c);
}

static void keep_violation(struct inbox *in, const struct event *ev)
{
    const struct event_violation *v = &ev->violation;
    struct buf text;

    buf_init(&text, 4096);
    if (v->fatal && !in->broken && buf_printf(&text, "%s (%s)", v->message, v->rule) == 0)
        in->broken = came_new(in, ev, buf_slice(&text));
    buf_clear(&text);
}

void inbox_event(struct inbox *in, const struct event *ev)
{
    struct event failed;

    switch (ev->kind) {
    case EVENT_MESSAGE:
        if (ev->dir == DIR_IN)
            keep_message(in, ev);
        break;
    case EVENT_DECODED:
        if (ev->dir == DIR_IN && in->decoded)
            keep_decoded(in, ev);
        break;
    case EVENT_PING:
    case EVENT_PONG:
        if (ev->dir == DIR_IN)
            keep_control(in, ev);
        break;
    case EVENT_FRAME:
        if (ev->dir == DIR_IN && in->frames)
            keep_frame(in, ev);
        break;
    case EVENT_OPEN:
        keep_open(in, ev);
        break;
    case EVENT_CLOSE:
        keep_end(in, ev);
        break;
    case EVENT_ERROR:
    case EVENT_RETRY:
        if (event_failed_attempt(ev, &failed))
            keep_end(in, &failed);
        break;
    case EVENT_RESPONSE:
        keep_response(in, ev);
        break;
    case EVENT_BACK:
        keep(in, CAME_LIFE, came_new(in, ev, slice_make(NULL, 0)));
        break;
    case EVENT_GAP:
        keep_gap(in, ev);
        break;
    case EVENT_VIOLATION:
        keep_violation(in, ev);
        break;
    default:
        break;
    }
}

bool inbox_full(const struct inbox *in)
{
    return in->count >= in->max_count || in->bytes >= in->max_bytes;
}

/* --- taking -------------------------------------------------------------------------------------
 */

struct came *inbox_take(struct inbox *in, enum came_class which)
{
    struct inbox_queue *queue = &in->queues[which];
    struct came *c = queue->first;

    if (!c && inbox_full(in) && which == CAME_DECODED)
        drop_class(in, CAME_MESSAGES);
    else if (!c && inbox_full(in) && which == CAME_MESSAGES)
        drop_class(in, CAME_DECODED);
    if (!c)
        return NULL;
    queue->first = c->next;
    if (!queue->first)
        queue->last = &queue->first;
    c->next = NULL;
    in->count--;
    in->bytes -= weight(c);
    return c;
}

void inbox_matched(struct inbox *in, struct came *c)
{
    came_free(in->matched);
    in->matched = c;
}
