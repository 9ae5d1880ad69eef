/*
 * fanout_watch: what happens to the connections becomes facts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "verb/fanout/fanout_private.h"

/* Of the body of a refusal. */
#define BODY_MAX 1024

uint64_t fanout_now(const struct fanout_front *front)
{
    return clock_mono_us() - front->app->start_us;
}

/* Inside a session: it is reported from the loop. */
static void note_trouble(struct fanout_front *front, const struct err *e)
{
    if (front->trouble.code != EXIT_OK)
        return;
    front->trouble = *e;
    timer_start(front->step, 0, fanout_step);
}

static void note_nomem(struct fanout_front *front)
{
    struct err e;

    err_nomem(&e, STAGE_IO, "following the connections");
    note_trouble(front, &e);
}

/* --- handshakes ---------------------------------------------------------------------------------
 */

static struct slice copy(uint8_t **to, struct slice from)
{
    struct slice at = slice_make(*to, from.len);

    if (from.len > 0)
        memcpy(*to, from.data, from.len);
    *to += from.len;
    return at;
}

static size_t size_of(const struct field *fields, size_t count)
{
    size_t size = count * sizeof *fields;

    for (size_t i = 0; i < count; i++)
        size += fields[i].name.len + fields[i].value.len;
    return size;
}

/* Those of an earlier answer first: Socket.IO's polling sets cookies before there is a WebSocket.
 */
static int keep_answer(struct fanout_conn *conn, const struct field *fields, size_t count)
{
    struct fanout_answer *old = conn->answer, *answer;
    size_t had = old ? old->count : 0;
    uint8_t *at;

    answer =
        malloc(sizeof *answer + (had ? size_of(old->fields, had) : 0) + size_of(fields, count));
    if (!answer)
        return -1;
    answer->count = had + count;
    at = (uint8_t *)&answer->fields[answer->count];
    for (size_t i = 0; i < answer->count; i++) {
        const struct field *from = i < had ? &old->fields[i] : &fields[i - had];

        answer->fields[i].name = copy(&at, from->name);
        answer->fields[i].value = copy(&at, from->value);
    }
    free(old);
    conn->answer = answer;
    return 0;
}

static void forget_answer(struct fanout_conn *conn)
{
    free(conn->answer);
    conn->answer = NULL;
}

void fanout_conn_clear(struct fanout_conn *conn)
{
    forget_answer(conn);
}

static void refused(struct fanout_front *front, size_t i, int status, struct slice body)
{
    struct fanout_conn *conn = &front->conns[i];

    if (conn->opened || conn->refused)
        return;
    conn->refused = true;
    body.len = body.len < BODY_MAX ? body.len : BODY_MAX;
    fanout_refused(front->facts, (uint32_t)i, status, body);
}

/* The body of an answer 400 is that of Engine.IO for a session of another node. */
static bool is_unknown_session(struct slice body)
{
    static const char words[] = "Session ID unknown";

    return body.len > 0 && memmem(body.data, body.len, words, sizeof words - 1);
}

static void on_response(struct fanout_front *front, size_t i, const struct event_response *r)
{
    if (r->interim || r->followed)
        return;
    /* The second request of Socket.IO's handshake fails like this, and so does the upgrade, when
     * messages can be sent already; from the drill on, also a poll to a node that was restarted. */
    if (r->status == 400 && front->stage < FANOUT_DRILL && is_unknown_session(r->body))
        front->conns[i].opened = false;
    if (r->status >= 300)
        refused(front, i, r->status, r->body);
    else if (!fleet_is_open(front->fleet, i - front->first) && /* else it answers a poll */
             keep_answer(&front->conns[i], r->headers, r->header_count) < 0)
        note_nomem(front);
}

static void on_open(struct fanout_front *front, size_t i)
{
    struct fanout_conn *conn = &front->conns[i];
    static const struct field none;

    conn->opened = true;
    if (fanout_opened(front->facts, (uint32_t)i, conn->answer ? conn->answer->fields : &none,
                      conn->answer ? conn->answer->count : 0, fanout_now(front)) < 0)
        note_nomem(front);
    forget_answer(conn);
    front->changed_us = fanout_now(front);
}

static void on_close(struct fanout_front *front, size_t i, const struct event_close *close)
{
    fanout_closed(front->facts, (uint32_t)i, close->code, close->clean, fanout_now(front));
    front->changed_us = fanout_now(front);
    fanout_look(front);
}

static void on_failure(struct fanout_front *front, size_t i, const struct err *e)
{
    forget_answer(&front->conns[i]);
    if (e->errnum == ENOMEM)
        note_trouble(front, e); /* not the service's fault */
    if (front->conns[i].opened || e->errnum == ENOMEM)
        return;
    if (front->first_failure.code == EXIT_OK)
        front->first_failure = *e;
    refused(front, i, e->status, slice_str(""));
}

/* --- messages -----------------------------------------------------------------------------------
 */

static void on_text(struct fanout_front *front, size_t i, struct slice text)
{
    if (fanout_message(front->facts, (uint32_t)i, text, fanout_now(front)) < 0)
        note_nomem(front);
    if (front->published_us)
        fanout_look(front);
}

/* With a protocol above the messages an acknowledgement may quote what was sent, but delivers
 * nothing. GraphQL delivers what was subscribed to as results. */
static bool delivers(const struct event_decoded *decoded)
{
    return decoded->role == DECODED_EVENT || decoded->role == DECODED_REQUEST ||
           (decoded->role == DECODED_RESULT &&
            (strcmp(decoded->type, "next") == 0 || strcmp(decoded->type, "data") == 0));
}

static bool is_wanted(const struct fanout_front *front, enum event_kind kind)
{
    return (front->app->view->events & EVENT_BIT(kind)) != 0;
}

/* Each has its number, and connections of one session are counted by `conn`. */
static void put_json(struct fanout_front *front, size_t i, const struct event *ev)
{
    struct event numbered = *ev;

    numbered.client = (uint32_t)i + 1;
    front->events->event(front->events, &numbered);
    output_check(&front->app->out);
}

void fanout_on_event(void *ctx, size_t i, const struct event *ev)
{
    struct fanout_front *front = ctx;
    bool speaks = front->app->connect->decode.count > 0;

    if (front->events && is_wanted(front, ev->kind))
        put_json(front, i, ev);
    if (front->stage >= FANOUT_CLOSING)
        return;
    if (front->sticky && fanout_sticky_event(front, i, ev) < 0)
        note_nomem(front);
    i += front->first;
    switch (ev->kind) {
    case EVENT_RESPONSE:
        on_response(front, i, &ev->response);
        break;
    case EVENT_OPEN:
        on_open(front, i);
        break;
    case EVENT_MESSAGE:
        /* Of a message in parts the first one has what marks it. */
        if (!speaks && ev->dir == DIR_IN && ev->message.part <= 1)
            on_text(front, i, ev->message.data);
        break;
    case EVENT_DECODED:
        if (speaks && ev->dir == DIR_IN && delivers(&ev->decoded))
            on_text(front, i, ev->decoded.data);
        break;
    case EVENT_CLOSE:
        if (!front->sticky)
            on_close(front, i, &ev->close);
        break;
    case EVENT_RETRY:
        if (ev->retry.error)
            on_failure(front, i, ev->retry.error);
        break;
    case EVENT_ERROR:
        on_failure(front, i, ev->error);
        break;
    default:
        break;
    }
}
