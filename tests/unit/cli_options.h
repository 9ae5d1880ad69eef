/*
 * cli_options: what the tests of the command line share: parsing one, what must be right, and the
 * sentence of what must be wrong.
 */
#ifndef TESTS_UNIT_CLI_OPTIONS_H
#define TESTS_UNIT_CLI_OPTIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "base/buf.h"
#include "cli/options.h"
#include "verb/compare/compare.h"
#include "verb/run/script.h"
#include "verb/serve/serve.h"
#include "verb/verbs.h"

#define ARGS_MAX 24

/* One command line, in memory that may be overwritten as argv may. */
struct line {
    char text[2048];
    char *argv[ARGS_MAX + 1];
    int argc;
    struct options o;
    struct err e;
    int status;
};

static inline void line_set(struct line *l, const char *first, va_list list)
{
    size_t used = 0;

    memset(l, 0, sizeof *l);
    l->argv[l->argc++] = l->text;
    used += (size_t)snprintf(l->text, sizeof l->text, "wscope") + 1;
    for (const char *arg = first; arg; arg = va_arg(list, const char *)) {
        assert_true(l->argc < ARGS_MAX && used + strlen(arg) + 1 < sizeof l->text);
        l->argv[l->argc++] = l->text + used;
        used += (size_t)snprintf(l->text + used, sizeof l->text - used, "%s", arg) + 1;
    }
}

/* Parse with each allocation failing in turn. argv begins with the program; without a failure it is
 * right. */
static inline void check_memory(const char *const *argv, size_t count)
{
    struct line *l = calloc(1, sizeof *l);
    unsigned long runs = 0;

    assert_non_null(l);
    ALLOC_EACH({
        l->argc = (int)count;
        for (size_t i = 0, used = 0; i < count; i++) {
            l->argv[i] = l->text + used;
            used += (size_t)snprintf(l->text + used, sizeof l->text - used, "%s", argv[i]) + 1;
        }
        l->status = options_parse(&l->o, &wscope_verbs, l->argc, l->argv, &l->e);
        options_clear(&l->o);
        runs++;
        assert_true(l->status == 0 || l->e.text[0] != '\0');
    });
    if (l->status != 0)
        fail_msg("%s", l->e.text);
    assert_true(runs > 10);
    free(l);
}

/* Parse; the last argument is NULL. The result is freed by done(). */
static inline struct line *parse(const char *first, ...)
{
    struct line *l = malloc(sizeof *l);
    va_list list;

    assert_non_null(l);
    va_start(list, first);
    line_set(l, first, list);
    va_end(list);
    l->status = options_parse(&l->o, &wscope_verbs, l->argc, l->argv, &l->e);
    return l;
}

static inline void done(struct line *l)
{
    options_clear(&l->o);
    free(l);
}

/* Parse what must be right. */
#define GOOD(...)                              \
    struct line *l = parse(__VA_ARGS__, NULL); \
    if (l->status != 0)                        \
    fail_msg("%s", l->e.text)

/* The part of the subcommand that was named. */
#define OWN(line, type) ((const type *)(line)->o.own)

/* Parse what must be wrong, and compare the sentence. */
#define BAD(sentence, ...)                           \
    do {                                             \
        struct line *bad = parse(__VA_ARGS__, NULL); \
        assert_int_equal(bad->status, -1);           \
        assert_string_equal(bad->e.text, sentence);  \
        assert_int_equal(bad->e.code, EXIT_USAGE);   \
        assert_int_equal(bad->e.stage, STAGE_USAGE); \
        done(bad);                                   \
    } while (0)

/* As BAD, but only a part of the sentence is ours. */
#define BAD_WITH(part, ...)                                      \
    do {                                                         \
        struct line *bad = parse(__VA_ARGS__, NULL);             \
        assert_int_equal(bad->status, -1);                       \
        if (!strstr(bad->e.text, part))                          \
            fail_msg("\"%s\" is not in: %s", part, bad->e.text); \
        assert_int_equal(bad->e.code, EXIT_USAGE);               \
        done(bad);                                               \
    } while (0)

#define URL "ws://h/"

/* A file with these bytes; path has room for 32. */
static inline void make_file(char *path, const void *bytes, size_t n)
{
    int fd;

    snprintf(path, 32, "/tmp/wscope-cli-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

static inline char *at_file(char *option, const char *path)
{
    snprintf(option, 40, "@%s", path);
    return option;
}

/* The two lines below a sentence, for a mistake at byte `at` of the URL. */
static inline void check_point(const char *url, long at, const char *expected)
{
    struct line *l = parse(url, NULL);
    struct buf out;

    assert_int_equal(l->status, -1);
    assert_int_equal(l->e.at, at);
    buf_init(&out, 4096);
    assert_int_equal(options_point(&out, &l->o, &l->e), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), expected);
    buf_clear(&out);
    done(l);
}

/* The group's setup: the surroundings of a person without a config file. */
static inline int surroundings(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    return setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

#endif
