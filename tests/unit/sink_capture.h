/*
 * sink_capture: what a sink wrote, as a string. The sink writes through struct out to a temporary
 * file, as it does to a redirected descriptor.
 */
#ifndef TESTS_UNIT_SINK_CAPTURE_H
#define TESTS_UNIT_SINK_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/sink.h"
#include "sink/view.h"

struct capture {
    FILE *file;
    struct out out;
    char *text; /* what was written, with a NUL behind it */
    size_t len;
};

static inline void capture_open(struct capture *c)
{
    memset(c, 0, sizeof *c);
    c->file = tmpfile();
    if (!c->file)
        abort();
    out_init(&c->out, fileno(c->file), (size_t)1 << 20);
}

/* Read back all that was written since the last time; valid until the next call. */
static inline const char *capture_take(struct capture *c)
{
    long size;

    out_drain(&c->out, -1);
    size = lseek(fileno(c->file), 0, SEEK_END);
    free(c->text);
    c->len = (size_t)size;
    c->text = malloc(c->len + 1);
    if (!c->text || pread(fileno(c->file), c->text, c->len, 0) != size)
        abort();
    c->text[c->len] = '\0';
    if (ftruncate(fileno(c->file), 0) < 0)
        abort();
    lseek(fileno(c->file), 0, SEEK_SET);
    return c->text;
}

static inline void capture_close(struct capture *c)
{
    out_clear(&c->out);
    fclose(c->file);
    free(c->text);
}

/* Hand an event over as the bus does. */
static inline void capture_emit(struct sink *sink, const struct event *ev)
{
    if (sink->wants & EVENT_BIT(ev->kind))
        sink->event(sink, ev);
}

#endif
