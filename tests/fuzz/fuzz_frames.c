/*
 * The incoming side of wsconn: the first byte chooses role and settings, the second how the rest is
 * cut into pieces. Whole or in pieces, the same bytes must give the same events; only where a
 * message is handed on in parts may the parts differ.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/wsconn.h"

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

#define HELD_MAX (4u * 1024 * 1024)

struct log {
    struct buf text;
    uint64_t part_sum; /* of the parts of a message so far */
    uint64_t part_len;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fill(void *ctx, uint8_t *bytes, size_t n)
{
    (void)ctx;
    memset(bytes, 0x5A, n);
    return 0;
}

/* Touches each byte, so that a slice that reaches outside is seen. */
static uint64_t sum(uint64_t before, struct slice data)
{
    for (size_t i = 0; i < data.len; i++)
        before = (before ^ data.data[i]) * 1099511628211u;
    return before;
}

static void log_message(struct log *log, const struct event_message *m)
{
    log->part_sum = sum(log->part_sum, m->data);
    log->part_len += m->data.len;
    REQUIRE(m->total == log->part_len);
    REQUIRE(m->final || m->part > 0);
    REQUIRE(m->data.len <= WSCONN_WHOLE + 256 * 1024);
    if (!m->final)
        return;
    buf_printf(&log->text, "message %d %llx %llu %llu %llu\n", (int)m->type,
               (unsigned long long)log->part_sum, (unsigned long long)log->part_len,
               (unsigned long long)m->fragments, (unsigned long long)m->wire);
    log->part_sum = log->part_len = 0;
}

static void log_event(struct log *log, const struct event *ev)
{
    const struct event_violation *v = &ev->violation;
    const struct event_frame *f = &ev->frame;

    REQUIRE(ev->dir == DIR_IN);
    switch (ev->kind) {
    case EVENT_FRAME:
        (void)sum(0, f->payload);
        REQUIRE(f->cut || f->payload.len == f->length);
        buf_printf(&log->text, "frame %u %d %u %llu\n", f->opcode, f->fin, f->rsv,
                   (unsigned long long)f->wire);
        break;
    case EVENT_MESSAGE:
        log_message(log, &ev->message);
        break;
    case EVENT_PING:
    case EVENT_PONG:
        buf_printf(&log->text, "control %d %llx\n", (int)ev->kind,
                   (unsigned long long)sum(0, ev->control.data));
        break;
    case EVENT_CLOSE_FRAME:
        buf_printf(&log->text, "close %u %llx\n", ev->close_frame.code,
                   (unsigned long long)sum(0, ev->close_frame.reason));
        break;
    case EVENT_VIOLATION:
        REQUIRE(v->code == 1002 || v->code == 1007 || v->code == 1009);
        buf_printf(&log->text, "violation %u %d %llu %s %s\n", v->code, v->fatal,
                   (unsigned long long)v->offset, v->rule, v->message);
        break;
    default:
        abort();
    }
}

static void drain(struct wsconn *c, struct log *log)
{
    struct event_frame sent;
    struct event ev;
    int result;

    while ((result = wsconn_next(c, &ev)) == 1) {
        log_event(log, &ev);
        (void)wsconn_reply(c, &ev, true, &sent);
        REQUIRE(wsconn_pending(c).len <= 64 * 1024 + 256);
    }
    REQUIRE(result == 0);
    REQUIRE(wsconn_buffered(c) <= HELD_MAX);
}

static void run(const struct wsconn_config *config, const uint8_t *data, size_t size, size_t step,
                struct log *log)
{
    struct rng rng;
    struct wsconn *c;
    size_t n;

    rng_init(&rng, fill, NULL);
    c = wsconn_new(config, &rng);
    REQUIRE(c);
    *log = (struct log){.part_len = 0};
    buf_init(&log->text, 1 << 30);
    for (size_t at = 0; at < size; at += n) {
        n = size - at < step ? size - at : step;
        REQUIRE(wsconn_feed(c, data + at, n) == 0);
        drain(c, log);
    }
    wsconn_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wsconn_config config = {.read_block = 4096, .max_message = 1200 * 1024};
    struct log whole, pieces;

    if (size < 3)
        return 0;
    config.role = data[0] & 1 ? WSCONN_SERVER : WSCONN_CLIENT;
    config.lenient = data[0] & 2;
    config.deflate.enabled = data[0] & 4;
    config.want_frames = data[0] & 8;
    config.deflate.server_no_context_takeover = data[0] & 16;
    config.deflate.client_no_context_takeover = data[0] & 16;
    if (data[0] & 32) {
        config.max_message = 300;
        config.max_frame = 200;
        config.max_fragments = 5;
    }
    run(&config, data + 2, size - 2, size, &whole);
    run(&config, data + 2, size - 2, (size_t)data[1] + 1, &pieces);
    REQUIRE(slice_equal(buf_slice(&whole.text), buf_slice(&pieces.text)));
    buf_clear(&whole.text);
    buf_clear(&pieces.text);
    return 0;
}
