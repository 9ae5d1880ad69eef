#include "session/negotiation.h"

#include <stdlib.h>

#include "base/json_scan.h"
#include "http/http.h"
#include "session/session_private.h"

/* Of an answer. */
#define BODY_MAX ((size_t)1 << 20)
/* Servers that an answer sends the client to, one after the other. */
#define REDIRECTS_MAX 10
/* Of a token or URL in an answer. */
#define TEXT_MAX ((size_t)64 << 10)

struct negotiation {
    struct leg *leg;
    negotiation_done_fn *done;
    struct timer *turn; /* done is called in a turn of its own, outside of what http reports */
    struct http *http;
    struct http_config config;
    struct handshake_config asked;    /* as the attempt began */
    struct handshake_config identity; /* of the requests */
    struct withheld withheld;         /* what another server is not sent */
    struct url url;                   /* owned: of the WebSocket, without or with the id */
    char *target;                     /* owned: of the request */
    char *bearer;                     /* owned: the field's value, after a redirect; or NULL */
    struct buf body;
    bool too_long;
    unsigned redirects;
    struct err error;
};

static void on_turn(void *ctx)
{
    struct negotiation *n = ctx;

    n->done(n->leg, n->error.code == EXIT_OK ? NULL : &n->error);
}

static void finish(struct negotiation *n)
{
    timer_start(n->turn, 0, on_turn);
}

/* The id, in a form that any query may have. */
static int put_escaped(struct buf *out, struct slice text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    int r = 0;

    for (size_t i = 0; i < text.len && r == 0; i++)
        r = text.data[i] && strchr(plain, text.data[i]) ? buf_append(out, &text.data[i], 1)
                                                        : buf_printf(out, "%%%02X", text.data[i]);
    return r;
}

/* The target with "/negotiate" at the end of its path, or with id=... in its query. NULL: memory.
 */
static char *make_target(const char *target, struct slice id)
{
    size_t path = strcspn(target, "?");
    const char *query = target[path] ? &target[path + 1] : "";
    bool slash = path > 0 && target[path - 1] == '/';
    struct buf out;
    char *text = NULL;
    int r;

    buf_init(&out, TEXT_MAX);
    if (id.len > 0)
        r = buf_printf(&out, "%.*s?id=", (int)path, target) == 0 ? put_escaped(&out, id) : -1;
    else
        r = buf_printf(&out, "%.*s%snegotiate?negotiateVersion=1", (int)path, target,
                       slash ? "" : "/");
    if (r == 0 && (!*query || buf_printf(&out, "&%s", query) == 0) && buf_append(&out, "", 1) == 0)
        text = strdup((const char *)buf_data(&out));
    buf_clear(&out);
    return text;
}

static int ask(struct negotiation *n, struct err *e)
{
    struct http_request request = {.method = "POST", .max_body = BODY_MAX};

    free(n->target);
    n->target = make_target(n->url.target, slice_str(""));
    if (!n->target)
        return err_nomem(e, STAGE_HANDSHAKE, "negotiating");
    buf_reset(&n->body);
    n->too_long = false;
    request.target = n->target;
    return http_start(n->http, &request, e);
}

/* --- the answer --------------------------------------------------------------------------------
 */

/* A string of the answer, malloc'ed with a NUL. NULL: there is none, or no memory. */
static char *string_of(struct slice body, const char *pointer)
{
    struct slice token;
    char *text;

    if (json_pointer_get(body, pointer, &token) != 1 || token.len < 2 || token.data[0] != '"' ||
        token.len > TEXT_MAX)
        return NULL;
    text = calloc(1, token.len);
    if (text)
        text[json_string_decode(token, (uint8_t *)text)] = '\0';
    return text;
}

/* "Bearer TOKEN", and the token is wiped. -1: memory. */
static int take_token(struct negotiation *n, char *token)
{
    struct buf value;

    buf_init(&value, TEXT_MAX + 16);
    free(n->bearer);
    n->bearer = buf_printf(&value, "Bearer %s", token) == 0
                    ? strndup((const char *)buf_data(&value), value.len)
                    : NULL;
    explicit_bzero(token, strlen(token));
    buf_clear(&value);
    n->identity.authorization = n->bearer;
    return n->bearer ? 0 : -1;
}

/* The requests go to n->url, without what was configured for another origin. -1: memory. */
static int take_identity(struct negotiation *n)
{
    struct channel_ws_config *ws = &n->leg->attempt.ws;
    struct handshake_config asked = n->asked;

    asked.url = &n->url;
    if (withhold(&n->withheld, &asked, n->asked.url) < 0)
        return -1;
    if (n->withheld.elsewhere)
        tls_forget_identity(&ws->dial.tls);
    ws->handshake = n->identity = asked;
    n->identity.subprotocol_count = 0;
    return 0;
}

/* Where the answer sends the client. 0 or -1 with *e. */
static int redirect(struct negotiation *n, const char *to, char *token, struct err *e)
{
    struct url url;

    if (++n->redirects > REDIRECTS_MAX)
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the negotiation was sent on to another server more than %d times",
                       REDIRECTS_MAX);
    if (url_parse(&url, to, e) < 0)
        return -1;
    url.http = false;
    url_clear(&n->url);
    n->url = url;
    if (take_identity(n) < 0 || (token && take_token(n, token) < 0))
        return err_nomem(e, STAGE_HANDSHAKE, "negotiating");
    return ask(n, e);
}

static bool has_websockets(struct slice body)
{
    struct slice transports;

    return json_pointer_get(body, "/availableTransports", &transports) != 1 ||
           memmem(transports.data, transports.len, "\"WebSockets\"", 12) != NULL;
}

/* The WebSocket's request names the id. 0 or -1 with *e. */
static int agree(struct negotiation *n, struct slice body, const char *id, struct err *e)
{
    char *target;

    if (!has_websockets(body)) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the server offers no WebSocket for this hub");
        err_hint(e, "its answer to the negotiation lists the other transports: -v shows it");
        return -1;
    }
    target = make_target(n->url.target, slice_str(id));
    if (!target)
        return err_nomem(e, STAGE_HANDSHAKE, "negotiating");
    free(n->url.target);
    n->url.target = target;
    n->leg->attempt.ws.handshake.authorization = n->identity.authorization;
    return 0;
}

static int refused(const char *why, struct err *e)
{
    return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                   "the server refused the negotiation: %.200s", why);
}

/* 1: agreed; 0: another server is asked; -1 with *e. */
static int read_answer(struct negotiation *n, struct err *e)
{
    struct slice body = buf_slice(&n->body);
    char *why = string_of(body, "/error"), *to = string_of(body, "/url");
    char *token = string_of(body, "/accessToken"), *id = string_of(body, "/connectionToken");
    int r = -1;

    if (!id) /* version 0 of the negotiation */
        id = string_of(body, "/connectionId");
    if (why)
        r = refused(why, e);
    else if (to)
        r = redirect(n, to, token, e);
    else if (id && id[0])
        r = agree(n, body, id, e) == 0 ? 1 : -1;
    else
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the answer to the negotiation has no connectionToken");
    free(why);
    free(to);
    free(token);
    free(id);
    return r;
}

static int take_answer(struct negotiation *n, const struct http_result *result, struct err *e)
{
    if (result->error.code != EXIT_OK) {
        *e = result->error;
        return -1;
    }
    if (result->status < 200 || result->status > 299) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the server answered the negotiation with %d",
                result->status);
        e->status = result->status;
        if (result->status == 404)
            err_hint(e, "there is no hub at this path, or it is not negotiated with: leave out "
                        "negotiate=yes");
        return -1;
    }
    if (n->too_long)
        return err_nomem(e, STAGE_HANDSHAKE, "reading the answer to the negotiation");
    return read_answer(n, e);
}

/* --- hooks -------------------------------------------------------------------------------------
 */

static void on_report(void *ctx, struct event *ev)
{
    struct negotiation *n = ctx;

    leg_stamp(n->leg, ev);
    bus_emit(n->leg->s->bus, ev);
}

static void on_body(void *ctx, struct slice piece)
{
    struct negotiation *n = ctx;

    if (buf_append_slice(&n->body, piece) < 0)
        n->too_long = true;
}

static void on_done(void *ctx, const struct http_result *result)
{
    struct negotiation *n = ctx;

    if (take_answer(n, result, &n->error) != 0)
        finish(n);
}

/* --- life --------------------------------------------------------------------------------------
 */

struct negotiation *negotiation_new(struct leg *leg, negotiation_done_fn *done)
{
    struct negotiation *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    n->leg = leg;
    n->done = done;
    buf_init(&n->body, BODY_MAX);
    n->turn = timer_new(leg->s->loop, n);
    if (n->turn)
        return n;
    free(n);
    return NULL;
}

static void forget(struct negotiation *n)
{
    http_free(n->http);
    n->http = NULL;
    url_clear(&n->url);
    withheld_clear(&n->withheld);
    if (n->bearer)
        explicit_bzero(n->bearer, strlen(n->bearer));
    free(n->bearer);
    n->bearer = NULL;
}

void negotiation_free(struct negotiation *n)
{
    if (!n)
        return;
    forget(n);
    timer_free(n->turn);
    buf_clear(&n->body);
    free(n->target);
    free(n);
}

int negotiation_start(struct negotiation *n, struct err *e)
{
    static const struct http_hooks hooks = {.report = on_report, .body = on_body, .done = on_done};
    struct session *s = n->leg->s;

    forget(n);
    err_clear(&n->error);
    n->redirects = 0;
    n->asked = n->leg->attempt.ws.handshake;
    if (url_copy(&n->url, n->asked.url) < 0 || take_identity(n) < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "negotiating");
    n->config = (struct http_config){
        .identity = &n->identity,
        .dial = &n->leg->attempt.ws.dial,
        .timeout_us = s->config.ws.connect_timeout_us,
        .no_keepalive = true, /* the next server may be another one */
    };
    n->http = http_new(s->loop, &n->config, &s->shared->http, s->bus, &hooks, n);
    return n->http ? ask(n, e) : err_nomem(e, STAGE_HANDSHAKE, "negotiating");
}

void negotiation_cancel(struct negotiation *n)
{
    if (!n)
        return;
    timer_stop(n->turn);
    if (n->http)
        http_cancel(n->http);
}
