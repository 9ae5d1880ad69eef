/*
 * ws_open: the opening of a WebSocket: an exchange of HTTP whose connection the peer takes over.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "channel/ws_private.h"

void ws_report(void *ctx, struct event *ev)
{
    struct ws *ws = ctx;

    channel_stamp(&ws->ch, ev);
    channel_report(&ws->ch, ev);
}

/* The connection is the peer's from now on. rest: what followed the head. -1 with *e; the link is
 * then the caller's. */
static int begin_frames(struct ws *ws, struct link *link, struct slice rest, struct err *e)
{
    const struct peer_config config = {
        .conn = {.role = WSCONN_CLIENT,
                 .deflate = ws->upgrade.agreed.deflate,
                 .max_message = ws->config->max_message,
                 .max_frame = ws->config->max_frame,
                 .max_fragments = ws->config->max_fragments,
                 .spares = &ws->shared->http.supplies->spares,
                 .lenient = ws->config->lenient,
                 .want_frames = ws_wants(ws, EVENT_FRAME)},
        .rng = &ws->shared->http.supplies->rng,
        .rest = rest,
        .bus = ws->ch.up.bus,
        .activity = &ws->ch.activity,
        .number = ws->ch.up.conn,
        .start_us = ws->ch.up.start_us,
        .opened_us = ws->ch.opened_us,
        .close_timeout = ws->config->close_timeout_us,
        .no_pong = ws->config->no_pong,
        .tls = ws->ch.asked->url->scheme == URL_WSS,
    };

    ws->peer = peer_new(ws->ch.loop, link, &config, ws->ch.up.user, e);
    if (!ws->peer)
        return -1;
    layer_fault_put(ws->fault, ws->ch.up.user->below);
    return 0;
}

static void report_open(struct ws *ws)
{
    struct event ev = ws_event(ws, EVENT_OPEN);
    const struct handshake_result *agreed = &ws->upgrade.agreed;
    char *url = url_print(ws->ch.asked->url);

    ev.open = (struct event_open){
        .url = url ? url : "",
        .subprotocol = agreed->subprotocol,
        .extensions = agreed->extensions,
        .subprotocol_missed = ws->ch.asked->subprotocol_count > 0 && agreed->subprotocol[0] == '\0',
        .us = ws->ch.opened_us - ws->began_us,
    };
    channel_report(&ws->ch, &ev);
    free(url);
}

void ws_upgraded(void *ctx, struct link *link, struct slice rest)
{
    struct ws *ws = ctx;
    struct err e;

    ws->ch.opened_us = clock_mono_us();
    if (begin_frames(ws, link, rest, &e) < 0) {
        link_free(link);
        ws->ch.opened_us = 0;
        ws_fail(ws, &e);
        return;
    }
    report_open(ws);
    layer_fault_opened(ws->fault);
    if (ws->paused)
        layer_pause(ws->ch.up.user, true);
    peer_start(ws->peer);
}

void ws_refused(void *ctx, const struct http_result *result)
{
    ws_fail(ctx, &result->error);
}

int ws_open(struct channel *ch, struct err *e)
{
    struct ws *ws = (struct ws *)ch;

    ws->began_us = ws->config->began_us ? ws->config->began_us : clock_mono_us();
    return http_start(ws->http,
                      &(struct http_request){.upgrade = &ws->upgrade, .began_us = ws->began_us}, e);
}
