#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "session/header_cmd.h"

struct outcome {
    uv_loop_t loop;
    int calls;
    char *text;
    struct err e;
};

static void done(void *ctx, char *text, const struct err *e)
{
    struct outcome *o = ctx;

    o->calls++;
    o->text = text;
    o->e = *e;
}

static int set_up(void **state)
{
    struct outcome *o = calloc(1, sizeof *o);

    uv_loop_init(&o->loop);
    *state = o;
    return 0;
}

static int tear_down(void **state)
{
    struct outcome *o = *state;
    int rc = uv_loop_close(&o->loop);

    free(o->text);
    free(o);
    return rc;
}

static void run(struct outcome *o, const char *command, uint64_t timeout_us)
{
    free(o->text);
    o->text = NULL;
    o->calls = 0;
    assert_non_null(header_cmd_start(&o->loop, command, timeout_us, done, o, &o->e));
    assert_int_equal(o->calls, 0);
    uv_run(&o->loop, UV_RUN_DEFAULT);
    assert_int_equal(o->calls, 1);
}

static void check_failure(struct outcome *o, const char *command, uint64_t timeout_us,
                          const char *says)
{
    run(o, command, timeout_us);
    assert_null(o->text);
    assert_int_equal(o->e.code, EXIT_OTHER);
    if (!strstr(o->e.text, says))
        fail_msg("%s", o->e.text);
    assert_null(strstr(o->e.text, "hush"));
}

static void header_cmd_that_finds_no_memory_reports_it(void **state)
{
    struct outcome *o = *state;

    for (unsigned long n = 1;; n++) {
        struct header_cmd *run;

        free(o->text);
        o->text = NULL;
        o->calls = 0;
        err_clear(&o->e);
        alloc_fail_at(n);
        run = header_cmd_start(&o->loop, "echo 'A: b'", 0, done, o, &o->e);
        uv_run(&o->loop, UV_RUN_DEFAULT);
        if (!alloc_struck())
            break;
        assert_int_equal(o->calls, run ? 1 : 0);
        assert_null(o->text);
        assert_int_equal(o->e.code, EXIT_OTHER);
    }
    assert_string_equal(o->text, "A: b\n");
}

static void header_cmd_hands_over_what_was_printed(void **state)
{
    run(*state, "echo 'A: b'; echo C:; echo complaint >&2", 0);
    assert_string_equal(((struct outcome *)*state)->text, "A: b\nC:\n");
    run(*state, ":", 60000000);
    assert_string_equal(((struct outcome *)*state)->text, "");
    /* Nothing comes from standard input. */
    run(*state, "cat; printf x", 60000000);
    assert_string_equal(((struct outcome *)*state)->text, "x");
}

static void header_cmd_takes_64_kib_and_no_more(void **state)
{
    run(*state, "head -c 65536 /dev/zero | tr '\\0' x", 0);
    assert_int_equal(strlen(((struct outcome *)*state)->text), HEADER_CMD_MAX);
    check_failure(*state, "head -c 65537 /dev/zero | tr '\\0' x", 0, "more than 64 KiB");
    check_failure(*state, "yes", 0, "more than 64 KiB");
    check_failure(*state, "printf 'A: b\\0c'", 0, "NUL");
}

static void header_cmd_reports_a_failure_with_the_first_line_of_its_complaint(void **state)
{
    check_failure(*state, "echo hush; echo >&2; echo not logged in >&2; echo more >&2; exit 3", 0,
                  "failed with exit status 3: not logged in");
    check_failure(*state, "exit 1", 0, "exit status 1: it printed nothing");
    check_failure(*state, "no-such-command-anywhere", 0, "exit status 127");
    check_failure(*state, "kill -9 $$", 0, "ended by signal 9");
    check_failure(*state, "yes complaint | head -c 1000000 >&2; exit 2", 0,
                  "exit status 2: complaint");
}

static void header_cmd_is_ended_when_its_time_is_over(void **state)
{
    check_failure(*state, "exec sleep 1000", 20000, "did not end within 0.02 s");
    /* What it left running holds the output open. */
    check_failure(*state, "echo hush; sleep 3 &", 20000, "did not end within");
}

static void header_cmd_can_be_cancelled(void **state)
{
    struct outcome *o = *state;
    struct header_cmd *cmd = header_cmd_start(&o->loop, "exec sleep 1000", 0, done, o, &o->e);

    assert_non_null(cmd);
    header_cmd_cancel(cmd);
    header_cmd_cancel(NULL);
    uv_run(&o->loop, UV_RUN_DEFAULT);
    assert_int_equal(o->calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(header_cmd_that_finds_no_memory_reports_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(header_cmd_hands_over_what_was_printed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(header_cmd_takes_64_kib_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            header_cmd_reports_a_failure_with_the_first_line_of_its_complaint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(header_cmd_is_ended_when_its_time_is_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(header_cmd_can_be_cancelled, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
