/* Frames, messages, raw bytes. */
#include "sink/human.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "sink/common.h"
#include "sink/pretty.h"
#include "sink/term_safe.h"

/* What of a frame's payload is shown; the messages and --json have all of it. */
#define FRAME_TEXT  4096
#define FRAME_LINES 40
#define FRAME_DUMP  256

/* What of one part of a message over 1 MiB is shown. */
#define PART_TEXT  1024
#define PART_LINES 10
#define PART_DUMP  256

/* Text is shown after the frame's lengths up to this many columns. */
#define INLINE_COLUMNS 60

/* The arrow that fits its direction. */
static enum mark arrow(const struct event *ev)
{
    if (ev->leg != LEG_NONE)
        return (ev->leg == LEG_CLIENT) == (ev->dir == DIR_IN) ? MARK_UP : MARK_DOWN;
    return ev->dir == DIR_IN ? MARK_IN : MARK_OUT;
}

void human_begin_dir(struct human *h, const struct event *ev)
{
    human_begin(h, ev, arrow(ev), STYLE_DIM);
}

/* Nearly all of it can be read: text, though perhaps cut inside a character at either end, as
 * fragments of a message are. */
static bool looks_like_text(struct slice bytes)
{
    struct utf8 u = {0};
    size_t skip = 0;

    while (skip < 3 && skip < bytes.len && utf8_continues(bytes.data[skip]))
        skip++;
    bytes.data += skip;
    bytes.len -= skip;
    if (bytes.len == 0)
        return skip == 0;
    for (size_t i = 0; i < bytes.len && i < 256; i++) {
        uint8_t c = bytes.data[i];

        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x1B)
            return false;
    }
    return utf8_check(&u, bytes.data, bytes.len) == bytes.len;
}

static const char *rsv_name(uint8_t rsv)
{
    static const char *const names[] = {"",     "RSV3",  "RSV2",  "RSV23",
                                        "RSV1", "RSV13", "RSV12", "RSV123"};

    return names[rsv & 7];
}

/* Opcode, FIN, RSV and masking key in separate columns, so that frames are aligned. */
static void put_header(struct human *h, const struct event_frame *f)
{
    const char *name = opcode_name(f->opcode);
    char reserved[16];

    if (!name) {
        snprintf(reserved, sizeof reserved, "op %u", (unsigned)f->opcode);
        name = reserved;
    }
    human_printf(h, "%-6s ", name);
    human_style(h, STYLE_DIM);
    human_printf(h, "%s %-4s ", f->fin ? "FIN" : "---", rsv_name(f->rsv));
    if (f->masked)
        human_printf(h, "mask %02x%02x%02x%02x", f->key[0], f->key[1], f->key[2], f->key[3]);
    else
        human_printf(h, "%-13s", "no mask");
    human_style(h, STYLE_PLAIN);
    human_put(h, "  ");
    human_count(h, f->length, "byte", "bytes");
    human_style(h, STYLE_DIM);
    if (f->wire_length != f->length)
        human_printf(h, ", compressed %" PRIu64, f->wire_length);
    human_printf(h, ", wire %" PRIu64, f->wire);
    human_style(h, STYLE_PLAIN);
}

/* Text that is short and fits is on the frame's own line. */
static bool put_inline(struct human *h, struct slice text)
{
    struct slice safe;
    int room = human_room(h) - 2, width;
    size_t had = h->text.len;

    if (text.len > 4 * INLINE_COLUMNS)
        return false;
    human_put(h, "  ");
    human_safe(h, text);
    if (h->failed)
        return true;
    safe = slice_make(buf_data(&h->text) + had + 2, h->text.len - had - 2);
    width = term_width(safe);
    if (width <= room && width <= INLINE_COLUMNS)
        return true;
    h->text.len = had;
    return false;
}

static void put_payload(struct human *h, const struct event_frame *f)
{
    uint64_t beyond = f->cut && f->length > f->payload.len ? f->length - f->payload.len : 0;
    struct slice reason;
    uint16_t code;

    if (f->payload.len == 0)
        return;
    if (f->opcode == OPCODE_CLOSE && close_body(f->payload, &code, &reason)) {
        human_put(h, "  ");
        human_close_code(h, code, reason);
        return;
    }
    if (f->opcode == OPCODE_BINARY || !looks_like_text(f->payload))
        human_dump(h, f->payload, 0, 2, FRAME_DUMP, beyond);
    else if (beyond > 0 || !put_inline(h, f->payload))
        human_excerpt(h, f->payload, 2, FRAME_LINES, FRAME_TEXT, beyond);
}

void human_frame(struct human *h, const struct event *ev)
{
    human_begin_dir(h, ev);
    put_header(h, &ev->frame);
    put_payload(h, &ev->frame);
}

void human_bytes(struct human *h, const struct event *ev)
{
    human_begin_dir(h, ev);
    human_style(h, STYLE_DIM);
    human_count(h, ev->bytes.data.len, "byte", "bytes");
    human_printf(h, " from byte %" PRIu64 " of the stream", ev->bytes.offset);
    human_dump(h, ev->bytes.data, ev->bytes.offset, 2, SIZE_MAX, 0);
}

void human_control(struct human *h, const struct event *ev)
{
    const struct event_control *c = &ev->control;
    bool answered = ev->kind == EVENT_PONG && ev->dir == DIR_IN && c->matched;

    if (h->config.level >= 2) {
        /* The frame is there already; only the round trip is news. */
        if (!answered)
            return;
        human_begin(h, ev, MARK_NOTE, STYLE_DIM);
        human_put(h, "round trip ");
        human_latency(h, c->rtt_us);
        return;
    }
    human_begin_dir(h, ev);
    human_put(h, ev->kind == EVENT_PING ? "ping" : "pong");
    if (c->data.len > 0) {
        human_put(h, " \"");
        human_safe(h, c->data);
        human_put(h, "\"");
    }
    if (answered) {
        human_dot(h);
        human_put(h, "round trip ");
        human_latency(h, c->rtt_us);
    } else if (ev->kind == EVENT_PONG && ev->dir == DIR_IN) {
        human_dot(h);
        human_put(h, "unsolicited");
    }
}

void human_close_frame(struct human *h, const struct event *ev)
{
    const struct event_close_frame *c = &ev->close_frame;

    human_begin_dir(h, ev);
    human_put(h, "Close ");
    if (c->has_code)
        human_close_code(h, c->code, c->reason);
    else
        human_put(h, "without a code");
}

static bool is_tagged(const struct event_message *m)
{
    return m->part > 0 || m->sse_name || m->sse_id;
}

/* What a message carries beside its data. */
static void put_tags(struct human *h, const struct event_message *m)
{
    if (!is_tagged(m))
        return;
    human_style(h, STYLE_DIM);
    if (m->part > 0) {
        human_printf(h, "part %" PRIu32 "%s, ", m->part, m->final ? " (last)" : "");
        human_size(h, m->data.len);
        human_put(h, " of ");
        human_size(h, m->total);
        human_put(h, m->final ? "" : " so far");
        human_put(h, m->sse_name || m->sse_id ? " " : "");
    }
    if (m->sse_name) {
        human_safe_str(h, m->sse_name);
        human_put(h, " ");
    }
    if (m->sse_id && m->sse_id[0]) {
        human_put(h, "id ");
        human_safe_str(h, m->sse_id);
        human_put(h, " ");
    }
    human_style(h, STYLE_PLAIN);
}

static bool put_json(struct human *h, struct slice data)
{
    struct pretty how = {
        .columns = human_room(h),
        .indent = h->pad + 2,
        .flags = (h->config.color ? PRETTY_COLOR : 0) | (h->config.utf8 ? 0 : PRETTY_ASCII),
    };

    return pretty_json(&h->text, data, &how) > 0;
}

/* The lines of a text stay lines, indented under the marker, where none can be mistaken for one of
 * ours. */
static void put_text_message(struct human *h, struct slice text)
{
    size_t i = 0;

    while (i < text.len) {
        const uint8_t *newline = memchr(text.data + i, '\n', text.len - i);
        size_t n = newline ? (size_t)(newline - text.data) - i : text.len - i;

        if (i > 0)
            human_next(h, 2);
        human_safe(h, slice_make(text.data + i, n));
        i += n + (newline ? 1 : 0);
        /* A newline at the very end is easily sent by mistake, so it is shown. */
        if (newline && i == text.len)
            human_put(h, "\\n");
    }
}

static void put_binary_message(struct human *h, const struct event_message *m)
{
    bool whole = m->part == 0;
    size_t shown = whole || m->data.len < PART_DUMP ? m->data.len : PART_DUMP;
    struct slice data = slice_make(m->data.data, shown);
    int r;

    human_put(h, m->part > 0 ? ", " : "");
    human_put(h, "binary, ");
    human_size(h, m->data.len);
    if (h->config.binary != BINARY_HEX && h->config.binary != BINARY_BASE64) {
        human_dump(h, m->data, whole ? 0 : m->total - m->data.len, 2, whole ? SIZE_MAX : PART_DUMP,
                   0);
        return;
    }
    human_put(h, "  ");
    r = h->config.binary == BINARY_HEX ? hex_encode(&h->text, data) : base64_encode(&h->text, data);
    if (r < 0)
        h->failed = true;
    if (shown < m->data.len)
        human_ellipsis(h);
}

static __attribute__((noinline)) void compose_message(struct human *h, const struct event *ev)
{
    const struct event_message *m = &ev->message;
    bool whole = m->part == 0;
    struct slice text = whole && m->type == OPCODE_TEXT ? human_elided(h, m->data) : m->data;

    human_begin_dir(h, ev);
    put_tags(h, m);
    if (m->type == OPCODE_BINARY) {
        put_binary_message(h, m);
    } else if (m->data.len == 0) {
        human_style(h, STYLE_DIM);
        human_put(h, "(empty)");
    } else if (!whole) {
        human_excerpt(h, m->data, 2, PART_LINES, PART_TEXT, 0);
    } else if (!h->config.pretty || !put_json(h, text)) {
        put_text_message(h, text);
    }
}

/* One line of printable ASCII needs no escaping. In a flood it also begins like the last one: it is
 * copied once, to the output itself. */
static bool put_at_once(struct human *h, const struct event *ev)
{
    const struct event_message *m = &ev->message;
    struct slice start;
    uint8_t *to;
    size_t n;

    if (!h->verbatim || m->type != OPCODE_TEXT || m->data.len == 0 || is_tagged(m))
        return false;
    start = human_same_start(h, ev, arrow(ev), STYLE_DIM);
    n = start.len + m->data.len + 1;
    to = start.len > 0 ? out_place(h->out, n) : NULL;
    if (!to)
        return false;
    memcpy(to, start.data, start.len);
    if (!term_copy_plain(to + start.len, m->data))
        return false;
    to[n - 1] = '\n';
    out_placed(h->out, n);
    return true;
}

void human_message(struct human *h, const struct event *ev)
{
    /* What is in it follows, and the frame itself is there from -vv on. */
    if (ev->message.decoded > 0 && !ev->message.malformed)
        return;
    if (!put_at_once(h, ev))
        compose_message(h, ev);
}
