#include "decode/notes.h"

#include <stdarg.h>
#include <stdio.h>

void notes_clear(struct notes *n)
{
    buf_clear(&n->text);
}

static bool has(const struct notes *n, const char *sentence)
{
    const char *text = (const char *)buf_data(&n->text);

    for (size_t at = 0; at < n->text.len; at += strlen(text + at) + 1) {
        if (strcmp(text + at, sentence) == 0)
            return true;
    }
    return false;
}

void notes_add(struct notes *n, const char *format, ...)
{
    char sentence[512];
    va_list args;

    n->text.max = NOTES_MAX;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (!has(n, sentence))
        buf_append(&n->text, sentence, strlen(sentence) + 1);
}

int notes_findings(const struct notes *n, struct buf *out)
{
    return n->text.len ? buf_append(out, buf_data(&n->text), n->text.len) : 0;
}

int notes_finding(struct buf *out, const char *format, ...)
{
    char sentence[512];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return buf_append(out, sentence, strlen(sentence) + 1);
}
