/*
 * client_feed: the feed for those who came by plain HTTP: a stream of server-sent events, or
 * answers to polls, one after the other on the same connection.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "serve/client.h"
#include "serve/feed_asked.h"
#include "serve/feed_http.h"
#include "serve/feed_service.h"

/* A connection between two polls. */
#define KEEP_MS 75000
/* How long a client may take for half of CLIENT_FULL of an answer. */
#define BODY_MS 60000
/* A stream that was silent for this long shows that it is alive (the HTML standard, section 9.2.7,
 * advises 15 s). */
#define SILENT_MS 15000
/* How much is sent to one client in a turn of the loop. */
#define READ_STEP 4096

/* --- server-sent events -------------------------------------------------------------------------
 */

void client_stream_send(struct client *c, uint64_t id, struct slice text)
{
    if (c->state == CLIENT_STREAM && !c->broken)
        client_put(c, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                         .opcode = OPCODE_TEXT,
                                         .data = text,
                                         .first = true,
                                         .final = true,
                                         .id = id});
}

static int stream_put(struct client *c, uint64_t id, struct slice text)
{
    size_t before = c->out.len;

    if (feed_http_event(&c->out, id, text) < 0)
        return SEND_FAILED;
    c->messages_out++;
    c->payload_out += text.len;
    c->http_out += c->out.len - before;
    if (client_wants(c, EVENT_MESSAGE)) {
        struct event ev = client_event(c, EVENT_MESSAGE);
        char digits[24];

        snprintf(digits, sizeof digits, "%" PRIu64, id);
        ev.dir = DIR_OUT;
        ev.message = (struct event_message){
            .type = OPCODE_TEXT,
            .data = text,
            .final = true,
            .fragments = 1,
            .wire = c->out.len - before,
            .total = text.len,
            .sse_name = "message",
            .sse_id = digits,
        };
        layer_event(&c->stream, &ev);
    }
    if (c->out.len >= CLIENT_FULL)
        c->full = true;
    return 0;
}

/* An event stream has no closing handshake: what waits is written, and that is the end. */
static void stream_close(struct client *c, const struct outgoing *close)
{
    client_decide(c, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_ABNORMAL, close->data);
    client_linger(c);
    client_start_timer(c, (unsigned)(close->timeout_us / 1000));
    client_flush(c);
}

static int on_send(struct layer *l, const struct outgoing *out)
{
    struct client *c = (struct client *)((char *)l - offsetof(struct client, stream));

    if (c->state != CLIENT_STREAM)
        return SEND_CLOSED;
    switch (out->kind) {
    case OUTGOING_MESSAGE:
        return stream_put(c, out->id, out->data);
    case OUTGOING_FLUSH:
        client_write(c);
        client_again(c);
        return 0;
    case OUTGOING_CLOSE:
        stream_close(c, out);
        return 0;
    case OUTGOING_ABORT:
        client_abort(c);
        return 0;
    default:
        return SEND_CLOSED;
    }
}

static void answer_stream(struct client *c, const struct answer *a, const struct http1_head *head,
                          bool may_wait)
{
    static const struct deflate_params none = {0};
    static const struct layer_ops ops = {.send = on_send};
    size_t head_len;

    (void)may_wait; /* a stream never has to */
    if (feed_http_stream_head(&c->out, &c->host->pages, a, clock_wall_us(), &head_len) < 0) {
        client_break(c);
        return;
    }
    c->http_out += c->out.len;
    client_report_response(c, head_len, "");
    if (a->head_only) {
        client_note(c, head, 200, "");
        client_linger(c);
        return;
    }
    if (client_layers_init(c) < 0) {
        client_break(c);
        return;
    }
    c->stream.ops = &ops;
    layer_put(&c->layer, &c->stream);
    layer_fault_put(c->layer_fault, &c->stream);
    client_report_open(c, head, NULL, &none);
    c->service->accepted(c, a);
    http1_reader_clear(&c->in);
    c->state = CLIENT_STREAM;
    c->opened_us = c->activity.last_in_us = c->activity.last_out_us = clock_mono_us();
    client_start_timer(c, SILENT_MS);
    c->service->opened(c);
    layer_fault_opened(c->layer_fault);
}

/* The timer is not wound up for each update: when it fires, what has gone by since the last one is
 * waited for less. */
static void stream_timeout(struct client *c)
{
    uint64_t silent_ms = (clock_mono_us() - c->activity.last_out_us) / 1000;

    if (silent_ms < SILENT_MS && client_pending(c) == 0) {
        client_start_timer(c, (unsigned)(SILENT_MS - silent_ms));
        return;
    }
    client_start_timer(c, SILENT_MS);
    if (client_pending(c) > 0)
        return;
    if (buf_append_str(&c->out, ":\n\n") < 0) {
        client_break(c);
        return;
    }
    c->http_out += 3;
    client_flush(c);
}

/* --- polling ------------------------------------------------------------------------------------
 */

static void report_poll(struct client *c)
{
    const struct array_state *s = &c->array;
    struct event ev;
    uint64_t items = s->next - s->range.first;

    if (!client_wants(c, EVENT_POLL))
        return;
    ev = client_event(c, EVENT_POLL);
    ev.poll = (struct event_poll){
        .status = s->status,
        .items = items,
        .fresh = items,
        .bytes_up = s->bytes_up,
        .bytes_down = s->bytes_down,
        .us = clock_mono_us() - c->began_us,
    };
    client_emit(c, &ev);
}

/* The answer is in c->out, whole. */
static void answered(struct client *c)
{
    if (c->channel == CHANNEL_POLL)
        report_poll(c);
    c->requests++;
    c->began_us = clock_mono_us();
    if (!c->array.keep) {
        client_linger(c);
        client_start_timer(c, BODY_MS);
        return;
    }
    c->state = CLIENT_HEAD;
    client_start_timer(c, c->in.bytes.len > 0 ? CLIENT_HEAD_MS : KEEP_MS);
}

static void report_items(struct client *c, uint64_t from, uint64_t to)
{
    struct feed *feed = feed_service_feed(c->host->feed);

    for (uint64_t id = from; id < to; id++) {
        struct slice text = feed_text(feed, id);
        struct event ev;

        c->messages_out++;
        c->payload_out += text.len;
        if (!client_wants(c, EVENT_MESSAGE))
            continue;
        ev = client_event(c, EVENT_MESSAGE);
        ev.dir = DIR_OUT;
        ev.message = (struct event_message){
            .type = OPCODE_TEXT,
            .data = text,
            .final = true,
            .fragments = 1,
            .wire = text.len,
            .total = text.len,
        };
        client_emit(c, &ev);
    }
}

void client_array_fill(struct client *c)
{
    struct array_state *s = &c->array;
    size_t before = c->out.len;
    uint64_t next =
        feed_http_array(&c->out, feed_service_feed(c->host->feed), s->range, s->next, CLIENT_FULL);

    if (next == 0) {
        c->broken = true;
        return;
    }
    c->http_out += c->out.len - before;
    s->bytes_down += c->out.len - before;
    report_items(c, s->next, next);
    s->next = next;
    if (next > s->range.last)
        answered(c);
    else
        client_start_timer(c, BODY_MS);
}

/* The request is done, and its bytes are no longer needed. */
static void drop_head(struct client *c)
{
    http1_reader_next(&c->in);
    buf_trim(&c->in.bytes, 0);
}

static void wait_for_news(struct client *c, uint64_t wait_us, uint64_t latest)
{
    c->state = CLIENT_WAIT;
    client_start_timer(c, (unsigned)((wait_us + 999) / 1000));
    feed_service_wait(c, latest);
}

/* A number from an earlier run of the server has no meaning in this one. */
static struct feed_range range_of(const struct feed *feed, const struct answer *a, uint64_t latest)
{
    if (a->has_since && a->since <= latest)
        return feed_since(a->since, latest);
    return feed_last(a->last ? a->last : feed_page(feed), latest);
}

static void answer_poll(struct client *c, const struct answer *a, const struct http1_head *head,
                        bool may_wait)
{
    struct feed *feed = feed_service_feed(c->host->feed);
    uint64_t latest = feed_latest(feed, clock_mono_us());
    struct feed_range range = range_of(feed, a, latest);
    struct array_state *s = &c->array;
    char etag[FEED_ETAG];
    bool unchanged;

    feed_http_etag(etag, feed, range);
    unchanged = feed_http_unchanged(head, etag);
    if (may_wait && a->wait_us > 0 && !a->head_only && (unchanged || range.last < range.first)) {
        wait_for_news(c, a->wait_us, latest);
        return;
    }
    *s = (struct array_state){
        .range = range,
        .next = range.first,
        .status = unchanged ? 304 : 200,
        .keep = a->keep,
        .bytes_up = head->raw.len,
    };
    if (feed_http_poll_head(&c->out, &c->host->pages, a, s->status, etag,
                            feed_http_array_len(feed, range), clock_wall_us()) < 0) {
        client_break(c);
        return;
    }
    s->bytes_down = c->out.len;
    c->http_out += c->out.len;
    client_report_response(c, c->out.len, "");
    if (c->requests == 0)
        client_note(c, head, s->status, "");
    drop_head(c);
    c->state = CLIENT_BODY;
    if (unchanged || a->head_only)
        answered(c);
    else
        client_array_fill(c);
}

void client_preflight(struct client *c, const struct answer *a, const struct http1_head *head)
{
    c->array = (struct array_state){.keep = a->keep};
    if (feed_http_preflight(&c->out, &c->host->pages, a, clock_wall_us()) < 0) {
        client_break(c);
        return;
    }
    c->http_out += c->out.len;
    client_report_response(c, c->out.len, "");
    client_note(c, head, 204, "");
    drop_head(c);
    answered(c);
}

void client_wait_over(struct client *c)
{
    feed_service_leave(c);
    c->state = CLIENT_HEAD;
    client_answer_again(c);
}

/* --- both ---------------------------------------------------------------------------------------
 */

void client_feed_read(struct client *c)
{
    uint8_t unwanted[READ_STEP];
    ssize_t n;

    if (c->state == CLIENT_WAIT) {
        client_fill(c);
        return;
    }
    n = link_read(c->link, unwanted, sizeof unwanted, &c->link_error);
    if (n <= 0 && n != LINK_AGAIN)
        client_stream_ended(c, n);
}

void client_feed_timeout(struct client *c)
{
    if (c->state == CLIENT_STREAM) {
        stream_timeout(c);
    } else if (c->state == CLIENT_WAIT) {
        client_wait_over(c);
        client_flush(c);
    } else {
        client_end(c); /* it does not read its answer */
    }
}

/* --- the rows ----------------------------------------------------------------------------------
 */

const struct service service_feed_sse = {
    .path = "/feed.sse",
    .channel = CHANNEL_SSE,
    .about = "the same as server-sent events; Last-Event-ID or ?since=N",
    .example = "curl{k} -N {http}",
    .state = sizeof(struct feed_state),
    .asked = feed_asked_sse,
    .answer = answer_stream,
    .accepted = feed_service_accepted,
    .opened = feed_service_opened,
    .drained = feed_service_drained,
    .ended = feed_service_leave,
};

const struct service service_feed_json = {
    .path = "/feed.json",
    .channel = CHANNEL_POLL,
    .about = "the latest as an array; ?since=N those after N, &wait=SEC a long poll",
    .example = "curl{k} '{http}?since=0'",
    .state = sizeof(struct feed_state),
    .asked = feed_asked_json,
    .answer = answer_poll,
    .ended = feed_service_leave,
};
