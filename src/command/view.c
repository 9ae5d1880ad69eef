/* How things are shown, and help. */
#include <stdio.h>

#include "base/decimal.h"
#include "command/set.h"
#include "script/expect/parse.h"

#define HELP_MAX ((size_t)16 * 1024)

static const struct setting_row settings[SETTING_COUNT] = {
    [SETTING_LEVEL] = {"level", "q|0|1|2|3", "like -q, -v, -vv and -vvv"},
    [SETTING_INCLUDE] = {"include", "off|on", "the handshake with every header"},
    [SETTING_PINGS] = {"pings", "off|on", "pings and pongs"},
    [SETTING_ALL] = {"messages", "thin|all", "a sample of many messages, or all of them"},
    [SETTING_TIMESTAMPS] = {"timestamps", "off|abs|rel|delta",
                            "the clock, the time since the start, or since the last line"},
    [SETTING_PRETTY] = {"pretty", "off|on", "JSON over several lines"},
    [SETTING_COLOR] = {"color", "off|on", "colours"},
    [SETTING_HEX] = {"hex", "off|on", "binary messages as digits, not as a dump"},
    [SETTING_SECRETS] = {"secrets", "off|on", "credentials are NOT redacted"},
};

const struct setting_row *setting_row(enum setting which)
{
    return &settings[which];
}

struct slice setting_word(const char *words, unsigned i)
{
    size_t len;

    while (i > 0 && *words) {
        words += strcspn(words, "|");
        words += *words == '|';
        i--;
    }
    len = strcspn(words, "|");
    return slice_make(words, len);
}

/* The value of a word, or -1. */
static int setting_value(enum setting which, const char *word)
{
    struct slice w;

    for (unsigned i = 0; (w = setting_word(settings[which].words, i)).len > 0; i++) {
        if (slice_is(w, word))
            return (int)i;
    }
    return -1;
}

static void say_setting(struct commands *c, enum setting which)
{
    int value = c->hooks.get(c->hooks.ctx, which);
    struct slice word = setting_word(settings[which].words, value < 0 ? 0 : (unsigned)value);

    commands_say(c, "%-10s  %-5.*s  %s (%s)", settings[which].name, (int)word.len,
                 (const char *)word.data, settings[which].help, settings[which].words);
}

static void change(struct commands *c, enum setting which, int value)
{
    c->hooks.set(c->hooks.ctx, which, value);
    say_setting(c, which);
}

int command_show(struct commands *c, const char *args, struct err *e)
{
    static const enum setting on_off[] = {SETTING_INCLUDE, SETTING_PINGS};
    static const enum setting by_word[] = {SETTING_LEVEL, SETTING_ALL};

    if (!args[0]) {
        for (size_t i = SETTING_LEVEL; i <= SETTING_ALL; i++)
            say_setting(c, (enum setting)i);
        return 0;
    }
    for (size_t i = 0; i < sizeof by_word / sizeof *by_word; i++) {
        int value = setting_value(by_word[i], args);

        if (value >= 0) {
            change(c, by_word[i], value);
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof on_off / sizeof *on_off; i++) {
        if (strcmp(args, settings[on_off[i]].name) == 0) {
            change(c, on_off[i], !c->hooks.get(c->hooks.ctx, on_off[i]));
            return 0;
        }
    }
    return command_misused("show", e);
}

static int unknown_setting(const char *name, struct err *e)
{
    size_t used = 0;
    char names[200] = "";

    for (size_t i = 0; i < SETTING_COUNT; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 settings[i].name);
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "there is no setting \"%.40s\"", name);
    err_hint(e, "the settings are %s", names);
    return -1;
}

int command_set(struct commands *c, const char *args, struct err *e)
{
    const char *word;
    struct slice name = parse_name(args, &word);

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        int value;

        if (name.len == 0) {
            say_setting(c, (enum setting)i);
            continue;
        }
        if (!slice_is(name, settings[i].name))
            continue;
        value = setting_value((enum setting)i, word);
        if (value < 0) {
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s is one of %s, not \"%.40s\"",
                    settings[i].name, settings[i].words, word);
            return -1;
        }
        change(c, (enum setting)i, value);
        return 0;
    }
    return name.len == 0 ? 0 : unknown_setting(args, e);
}

int command_history(struct commands *c, const char *args, struct err *e)
{
    uint64_t n = 20, count = 0;
    struct slice line;

    if (args[0] && !decimal_read(slice_str(args), 1000000, &n))
        return command_misused("history", e);
    while (c->hooks.history(c->hooks.ctx, (size_t)count, &line))
        count++;
    for (uint64_t i = count > n ? count - n : 0; i < count; i++) {
        if (c->hooks.history(c->hooks.ctx, (size_t)i, &line))
            commands_say(c, "%4llu  %.*s", (unsigned long long)i + 1,
                         (int)(line.len < 512 ? line.len : 512), (const char *)line.data);
    }
    return 0;
}

int command_help(struct commands *c, const char *args, struct err *e)
{
    struct buf text;
    int r;

    buf_init(&text, HELP_MAX);
    r = command_set_help(&commands_repl, args, &text, e);
    if (r == 0)
        c->hooks.say(c->hooks.ctx, buf_slice(&text));
    buf_clear(&text);
    return r;
}
