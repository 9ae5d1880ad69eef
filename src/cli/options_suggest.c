#include "cli/options_private.h"

#include "base/nearest.h"

static const char *nearest_of(const struct verbs *verbs, const char *name, size_t len,
                              bool of_connection)
{
    const struct option_row *row;
    struct nearest near;

    nearest_begin(&near, name, len);
    for (size_t i = 0; (row = options_nth(verbs, i)) != NULL; i++) {
        if (row->name && (!of_connection || option_is_of_connection(row)))
            nearest_offer(&near, row->name);
    }
    /* "--no-color": an option that cannot be negated may still be meant. */
    if (!near.word && len > 3 && memcmp(name, "no-", 3) == 0)
        return nearest_of(verbs, name + 3, len - 3, of_connection);
    return near.word;
}

/* The one name that begins with what was typed; NULL if there is none, several, or too little was
 * typed. */
static const char *completed(const struct verbs *verbs, const char *name, size_t len)
{
    const struct option_row *row;
    const char *only = NULL;

    for (size_t i = 0; len >= 3 && (row = options_nth(verbs, i)) != NULL; i++) {
        if (!row->name || strncmp(row->name, name, len) != 0)
            continue;
        if (only)
            return NULL;
        only = row->name;
    }
    return only;
}

const char *options_nearest(const struct verbs *verbs, const char *name, size_t len)
{
    const char *nearest = nearest_of(verbs, name, len, false);

    return nearest ? nearest : completed(verbs, name, len);
}

const char *options_nearest_of_connection(const char *name, size_t len)
{
    return nearest_of(NULL, name, len, true);
}
