/*
 * measure_kit: recorded comparisons for the tests of measure and of the views of it: a feed of
 * numbered updates on a virtual clock, seen by channels that cost what the test says.
 */
#ifndef TESTS_UNIT_MEASURE_KIT_H
#define TESTS_UNIT_MEASURE_KIT_H

#include <stdio.h>

#include "measure/comparison.h"
#include "measure/scale.h"

#define KIT_MS   1000u
#define KIT_S    1000000u
#define KIT_WALL INT64_C(1790000000000000) /* the wall clock at the start */

struct kit {
    struct comparison compare;
    struct comparison_carried carried[COMPARISON_CHANNELS_MAX];
};

static inline void kit_carried(void *ctx, unsigned channel, struct comparison_carried *carried)
{
    struct kit *k = ctx;

    *carried = k->carried[channel];
}

static inline void kit_init(struct kit *k, const char *id, const char *time)
{
    const struct comparison_config config = {
        .id = id, .time = time, .seed = {1, 2}, .carried = kit_carried, .ctx = k};

    memset(k, 0, sizeof *k);
    assert_int_equal(comparison_init(&k->compare, &config), 0);
}

static inline unsigned kit_add(struct kit *k, enum event_channel kind, uint64_t every_us,
                               const char *label)
{
    const struct comparison_source source = {
        .kind = kind, .every_us = every_us, .keepalive = true, .label = label, .url = "ws://h/"};
    int i = comparison_add(&k->compare, &source);

    assert_true(i >= 0);
    k->carried[i].kernel = true;
    return (unsigned)i;
}

static inline struct event kit_event(enum event_kind kind, uint64_t at_us)
{
    return (struct event){.kind = kind, .at_us = at_us, .time_us = KIT_WALL + (int64_t)at_us};
}

static inline void kit_open(struct kit *k, unsigned channel, uint64_t at_us)
{
    struct event ev = kit_event(EVENT_OPEN, at_us);

    k->carried[channel].connections++;
    comparison_event(&k->compare, channel, &ev, at_us);
}

static inline void kit_text(struct kit *k, unsigned channel, uint64_t at_us, const char *text)
{
    struct event ev = kit_event(EVENT_MESSAGE, at_us);

    ev.message = (struct event_message){
        .type = OPCODE_TEXT, .data = slice_str(text), .final = true, .total = strlen(text)};
    comparison_event(&k->compare, channel, &ev, at_us);
}

/* Update n, sent at a time of the server's clock. 40 bytes or so. */
static inline void kit_update(struct kit *k, unsigned channel, uint64_t at_us, unsigned n,
                              int64_t sent_us)
{
    char text[96];

    snprintf(text, sizeof text, "{\"id\":%u,\"time\":%lld}", n, (long long)sent_us);
    kit_text(k, channel, at_us, text);
    k->carried[channel].down += strlen(text) + 4;
    k->carried[channel].stream_down += strlen(text) + 4;
    k->carried[channel].segments_down++;
    k->carried[channel].segments_up++;
}

/* A request and its answer: 100 bytes and 150 of heads, and the fresh items (already counted). */
static inline void kit_poll(struct kit *k, unsigned channel, uint64_t at_us, unsigned fresh)
{
    static const char head[251];
    struct event ev = kit_event(EVENT_REQUEST, at_us);

    k->carried[channel].up += 100;
    k->carried[channel].stream_up += 100;
    k->carried[channel].down += 150;
    k->carried[channel].stream_down += 150;
    k->carried[channel].segments_up++;
    k->carried[channel].segments_down++;
    ev.request.raw = slice_make(head, 100);
    comparison_event(&k->compare, channel, &ev, at_us);
    ev = kit_event(EVENT_RESPONSE, at_us);
    ev.response.raw = slice_make(head, 150);
    ev.response.status = 200;
    comparison_event(&k->compare, channel, &ev, at_us);
    ev = kit_event(EVENT_POLL, at_us);
    ev.poll = (struct event_poll){.status = 200, .items = fresh, .fresh = fresh};
    comparison_event(&k->compare, channel, &ev, at_us);
}

/* Channel 0 pushes every update 1 ms after it was sent, channel 1 (if `sse`) 2 ms after; each other
 * channel polls. An update each 200 ms, from 100 ms on; polls at once and then every interval.
 * overwrite: a poll shows the latest update alone. Ends at end_us. */
static inline void kit_feed(struct kit *k, uint64_t end_us, bool sse, bool overwrite)
{
    struct comparison *c = &k->compare;
    unsigned polls = sse ? 2 : 1;
    unsigned sent = 0, polled[COMPARISON_CHANNELS_MAX] = {0};

    for (unsigned i = 0; i < polls; i++)
        kit_open(k, i, 5 * KIT_MS);
    for (uint64_t t = 10 * KIT_MS; t <= end_us; t += 10 * KIT_MS) {
        if (t % (200 * KIT_MS) == 100 * KIT_MS) {
            int64_t wall = KIT_WALL + (int64_t)t;

            sent++;
            for (unsigned i = 0; i < polls; i++)
                kit_update(k, i, t + (i + 1) * KIT_MS, sent, wall);
        }
        for (unsigned i = polls; i < c->count; i++) {
            unsigned from = polled[i] + 1, fresh = 0;

            if (t % c->channels[i]->source.every_us != 10 * KIT_MS)
                continue;
            if (overwrite && sent > 0 && from < sent)
                from = sent;
            for (; from <= sent; from++, fresh++)
                kit_update(k, i, t + 5 * KIT_MS, from,
                           KIT_WALL + (int64_t)(from * 200 - 100) * KIT_MS);
            polled[i] = sent;
            kit_poll(k, i, t + 5 * KIT_MS, fresh);
        }
    }
}

#endif
