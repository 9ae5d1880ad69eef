#include "sink/view.h"

#include <errno.h>
#include <stdlib.h>

#include "base/codec.h"
#include "sink/elide.h"
#include "sink/hexdump.h"
#include "sink/pretty.h"
#include "sink/term_safe.h"

/* Escapes take at most nine bytes for one; a JSON text laid out can grow more, and is shown as it
 * came where it would not fit. Messages come whole up to 1 MiB. */
#define TEXT_MAX  ((size_t)64 << 20)
#define TEXT_KEEP ((size_t)256 << 10)

struct lines {
    struct sink sink;
    struct out *out;
    struct lines_config config;
    void (*write_message)(struct sink *sink, const struct event *ev);
    char delimiter;
    bool unfinished;  /* a message began in parts and its final one has not come */
    uint8_t carry[3]; /* base64: bytes of the part before that do not fill a group */
    size_t carried;
    struct buf text;
    struct buf elided; /* a message with its long base64 strings shortened */
};

/* A message that was not written must not go unnoticed: the descriptor is treated as failed. */
static void lost_memory(struct lines *l)
{
    if (!l->out->error)
        l->out->error = ENOMEM;
}

static void put_delimiter(struct lines *l)
{
    if (!l->config.no_delimiter)
        out_put(l->out, &l->delimiter, 1);
}

static void put_text(struct lines *l)
{
    out_put(l->out, buf_data(&l->text), l->text.len);
    buf_reset(&l->text);
    buf_trim(&l->text, TEXT_KEEP);
}

static void flush_carry(struct lines *l)
{
    if (l->carried > 0 && base64_encode(&l->text, slice_make(l->carry, l->carried)) < 0)
        lost_memory(l);
    l->carried = 0;
}

/* The connection was lost inside a message: the part received remains, and is ended here so that
 * the next message does not follow it directly. */
static void end_unfinished(struct lines *l)
{
    flush_carry(l);
    if (l->text.len > 0)
        put_text(l);
    put_delimiter(l);
    l->unfinished = false;
}

/* Bookkeeping of messages in parts, before and after one is written. */
static void begin_part(struct lines *l, const struct event_message *m)
{
    if (l->unfinished && m->part <= 1)
        end_unfinished(l);
    l->unfinished = !m->final;
}

/* Parts of a message, and what follows one that broke off. */
static void write_part(struct lines *l, const struct event_message *m)
{
    begin_part(l, m);
    out_put(l->out, m->data.data, m->data.len);
    if (m->final)
        out_put(l->out, &l->delimiter, 1);
}

/* Duplicates were printed before: the reader gets each message once. */
static bool is_printed(const struct event *ev)
{
    return ev->dir == DIR_IN && !ev->message.again;
}

static void write_raw(struct sink *sink, const struct event *ev)
{
    struct lines *l = (struct lines *)sink;
    const struct event_message *m = &ev->message;

    if (!is_printed(ev))
        return;
    if (m->part != 0 || l->unfinished)
        write_part(l, m);
    else
        out_put_ended(l->out, m->data.data, m->data.len, l->delimiter);
}

static void write_raw_undelimited(struct sink *sink, const struct event *ev)
{
    struct lines *l = (struct lines *)sink;

    if (is_printed(ev))
        out_put(l->out, ev->message.data.data, ev->message.data.len);
}

/* Groups of three bytes go out at once; what is left over waits for the next part, so that the
 * parts of a message make one encoding. */
static int add_base64(struct lines *l, const struct event_message *m)
{
    struct slice data = m->data;
    size_t rest;

    while (l->carried > 0 && l->carried < 3 && data.len > 0) {
        l->carry[l->carried++] = *data.data++;
        data.len--;
    }
    if (l->carried == 3) {
        if (base64_encode(&l->text, slice_make(l->carry, 3)) < 0)
            return -1;
        l->carried = 0;
    }
    if (l->carried == 0) {
        rest = m->final ? 0 : data.len % 3;
        if (base64_encode(&l->text, slice_make(data.data, data.len - rest)) < 0)
            return -1;
        if (rest > 0)
            memcpy(l->carry, data.data + (data.len - rest), rest);
        l->carried = rest;
    }
    if (m->final)
        flush_carry(l);
    return 0;
}

/* C-style escapes that can be undone: a backslash is one too. */
static int add_escaped(struct buf *text, struct slice data)
{
    static const char digits[] = "0123456789abcdef";
    size_t from = 0;

    for (size_t i = 0; i < data.len; i++) {
        uint8_t c = data.data[i];
        char escape[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
        size_t n = 2;

        if (c == '\n')
            escape[1] = 'n';
        else if (c == '\r')
            escape[1] = 'r';
        else if (c == '\t')
            escape[1] = 't';
        else if (c == '\\')
            escape[1] = '\\';
        else if (c < 0x20 || c == 0x7F)
            n = 4;
        else
            continue;
        if (buf_append(text, data.data + from, i - from) < 0 || buf_append(text, escape, n) < 0)
            return -1;
        from = i + 1;
    }
    return from < data.len ? buf_append(text, data.data + from, data.len - from) : 0;
}

static int add_escaped_safe(struct buf *text, struct slice data)
{
    struct buf escaped;
    int result;

    buf_init(&escaped, TEXT_MAX);
    result = add_escaped(&escaped, data);
    if (result == 0)
        result = term_safe(text, buf_slice(&escaped), 0);
    buf_clear(&escaped);
    return result;
}

/* For a terminal. The dump of a binary message ends its own lines. */
static int add_shown(struct lines *l, const struct event_message *m)
{
    const struct pretty how = {.flags = l->config.color ? PRETTY_COLOR : 0};
    struct slice data = m->data;

    if (m->type == OPCODE_BINARY && l->config.binary == BINARY_AUTO)
        return hexdump(&l->text, m->data, m->part ? m->total - m->data.len : 0, 0, 16);
    if (m->type == OPCODE_TEXT && m->part == 0)
        data = elide_shown(&l->elided, data, l->config.elide, l->config.utf8);
    if (l->config.escape)
        return add_escaped_safe(&l->text, data);
    if (l->config.pretty && m->part == 0 && m->type == OPCODE_TEXT &&
        pretty_json(&l->text, data, &how) > 0)
        return 0;
    return term_safe(&l->text, data, TERM_SAFE_NEWLINES);
}

static bool ends_its_lines(const struct lines *l, const struct event_message *m)
{
    return l->config.tty && m->type == OPCODE_BINARY && l->config.binary == BINARY_AUTO &&
           m->data.len > 0;
}

/* Everything but plain bytes. */
static void write_converted(struct sink *sink, const struct event *ev)
{
    struct lines *l = (struct lines *)sink;
    const struct event_message *m = &ev->message;
    int result;

    if (!is_printed(ev))
        return;
    begin_part(l, m);
    if (l->config.binary == BINARY_HEX)
        result = hex_encode(&l->text, m->data);
    else if (l->config.binary == BINARY_BASE64)
        result = add_base64(l, m);
    else if (l->config.tty)
        result = add_shown(l, m);
    else
        result = add_escaped(&l->text, m->data);
    if (result < 0)
        lost_memory(l);
    if (l->text.len > 0)
        put_text(l);
    buf_reset(&l->elided);
    buf_trim(&l->elided, TEXT_KEEP);
    if (m->final && !ends_its_lines(l, m))
        put_delimiter(l);
}

static void lines_free(struct sink *sink)
{
    struct lines *l = (struct lines *)sink;

    buf_clear(&l->text);
    buf_clear(&l->elided);
    free(l);
}

/* The form that a protocol above the messages gives to what came in a pipe. */
static void write_decoded(struct sink *sink, const struct event *ev)
{
    struct lines *l = (struct lines *)sink;
    struct event line = *ev;

    if (ev->kind == EVENT_MESSAGE && (ev->message.decoded == 0 || ev->message.malformed))
        l->write_message(sink, ev);
    if (ev->kind != EVENT_DECODED || !ev->decoded.has_line)
        return;
    line.kind = EVENT_MESSAGE;
    line.message = (struct event_message){
        .type = OPCODE_TEXT, .data = ev->decoded.line, .final = true, .fragments = 1};
    l->write_message(sink, &line);
}

struct sink *lines_new(struct out *out, const struct lines_config *config)
{
    struct lines *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->sink.wants = EVENT_BIT(EVENT_MESSAGE) | SINK_INCOMING_ONLY;
    l->sink.free = lines_free;
    l->out = out;
    l->config = *config;
    l->delimiter = config->nul ? '\0' : '\n';
    buf_init(&l->text, TEXT_MAX);
    buf_init(&l->elided, TEXT_MAX);

    /* Selected once, so that plain bytes in a pipe do not pay for the rest. */
    if (config->tty || config->escape || config->binary == BINARY_HEX ||
        config->binary == BINARY_BASE64)
        l->sink.event = write_converted;
    else if (config->no_delimiter)
        l->sink.event = write_raw_undelimited;
    else
        l->sink.event = write_raw;
    l->write_message = l->sink.event;
    if (config->decoded) {
        l->sink.wants |= EVENT_BIT(EVENT_DECODED);
        l->sink.event = write_decoded;
    }
    return &l->sink;
}
