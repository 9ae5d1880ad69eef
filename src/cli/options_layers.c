/* The command line takes precedence over --from-curl, this over the config file's profile, and that
 * over its other lines. */
#include "cli/options_private.h"

#include "cli/from_curl.h"

#include <unistd.h>

/* The text after --from-curl: TEXT, @FILE, or @- for stdin. */
static char *curl_text(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (use->value[0] != '@')
        return use->value;
    if (strcmp(use->value, "@-") != 0)
        return options_load(p->o->memory, use->value + 1, use->typed, e);
    p->curl_stdin = true;
    /* What is left of a terminal can still be typed on; a pipe has been read to its end. */
    p->o->pipe.no_input = !isatty(STDIN_FILENO);
    return options_load(p->o->memory, NULL, use->typed, e);
}

static int gather_curl(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    char *text = curl_text(p, use, e);

    if (!text || from_curl(p, text, e) != 0)
        return -1;
    return 0;
}

int options_gather(struct options_parsing *p, struct err *e)
{
    const struct options_parsing line = *p;
    const struct option_use *curl = options_given(&line, "--from-curl");
    struct option_use *use;

    if (options_given(&line, "--profile") && options_given(&line, "--no-config"))
        return usage_error(e, "--profile and --no-config exclude each other: profiles are in the "
                              "config file");
    p->uses = NULL;
    p->use_count = 0;
    if (!options_given(&line, "--no-config") &&
        config_load(p, options_given(&line, "--profile"), e) != 0)
        return -1;
    if (curl && options_in(p, OPTIONS_DIAL | OPTIONS_PROBE) && gather_curl(p, curl, e) != 0)
        return -1;
    for (size_t i = 0; i < line.use_count; i++) {
        use = options_add_use(p, line.uses[i].row, LAYER_LINE, e);
        if (!use)
            return -1;
        *use = line.uses[i];
    }
    return 0;
}

void options_forget(struct options_parsing *p, const struct option_row *row)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->use_count; i++) {
        if (p->uses[i].row != row)
            p->uses[kept++] = p->uses[i];
    }
    p->use_count = kept;
}

/* True if a use after the i-th turns its flag off. */
static bool turned_off(const struct options_parsing *p, size_t i)
{
    for (size_t k = i + 1; k < p->use_count; k++) {
        if (p->uses[k].off && p->uses[k].row == p->uses[i].row)
            return true;
    }
    return false;
}

void options_forget_off(struct options_parsing *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->use_count; i++) {
        if (!p->uses[i].off && !turned_off(p, i))
            p->uses[kept++] = p->uses[i];
    }
    p->use_count = kept;
}

int options_blame(const struct option_use *use, struct err *e)
{
    struct err cause = *e;

    if (cause.code != EXIT_USAGE || use->layer == LAYER_LINE)
        return -1;
    if (use->file)
        err_set(e, cause.code, cause.stage, cause.errnum, "%s:%zu: %s", use->file, use->line,
                cause.text);
    else
        err_set(e, cause.code, cause.stage, cause.errnum, "--from-curl: %s", cause.text);
    if (cause.hint[0])
        err_hint(e, "%s", cause.hint);
    e->at = cause.at;
    return -1;
}

void options_outrank_header(struct options_parsing *p, enum option_layer layer, const char *name)
{
    struct handshake_config *config = &p->o->connect.handshake;
    /* The list is the parser's own; only its readers see it as constant. */
    struct handshake_header *headers = (struct handshake_header *)(uintptr_t)config->headers;
    size_t weaker[LAYER_LINE + 1], kept = 0;

    memcpy(weaker, p->weaker, sizeof weaker);
    for (size_t i = 0; i < config->header_count; i++) {
        if (i >= weaker[layer] || strcasecmp(headers[i].name, name) != 0) {
            headers[kept++] = headers[i];
            continue;
        }
        for (int l = 0; l <= LAYER_LINE; l++)
            p->weaker[l] -= i < weaker[l];
    }
    config->header_count = kept;
}
