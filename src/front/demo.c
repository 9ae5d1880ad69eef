#include "front/demo.h"

#include <stdio.h>

#include "base/clock.h"
#include "front/demo_drop.h"
#include "front/output.h"
#include "front/session_setup.h"
#include "front/views.h"
#include "serve/server.h"

/* Everything happens inside this process: what takes that long does not come any more. */
#define STEP_MS     10000
#define MAX_MESSAGE (64 * 1024 * 1024)

struct demo;

/* A step of the tour says what comes, does it, and is over when its event has been seen. */
struct step {
    const char *say;
    const char *awaited; /* for the error if it does not come */
    void (*act)(struct demo *d);
    struct slice echo; /* a message with these bytes ends it; else what `act` leads to */
};

struct demo {
    struct sink watch; /* on `events`: minds the steps, and hands on to the views */
    struct bus events; /* of the sessions */
    const struct options *options;
    uint64_t start_us;
    uv_loop_t loop;
    struct views views;
    struct output out, err;
    struct bus silent; /* of the server: the tour shows the client's side */
    struct server *server;
    struct url url;
    struct session *session;
    struct demo_drop drop;
    bool dropping;        /* drop is to be cleared */
    struct totals totals; /* of sessions before this one */
    uv_timer_t next;      /* the step is over: begin the next in a turn of its own */
    uv_timer_t limit;
    size_t step;
    bool failed, finished;
    enum exit_code code;
};

/* --- the steps ----------------------------------------------------------------------------------
 */

static const char hello[] = "Hello, WebSocket!";
static const char json[] = "{\"greeting\":\"Grüße, 世界\",\"big\":9007199254740993,\"ok\":true}";
static const uint8_t binary[] = {0x89, 'P',  'N',  'G',  0x0D, 0x0A, 0x1A, 0x0A, 0x00,
                                 0x01, 0x02, 0x03, 0xFC, 0xFD, 0xFE, 0xFF, 'w',  's',
                                 'c',  'o',  'p',  'e',  0xDE, 0xAD, 0xBE, 0xEF};
static const char *const fragments[] = {"one message, ", "sent in three ", "frames"};
static const char whole[] = "one message, sent in three frames";

#define TEXT_OF(literal)                                \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }
#define BYTES_OF(array)        \
    {                          \
        (array), sizeof(array) \
    }
#define FRAGMENT_COUNT (sizeof fragments / sizeof *fragments)

static void act_connect(struct demo *d)
{
    session_open(d->session); /* a failure is told and ends the session */
}

static void act_hello(struct demo *d)
{
    session_send(d->session, OPCODE_TEXT, slice_str(hello), true, true);
}

static void act_json(struct demo *d)
{
    session_send(d->session, OPCODE_TEXT, slice_str(json), true, true);
}

static void act_binary(struct demo *d)
{
    session_send(d->session, OPCODE_BINARY, slice_make(binary, sizeof binary), true, true);
}

static void act_fragments(struct demo *d)
{
    for (size_t i = 0; i < FRAGMENT_COUNT; i++)
        session_send(d->session, OPCODE_TEXT, slice_str(fragments[i]), i == 0,
                     i + 1 == FRAGMENT_COUNT);
}

static void act_ping(struct demo *d)
{
    session_ping(d->session, OPCODE_PING, slice_str("are you there?"));
}

static void act_close(struct demo *d)
{
    session_close(d->session, CLOSE_NORMAL, "end of the tour", 0, ASKED_CLOSE);
}

static void act_drop(struct demo *d);

static const struct step steps[] = {
    {"1. Connect: the HTTP request that asks for a WebSocket, and the answer that opens it",
     "the connection did not open",
     act_connect,
     {0}},
    {"2. Send a text: the client masks its frame, the server's echo comes back without a mask",
     "the echo of the text did not come", act_hello, TEXT_OF(hello)},
    {"3. Text is UTF-8, and JSON stays as it was sent, digit for digit",
     "the echo of the JSON message did not come", act_json, TEXT_OF(json)},
    {"4. A binary message: any bytes, shown as a hex dump",
     "the echo of the binary message did not come", act_binary, BYTES_OF(binary)},
    {"5. One message in three frames: only the last has FIN, the others after the first are \"cont\"",
     "the echo of the fragmented message did not come", act_fragments, TEXT_OF(whole)},
    {"6. A ping: the peer must send the same bytes back in a pong, which measures the round trip",
     "the pong did not come",
     act_ping,
     {0}},
    {"7. Close: each side sends a Close frame, then the server hangs up",
     "the connection was not closed",
     act_close,
     {0}},
    {"8. Drop: a feed is reset on purpose; the client comes back and gets what it has missed",
     "the feed did not come whole",
     act_drop,
     {0}},
};

#define STEP_COUNT (sizeof steps / sizeof *steps)
#define STEP_DROP  (STEP_COUNT - 1)
#define STEP_CLOSE (STEP_COUNT - 2)
#define STEP_PING  (STEP_COUNT - 3)

/* --- the tour -----------------------------------------------------------------------------------
 */

static void put_line(struct demo *d, const char *text)
{
    if (d->options->json || d->options->level < 0)
        return;
    out_put(&d->views.out, text, strlen(text));
    out_put(&d->views.out, "\n", 1);
}

static void stop_if_written(struct demo *d)
{
    if (d->finished && out_queued(&d->views.out) == 0 && out_queued(&d->views.err) == 0)
        uv_stop(&d->loop);
}

static void finish(struct demo *d)
{
    if (d->finished)
        return;
    d->finished = true;
    uv_timer_stop(&d->limit);
    uv_timer_stop(&d->next);
    stop_if_written(d);
}

static void fail(struct demo *d, const char *text)
{
    struct err e;

    err_set(&e, EXIT_OTHER, STAGE_IO, 0, "the tour stopped at step %zu: %s", d->step + 1, text);
    err_hint(&e, "wscope demo -vvv shows every byte");
    session_report_error(d->session, &e);
    d->failed = true;
    d->code = EXIT_OTHER;
    session_abort(d->session);
    finish(d);
}

static void on_limit(uv_timer_t *timer)
{
    struct demo *d = timer->data;

    fail(d, steps[d->step].awaited);
}

static void begin_step(struct demo *d)
{
    put_line(d, "");
    session_note(d->session, steps[d->step].say);
    uv_timer_start(&d->limit, on_limit, STEP_MS, 0);
    steps[d->step].act(d);
}

static void on_next(uv_timer_t *timer)
{
    struct demo *d = timer->data;

    d->step++;
    begin_step(d);
}

static void step_done(struct demo *d)
{
    if (!d->failed && !uv_is_active((uv_handle_t *)&d->next))
        uv_timer_start(&d->next, on_next, 0, 0);
}

static void add_totals(struct totals *sum, const struct totals *more)
{
    sum->connections += more->connections;
    sum->messages_in += more->messages_in;
    sum->messages_out += more->messages_out;
    sum->payload_in += more->payload_in;
    sum->payload_out += more->payload_out;
    sum->frames_in += more->frames_in;
    sum->frames_out += more->frames_out;
    sum->wire_in += more->wire_in;
    sum->wire_out += more->wire_out;
    sum->pings_in += more->pings_in;
    sum->pings_out += more->pings_out;
    sum->pongs_in += more->pongs_in;
    sum->pongs_out += more->pongs_out;
}

/* JSON has one summary, its last line, which is of all sessions. */
static void show_summary(struct demo *d, const struct event *ev)
{
    struct event sum = *ev;

    if (d->options->json) {
        if (d->step != STEP_DROP && !d->failed) {
            add_totals(&d->totals, &ev->summary.totals);
            return;
        }
        add_totals(&sum.summary.totals, &d->totals);
    }
    bus_emit(&d->views.bus, &sum);
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct demo *d = (struct demo *)sink;
    const struct step *step = &steps[d->step];

    if (ev->kind == EVENT_SUMMARY)
        show_summary(d, ev);
    else
        bus_emit(&d->views.bus, ev);
    if (d->step == STEP_DROP) {
        if (demo_drop_take(&d->drop, ev))
            session_close(d->session, CLOSE_NORMAL, "end of the tour", 0, ASKED_ENOUGH);
        return;
    }
    if (ev->dir != DIR_IN)
        return;
    if (ev->kind == EVENT_PONG && d->step == STEP_PING && ev->control.matched)
        step_done(d);
    else if (ev->kind == EVENT_MESSAGE && step->echo.len > 0 &&
             slice_equal(ev->message.data, step->echo))
        step_done(d);
}

static void watch_free(struct sink *sink)
{
    (void)sink; /* part of struct demo */
}

static void say_what_next(struct demo *d)
{
    put_line(d, "");
    put_line(d, "What next:");
    put_line(d, "  wscope serve                         the same server, on port 9001, until ^C");
    put_line(d, "  echo hello | wscope -i :9001/echo    talk to it from another terminal");
    put_line(d, "  wscope -n --count 5 :9001/feed       five of the updates that it sends");
}

static void on_opened(void *ctx)
{
    struct demo *d = ctx;

    if (d->step == 0)
        step_done(d);
}

/* The last step is over, or the tour broke off. */
static void end_tour(struct demo *d)
{
    char text[200];
    bool good = d->step == STEP_DROP && demo_drop_result(&d->drop, text, sizeof text) == 0;

    if (d->code == EXIT_OK && !good)
        d->code = EXIT_OTHER;
    session_summary(d->session, d->code);
    if (good)
        session_note(d->session, text);
    if (d->code == EXIT_OK)
        say_what_next(d);
    finish(d);
}

static void on_ended(void *ctx)
{
    struct demo *d = ctx;

    if (d->failed)
        return;
    d->code = session_outcome(d->session);
    if (d->step != STEP_CLOSE || d->code != EXIT_OK) {
        end_tour(d);
        return;
    }
    session_summary(d->session, d->code);
    step_done(d);
}

static const struct session_hooks *hooks_of(struct demo *d, struct session_hooks *hooks)
{
    *hooks = (struct session_hooks){on_opened, NULL, on_ended, d};
    return hooks;
}

static int start_drop(struct demo *d, struct err *e)
{
    struct session_hooks hooks;
    struct session_config config;
    struct session *first = d->session;

    if (demo_drop_show(&d->views, d->options) < 0)
        return err_nomem(e, STAGE_IO, "going on with the tour");
    d->dropping = true;
    if (demo_drop_init(&d->drop, server_url(d->server), e) < 0)
        return -1;
    put_line(d, d->drop.command);
    if (demo_drop_arm(&d->drop, &d->loop, &d->events, d->start_us, e) < 0)
        return -1;
    config = demo_drop_config(&d->drop, d->start_us);
    d->session = session_new(&d->loop, &config, &d->events, hooks_of(d, &hooks), e);
    if (!d->session) {
        d->session = first;
        return -1;
    }
    session_free(first);
    return 0;
}

static void act_drop(struct demo *d)
{
    struct err e;

    if (start_drop(d, &e) < 0)
        fail(d, e.text);
    else
        session_open(d->session);
}

/* --- outputs ------------------------------------------------------------------------------------
 */

static void on_output_full(void *ctx)
{
    (void)ctx; /* the whole tour is less than what may wait */
}

static void on_output_written(void *ctx)
{
    stop_if_written(ctx);
}

static void on_output_failed(void *ctx, struct output *output)
{
    struct demo *d = ctx;

    if (output == &d->out) { /* nobody is watching any more */
        d->failed = true;
        d->finished = true;
        uv_stop(&d->loop);
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

/* Everything that can be seen of the tour is to be seen; a message is shown by its frames. */
static int init_views(struct demo *d, struct err *e)
{
    struct options shown = *d->options;
    struct bus *bus = &d->views.bus;

    if (shown.level >= 0 && shown.level < 2 && !shown.json)
        shown.level = 2;
    shown.include = shown.pings = shown.level >= 0;
    if (views_init(&d->views, &shown, VIEWS_TOUR, e) < 0)
        return -1;
    for (unsigned i = 0; i < bus->count && !shown.json; i++) {
        if (bus->sinks[i]->wants & EVENT_BIT(EVENT_FRAME))
            bus->sinks[i]->wants &= ~EVENT_BIT(EVENT_MESSAGE);
    }
    d->watch = (struct sink){EVENT_ALL, on_event, watch_free};
    bus_init(&d->events);
    return bus_add(&d->events, &d->watch);
}

static void init_handles(struct demo *d)
{
    const struct output_hooks hooks = {on_output_full, on_output_written, on_output_failed, d};

    output_init(&d->out, &d->loop, &d->views.out, &hooks);
    output_init(&d->err, &d->loop, &d->views.err, &hooks);
    uv_timer_init(&d->loop, &d->next);
    uv_timer_init(&d->loop, &d->limit);
    d->next.data = d->limit.data = d;
}

static int start(struct demo *d, const struct server_config *server, struct err *e)
{
    struct session_hooks hooks;
    struct session_config config = session_setup(d->options, d->start_us, MAX_MESSAGE);
    char text[128];

    d->server = server_new(&d->loop, server, &d->silent, e);
    if (!d->server)
        return -1;
    snprintf(text, sizeof text, "%s/echo", server_url(d->server));
    if (url_parse(&d->url, text, e) < 0)
        return -1;
    config.ws.handshake.url = &d->url;
    config.ws.handshake.deflate.enabled = false; /* short messages would only grow */
    d->session = session_new(&d->loop, &config, &d->events, hooks_of(d, &hooks), e);
    return d->session ? 0 : -1;
}

static void run(struct demo *d, const struct server_config *server)
{
    struct event ev = {.kind = EVENT_ERROR, .time_us = clock_wall_us()};

    if (start(d, server, &ev.error) < 0) {
        bus_emit(&d->views.bus, &ev);
        d->code = ev.error.code;
        return;
    }
    put_line(d, "A server and a client of it, both in this process. > and < are the lines of the "
                "handshake,");
    put_line(d, "arrows the frames: what we send, and what the server sends.");
    begin_step(d);
    uv_run(&d->loop, UV_RUN_DEFAULT);
}

static void close_handles(struct demo *d)
{
    session_free(d->session);
    if (d->dropping)
        demo_drop_clear(&d->drop);
    server_free(d->server);
    output_close(&d->out);
    output_close(&d->err);
    uv_close((uv_handle_t *)&d->next, NULL);
    uv_close((uv_handle_t *)&d->limit, NULL);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    uv_loop_close(&d->loop);
}

enum exit_code demo_run(const struct options *o, uint64_t start_us)
{
    struct demo d = {.options = o, .start_us = start_us, .code = EXIT_OK};
    const struct server_config server = {.host = "127.0.0.1",
                                         .rate = DEMO_DROP_RATE,
                                         .burst = 1,
                                         .max_clients = 16,
                                         .start_us = start_us};
    struct err e;

    bus_init(&d.silent);
    if (init_views(&d, &e) < 0)
        return EXIT_OTHER;
    uv_loop_init(&d.loop);
    init_handles(&d);
    run(&d, &server);
    out_drain(&d.views.err, 0);
    out_drain(&d.views.out, 0);
    close_handles(&d);
    url_clear(&d.url);
    bus_clear(&d.events);
    views_clear(&d.views);
    return d.code;
}
