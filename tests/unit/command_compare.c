/* /compare: what a line asks for, and what it can't mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc.h"
#include "command/command.h"

/* What the front was asked, in words. */
struct noted {
    unsigned times;
    char text[512];
};

static int note(void *ctx, const struct command_compare *ask, struct err *e)
{
    struct noted *asked = ctx;
    size_t n;

    (void)e;
    asked->times++;
    if (!ask) {
        snprintf(asked->text, sizeof asked->text, "off");
        return 0;
    }
    n = (size_t)snprintf(asked->text, sizeof asked->text,
                         "poll %s sse %s id %s time %s for %llu every", ask->poll ? ask->poll : "-",
                         ask->sse ? ask->sse : "-", ask->id ? ask->id : "-",
                         ask->time ? ask->time : "-", (unsigned long long)ask->for_us);
    for (size_t i = 0; i < ask->every_count; i++)
        n += (size_t)snprintf(asked->text + n, sizeof asked->text - n, " %llu",
                              (unsigned long long)ask->every_us[i]);
    return 0;
}

/* 0 with what was asked, or -1 with *e. */
static int run(const char *line, struct noted *asked, struct err *e)
{
    const struct command_hooks hooks = {.compare = note, .ctx = asked};
    struct commands c;
    int status;

    *asked = (struct noted){0};
    commands_init(&c, &hooks);
    status = command_compare(&c, line, e);
    commands_clear(&c);
    return status;
}

static void line_becomes_what_is_asked(void **state)
{
    static const struct {
        const char *line, *asked;
    } lines[] = {
        {"", "poll - sse - id - time - for 10000000 every"},
        {"off", "off"},
        {"poll=:9001/feed.json", "poll :9001/feed.json sse - id - time - for 10000000 every"},
        {"sse=http://h/s poll=http://h/p?a=b every=0.5,2 for=3 id=/id time=/a/b",
         "poll http://h/p?a=b sse http://h/s id /id time /a/b for 3000000 every 500000 2000000"},
        {"every=1 every=2", "poll - sse - id - time - for 10000000 every 2000000"},
        {"poll=a poll=b", "poll b sse - id - time - for 10000000 every"},
        {"id=\"/a b\"", "poll - sse - id /a b time - for 10000000 every"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct noted asked;
        struct err e;

        assert_int_equal(run(lines[i].line, &asked, &e), 0);
        assert_int_equal(asked.times, 1);
        assert_string_equal(asked.text, lines[i].asked);
    }
}

static void mistakes_are_reported_and_nothing_is_asked(void **state)
{
    static const struct {
        const char *line, *says;
    } lines[] = {
        {"http://h/feed.json", "name=value"},
        {"off now", "name=value"},
        {"pol=:1/x", "poll=, sse=, every="},
        {"poll=", "a URL is missing"},
        {"sse=", "a URL is missing"},
        {"id=id", "a JSON Pointer"},
        {"id=", "a JSON Pointer"},
        {"time=/~2", "a JSON Pointer"},
        {"every=", "a list of seconds"},
        {"every=1,", "a list of seconds"},
        {"every=0", "a list of seconds"},
        {"every=1,x", "a list of seconds"},
        {"every=1,1.0", "different intervals"},
        {"every=1,2,3,4,5,6,7,8,9", "at most eight"},
        {"for=0", "a time in seconds"},
        {"for=soon", "a time in seconds"},
        {"poll=\"x", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct noted asked;
        struct err e;

        assert_int_equal(run(lines[i].line, &asked, &e), -1);
        assert_int_equal(asked.times, 0);
        assert_int_equal(e.code, EXIT_USAGE);
        assert_non_null(strstr(e.text, lines[i].says));
    }
}

static void without_a_front_that_can_it_has_no_meaning(void **state)
{
    const struct command_hooks hooks = {0};
    struct commands c;
    struct err e;

    (void)state;
    commands_init(&c, &hooks);
    assert_int_equal(command_compare(&c, "off", &e), -1);
    assert_int_equal(e.code, EXIT_USAGE);
    commands_clear(&c);
}

static void want_of_memory_asks_nothing(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct noted asked;
        struct err e;

        int status = run("poll=:1/a sse=:1/b id=/id time=/t", &asked, &e);

        assert_int_equal(status, asked.times ? 0 : -1);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_becomes_what_is_asked),
        cmocka_unit_test(mistakes_are_reported_and_nothing_is_asked),
        cmocka_unit_test(without_a_front_that_can_it_has_no_meaning),
        cmocka_unit_test(want_of_memory_asks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
