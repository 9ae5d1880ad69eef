#include "session/outbox.h"

/* Before each message in `kept`. */
struct header {
    uint64_t end; /* of one that was given */
    uint32_t len;
    uint32_t type;
};

#define KEEP (64 * 1024)

void outbox_init(struct outbox *o, size_t limit)
{
    *o = (struct outbox){.limit = limit};
    buf_init(&o->kept, SIZE_MAX / 4);
}

void outbox_clear(struct outbox *o)
{
    buf_clear(&o->kept);
}

static struct header header_at(const struct outbox *o, size_t offset)
{
    struct header h;

    memcpy(&h, buf_data(&o->kept) + offset, sizeof h);
    return h;
}

static int append(struct outbox *o, const struct header *h, struct slice data)
{
    uint8_t *to = buf_reserve(&o->kept, sizeof *h + data.len);

    if (!to)
        return -1;
    memcpy(to, h, sizeof *h);
    if (data.len)
        memcpy(to + sizeof *h, data.data, data.len);
    buf_filled(&o->kept, sizeof *h + data.len);
    return 0;
}

bool outbox_has_room(const struct outbox *o, size_t len)
{
    return o->waiting_bytes <= o->limit && len <= o->limit - o->waiting_bytes && o->limit > 0 &&
           len <= UINT32_MAX;
}

int outbox_put(struct outbox *o, enum opcode type, struct slice data)
{
    const struct header h = {.len = (uint32_t)data.len, .type = type};

    if (!outbox_has_room(o, data.len) || append(o, &h, data) < 0)
        return -1;
    o->waiting++;
    o->waiting_bytes += data.len;
    o->queued++;
    return 0;
}

bool outbox_next(const struct outbox *o, enum opcode *type, struct slice *data)
{
    struct header h;

    if (o->waiting == 0)
        return false;
    h = header_at(o, o->given);
    *type = (enum opcode)h.type;
    *data = slice_make(buf_data(&o->kept) + o->given + sizeof h, h.len);
    return true;
}

void outbox_given(struct outbox *o, uint64_t end)
{
    struct header h = header_at(o, o->given);

    h.end = end;
    memcpy(buf_data(&o->kept) + o->given, &h, sizeof h);
    o->given += sizeof h + h.len;
    o->waiting--;
    o->waiting_bytes -= h.len;
}

/* In the order of the stream: one without a copy is counted at once, those before it later. */
static void count(struct outbox *o, uint64_t end)
{
    size_t i;

    if (o->run_count == OUTBOX_RUNS)
        outbox_merge(o);
    i = o->run_count++;
    for (; i > 0 && o->runs[i - 1].end > end; i--)
        o->runs[i] = o->runs[i - 1];
    o->runs[i] = (struct outbox_run){.end = end, .count = 1};
}

void outbox_sent(struct outbox *o, enum opcode type, struct slice data, bool whole, uint64_t end)
{
    const struct header h = {.end = end, .len = (uint32_t)data.len, .type = type};

    if (!whole || data.len > UINT32_MAX || append(o, &h, data) < 0)
        count(o, end);
    else
        o->given += sizeof h + data.len;
}

void outbox_written(struct outbox *o, uint64_t written)
{
    while (o->given > 0) {
        struct header h = header_at(o, 0);

        if (h.end > written)
            return;
        count(o, h.end);
        buf_consume(&o->kept, sizeof h + h.len);
        o->given -= sizeof h + h.len;
    }
    buf_trim(&o->kept, KEEP);
}

void outbox_arrived(struct outbox *o, uint64_t arrived)
{
    size_t done = 0;

    while (done < o->run_count && o->runs[done].end <= arrived)
        done++;
    o->run_count -= done;
    memmove(o->runs, o->runs + done, o->run_count * sizeof *o->runs);
}

bool outbox_crowded(const struct outbox *o)
{
    return o->run_count >= OUTBOX_RUNS / 2;
}

void outbox_merge(struct outbox *o)
{
    uint64_t grain = 2;

    /* Neighbours of about the same size: merging old ones again and again would make one run of all
     * that is old. */
    while (o->run_count >= OUTBOX_RUNS / 2) {
        size_t kept = 0;

        for (size_t i = 1; i < o->run_count; i++) {
            if (o->runs[kept].count + o->runs[i].count <= grain) {
                o->runs[kept].end = o->runs[i].end;
                o->runs[kept].count += o->runs[i].count;
            } else {
                o->runs[++kept] = o->runs[i];
            }
        }
        o->run_count = kept + 1;
        grain *= 2;
    }
}

struct outbox_loss outbox_lost(struct outbox *o, uint64_t written, uint64_t arrived)
{
    struct outbox_loss loss = {0};

    outbox_written(o, written);
    outbox_arrived(o, arrived);
    for (size_t i = 0; i < o->run_count; i++)
        loss.unacknowledged += o->runs[i].count;
    o->run_count = 0;
    for (size_t at = 0; at < o->given;) {
        struct header h = header_at(o, at);

        loss.again++;
        o->waiting_bytes += h.len;
        at += sizeof h + h.len;
    }
    o->waiting += loss.again;
    o->given = 0;
    o->again += loss.again;
    o->unacknowledged += loss.unacknowledged;
    return loss;
}
