#include "command/complete.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "command/set.h"

#define CHOICES_MAX 8192

struct finder {
    const struct command_set *set;
    struct completion *found;
    struct slice word;
    bool failed;
};

void completion_init(struct completion *c)
{
    c->word = c->count = 0;
    c->aliases = slice_make(NULL, 0);
    buf_init(&c->common, CHOICES_MAX);
    buf_init(&c->choices, CHOICES_MAX);
}

void completion_clear(struct completion *c)
{
    buf_clear(&c->common);
    buf_clear(&c->choices);
}

/* The next of the candidates; empty after the last. */
static struct slice next_choice(struct slice *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    struct slice word = slice_make(rest->data, end ? (size_t)(end - rest->data) : 0);

    if (end)
        *rest = slice_make(end + 1, rest->len - word.len - 1);
    return word;
}

/* Row by row, as wide as the longest needs. */
static void put_columns(struct slice choices, int columns, struct buf *out)
{
    struct slice rest = choices, word;
    size_t widest = 0, across, at = 0;

    while ((word = next_choice(&rest)).len > 0)
        widest = word.len > widest ? word.len : widest;
    across = columns > 0 ? ((size_t)columns + 1) / (widest + 2) : 1;
    rest = choices;
    while ((word = next_choice(&rest)).len > 0) {
        bool ends = ++at >= across || rest.len == 0;

        buf_printf(out, "%.*s%*s", (int)word.len, (const char *)word.data,
                   ends ? 0 : (int)(widest - word.len) + 2, "");
        if (ends) {
            buf_append_str(out, "\n");
            at = 0;
        }
    }
}

void completion_put(const struct completion *c, int columns, struct buf *insert,
                    struct buf *choices, size_t *back)
{
    if (c->count == 0)
        return;
    *back = c->word;
    if (c->common.len > c->word)
        buf_append_slice(insert, buf_slice(&c->common));
    else if (c->choices.len > 0)
        put_columns(buf_slice(&c->choices), columns, choices);
}

static void offer(struct finder *f, struct slice candidate)
{
    struct completion *c = f->found;
    size_t n = 0;

    if (candidate.len < f->word.len ||
        (f->word.len > 0 && memcmp(candidate.data, f->word.data, f->word.len) != 0))
        return;
    if (c->count++ == 0) {
        f->failed = buf_append_slice(&c->common, candidate) < 0;
    } else {
        while (n < c->common.len && n < candidate.len &&
               buf_data(&c->common)[n] == candidate.data[n])
            n++;
        c->common.len = n;
    }
    /* Too many to show are treated as none. */
    if (c->choices.len + candidate.len + 1 < CHOICES_MAX)
        f->failed = f->failed || buf_printf(&c->choices, "%.*s\n", (int)candidate.len,
                                            (const char *)candidate.data) < 0;
}

static void offer_words(struct finder *f, struct slice words)
{
    size_t from = 0;

    for (size_t i = 0; i <= words.len; i++) {
        if (i < words.len && words.data[i] != '|')
            continue;
        offer(f, slice_make(words.data + from, i - from));
        from = i + 1;
    }
}

static void offer_commands(struct finder *f, const char *prefix)
{
    const struct command_row *row;

    for (size_t i = 0; (row = f->set->row(i)) != NULL; i++) {
        char name[32];

        snprintf(name, sizeof name, "%s%s", prefix, row->name);
        offer(f, slice_str(name));
    }
}

static void offer_aliases(struct finder *f, const char *prefix)
{
    struct slice rest = f->found->aliases, word;

    while ((word = next_choice(&rest)).len > 0) {
        char name[32];

        snprintf(name, sizeof name, "%s%.*s", prefix, (int)word.len, (const char *)word.data);
        offer(f, slice_str(name));
    }
}

/* The names in the folder that the word begins with. */
static void offer_files(struct finder *f)
{
    size_t folder = f->word.len;
    char path[4096], name[4400];
    struct dirent *entry;
    struct stat st;
    DIR *dir;

    while (folder > 0 && f->word.data[folder - 1] != '/')
        folder--;
    if (folder >= sizeof path)
        return;
    if (folder > 0)
        memcpy(path, f->word.data, folder);
    path[folder] = '\0';
    dir = opendir(folder ? path : ".");
    if (!dir)
        return;
    while ((entry = readdir(dir)) != NULL) {
        /* Hidden names are for those who type the dot; what would need quotes is left out. */
        if ((entry->d_name[0] == '.' && (f->word.len == folder || f->word.data[folder] != '.')) ||
            strpbrk(entry->d_name, " \t\n\"\\") != NULL)
            continue;
        snprintf(name, sizeof name, "%s%s", path, entry->d_name);
        if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
            snprintf(name, sizeof name, "%s%s/", path, entry->d_name);
        offer(f, slice_str(name));
    }
    closedir(dir);
}

/* "rst@": what is before the trigger stays. */
static void offer_triggers(struct finder *f, size_t kept)
{
    const char *name;

    for (unsigned i = 0; (name = fault_trigger_name(i)) != NULL; i++) {
        char text[256];

        snprintf(text, sizeof text, "%.*s%s", (int)kept, (const char *)f->word.data, name);
        if (kept < 200)
            offer(f, slice_str(text));
    }
}

static void offer_faults(struct finder *f)
{
    const uint8_t *at = f->word.len ? memrchr(f->word.data, '@', f->word.len) : NULL;

    if (at) {
        offer_triggers(f, (size_t)(at - f->word.data) + 1);
        return;
    }
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        char name[32];

        if (!fault_kind_fits((enum fault_kind)kind, f->set->use))
            continue;
        snprintf(name, sizeof name, "%s%s", fault_kind_name((enum fault_kind)kind),
                 fault_kind_takes((enum fault_kind)kind) ? ":" : "");
        offer(f, slice_str(name));
    }
}

/* The second word of /set depends on the first. */
static void offer_settings(struct finder *f, size_t index, struct slice before)
{
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        const struct setting_row *row = setting_row((enum setting)i);
        size_t n = strlen(row->name);

        if (index == 0)
            offer(f, slice_str(row->name));
        else if (index == 1 && slice_begins(before, row->name) && before.len > n &&
                 before.data[n] == ' ')
            offer_words(f, slice_str(row->words));
    }
}

/* "name=a|b": the name first, then its values. */
static void offer_named(struct finder *f, const char *words)
{
    while (*words) {
        size_t len = strcspn(words, " "), name = strcspn(words, "= ") + 1;

        if (name > len) {
            offer(f, slice_make(words, len)); /* a word that names nothing */
        } else if (f->word.len < name || memcmp(f->word.data, words, name) != 0) {
            offer(f, slice_make(words, name));
        } else {
            size_t from = name;

            for (size_t i = name; i <= len; i++) {
                char text[64];

                if (i < len && words[i] != '|')
                    continue;
                snprintf(text, sizeof text, "%.*s%.*s", (int)name, words, (int)(i - from),
                         words + from);
                offer(f, slice_str(text));
                from = i + 1;
            }
        }
        words += len;
        words += strspn(words, " ");
    }
}

/* What follows the arguments so far, which end where the word begins. */
static void offer_own(struct finder *f, struct slice args)
{
    struct slice before = slice_make(args.data, args.len - f->word.len);
    const char *word;

    for (size_t i = 0; (word = f->set->own(before, i)) != NULL; i++)
        offer(f, slice_str(word));
}

/* The i-th word of the row's list is for the i-th argument; plain words without '|' are all for the
 * first one. */
static void offer_arguments(struct finder *f, const struct command_row *row, size_t index,
                            struct slice before)
{
    const char *words = row->words;
    bool lists = strchr(words, '|') != NULL || strcmp(words, "FILE") == 0;

    if (strcmp(words, "COMMAND") == 0 && index == 0) {
        offer_commands(f, "");
        return;
    }
    if (strcmp(words, "ALIAS") == 0) {
        if (index == 0)
            offer_aliases(f, "");
        if (index == 1 && slice_begins(before, "-d ") && before.len > 3)
            offer_aliases(f, "");
        return;
    }
    if (strcmp(words, "FAULT") == 0) {
        if (index == 0)
            offer_faults(f);
        return;
    }
    if (strcmp(words, "SETTING") == 0) {
        offer_settings(f, index, before);
        return;
    }
    if (strcmp(words, "OWN") == 0) {
        offer_own(f, before);
        return;
    }
    if (strchr(words, '=') != NULL) {
        offer_named(f, words);
        return;
    }
    for (size_t i = 0; *words; i++) {
        size_t len = strcspn(words, " ");

        if ((lists && i == index) || (!lists && index == 0)) {
            if (len == 4 && memcmp(words, "FILE", 4) == 0)
                offer_files(f);
            else if (len != 3 || memcmp(words, "URL", 3) != 0)
                offer_words(f, slice_make(words, len));
        }
        words += len;
        words += strspn(words, " ");
    }
}

static void finish(struct finder *f)
{
    struct completion *c = f->found;
    uint8_t last = c->common.len ? buf_data(&c->common)[c->common.len - 1] : 0;

    if (c->count == 1 && last != '=' && last != ':' && last != '/')
        f->failed = f->failed || buf_append(&c->common, " ", 1) < 0;
    if (c->count < 2)
        buf_reset(&c->choices);
}

int commands_complete(struct completion *c, struct slice before)
{
    return command_set_complete(&commands_repl, c, before);
}

int command_set_complete(const struct command_set *set, struct completion *c, struct slice before)
{
    struct finder f = {.set = set, .found = c};
    size_t name_end = 0, start = before.len, index = 0;

    if (before.len == 0 || before.data[0] != '/')
        return 0;
    while (start > 0 && before.data[start - 1] != ' ')
        start--;
    f.word = slice_from(before, start);
    c->word = f.word.len;
    while (name_end < before.len && before.data[name_end] != ' ')
        name_end++;
    if (start == 0) {
        offer_commands(&f, "/");
        offer_aliases(&f, "/");
    } else {
        const struct command_row *row =
            command_set_find(set, slice_make(before.data + 1, name_end - 1));
        size_t args = name_end;

        while (args < before.len && before.data[args] == ' ')
            args++;
        for (size_t i = args; i + 1 < start; i++)
            index += before.data[i] != ' ' && before.data[i + 1] == ' ';
        if (row)
            offer_arguments(&f, row, index, slice_from(before, args));
    }
    finish(&f);
    return f.failed ? -1 : 0;
}
