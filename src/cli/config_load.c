/* The meaning of the config file: its place, and the option that each line gives. */
#include "cli/options_private.h"

#include "base/secret.h"
#include "cli/alias_text.h"
#include "cli/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What is known while the lines are read. */
struct loading {
    struct options_parsing *p;
    const char *path;
    const char *shown;    /* the path, as it may be shown */
    const char *wanted;   /* the profile chosen, or NULL */
    bool found;           /* it is there */
    struct buf names;     /* the profiles that are there: "a", "b" */
    size_t secret_line;   /* the first line that contains a secret; 0: none */
    const char *secret;   /* its option */
    enum option_layer at; /* where the lines now read belong */
    bool counts;          /* they do count */
    bool aliases;         /* they are aliases, which are for the prompt (app/aliases) */
};

/* A path below a directory that the environment names; NULL if it is not set, or with *e. */
static char *path_below(struct options_parsing *p, const char *variable, const char *rest,
                        struct err *e)
{
    const char *folder = getenv(variable);
    size_t folder_len, rest_len = strlen(rest) + 1;
    char *path;

    /* XDG Base Directory Specification 0.8: a path that is not absolute is ignored. */
    if (!folder || folder[0] != '/')
        return NULL;
    folder_len = strlen(folder);
    path = options_alloc(p->o->memory, folder_len + rest_len);
    if (!path) {
        options_nomem(e);
        return NULL;
    }
    memcpy(path, folder, folder_len);
    memcpy(path + folder_len, rest, rest_len);
    return path;
}

/* NULL: nowhere; or with *e. */
static char *find_file(struct options_parsing *p, struct err *e)
{
    char *path = path_below(p, "XDG_CONFIG_HOME", "/wscope/config", e);

    if (path || e->text[0])
        return path;
    return path_below(p, "HOME", "/.config/wscope/config", e);
}

/* A '~/' at the beginning of a file's name, which no shell has seen. NULL with *e. */
static char *expand_home(struct options_parsing *p, const struct option_row *row, char *value,
                         struct err *e)
{
    bool file =
        row->values && (strcmp(row->values, "FILE") == 0 || strcmp(row->values, "DIR") == 0);
    bool at_file = option_takes_file(row) && value[0] == '@';
    char *path;

    if ((!file && !at_file) || strncmp(value + at_file, "~/", 2) != 0)
        return value;
    path = path_below(p, "HOME", value + at_file + 1, e);
    if (!path)
        return e->text[0] ? NULL : value;
    if (at_file) {
        size_t len = strlen(path);

        value = options_alloc(p->o->memory, len + 2);
        if (!value) {
            options_nomem(e);
            return NULL;
        }
        value[0] = '@';
        memcpy(value + 1, path, len);
        return value;
    }
    return path;
}

/* The row of a key: a long name, or an option with its dashes. *off: the key is "no-NAME". */
static const struct option_row *row_of(const struct verbs *verbs, const char *key, bool *off)
{
    const struct option_row *row =
        key[0] == '-' ? options_row(verbs, key) : options_row_named(verbs, key, strlen(key));

    *off = false;
    if (row)
        return row;
    key += strncmp(key, "--", 2) == 0 ? 2 : 0;
    row = options_row_off(verbs, key, strlen(key));
    *off = row != NULL;
    return row;
}

/* What a flag is set to: 1, 0, or -1 for neither on nor off. */
static int switch_of(const char *value)
{
    static const char *const words[][2] = {{"off", "on"}, {"no", "yes"}, {"false", "true"}};

    for (size_t i = 0; value && i < 2 * (sizeof words / sizeof words[0]); i++) {
        if (strcasecmp(value, words[i / 2][i % 2]) == 0)
            return (int)(i % 2);
    }
    return value ? -1 : 1;
}

static int unknown_key(const struct verbs *verbs, const char *key, bool alone, struct err *e)
{
    size_t dashes = strspn(key, "-"), len = strcspn(key + dashes, " \t:");
    const struct option_row *row = options_row_named(verbs, key + dashes, len);
    const char *nearest;
    char word[64];

    if (row && key[dashes + len]) { /* "option value": do not show the value */
        usage_error(e,
                    alone ? "\"%s\" is followed by a value without \"=\""
                          : "there is text between \"%s\" and \"=\"",
                    row->name);
        err_hint(e, row->arg == OPTION_FLAG ? "write: %s" : "write: %s = VALUE", row->name);
        return -1;
    }
    snprintf(word, sizeof word, "%.*s", (int)strcspn(key, " \t"), key);
    nearest = options_nearest(verbs, key + dashes, strlen(key + dashes));
    usage_error(e, "unknown option \"%s\"%s%s%s", options_quote(word).text,
                nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    err_hint(e, "\"wscope --help=all\" lists every option; in the file they are written without "
                "dashes");
    return -1;
}

/* A line that breaks a rule; it begins with the file and the line number. */
static int check_setting(const struct loading *l, const struct config_line *line, struct err *e)
{
    const struct verbs *verbs = l->p->verbs;
    bool off;
    const struct option_row *row = row_of(verbs, line->key, &off);

    if (!row)
        return unknown_key(verbs, line->key, line->value == NULL, e);
    if (row->set == options_set_none)
        return usage_error(e, "%s belongs on the command line", line->key);
    if (row->arg == OPTION_FLAG && switch_of(off ? NULL : line->value) < 0)
        return usage_error(e, "%s is on or off, not \"%s\"", line->key,
                           options_quote(line->value).text);
    if (off && line->value) {
        usage_error(e, "%s takes no value", line->key);
        err_hint(e, "write: %s = off", row->name);
        return -1;
    }
    if (row->arg == OPTION_VALUE && !line->value) {
        usage_error(e, "%s takes a value, %s: %s", line->key, row->metavar, row->help);
        err_hint(e, "write: %s = %s", line->key, row->metavar);
        return -1;
    }
    return 0;
}

static int add_setting(struct loading *l, const struct config_line *line, size_t number,
                       struct err *e)
{
    bool off;
    const struct option_row *row = row_of(l->p->verbs, line->key, &off);
    struct option_use *use;
    char *value = line->value;
    size_t start;

    if (row->arg == OPTION_FLAG) {
        off |= switch_of(value) == 0;
        value = NULL;
    }

    if (value && options_value_secret(row, value, &start) && value[start] && !l->secret_line) {
        l->secret_line = number;
        l->secret = row->name;
    }
    if (!l->counts)
        return 0;
    if (value && !(value = expand_home(l->p, row, value, e)))
        return -1;
    use = options_add_use(l->p, row, l->at, e);
    if (!use)
        return -1;
    snprintf(use->typed, sizeof use->typed, "%s", line->key);
    use->value = value;
    use->off = off;
    use->file = l->shown;
    use->line = number;
    return 0;
}

static int begin_section(struct loading *l, const char *name, struct err *e)
{
    struct quoted shown = options_quote(name);

    l->at = LAYER_PROFILE;
    l->aliases = false;
    l->counts = l->wanted && strcmp(name, l->wanted) == 0;
    l->found |= l->counts;
    if (buf_printf(&l->names, "%s\"%s\"", l->names.len ? ", " : "", shown.text) != 0 &&
        l->names.len == 0)
        return options_nomem(e);
    return 0;
}

static int check_alias(struct loading *l, const struct config_line *line, size_t number,
                       struct err *e)
{
    if (!alias_name_fits(slice_str(line->key))) {
        usage_error(e, "the name of an alias is 1 to %d letters, digits, \"-\" or \"_\"",
                    ALIAS_NAME);
    } else if (!line->value || !line->value[0]) {
        usage_error(e, "the alias \"%s\" has no text", line->key);
    } else {
        if (secret_in_text(slice_str(line->value)) && !l->secret_line) {
            l->secret_line = number;
            l->secret = "an alias";
        }
        return 0;
    }
    err_hint(e, "in the section [alias] a line is written NAME = TEXT");
    return -1;
}

static int read_line(struct loading *l, const struct config_line *line, size_t number,
                     struct err *e)
{
    if (line->profile)
        return begin_section(l, line->profile, e);
    if (line->aliases) {
        l->aliases = true;
        return 0;
    }
    if (l->aliases)
        return check_alias(l, line, number, e);
    return check_setting(l, line, e) != 0 ? -1 : add_setting(l, line, number, e);
}

static int read_lines(struct loading *l, char *text, struct err *e)
{
    struct config_reader r;
    struct config_line line;
    int got;

    l->at = LAYER_FILE;
    l->counts = true;
    for (config_open(&r, text); (got = config_next(&r, &line, e)) > 0;) {
        if (read_line(l, &line, r.number, e) != 0) {
            got = -1;
            break;
        }
    }
    if (got == 0)
        return 0;
    return options_blame(&(struct option_use){.file = l->shown, .line = r.number}, e);
}

static int check_profile(const struct loading *l, struct err *e)
{
    if (!l->wanted || l->found)
        return 0;
    usage_error(e, "--profile: %s has no profile \"%s\"", l->shown, options_quote(l->wanted).text);
    if (l->names.len)
        err_hint(e, "its profiles are %.*s", (int)l->names.len, (const char *)buf_data(&l->names));
    else
        err_hint(e, "it has no profiles; one begins with a line [profile NAME]");
    return -1;
}

/* A secret that others may read is worth a word, though not an error: the folders above may well be
 * closed to them. */
static int advise(struct loading *l, struct err *e)
{
    struct stat st;
    char text[512];

    if (!l->secret_line || stat(l->path, &st) != 0 || !(st.st_mode & (S_IRGRP | S_IROTH)))
        return 0;
    snprintf(text, sizeof text,
             "others may read %s, and its line %zu has a secret (%s): chmod go= that file, or "
             "keep the secret in a separate file",
             l->shown, l->secret_line, l->secret);
    l->p->o->advice = options_copy(l->p->o->memory, text, strlen(text));
    return l->p->o->advice ? 0 : options_nomem(e);
}

/* A missing file is not an error, unless a profile is requested. */
static int no_file(const struct loading *l, struct err *e)
{
    err_clear(e);
    if (!l->wanted)
        return 0;
    usage_error(e, "--profile: there is no config file that could have a profile \"%s\"",
                options_quote(l->wanted).text);
    err_hint(e, "profiles are in %s", l->shown ? l->shown : "~/.config/wscope/config");
    return -1;
}

int config_load(struct options_parsing *p, const struct option_use *profile, struct err *e)
{
    struct loading l = {.p = p, .wanted = profile ? profile->value : NULL};
    char *text;
    int status = -1;

    if (profile && profile->value[0] == '\0')
        return usage_error(e, "%s takes NAME, not an empty text", profile->typed);
    l.path = find_file(p, e);
    if (!l.path)
        return e->text[0] ? -1 : no_file(&l, e);
    p->o->view.config = l.path;
    l.shown = options_shown(p->o->memory, l.path);
    if (!l.shown)
        return options_nomem(e);
    text = options_load(p->o->memory, l.path, "the config file", e);
    if (!text && (e->errnum == ENOENT || e->errnum == ENOTDIR))
        return no_file(&l, e);
    if (!text) {
        if (e->code == EXIT_USAGE)
            err_hint(e, "--no-config ignores it");
        return -1;
    }
    buf_init(&l.names, 400); /* as many as a hint can hold */
    if (read_lines(&l, text, e) == 0 && check_profile(&l, e) == 0 && advise(&l, e) == 0)
        status = 0;
    buf_clear(&l.names);
    return status;
}

void options_profiles(void (*found)(void *ctx, const char *name), void *ctx)
{
    struct options_memory *m = calloc(1, sizeof *m);
    struct options o = {.memory = m};
    struct options_parsing p = {.o = &o};
    struct config_reader r;
    struct config_line line;
    struct err e;
    char *path, *text;

    err_clear(&e);
    path = m ? find_file(&p, &e) : NULL;
    text = path ? options_load(m, path, "the config file", &e) : NULL;
    if (text) {
        for (config_open(&r, text); config_next(&r, &line, &e) != 0;) {
            if (line.profile)
                found(ctx, line.profile);
        }
    }
    options_memory_free(m);
}
