/*
 * fanout_publish: the ways to publish a message.
 */
#include <stdlib.h>
#include <string.h>

#include "http/http.h"
#include "verb/fanout/fanout_private.h"

/* How long a server may take to answer, or a command to end. */
#define ANSWER_US 10000000
#define TEXT_MAX  (1u << 20)

struct fanout_publisher {
    struct fanout_front *front;
    struct buf text; /* of the message, the command or the target */

    struct child *child;
    struct timer *patience; /* for the command */

    struct target *target;
    struct bus bus; /* nobody looks at the requests */
    struct http_shared shared;
    struct http_config config;
    struct http *http;
    struct buf body;
};

int fanout_fill(struct buf *out, const char *text, const char *nonce, size_t i, size_t n)
{
    while (*text) {
        size_t plain = 1 + strcspn(text + 1, "{");
        int r;

        if (nonce && strncmp(text, "{nonce}", 7) == 0) {
            r = buf_append_str(out, nonce);
            plain = 7;
        } else if (strncmp(text, "{i}", 3) == 0 || strncmp(text, "{n}", 3) == 0) {
            r = buf_printf(out, "%zu", text[1] == 'i' ? i + 1 : n);
            plain = 3;
        } else {
            r = buf_append(out, text, plain);
        }
        if (r < 0)
            return -1;
        text += plain;
    }
    return 0;
}

/* A text for connection i, with its NUL in buf. 0 or -1. */
static int fill(const struct fanout_publisher *p, struct buf *out, const char *text, size_t i,
                const char *nonce)
{
    buf_reset(out);
    if (fanout_fill(out, text, nonce, i, (size_t)p->front->own->connections) < 0 ||
        buf_append(out, "", 1) < 0)
        return -1;
    return 0;
}

static struct slice text_of(const struct buf *buf)
{
    return slice_make(buf_data(buf), buf->len - 1);
}

/* --- by a connection ----------------------------------------------------------------------------
 */

static void send_by_client(struct fanout_publisher *p, size_t i)
{
    struct err e;
    int r = fleet_say(p->front->fleet, i, text_of(&p->text), &e);

    if (r == SEND_CLOSED)
        e.code = EXIT_LOST;
    fanout_sent(p->front, r < 0 ? &e : NULL);
}

/* --- by a command -------------------------------------------------------------------------------
 */

static void on_command_done(void *ctx, int status, int number)
{
    struct fanout_publisher *p = ctx;
    struct err e;
    bool failed = status != 0 || number != 0;

    timer_stop(p->patience);
    if (failed)
        child_failed(p->child, "--publish-cmd", status, number, &e);
    child_free(p->child);
    p->child = NULL;
    fanout_sent(p->front, failed ? &e : NULL);
}

static void on_command_late(void *ctx)
{
    struct fanout_publisher *p = ctx;
    struct err e;

    child_free(p->child);
    p->child = NULL;
    err_set(&e, EXIT_TIMEOUT, STAGE_IO, 0, "--publish-cmd: the command did not end within %u s",
            ANSWER_US / 1000000);
    fanout_sent(p->front, &e);
}

static void send_by_command(struct fanout_publisher *p)
{
    const struct child_hooks hooks = {NULL, on_command_done, p};
    struct err e;

    p->child = child_start(&p->front->app->loop.uv, (const char *)buf_data(&p->text), &hooks, &e);
    if (p->child)
        timer_start(p->patience, ANSWER_US, on_command_late);
    else
        fanout_sent(p->front, &e);
}

/* --- by a request -------------------------------------------------------------------------------
 */

static void on_answer(void *ctx, const struct http_result *result)
{
    struct fanout_publisher *p = ctx;
    struct err e = result->error;

    if (e.code == EXIT_OK && (result->status < 200 || result->status > 299)) {
        err_set(&e, EXIT_OTHER, STAGE_IO, 0, "--publish-http: the server answered %d",
                result->status);
        err_hint(&e, "it must answer 2xx; the request is a POST with the message as its body, "
                     "unless --method and --data are given");
    }
    fanout_sent(p->front, e.code != EXIT_OK ? &e : NULL);
}

static int http_prepare(struct fanout_publisher *p, struct err *e)
{
    static const struct http_hooks hooks = {.done = on_answer};
    struct app *app = p->front->app;

    p->target = target_new(app->connect, p->front->own->publish, CHANNEL_POLL, app->start_us, 0, e);
    if (!p->target)
        return -1;
    p->target->config.ws.dial.interface = fanout_source(p->front);
    p->shared.supplies = &app->loop.supplies;
    p->config = (struct http_config){
        .identity = &p->target->config.ws.handshake,
        .dial = &p->target->config.ws.dial,
        .timeout_us = ANSWER_US,
        .no_keepalive = app->connect->http.no_keepalive,
        .follow = app->connect->ws.follow,
        .max_redirects = p->target->config.ws.max_redirects,
    };
    p->http = http_new(&app->loop.uv, &p->config, &p->shared, &p->bus, &hooks, p);
    return p->http ? 0 : err_nomem(e, STAGE_IO, "starting");
}

/* What is sent, unless --data says what: the message that connections send by default. */
static const char *body_of(const struct fanout_publisher *p)
{
    const struct slice *data = &p->front->app->connect->http.data;

    return data->len > 0 ? (const char *)data->data : FANOUT_MESSAGE;
}

static void send_by_redis(struct fanout_publisher *p, size_t i, const char *nonce)
{
    struct err e;

    if (fill(p, &p->body, body_of(p), i, nonce) == 0) {
        fanout_redis_publish(p->front->redis, text_of(&p->text), text_of(&p->body));
        return;
    }
    err_nomem(&e, STAGE_IO, "publishing");
    fanout_sent(p->front, &e);
}

static void send_by_http(struct fanout_publisher *p, size_t i, const char *nonce)
{
    static const struct handshake_header type = {"Content-Type", "application/json", false};
    const struct http_options *o = &p->front->app->connect->http;
    const char *method = o->method ? o->method : "POST";
    bool bare = strcmp(method, "GET") == 0 && o->data.len == 0;
    struct http_request request = {.method = method, .max_body = TEXT_MAX};
    struct err e;

    if (fill(p, &p->text, p->target->url.target, i, nonce) < 0 ||
        fill(p, &p->body, body_of(p), i, nonce) < 0) {
        err_nomem(&e, STAGE_IO, "publishing");
        fanout_sent(p->front, &e);
        return;
    }
    request.target = (const char *)buf_data(&p->text);
    if (!bare) {
        request.body = text_of(&p->body);
        request.fields = &type;
        request.field_count = 1;
    }
    if (http_start(p->http, &request, &e) < 0)
        fanout_sent(p->front, &e);
}

/* --- all of them --------------------------------------------------------------------------------
 */

void publisher_send(struct fanout_publisher *p, size_t i, const char *nonce)
{
    struct err e;

    if (p->front->own->way == FANOUT_BY_HTTP) {
        send_by_http(p, i, nonce);
        return;
    }
    if (fill(p, &p->text, p->front->own->publish, i, nonce) < 0) {
        err_nomem(&e, STAGE_IO, "publishing");
        fanout_sent(p->front, &e);
    } else if (p->front->own->way == FANOUT_BY_COMMAND) {
        send_by_command(p);
    } else if (p->front->own->way == FANOUT_BY_REDIS) {
        send_by_redis(p, i, nonce);
    } else {
        send_by_client(p, i);
    }
}

struct fanout_publisher *publisher_new(struct fanout_front *front, struct err *e)
{
    struct fanout_publisher *p = calloc(1, sizeof *p);

    err_nomem(e, STAGE_IO, "starting");
    if (!p)
        return NULL;
    p->front = front;
    buf_init(&p->text, TEXT_MAX);
    buf_init(&p->body, TEXT_MAX);
    bus_init(&p->bus);
    p->patience = timer_new(&front->app->loop.uv, p);
    if (p->patience && (front->own->way != FANOUT_BY_HTTP || http_prepare(p, e) == 0))
        return p;
    publisher_stop(p);
    publisher_free(p);
    return NULL;
}

void publisher_stop(struct fanout_publisher *p)
{
    if (!p)
        return;
    child_free(p->child);
    p->child = NULL;
    http_free(p->http);
    p->http = NULL;
    timer_free(p->patience);
    p->patience = NULL;
}

void publisher_free(struct fanout_publisher *p)
{
    if (!p)
        return;
    http_shared_clear(&p->shared);
    target_free(p->target);
    bus_clear(&p->bus);
    buf_clear(&p->text);
    buf_clear(&p->body);
    free(p);
}
