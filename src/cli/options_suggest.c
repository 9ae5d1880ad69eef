#include "cli/options_private.h"

#include "base/nearest.h"

static const char *nearest_of(const char *name, size_t len, bool of_connection)
{
    size_t count;
    const struct option_row *table = options_table(&count);
    struct nearest near;

    nearest_begin(&near, name, len);
    for (size_t i = 0; i < count; i++) {
        if (table[i].name && (!of_connection || option_is_of_connection(&table[i])))
            nearest_offer(&near, table[i].name);
    }
    /* "--no-color": what can't be negated may be meant all the same. */
    if (!near.word && len > 3 && memcmp(name, "no-", 3) == 0)
        return nearest_of(name + 3, len - 3, of_connection);
    return near.word;
}

/* The one name that begins with what was typed; NULL for none, several, or too little typed. */
static const char *completed(const char *name, size_t len)
{
    size_t count;
    const struct option_row *table = options_table(&count);
    const char *only = NULL;

    for (size_t i = 0; len >= 3 && i < count; i++) {
        if (!table[i].name || strncmp(table[i].name, name, len) != 0)
            continue;
        if (only)
            return NULL;
        only = table[i].name;
    }
    return only;
}

const char *options_nearest(const char *name, size_t len)
{
    const char *nearest = nearest_of(name, len, false);

    return nearest ? nearest : completed(name, len);
}

const char *options_nearest_of_connection(const char *name, size_t len)
{
    return nearest_of(name, len, true);
}
