/*
 * fanout_show: what is shown while the connections are open, and the results.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/result_file.h"
#include "app/views.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "sink/fanout/fanout_json.h"
#include "sink/fanout/fanout_page.h"
#include "sink/fanout/fanout_text.h"
#include "sink/fanout/fanout_words.h"
#include "sink/prose.h"
#include "verb/fanout/fanout_private.h"

#define TEXT_MAX (64u << 20)
/* Between two lines of progress where nothing can be painted. */
#define LINE_US 2000000
/* Nodes that the live view lists. */
#define NODES_SHOWN 8
/* The live view takes at most 1/SHARE of the time. */
#define SHARE 20

void fanout_show_init(struct fanout_front *front)
{
    const struct view_options *o = front->app->view;
    const char *term = getenv("TERM");

    front->view = views_config(o, STDOUT_FILENO, false);
    front->live_view = views_config(o, STDERR_FILENO, false);
    if (o->level == 0 && !o->include && !o->pings && isatty(STDERR_FILENO) && term &&
        strcmp(term, "dumb") != 0)
        front->live =
            (struct live){.output = &front->app->err, .columns = front->live_view.columns};
}

int fanout_show_first(struct fanout_front *front, struct err *e)
{
    const struct view_options *o = front->app->view;
    struct view_config shown = views_config(o, STDERR_FILENO, true);
    struct sink *sink;

    shown.include = true;
    sink = human_new(&front->err_bytes, &shown);
    return fleet_watch(front->fleet, 0, sink) < 0 ? err_nomem(e, STAGE_IO, "starting") : 0;
}

/* --- while it runs ------------------------------------------------------------------------------
 */

static const char *stage_word(enum fanout_stage stage)
{
    static const char *const words[] = {
        "opening", "opening", "publishing", "drill", "publishing again", "waiting for messages",
        "closing", "closed"};

    return words[stage];
}

/* Without a style and without a newline. 0 or -1. */
static int put_state(const struct fanout_front *front, struct buf *text)
{
    size_t count = fleet_count(front->fleet);

    if (buf_printf(text, "%s: %zu of %zu connections open", stage_word(front->stage),
                   fleet_open_count(front->fleet), count) < 0)
        return -1;
    if (front->stage < FANOUT_ROUNDS)
        return 0;
    return buf_printf(text, ", %" PRIu64 " messages published, %" PRIu64 " received",
                      fanout_published(front->facts), fanout_delivered(front->facts));
}

/* The nodes and what reaches them, one a line. */
static int put_nodes(struct fanout_front *front, struct buf *text)
{
    struct fanout_report *r = NULL;
    int failed;

    if (front->stage < FANOUT_ROUNDS)
        return 0;
    r = fanout_report_new(front->facts, fanout_now(front));
    failed = r == NULL;
    for (uint32_t i = 0; r && i < r->node_count && i < NODES_SHOWN && !failed; i++) {
        uint64_t delivered = 0, lost = 0;
        char name[FANOUT_LABEL];

        for (uint32_t from = 0; from < r->rows; from++) {
            delivered += fanout_cell(r, from, i)->delivered;
            lost += fanout_cell(r, from, i)->lost;
        }
        failed =
            fanout_label(name, r->nodes[i].name, front->live_view.utf8) < 0 ||
            buf_printf(text, "  %s: %" PRIu32 " open, %" PRIu64 " received, %" PRIu64 " lost\n",
                       name, r->nodes[i].connections, delivered, lost) < 0;
    }
    if (r && !failed && r->node_count > NODES_SHOWN)
        failed = buf_printf(text, "  and %" PRIu32 " more nodes\n", r->node_count - NODES_SHOWN);
    fanout_report_free(r);
    return failed ? -1 : 0;
}

static void paint(struct fanout_front *front)
{
    uint64_t began = clock_mono_us();
    struct buf text;

    if (live_blocked(&front->live) || began < front->paint_us)
        return;
    buf_init(&text, TEXT_MAX);
    if (put_state(front, &text) == 0 && buf_append_str(&text, "\n") == 0 &&
        put_nodes(front, &text) == 0)
        live_paint(&front->live, &text);
    buf_clear(&text);
    /* With many connections the figures take their time. */
    front->paint_us = began + SHARE * (clock_mono_us() - began);
}

static void put_sentence(struct fanout_front *front, struct slice text)
{
    struct prose p;
    struct buf line;

    buf_init(&line, TEXT_MAX);
    p = prose_begin(&line, &front->live_view);
    prose_put(&p, front->live_view.utf8 ? "· " : "- ");
    prose_wrap_safe(&p, text, 2, 2);
    live_erase(&front->live);
    output_put(&front->app->err, buf_slice(&line));
    buf_clear(&line);
}

void fanout_show_note(struct fanout_front *front, const char *text)
{
    if (front->app->view->level >= 0)
        put_sentence(front, slice_str(text));
}

void fanout_show_line(struct fanout_front *front, struct slice line)
{
    put_sentence(front, line);
}

void fanout_show_tick(struct fanout_front *front)
{
    uint64_t now = fanout_now(front);
    struct buf text;

    if (front->live.output) {
        paint(front);
        return;
    }
    if (front->app->view->level < 0 || now < front->progress_us + LINE_US)
        return;
    if (front->progress_us == 0) { /* a short run needs no progress */
        front->progress_us = now;
        return;
    }
    front->progress_us = now;
    buf_init(&text, sizeof front->progress);
    if (put_state(front, &text) == 0 && buf_append(&text, "", 1) == 0 &&
        strcmp((const char *)buf_data(&text), front->progress) != 0) {
        memcpy(front->progress, buf_data(&text), text.len);
        put_sentence(front, slice_str(front->progress));
    }
    buf_clear(&text);
}

/* --- the results --------------------------------------------------------------------------------
 */

struct results {
    struct fanout_report *report;
    struct drill_verdict verdicts[CRITERIA_MAX];
    size_t count, failed;
};

static int put_json(struct fanout_front *front, const struct results *r)
{
    struct json_tree tree;
    struct buf text;
    int failed;

    buf_init(&text, TEXT_MAX);
    failed = fanout_json(&tree, r->report, r->verdicts, r->count) < 0 ||
             tree_print(&tree, &text) < 0 || buf_append_str(&text, "\n") < 0;
    if (!failed)
        output_put(&front->app->out, buf_slice(&text));
    tree_clear(&tree);
    buf_clear(&text);
    return failed ? -1 : 0;
}

static int put_text(struct fanout_front *front, const struct results *r)
{
    struct buf text;
    int failed;

    buf_init(&text, TEXT_MAX);
    failed = fanout_text(&text, r->report, r->verdicts, r->count, &front->view) < 0;
    if (!failed)
        output_put(&front->app->out, buf_slice(&text));
    buf_clear(&text);
    return failed ? -1 : 0;
}

static int put_page(struct fanout_front *front, const struct results *r, struct err *e)
{
    char count[32], within[48];
    const struct page_setting settings[] = {
        {"URL", front->url},
        {"Connections", count},
        {"In time (--within)", within},
        {"Drill", front->own->drill ? "--drill, not shown" : "none"},
    };
    const struct fanout_page page = {
        .report = r->report,
        .verdicts = r->verdicts,
        .verdict_count = r->count,
        .url = front->url,
        .time_us = clock_wall_us(),
        .version = "wscope " PACKAGE_VERSION,
        .settings = settings,
        .setting_count = sizeof settings / sizeof settings[0],
    };
    struct buf text;
    int failed;

    snprintf(count, sizeof count, "%" PRIu64, front->own->connections);
    snprintf(within, sizeof within, "%s s", decimal_millionths(front->own->within_us).text);
    buf_init(&text, TEXT_MAX);
    failed = fanout_page(&text, &page) < 0
                 ? err_nomem(e, STAGE_IO, "writing the page")
                 : result_file_write(front->report_fd, "--report", &text, e);
    buf_clear(&text);
    return failed;
}

/* There was neither a connection nor an answer: the error that follows says it all. */
static bool is_void(const struct fanout_front *front, const struct fanout_report *r)
{
    bool opened = r->sticky.session_unknown > 0;

    for (size_t i = 0; i < front->conn_count && !opened; i++)
        opened = front->conns[i].opened;
    return !opened && front->code > 0 && front->first_failure.status == 0;
}

int fanout_show_end(struct fanout_front *front, struct err *e)
{
    struct results r = {.report = fanout_report_new(front->facts, fanout_now(front))};
    int code = EXIT_OK;

    live_erase(&front->live);
    front->live.output = NULL;
    if (!r.report)
        return err_nomem(e, STAGE_IO, "showing the results");
    r.report->opening_us = front->opening_us;
    if (front->cut)
        fanout_show_note(front, front->cut);
    r.count = front->own->expect_drill.count;
    r.failed = drill_expect_check(&front->own->expect_drill, r.report, r.verdicts);
    if (r.failed > 0 || r.report->fault_count > 0)
        code = EXIT_EXPECT;
    if (front->app->view->json ? put_json(front, &r) < 0
                               : !is_void(front, r.report) && put_text(front, &r) < 0)
        code = err_nomem(e, STAGE_IO, "showing the results");
    else if (front->report_fd >= 0 && put_page(front, &r, e) < 0)
        code = -1;
    fanout_report_free(r.report);
    return code;
}
