#include "cli/verb.h"

#include <string.h>

#include "base/nearest.h"

const struct verb *verb_named(const struct verbs *verbs, const char *name)
{
    for (size_t i = 0; i < verbs->count; i++) {
        if (name[0] && strcmp(verbs->rows[i]->name, name) == 0)
            return verbs->rows[i];
    }
    return NULL;
}

const char *verb_nearest(const struct verbs *verbs, const char *name)
{
    struct nearest near;

    nearest_begin(&near, name, strlen(name));
    for (size_t i = 1; i < verbs->count; i++)
        nearest_offer(&near, verbs->rows[i]->name);
    return near.word;
}
