/*
 * control_conn: one connection of the control API: requests one after another, each answered before
 * the next is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sink/json_tree.h"
#include "verb/proxy/control_private.h"

/* For a request to come whole and its answer to be taken, or a next request to begin. */
#define IDLE_US        (UINT64_C(30) * 1000000)
#define LINGER_US      UINT64_C(1000000)
#define READ_SIZE      (16 * 1024)
#define READS_PER_TURN 8
/* A stream of events is filled up to this. */
#define STREAM_FULL ((size_t)64 * 1024)

/* Its memory goes at the end of the turn, or with control_conn_free. */
static void end(struct control_conn *c)
{
    c->state = CONTROL_ENDED;
}

static void restart_timer(struct control_conn *c);

/* --- out ----------------------------------------------------------------------------------------
 */

static void write_out(struct control_conn *c)
{
    struct err e;

    while (c->state != CONTROL_ENDED && c->out.len > 0) {
        ssize_t n = link_write(c->link, buf_data(&c->out), c->out.len, &e);

        if (n == LINK_AGAIN)
            return;
        if (n < 0)
            end(c);
        else
            buf_consume(&c->out, (size_t)n);
    }
    buf_trim(&c->out, STREAM_FULL);
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},        {400, "Bad Request"},        {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"}, {408, "Request Timeout"},
        {409, "Conflict"},  {413, "Content Too Large"},  {431, "Request Header Fields Too Large"}};

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Service Unavailable";
}

static int put_head(struct control_conn *c, int status, const char *allow, const char *type,
                    const char *framing)
{
    return buf_printf(&c->out,
                      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n%s\r\n%s%s%s%s"
                      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n",
                      status, reason_of(status), type, framing, allow ? "Allow: " : "",
                      allow ? allow : "", allow ? "\r\n" : "",
                      c->keep ? "" : "Connection: close\r\n");
}

/* The request is dealt with. */
static void next_request(struct control_conn *c)
{
    http1_reader_next(&c->in);
    buf_reset(&c->body);
    buf_trim(&c->body, 0);
    control_request_clear(&c->request);
    c->in_body = c->continued = false;
    c->state = c->keep ? CONTROL_READS : CONTROL_LEAVES;
}

void control_conn_answer(struct control_conn *c, int status, const char *allow, struct slice json)
{
    bool ended = json.len > 0 && json.data[json.len - 1] == '\n';
    char framing[64];

    snprintf(framing, sizeof framing, "Content-Length: %zu", json.len + !ended);
    if (put_head(c, status, allow, "application/json", framing) < 0 ||
        buf_append_slice(&c->out, json) < 0 || buf_append(&c->out, "\n", ended ? 0 : 1) < 0)
        end(c);
    else
        next_request(c);
    /* At once: it may be the last thing that happens in this run. */
    write_out(c);
    restart_timer(c);
    pump_soon(c->pump);
}

void control_conn_refuse(struct control_conn *c, const char *allow, const struct err *e)
{
    struct json_tree t;
    struct buf text;

    buf_init(&text, 8192);
    tree_init(&t);
    tree_latin1(&t, t.root, "error", slice_str(e->text));
    if (e->hint[0])
        tree_latin1(&t, t.root, "hint", slice_str(e->hint));
    else
        tree_null(&t, t.root, "hint");
    if (tree_end(&t, &text) < 0)
        buf_reset(&text);
    control_conn_answer(c, e->status, allow, buf_slice(&text));
    buf_clear(&text);
}

/* What it sends can't be read any further: the last answer. */
static void refuse_and_leave(struct control_conn *c, int status, const char *text)
{
    struct err e;

    control_refuse(&e, status, "%s", text);
    c->keep = false;
    control_conn_refuse(c, NULL, &e);
}

/* --- events -------------------------------------------------------------------------------------
 */

void control_conn_stream(struct control_conn *c)
{
    c->last = c->request.since;
    c->keep = false;
    c->state = CONTROL_STREAMS;
    if (put_head(c, 200, NULL, "application/x-ndjson", "Transfer-Encoding: chunked") < 0)
        end(c);
}

/* As many events as there is room for. */
static void fill(struct control_conn *c)
{
    const struct control_events *events = &c->control->events;

    /* Events that it should have had are gone; those from before it asked are no matter. */
    if (c->last > c->request.since && c->last + 1 < events->first) {
        end(c);
        return;
    }
    while (c->state == CONTROL_STREAMS && c->out.len < STREAM_FULL) {
        struct slice line = control_events_after(events, &c->last);

        if (line.len == 0)
            return;
        if (buf_printf(&c->out, "%zx\r\n", line.len) < 0 || buf_append_slice(&c->out, line) < 0 ||
            buf_append(&c->out, "\r\n", 2) < 0)
            end(c);
    }
}

void control_conn_wait(struct control_conn *c)
{
    c->state = CONTROL_WAITS;
}

void control_conn_stir(struct control_conn *c)
{
    if (c->state == CONTROL_STREAMS && (c->out.len == 0 || c->last + 1 < c->control->events.first))
        pump_soon(c->pump);
}

/* --- in -----------------------------------------------------------------------------------------
 */

static void receive(struct control_conn *c)
{
    ssize_t got = 1;
    struct err e;

    for (int i = 0; i < READS_PER_TURN && got > 0 && c->in.bytes.len < HTTP1_HEAD_MAX; i++) {
        uint8_t *to;

        if (c->state == CONTROL_LEAVES)
            buf_reset(&c->in.bytes); /* only the end matters now */
        to = buf_reserve(&c->in.bytes, READ_SIZE);
        got = to ? link_read(c->link, to, READ_SIZE, &e) : LINK_FAILED;
        if (got > 0)
            buf_filled(&c->in.bytes, (size_t)got);
    }
    c->eof = c->eof || got == 0;
    if (got == LINK_FAILED)
        end(c);
}

/* 1: the request is there whole; 0: more is needed, or it was refused. */
static int take_body(struct control_conn *c)
{
    struct slice raw, piece;
    struct err e;
    int r;

    if (c->in.body.kind == HTTP1_BODY_LENGTH && c->in.body.left > CONTROL_BODY_MAX) {
        refuse_and_leave(c, 413, "the body is longer than 1 MiB");
        return 0;
    }
    while ((r = http1_reader_body(&c->in, &raw, &piece, &e)) == 1) {
        if (buf_append_slice(&c->body, piece) < 0) {
            refuse_and_leave(c, 413, "the body is longer than 1 MiB");
            return 0;
        }
    }
    if (r < 0) {
        refuse_and_leave(c, 400, e.text);
        return 0;
    }
    if (c->in.body.done)
        return 1;
    if (http1_expects_continue(&c->in.head) && !c->continued && c->body.len == 0) {
        c->continued = true;
        if (buf_append_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n") < 0)
            end(c);
    }
    return 0;
}

/* The same for its head. */
static int take_head(struct control_conn *c)
{
    struct err e;
    int r = http1_reader_head(&c->in, &e);

    if (r == 1) {
        c->in_body = true;
        c->keep = http1_persists(&c->in.head);
        restart_timer(c);
    } else if (r < 0 && c->in.status) {
        refuse_and_leave(c, c->in.status, e.text);
    } else if (r < 0) {
        end(c);
    }
    return r == 1;
}

static void dispatch(struct control_conn *c)
{
    const char *allow;
    struct err e;

    if (control_request_read(&c->request, &c->in.head, buf_slice(&c->body), &allow, &e) < 0)
        control_conn_refuse(c, allow, &e);
    else
        control_answer(c);
    restart_timer(c);
}

/* Requests that have come, until one has to wait, or its answer to be taken. */
static void read_requests(struct control_conn *c)
{
    while (c->state == CONTROL_READS) {
        write_out(c);
        if (c->out.len > 0 || (!c->in_body && !take_head(c)))
            return;
        if (c->state != CONTROL_READS || !take_body(c))
            return;
        dispatch(c);
    }
}

/* --- the loop -----------------------------------------------------------------------------------
 */

/* All is written: end the outgoing side first. Closing at once would reset what the client has not
 * read yet (RFC 9112, section 9.6). */
static void leave(struct control_conn *c)
{
    struct err e;

    if (c->out.len > 0)
        return;
    if (c->eof)
        end(c);
    else if (!c->fin_sent)
        c->fin_sent = link_close(c->link, &e) != LINK_AGAIN;
}

static void go_on(void *ctx, bool readable)
{
    struct control_conn *c = ctx;

    if (readable && !c->eof)
        receive(c);
    read_requests(c);
    if (c->state == CONTROL_STREAMS)
        fill(c);
    if (c->state != CONTROL_READS)
        write_out(c);
    if (c->state == CONTROL_LEAVES)
        leave(c);
    else if (c->eof && (c->state != CONTROL_READS || c->out.len == 0))
        end(c);
    if (c->state == CONTROL_ENDED)
        control_conn_free(c);
}

static bool reads(const void *ctx)
{
    const struct control_conn *c = ctx;

    if (c->eof)
        return false;
    return c->state == CONTROL_LEAVES ||
           (c->in.bytes.len < HTTP1_HEAD_MAX && (c->state != CONTROL_READS || c->out.len == 0));
}

static bool writes(const void *ctx)
{
    const struct control_conn *c = ctx;

    return c->out.len > 0;
}

static void on_timer(void *ctx)
{
    struct control_conn *c = ctx;
    struct err e;

    if (c->state == CONTROL_WAITS) {
        control_refuse(&e, 408, "there was no such event in that time");
        control_conn_refuse(c, NULL, &e);
    } else {
        control_conn_free(c);
    }
}

static void restart_timer(struct control_conn *c)
{
    switch (c->state) {
    case CONTROL_READS:
        timer_start(c->timer, IDLE_US, on_timer);
        break;
    case CONTROL_WAITS:
        timer_start(c->timer, c->request.us, on_timer);
        break;
    case CONTROL_LEAVES:
        timer_start(c->timer, c->out.len > 0 ? IDLE_US : LINGER_US, on_timer);
        break;
    default:
        timer_stop(c->timer);
        break;
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

bool control_conn_new(struct control *control, int fd)
{
    static const struct pump_hooks hooks = {go_on, reads, writes};
    uv_loop_t *loop = &control->p->app->loop.uv;
    struct control_conn *c = calloc(1, sizeof *c);
    struct err e;

    if (!c) {
        close(fd);
        return false;
    }
    c->control = control;
    http1_reader_init(&c->in, HTTP1_REQUEST, HTTP1_HEAD_MAX + READ_SIZE, 0);
    buf_init(&c->body, CONTROL_BODY_MAX);
    buf_init(&c->out, CONTROL_ANSWER_MAX + 1024);
    c->next = control->first;
    if (c->next)
        c->next->prev = c;
    control->first = c;
    control->count++;
    c->timer = timer_new(loop, c);
    c->link = link_tcp_new(fd);
    if (!c->link)
        close(fd);
    else if (c->timer)
        c->pump = pump_new(loop, c->link, &hooks, c, &e);
    if (!c->pump) {
        end(c);
        control_conn_free(c);
        return false;
    }
    listener_tune(fd);
    restart_timer(c);
    pump_update(c->pump);
    return true;
}

/* The run is over, and the last events belong to it. */
static void finish_stream(struct control_conn *c)
{
    uint64_t before;

    do {
        before = c->last;
        fill(c);
        write_out(c);
    } while (c->state == CONTROL_STREAMS && c->last != before);
    if (c->state == CONTROL_STREAMS && buf_append_str(&c->out, "0\r\n\r\n") == 0)
        write_out(c);
}

void control_conn_free(struct control_conn *c)
{
    if (c->state == CONTROL_STREAMS)
        finish_stream(c);
    if (c->state != CONTROL_ENDED)
        write_out(c);
    control_gone(c->control, c);
    pump_free(c->pump);
    link_free(c->link);
    timer_free(c->timer);
    http1_reader_clear(&c->in);
    buf_clear(&c->body);
    buf_clear(&c->out);
    control_request_clear(&c->request);
    free(c);
}
