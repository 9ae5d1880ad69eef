#include "base/mask.h"

#include <stdlib.h>

#include "base/utf8.h"

static bool is_there(const struct mask *m, const char *text)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].text, text) == 0)
            return true;
    }
    return false;
}

static void entry_clear(struct mask_entry *e)
{
    if (e->text)
        memset(e->text, 0, e->len);
    free(e->text);
    free(e->shown);
}

int mask_add(struct mask *m, const char *text, const char *shown)
{
    struct mask_entry *more, added = {.len = strlen(text)};

    if (added.len < MASK_MIN || is_there(m, text))
        return 0;
    more = realloc(m->entries, (m->count + 1) * sizeof *more);
    if (!more)
        return -1;
    m->entries = more;
    added.text = strdup(text);
    added.shown = strdup(shown);
    if (!added.text || !added.shown) {
        entry_clear(&added);
        return -1;
    }
    more[m->count++] = added;
    return 0;
}

static size_t common(struct slice text, const struct mask_entry *e)
{
    size_t n = 0;

    while (n < text.len && n < e->len && text.data[n] == (uint8_t)e->text[n])
        n++;
    return n;
}

/* How many bytes at the front of the text are hidden by this one. */
static size_t hidden(struct slice text, const struct mask_entry *e, bool cut)
{
    size_t n = common(text, e);

    if (n == e->len)
        return n;
    if (n < MASK_PART && !(cut && n == text.len && n >= MASK_MIN))
        return 0;
    while (n < text.len && utf8_continues(text.data[n])) /* not half a character */
        n++;
    return n;
}

int mask_apply(const struct mask *m, struct buf *out, struct slice text, bool cut)
{
    size_t from = 0, i = 0;

    while (i < text.len) {
        const struct mask_entry *best = NULL;
        size_t most = 0;

        for (size_t k = 0; k < m->count; k++) {
            size_t n = hidden(slice_from(text, i), &m->entries[k], cut);

            if (n > most) {
                most = n;
                best = &m->entries[k];
            }
        }
        if (!best) {
            i++;
            continue;
        }
        if (buf_append(out, text.data + from, i - from) < 0 || buf_append_str(out, best->shown) < 0)
            return -1;
        i += most;
        from = i;
    }
    return from < text.len ? buf_append(out, text.data + from, text.len - from) : 0;
}

void mask_clear(struct mask *m)
{
    for (size_t i = 0; i < m->count; i++)
        entry_clear(&m->entries[i]);
    free(m->entries);
    *m = (struct mask){0};
}
