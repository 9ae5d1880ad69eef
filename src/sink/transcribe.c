#include "sink/transcribe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/codec.h"
#include "base/json_scan.h"
#include "base/span.h"
#include "sink/transcribe_head.h"
#include "sink/transcribe_line.h"

/* What took longer than this gets more time than expectations have by default. */
#define PAUSE_US 2000000u
#define MARGIN_S 5

#define TAIL 48

struct transcribe {
    struct sink sink;
    struct out *out;
    struct buf text;    /* being put together */
    struct buf ending;  /* how the connection ended: written unless it comes back by itself */
    struct buf connect; /* a line that waits for the end of the connection */
    uint64_t last_us;   /* event time of what was written last */
    bool open;
    bool closing;  /* a line has asked for the end */
    bool retrying; /* it was lost, and is tried again */
    bool failed;   /* memory ran out */
};

static const struct slice nothing = {NULL, 0};

/* --- writing ------------------------------------------------------------------------------------
 */

static void put(struct transcribe *r, const char *head, struct slice text, const char *tail)
{
    r->failed |= transcribe_line(&r->text, head, text, tail) < 0;
}

static void take(struct transcribe *r, struct buf *from)
{
    if (from->len > 0)
        r->failed |= buf_append_slice(&r->text, buf_slice(from)) < 0;
    buf_reset(from);
}

static void flush_text(struct transcribe *r)
{
    out_put(r->out, buf_data(&r->text), r->text.len);
    out_flush(r->out);
    if (r->failed && !r->out->error)
        r->out->error = ENOMEM; /* a script with a gap would fail without an apparent reason */
    buf_reset(&r->text);
    buf_trim(&r->text, RECORD_SCRIPT_TEXT);
}

static void remark(struct transcribe *r, const char *what, uint64_t bytes, const char *why)
{
    r->failed |=
        buf_printf(&r->text, "# not recorded: %s of %" PRIu64 " bytes, %s\n", what, bytes, why) < 0;
}

/* The time of an expectation, if it is to be written. */
static void give_time(struct transcribe *r, uint64_t at_us, char tail[TAIL])
{
    uint64_t gap = span_between(r->last_us, at_us);

    tail[0] = '\0';
    if (gap > PAUSE_US)
        snprintf(tail, TAIL, " within %" PRIu64, 2 * (gap / 1000000) + MARGIN_S);
    r->last_us = at_us;
}

static void put_hex(struct transcribe *r, const char *head, struct slice data, const char *tail)
{
    r->failed |= buf_append_str(&r->text, head) < 0 || hex_encode(&r->text, data) < 0 ||
                 buf_printf(&r->text, "%s\n", tail) < 0;
}

/* --- what came ----------------------------------------------------------------------------------
 */

static bool is_json_object(struct slice text)
{
    size_t i = 0;

    while (i < text.len && memchr(" \t\r\n", text.data[i], 4))
        i++;
    return i < text.len && text.data[i] == '{' && json_valid(text);
}

static void text_came(struct transcribe *r, const struct event_message *m, const char *tail)
{
    if (m->data.len > RECORD_SCRIPT_TEXT)
        remark(r, "a text", m->data.len, "because it is long");
    else if (transcribe_line_holds(m->data))
        put(r, is_json_object(m->data) ? "expect json" : "expect text",
            m->data.data ? m->data : slice_str(""), tail);
    else if (m->fragments <= 1 && m->data.len <= RECORD_SCRIPT_BINARY)
        put_hex(r, "expect frame op=text hex=", m->data, tail);
    else
        remark(r, "a text", m->data.len, "because a script cannot contain it");
}

static void on_message(struct transcribe *r, const struct event *ev)
{
    const struct event_message *m = &ev->message;
    char tail[TAIL];

    if (ev->dir != DIR_IN || ev->channel != CHANNEL_WS || (m->part > 0 && !m->final))
        return;
    take(r, &r->ending);
    give_time(r, ev->at_us, tail);
    if (m->part > 0)
        remark(r, m->type == OPCODE_TEXT ? "a text" : "a binary message", m->total,
               "because it is long");
    else if (m->type == OPCODE_TEXT)
        text_came(r, m, tail);
    else if (m->data.len > RECORD_SCRIPT_BINARY)
        remark(r, "a binary message", m->data.len, "because it is long");
    else
        put_hex(r, m->data.len ? "expect binary " : "expect binary", m->data, tail);
}

static void on_open(struct transcribe *r, const struct event *ev)
{
    const struct event_open *open = &ev->open;
    char tail[TAIL];

    buf_reset(&r->ending);
    give_time(r, ev->at_us, tail);
    if (r->retrying)
        put(r, "expect reconnect", nothing, tail);
    else if (open->subprotocol[0])
        put(r, "expect open subprotocol", slice_str(open->subprotocol), tail);
    else
        put(r, "expect open", nothing, tail);
    r->open = true;
    r->closing = r->retrying = false;
}

static void on_pong(struct transcribe *r, const struct event *ev)
{
    const struct event_control *pong = &ev->control;
    char tail[TAIL];

    if (ev->dir != DIR_IN || !pong->matched)
        return;
    take(r, &r->ending);
    give_time(r, ev->at_us, tail);
    put(r, "expect pong", nothing, tail);
}

static bool asked_by_us(const struct event_close *close)
{
    return close->by == CLOSE_BY_LOCAL && close->how == CLOSE_HOW_CLOSE_FRAME;
}

static void on_close(struct transcribe *r, const struct event *ev)
{
    const struct event_close *close = &ev->close;
    bool reason = close->reason.len > 0 && transcribe_line_holds(close->reason);
    char head[48], tail[TAIL];

    r->open = false;
    if (asked_by_us(close) && !r->closing)
        put(r, "close", nothing, "");
    give_time(r, ev->at_us, tail);
    snprintf(head, sizeof head, "expect close %u", (unsigned)close->code);
    r->failed |=
        transcribe_line(&r->ending, head,
                        reason && close->by == CLOSE_BY_PEER ? close->reason : nothing, tail) < 0;
    if (r->closing || asked_by_us(close))
        take(r, &r->ending); /* it does not come back by itself */
    r->closing = false;
    take(r, &r->connect);
}

static void on_response(struct transcribe *r, const struct event *ev)
{
    char head[40], tail[TAIL];

    if (ev->channel != CHANNEL_WS || ev->response.status == 101)
        return;
    give_time(r, ev->at_us, tail);
    buf_reset(&r->ending);
    snprintf(head, sizeof head, "expect status %d", ev->response.status);
    r->failed |= transcribe_line(&r->ending, head, nothing, tail) < 0;
}

/* An attempt that failed. */
static void on_error(struct transcribe *r, const struct event *ev)
{
    char tail[TAIL];

    if (r->open || r->ending.len > 0 || ev->error->stage == STAGE_USAGE ||
        ev->error->stage >= STAGE_PROTOCOL) /* after the opening, unlike its close */
        return;
    give_time(r, ev->at_us, tail);
    r->failed |= transcribe_line(&r->ending, "expect error",
                                 slice_str(stage_name(ev->error->stage)), tail) < 0;
}

static void on_retry(struct transcribe *r, const struct event *ev)
{
    if (!ev->retry.will)
        return;
    buf_reset(&r->ending); /* `expect reconnect` waits for the one that succeeds */
    r->retrying = true;
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct transcribe *r = (struct transcribe *)sink;

    switch (ev->kind) {
    case EVENT_MESSAGE:
        on_message(r, ev);
        break;
    case EVENT_OPEN:
        on_open(r, ev);
        break;
    case EVENT_PONG:
        on_pong(r, ev);
        break;
    case EVENT_CLOSE:
        on_close(r, ev);
        break;
    case EVENT_RESPONSE:
        on_response(r, ev);
        break;
    case EVENT_ERROR:
        on_error(r, ev);
        break;
    case EVENT_RETRY:
        on_retry(r, ev);
        break;
    default:
        break;
    }
    flush_text(r);
}

/* --- what was done ------------------------------------------------------------------------------
 */

void transcribe_begin(struct transcribe *r, const char *url, const char *const *options,
                      size_t count, int64_t time_us)
{
    r->failed |= transcribe_head(&r->text, url, options, count, time_us) < 0;
    put(r, "connect", nothing, "");
    flush_text(r);
}

void transcribe_sent(struct transcribe *r, enum opcode type, struct slice data, uint64_t at_us)
{
    take(r, &r->ending);
    r->last_us = at_us;
    if (data.len > (type == OPCODE_TEXT ? RECORD_SCRIPT_TEXT : RECORD_SCRIPT_BINARY))
        remark(r, type == OPCODE_TEXT ? "a text that was sent" : "a binary message that was sent",
               data.len, "because it is long");
    else if (type != OPCODE_TEXT)
        put_hex(r, data.len ? "binary " : "binary", data, "");
    else if (transcribe_line_holds(data))
        put(r, "send", data.data ? data : slice_str(""), "");
    else if (data.len <= RECORD_SCRIPT_BINARY)
        put_hex(r, "frame op=text hex=", data, "");
    else
        remark(r, "a text that was sent", data.len, "because a script cannot contain it");
    flush_text(r);
}

/* Another connection: an open one is closed first, which a script must do explicitly. */
static void connect_again(struct transcribe *r, const char *url)
{
    if (!r->open) {
        r->failed |= transcribe_connect(&r->text, url) < 0;
        return;
    }
    put(r, "close", nothing, "");
    r->closing = true;
    buf_reset(&r->connect);
    r->failed |= transcribe_connect(&r->connect, url) < 0;
}

void transcribe_command(struct transcribe *r, const char *name, const char *args, uint64_t at_us)
{
    take(r, &r->ending);
    r->last_us = at_us;
    r->retrying = false;
    if (strcmp(name, "send") == 0) {
        transcribe_sent(r, OPCODE_TEXT, slice_str(args), at_us);
        return;
    }
    if (strcmp(name, "connect") == 0) {
        connect_again(r, args);
    } else if (transcribe_line_holds(slice_str(args))) {
        put(r, name, *args ? slice_str(args) : nothing, "");
        r->closing = strcmp(name, "close") == 0 || strcmp(name, "reconnect") == 0;
    } else {
        transcribe_remark(r, name);
    }
    flush_text(r);
}

void transcribe_remark(struct transcribe *r, const char *text)
{
    struct slice shown = slice_str(text);

    if (transcribe_line_holds(shown) && !strchr(text, '\n'))
        r->failed |= buf_printf(&r->text, "# not recorded: %s\n", text) < 0;
    else
        r->failed |= buf_append_str(&r->text, "# not recorded: a command\n") < 0;
    flush_text(r);
}

void transcribe_end(struct transcribe *r)
{
    take(r, &r->ending);
    flush_text(r);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void transcribe_free(struct sink *sink)
{
    struct transcribe *r = (struct transcribe *)sink;

    buf_clear(&r->text);
    buf_clear(&r->ending);
    buf_clear(&r->connect);
    free(r);
}

struct transcribe *transcribe_new(struct out *out)
{
    struct transcribe *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->sink.wants = EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_PONG) |
                    EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_RESPONSE) | EVENT_BIT(EVENT_ERROR) |
                    EVENT_BIT(EVENT_RETRY) | SINK_INCOMING_ONLY;
    r->sink.event = on_event;
    r->sink.free = transcribe_free;
    r->out = out;
    buf_init(&r->text, SIZE_MAX);
    buf_init(&r->ending, SIZE_MAX);
    buf_init(&r->connect, SIZE_MAX);
    return r;
}

struct sink *transcribe_sink(struct transcribe *r)
{
    return r ? &r->sink : NULL;
}
