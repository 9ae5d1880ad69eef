/* URLs and addresses that were typed before: at the shell, and at the prompt of wscope. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/shell_words.h"
#include "term/history.h"
#include "verb/complete/complete_private.h"

/* What is offered at most. */
#define FOUND_MAX 100

/* Beyond these, lines are not read. */
#define LINES_MAX 20000

struct search {
    const struct verbs *verbs;
    const char *kind;
    char *found[FOUND_MAX]; /* a ring, each once, the latest last */
    size_t first, count;
};

static void forget(struct search *s, size_t i)
{
    free(s->found[i]);
    memmove(&s->found[i], &s->found[i + 1], (s->count - i - 1) * sizeof s->found[0]);
    s->count--;
}

/* A secret in a URL is not shown once more. */
static void remember(struct search *s, const char *value)
{
    char *copy;

    if (value[0] == '\0' || strchr(value, '@') || !history_storable(slice_str(value)))
        return;
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->found[i], value) == 0) {
            forget(s, i);
            break;
        }
    }
    if (s->count == FOUND_MAX)
        forget(s, 0);
    copy = strdup(value);
    if (copy)
        s->found[s->count++] = copy;
}

/* The words of a command after its name. */
static void search_command(struct search *s, char *text)
{
    struct command_line line = {.verbs = s->verbs, .verb = s->verbs->rows[0]};
    struct err e;
    long count = shell_words_split(text, &e);
    char *word = text;

    for (long i = 0; i < count; i++, word = shell_words_next(word)) {
        const char *value, *kind = command_line_read(&line, word, &value);

        if (kind && strcmp(kind, s->kind) == 0)
            remember(s, value);
    }
}

/* "wscope URL" of a shell, "/connect URL" of the prompt. */
static void search_line(struct search *s, char *line)
{
    static const char *const beginnings[] = {"wscope ", "/connect "};
    char *text = line + strspn(line, " \t");

    text[strcspn(text, "\n")] = '\0';
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        size_t len = strlen(beginnings[i]);

        if (strncmp(text, beginnings[i], len) == 0) {
            search_command(s, text + len);
            return;
        }
    }
}

static void search_file(struct search *s, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    size_t lines = 0;

    while (lines++ < LINES_MAX && getline(&line, &size, file) > 0)
        search_line(s, line);
    free(line);
}

static void search_own(struct search *s)
{
    char *path = history_path(getenv("XDG_STATE_HOME"), getenv("HOME"));
    FILE *file = path ? fopen(path, "re") : NULL;

    if (file) {
        search_file(s, file);
        fclose(file);
    }
    free(path);
}

void complete_from_history(struct completing *c, const char *kind)
{
    struct search s = {.verbs = c->line->verbs, .kind = kind};

    search_own(&s);
    if (!isatty(STDIN_FILENO))
        search_file(&s, stdin);
    for (size_t i = s.count; i-- > 0;) {
        complete_offer(c, s.found[i], true, NULL);
        free(s.found[i]);
    }
}
