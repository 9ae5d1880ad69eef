#include "channel/channel_sse.h"

#include <stdlib.h>

#include "base/clock.h"
#include "proto/excerpt.h"
#include "proto/sse.h"

#define FIELDS_MAX 3

struct stream {
    struct receiver r;
    const struct channel_sse_config *config;
    char *target;   /* owned */
    char *asked_id; /* owned, or NULL */
    struct handshake_header fields[FIELDS_MAX];
    int status;
    bool right_type;
    char type[96];    /* what came instead */
    bool id_withheld; /* the last event ID can't be sent, which is not reported yet */
    struct sse sse;
    bool holds; /* sse was fed bytes that it has not used up: the channel was paused */
};

/* The ID outlives the connection. */
static void keep_last_id(struct stream *s)
{
    const char *id = sse_last_id(&s->sse);
    char **kept = &s->r.shared->last_event_id;
    char *copy = NULL;

    if (*kept && strcmp(*kept, id) == 0)
        return;
    if (id[0] && !(copy = strdup(id)))
        return; /* an older one: what followed it is repeated */
    free(*kept);
    *kept = copy;
}

/* Only the media type matters, not its parameters (WHATWG, section 9.2.2). */
static bool is_event_stream(struct slice type)
{
    const uint8_t *end = type.len ? memchr(type.data, ';', type.len) : NULL;

    if (end)
        type.len = (size_t)(end - type.data);
    while (type.len > 0 && (type.data[type.len - 1] == ' ' || type.data[type.len - 1] == '\t'))
        type.len--;
    return slice_is_nocase(type, "text/event-stream");
}

static void too_big(struct stream *s)
{
    struct err e;

    err_set(&e, EXIT_TOO_BIG, STAGE_IO, 0,
            "an event is longer than the %llu bytes that --max-message allows",
            (unsigned long long)s->config->common.max_message);
    s->r.ch.for_good = true;
    receiver_fail(&s->r, &e);
}

/* What a fault keeps from being received must not be taken for received: its ID would be the one
 * that the next connection asks for. */
static bool receives(const struct stream *s)
{
    return !receiver_over(&s->r) && !layer_fault_is_cut(s->r.fault);
}

/* Pass on the events in the parser's input. */
static void give(struct stream *s)
{
    struct sse_event ev;
    enum sse_result result;
    struct err e;

    while (!s->r.paused && receives(s)) {
        result = sse_next(&s->sse, &ev);
        if (result == SSE_EVENT) {
            keep_last_id(s);
            receiver_message(&s->r, ev.data, ev.type, ev.id[0] ? ev.id : NULL);
        } else if (result == SSE_RETRY) {
            s->r.ch.retry_us = ev.retry_ms * 1000;
        } else if (result == SSE_TOO_BIG) {
            too_big(s);
        } else if (result == SSE_NOMEM) {
            err_nomem(&e, STAGE_IO, "reading an event");
            receiver_fail(&s->r, &e);
        } else {
            keep_last_id(s); /* an id without data is valid, too */
            s->holds = false;
            return;
        }
    }
    s->holds = true;
}

static void on_body(void *ctx, struct slice piece)
{
    struct stream *s = ctx;

    if (!s->r.ch.opened_us || !receives(s))
        return;
    s->r.ch.activity.last_in_us = clock_mono_us();
    sse_feed(&s->sse, piece.data, piece.len);
    give(s);
}

/* The answer was no event stream. */
static void refused(struct stream *s)
{
    struct err e;

    if (s->status == 200) {
        err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server answered with %s%s%s, which is not an event stream (text/event-stream)",
                s->type[0] ? "the type \"" : "no Content-Type", s->type, s->type[0] ? "\"" : "");
        err_hint(&e, "if this is a document that changes, use --poll");
    } else {
        err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server answered %d instead of an event stream", s->status);
    }
    receiver_refused(&s->r, s->status, &e);
}

/* Several Content-Type fields must agree: who would read another one sees no event stream. */
static void read_type(struct stream *s, const struct http1_head *head)
{
    struct excerpt x;

    s->right_type = http1_field_count(head, "Content-Type") > 0;
    s->type[0] = '\0';
    for (size_t i = 0; i < head->field_count; i++) {
        const struct field *f = &head->fields[i];

        if (!slice_is_nocase(f->name, "Content-Type") || is_event_stream(f->value))
            continue;
        s->right_type = false;
        snprintf(s->type, sizeof s->type, "%s", excerpt_of(&x, f->value));
    }
}

/* Before what the server makes of the request without it. */
static void report_withheld(struct stream *s)
{
    struct event ev = receiver_event(&s->r, EVENT_NOTE);

    s->id_withheld = false;
    ev.note = "the last event ID has a control character, which is not allowed in a header: "
              "Last-Event-ID was not sent, so events may be missed or repeated";
    receiver_emit(&s->r, &ev);
}

static void on_head(void *ctx, const struct http1_head *head, const struct url *url)
{
    struct stream *s = ctx;
    (void)url;
    if (s->id_withheld)
        report_withheld(s);
    if (receiver_over(&s->r))
        return;
    s->status = head->status;
    read_type(s, head);
    if (s->status == 200 && s->right_type)
        receiver_opened(&s->r);
    else if (s->status != 204)
        refused(s); /* whatever its body would be: it may have no end */
}

static void on_done(void *ctx, const struct http_result *result)
{
    struct stream *s = ctx;
    struct http_result ended = *result;

    s->r.ch.activity.last_out_us = http_last_out_us(s->r.http);
    if (receiver_over(&s->r))
        return;
    if (s->status == 204 && result->error.code == EXIT_OK) {
        /* The server reports that there is nothing more to receive (WHATWG, section 9.2.1). */
        s->r.ch.for_good = true;
        if (!s->r.ch.opened_us)
            receiver_opened(&s->r);
        receiver_end(&s->r, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_NORMAL, true);
    } else if (result->error.code == EXIT_OK && result->framed) {
        receiver_end(&s->r, CLOSE_BY_PEER, CLOSE_HOW_FIN, CLOSE_NO_STATUS, true);
    } else {
        /* A body that ends with the connection cannot be distinguished from one that is cut off. */
        ended.ended |= result->error.code == EXIT_OK ? LINK_GOT_FIN : 0;
        receiver_lose(&s->r, &ended, result->error.code == EXIT_UPGRADE);
    }
}

static int stream_open(struct receiver *r, struct err *e)
{
    struct stream *s = (struct stream *)r;
    const char *target = s->config->common.handshake.url->target;
    const char *last = s->r.shared->last_event_id;
    uint64_t max = s->config->common.max_message;
    struct http_request request = {.fields = s->fields, .stream = true};

    s->asked_id = s->config->last_id ? s->config->last_id(s->config->ctx) : NULL;
    if (s->asked_id)
        last = s->asked_id;
    if (sse_init(&s->sse, max && max < SIZE_MAX / 8 ? (size_t)max : SIZE_MAX / 8, last) < 0)
        return err_nomem(e, STAGE_CONNECT, "preparing for events");
    s->target = s->config->target ? s->config->target(s->config->ctx, target) : strdup(target);
    if (!s->target)
        return err_nomem(e, STAGE_CONNECT, "preparing for events");
    request.target = s->target;
    s->fields[0] = (struct handshake_header){.name = "Accept", .value = "text/event-stream"};
    s->fields[1] = (struct handshake_header){.name = "Cache-Control", .value = "no-store"};
    request.field_count = 2;
    s->id_withheld = last && !http1_is_field_value(slice_str(last));
    if (last && last[0] && !s->id_withheld)
        s->fields[request.field_count++] =
            (struct handshake_header){.name = "Last-Event-ID", .value = last};
    return http_start(s->r.http, &request, e);
}

static void pause_stream(struct receiver *r, bool paused)
{
    struct stream *s = (struct stream *)r;

    if (s->r.paused == paused)
        return;
    s->r.paused = paused;
    if (!paused && s->holds)
        give(s);
    if (!s->r.paused || paused)
        http_pause(s->r.http, s->r.paused);
}

static void clear(struct receiver *r)
{
    struct stream *s = (struct stream *)r;

    sse_clear(&s->sse);
    free(s->target);
    free(s->asked_id);
}

static const struct receiver_kind kind = {
    .channel = CHANNEL_SSE,
    .size = sizeof(struct stream),
    .open = stream_open,
    .pause = pause_stream,
    .clear = clear,
};

struct channel *channel_sse_new(uv_loop_t *loop, const struct channel_sse_config *config,
                                struct channel_shared *shared, const struct channel_up *up)
{
    const struct http_hooks hooks = {
        .report = receiver_report, .head = on_head, .body = on_body, .done = on_done};
    struct receiver *r = receiver_new(&kind, loop, &config->common, shared, &hooks, up);
    struct stream *s = (struct stream *)r;

    if (!s)
        return NULL;
    s->config = config;
    return &r->ch;
}
