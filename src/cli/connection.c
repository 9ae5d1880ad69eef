#include "cli/connection.h"

#include <stdlib.h>

#include "cli/options.h"

/* What the caller sees, followed by what it points into. */
struct whole {
    struct connection seen;
    struct options options;
};

struct connection *connection_new(const struct verbs *verbs, int argc, char **argv, struct err *e)
{
    struct whole *w = calloc(1, sizeof *w);

    if (!w) {
        err_nomem(e, STAGE_USAGE, "reading options");
        return NULL;
    }
    w->seen = (struct connection){&w->options.connect, &w->options.fault};
    if (options_parse(&w->options, verbs, argc, argv, e) == 0)
        return &w->seen;
    connection_free(&w->seen);
    return NULL;
}

void connection_free(struct connection *c)
{
    struct whole *w = (struct whole *)c;

    if (!w)
        return;
    options_clear(&w->options);
    free(w);
}
