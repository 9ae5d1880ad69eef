#include "cli/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void words_put(struct words *w, char *word)
{
    char **more = word ? realloc(w->items, (w->count + 1) * sizeof *more) : NULL;

    if (!more) {
        words_wipe(word);
        w->failed = true;
        return;
    }
    w->items = more;
    w->items[w->count++] = word;
}

char *words_option(const char *name, const char *value)
{
    bool letter = name[0] && !name[1];
    char *word = NULL;

    return asprintf(&word, "%s%s%s%s", letter ? "-" : "--", name, value && !letter ? "=" : "",
                    value ? value : "") < 0
               ? NULL
               : word;
}

void words_clear(struct words *w)
{
    for (size_t i = 0; i < w->count; i++)
        words_wipe(w->items[i]);
    free(w->items);
}

void words_wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}
