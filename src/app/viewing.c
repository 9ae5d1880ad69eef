#include "app/viewing.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/plural.h"
#include "script/expect/parse.h"

/* Matches of /find that are shown. */
#define FOUND_MAX 50

/* Bytes that xterm and tmux accept as base64 in one sequence. */
#define COPY_MAX 74994

static void say(struct screen *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct screen *s, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    screen_say(s, slice_str(text));
}

struct grouped {
    char text[DECIMAL_GROUPED];
};

static struct grouped grouped(uint64_t n)
{
    struct grouped g;

    decimal_grouped(g.text, n);
    return g;
}

/* --- /grep --------------------------------------------------------------------------------------
 */

/* "in" or "up", seen from the client, and so on; which: a bit for each. */
static bool is_way(struct slice word, unsigned *ways)
{
    static const struct {
        const char *name;
        unsigned ways;
    } names[] = {{"in", 1u << SIEVE_IN},
                 {"down", 1u << SIEVE_IN},
                 {"out", 1u << SIEVE_OUT},
                 {"up", 1u << SIEVE_OUT}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!slice_is(word, names[i].name))
            continue;
        *ways = names[i].ways;
        return true;
    }
    return false;
}

static const char *name_of(const struct screen *s, enum sieve_way way)
{
    if (s->config.relay)
        return way == SIEVE_IN ? "down" : "up";
    return way == SIEVE_IN ? "in" : "out";
}

static void say_filters(struct screen *s)
{
    for (int way = 0; way < SIEVE_WAYS; way++) {
        const struct sieve_filter *f = &s->sieve.filters[way];

        if (f->pattern.given)
            say(s, "%-4s  messages that %s %.500s are shown\n", name_of(s, (enum sieve_way)way),
                f->invert ? "do not match" : "match", f->pattern.text);
    }
    if (!sieve_filters(&s->sieve))
        say(s, "no filter is active\n");
}

static void say_counts(struct screen *s)
{
    const struct sieve_counts *c = &s->sieve.counts;
    uint64_t all = c->shown + c->filtered + c->sampled + c->held + c->lost;

    say(s,
        "%s message%s so far: %s shown, %s hidden by /grep, %s not shown in a flood, %s held by "
        "/pause, %s held and dropped\n",
        grouped(all).text, plural(all), grouped(c->shown).text, grouped(c->filtered).text,
        grouped(c->sampled).text, grouped(c->held).text, grouped(c->lost).text);
}

/* "-v", "in" ... in any order, then the expression. */
static const char *grep_words(const char *args, bool *invert, unsigned *ways)
{
    *invert = false;
    *ways = 1u << SIEVE_IN | 1u << SIEVE_OUT;
    for (;;) {
        const char *rest;
        struct slice word = parse_name(args, &rest);

        if (slice_is(word, "--"))
            return rest;
        if (slice_is(word, "-v"))
            *invert = true;
        else if (!rest[0] || !is_way(word, ways))
            return args;
        args = rest;
    }
}

static int grep(struct screen *s, const char *args, struct err *e)
{
    unsigned ways;
    bool invert;
    const char *expression;

    if (!args[0]) {
        say_filters(s);
        say_counts(s);
        return 0;
    }
    expression = grep_words(args, &invert, &ways);
    if (!expression[0])
        return command_misused("grep", e);
    if (strcmp(args, "off") == 0) {
        sieve_unfilter(&s->sieve, SIEVE_IN);
        sieve_unfilter(&s->sieve, SIEVE_OUT);
        say_counts(s);
        return 0;
    }
    for (int way = 0; way < SIEVE_WAYS; way++) {
        if ((ways >> way & 1) == 0)
            sieve_unfilter(&s->sieve, (enum sieve_way)way);
        else if (sieve_filter(&s->sieve, (enum sieve_way)way, slice_str(expression), invert, e) < 0)
            return -1;
    }
    say_filters(s);
    return 0;
}

/* --- what was shown -----------------------------------------------------------------------------
 */

static int pause_messages(struct screen *s, const char *args, struct err *e)
{
    bool off = strcmp(args, "off") == 0;

    if (args[0] && !off)
        return command_misused("pause", e);
    if (!off && !s->sieve.paused) {
        screen_pause(s, true);
        say(s, "messages are held back; /pause shows them (at most %s, the oldest are dropped)\n",
            grouped(BACKLOG_MESSAGES).text);
    } else if (s->sieve.paused) {
        screen_pause(s, false);
    } else {
        say(s, "it is not paused\n");
    }
    return 0;
}

/* The number of the message that is the n-th last of those that the filters show; UINT64_MAX:
 * there are fewer. */
static uint64_t nth_last(const struct screen *s, uint64_t n)
{
    const struct backlog *kept = &s->sieve.kept;

    for (uint64_t at = kept->end; at > kept->first; at--) {
        struct event ev;
        uint64_t beyond;

        if (backlog_get(kept, at - 1, &ev, &beyond) && sieve_fits(&s->sieve, &ev) && --n == 0)
            return at - 1;
    }
    return UINT64_MAX;
}

static int nothing_yet(struct err *e)
{
    return err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no message yet");
}

static int last(struct screen *s, const char *args, struct err *e)
{
    const struct backlog *kept = &s->sieve.kept;
    uint64_t n = 1, from;

    if (args[0] && (!decimal_read(slice_str(args), BACKLOG_MESSAGES, &n) || n == 0))
        return command_misused("last", e);
    if (nth_last(s, 1) == UINT64_MAX)
        return nothing_yet(e);
    from = nth_last(s, n);
    for (uint64_t at = from == UINT64_MAX ? kept->first : from; at < kept->end; at++) {
        struct event ev;
        uint64_t beyond;

        if (backlog_get(kept, at, &ev, &beyond) && sieve_fits(&s->sieve, &ev))
            screen_show_kept(s, at, SCREEN_WHOLE);
    }
    return 0;
}

static int find(struct screen *s, const char *args, struct err *e)
{
    const struct backlog *kept = &s->sieve.kept;
    uint64_t found[FOUND_MAX], count = 0, of = kept->end - kept->first;
    struct sieve search = {0};

    if (!args[0])
        return command_misused("find", e);
    if (sieve_filter(&search, SIEVE_IN, slice_str(args), false, e) < 0 ||
        sieve_filter(&search, SIEVE_OUT, slice_str(args), false, e) < 0) {
        sieve_clear(&search);
        return -1;
    }
    for (uint64_t at = kept->first; at < kept->end; at++) {
        struct event ev;
        uint64_t beyond;

        if (backlog_get(kept, at, &ev, &beyond) && sieve_fits(&search, &ev))
            found[count++ % FOUND_MAX] = at;
    }
    sieve_clear(&search);
    say(s, "%s of %s message%s match%s%s\n", grouped(count).text, grouped(of).text, plural(of),
        count == 1 ? "es" : "", count > FOUND_MAX ? "; the last 50:" : "");
    for (uint64_t i = count > FOUND_MAX ? count - FOUND_MAX : 0; i < count; i++)
        screen_show_kept(s, found[i % FOUND_MAX], SCREEN_FOUND);
    return 0;
}

static int save(struct screen *s, const char *args, struct err *e)
{
    const char *path = s->scribe ? scribe_path(s->scribe) : NULL;

    if (!args[0]) {
        if (path)
            say(s, "what is shown is written to %s; /save off ends it\n", path);
        else
            say(s, "nothing is being written; /save FILE begins\n");
        return 0;
    }
    if (strcmp(args, "off") == 0) {
        if (!path)
            return err_set(e, EXIT_OTHER, STAGE_IO, 0, "nothing is being written");
        say(s, "what is shown is no longer written to %s\n", path);
        screen_flush(s);
        return screen_save(s, NULL, e);
    }
    if (screen_save(s, args, e) < 0)
        return -1;
    say(s, "what is shown from now on is written to %s, which only you can read\n", args);
    return 0;
}

/* OSC 52; ... ST: the terminal sets its clipboard to the text. */
static int copy(struct screen *s, const struct view_options *o, const char *args, struct err *e)
{
    uint64_t n = 1, beyond;
    struct event ev;
    struct buf text;
    int failed;

    if (args[0] && (!decimal_read(slice_str(args), BACKLOG_MESSAGES, &n) || n == 0))
        return command_misused("copy", e);
    if (!o->osc52) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "the terminal's clipboard may not be set");
        err_hint(e, "start with --osc52, if the terminal knows OSC 52");
        return -1;
    }
    if (!backlog_get(&s->sieve.kept, nth_last(s, n), &ev, &beyond))
        return nothing_yet(e);
    if (ev.message.data.len > COPY_MAX || beyond > 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0,
                       "the message has %zu bytes, and terminals take at most %d",
                       ev.message.data.len, COPY_MAX);
    buf_init(&text, COPY_MAX * 2);
    failed = buf_append_str(&text, "\x1b]52;c;") < 0 || base64_encode(&text, ev.message.data) < 0 ||
             buf_append_str(&text, "\x1b\\") < 0;
    if (!failed) {
        out_put(s->out, buf_data(&text), text.len);
        say(s, "copied: %s bytes\n", grouped(ev.message.data.len).text);
    }
    buf_clear(&text);
    return failed ? err_nomem(e, STAGE_IO, "copying the message") : 0;
}

static int clear(struct screen *s, const struct view_options *o)
{
    static const char home[] = "\x1b[H\x1b[2J";

    if (o->plain || !s->config.tty || s->config.columns <= 0)
        say(s, "the screen is not cleared: --plain moves no cursor\n");
    else
        out_put(s->out, home, sizeof home - 1);
    return 0;
}

int viewing(struct screen *s, const struct view_options *o, enum command_view what,
            const char *args, struct err *e)
{
    switch (what) {
    case COMMAND_VIEW_GREP:
        return grep(s, args, e);
    case COMMAND_VIEW_PAUSE:
        return pause_messages(s, args, e);
    case COMMAND_VIEW_LAST:
        return last(s, args, e);
    case COMMAND_VIEW_FIND:
        return find(s, args, e);
    case COMMAND_VIEW_SAVE:
        return save(s, args, e);
    case COMMAND_VIEW_COPY:
        return copy(s, o, args, e);
    default:
        return clear(s, o);
    }
}
