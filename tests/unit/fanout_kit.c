#include "fanout_kit.h"

#include <stdio.h>
#include <string.h>

struct fanout *facts;
struct fanout_report *report;

void clear(void)
{
    fanout_report_free(report);
    fanout_free(facts);
    report = NULL;
    facts = NULL;
}

static int open_all(const struct service *s)
{
    for (uint32_t i = 0; i < s->connections; i++) {
        char name[16];
        struct field field = {slice_str("X-Node"), {NULL, 0}};

        snprintf(name, sizeof name, "n%u", i % s->nodes + 1);
        field.value = slice_str(name);
        if (fanout_opened(facts, i, &field, s->named, 1000) < 0)
            return -1;
    }
    return 0;
}

static uint32_t roll(struct service *s)
{
    s->dice = s->dice * 1103515245u + 12345u;
    return s->dice >> 16;
}

/* Does what a node received from a client pass to another? */
static bool passes(const struct service *s, uint32_t from, uint32_t to)
{
    switch (s->planted) {
    case PLANT_NO_BUS:
        return from == to;
    case PLANT_DEAF:
        return from == to || to != BAD;
    case PLANT_MUTE:
        return from == to || from != BAD;
    case PLANT_ISOLATED:
        return from == to || (from != BAD && to != BAD);
    case PLANT_NOBODY:
        return false;
    default:
        return true;
    }
}

static int deliver(struct service *s, uint32_t conn, uint32_t sender, uint32_t from,
                   const char *nonce, uint64_t now)
{
    char text[100];
    uint32_t to = conn % s->nodes;
    uint64_t after = 5000 + roll(s) % 5000;
    bool twice = s->planted == PLANT_DOUBLE || (s->planted == PLANT_DOUBLE_OF_ONE && from == BAD) ||
                 (s->planted == PLANT_DOUBLE_OWN && from == to);

    if (s->planted == PLANT_LOSS && roll(s) % 10 == 0)
        return 0;
    if ((s->planted == PLANT_NO_ECHO || s->expect == FANOUT_OTHERS) && conn == sender)
        return 0;
    if (s->planted == PLANT_DEAF_CONNECTION && conn == 5)
        return 0;
    if (s->planted == PLANT_LATE || (s->planted == PLANT_LATE_NODE && to == BAD))
        after += 2500000;
    snprintf(text, sizeof text, "{\"text\":{\"wscope\":\"%s\",\"from\":1}}", nonce);
    for (int i = 0; i <= twice; i++)
        if (fanout_message(facts, conn, slice_str(text), now + after) < 0)
            return -1;
    return 0;
}

static int publish(struct service *s, uint32_t i, uint64_t now)
{
    uint32_t sender = s->way == FANOUT_BY_CLIENT ? i : FANOUT_OUTSIDE;
    uint32_t from = i % s->nodes;
    char nonce[NONCE_TEXT];
    bool quiet =
        s->nothing_published && (s->planted == PLANT_NO_BUS || s->planted == PLANT_NOBODY ||
                                 (from == BAD && s->planted != PLANT_DEAF));

    if (fanout_publish(facts, sender, now, nonce) < 0)
        return -1;
    for (int n = 0; s->redis && !quiet && n <= (s->planted == PLANT_DOUBLE_OF_ONE && from == BAD);
         n++)
        fanout_bus(facts, slice_str(s->prefix && from == BAD ? "other:chat" : "chat"),
                   slice_str(nonce), now + 100);
    for (uint32_t conn = 0; conn < s->connections; conn++)
        if (passes(s, from, conn % s->nodes) && deliver(s, conn, sender, from, nonce, now) < 0)
            return -1;
    return 0;
}

int play(struct service s)
{
    const struct fanout_config config = {.connections = s.connections,
                                         .expect = s.expect,
                                         .islands = 3,
                                         .way = s.way,
                                         .within_us = 2000000,
                                         .grace_us = 4000000,
                                         .redis = s.redis,
                                         .random = UINT64_C(0x123456789abcdef)};
    uint64_t now = 10000000;

    clear();
    facts = fanout_new(&config);
    if (!facts || open_all(&s) < 0)
        return -1;
    for (uint32_t round = 0; round < s.rounds; round++)
        for (uint32_t i = 0; i < s.connections; i++, now += 10000)
            if (publish(&s, i, now) < 0)
                return -1;
    fanout_settle(facts, now + 10000000);
    report = fanout_report_new(facts, now + 10000000);
    return report ? 0 : -1;
}

int look(uint64_t now_us)
{
    fanout_report_free(report);
    report = fanout_report_new(facts, now_us);
    return report ? 0 : -1;
}

int drill(void)
{
    const struct field field = {slice_str("X-Node"), slice_str("n2")};
    const uint64_t t = 100000000;
    char nonce[NONCE_TEXT];

    if (fanout_drill_begin(facts, t) < 0)
        return -1;
    for (uint32_t i = 0; i < report->connections; i += 3)
        fanout_closed(facts, i, i == 3 ? 1006 : 1001, i != 3, t + 1000000 + i * 100000);
    if (fanout_publish(facts, 1, t + 3000000, nonce) < 0)
        return -1;
    for (uint32_t i = 0; i < report->connections; i++)
        if (i % 3 && fanout_message(facts, i, slice_str(nonce), t + 3010000) < 0)
            return -1;
    for (uint32_t i = 0; i < report->connections; i += 3)
        if (i != 6 && fanout_opened(facts, i, &field, 1, t + 4000000 + i * 200000) < 0)
            return -1;
    fanout_drill_end(facts, t + 10000000, 0);
    fanout_settle(facts, t + 10000000);
    return look(t + 10000000);
}
