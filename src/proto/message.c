#include "proto/message.h"

void message_init(struct message *m)
{
    *m = (struct message){0};
    buf_init(&m->gathered, MESSAGE_HELD);
}

void message_clear(struct message *m)
{
    buf_clear(&m->gathered);
    message_init(m);
}

void message_begin(struct message *m, enum opcode type, bool compressed)
{
    struct buf gathered = m->gathered;

    buf_reset(&gathered);
    *m = (struct message){
        .gathered = gathered, .type = type, .open = true, .compressed = compressed};
}

static bool is_checked(const struct message *m)
{
    return m->type == OPCODE_TEXT && !m->unchecked;
}

size_t message_check(struct message *m, const uint8_t *bytes, size_t n)
{
    return is_checked(m) ? utf8_check(&m->utf8, bytes, n) : n;
}

bool message_complete(const struct message *m)
{
    return !is_checked(m) || utf8_complete(&m->utf8);
}

size_t message_unfinished(const struct message *m)
{
    return is_checked(m) ? m->utf8.have : 0;
}

int message_append(struct message *m, const uint8_t *bytes, size_t n)
{
    if (buf_append(&m->gathered, bytes, n) < 0)
        return -1;
    m->total += n;
    return 0;
}

size_t message_room(const struct message *m)
{
    return m->gathered.max - m->gathered.len;
}

bool message_full(const struct message *m)
{
    return m->gathered.len > MESSAGE_WHOLE || (m->part > 0 && m->gathered.len == MESSAGE_WHOLE);
}

bool message_flushable(const struct message *m)
{
    return m->open && m->part > 0 && m->gathered.len > message_unfinished(m);
}

void message_give_slice(struct message *m, struct event *ev, struct slice data, bool final)
{
    /* A part's number is for people; it stops rather than begin again. */
    if ((!final || m->part > 0) && m->part < UINT32_MAX)
        m->part++;
    m->given += data.len;
    ev->kind = EVENT_MESSAGE;
    ev->dir = DIR_IN;
    ev->message = (struct event_message){
        .type = m->type,
        .data = data,
        .part = m->part,
        .final = final,
        .fragments = m->fragments,
        .wire = m->wire,
        .total = m->given,
    };
    if (final)
        m->open = false;
}

void message_give(struct message *m, struct event *ev, bool final)
{
    m->lent = m->gathered.len - (final ? 0 : message_unfinished(m));
    message_give_slice(m, ev, slice_make(buf_slice(&m->gathered).data, m->lent), final);
}

void message_release(struct message *m)
{
    buf_consume(&m->gathered, m->lent);
    m->lent = 0;
}
