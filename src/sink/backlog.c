#include "sink/backlog.h"

#include <stdlib.h>

/* How far back the beginning of a message in parts is looked for: connections of a relay send their
 * parts in turns. */
#define OPEN_BACK 64

struct backlog_item {
    uint8_t
        *bytes;  /* the data with a NUL, then the event's type and identity (SSE), each with one */
    size_t len;  /* of the data that is kept */
    size_t size; /* of all */
    uint64_t total;
    int64_t time_us;
    uint64_t at_us;
    uint32_t conn, client;
    uint32_t name_at, id_at; /* offsets in bytes, 0: there is none */
    enum event_dir dir;
    enum event_leg leg;
    enum event_channel channel;
    enum opcode type;
    bool open; /* more parts are to come */
    bool mark;
};

static struct backlog_item *item_at(const struct backlog *b, uint64_t number)
{
    return &b->items[number % BACKLOG_MESSAGES];
}

static void drop_oldest(struct backlog *b)
{
    struct backlog_item *item = item_at(b, b->first++);

    b->bytes -= item->size;
    free(item->bytes);
    *item = (struct backlog_item){0};
}

void backlog_clear(struct backlog *b)
{
    while (b->items && b->first < b->end)
        drop_oldest(b);
    free(b->items);
    *b = (struct backlog){0};
}

static void make_room(struct backlog *b, size_t size)
{
    while (b->first < b->end &&
           (b->end - b->first >= BACKLOG_MESSAGES || size > BACKLOG_BYTES - b->bytes))
        drop_oldest(b);
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static uint64_t add_new(struct backlog *b, const struct event *ev)
{
    const struct event_message *m = &ev->message;
    size_t len = m->data.len < BACKLOG_ONE ? m->data.len : BACKLOG_ONE;
    size_t name = size_of(m->sse_name), id = size_of(m->sse_id), size = len + 1 + name + id;
    struct backlog_item *item;
    uint8_t *bytes;

    if (name > 65536 || id > 65536 || !(bytes = malloc(size)))
        return UINT64_MAX;
    make_room(b, size);
    if (len > 0)
        memcpy(bytes, m->data.data, len);
    bytes[len] = '\0';
    if (name > 0)
        memcpy(bytes + len + 1, m->sse_name, name);
    if (id > 0)
        memcpy(bytes + len + 1 + name, m->sse_id, id);
    item = item_at(b, b->end);
    *item = (struct backlog_item){
        .bytes = bytes,
        .len = len,
        .size = size,
        .total = m->total > m->data.len ? m->total : m->data.len,
        .time_us = ev->time_us,
        .at_us = ev->at_us,
        .conn = ev->conn,
        .client = ev->client,
        .name_at = name ? (uint32_t)(len + 1) : 0,
        .id_at = id ? (uint32_t)(len + 1 + name) : 0,
        .dir = ev->dir,
        .leg = ev->leg,
        .channel = ev->channel,
        .type = m->type,
        .open = m->part > 0 && !m->final,
    };
    b->bytes += size;
    return b->end++;
}

/* The message that this part continues, or UINT64_MAX. */
static uint64_t begun(const struct backlog *b, const struct event *ev)
{
    for (uint64_t n = b->end; n > b->first && b->end - n < OPEN_BACK; n--) {
        const struct backlog_item *item = item_at(b, n - 1);

        if (item->open && item->conn == ev->conn && item->leg == ev->leg && item->dir == ev->dir)
            return n - 1;
    }
    return UINT64_MAX;
}

static uint64_t add_part(struct backlog *b, const struct event *ev)
{
    const struct event_message *m = &ev->message;
    uint64_t number = begun(b, ev);
    struct backlog_item *item;
    size_t more;
    uint8_t *bytes;

    if (number == UINT64_MAX)
        return add_new(b, ev);
    item = item_at(b, number);
    more = BACKLOG_ONE - item->len < m->data.len ? BACKLOG_ONE - item->len : m->data.len;
    item->open = !m->final;
    item->total = m->total;
    while (b->first < number && more > BACKLOG_BYTES - b->bytes)
        drop_oldest(b);
    if (more == 0 || more > BACKLOG_BYTES - b->bytes)
        return number;
    bytes = realloc(item->bytes, item->len + more + 1); /* messages in parts have no SSE fields */
    if (!bytes)
        return number;
    memcpy(bytes + item->len, m->data.data, more);
    item->bytes = bytes;
    item->len += more;
    bytes[item->len] = '\0';
    b->bytes += item->len + 1 - item->size;
    item->size = item->len + 1;
    item->name_at = item->id_at = 0;
    return number;
}

uint64_t backlog_add(struct backlog *b, const struct event *ev)
{
    if (!b->items)
        b->items = calloc(BACKLOG_MESSAGES, sizeof *b->items);
    if (!b->items)
        return UINT64_MAX;
    return ev->message.part > 1 ? add_part(b, ev) : add_new(b, ev);
}

void backlog_mark(struct backlog *b, uint64_t number)
{
    if (number >= b->first && number < b->end)
        item_at(b, number)->mark = true;
}

bool backlog_take_mark(struct backlog *b, uint64_t number)
{
    bool mark = number >= b->first && number < b->end && item_at(b, number)->mark;

    if (mark)
        item_at(b, number)->mark = false;
    return mark;
}

bool backlog_get(const struct backlog *b, uint64_t number, struct event *ev, uint64_t *beyond)
{
    const struct backlog_item *item;

    if (number < b->first || number >= b->end)
        return false;
    item = item_at(b, number);
    *beyond = item->total > item->len ? item->total - item->len : 0;
    *ev = (struct event){
        .kind = EVENT_MESSAGE,
        .dir = item->dir,
        .channel = item->channel,
        .conn = item->conn,
        .leg = item->leg,
        .client = item->client,
        .time_us = item->time_us,
        .at_us = item->at_us,
        .message =
            {
                .type = item->type,
                .data = slice_make(item->bytes, item->len),
                .final = true,
                .total = item->total,
                .sse_name = item->name_at ? (const char *)item->bytes + item->name_at : NULL,
                .sse_id = item->id_at ? (const char *)item->bytes + item->id_at : NULL,
            },
    };
    return true;
}
