/*
 * Any bytes as what a service sends to wscope fanout: lines are in turn a message of a connection,
 * a field of an answer, a message of the shared layer. A "!" in them stands for the nonce of the
 * last message. The figures of the report add up, and it can be shown.
 */
#include <assert.h>
#include <stdlib.h>

#include "fanout/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONNECTIONS 5

static struct fanout *facts;
static char nonce[NONCE_TEXT];
static uint64_t now;
static bool by_client;

/* A copy of the line with nonces in it: borrowed until the next. */
static struct slice with_nonces(struct slice line)
{
    static uint8_t text[65536];
    size_t len = 0;

    for (size_t i = 0; i < line.len && len + NONCE_LEN < sizeof text; i++) {
        if (line.data[i] != '!') {
            text[len++] = line.data[i];
            continue;
        }
        memcpy(text + len, nonce, NONCE_LEN);
        len += NONCE_LEN;
    }
    return slice_make(text, len);
}

static void look(bool last)
{
    struct fanout_report *r = fanout_report_new(facts, now);
    uint64_t delivered = 0, named = 0;

    assert(r && r->verdict[0] && r->sticky_text[0]);
    for (uint32_t i = 0; i < r->node_count; i++) {
        named += r->nodes[i].connections;
        for (uint32_t row = 0; row < r->rows; row++)
            delivered += fanout_cell(r, row, i)->delivered;
    }
    assert(named <= r->open && r->open <= CONNECTIONS);
    assert(delivered <= r->total.delivered);
    if (last)
        assert(r->total.delivered + r->total.lost <= r->published * CONNECTIONS);
    fanout_report_free(r);
}

static void take(unsigned kind, struct slice line)
{
    struct field field = {slice_str("x-node"), line};
    uint32_t conn = line.len % CONNECTIONS;

    switch (kind) {
    case 0:
        assert(fanout_opened(facts, conn, &field, 1, now) == 0);
        break;
    case 1:
        field.name = slice_str("set-cookie");
        assert(fanout_opened(facts, conn, &field, 1, now) == 0);
        break;
    case 2:
        assert(fanout_message(facts, conn, with_nonces(line), now) == 0);
        break;
    case 3:
        assert(fanout_publish(facts, by_client ? conn : FANOUT_OUTSIDE, now, nonce) == 0);
        break;
    case 4:
        fanout_bus(facts, line, with_nonces(line), now);
        break;
    case 5:
        fanout_closed(facts, conn, 1001, line.len > 3, now);
        break;
    case 6:
        if (line.len == 1)
            assert(fanout_drill_begin(facts, now) == 0);
        else if (line.len == 2)
            fanout_drill_end(facts, now, 0);
        else
            fanout_refused(facts, conn, 400, line);
        break;
    default:
        look(false);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fanout_config config = {
        .connections = CONNECTIONS,
        .expect = size > 0 ? (enum fanout_expect)(data[0] % 5) : FANOUT_ALL,
        .islands = 2,
        .way = size > 1 ? (enum fanout_way)(data[1] % 4) : FANOUT_BY_CLIENT,
        .within_us = 100,
        .grace_us = 300,
        .redis = size > 2 && data[2] % 2,
        .random = 42};
    size_t at = 3;

    now = 1000;
    by_client = config.way == FANOUT_BY_CLIENT;
    memset(nonce, 0, sizeof nonce);
    facts = fanout_new(&config);
    assert(facts);
    while (at < size) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - data) - at : size - at;

        if (len > 0) {
            now += 7;
            fanout_settle(facts, now);
            take(data[at] % 8, slice_make(data + at + 1, len - 1));
        }
        at += len + 1;
    }
    fanout_drill_end(facts, now, -1);
    fanout_settle(facts, now + 1000);
    look(true);
    fanout_free(facts);
    return 0;
}
