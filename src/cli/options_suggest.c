#include "cli/options_private.h"

#include "base/nearest.h"

static const char *nearest_of(const char *name, size_t len, bool of_connection)
{
    size_t count;
    const struct option_row *table = options_table(&count);
    const char *nearest = NULL;
    size_t least = nearest_tolerance(len);

    if (len > NEAREST_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t name_len = table[i].name ? strlen(table[i].name) : 0;
        size_t d;

        if (of_connection && !option_is_of_connection(&table[i]))
            continue;
        if (name_len == 0 || name_len > NEAREST_MAX)
            continue;
        d = nearest_distance(name, len, table[i].name, name_len);
        if (d < least || (d == least && !nearest)) {
            least = d;
            nearest = table[i].name;
        }
    }
    return nearest;
}

const char *options_nearest(const char *name, size_t len)
{
    return nearest_of(name, len, false);
}

const char *options_nearest_of_connection(const char *name, size_t len)
{
    return nearest_of(name, len, true);
}
