#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sink/common.h"
#include "sink/json_hide.h"
#include "sink/ndjson_private.h"

#define SCHEMA_VERSION 1

/* A message comes whole up to 1 MiB, and a byte of it can become six of JSON. */
#define LINE_MAX_BYTES ((size_t)64 << 20)
#define LINE_KEEP      ((size_t)256 << 10)

static void write_dir(struct json_write *w, const struct event *ev)
{
    json_string(w, "dir", ev->dir == DIR_IN ? "in" : "out");
}

void ndjson_words(struct json_write *w, const char *key, const char *text)
{
    if (text)
        json_latin1(w, key, slice_str(text));
    else
        json_null(w, key);
}

static void write_frame(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_frame *f = &ev->frame;
    const char *name = opcode_name(f->opcode);
    struct slice reason;
    uint16_t code;

    (void)n;
    write_dir(w, ev);
    if (name)
        json_string(w, "opcode", name);
    else
        json_u64(w, "opcode", f->opcode);
    json_bool(w, "fin", f->fin);
    json_u64(w, "rsv", f->rsv);
    json_bool(w, "masked", f->masked);
    if (f->masked) {
        char key[9];

        snprintf(key, sizeof key, "%02x%02x%02x%02x", f->key[0], f->key[1], f->key[2], f->key[3]);
        json_string(w, "key", key);
    } else {
        json_null(w, "key");
    }
    json_u64(w, "length", f->length);
    json_u64(w, "wire", f->wire);
    json_u64(w, "wire_length", f->wire_length);
    if (f->opcode == OPCODE_CLOSE && close_body(f->payload, &code, &reason)) {
        json_u64(w, "code", code);
        json_latin1(w, "reason", reason);
    }
    if (f->opcode == OPCODE_BINARY)
        json_base64(w, "base64", f->payload);
    else
        json_payload(w, "text", f->payload);
    if (f->cut)
        json_bool(w, "cut", true);
}

static void write_message(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_message *m = &ev->message;

    (void)n;
    write_dir(w, ev);
    json_string(w, "type", m->type == OPCODE_BINARY ? "binary" : "text");
    json_u64(w, "length", m->data.len);
    if (m->type == OPCODE_BINARY)
        json_base64(w, "base64", m->data);
    else
        json_payload(w, "text", m->data);
    json_u64(w, "fragments", m->fragments);
    json_u64(w, "wire", m->wire);
    json_u64(w, "total", m->total);
    if (m->part > 0) {
        json_u64(w, "part", m->part);
        json_bool(w, "final", m->final);
    }
    if (m->sse_id)
        ndjson_words(w, "id", m->sse_id);
    if (m->sse_name)
        ndjson_words(w, "name", m->sse_name);
    if (m->again)
        json_bool(w, "duplicate", true);
}

static void write_decoded(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_decoded *d = &ev->decoded;

    (void)n;
    write_dir(w, ev);
    json_string(w, "as", d->as);
    json_string(w, "type", d->type);
    if (d->name.len > 0)
        json_text(w, "name", d->name);
    if (d->id.len > 0)
        json_raw(w, "id", d->id);
    if (d->re.len > 0)
        json_raw(w, "re", d->re);
    if (d->has_us)
        json_ms(w, "ms", d->us);
    if (d->form == DECODED_JSON || d->form == DECODED_ARGUMENTS)
        json_raw(w, "data", d->data);
    else if (d->form == DECODED_TEXT)
        json_text(w, "text", d->data);
    else if (d->form == DECODED_BYTES)
        json_base64(w, "base64", d->data);
    if (d->field_count > 0) {
        json_object_open(w, "fields");
        for (size_t i = 0; i < d->field_count; i++)
            json_member(w, d->fields[i].name, d->fields[i].value);
        json_object_close(w);
    }
    if (d->error)
        json_payload(w, "error", slice_str(d->error));
}

static void write_control(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    write_dir(w, ev);
    json_payload(w, "text", ev->control.data);
    if (ev->kind == EVENT_PONG && ev->control.matched)
        json_ms(w, "rtt_ms", ev->control.rtt_us);
}

static void write_violation(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    ndjson_words(w, "rule", ev->violation.rule);
    ndjson_words(w, "message", ev->violation.message);
    json_u64(w, "offset", ev->violation.offset);
    json_u64(w, "code", ev->violation.code);
    json_bool(w, "fatal", ev->violation.fatal);
}

static void write_close(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_close *c = &ev->close;

    (void)n;
    json_string(w, "by", close_by_name(c->by));
    json_string(w, "how", close_how_name(c->how));
    json_u64(w, "code", c->code);
    json_latin1(w, "reason", c->reason);
    json_bool(w, "clean", c->clean);
    json_ms(w, "uptime_ms", c->uptime_us);
    json_ms(w, "idle_in_ms", c->idle_in_us);
    json_ms(w, "idle_out_ms", c->idle_out_us);
    if (c->has_pong)
        json_ms(w, "last_pong_ms", c->last_pong_us);
    else
        json_null(w, "last_pong_ms");
    ndjson_words(w, "hint", c->hint);
    json_i64(w, "errno", c->errnum);
    json_bool(w, "got_close_frame", c->got_close_frame);
    json_bool(w, "sent_close_frame", c->sent_close_frame);
    json_bool(w, "got_close_notify", c->got_close_notify);
    json_bool(w, "got_fin", c->got_fin);
    json_bool(w, "got_rst", c->got_rst);
    if (c->cut_have || c->cut_want) {
        json_u64(w, "cut_have", c->cut_have);
        json_u64(w, "cut_want", c->cut_want);
    }
    if (c->has_tcp) {
        json_u64(w, "unacked_bytes", c->unacked_bytes);
        json_u64(w, "retransmits", c->retransmits);
    }
    if (c->unacknowledged || c->again) {
        json_u64(w, "unacknowledged", c->unacknowledged);
        json_u64(w, "send_again", c->again);
    }
}

static void write_err(struct json_write *w, const struct err *e)
{
    json_i64(w, "code", e->code);
    json_string(w, "stage", stage_name(e->stage));
    json_i64(w, "errno", e->errnum);
    ndjson_words(w, "message", e->text);
    ndjson_words(w, "hint", e->hint);
}

static void write_retry(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    json_u64(w, "attempt", ev->retry.attempt);
    json_ms(w, "delay_ms", ev->retry.delay_us);
    ndjson_words(w, "because", ev->retry.because);
    json_bool(w, "will", ev->retry.will);
    if (ev->retry.count)
        json_u64(w, "count", ev->retry.count);
    if (ev->retry.error)
        write_err(w, ev->retry.error);
}

static void write_range(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    json_u64(w, "from", ev->range.from);
    json_u64(w, "to", ev->range.to);
    json_u64(w, "count", ev->range.count);
}

static void write_duplicate(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    if (ev->duplicate.has_seq)
        json_u64(w, "seq", ev->duplicate.seq);
    else
        json_payload(w, "id", ev->duplicate.id);
}

static void write_fault(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    ndjson_words(w, "kind", ev->fault.kind);
    ndjson_words(w, "phase", ev->fault.phase);
    ndjson_words(w, "trigger", ev->fault.trigger);
    ndjson_words(w, "args", ev->fault.args);
}

static void write_poll(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    json_i64(w, "status", ev->poll.status);
    json_u64(w, "items", ev->poll.items);
    json_u64(w, "fresh", ev->poll.fresh);
    json_u64(w, "bytes_up", ev->poll.bytes_up);
    json_u64(w, "bytes_down", ev->poll.bytes_down);
    json_ms(w, "ms", ev->poll.us);
}

static void write_fallback(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    ndjson_words(w, "from", ev->fallback.from);
    ndjson_words(w, "to", ev->fallback.to);
    ndjson_words(w, "because", ev->fallback.because);
}

static void write_rule(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    json_string(w, "dir", ev->leg == LEG_CLIENT ? "up" : "down");
    ndjson_words(w, "action", ev->rule.action);
    ndjson_words(w, "rule", ev->rule.rule);
}

static void write_failure(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    write_err(w, ev->error);
}

static void write_nothing(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n, (void)w, (void)ev;
}

static ndjson_fields_fn *const write_fields[EVENT_JSON_COUNT] = {
    [EVENT_RESOLVE] = ndjson_resolve,  [EVENT_CONNECT] = ndjson_connect,
    [EVENT_PROXY] = ndjson_proxy,      [EVENT_TLS] = ndjson_tls,
    [EVENT_REQUEST] = ndjson_request,  [EVENT_RESPONSE] = ndjson_response,
    [EVENT_OPEN] = ndjson_open,        [EVENT_FRAME] = write_frame,
    [EVENT_MESSAGE] = write_message,   [EVENT_PING] = write_control,
    [EVENT_PONG] = write_control,      [EVENT_VIOLATION] = write_violation,
    [EVENT_CLOSE] = write_close,       [EVENT_RETRY] = write_retry,
    [EVENT_GAP] = write_range,         [EVENT_RECOVERED] = write_range,
    [EVENT_LOST] = write_range,        [EVENT_DUPLICATE] = write_duplicate,
    [EVENT_FAULT] = write_fault,       [EVENT_POLL] = write_poll,
    [EVENT_FALLBACK] = write_fallback, [EVENT_ERROR] = write_failure,
    [EVENT_SUMMARY] = ndjson_summary,  [EVENT_RULE] = write_rule,
    [EVENT_BACK] = write_nothing,      [EVENT_DECODED] = write_decoded,
};

static int write_line(struct ndjson *n, const struct event *ev)
{
    struct json_write w;

    buf_reset(&n->line);
    json_write_init(&w, &n->line);
    json_object_open(&w, NULL);
    json_u64(&w, "v", SCHEMA_VERSION);
    json_time(&w, "time", ev->time_us);
    json_seconds(&w, "at", ev->at_us);
    json_string(&w, "event", event_name(ev->kind));
    json_u64(&w, "conn", ev->conn);
    json_string(&w, "channel", channel_name(ev->channel));
    if (ev->leg != LEG_NONE)
        json_string(&w, "leg", event_leg_name(ev->leg));
    if (ev->client)
        json_u64(&w, "client", ev->client);
    write_fields[ev->kind](n, &w, ev);
    json_object_close(&w);
    return w.failed ? -1 : buf_append(&n->line, "\n", 1);
}

static bool is_carrier(const struct event *ev)
{
    return ev->kind == EVENT_DECODED && ev->decoded.role == DECODED_CARRIER;
}

static void ndjson_event(struct sink *sink, const struct event *ev)
{
    struct ndjson *n = (struct ndjson *)sink;
    struct buf *line = &n->line;
    struct event hidden;
    int result;

    if (is_carrier(ev) && !(n->config.kinds & EVENT_BIT(EVENT_FRAME)))
        return; /* as the layers below messages */
    if (ev->secret && !n->config.show_secrets) {
        hidden = common_hidden(ev);
        ev = &hidden;
    }
    result = write_line(n, ev);

    if (result == 0 && n->config.tty) {
        buf_reset(&n->scratch);
        result = json_hide(&n->scratch, buf_slice(&n->line));
        line = &n->scratch;
    }
    if (result == 0)
        out_put(n->out, buf_data(line), line->len);
    else if (!n->out->error)
        n->out->error = ENOMEM; /* a line that is missing must not go unnoticed */
    buf_reset(&n->line);
    buf_reset(&n->scratch);
    buf_trim(&n->line, LINE_KEEP);
    buf_trim(&n->scratch, LINE_KEEP);
}

static void ndjson_free(struct sink *sink)
{
    struct ndjson *n = (struct ndjson *)sink;

    buf_clear(&n->line);
    buf_clear(&n->scratch);
    free(n);
}

struct sink *ndjson_new(struct out *out, const struct ndjson_config *config)
{
    struct ndjson *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    n->sink.wants = config->kinds & (EVENT_BIT(EVENT_JSON_COUNT) - 1);
    n->sink.event = ndjson_event;
    n->sink.free = ndjson_free;
    n->out = out;
    n->config = *config;
    buf_init(&n->line, LINE_MAX_BYTES);
    buf_init(&n->scratch, LINE_MAX_BYTES);
    return &n->sink;
}
