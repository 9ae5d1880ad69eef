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

const char *options_nearest(const char *name, size_t len)
{
    return nearest_of(name, len, false);
}

const char *options_nearest_of_connection(const char *name, size_t len)
{
    return nearest_of(name, len, true);
}
