/* One file after the other: its tests, and the result of each. */
#include <fnmatch.h>
#include <stdlib.h>

#include "base/clock.h"
#include "verb/run/script_private.h"

static void next_test(struct script_job *job);

/* --- waking up ----------------------------------------------------------------------------------
 */

static void on_kick(uv_timer_t *timer)
{
    struct script_job *job = timer->data;

    if (job->test)
        test_step(job->test);
    else
        next_test(job);
}

void job_kick(struct script_job *job)
{
    uv_timer_start(&job->kick, on_kick, 0, 0);
}

void test_alarm(struct test_run *t, uint64_t at_us)
{
    uint64_t now = clock_mono_us();

    uv_timer_start(&t->job->timer, on_kick, at_us > now ? (at_us - now + 999) / 1000 : 0, 0);
}

/* --- a test -------------------------------------------------------------------------------------
 */

static void begin_test(struct script_job *job, const struct script_test *test)
{
    struct test_run *t = calloc(1, sizeof *t);

    if (!t) {
        job->run->stopping = true;
        job->run->bail = "out of memory";
        job->run->code = EXIT_OTHER;
        job_kick(job);
        return;
    }
    t->job = job;
    t->test = test;
    t->last_setting = &t->settings;
    t->timeout_us = job->run->own->timeout_us;
    t->began_us = clock_mono_us();
    t->began_wall_us = clock_wall_us();
    t->blocks[0] = (struct test_block){.next = job->script->settings};
    t->depth = 1;
    job->test = t;
    progress_show(job->run, test->name);
    job_kick(job);
}

static void report(struct test_run *t)
{
    const struct script_test *test = t->test;
    struct result result = {
        .place = {test->place.file, test->place.line, test->place.column},
        .name = test->name,
        .status = t->failed ? RESULT_FAILED : RESULT_PASSED,
        .reason = test->reason,
        .todo = test->todo,
        .time_us = t->began_wall_us,
        .us = clock_mono_us() - t->began_us,
        .expectations = t->expectations,
        .failure = t->failed ? &t->failure : NULL,
    };

    script_report(t->job->run, &result);
}

static void test_free(struct test_run *t, bool keep)
{
    wait_end(t);
    while (t->conns) {
        struct script_conn *c = t->conns;

        t->conns = c->next;
        conn_free(c, keep);
    }
    proxies_free(t);
    free(t->seen);
    mask_clear(&t->secrets);
    variables_clear(t);
    arena_free(&t->line);
    arena_free(&t->memory);
    free(t);
}

void test_over(struct test_run *t)
{
    struct script_job *job = t->job;

    uv_timer_stop(&job->timer);
    report(t);
    if (t->failed && !t->test->todo && job->run->own->fail_fast)
        job->run->stopping = true;
    test_free(t, t->failed);
    job->test = NULL;
    job_kick(job);
}

/* --- the file -----------------------------------------------------------------------------------
 */

static bool wanted(const struct script_run *run, const char *name)
{
    const struct run_options *o = run->own;

    for (size_t i = 0; i < o->only_count; i++) {
        if (fnmatch(o->only[i], name, 0) == 0)
            return true;
    }
    return o->only_count == 0;
}

static void skip(struct script_run *run, const struct script_test *test, const char *why)
{
    struct result result = {
        .place = {test->place.file, test->place.line, test->place.column},
        .name = test->name,
        .status = RESULT_SKIPPED,
        .reason = why,
        .time_us = clock_wall_us(),
    };

    script_report(run, &result);
}

static void next_test(struct script_job *job)
{
    struct script_run *run = job->run;

    while (job->active) {
        const struct script_test *test = job->next;

        if (run->bail)
            break;
        if (!test) {
            if (run->next_script == run->script_count)
                break;
            job->script = &run->scripts[run->next_script++];
            job->next = job->script->tests;
            continue;
        }
        job->next = test->next;
        if (run->stopping) {
            skip(run, test, "a test failed before it (--fail-fast)");
        } else if (!wanted(run, test->name)) {
            skip(run, test, "--only");
        } else if (test->skip) {
            skip(run, test, test->reason);
        } else {
            begin_test(job, test);
            return;
        }
    }
    job->active = false;
    script_job_idle(run);
}

void job_start(struct script_job *job)
{
    job->active = true;
    job_kick(job);
}

/* Which test it was, and in which line, is what one wants to know of a run that hung. */
static void test_abort(struct test_run *t, const char *why)
{
    const struct statement *st = t->depth > 0 ? t->blocks[t->depth - 1].next : NULL;

    wait_fail(t, why);
    test_fail(t, t->waiting ? t->waiting : st, "", "", "%s", why);
    report(t);
    test_free(t, true);
}

void job_abort(struct script_job *job, const char *why)
{
    uv_timer_stop(&job->kick);
    uv_timer_stop(&job->timer);
    if (job->test)
        test_abort(job->test, why);
    job->test = NULL;
    job->active = false;
}
