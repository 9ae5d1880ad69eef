/* Commands beside the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/child.h"

struct fixture {
    uv_loop_t loop;
    struct child *child;
    char printed[8192], last[64];
    size_t lines;
    bool done;
    int status, number;
};

static void on_line(void *ctx, struct slice line)
{
    struct fixture *f = ctx;
    size_t len = strlen(f->printed);

    snprintf(f->printed + len, sizeof f->printed - len, "%.*s|", (int)line.len,
             (const char *)line.data);
    snprintf(f->last, sizeof f->last, "%.*s", (int)line.len, (const char *)line.data);
    f->lines++;
}

static void on_done(void *ctx, int status, int number)
{
    struct fixture *f = ctx;

    assert_false(f->done);
    f->done = true;
    f->status = status;
    f->number = number;
}

static void begin(struct fixture *f, const char *command)
{
    const struct child_hooks hooks = {on_line, on_done, f};
    struct err e;

    *f = (struct fixture){.done = false};
    assert_int_equal(uv_loop_init(&f->loop), 0);
    f->child = child_start(&f->loop, command, &hooks, &e);
    assert_non_null(f->child);
}

static void run(struct fixture *f, const char *command)
{
    begin(f, command);
    while (!f->done)
        uv_run(&f->loop, UV_RUN_ONCE);
}

static void end(struct fixture *f)
{
    child_free(f->child);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void both_outputs_come_in_order(void **state)
{
    struct fixture f;

    (void)state;
    run(&f, "echo one; echo two >&2; printf 'three\\r\\n'; printf four");
    assert_string_equal(f.printed, "one|two|three|four|");
    assert_int_equal(f.status, 0);
    end(&f);
}

static void nothing_can_be_read(void **state)
{
    struct fixture f;

    (void)state;
    run(&f, "wc -c | tr -d ' '");
    assert_string_equal(f.printed, "0|");
    end(&f);
}

/* A server that the command starts outlives it, and goes on printing. */
static void what_is_left_running_is_not_waited_for(void **state)
{
    struct fixture f;

    (void)state;
    run(&f, "sleep 300 & echo $!");
    assert_int_equal(f.status, 0);
    assert_int_equal(kill((pid_t)atoi(f.printed), SIGKILL), 0);
    end(&f);
}

static void a_failure_names_the_status_and_the_last_line(void **state)
{
    struct fixture f;
    struct err e;

    (void)state;
    run(&f, "echo ignored; echo no such pod; exit 3");
    assert_int_equal(child_failed(f.child, "--drill", f.status, f.number, &e), -1);
    assert_string_equal(e.text, "--drill: the command ended with status 3: no such pod");
    assert_int_equal(e.code, EXIT_OTHER);
    end(&f);
    run(&f, "kill -9 $$");
    child_failed(f.child, "--drill", f.status, f.number, &e);
    assert_string_equal(e.text, "--drill: the command was ended by signal 9");
    end(&f);
}

static void a_long_line_is_cut(void **state)
{
    struct fixture f;

    (void)state;
    run(&f, "head -c 7000 /dev/zero | tr '\\0' x; echo; echo y");
    assert_int_equal(strlen(f.printed), CHILD_LINE_MAX + 3);
    assert_string_equal(f.printed + CHILD_LINE_MAX, "|y|");
    end(&f);
}

/* Of what comes faster than it is looked at, the end is handed over. */
static void a_flood_is_cut(void **state)
{
    struct fixture f;

    (void)state;
    run(&f, "yes first | head -c 1000000; echo; echo last");
    assert_in_range(f.lines, 2, CHILD_LOOK_MAX);
    assert_string_equal(f.last, "last");
    end(&f);
}

static void a_look_ends_though_the_command_goes_on_printing(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, "exec yes");
    while (f.lines < 3 * CHILD_LOOK_MAX)
        child_look(f.child);
    end(&f);
}

/* "> /dev/stderr" opens the file anew, and cuts it. */
static void a_command_may_cut_what_it_has_printed(void **state)
{
    char dir[] = "/tmp/app_child.XXXXXX", path[64], command[256];
    struct fixture f;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/go", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(command, sizeof command, "echo much text; read go <%s; : >/dev/stderr; echo cut",
             path);
    begin(&f, command);
    while (f.lines == 0)
        child_look(f.child);
    fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "\n", 1), 1);
    close(fd);
    while (!f.done)
        uv_run(&f.loop, UV_RUN_ONCE);
    assert_string_equal(f.last, "cut");
    end(&f);
    unlink(path);
    rmdir(dir);
}

static void freeing_ends_it_without_a_report(void **state)
{
    const struct child_hooks hooks = {on_line, on_done, NULL};
    struct err e;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    child_free(child_start(&loop, "exec sleep 300", &hooks, &e));
    child_free(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* Each process of the command has the FIFO open for writing: its reader finds the end when the last
 * of them has ended. */
static void freeing_ends_all_that_it_has_started(void **state)
{
    char dir[] = "/tmp/app_child.XXXXXX", path[64], command[256], byte;
    struct pollfd ended = {.events = POLLIN};
    struct fixture f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/fifo", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    ended.fd = open(path, O_RDONLY | O_NONBLOCK);
    snprintf(command, sizeof command, "exec 3>%s; echo on; sleep 300 | cat; sleep 300", path);
    begin(&f, command);
    while (f.lines == 0)
        child_look(f.child);
    end(&f);
    assert_int_equal(poll(&ended, 1, 60000), 1);
    assert_int_equal(read(ended.fd, &byte, 1), 0);
    close(ended.fd);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_outputs_come_in_order),
        cmocka_unit_test(nothing_can_be_read),
        cmocka_unit_test(what_is_left_running_is_not_waited_for),
        cmocka_unit_test(a_failure_names_the_status_and_the_last_line),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(a_flood_is_cut),
        cmocka_unit_test(a_look_ends_though_the_command_goes_on_printing),
        cmocka_unit_test(a_command_may_cut_what_it_has_printed),
        cmocka_unit_test(freeing_ends_it_without_a_report),
        cmocka_unit_test(freeing_ends_all_that_it_has_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
