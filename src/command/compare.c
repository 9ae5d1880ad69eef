/* The same updates by other ways, beside the session. */
#include <stdlib.h>

#include "base/codec.h"
#include "base/json_scan.h"
#include "command/command.h"
#include "script/expect/parse.h"

/* What a comparison at the prompt lasts by default. */
#define COMPARE_FOR_US 10000000u

static int misused(const char *what, const char *value, struct err *e)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" is not %s", value, what);
    err_hint(e, "/help compare has an example");
    return -1;
}

static int parse_every(struct command_compare *ask, const char *text, struct err *e)
{
    ask->every_count = 0;
    for (const char *at = text; at; ask->every_count++) {
        size_t len = strcspn(at, ",");

        if (ask->every_count == COMMAND_COMPARE_EVERY)
            return misused("at most eight intervals", text, e);
        if (duration_parse(slice_make(at, len), &ask->every_us[ask->every_count]) < 0 ||
            ask->every_us[ask->every_count] == 0)
            return misused("a list of seconds, such as 0.5,2", text, e);
        for (size_t i = 0; i < ask->every_count; i++) {
            if (ask->every_us[i] == ask->every_us[ask->every_count])
                return misused("a list of different intervals", text, e);
        }
        at = at[len] == ',' ? at + len + 1 : NULL;
    }
    return 0;
}

/* A missing value would be treated as if it was not given. */
static int take_text(char **place, const char *value, struct err *e)
{
    if (!value[0])
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "a URL is missing after poll= or sse=");
    free(*place);
    *place = strdup(value);
    return *place ? 0 : err_nomem(e, STAGE_USAGE, "reading the command");
}

static int take_pointer(char **place, const char *value, struct err *e)
{
    if (!value[0] || !json_pointer_valid(value))
        return misused("a JSON Pointer, such as /id", value, e);
    return take_text(place, value, e);
}

static int take(struct command_compare *ask, const char *word, struct err *e)
{
    const char *value = strchr(word, '=');
    size_t len = value ? (size_t)(value - word) : 0;
    struct slice name = slice_make(word, len);

    if (!value)
        return misused("of the form name=value", word, e);
    value++;
    if (slice_is(name, "poll"))
        return take_text(&ask->poll, value, e);
    if (slice_is(name, "sse"))
        return take_text(&ask->sse, value, e);
    if (slice_is(name, "id"))
        return take_pointer(&ask->id, value, e);
    if (slice_is(name, "time"))
        return take_pointer(&ask->time, value, e);
    if (slice_is(name, "every"))
        return parse_every(ask, value, e);
    if (slice_is(name, "for"))
        return duration_parse(slice_str(value), &ask->for_us) == 0 && ask->for_us > 0
                   ? 0
                   : misused("a time in seconds above 0", value, e);
    return misused("poll=, sse=, every=, for=, id= or time=", word, e);
}

static void clear(struct command_compare *ask)
{
    free(ask->poll);
    free(ask->sse);
    free(ask->id);
    free(ask->time);
}

int command_compare(struct commands *c, const char *args, struct err *e)
{
    struct command_compare ask = {.for_us = COMPARE_FOR_US};
    struct buf word;
    int r;

    if (!c->hooks.compare)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "/compare is not possible here");
    if (strcmp(args, "off") == 0)
        return c->hooks.compare(c->hooks.ctx, NULL, e);
    buf_init(&word, 4096);
    while ((r = parse_word(&args, &word, e)) == 1) {
        if (buf_append(&word, "", 1) < 0)
            r = err_nomem(e, STAGE_USAGE, "reading the command");
        else
            r = take(&ask, (const char *)buf_data(&word), e);
        if (r < 0)
            break;
    }
    if (r == 0)
        r = c->hooks.compare(c->hooks.ctx, &ask, e);
    clear(&ask);
    buf_clear(&word);
    return r;
}
