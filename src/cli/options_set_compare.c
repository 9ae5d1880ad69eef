/* Setters of compare, and the URLs on its line. */
#include <stdlib.h>

#include "cli/options_private.h"

/* The next element of a list with commas, copied; false: it is empty or too long. *at moves on to
 * the next one, or becomes NULL. */
static bool next_element(const char **at, char *element, size_t size)
{
    size_t len = strcspn(*at, ",");

    if (len == 0 || len >= size)
        return false;
    memcpy(element, *at, len);
    element[len] = '\0';
    *at = (*at)[len] == ',' ? *at + len + 1 : NULL;
    return true;
}

/* One interval, or in compare several. */
int options_set_every(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct compare_options *c = &p->o->compare;
    struct option_use one = *use;
    const char *at = use->value;
    char element[32];

    if (!options_in(p, OPTIONS_COMPARE))
        return options_set_positive_seconds(p, use, e);
    one.value = element;
    for (c->every_count = 0; at; c->every_count++) {
        if (c->every_count == COMPARE_EVERY_MAX)
            return usage_error(e, "%s takes at most %d intervals", use->typed, COMPARE_EVERY_MAX);
        if (!next_element(&at, element, sizeof element))
            return usage_error(e,
                               "%s takes seconds with commas between them (\"0.5,2,10\"), not "
                               "\"%s\"",
                               use->typed, options_quote(use->value).text);
        if (options_set_positive_seconds(p, &one, e) != 0)
            return -1;
        for (size_t i = 0; i < c->every_count; i++) {
            if (c->every_us[i] == p->o->http.every_us)
                return usage_error(e, "%s has the same interval twice", use->typed);
        }
        c->every_us[c->every_count] = p->o->http.every_us;
    }
    return 0;
}

int options_set_clients(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct compare_options *c = &p->o->compare;
    const char *at = use->value;
    char element[16];

    for (c->client_count = 0; at; c->client_count++) {
        char *end;

        if (c->client_count == COMPARE_CLIENTS_MAX)
            return usage_error(e, "%s takes at most %d numbers", use->typed, COMPARE_CLIENTS_MAX);
        if (!next_element(&at, element, sizeof element) || element[0] < '1' || element[0] > '9' ||
            (c->clients[c->client_count] = strtoull(element, &end, 10), *end))
            return usage_error(e,
                               "%s takes numbers above 0 with commas between them "
                               "(\"1,1000,100000\"), not \"%s\"",
                               use->typed, options_quote(use->value).text);
    }
    return 0;
}
