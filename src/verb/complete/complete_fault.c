#include <stdio.h>
#include <string.h>

#include "fault/fault_table.h"
#include "verb/complete/complete_private.h"

static bool is_of(const struct completing *c, unsigned sets)
{
    return (c->line->verb->sets & sets) != 0;
}

/* A client does not close by itself, and has nothing that it could take offline. */
static bool fits(const struct completing *c, enum fault_kind kind)
{
    return (kind != FAULT_CLOSE || is_of(c, OPTIONS_LISTEN | OPTIONS_RELAY)) &&
           (kind != FAULT_OFFLINE || is_of(c, OPTIONS_RELAY));
}

static void kinds(struct completing *c)
{
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        char text[64];

        if (!fits(c, (enum fault_kind)kind))
            continue;
        snprintf(text, sizeof text, "%s%s", fault_kinds[kind].name,
                 fault_kinds[kind].first_needed ? ":" : "");
        complete_offer(c, text, false, NULL);
    }
}

static void triggers(struct completing *c)
{
    for (int trigger = 0; trigger <= FAULT_RANDOM; trigger++) {
        if (fault_trigger_names[trigger])
            complete_offer(c, fault_trigger_names[trigger], false, NULL);
    }
}

/* What may follow the arguments of a kind. */
static void scopes(struct completing *c, const struct fault_kind_row *row)
{
    static const char *const of_proxy[] = {
        "leg=client", "leg=server", "path=", "share=", "only=ws", "only=http", "after="};

    if (row->sided) {
        complete_offer(c, "side=in", false, NULL);
        complete_offer(c, "side=out", false, NULL);
    }
    if (is_of(c, OPTIONS_LISTEN) && !is_of(c, OPTIONS_RELAY))
        complete_offer(c, "leg=redis", false, NULL);
    for (size_t i = 0; i < sizeof of_proxy / sizeof of_proxy[0] && is_of(c, OPTIONS_RELAY); i++)
        complete_offer(c, of_proxy[i], false, NULL);
}

static const struct fault_kind_row *row_of(const char *name, size_t len)
{
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        const char *known = fault_kinds[kind].name;

        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return &fault_kinds[kind];
    }
    return NULL;
}

void complete_fault(struct completing *c)
{
    const char *begin = c->word + c->kept, *semicolon = strrchr(begin, ';');
    const struct fault_kind_row *row;
    const char *at, *argument;

    begin = semicolon ? semicolon + 1 : begin;
    at = strrchr(begin, '@');
    argument = at ? at : strrchr(begin, ',');
    argument = argument ? argument : strchr(begin, ':');
    c->kept = (size_t)((argument ? argument + 1 : begin) - c->word);
    row = row_of(begin, strcspn(begin, ":@"));
    if (at && row) {
        triggers(c);
    } else if (argument && row) {
        scopes(c, row);
    } else if (!argument) {
        kinds(c);
    }
}
