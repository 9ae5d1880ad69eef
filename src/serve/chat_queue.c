#include "serve/chat_queue.h"

/* Before each payload. */
struct head {
    uint64_t number;
    uint64_t at_us;
    enum chat_kind kind;
    size_t len;
};

void chat_queue_init(struct chat_queue *q)
{
    *q = (struct chat_queue){0};
    buf_init(&q->bytes, CHAT_QUEUE_BYTES);
}

void chat_queue_clear(struct chat_queue *q)
{
    buf_clear(&q->bytes);
    q->count = 0;
}

bool chat_queue_add(struct chat_queue *q, uint64_t at_us, enum chat_kind kind, struct slice payload)
{
    const struct head head = {++q->number, at_us, kind, payload.len};

    if (q->count == CHAT_QUEUE_MAX || !buf_reserve(&q->bytes, sizeof head + payload.len))
        return false;
    buf_append(&q->bytes, &head, sizeof head);
    buf_append_slice(&q->bytes, payload);
    q->count++;
    return true;
}

bool chat_queue_next(const struct chat_queue *q, size_t *at, struct chat_queued *message)
{
    struct head head;

    if (*at >= q->bytes.len)
        return false;
    memcpy(&head, buf_data(&q->bytes) + *at, sizeof head);
    *message = (struct chat_queued){
        .number = head.number,
        .at_us = head.at_us,
        .kind = head.kind,
        .payload = slice_make(buf_data(&q->bytes) + *at + sizeof head, head.len),
    };
    *at += sizeof head + head.len;
    return true;
}

void chat_queue_drop(struct chat_queue *q)
{
    struct head head;

    memcpy(&head, buf_data(&q->bytes), sizeof head);
    buf_consume(&q->bytes, sizeof head + head.len);
    buf_trim(&q->bytes, 0);
    q->count--;
}
