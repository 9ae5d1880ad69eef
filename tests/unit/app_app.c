/* The loop of a run, on pipes in place of standard output and standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"

struct run {
    struct app app;
    struct limit_options limits_given;
    struct out out, err;
    int read_out, read_err;
    int gone, gone_code, limits, signals;
    const char *says; /* on standard error, about an output that is gone */
    struct err limit;
};

static void on_gone(void *ctx, const struct err *e)
{
    struct run *r = ctx;

    r->gone++;
    r->gone_code = e ? (int)e->code : 0;
    if (r->says)
        out_put(&r->err, r->says, strlen(r->says));
}

static void on_limit(void *ctx, const struct err *e)
{
    struct run *r = ctx;

    r->limits++;
    r->limit = *e;
    app_end(&r->app);
}

static void on_signal(void *ctx, int number)
{
    struct run *r = ctx;

    r->signals += number == SIGTERM;
    app_leave(&r->app);
}

static void pipe_into(struct out *out, int *read_end)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    *read_end = fds[0];
    out_init(out, fds[1], 1024);
}

static void start(struct run *r)
{
    const struct app_hooks hooks = {
        .gone = on_gone, .limit = on_limit, .signal = on_signal, .ctx = r};
    struct err e;

    memset(r, 0, sizeof *r);
    r->app.limits = &r->limits_given;
    signal(SIGPIPE, SIG_IGN);
    pipe_into(&r->out, &r->read_out);
    pipe_into(&r->err, &r->read_err);
    assert_int_equal(app_init(&r->app, &r->out, &r->err, &hooks, &e), 0);
}

static void run_and_close(struct run *r)
{
    app_run(&r->app);
    app_drain(&r->app);
    app_close(&r->app, 0);
    close(r->out.fd);
    close(r->err.fd);
    close(r->read_err);
    out_clear(&r->out);
    out_clear(&r->err);
}

static void the_loop_ends_once_all_is_written(void **state)
{
    struct run r;
    char text[8] = "";

    (void)state;
    start(&r);
    out_put(&r.out, "hello", 5);
    app_end(&r.app);
    run_and_close(&r);
    assert_int_equal(read(r.read_out, text, sizeof text), 5);
    assert_string_equal(text, "hello");
    assert_int_equal(r.gone, 0);
    close(r.read_out);
}

static void a_reader_that_left_is_no_error_and_does_not_hold_the_loop(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    close(r.read_out);
    out_put(&r.out, "hello", 5);
    app_end(&r.app);
    run_and_close(&r);
    assert_int_equal(r.gone, 1);
    assert_int_equal(r.gone_code, 0);
}

static void an_output_that_cannot_be_written_is_an_error(void **state)
{
    struct run r;
    int fd;

    (void)state;
    start(&r);
    fd = open("/dev/full", O_WRONLY);
    if (fd < 0)
        skip();
    dup2(fd, r.out.fd);
    close(fd);
    out_put(&r.out, "hello", 5);
    app_end(&r.app);
    run_and_close(&r);
    assert_int_equal(r.gone, 1);
    assert_int_equal(r.gone_code, EXIT_OTHER);
    close(r.read_out);
}

/* The end of one output is found in the loop's last steps before it sleeps, and nothing else wakes
 * it. */
static void what_is_reported_of_an_output_is_written_before_the_loop_sleeps(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    r.says = "it can't be written\n";
    r.limits_given.max_time_us = 5000000;
    out_put(&r.out, "hello", 5);
    r.out.error = ENOMEM;
    app_end(&r.app);
    run_and_close(&r);
    assert_int_equal(r.gone, 1);
    assert_int_equal(r.limits, 0);
    close(r.read_out);
}

static void the_time_limit_comes_with_what_to_report(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    r.limits_given.max_time_us = 1000;
    run_and_close(&r);
    assert_int_equal(r.limits, 1);
    assert_int_equal(r.limit.code, EXIT_TIMEOUT);
    assert_string_equal(r.limit.text, "the time limit of 0.001 s (--max-time) is over");
    close(r.read_out);
}

/* What --max-time is about is over when no hook is called any more: the loop may go on for others.
 */
static void nothing_is_called_once_it_is_unhooked(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    r.limits_given.max_time_us = 1000;
    app_limit(&r.app);
    app_unhook(&r.app);
    app_settle(&r.app);
    run_and_close(&r);
    assert_int_equal(r.limits, 0);
    close(r.read_out);
}

static void failure_is_a_sentence_in_the_output_or_an_event_where_events_are_shown(void **state)
{
    struct run r;
    struct bus bus;
    char text[256] = "";
    struct err e;

    (void)state;
    start(&r);
    bus_init(&bus);
    err_set(&e, EXIT_TLS, STAGE_TLS, 0, "no \033[31m such thing");
    err_hint(&e, "try another");
    assert_int_equal(app_fail(&r.app, &e), EXIT_TLS);
    app_drain(&r.app);
    assert_true(read(r.read_err, text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, "such thing\n  hint: try another\n"));
    assert_null(strchr(text, '\033'));
    r.app.bus = &bus;
    assert_int_equal(app_fail(&r.app, &e), EXIT_TLS);
    assert_int_equal(out_queued(&r.err), 0);
    app_end(&r.app);
    run_and_close(&r);
    bus_clear(&bus);
    close(r.read_out);
}

static void a_signal_is_handed_on(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    raise(SIGTERM);
    run_and_close(&r);
    assert_int_equal(r.signals, 1);
    close(r.read_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loop_ends_once_all_is_written),
        cmocka_unit_test(a_reader_that_left_is_no_error_and_does_not_hold_the_loop),
        cmocka_unit_test(an_output_that_cannot_be_written_is_an_error),
        cmocka_unit_test(what_is_reported_of_an_output_is_written_before_the_loop_sleeps),
        cmocka_unit_test(the_time_limit_comes_with_what_to_report),
        cmocka_unit_test(a_signal_is_handed_on),
        cmocka_unit_test(nothing_is_called_once_it_is_unhooked),
        cmocka_unit_test(failure_is_a_sentence_in_the_output_or_an_event_where_events_are_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
