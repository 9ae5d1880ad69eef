#include "verb/proxy/control_events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int control_events_init(struct control_events *e)
{
    *e = (struct control_events){.first = 1, .next = 1};
    e->lines = calloc(CONTROL_EVENTS_MAX, sizeof *e->lines);
    return e->lines ? 0 : -1;
}

static struct slice *place(const struct control_events *e, uint64_t n)
{
    return &e->lines[n % CONTROL_EVENTS_MAX];
}

static void drop_first(struct control_events *e)
{
    struct slice *line = place(e, e->first++);

    e->bytes -= line->len;
    free((void *)(uintptr_t)line->data);
    *line = slice_make(NULL, 0);
}

void control_events_clear(struct control_events *e)
{
    while (e->lines && e->first < e->next)
        drop_first(e);
    free(e->lines);
    e->lines = NULL;
}

/* "{...}\n" as "{"n":12,...}\n". Empty: memory. */
static struct slice numbered(uint64_t n, struct slice line)
{
    char head[32];
    size_t len = (size_t)snprintf(head, sizeof head, "{\"n\":%" PRIu64 ",", n);
    uint8_t *copy = malloc(len + line.len - 1);

    if (!copy)
        return slice_make(NULL, 0);
    memcpy(copy, head, len);
    memcpy(copy + len, line.data + 1, line.len - 1);
    return slice_make(copy, len + line.len - 1);
}

struct slice control_events_add(struct control_events *e, struct slice line)
{
    uint64_t n = e->next++;
    struct slice kept = slice_make(NULL, 0);

    while (n - e->first >= CONTROL_EVENTS_MAX)
        drop_first(e);
    if (line.len < CONTROL_EVENTS_BYTES / 4)
        kept = numbered(n, line);
    e->bytes += kept.len;
    *place(e, n) = kept;
    while (e->bytes > CONTROL_EVENTS_BYTES)
        drop_first(e);
    return kept;
}

struct slice control_events_after(const struct control_events *e, uint64_t *n)
{
    uint64_t i = *n < e->first ? e->first : *n + 1;

    for (; i < e->next; i++) {
        if (place(e, i)->len > 0) {
            *n = i;
            return *place(e, i);
        }
    }
    return slice_make(NULL, 0);
}
