#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/trace.h"

static char last[4096];
static unsigned lines;

static void keep(const char *line)
{
    snprintf(last, sizeof last, "%s", line);
    lines++;
}

static int evaluated(void)
{
    lines += 100;
    return 7;
}

static int off(void **state)
{
    (void)state;
    trace_begin(0, NULL);
    lines = 0;
    last[0] = '\0';
    return 0;
}

static void trace_is_off_and_evaluates_nothing(void **state)
{
    (void)state;
    TRACE("pump", evaluated(), "turn");
    assert_int_equal(lines, 0);
}

static void trace_line_has_time_object_and_text(void **state)
{
    unsigned seconds, micros;
    int id, end = 0;

    (void)state;
    trace_begin(clock_mono_us() - 2500000, keep);
    TRACE("pump", 7, "waits%s", " to read");
    assert_int_equal(lines, 1);
    assert_int_equal(
        sscanf(last, "trace %u.%6u pump %d: waits to read%n", &seconds, &micros, &id, &end), 3);
    assert_int_equal(end, strlen(last));
    assert_true(seconds >= 2);
    assert_int_equal(id, 7);
}

static void trace_line_is_cut(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    trace_begin(0, keep);
    TRACE("leg", 1, "%s", text);
    assert_int_equal(strlen(last), 1023);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trace_is_off_and_evaluates_nothing, off, off),
        cmocka_unit_test_setup_teardown(trace_line_has_time_object_and_text, off, off),
        cmocka_unit_test_setup_teardown(trace_line_is_cut, off, off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
