#include "verb/probe/visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/views.h"
#include "base/secret.h"
#include "sink/redact.h"

#define MAX_MESSAGE (1024 * 1024)
/* To the 101; and how long an open connection is watched before it is reported to stay open: until
 * a ping is answered and a little longer. */
#define OPEN_US   4000000
#define SETTLE_US 1500000
#define LINGER_US 250000
/* How long a peer may take to answer the Close. */
#define CLOSE_US 1000000

#define WANTS                                                                       \
    (EVENT_BIT(EVENT_RESPONSE) | EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_MESSAGE) | \
     EVENT_BIT(EVENT_PING) | EVENT_BIT(EVENT_PONG) | EVENT_BIT(EVENT_VIOLATION) |   \
     EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_NOTE) | SINK_INCOMING_ONLY)

static void copy(char *to, size_t size, struct slice from)
{
    size_t n = from.len < size ? from.len : size - 1;

    if (n > 0)
        memcpy(to, from.data, n);
    to[n] = '\0';
}

/* --- what is shown of an answer -----------------------------------------------------------------
 */

/* Fields that name who answered, or passed the answer on. */
static const char *const hop_fields[] = {
    "Server",      "Via",       "X-Served-By", "X-Cache",     "X-Powered-By",    "CF-RAY",
    "X-Amz-Cf-Id", "X-Varnish", "X-Backend",   "X-Azure-Ref", "X-Amzn-RequestId"};

static void note_who(struct probe_answer *answer, const struct field *field)
{
    size_t have = strlen(answer->who);
    int len = (int)(field->value.len < 60 ? field->value.len : 60);

    for (size_t i = 0; i < sizeof hop_fields / sizeof hop_fields[0]; i++) {
        if (slice_is_nocase(field->name, hop_fields[i]) && have + 8 < sizeof answer->who)
            snprintf(answer->who + have, sizeof answer->who - have, "%s%s: %.*s", have ? ", " : "",
                     hop_fields[i], len, (const char *)field->value.data);
    }
}

static void note_location(struct probe_answer *answer, const struct field *field)
{
    struct buf shown;

    buf_init(&shown, 65536);
    if (redact_field(&shown, field->name, field->value, true) == 0)
        copy(answer->location, sizeof answer->location, buf_slice(&shown));
    buf_clear(&shown);
}

bool visit_take_body(struct probe_answer *answer, struct slice piece)
{
    size_t have = strlen(answer->body);

    for (size_t i = 0; i < piece.len && have + 1 < sizeof answer->body; i++) {
        uint8_t byte = piece.data[i] == '\r' || piece.data[i] == '\n' || piece.data[i] == '\0'
                           ? ' '
                           : piece.data[i];

        if (byte != ' ' || (have > 0 && answer->body[have - 1] != ' '))
            answer->body[have++] = (char)byte;
    }
    answer->body[have] = '\0';
    return have + 1 == sizeof answer->body;
}

void visit_take_answer(struct probe_answer *answer, const struct event_response *response)
{
    if (response->interim || response->followed)
        return;
    *answer = (struct probe_answer){.status = response->status, .us = response->us};
    copy(answer->reason, sizeof answer->reason, response->reason);
    visit_take_body(answer, response->body);
    snprintf(answer->hint, sizeof answer->hint, "%s", response->hint);
    for (size_t i = 0; i < response->header_count; i++) {
        const struct field *field = &response->headers[i];

        note_who(answer, field);
        if (slice_is_nocase(field->name, "Server"))
            copy(answer->server, sizeof answer->server, field->value);
        else if (slice_is_nocase(field->name, "Location"))
            note_location(answer, field);
    }
}

/* --- events -------------------------------------------------------------------------------------
 */

static void settle(void *ctx)
{
    struct visit *v = ctx;

    if (v->settled)
        return;
    v->settled = true;
    timer_stop(v->timer);
    if (!v->plan.keep && !v->ended)
        session_close(v->session, CLOSE_NORMAL, "", CLOSE_US, ASKED_ENOUGH);
    v->hooks.settled(v->hooks.ctx, v);
}

static void note_open(struct visit *v, const struct event_open *open)
{
    struct probe_seen *seen = &v->seen;

    seen->open = true;
    seen->open_us = open->us;
    snprintf(seen->subprotocol, sizeof seen->subprotocol, "%s", open->subprotocol);
    seen->subprotocol_missed = open->subprotocol_missed;
    snprintf(seen->extensions, sizeof seen->extensions, "%s", open->extensions);
    timer_start(v->timer, v->plan.quiet ? 0 : SETTLE_US, settle);
}

static void note_close(struct visit *v, const struct event_close *close)
{
    struct probe_seen *seen = &v->seen;

    seen->closed = true;
    seen->by = close->by;
    seen->how = close->how;
    seen->code = close->code;
    copy(seen->close_reason, sizeof seen->close_reason, close->reason);
    seen->clean = close->clean;
    seen->got_close = close->got_close_frame;
    seen->sent_close = close->sent_close_frame;
    seen->uptime_us = close->uptime_us;
    snprintf(seen->close_hint, sizeof seen->close_hint, "%s", close->hint ? close->hint : "");
}

static void note_violation(struct probe_seen *seen, const struct event_violation *violation)
{
    if (!violation->fatal)
        return;
    seen->violated = true;
    snprintf(seen->violation, sizeof seen->violation, "%s (%s)", violation->message,
             violation->rule);
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct visit *v = (struct visit *)sink;

    switch (ev->kind) {
    case EVENT_RESPONSE:
        visit_take_answer(&v->seen.answer, &ev->response);
        break;
    case EVENT_OPEN:
        note_open(v, &ev->open);
        break;
    case EVENT_MESSAGE:
        v->seen.messages += ev->message.final;
        break;
    case EVENT_PONG:
        if (!v->settled && ev->control.matched)
            timer_start(v->timer, LINGER_US, settle);
        break;
    case EVENT_VIOLATION:
        note_violation(&v->seen, &ev->violation);
        break;
    case EVENT_CLOSE:
        note_close(v, &ev->close);
        break;
    case EVENT_ERROR:
        if ((!v->seen.open || ev->error->errnum == ENOMEM) && v->seen.error.code == EXIT_OK)
            v->seen.error = *ev->error;
        break;
    case EVENT_NOTE:
        snprintf(v->seen.greeting, sizeof v->seen.greeting, "%s", ev->note);
        break;
    default:
        break;
    }
    if (v->hooks.event)
        v->hooks.event(v->hooks.ctx, v, ev);
}

static void on_opened(void *ctx)
{
    struct visit *v = ctx;

    if (!v->plan.quiet)
        (void)session_ping(v->session, OPCODE_PING, slice_str("wscope probe"));
}

static void on_ended(void *ctx)
{
    struct visit *v = ctx;

    v->ended = true;
    if (!v->settled)
        timer_start(v->timer, 0, settle); /* not inside the session */
}

/* --- the request --------------------------------------------------------------------------------
 */

static bool is_credential(const struct handshake_header *h)
{
    return secret_field_name(slice_str(h->name)) || secret_field_likely(slice_str(h->name));
}

bool visit_has_credentials(const struct connect_options *o)
{
    const struct handshake_config *hs = &o->handshake;

    for (size_t i = 0; i < hs->header_count; i++) {
        if (!hs->headers[i].remove && is_credential(&hs->headers[i]))
            return true;
    }
    return hs->authorization || hs->cookie || o->ws.header_cmd || o->dial.tls.cert;
}

bool visit_has_secrets(const struct connect_options *o)
{
    return visit_has_credentials(o) || o->handshake.header_count > 0 ||
           strchr(o->url.target, '?') != NULL || o->on_connect;
}

/* What a browser sends, a row for each field and the step that adds it. */
static const struct {
    enum probe_step step;
    struct handshake_header field;
} browser_fields[] = {
    {STEP_AGENT,
     {"User-Agent",
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
      "Safari/537.36",
      false}},
    {STEP_AGENT, {"Accept-Language", "en-US,en;q=0.9", false}},
    {STEP_AGENT, {"Accept-Encoding", "gzip, deflate, br, zstd", false}},
    {STEP_CACHE, {"Pragma", "no-cache", false}},
    {STEP_CACHE, {"Cache-Control", "no-cache", false}},
    {STEP_FETCH, {"Sec-Fetch-Dest", "websocket", false}},
    {STEP_FETCH, {"Sec-Fetch-Mode", "websocket", false}},
    {STEP_FETCH, {"Sec-Fetch-Site", "same-origin", false}},
};

#define BROWSER_FIELDS (sizeof browser_fields / sizeof browser_fields[0])

static int take_headers(struct visit *v, struct handshake_config *hs, const struct visit_plan *plan)
{
    bool plain = (plan->browser & (1u << STEP_CREDENTIALS)) != 0;
    size_t count = 0;

    v->headers = calloc(hs->header_count + BROWSER_FIELDS, sizeof *v->headers);
    if (!v->headers)
        return -1;
    for (size_t i = 0; i < hs->header_count && !plain; i++) {
        if (!plan->no_credentials || !is_credential(&hs->headers[i]))
            v->headers[count++] = hs->headers[i];
    }
    for (size_t i = 0; i < BROWSER_FIELDS; i++) {
        if (plan->browser & (1u << browser_fields[i].step))
            v->headers[count++] = browser_fields[i].field;
    }
    hs->headers = v->headers;
    hs->header_count = count;
    hs->printed_count = 0;
    return 0;
}

static int take_plan(struct visit *v, const struct visit_plan *plan)
{
    struct session_config *config = &v->target->config;
    struct handshake_config *hs = &config->ws.handshake;

    if (!config->ws.connect_timeout_us || config->ws.connect_timeout_us > OPEN_US)
        config->ws.connect_timeout_us = OPEN_US;
    config->ws.close_timeout_us = CLOSE_US;
    if (plan->large)
        config->ws.max_message = 0;
    config->ws.no_pong = plan->no_pong;
    config->supplies = &v->app->loop.supplies;
    if (plan->insecure)
        config->ws.dial.tls.insecure = true;
    if (plan->no_credentials) {
        hs->authorization = hs->cookie = NULL;
        config->header_cmd = NULL;
        (void)tls_forget_identity(&config->ws.dial.tls);
    }
    if (plan->browser & (1u << STEP_CREDENTIALS)) {
        hs->authorization = NULL;
        config->header_cmd = NULL;
    }
    if (plan->origin)
        hs->origin = plan->origin;
    if (plan->no_subprotocols)
        hs->subprotocol_count = 0;
    if (plan->no_deflate)
        hs->deflate.enabled = false;
    if (plan->browser & (1u << STEP_EXTENSIONS))
        deflate_params_default(&hs->deflate);
    return take_headers(v, hs, plan);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int add_sinks(struct visit *v)
{
    const struct view_options *o = v->app->view;
    struct view_config view = views_config(o, STDERR_FILENO, false);

    v->watch = (struct sink){WANTS, on_event, NULL};
    if (bus_add(&v->bus, &v->watch) < 0)
        return -1;
    view.level = o->level - 1;
    view.include = true;
    return o->level < 2 ? 0 : bus_add(&v->bus, human_new(v->app->err.out, &view));
}

static void begin(struct visit *v)
{
    if (session_open(v->session) < 0)
        on_ended(v);
}

struct visit *visit_new(struct app *app, const struct visit_plan *plan,
                        const struct visit_hooks *hooks, struct err *e)
{
    const struct session_hooks session_hooks = {
        .opened = on_opened, .ended = on_ended, .ctx = NULL};
    struct session_hooks with = session_hooks;
    struct visit *v = calloc(1, sizeof *v);

    err_nomem(e, STAGE_CONNECT, "making a connection");
    if (!v)
        return NULL;
    v->app = app;
    v->hooks = *hooks;
    v->plan = *plan;
    with.ctx = v;
    bus_init(&v->bus);
    v->timer = timer_new(&app->loop.uv, v);
    v->target = v->timer ? target_new(app->connect, NULL, app->connect->http.channel, app->start_us,
                                      MAX_MESSAGE, e)
                         : NULL;
    if (v->target && add_sinks(v) == 0 && take_plan(v, plan) == 0)
        v->session = session_new(&app->loop.uv, &v->target->config, &v->bus, &with, e);
    if (!v->session) {
        visit_stop(v);
        visit_free(v);
        return NULL;
    }
    begin(v);
    return v;
}

void visit_stop(struct visit *v)
{
    session_free(v->session);
    v->session = NULL;
    timer_free(v->timer);
    v->timer = NULL;
    v->ended = true;
}

void visit_free(struct visit *v)
{
    bus_clear(&v->bus);
    target_free(v->target);
    free(v->headers);
    free(v);
}
