/* Sentences on standard error: nothing in them drives the terminal, and no secret is among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/complain.h"
#include "app/tracing.h"
#include "base/trace.h"

static char said[8192];
static FILE *file;
static int kept;

static void capture(void)
{
    file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
}

static void release(void)
{
    size_t n;

    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    n = fread(said, 1, sizeof said - 1, file);
    said[n] = '\0';
    fclose(file);
}

static void complain_escapes_what_it_quotes(void **state)
{
    (void)state;
    capture();
    complain("no file \"%s\"", "a\x1b[2J\nb");
    release();
    assert_string_equal(said, "wscope: no file \"a\\e[2J\\nb\"\n");
}

static void complain_err_gives_the_hint_and_the_code(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, EXIT_CONNECT, STAGE_CONNECT, 0, "refused");
    err_hint(&e, "try\nagain\x07");
    capture();
    assert_int_equal(complain_err(&e), EXIT_CONNECT);
    release();
    assert_string_equal(said, "wscope: refused\n  hint: try\nagain\\x07\n");
}

static void complain_hint_of_none_is_nothing(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, EXIT_CONNECT, STAGE_CONNECT, 0, "refused");
    capture();
    complain_hint(&e);
    release();
    assert_string_equal(said, "");
}

static void tracing_hides_secrets_and_escapes(void **state)
{
    (void)state;
    setenv("WSCOPE_TRACE", "1", 1);
    capture();
    tracing_begin(0);
    TRACE("leg", 1, "to wss://me:hunter2@h/a?token=hunter3&b=1 and //h/?key=hunter4, \x1b[1m");
    release();
    trace_begin(0, NULL);
    assert_memory_equal(said, "trace ", 6);
    assert_null(strstr(said, "hunter"));
    assert_null(strchr(said, '\x1b'));
    assert_non_null(strstr(said, "&b=1 and //h/?key=<redacted, 8 bytes> \\e[1m\n"));
}

static void tracing_is_off_without_the_variable(void **state)
{
    static const char *const values[] = {NULL, "", "0"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i])
            setenv("WSCOPE_TRACE", values[i], 1);
        else
            unsetenv("WSCOPE_TRACE");
        tracing_begin(0);
        assert_false(trace_on);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complain_escapes_what_it_quotes),
        cmocka_unit_test(complain_err_gives_the_hint_and_the_code),
        cmocka_unit_test(complain_hint_of_none_is_nothing),
        cmocka_unit_test(tracing_hides_secrets_and_escapes),
        cmocka_unit_test(tracing_is_off_without_the_variable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
