/* /compare: other channels beside the session, and what came of it above the line being typed. */
#include <stdio.h>
#include <stdlib.h>

#include "app/comparing.h"
#include "base/decimal.h"
#include "sink/compare/compare_table.h"
#include "verb/connect/repl_private.h"

#define TABLE_MAX (256 * 1024)

struct repl_compare {
    struct repl *repl;
    struct connect_options connect; /* those of the session, but for what was asked */
    uint64_t for_us;
    char *poll, *sse, *id, *time;
    struct url url; /* of the session */
    struct comparing *run;
    bool silent; /* nothing more is shown */
};

/* --- output -------------------------------------------------------------------------------
 */

static void on_over(void *ctx)
{
    struct repl_compare *rc = ctx;
    const struct view_config *screen = &rc->repl->screen.config;
    /* Without colours: the answer is made safe, sequences too. */
    const struct view_config view = {.utf8 = screen->utf8, .columns = screen->columns};
    struct buf text;

    if (rc->silent)
        return;
    buf_init(&text, TABLE_MAX);
    if (compare_table(&text, &rc->run->compare, &rc->run->figures, &rc->run->scale, &view) == 0)
        screen_say(&rc->repl->screen, buf_slice(&text));
    buf_clear(&text);
}

static void on_note(void *ctx, const char *text)
{
    struct repl_compare *rc = ctx;

    if (rc->silent)
        return;
    screen_say(&rc->repl->screen, slice_str(text));
    screen_say(&rc->repl->screen, slice_str("\n"));
}

static void tell_begin(struct repl_compare *rc)
{
    const struct comparing *run = rc->run;
    const char *withheld = NULL;
    struct buf text;

    buf_init(&text, TABLE_MAX);
    buf_append_str(&text, "comparing");
    for (unsigned i = 0; i < run->count; i++) {
        buf_printf(&text, "%s %s", i ? "," : "", run->lanes[i].label);
        if (run->lanes[i].target->withheld.names[0])
            withheld = run->lanes[i].target->withheld.names;
    }
    buf_printf(&text, " for %s s; /compare off ends it sooner\n",
               decimal_millionths(rc->for_us).text);
    if (withheld)
        buf_printf(&text, "sent to the session's own server alone: %s\n", withheld);
    screen_say(&rc->repl->screen, buf_slice(&text));
    buf_clear(&text);
}

/* --- its end ------------------------------------------------------------------------------------
 */

void repl_compare_drop(struct repl *r)
{
    struct repl_compare *rc = r->comparing;

    if (!rc)
        return;
    r->comparing = NULL;
    rc->silent = true;
    comparing_free(rc->run);
}

static void on_due(uv_timer_t *timer)
{
    repl_compare_drop(timer->data);
}

/* One of its sessions may be on the stack: use a separate turn. */
static void on_closed(void *ctx)
{
    struct repl_compare *rc = ctx;

    uv_timer_start(&rc->repl->timers[REPL_COMPARE], on_due, 0, 0);
}

static void on_freed(void *ctx)
{
    struct repl_compare *rc = ctx;

    rc->repl->handles--;
    free(rc->poll);
    free(rc->sse);
    free(rc->id);
    free(rc->time);
    url_clear(&rc->url);
    free(rc);
}

void repl_compare_end(struct repl *r, bool tell)
{
    if (!r->comparing)
        return;
    r->comparing->silent = !tell;
    comparing_finish(r->comparing->run);
}

/* --- its beginning ------------------------------------------------------------------------------
 */

static int keep(char **to, const char *text)
{
    *to = text ? strdup(text) : NULL;
    return text && !*to ? -1 : 0;
}

/* The polling or event stream that needs no URL: the session itself, else its fallback. */
static int find_channels(struct repl_compare *rc, const struct command_compare *ask)
{
    const struct target *target = rc->repl->target;
    const struct http_options *http = &rc->repl->app->connect->http;
    enum event_channel kind = target->config.channel;
    char **own = kind == CHANNEL_POLL ? &rc->poll : &rc->sse;

    if (keep(&rc->poll, ask->poll) < 0 || keep(&rc->sse, ask->sse) < 0)
        return -1;
    if (kind != CHANNEL_WS && !*own) {
        *own = url_print_http(&target->url);
        return *own ? 0 : -1;
    }
    if (rc->poll || rc->sse || !target->config.fallback.url)
        return 0;
    return keep(http->fallback_channel == CHANNEL_SSE ? &rc->sse : &rc->poll, http->fallback_text);
}

/* The session's own settings; what was withheld from its server stays withheld. */
static int fill(struct repl_compare *rc, const struct command_compare *ask)
{
    const struct repl *r = rc->repl;
    const struct connect_options *given = r->app->connect;
    struct connect_options *o = &rc->connect;

    if (find_channels(rc, ask) < 0 || keep(&rc->id, ask->id) < 0 ||
        keep(&rc->time, ask->time) < 0 || url_copy(&rc->url, &r->target->url) < 0)
        return -1;
    *o = *given;
    o->handshake = r->target->config.ws.handshake;
    o->url = rc->url;
    o->url_text = r->target->config.channel == CHANNEL_WS ? "" : NULL;
    rc->for_us = ask->for_us;
    o->http.channel = CHANNEL_WS;
    o->http.poll = rc->poll;
    o->http.sse = rc->sse;
    o->http.fallback_text = NULL;
    o->account = (struct account_options){.id = rc->id ? rc->id : given->account.id,
                                          .seq = given->account.seq};
    o->http.every_count = ask->every_count;
    for (size_t i = 0; i < ask->every_count; i++)
        o->http.every[i] = ask->every_us[i];
    return 0;
}

static int check_several(const struct repl_compare *rc, struct err *e)
{
    static const char *const wanted[] = {
        [CHANNEL_WS] = "poll=URL, sse=URL or both",
        [CHANNEL_SSE] = "poll=URL",
        [CHANNEL_POLL] = "sse=URL, or several intervals with every=0.5,2",
    };
    const struct connect_options *o = &rc->connect;
    bool listed = o->http.every_count > 0 && !o->http.long_poll;
    size_t polls = !o->http.poll ? 0 : listed ? o->http.every_count : 1;

    if (polls + (o->http.sse != NULL) + (o->url_text != NULL) > 1)
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "there is nothing to compare this session with: name %s",
            wanted[rc->repl->target->config.channel]);
    err_hint(e, "/help compare has an example");
    return -1;
}

static int start(struct repl *r, const struct command_compare *ask, struct err *e)
{
    struct repl_compare *rc = calloc(1, sizeof *rc);
    const struct comparing_hooks hooks = {NULL, on_over, on_closed, on_note, on_freed, rc};
    struct comparing_config config;
    int status;

    if (!rc)
        return err_nomem(e, STAGE_IO, "comparing");
    rc->repl = r;
    r->handles++;
    status = fill(rc, ask) < 0 ? err_nomem(e, STAGE_IO, "comparing") : check_several(rc, e);
    if (status < 0) {
        on_freed(rc);
        return -1;
    }
    config = (struct comparing_config){
        .connect = &rc->connect,
        .view = r->app->view,
        .fault = r->app->fault,
        .for_us = rc->for_us,
        .time = rc->time,
    };
    rc->run = comparing_new(&r->app->loop, &config, r->app->start_us, &hooks, NULL, NULL, e);
    if (!rc->run)
        return -1;
    r->comparing = rc;
    tell_begin(rc);
    comparing_open(rc->run);
    return 0;
}

int repl_compare(void *ctx, const struct command_compare *ask, struct err *e)
{
    struct repl *r = ctx;

    if (!ask && r->comparing) {
        repl_compare_end(r, true);
        return 0;
    }
    if (!ask)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "nothing is being compared");
    if (r->comparing) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "a comparison is under way");
        err_hint(e, "/compare off ends it");
        return -1;
    }
    return start(r, ask, e);
}
