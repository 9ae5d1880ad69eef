/*
 * proto_wsconn_kit: what the tests of wsconn share. Bytes go in, in pieces of any size, and come
 * out as one text with a line an event, so that a test says what it expects as a person would read
 * it.
 */
#ifndef TESTS_UNIT_PROTO_WSCONN_KIT_H
#define TESTS_UNIT_PROTO_WSCONN_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/wsconn.h"

#define BYTES(literal) ((struct slice){(const uint8_t *)"" literal, sizeof(literal) - 1})
#define SHOWN_MAX      80 /* longer data is shown as its length and a checksum */

/* A source of randomness that counts, so that keys are known: 01 02 03 04, 05 06 07 08 ... */
struct kit_rng {
    struct rng rng;
    uint8_t next;
    bool dry;
};

static inline int kit_fill(void *ctx, uint8_t *bytes, size_t n)
{
    struct kit_rng *r = ctx;

    if (r->dry)
        return -1;
    for (size_t i = 0; i < n; i++)
        bytes[i] = ++r->next;
    return 0;
}

static inline void kit_rng_init(struct kit_rng *r)
{
    *r = (struct kit_rng){.next = 0};
    rng_init(&r->rng, kit_fill, r);
}

struct kit_log {
    struct buf text;
    struct buf parts; /* of a message that comes in parts */
};

static inline void kit_log_init(struct kit_log *log)
{
    buf_init(&log->text, 1 << 28);
    buf_init(&log->parts, 1 << 28);
}

static inline void kit_log_clear(struct kit_log *log)
{
    buf_clear(&log->text);
    buf_clear(&log->parts);
}

static inline void kit_data(struct buf *out, struct slice data)
{
    uint32_t sum = 2166136261u;

    if (data.len > SHOWN_MAX) {
        for (size_t i = 0; i < data.len; i++)
            sum = (sum ^ data.data[i]) * 16777619u;
        assert_int_equal(buf_printf(out, " [%zu bytes, %08x]", data.len, sum), 0);
        return;
    }
    assert_int_equal(buf_append_str(out, " \""), 0);
    for (size_t i = 0; i < data.len; i++)
        if (data.data[i] >= 0x20 && data.data[i] < 0x7F)
            assert_int_equal(buf_append(out, data.data + i, 1), 0);
        else
            assert_int_equal(buf_printf(out, "\\%02X", data.data[i]), 0);
    assert_int_equal(buf_append_str(out, "\""), 0);
}

static inline void kit_log_event(struct kit_log *log, const struct event *ev)
{
    struct buf *out = &log->text;
    const struct event_message *m = &ev->message;
    const struct event_frame *f = &ev->frame;
    const struct event_violation *v = &ev->violation;

    assert_int_equal(ev->dir, DIR_IN);
    switch (ev->kind) {
    case EVENT_FRAME:
        buf_printf(out, "frame %u fin=%d rsv=%u length=%llu%s", f->opcode, f->fin, f->rsv,
                   (unsigned long long)f->length, f->cut ? " cut" : "");
        if (!f->cut)
            kit_data(out, f->payload);
        break;
    case EVENT_MESSAGE:
        assert_int_equal(buf_append(&log->parts, m->data.data, m->data.len), 0);
        assert_int_equal(m->total, log->parts.len);
        if (!m->final)
            return;
        buf_printf(out, "%s", m->type == OPCODE_TEXT ? "text" : "binary");
        kit_data(out, buf_slice(&log->parts));
        buf_printf(out, " fragments=%llu wire=%llu", (unsigned long long)m->fragments,
                   (unsigned long long)m->wire);
        buf_reset(&log->parts);
        break;
    case EVENT_PING:
    case EVENT_PONG:
        buf_append_str(out, ev->kind == EVENT_PING ? "ping" : "pong");
        kit_data(out, ev->control.data);
        break;
    case EVENT_CLOSE_FRAME:
        buf_printf(out, "close %u", ev->close_frame.code);
        assert_int_equal(ev->close_frame.has_code, ev->close_frame.code != CLOSE_NO_STATUS);
        kit_data(out, ev->close_frame.reason);
        break;
    case EVENT_VIOLATION:
        buf_printf(out, "%s %u at %llu (%s) %s", v->fatal ? "fatal" : "violation", v->code,
                   (unsigned long long)v->offset, v->rule, v->message);
        break;
    default:
        fail_msg("an event of kind %d", (int)ev->kind);
    }
    buf_append_str(out, "\n");
}

/* Take all events that there are now. */
static inline void kit_drain(struct wsconn *c, struct kit_log *log)
{
    struct event ev;
    int result;

    while ((result = wsconn_next(c, &ev)) == 1)
        kit_log_event(log, &ev);
    assert_int_equal(result, 0);
}

/* Feed a first piece of `first` bytes and then pieces of `step`. */
static inline void kit_run(const struct wsconn_config *config, struct slice bytes, size_t first,
                           size_t step, struct kit_log *log)
{
    struct kit_rng r;
    struct wsconn *c;
    size_t at = 0;
    size_t n = first;

    kit_rng_init(&r);
    c = wsconn_new(config, &r.rng);
    assert_non_null(c);
    kit_log_init(log);
    while (at < bytes.len) {
        if (n > bytes.len - at)
            n = bytes.len - at;
        assert_int_equal(wsconn_feed(c, bytes.data + at, n), 0);
        kit_drain(c, log);
        wsconn_rest(c);
        at += n;
        n = step;
    }
    wsconn_free(c);
}

static inline void kit_expect_once(const struct wsconn_config *config, struct slice bytes,
                                   size_t first, size_t step, const char *expected)
{
    struct spares spares = {0};
    struct wsconn_config sharing = *config;

    sharing.spares = &spares;
    for (int i = 0; i < 2; i++) {
        struct kit_log log;

        kit_run(i ? &sharing : config, bytes, first, step, &log);
        assert_int_equal(buf_append(&log.text, "", 1), 0);
        assert_string_equal((const char *)buf_data(&log.text), expected);
        kit_log_clear(&log);
    }
    spares_clear(&spares);
}

/* The bytes give these events whole, byte by byte, and cut in two at each offset. */
static inline void kit_expect(const struct wsconn_config *config, struct slice bytes,
                              const char *expected)
{
    kit_expect_once(config, bytes, bytes.len, 1, expected);
    kit_expect_once(config, bytes, 1, 1, expected);
    for (size_t at = 1; at < bytes.len; at++)
        kit_expect_once(config, bytes, at, bytes.len, expected);
}

/* A frame of any size as a server sends it, written out by hand. */
static inline void kit_frame(struct buf *out, uint8_t first, const void *payload, size_t n)
{
    uint8_t head[10] = {first};
    size_t size = 2;

    if (n < 126) {
        head[1] = (uint8_t)n;
    } else if (n < 65536) {
        head[1] = 126;
        head[2] = (uint8_t)(n >> 8);
        head[3] = (uint8_t)n;
        size = 4;
    } else {
        head[1] = 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
        size = 10;
    }
    assert_int_equal(buf_append(out, head, size), 0);
    assert_int_equal(buf_append(out, payload, n), 0);
}

#endif
