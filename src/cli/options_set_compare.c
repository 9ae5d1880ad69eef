/* The intervals of polls, and lists of several. */
#include "cli/options_private.h"

bool options_next_element(const char **at, char *element, size_t size)
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
    struct http_options *c = &p->o->connect.http;
    struct option_use one = *use;
    const char *at = use->value;
    char element[32];

    if (!options_in(p, OPTIONS_COMPARE))
        return options_set_positive_seconds(p, use, e);
    one.value = element;
    for (c->every_count = 0; at; c->every_count++) {
        if (c->every_count == HTTP_EVERY_MAX)
            return usage_error(e, "%s takes at most %d intervals", use->typed, HTTP_EVERY_MAX);
        if (!options_next_element(&at, element, sizeof element))
            return usage_error(e,
                               "%s takes seconds with commas between them (\"0.5,2,10\"), not "
                               "\"%s\"",
                               use->typed, options_quote(use->value).text);
        if (options_set_positive_seconds(p, &one, e) != 0)
            return -1;
        for (size_t i = 0; i < c->every_count; i++) {
            if (c->every[i] == c->every_us)
                return usage_error(e, "%s has the same interval twice", use->typed);
        }
        c->every[c->every_count] = c->every_us;
    }
    return 0;
}
