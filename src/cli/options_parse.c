#include "cli/options_private.h"

#include <stdio.h>

int options_nomem(struct err *e)
{
    return err_nomem(e, STAGE_USAGE, "reading the command line");
}

const struct option_row *options_row_lettered(const struct verbs *verbs, char letter)
{
    const struct option_row *row;

    for (size_t i = 0; (row = options_nth(verbs, i)) != NULL && row->letter != letter;)
        i++;
    return row;
}

const struct option_row *options_row_named(const struct verbs *verbs, const char *name, size_t len)
{
    const struct option_row *row;

    for (size_t i = 0; (row = options_nth(verbs, i)) != NULL; i++) {
        if (row->name && strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            break;
    }
    return row;
}

const struct option_row *options_row_off(const struct verbs *verbs, const char *name, size_t len)
{
    const struct option_row *row =
        len > 3 && memcmp(name, "no-", 3) == 0 ? options_row_named(verbs, name + 3, len - 3) : NULL;

    return row && row->arg == OPTION_FLAG && row->set != options_set_none ? row : NULL;
}

const struct option_row *options_row(const struct verbs *verbs, const char *spelling)
{
    if (spelling[0] == '-' && spelling[1] == '-')
        return options_row_named(verbs, spelling + 2, strlen(spelling + 2));
    return spelling[0] == '-' && spelling[1] && !spelling[2]
               ? options_row_lettered(verbs, spelling[1])
               : NULL;
}

const struct option_row *options_row_of(const struct verb *verb, const struct option_row *row)
{
    for (size_t i = 0; i < verb->option_count && !option_fits(row, verb); i++) {
        const struct option_row *own = &verb->options[i];

        if (own->name && row->name && strcmp(own->name, row->name) == 0)
            return own;
    }
    return row;
}

static bool is_spelt(const struct option_row *row, const char *spelling)
{
    if (spelling[1] == '-')
        return row->name && strcmp(row->name, spelling + 2) == 0;
    return row->letter == spelling[1];
}

const struct option_use *options_given(const struct options_parsing *p, const char *spelling)
{
    for (size_t i = p->use_count; i-- > 0;) {
        if (is_spelt(p->uses[i].row, spelling))
            return &p->uses[i];
    }
    return NULL;
}

int options_no_operand(struct options_parsing *p, struct err *e)
{
    if (!p->surplus)
        return 0;
    return usage_error(e, "wscope %s takes no argument%s", p->o->verb->name,
                       p->o->verb->sets ? " besides options" : "");
}

bool options_in(const struct options_parsing *p, unsigned sets)
{
    return ((p->o->verb ? p->o->verb->sets : OPTIONS_DIAL | OPTIONS_MESSAGES) & sets) != 0;
}

struct option_use *options_add_use(struct options_parsing *p, const struct option_row *row,
                                   enum option_layer layer, struct err *e)
{
    struct option_use *uses = options_list_room(p->o->memory, p->uses, p->use_count, sizeof *uses);
    struct option_use *use;

    if (!uses) {
        options_nomem(e);
        return NULL;
    }
    p->uses = uses;
    use = &uses[p->use_count++];
    *use = (struct option_use){.row = row, .layer = layer};
    return use;
}

static struct option_use *add_use(struct options_parsing *p, const struct option_row *row,
                                  const char *dashes, const char *name, size_t len, struct err *e)
{
    struct option_use *use = options_add_use(p, row, LAYER_LINE, e);

    if (use)
        snprintf(use->typed, sizeof use->typed, "%s%.*s", dashes, (int)len, name);
    return use;
}

static int missing_value(const struct option_use *use, struct err *e)
{
    usage_error(e, "%s takes a value, %s: %s", use->typed, use->row->metavar, use->row->help);
    return -1;
}

static int unknown(const struct options_parsing *p, const char *spelling, const char *meant,
                   struct err *e)
{
    const char *advice = meant ? NULL : options_advice(spelling);

    usage_error(e, "unknown option \"%s\"%s%s%s", options_quote(spelling).text,
                meant ? "; did you mean \"--" : "", meant ? meant : "", meant ? "\"?" : "");
    if (advice)
        err_hint(e, "%s", advice);
    else
        err_hint(e, "\"wscope %s%s--help=all\" lists every option", p->verb ? p->verb->name : "",
                 p->verb ? " " : "");
    return -1;
}

static int unknown_name(const struct options_parsing *p, const char *name, size_t len,
                        struct err *e)
{
    char text[64];

    snprintf(text, sizeof text, "--%.*s", (int)(len < sizeof text ? len : sizeof text - 1), name);
    return unknown(p, text, options_advice(text) ? NULL : options_nearest(p->verbs, name, len), e);
}

static int unknown_letter(const struct options_parsing *p, const char *argument, char letter,
                          struct err *e)
{
    const char *meant = NULL;
    char text[3] = {'-', letter, '\0'};

    if (options_row_named(p->verbs, argument + 1, strlen(argument + 1)))
        meant = argument + 1; /* a long option with one dash */
    else if (letter == '?')
        meant = "help";
    return unknown(p, text, meant, e);
}

/* argv[*i] is "--name" or "--name=value". */
static int scan_long(struct options_parsing *p, int argc, char **argv, int *i, struct err *e)
{
    char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    char *value = name[len] == '=' ? name + len + 1 : NULL;
    const struct option_row *row = options_row_named(p->verbs, name, len);
    bool off = !row && (row = options_row_off(p->verbs, name, len)) != NULL;
    struct option_use *use;

    if (!row)
        return unknown_name(p, name, len, e);
    use = add_use(p, row, "--", name, len, e);
    if (!use)
        return -1;
    use->off = off;
    if (row->arg == OPTION_FLAG && value)
        return usage_error(e, "%s takes no value, but \"=\" follows it", use->typed);
    if (row->arg == OPTION_VALUE && !value) {
        if (*i + 1 >= argc)
            return missing_value(use, e);
        value = argv[++*i];
    }
    use->value = value;
    return 0;
}

/* "-r=grpc". */
static int attached(const struct option_use *use, const char *value, struct err *e)
{
    if (use->row->arg == OPTION_FLAG)
        return usage_error(e, "%s takes no value, but \"=\" follows it", use->typed);
    usage_error(e, "the letter %s takes no value", use->typed);
    err_hint(e, "write --%s=%s", use->row->name, options_quote(value).text);
    return -1;
}

/* argv[*i] is "-abc": flags, the last one perhaps with its value attached or in the next argument.
 */
static int scan_short(struct options_parsing *p, int argc, char **argv, int *i, struct err *e)
{
    char *argument = argv[*i];

    for (char *at = argument + 1; *at; at++) {
        const struct option_row *row = options_row_lettered(p->verbs, *at);
        struct option_use *use;

        if (!row)
            return unknown_letter(p, argument, *at, e);
        use = add_use(p, row, "-", at, 1, e);
        if (!use)
            return -1;
        if (row->arg != OPTION_VALUE && at[1] == '=')
            return attached(use, at + 2, e);
        if (row->arg != OPTION_VALUE)
            continue;
        if (at[1]) {
            use->value = at + 1;
            return 0;
        }
        if (*i + 1 >= argc)
            return missing_value(use, e);
        use->value = argv[++*i];
        return 0;
    }
    return 0;
}

static int scan_file(struct options_parsing *p, const char *name, struct err *e)
{
    char *copy = options_copy(p->o->memory, name, strlen(name));

    return copy ? options_add_text(p, &p->files, &p->file_count, copy, e) : options_nomem(e);
}

static int scan_operand(struct options_parsing *p, char *text, struct err *e)
{
    struct options *o = p->o;
    const struct verb *verb = !p->verb && !p->operand ? verb_named(p->verbs, text) : NULL;

    if (verb) {
        o->verb = p->verb = verb;
    } else if (o->verb->operand_max > 1) {
        return scan_file(p, text, e);
    } else if (p->operand || o->verb->operand_max == 0) {
        p->surplus = true;
        options_wipe_url(text);
    } else {
        p->operand = text;
    }
    return 0;
}

int options_scan(struct options_parsing *p, int argc, char **argv, struct err *e)
{
    bool ended = false;
    int status = 0;

    for (int i = 1; i < argc && status == 0; i++) {
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
            status = scan_operand(p, argv[i], e);
        else if (argv[i][1] != '-')
            status = scan_short(p, argc, argv, &i, e);
        else if (argv[i][2] != '\0')
            status = scan_long(p, argc, argv, &i, e);
        else
            ended = true;
    }
    return status;
}
