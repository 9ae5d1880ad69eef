/* The manual lists what fanout looks for and what it may find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fanout/expect.h"

static char manual[65536];

static int read_manual(void **state)
{
    const char *top = getenv("top_srcdir");
    char name[4096];
    FILE *file;
    size_t n;

    (void)state;
    snprintf(name, sizeof name, "%s/man/wscope-fanout.1", top ? top : ".");
    file = fopen(name, "r");
    if (!file)
        return -1;
    n = fread(manual, 1, sizeof manual - 1, file);
    manual[n] = '\0';
    fclose(file);
    return 0;
}

/* As a word of its own, between blanks. */
static void assert_listed(const char *word)
{
    const char *at = manual;
    size_t len = strlen(word);

    while ((at = strstr(at, word)) != NULL && (at[-1] != ' ' || !strchr(" \n", at[len])))
        at++;
    if (!at)
        print_error("the manual does not list %s\n", word);
    assert_non_null(at);
}

static void manual_lists_the_well_known_sources(void **state)
{
    const struct naming_source *source;
    char name[64];

    (void)state;
    for (size_t i = 0; (source = naming_known(i)) != NULL; i++) {
        snprintf(name, sizeof name, "%s", source->name);
        name[strcspn(name, "*")] = '\0';
        assert_listed(name);
    }
}

static void manual_lists_the_faults(void **state)
{
    (void)state;
    for (enum fanout_fault_kind kind = 0; kind < FANOUT_FAULT_KIND_COUNT; kind++)
        assert_listed(fanout_fault_word(kind));
}

static void manual_lists_what_can_be_expected_of_a_drill(void **state)
{
    const struct criterion_row *row;

    (void)state;
    for (size_t i = 0; (row = drill_expect_row(i)) != NULL; i++)
        assert_listed(row->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_lists_the_well_known_sources),
        cmocka_unit_test(manual_lists_the_faults),
        cmocka_unit_test(manual_lists_what_can_be_expected_of_a_drill),
    };

    return cmocka_run_group_tests(tests, read_manual, NULL);
}
