#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/result_file.h"
#include "app/views.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "event/stamp.h"
#include "sink/compare/compare_json.h"
#include "sink/compare/compare_table.h"
#include "sink/compare/report.h"
#include "verb/compare/compare_private.h"

#define PAGE_MAX  (16u << 20)
#define TABLE_MAX (1u << 20)

/* --- the live table -----------------------------------------------------------------------------
 */

void show_init(struct compare_front *front)
{
    const struct view_options *o = front->app->view;
    bool quiet = o->json || o->level != 0 || compare_detailed(o);
    const char *term = getenv("TERM");
    int fd = isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDERR_FILENO;

    if (quiet || !isatty(fd) || !term || strcmp(term, "dumb") == 0)
        return;
    front->live_view = views_config(o, fd, false);
    front->live = (struct live){
        .output = fd == STDOUT_FILENO ? &front->app->out : &front->app->err,
        .columns = front->live_view.columns,
    };
}

static void paint(struct compare_front *front)
{
    struct buf text;

    if (!front->live.output || live_blocked(&front->live))
        return;
    buf_init(&text, TABLE_MAX);
    if (compare_table_live(&text, &front->run->figures, comparing_end_us(front->run),
                           &front->live_view) == 0)
        live_paint(&front->live, &text);
    buf_clear(&text);
}

/* --events names it, or there is no --events. */
static bool asked_for(const struct view_options *o, enum event_kind kind)
{
    return !o->events || (o->events & EVENT_BIT(kind));
}

/* 0, or -1: out of memory. */
static int put_json(struct compare_front *front, const struct scale *scale, uint64_t now_us)
{
    struct buf line;
    int r;

    if (!asked_for(front->app->view, EVENT_COMPARE))
        return 0;
    if (front->app->out.full && !scale)
        return 0; /* the output is not being read: the next second's line has the same information
                   */
    buf_init(&line, TABLE_MAX);
    r = compare_json(&line, &front->run->compare, &front->run->figures, scale, now_us,
                     clock_wall_us());
    if (r == 0)
        r = buf_append(&line, "\n", 1);
    if (r == 0)
        output_put(&front->app->out, buf_slice(&line));
    buf_clear(&line);
    return r;
}

void show_tick(struct compare_front *front, uint64_t now_us)
{
    uint64_t second = now_us / 1000000;

    if (!front->live.output && !front->app->view->json)
        return;
    if (!front->live.output && second == front->second)
        return;
    figures_make(&front->run->figures, &front->run->compare, now_us);
    paint(front);
    if (front->app->view->json && second != front->second && second > 0)
        (void)put_json(front, NULL, now_us); /* the next second has its own */
    front->second = second;
}

/* --- the end ------------------------------------------------------------------------------------
 */

void show_note(struct compare_front *front, const char *text)
{
    struct err e;

    if (compare_detailed(front->app->view) || front->app->view->level < 0)
        return;
    err_set(&e, EXIT_OK, STAGE_IO, 0, "%s", text);
    live_erase(&front->live);
    app_fail(front->app, &e);
}

static void put_failures(struct compare_front *front)
{
    if (compare_detailed(front->app->view))
        return;
    for (unsigned i = 0; i < front->run->compare.count; i++) {
        const struct comparison_channel *ch = front->run->compare.channels[i];
        struct err e = ch->error;

        if (e.code == EXIT_OK)
            continue;
        snprintf(e.text, sizeof e.text, "%s: %.480s", ch->source.label, ch->error.text);
        app_fail(front->app, &e);
    }
}

void show_summary(struct compare_front *front, enum exit_code code)
{
    const struct ndjson_config config = {.kinds = EVENT_BIT(EVENT_SUMMARY)};
    bool wanted = front->app->view->json && asked_for(front->app->view, EVENT_SUMMARY);
    struct sink *sink = wanted ? ndjson_new(&front->out_bytes, &config) : NULL;
    struct event ev = event_now(EVENT_SUMMARY, front->app->start_us);

    if (!sink)
        return;
    for (unsigned i = 0; i < front->run->count; i++) {
        const struct totals one = session_totals(front->run->lanes[i].session);

        totals_add(&ev.summary.totals, &one);
    }
    ev.summary.duration_us = ev.at_us;
    ev.summary.exit = code;
    ev.summary.seed = front->run->count ? front->run->lanes[0].faults.seed : 0;
    sink->event(sink, &ev);
    sink->free(sink);
}

int show_end(struct compare_front *front, struct err *e)
{
    struct view_config view = views_config(front->app->view, STDOUT_FILENO, false);
    uint64_t now_us = front->run->figures.end_us;
    struct buf text;
    int r;

    live_erase(&front->live);
    front->live.output = NULL;
    if (front->app->view->json) {
        r = put_json(front, &front->run->scale, now_us);
    } else {
        buf_init(&text, TABLE_MAX);
        r = compare_table(&text, &front->run->compare, &front->run->figures, &front->run->scale,
                          &view);
        if (r == 0)
            output_put(&front->app->out, buf_slice(&text));
        buf_clear(&text);
    }
    put_failures(front);
    return r < 0 ? err_nomem(e, STAGE_IO, "showing what was measured") : 0;
}

/* --- the page -----------------------------------------------------------------------------------
 */

struct settings {
    struct page_setting list[24];
    size_t count;
    char texts[24][160];
};

static __attribute__((format(printf, 3, 4))) void set(struct settings *s, const char *name,
                                                      const char *format, ...)
{
    va_list args;

    if (s->count == sizeof s->list / sizeof *s->list)
        return;
    va_start(args, format);
    vsnprintf(s->texts[s->count], sizeof s->texts[0], format, args);
    va_end(args);
    s->list[s->count] = (struct page_setting){name, s->texts[s->count]};
    s->count++;
}

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "no";
}

static void gather_settings(struct settings *s, const struct compare_front *front)
{
    const struct connect_options *o = front->app->connect;
    const struct fault_options *fault = front->app->fault;

    s->count = 0;
    for (unsigned i = 0; i < front->run->count; i++)
        set(s, front->run->lanes[i].label, "%s", front->run->lanes[i].url);
    set(s, "Duration", "%.1f s", (double)front->run->figures.elapsed_us / 1e6);
    set(s, "The same update (--id)", "%s", o->account.id ? o->account.id : "all its bytes");
    set(s, "Server's time (--time)", "%s", front->own->time ? front->own->time : "not asked for");
    if (o->http.poll)
        set(s, "Connections of polls kept", "%s", yes_no(!o->http.no_keepalive));
    set(s, "Compression of messages offered", "%s", yes_no(o->handshake.deflate.enabled));
    set(s, "Certificates verified", "%s", yes_no(!o->dial.tls.insecure));
    if (o->dial.proxy)
        set(s, "Proxy", "as in --proxy");
    if (o->handshake.header_count)
        set(s, "Own headers", "%zu", o->handshake.header_count);
    if (o->handshake.authorization || o->handshake.cookie)
        set(s, "Credentials", "sent, not shown");
    if (fault->count)
        set(s, "Faults", "%zu armed, --seed %llu", fault->count,
            (unsigned long long)front->run->lanes[0].faults.seed);
    if (o->ws.ping_interval_us)
        set(s, "Pings", "every %s s", decimal_millionths(o->ws.ping_interval_us).text);
}

int show_report(struct compare_front *front, struct err *e)
{
    struct settings settings;
    struct report report = {
        .compare = &front->run->compare,
        .figures = &front->run->figures,
        .scale = &front->run->scale,
        .time_us = clock_wall_us(),
        .at_us = front->run->figures.end_us,
        .version = "wscope " PACKAGE_VERSION,
        .settings = settings.list,
    };
    struct buf page;
    int r;

    gather_settings(&settings, front);
    report.setting_count = settings.count;
    for (unsigned i = 0; i < front->run->count; i++)
        report.openings[i] = out_kept(&front->run->lanes[i].opening);
    buf_init(&page, PAGE_MAX);
    r = report_page(&page, &report) < 0 ? err_nomem(e, STAGE_IO, "writing the page")
                                        : result_file_write(front->report_fd, "--report", &page, e);
    buf_clear(&page);
    return r;
}
