/*
 * proxy_results: the results of the run: the report as text, JSON and a page, and what was expected
 * of it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/result_file.h"
#include "base/clock.h"
#include "script/results.h"
#include "sink/grade/grade_json.h"
#include "sink/grade/grade_page.h"
#include "sink/grade/grade_text.h"
#include "verb/proxy/proxy_private.h"

/* Of a report with very many clients. */
#define TEXT_MAX ((size_t)64 << 20)

/* --- the report ---------------------------------------------------------------------------------
 */

static int put_text(struct proxy_front *p, const struct grade_report *r, struct buf *text)
{
    const struct view_config view = views_config(p->app->view, STDOUT_FILENO, false);

    if (grade_text(text, r, &view) < 0)
        return -1;
    out_put(&p->views.out, buf_data(text), text->len);
    return 0;
}

/* With the members that every event has. */
int proxy_report_json(struct proxy_front *p, struct buf *text)
{
    struct grade_report *r = proxying_report(&p->core);
    struct json_tree t;
    int failed = -1;

    if (r && grade_json(&t, r) == 0) {
        tree_u64(&t, t.root, "v", 1);
        tree_time(&t, t.root, "time", clock_wall_us());
        tree_seconds(&t, t.root, "at", clock_mono_us() - p->app->start_us);
        failed = tree_end(&t, text);
    }
    grade_report_free(r);
    return failed;
}

static int put_json(struct proxy_front *p, struct buf *text)
{
    if (proxy_report_json(p, text) < 0 || buf_append(text, "\n", 1) < 0)
        return -1;
    out_put(&p->views.out, buf_data(text), text->len);
    return 0;
}

static int put_page(struct proxy_front *p, const struct grade_report *r,
                    const struct grade_verdict *verdicts, struct buf *text)
{
    char *server = url_print(p->app->connect->handshake.url);
    const struct grade_page page = {
        .report = r,
        .verdicts = verdicts,
        .verdict_count = p->own->expect.count,
        .url = server,
        .time_us = clock_wall_us(),
        .version = "wscope " PACKAGE_VERSION,
    };
    struct err e;
    int failed = server ? grade_page(text, &page) : -1;

    if (failed == 0 && result_file_write(p->report_fd, "--report", text, &e) < 0)
        p->code = app_fail(p->app, &e);
    free(server);
    return failed;
}

/* --- what was expected --------------------------------------------------------------------------
 */

static void report_one(struct reporter *to, const struct grade_verdict *v, uint64_t us)
{
    char name[128];
    struct result_failure failure = {.message = v->reason,
                                     .expected = "",
                                     .hint = "",
                                     .source = "",
                                     .place = {.file = "--expect", .line = 1}};
    struct result result = {.place = failure.place,
                            .name = name,
                            .status = v->ok ? RESULT_PASSED : RESULT_FAILED,
                            .reason = "",
                            .time_us = clock_wall_us(),
                            .us = us,
                            .expectations = v->ok,
                            .failure = v->ok ? NULL : &failure};

    snprintf(name, sizeof name, "%.*s", (int)(v->name.len < 100 ? v->name.len : 100),
             (const char *)v->name.data);
    to->test(to, &result);
}

/* All of them to one reporter, which is freed. 0 or -1 (memory). */
static int report_to(struct reporter *to, const struct grade_verdict *verdicts, size_t count,
                     size_t failed)
{
    const struct results_total total = {.passed = count - failed, .failed = failed};

    if (!to)
        return -1;
    to->begin(to, count, 1, clock_wall_us());
    for (size_t i = 0; i < count; i++)
        report_one(to, &verdicts[i], 0);
    to->end(to, &total, NULL);
    to->free(to);
    return 0;
}

static int put_junit(struct proxy_front *p, const struct grade_verdict *verdicts, size_t failed)
{
    struct out out;
    int r;

    (void)!ftruncate(p->junit_fd, 0); /* a pipe or /dev/stdout has no length */
    out_init(&out, p->junit_fd, TEXT_MAX);
    r = report_to(junit_new(&out), verdicts, p->own->expect.count, failed);
    out_drain(&out, -1);
    out_clear(&out);
    return r;
}

static void put_failed(struct proxy_front *p, const struct grade_verdict *verdicts)
{
    for (size_t i = 0; i < p->own->expect.count; i++) {
        const struct grade_verdict *v = &verdicts[i];
        struct err e;

        if (v->ok)
            continue;
        err_set(&e, EXIT_EXPECT, STAGE_IO, 0, "%.*s: %s", (int)v->name.len,
                (const char *)v->name.data, v->reason);
        app_fail(p->app, &e);
    }
}

static int check(struct proxy_front *p, const struct grade_report *r,
                 struct grade_verdict *verdicts)
{
    size_t failed = grade_expect_check(&p->own->expect, r, verdicts);
    int failure = 0;

    if (p->own->tap)
        failure |= report_to(tap_new(&p->views.out), verdicts, p->own->expect.count, failed);
    if (p->junit_fd >= 0)
        failure |= put_junit(p, verdicts, failed);
    put_failed(p, verdicts);
    if (failed > 0 && p->code == EXIT_OK)
        p->code = EXIT_EXPECT;
    return failure;
}

void proxy_results(struct proxy_front *p)
{
    struct grade_report *r = proxying_report(&p->core);
    struct grade_verdict verdicts[CRITERIA_MAX];
    struct buf text;
    struct err e;
    int failed = r ? 0 : -1;

    buf_init(&text, TEXT_MAX);
    if (r)
        failed = check(p, r, verdicts);
    if (r && p->app->view->json)
        failed |= put_json(p, &text);
    else if (r && !p->own->tap)
        failed |= put_text(p, r, &text);
    buf_reset(&text);
    if (r && p->report_fd >= 0)
        failed |= put_page(p, r, verdicts, &text);
    if (failed) {
        err_nomem(&e, STAGE_IO, "writing the report");
        p->code = app_fail(p->app, &e);
    }
    buf_clear(&text);
    grade_report_free(r);
}
