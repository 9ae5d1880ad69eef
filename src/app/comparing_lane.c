#include <stdio.h>
#include <stdlib.h>

#include "app/comparing.h"
#include "app/views.h"
#include "base/decimal.h"
#include "sink/redact.h"

/* --max-message if none is given: more is unreasonable for a measurement. */
#define MAX_MESSAGE (64 * 1024 * 1024)
/* How long a peer may take to answer the Close at the end. */
#define CLOSE_US 1000000
/* Of an opening for the page. */
#define OPENING_MAX (32 * 1024)

#define OPENING_KINDS                                                           \
    (EVENT_BIT(EVENT_CONNECT) | EVENT_BIT(EVENT_PROXY) | EVENT_BIT(EVENT_TLS) | \
     EVENT_BIT(EVENT_REQUEST) | EVENT_BIT(EVENT_RESPONSE))
/* The events of a channel in the JSON output, unless --events selects others. */
#define TOLD_KINDS                                                             \
    (EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_ERROR) | \
     EVENT_BIT(EVENT_RETRY) | EVENT_BIT(EVENT_FAULT) | EVENT_BIT(EVENT_VIOLATION))

/* --- events -------------------------------------------------------------------------------------
 */

static void tell_opening(struct lane *lane, const struct event *ev)
{
    if (!lane->scribe || !(EVENT_BIT(ev->kind) & OPENING_KINDS))
        return;
    lane->scribe->event(lane->scribe, ev);
    /* The answer to the handshake, or to the first poll, ends it; a redirect continues it. */
    if ((ev->kind == EVENT_RESPONSE && !ev->response.interim && !ev->response.followed) ||
        out_queued(&lane->opening) > OPENING_MAX) {
        lane->scribe->free(lane->scribe);
        lane->scribe = NULL;
    }
}

/* When the bytes of an event were received, before they were processed. */
static uint64_t arrival_us(const struct lane *lane, const struct event *ev)
{
    uint64_t read_us = lane->traffic.read_us;

    if (read_us < lane->run->start_us || read_us - lane->run->start_us > ev->at_us)
        return ev->at_us;
    return read_us - lane->run->start_us;
}

static void tell_note(struct comparing *run, const char *text)
{
    if (run->hooks.note)
        run->hooks.note(run->hooks.ctx, text);
}

/* A line that a pipe would print, of the protocol that is spoken. */
static struct event line_of(const struct lane *lane, const struct event *ev)
{
    struct event update = *ev;

    update.kind = EVENT_MESSAGE;
    update.message = (struct event_message){.type = OPCODE_TEXT,
                                            .data = ev->decoded.line,
                                            .final = true,
                                            .fragments = 1,
                                            .wire = lane->wire,
                                            .total = ev->decoded.line.len};
    return update;
}

/* With a name, updates are lines in the form of its protocol: handshakes and heartbeats are none.
 */
static void on_decoded(struct lane *lane, const struct event *ev)
{
    struct event update;

    if (!ev->decoded.has_line || ev->dir != DIR_IN)
        return;
    update = line_of(lane, ev);
    lane->wire = 0;
    comparison_event(&lane->run->compare, lane->number, &update, arrival_us(lane, ev));
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct lane *lane = (struct lane *)sink;

    tell_opening(lane, ev);
    if (ev->kind == EVENT_NOTE)
        tell_note(lane->run, ev->note);
    if (lane->run->over)
        return;
    if (ev->kind == EVENT_DECODED)
        on_decoded(lane, ev);
    else if (lane->speaks && ev->kind == EVENT_MESSAGE && ev->message.decoded > 0)
        lane->wire = ev->message.wire;
    else
        comparison_event(&lane->run->compare, lane->number, ev, arrival_us(lane, ev));
}

static void on_ended(void *ctx)
{
    struct lane *lane = ctx;

    lane->ended = true;
    comparing_lane_ended(lane->run);
}

/* --- making them --------------------------------------------------------------------------------
 */

static char *shown_url(const struct view_options *o, const struct url *url)
{
    char *plain = url_print(url);
    struct buf shown;
    char *copy = NULL;

    if (!plain)
        return NULL;
    buf_init(&shown, 64 * 1024);
    /* url_print writes ws for http, which polling and SSE are not. */
    if (url->http && buf_printf(&shown, "http%s", url->scheme == URL_WSS ? "s" : "") == 0) {
        char *rest = strstr(plain, "://");

        if (rest)
            memmove(plain, rest, strlen(rest) + 1);
    }
    if (o->show_secrets ? buf_append_str(&shown, plain) == 0
                        : redact_target(&shown, slice_str(plain), true) == 0)
        copy = strndup((const char *)buf_data(&shown), shown.len);
    buf_clear(&shown);
    free(plain);
    return copy;
}

static int add_sinks(struct lane *lane)
{
    const struct view_options *o = lane->run->config.view;
    struct view_config view = views_config(o, STDERR_FILENO, false);
    struct view_config scribe = {
        .level = 1, .include = true, .utf8 = true, .show_secrets = o->show_secrets};
    struct ndjson_config json = {.kinds = o->events ? o->events : TOLD_KINDS,
                                 .show_secrets = o->show_secrets,
                                 .tty = isatty(STDOUT_FILENO)};
    int failed = 0;

    out_init_memory(&lane->opening, OPENING_MAX);
    lane->scribe = human_new(&lane->opening, &scribe);
    lane->watch =
        (struct sink){COMPARISON_WANTS | OPENING_KINDS | EVENT_BIT(EVENT_NOTE), on_event, NULL};
    if (lane->speaks)
        lane->watch.wants |= EVENT_BIT(EVENT_DECODED);
    failed |= bus_add(&lane->bus, &lane->watch);
    if (lane->run->json)
        failed |= bus_add(&lane->bus, ndjson_new(lane->run->json, &json));
    if (lane->run->details)
        failed |= bus_add(&lane->bus, human_new(lane->run->details, &view));
    return failed || !lane->scribe ? -1 : 0;
}

/* text: NULL for the URL of the options. */
static int make(struct comparing *run, enum event_channel kind, const char *text, uint64_t every_us,
                const char *label, struct err *e)
{
    const struct connect_options *o = run->config.connect;
    const struct session_hooks hooks = {NULL, NULL, on_ended, &run->lanes[run->count]};
    struct lane *lane = &run->lanes[run->count];
    struct comparison_source source;
    int number;

    *lane = (struct lane){.run = run, .speaks = kind == CHANNEL_WS && o->decode.count > 0};
    bus_init(&lane->bus);
    traffic_init(&lane->traffic, &run->meter);
    out_init_memory(&lane->opening, 0);
    snprintf(lane->label, sizeof lane->label, "%s", label);
    run->count++;
    lane->target = run->config.together
                       ? target_beside(o, text, kind, run->start_us, MAX_MESSAGE, e)
                       : target_new(o, text, kind, run->start_us, MAX_MESSAGE, e);
    if (!lane->target)
        return -1;
    lane->target->url.http = kind != CHANNEL_WS;
    lane->url = shown_url(run->config.view, &lane->target->url);
    if (!lane->url || add_sinks(lane) < 0)
        return err_nomem(e, STAGE_IO, "starting");
    source = (struct comparison_source){
        .kind = kind,
        .every_us = every_us,
        .hanging = kind == CHANNEL_POLL && o->http.long_poll,
        .secure = lane->target->url.scheme == URL_WSS,
        .keepalive = !o->http.no_keepalive,
        .label = lane->label,
        .url = lane->url,
    };
    number = comparison_add(&run->compare, &source);
    if (number < 0)
        return err_nomem(e, STAGE_IO, "starting");
    lane->number = (unsigned)number;
    lane->target->config.channel = kind;
    lane->target->config.ws.dial.traffic = &lane->traffic;
    if (kind == CHANNEL_POLL)
        lane->target->config.poll.every_us = every_us;
    else
        lane->target->config.account = (struct account_config){0}; /* the comparison counts */
    if ((number == 0 ? fault_rig_init(&lane->faults, run->loop, run->config.fault, false,
                                      &lane->bus, run->start_us, e)
                     : fault_rig_init_like(&lane->faults, &run->lanes[0].faults, 0, run->loop,
                                           run->config.fault, &lane->bus, e)) < 0)
        return -1;
    lane->target->config.supplies = run->supplies;
    lane->target->config.faults = lane->faults.faults;
    lane->session = session_new(run->loop, &lane->target->config, &lane->bus, &hooks, e);
    return lane->session ? 0 : -1;
}

static int make_polls(struct comparing *run, struct err *e)
{
    const struct connect_options *o = run->config.connect;
    uint64_t usual = o->http.every_us;
    const uint64_t *every = o->http.every_count ? o->http.every : &usual;
    size_t count = o->http.every_count ? o->http.every_count : 1;
    char label[48];

    if (o->http.long_poll)
        return make(run, CHANNEL_POLL, o->http.poll, every[0], "long poll", e);
    for (size_t i = 0; i < count; i++) {
        snprintf(label, sizeof label, "poll %s s", decimal_millionths(every[i]).text);
        if (make(run, CHANNEL_POLL, o->http.poll, every[i], label, e) < 0)
            return -1;
    }
    return 0;
}

int lanes_make(struct comparing *run, struct err *e)
{
    const struct connect_options *o = run->config.connect;

    if (o->url_text && make(run, CHANNEL_WS, NULL, 0, "ws", e) < 0)
        return -1;
    if (o->http.sse && make(run, CHANNEL_SSE, o->http.sse, 0, "sse", e) < 0)
        return -1;
    return o->http.poll ? make_polls(run, e) : 0;
}

/* --- their life ---------------------------------------------------------------------------------
 */

void lanes_open(struct comparing *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        if (session_open(run->lanes[i].session) < 0)
            run->lanes[i].ended = true;
    }
}

void lanes_close(struct comparing *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        session_discard(run->lanes[i].session);
        session_close(run->lanes[i].session, CLOSE_NORMAL, "", CLOSE_US, ASKED_ENOUGH);
    }
}

bool lanes_ended(const struct comparing *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        if (!run->lanes[i].ended)
            return false;
    }
    return true;
}

void lanes_free(struct comparing *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        session_free(run->lanes[i].session);
        fault_rig_clear(&run->lanes[i].faults);
    }
}

void lanes_clear(struct comparing *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        struct lane *lane = &run->lanes[i];

        bus_clear(&lane->bus);
        if (lane->scribe)
            lane->scribe->free(lane->scribe);
        out_clear(&lane->opening);
        traffic_clear(&lane->traffic);
        target_free(lane->target);
        free(lane->url);
    }
}
