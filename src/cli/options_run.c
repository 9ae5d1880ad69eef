/* wscope run: the scripts, and what is said about all their tests. */
#include "cli/options_private.h"

#include <stdio.h>

#define JOBS_MAX 256

static int add(struct options_memory *m, const char *const **list, size_t *count, const char *text,
               struct err *e)
{
    const char **more = options_list_room(m, *list, *count, sizeof *more);

    if (!more)
        return options_nomem(e);
    more[(*count)++] = text;
    *list = more;
    return 0;
}

int options_set_only(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    return add(p->o->memory, &p->o->run.only, &p->o->run.only_count, use->value, e);
}

static bool is_name(const char *text, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

    return len > 0 && len < 60 && strchr(letters, text[0]) != NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-") == len;
}

/* The value may be a secret: it is not quoted. */
int options_set_var(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *equals = strchr(use->value, '=');

    if (!equals || !is_name(use->value, (size_t)(equals - use->value)))
        return usage_error(e, "%s takes NAME=VALUE; a name is letters, digits, _ and -",
                           use->typed);
    return add(p->o->memory, &p->o->run.vars, &p->o->run.var_count, use->value, e);
}

int options_set_jobs(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *text = use->value;
    uint64_t n = 0;

    for (; *text >= '0' && *text <= '9' && n <= JOBS_MAX; text++)
        n = n * 10 + (uint64_t)(*text - '0');
    if (*text || n == 0 || n > JOBS_MAX)
        return usage_error(e, "%s takes a number from 1 to %d, not \"%s\"", use->typed, JOBS_MAX,
                           options_quote(use->value).text);
    p->o->run.jobs = n;
    return 0;
}

int options_keep_connection(struct options_parsing *p, struct err *e)
{
    struct run_options *run = &p->o->run;

    if (!options_in(p, OPTIONS_HAND_ON) && !options_given(p, "--record"))
        return 0;
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
        if (add(p->o->memory, &run->connection, &run->connection_count, text, e) < 0)
            return -1;
    }
    return 0;
}
