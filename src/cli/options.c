#include "cli/options_private.h"

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdio.h>
#include <stdlib.h>

static void defaults(struct options *o, const struct verbs *verbs)
{
    *o = (struct options){
        .verb = verbs ? verbs->rows[0] : NULL,
        .connect.handshake = {.user_agent = "wscope/" PACKAGE_VERSION},
        .connect.ws = {.connect_timeout_us = 10000000,
                       .close_timeout_us = 5000000,
                       .max_redirects = 5},
        .connect.retry = {.tries = RETRY_PRESET,
                          .delay_us = RETRY_PRESET,
                          .max_delay_us = RETRY_PRESET,
                          .stable_after_us = 5000000,
                          .offline_queue = 1024 * 1024},
        .connect.http = {.every_us = 2000000, .fallback_after = 3},
        .pipe = {.wait_us = PIPE_WAIT_DEFAULT_US},
        .view = {.buffer = 1024 * 1024, .elide = VIEW_ELIDE_AUTO},
        .listen = {.host = "127.0.0.1", .port = 9001},
    };
    o->connect.handshake.url = &o->connect.url;
    deflate_params_default(&o->connect.handshake.deflate);
}

static struct options_parsing parsing(struct options *o)
{
    if (!o)
        return (struct options_parsing){.o = NULL};
    return (struct options_parsing){
        .o = o,
        .connect = &o->connect,
        .limits = &o->limits,
        .listen = &o->listen,
        .help = &o->help,
    };
}

/* Take every value out of argv before anything slow (a file, a name) is looked at: secrets stay in
 * sight of ps for as short as can be. */
static int capture(struct options_parsing *p, struct err *e)
{
    struct options_memory *m = p->o->memory;

    for (size_t i = 0; i < p->use_count; i++) {
        struct option_use *use = &p->uses[i];
        char *typed = use->value;

        if (!typed)
            continue;
        use->value = options_copy(m, typed, strlen(typed));
        if (!use->value)
            return options_nomem(e);
        options_wipe_value(use->row, typed);
    }
    if (p->operand) {
        char *typed = p->operand;

        p->operand = options_copy(m, typed, strlen(typed));
        if (!p->operand)
            return options_nomem(e);
        options_wipe_url(typed);
    }
    return 0;
}

/* The own part of the subcommand, before any option. */
static int take_own(struct options_parsing *p, struct err *e)
{
    const struct verb *verb = p->o->verb;

    if (!verb->own)
        return 0;
    p->own = p->o->own = options_alloc(p->o->memory, verb->own_size);
    if (!p->own)
        return options_nomem(e);
    memcpy(p->own, verb->own, verb->own_size);
    return 0;
}

/* --help and --version win over everything else that was understood. True if one was given, as an
 * option or as a command. */
static bool asks_only(struct options_parsing *p, int *status, struct err *e)
{
    const struct option_use *help = options_given(p, "--help");
    struct options *o = p->o;

    *status = 0;
    if (help && help->value && strcmp(help->value, "all") != 0)
        *status = usage_error(e, "--help takes \"all\" or nothing, not \"%s\"",
                              options_quote(help->value).text);
    else if (o->verb == p->verbs->help)
        *status = o->verb->operands(p, e);
    else if (help)
        o->help.about = p->verb;
    else if (options_given(p, "--version"))
        o->verb = p->verbs->version;
    else if (o->verb != p->verbs->version)
        return false;
    else
        *status = o->verb->operands(p, e);
    if (help)
        o->verb = p->verbs->help;
    o->help.all = help && help->value;
    return true;
}

static int operands(struct options_parsing *p, struct err *e)
{
    const struct verb *verb = p->o->verb;

    return verb->operands ? verb->operands(p, e) : 0;
}

static int set_all(struct options_parsing *p, struct err *e)
{
    size_t i = 0;

    for (int layer = 0; layer <= LAYER_LINE; layer++) {
        p->weaker[layer] = p->o->connect.handshake.header_count;
        for (; i < p->use_count && (int)p->uses[i].layer == layer; i++) {
            const struct option_use *use = &p->uses[i];

            if (use->row->set(p, use, e) != 0)
                return options_blame(use, e);
        }
    }
    return 0;
}

int options_parse(struct options *o, const struct verbs *verbs, int argc, char **argv,
                  struct err *e)
{
    struct options_parsing p = parsing(o);
    int status;

    err_clear(e);
    defaults(o, verbs);
    p.verbs = verbs;
    o->memory = calloc(1, sizeof *o->memory);
    if (!o->memory)
        return options_nomem(e);
    if (options_scan(&p, argc, argv, e) != 0 || capture(&p, e) != 0)
        return -1;
    if (asks_only(&p, &status, e))
        return status;
    if (options_gather(&p, e) != 0 || options_check(&p, e) != 0 || take_own(&p, e) != 0 ||
        operands(&p, e) != 0 || options_keep_connection(&p, e) != 0 || set_all(&p, e) != 0)
        return -1;
    return options_finish(&p, e);
}

void options_clear(struct options *o)
{
    url_clear(&o->connect.url);
    url_clear(&o->connect.http.fallback);
    url_clear(&o->connect.account.catchup);
    options_memory_free(o->memory);
    *o = (struct options){0};
}

int option_check(const char *name, const char *value, struct err *e)
{
    const struct option_row *row = options_row_named(NULL, name, strlen(name));
    struct options *o = calloc(1, sizeof *o);
    struct options_parsing p = parsing(o);
    struct option_use *use = NULL;
    int status = -1;

    err_clear(e);
    if (o) {
        defaults(o, NULL);
        o->memory = calloc(1, sizeof *o->memory);
    }
    if (o && o->memory)
        use = options_add_use(&p, row, LAYER_LINE, e);
    else
        options_nomem(e);
    if (use) {
        snprintf(use->typed, sizeof use->typed, "%s", name);
        use->value = value ? options_copy(o->memory, value, strlen(value)) : NULL;
        status = value && !use->value ? options_nomem(e) : row->set(&p, use, e);
    }
    if (o && o->memory)
        options_clear(o);
    free(o);
    return status;
}
