/* The options of a connection, for subcommands that pass them on. */
#include "cli/options_private.h"

#include <stdio.h>

int options_add_text(struct options_parsing *p, const char *const **list, size_t *count,
                     const char *text, struct err *e)
{
    const char **more = options_list_room(p->o->memory, *list, *count, sizeof *more);

    if (!more)
        return options_nomem(e);
    more[(*count)++] = text;
    *list = more;
    return 0;
}

int options_keep_connection(struct options_parsing *p, struct err *e)
{
    struct given_options *given = &p->o->connect.given;

    for (size_t i = 0; i < p->use_count; i++) {
        const struct option_use *use = &p->uses[i];
        const struct option_row *row = use->row;
        size_t size;
        char *text;

        if (!option_is_of_connection(row))
            continue;
        size = (row->name ? strlen(row->name) : 1) + (use->value ? strlen(use->value) : 0) + 4;
        text = options_alloc(p->o->memory, size);
        if (!text)
            return options_nomem(e);
        if (row->name)
            snprintf(text, size, "--%s%s%s", row->name, use->value ? "=" : "",
                     use->value ? use->value : "");
        else
            snprintf(text, size, "-%c", row->letter);
        if (options_add_text(p, &given->words, &given->count, text, e) < 0)
            return -1;
    }
    return 0;
}
