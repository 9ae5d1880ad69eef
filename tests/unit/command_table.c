#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "command/command.h"
#include "command/complete.h"
#include "command/set.h"
#include "fault/fault.h"

/* A front that notes what commands say and ask. */
struct fake {
    struct buf said;
    int settings[SETTING_COUNT];
    unsigned quits, connects, replays;
    char url[64];
};

static void fake_say(void *ctx, struct slice text)
{
    struct fake *f = ctx;

    buf_append(&f->said, text.data, text.len);
}

static void fake_replay(void *ctx, const struct event *ev)
{
    struct fake *f = ctx;

    (void)ev;
    f->replays++;
}

static int fake_connect(void *ctx, const char *url, struct err *e)
{
    struct fake *f = ctx;

    (void)e;
    f->connects++;
    snprintf(f->url, sizeof f->url, "%s", url ? url : "");
    return 0;
}

static void fake_quit(void *ctx)
{
    ((struct fake *)ctx)->quits++;
}

static int fake_get(void *ctx, enum setting which)
{
    return ((struct fake *)ctx)->settings[which];
}

static void fake_set(void *ctx, enum setting which, int value)
{
    ((struct fake *)ctx)->settings[which] = value;
}

static bool fake_history(void *ctx, size_t i, struct slice *line)
{
    static const char *const lines[] = {"first", "second", "third"};

    (void)ctx;
    if (i >= 3)
        return false;
    *line = slice_str(lines[i]);
    return true;
}

static void fake_alarm(void *ctx, uint64_t us)
{
    (void)ctx;
    (void)us;
}

static void begin(struct commands *c, struct fake *f)
{
    const struct command_hooks hooks = {
        .say = fake_say,
        .replay = fake_replay,
        .connect = fake_connect,
        .quit = fake_quit,
        .get = fake_get,
        .set = fake_set,
        .history = fake_history,
        .alarm = fake_alarm,
        .ctx = f,
    };

    *f = (struct fake){0};
    buf_init(&f->said, 65536);
    commands_init(c, &hooks);
}

static void end(struct commands *c, struct fake *f)
{
    commands_clear(c);
    buf_clear(&f->said);
}

static bool said(const struct fake *f, const char *text)
{
    return f->said.len > 0 && memmem(buf_data(&f->said), f->said.len, text, strlen(text)) != NULL;
}

static void table_rows_are_whole_and_their_examples_name_them(void **state)
{
    size_t count;
    const struct command_row *table = commands_table(&count);

    (void)state;
    assert_true(count > 10);
    for (size_t i = 0; i < count; i++) {
        char start[32];

        assert_non_null(table[i].name);
        assert_non_null(table[i].usage);
        assert_true(table[i].help[0] && strlen(table[i].help) <= 52);
        assert_non_null(table[i].words);
        assert_non_null(table[i].run);
        snprintf(start, sizeof start, "/%s", table[i].name);
        assert_int_equal(strncmp(table[i].example, start, strlen(start)), 0);
        assert_ptr_equal(commands_find(slice_str(table[i].name)), &table[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(table[i].name, table[j].name);
    }
}

static void help_lists_every_command_within_80_columns(void **state)
{
    size_t count;
    const struct command_row *table = commands_table(&count);
    struct commands c;
    struct fake f;
    struct err e;
    const char *line;

    (void)state;
    begin(&c, &f);
    assert_int_equal(commands_run(&c, "help", &e), 0);
    for (size_t i = 0; i < count; i++)
        assert_true(said(&f, table[i].name));
    buf_append(&f.said, "", 1);
    for (line = (const char *)buf_data(&f.said); *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    end(&c, &f);
}

static void help_of_a_command_has_its_example(void **state)
{
    size_t count;
    const struct command_row *table = commands_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct commands c;
        struct fake f;
        struct err e;
        char line[64];

        begin(&c, &f);
        snprintf(line, sizeof line, "help %s", table[i].name);
        assert_int_equal(commands_run(&c, line, &e), 0);
        assert_true(said(&f, table[i].example));
        end(&c, &f);
    }
}

static void manual_describes_every_command(void **state)
{
    const char *top = getenv("top_srcdir");
    size_t count;
    const struct command_row *table = commands_table(&count);
    char name[1024], *text = calloc(1, 1024 * 1024);
    FILE *file;

    (void)state;
    snprintf(name, sizeof name, "%s/man/wscope.1", top ? top : ".");
    file = fopen(name, "r");
    if (!file)
        fail_msg("cannot read %s: set top_srcdir", name);
    assert_non_null(text);
    assert_true(fread(text, 1, 1024 * 1024 - 1, file) > 0);
    fclose(file);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "\n.It Ic /%s%s", table[i].name,
                 table[i].usage[0] ? " " : "\n");
        if (!strstr(text, name))
            fail_msg("the manual does not tell of /%s", table[i].name);
    }
    free(text);
}

static void nearest_finds_slips_and_makes_no_guesses(void **state)
{
    (void)state;
    assert_string_equal(command_set_nearest(&commands_repl, slice_str("pnig")), "ping");
    assert_string_equal(command_set_nearest(&commands_repl, slice_str("reconect")), "reconnect");
    assert_string_equal(command_set_nearest(&commands_repl, slice_str("stat")), "stats");
    assert_string_equal(command_set_nearest(&commands_repl, slice_str("head")), "header");
    assert_string_equal(command_set_nearest(&commands_repl, slice_str("recon")), "reconnect");
    assert_null(command_set_nearest(&commands_repl, slice_str("abracadabra")));
    assert_null(command_set_nearest(&commands_repl, slice_str("wget")));
    assert_null(command_set_nearest(&commands_repl, slice_str("exec")));
    assert_null(command_set_nearest(&commands_repl, slice_str("crop")));
    assert_null(command_set_nearest(&commands_repl, slice_str("re")));
    assert_null(command_set_nearest(&commands_repl, slice_str("")));
}

static void help_explains_levels_and_faults(void **state)
{
    static const struct {
        const char *line, *want;
    } cases[] = {{"help show", "\n  3        every byte"},
                 {"help fault", "\n    latency:TIME[,TIME]\n"},
                 {"help fault", " @every:N"},
                 {"help fault", "\n    rst\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct commands c;
        struct fake f;
        struct err e;

        begin(&c, &f);
        assert_int_equal(commands_run(&c, cases[i].line, &e), 0);
        assert_true(said(&f, cases[i].want));
        end(&c, &f);
    }
}

static void choices_are_put_in_columns(void **state)
{
    static const char want[] = "rst@open      rst@message:\n";
    struct completion found;
    struct buf insert, choices;
    size_t back = 0;

    (void)state;
    completion_init(&found);
    buf_init(&insert, 4096);
    buf_init(&choices, 4096);
    assert_int_equal(commands_complete(&found, slice_str("/fault rst@")), 0);
    completion_put(&found, 30, &insert, &choices, &back);
    assert_int_equal(buf_append(&choices, "", 1), 0);
    assert_ptr_equal(strstr((char *)buf_data(&choices), want), buf_data(&choices));
    buf_clear(&insert);
    buf_clear(&choices);
    completion_clear(&found);
}

static void commands_of_other_programs_are_known(void **state)
{
    (void)state;
    assert_ptr_equal(commands_find(slice_str("exit")), commands_find(slice_str("quit")));
    assert_ptr_equal(commands_find(slice_str("q")), commands_find(slice_str("quit")));
    assert_ptr_equal(commands_find(slice_str("?")), commands_find(slice_str("help")));
    assert_ptr_equal(commands_find(slice_str("h")), commands_find(slice_str("help")));
    assert_null(commands_script_find(slice_str("exit")));
}

static void unknown_commands_name_the_nearest(void **state)
{
    struct commands c;
    struct fake f;
    struct err e;

    (void)state;
    begin(&c, &f);
    assert_int_equal(commands_run(&c, "colse", &e), -1);
    assert_int_equal(e.code, EXIT_USAGE);
    assert_string_equal(e.text, "unknown command \"/colse\"; did you mean \"/close\"?");
    end(&c, &f);
}

static void commands_that_need_an_open_connection_say_that_there_is_none(void **state)
{
    const struct command_row *rows;
    size_t count, tried = 0;

    (void)state;
    rows = commands_table(&count);
    for (size_t i = 0; i < count; i++) {
        struct commands c;
        struct fake f;
        struct err e;

        if (rows[i].where != COMMAND_OPEN)
            continue;
        tried++;
        begin(&c, &f);
        assert_int_equal(commands_run(&c, rows[i].example + 1, &e), -1);
        assert_string_equal(e.text, "there is no open connection");
        end(&c, &f);
    }
    assert_true(tried > 0);
}

/* Each kind that a client has is one that --fault reads, and no other is offered. */
static void fault_completes_the_kinds_of_the_table(void **state)
{
    (void)state;
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        const char *name = fault_kind_name((enum fault_kind)kind);
        struct completion found;
        char line[64];
        size_t len;

        snprintf(line, sizeof line, "/fault %s", name);
        completion_init(&found);
        assert_int_equal(commands_complete(&found, slice_str(line)), 0);
        len = found.common.len;
        if (!fault_kind_fits((enum fault_kind)kind, FAULT_USE_CLIENT))
            assert_int_equal(found.count, 0);
        else if (found.count != 1 || len != strlen(name) + 1 ||
                 buf_data(&found.common)[len - 1] !=
                     (fault_kind_takes((enum fault_kind)kind) ? ':' : ' '))
            fail_msg("/fault %s completes %zu, to \"%.*s\"", name, found.count, (int)len,
                     (const char *)buf_data(&found.common));
        completion_clear(&found);
    }
}

static void front_does_what_only_it_can(void **state)
{
    struct commands c;
    struct fake f;
    struct err e;

    (void)state;
    begin(&c, &f);
    assert_int_equal(commands_run(&c, "connect ws://[::1]:9/x", &e), 0);
    assert_string_equal(f.url, "ws://[::1]:9/x");
    assert_int_equal(commands_run(&c, "reconnect", &e), 0);
    assert_string_equal(f.url, "");
    assert_int_equal(f.connects, 2);
    assert_int_equal(commands_run(&c, "quit", &e), 0);
    assert_int_equal(f.quits, 1);
    assert_int_equal(commands_run(&c, "quit now", &e), -1);
    end(&c, &f);
}

static void show_and_set_change_one_setting(void **state)
{
    struct commands c;
    struct fake f;
    struct err e;

    (void)state;
    begin(&c, &f);
    assert_int_equal(commands_run(&c, "show 2", &e), 0);
    assert_int_equal(f.settings[SETTING_LEVEL], 3);
    assert_int_equal(commands_run(&c, "show pings", &e), 0);
    assert_int_equal(f.settings[SETTING_PINGS], 1);
    assert_int_equal(commands_run(&c, "show pings", &e), 0);
    assert_int_equal(f.settings[SETTING_PINGS], 0);
    assert_int_equal(commands_run(&c, "show all", &e), 0);
    assert_int_equal(f.settings[SETTING_ALL], 1);
    assert_int_equal(commands_run(&c, "set timestamps delta", &e), 0);
    assert_int_equal(f.settings[SETTING_TIMESTAMPS], 3);
    assert_int_equal(commands_run(&c, "set timestamps yesterday", &e), -1);
    assert_int_equal(commands_run(&c, "set colour on", &e), -1);
    assert_int_equal(commands_run(&c, "show 9", &e), -1);
    buf_reset(&f.said);
    assert_int_equal(commands_run(&c, "set", &e), 0);
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        assert_true(said(&f, setting_row((enum setting)i)->name));
    end(&c, &f);
}

static void history_shows_the_last_lines(void **state)
{
    struct commands c;
    struct fake f;
    struct err e;

    (void)state;
    begin(&c, &f);
    assert_int_equal(commands_run(&c, "history 2", &e), 0);
    assert_false(said(&f, "first"));
    assert_true(said(&f, "   2  second\n   3  third\n"));
    end(&c, &f);
}

/* --- completion ---------------------------------------------------------------------------------
 */

static void expect(const char *before, size_t count, const char *common)
{
    struct completion c;

    completion_init(&c);
    assert_int_equal(commands_complete(&c, slice_str(before)), 0);
    assert_int_equal(c.count, count);
    assert_true(slice_is(buf_slice(&c.common), common));
    completion_clear(&c);
}

static void completion_knows_commands_options_and_values(void **state)
{
    (void)state;
    expect("/rec", 1, "/reconnect ");
    expect("/se", 2, "/se");
    expect("/x", 0, "");
    expect("hello", 0, "");
    expect("", 0, "");
    expect("/help fr", 2, "fra");
    expect("/help fram", 1, "frame ");
    expect("/frame o", 1, "op=");
    expect("/frame op=te", 1, "op=text ");
    expect("/frame op=text fi", 1, "fin=");
    expect("/frame op=text rsv=", 4, "rsv=");
    expect("/set times", 1, "timestamps ");
    expect("/set timestamps d", 1, "delta ");
    expect("/set pretty o", 2, "o");
    expect("/show inc", 1, "include ");
    expect("/close 40", 1, "4000 ");
    expect("/send x", 0, "");
    expect("/connect ws", 0, "");
    expect("/fault rst@", 7, "rst@");
    expect("/fault rst@mes", 1, "rst@message:");
    expect("/fault rst;fin@op", 1, "rst;fin@open ");
    expect("/compare ", 7, "");
    expect("/compare of", 1, "off ");
    expect("/compare poll=:1/ i", 1, "id=");
    expect("/compare id=", 1, "id=/");
}

static void completion_survives_want_of_memory(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct completion c;

        completion_init(&c);
        commands_complete(&c, slice_str("/"));
        completion_clear(&c);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_rows_are_whole_and_their_examples_name_them),
        cmocka_unit_test(help_lists_every_command_within_80_columns),
        cmocka_unit_test(help_of_a_command_has_its_example),
        cmocka_unit_test(manual_describes_every_command),
        cmocka_unit_test(help_explains_levels_and_faults),
        cmocka_unit_test(choices_are_put_in_columns),
        cmocka_unit_test(commands_of_other_programs_are_known),
        cmocka_unit_test(nearest_finds_slips_and_makes_no_guesses),
        cmocka_unit_test(unknown_commands_name_the_nearest),
        cmocka_unit_test(commands_that_need_an_open_connection_say_that_there_is_none),
        cmocka_unit_test(fault_completes_the_kinds_of_the_table),
        cmocka_unit_test(front_does_what_only_it_can),
        cmocka_unit_test(show_and_set_change_one_setting),
        cmocka_unit_test(history_shows_the_last_lines),
        cmocka_unit_test(completion_knows_commands_options_and_values),
        cmocka_unit_test(completion_survives_want_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
