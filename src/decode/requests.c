#include "decode/requests.h"

#include <stdlib.h>

#include "decode/notes.h"

#define NAMED_MAX 3 /* requests that a finding names */

void requests_clear(struct requests *r)
{
    free(r->waiting);
    *r = (struct requests){0};
}

static void drop(struct requests *r, size_t index)
{
    r->count--;
    memmove(&r->waiting[index], &r->waiting[index + 1], (r->count - index) * sizeof *r->waiting);
}

static int make_room(struct requests *r)
{
    size_t capacity = r->capacity ? r->capacity * 2 : 8;
    struct request *more;

    if (r->count == REQUESTS_MAX) {
        drop(r, 0);
        r->forgotten++;
    }
    if (r->count < r->capacity)
        return 0;
    more = realloc(r->waiting, capacity * sizeof *more);
    if (!more)
        return -1;
    r->waiting = more;
    r->capacity = capacity;
    return 0;
}

int requests_ask(struct requests *r, enum event_dir dir, struct slice id, struct slice name,
                 uint64_t now_us)
{
    struct request *q;

    r->asked++;
    if (id.len > REQUEST_ID_MAX)
        return 1;
    if (make_room(r) != 0)
        return -1;
    q = &r->waiting[r->count++];
    q->at_us = now_us;
    q->dir = dir;
    q->begun = false;
    q->id_len = (uint8_t)id.len;
    q->name_len = (uint8_t)(name.len < REQUEST_NAME_MAX ? name.len : REQUEST_NAME_MAX);
    memcpy(q->id, id.data, q->id_len);
    if (q->name_len)
        memcpy(q->name, name.data, q->name_len);
    return 0;
}

static bool is_it(const struct request *q, enum event_dir dir, struct slice id)
{
    return q->dir != dir && slice_equal(slice_make(q->id, q->id_len), id);
}

const struct request *requests_find(const struct requests *r, enum event_dir dir, struct slice id)
{
    for (size_t i = 0; i < r->count; i++) {
        if (is_it(&r->waiting[i], dir, id))
            return &r->waiting[i];
    }
    return NULL;
}

bool requests_answer(struct requests *r, enum event_dir dir, struct slice id, bool more,
                     uint64_t now_us, uint64_t *us, struct slice *name)
{
    const struct request *q = requests_find(r, dir, id);

    if (id.len > REQUEST_ID_MAX)
        return false;
    if (!q) {
        r->unsolicited++;
        return false;
    }
    r->answered++;
    *us = now_us - q->at_us;
    r->last = *q;
    *name = slice_make(r->last.name, r->last.name_len);
    if (more)
        r->waiting[q - r->waiting].begun = true;
    else
        drop(r, (size_t)(q - r->waiting));
    return true;
}

/* `"sum" (id 4)`, for the first few. */
static int put_named(const struct requests *r, enum event_dir dir, struct buf *out)
{
    unsigned named = 0;

    for (size_t i = 0; i < r->count && named < NAMED_MAX; i++) {
        const struct request *q = &r->waiting[i];

        if (q->dir != dir || q->begun)
            continue;
        if (buf_printf(out, "%s%.*s%s(id %.*s)", named ? ", " : "", (int)q->name_len, q->name,
                       q->name_len ? " " : "", (int)q->id_len, q->id) != 0)
            return -1;
        named++;
    }
    return 0;
}

static uint64_t waiting(const struct requests *r, enum event_dir dir)
{
    uint64_t count = 0;

    for (size_t i = 0; i < r->count; i++)
        count += r->waiting[i].dir == dir && !r->waiting[i].begun;
    return count;
}

int requests_findings(const struct requests *r, enum event_dir dir, struct buf *out)
{
    uint64_t open = waiting(r, dir);

    if (open > 0 &&
        (buf_printf(out, "%llu request%s had no answer: ", (unsigned long long)open,
                    open == 1 ? "" : "s") != 0 ||
         put_named(r, dir, out) != 0 ||
         buf_append(out, open > NAMED_MAX ? " ..." : "", open > NAMED_MAX ? 5 : 1) != 0))
        return -1;
    if (r->forgotten > 0 &&
        notes_finding(out, "%llu more requests had no answer while %d others waited",
                      (unsigned long long)r->forgotten, REQUESTS_MAX) != 0)
        return -1;
    if (r->unsolicited > 0 &&
        notes_finding(out, "%llu answer%s matched no request", (unsigned long long)r->unsolicited,
                      r->unsolicited == 1 ? "" : "s") != 0)
        return -1;
    return 0;
}
