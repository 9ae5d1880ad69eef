#include "verb/probe/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/target.h"
#include "base/clock.h"
#include "proto/url.h"
#include "verb/probe/probe_private.h"

/* What may wait for a slow reader. */
#define OUT_LIMIT (1024 * 1024)

/* --- the end ------------------------------------------------------------------------------------
 */

static enum exit_code code_of(const struct probe_front *front, const struct probe_verdict *verdict)
{
    if (front->code >= 0)
        return (enum exit_code)front->code;
    if (verdict->code == EXIT_OK && verdict->status == PROBE_WARN && front->own->fail_on)
        return EXIT_EXPECT;
    return verdict->code;
}

static void finish(struct probe_front *front)
{
    struct probe_verdict verdict;
    struct err e;

    if (front->over)
        return;
    probe_sizes_judge(front);
    probe_lanes_judge(front);
    probe_slow_judge(front);
    front->over = true;
    timer_stop(front->step);
    timer_stop(front->limit);
    probe_show_progress(front, NULL);
    front->report.figures.duration_us = clock_mono_us() - front->app->start_us;
    probe_show_checks(front);
    probe_conclude(&verdict, &front->report, front->url, front->cut);
    front->code = (int)code_of(front, &verdict);
    probe_show_verdict(front, &verdict, (enum exit_code)front->code);
    if (front->own->prom && probe_prom_write(front, &verdict, &e) < 0) {
        app_fail(front->app, &e);
        if (front->code == EXIT_OK)
            front->code = (int)e.code;
    }
    app_end(front->app);
}

/* --- from stage to stage ------------------------------------------------------------------------
 */

static bool lacks(struct probe_front *front, const struct probe_row *row)
{
    const char *lack = probe_lacks(front, row->needs);

    if (lack && row->always)
        probe_add(&front->report, row->stage, PROBE_INFO, "not checked: %s", lack);
    return lack != NULL;
}

static void step(void *ctx)
{
    struct probe_front *front = ctx;
    const struct probe_row *row;

    if (front->talk && front->talk->seen.error.errnum == ENOMEM) {
        probe_give_up(front, &front->talk->seen.error); /* not the service's fault */
        return;
    }
    probe_show_checks(front);
    do
        row = probe_row(++front->at - 1);
    while (row && lacks(front, row));
    if (!row) {
        finish(front);
        return;
    }
    probe_show_progress(front, probe_stage_name(row->stage));
    row->begin(front);
}

void probe_next(struct probe_front *front)
{
    if (!front->over)
        timer_start(front->step, 0, step);
}

void probe_give_up(struct probe_front *front, const struct err *e)
{
    struct probe_check *check = probe_add_fail(
        &front->report, probe_row(front->at ? front->at - 1 : 0)->stage, e->code, "%s", e->text);

    probe_advise(check, "%s", e->hint);
    finish(front);
}

bool probe_send_ping(struct probe_front *front, struct visit *v, const char *text)
{
    int r = session_ping(v->session, OPCODE_PING, slice_str(text));
    struct err e;

    if (r == SEND_FAILED && !front->over) {
        err_nomem(&e, STAGE_IO, "sending a ping");
        probe_give_up(front, &e);
    }
    return r == 0;
}

static void on_quick_limit(void *ctx)
{
    struct probe_front *front = ctx;
    enum probe_stage stage = probe_row(front->at - 1)->stage;
    struct probe_check *check = probe_add_fail(&front->report, stage, EXIT_TIMEOUT,
                                               "not finished: all checks together may take %u s",
                                               (unsigned)(PROBE_QUICK_US / 1000000));

    probe_advise(check, "the server or the network is very slow: the checks above show where");
    front->cut = "the time limit is over";
    finish(front);
}

/* --- the stage ----------------------------------------------------------------------------------
 */

static void on_signal(void *ctx, int number)
{
    struct probe_front *front = ctx;

    if (front->over) { /* twice: at once */
        app_leave(front->app);
        return;
    }
    front->code = 128 + number;
    front->cut = "interrupted";
    finish(front);
}

static void on_limit(void *ctx, const struct err *e)
{
    struct probe_front *front = ctx;

    if (front->over)
        return;
    front->code = (int)e->code;
    front->cut = "the time limit (--max-time) is over";
    finish(front);
}

static void on_output_gone(void *ctx, const struct err *e)
{
    struct probe_front *front = ctx;

    if (e) {
        app_fail(front->app, e);
        front->code = (int)e->code;
    }
    front->cut = "nobody reads the output";
    finish(front);
}

/* "https://host:port" of the server. NULL: memory. */
static char *own_origin(const struct url *url)
{
    char *text = url->scheme == URL_UNIX ? strdup("http://localhost") : url_print_http(url);
    char *host = text ? strstr(text, "://") : NULL;

    if (host)
        host[3 + strcspn(host + 3, "/?")] = '\0';
    return text;
}

/* Where Socket.IO would be found, unless that is the URL. *text: NULL then. -1: memory. */
static int socketio_url(const struct url *url, char **text)
{
    static char target[] = "/socket.io/";
    struct url at = *url;

    *text = NULL;
    if (url->scheme == URL_UNIX || strncmp(url->target, target, strlen(target)) == 0)
        return 0;
    at.target = target;
    *text = url_print(&at);
    return *text ? 0 : -1;
}

static void list_subprotocols(struct probe_asked *asked, const struct handshake_config *hs)
{
    for (size_t i = 0; i < hs->subprotocol_count; i++) {
        size_t have = strlen(asked->subprotocol_list);

        snprintf(asked->subprotocol_list + have, sizeof asked->subprotocol_list - have, "%s%s",
                 i ? ", " : "", hs->subprotocols[i]);
    }
}

static int prepare(struct probe_front *front, struct err *e)
{
    const struct connect_options *o = front->app->connect;
    uv_loop_t *loop = &front->app->loop.uv;

    if (front->own->prom && probe_prom_check(front->own->prom, e) < 0)
        return -1;
    front->url = target_shown_url(&o->url, front->app->view->show_secrets);
    front->origin = own_origin(&o->url);
    front->step = timer_new(loop, front);
    front->limit = timer_new(loop, front);
    front->patience = timer_new(loop, front);
    front->pulse = timer_new(loop, front);
    front->lanes_tick = timer_new(loop, front);
    front->slow_run.tick = timer_new(loop, front);
    if (socketio_url(&o->url, &front->elsewhere_url) < 0 || !front->url || !front->origin ||
        !front->step || !front->limit || !front->patience || !front->pulse || !front->lanes_tick ||
        !front->slow_run.tick)
        return err_nomem(e, STAGE_IO, "starting");
    front->asked = (struct probe_asked){
        .url = front->url,
        .origin = o->handshake.origin ? o->handshake.origin : front->origin,
        .secure = o->url.scheme == URL_WSS,
        .unix_socket = o->url.scheme == URL_UNIX,
        .credentials = visit_has_credentials(o),
        .cookies = o->handshake.cookie != NULL,
        .header_fields = o->handshake.header_count > 0,
        .own_origin = o->handshake.origin != NULL,
        .deflate = o->handshake.deflate.enabled,
        .follow = o->ws.follow,
        .subprotocols = o->handshake.subprotocol_count,
    };
    list_subprotocols(&front->asked, &o->handshake);
    return 0;
}

static void stop(struct probe_front *front)
{
    probe_way_stop(front);
    probe_sizes_stop(front);
    probe_lanes_stop(front);
    probe_slow_stop(front);
    for (size_t i = 0; i < front->visit_count; i++)
        visit_stop(front->visits[i]);
    timer_free(front->step);
    timer_free(front->limit);
    timer_free(front->patience);
    timer_free(front->pulse);
}

static void clear(struct probe_front *front)
{
    for (size_t i = 0; i < front->visit_count; i++)
        visit_free(front->visits[i]);
    probe_way_free(front);
    probe_sizes_free(front);
    probe_lanes_free(front);
    probe_slow_free(front);
    free(front->url);
    free(front->origin);
    free(front->elsewhere_url);
    out_clear(&front->out_bytes);
    out_clear(&front->err_bytes);
    free(front);
}

static void run(struct probe_front *front)
{
    probe_show_begin(front);
    timer_start(front->limit, PROBE_QUICK_US, on_quick_limit);
    probe_next(front);
    app_run(front->app);
}

enum exit_code probe_run(struct app *app, const void *own)
{
    struct probe_front *front = calloc(1, sizeof *front);
    const struct app_hooks hooks = {NULL, NULL, on_output_gone, on_signal, on_limit, front};
    struct err e;
    int code;

    if (!front) {
        err_nomem(&e, STAGE_IO, "starting");
        return app_fail(app, &e);
    }
    front->app = app;
    front->own = own;
    front->code = -1;
    out_init(&front->out_bytes, STDOUT_FILENO, OUT_LIMIT);
    out_init(&front->err_bytes, STDERR_FILENO, OUT_LIMIT);
    if (app_init(app, &front->out_bytes, &front->err_bytes, &hooks, &e) == 0 &&
        prepare(front, &e) == 0)
        run(front);
    else
        front->code = (int)app_fail(app, &e);
    app_drain(app);
    stop(front);
    code = front->code;
    app_close(app, code);
    clear(front);
    return (enum exit_code)code;
}
