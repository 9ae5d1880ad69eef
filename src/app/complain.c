#include "app/complain.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "sink/term_safe.h"

#define SENTENCE_MAX 65536

int complain_flags(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? 0 : TERM_SAFE_ASCII;
}

static void print_without_memory(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        int c = text.data[i];

        fputc((c >= ' ' && c < 0x7F) || c == '\n' ? c : '?', stderr);
    }
}

static void print(struct slice text, int flags)
{
    struct buf safe;

    buf_init(&safe, 8 * SENTENCE_MAX);
    if (term_safe(&safe, text, flags | complain_flags()) == 0)
        (void)buf_write(&safe, stderr);
    else
        print_without_memory(text);
    buf_clear(&safe);
}

void complain(const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fputs("wscope: ", stderr);
    print(slice_str(text), 0);
    fputc('\n', stderr);
}

void complain_hint(const struct err *e)
{
    if (!e->hint[0])
        return;
    fputs("  hint: ", stderr);
    print(slice_str(e->hint), TERM_SAFE_NEWLINES);
    fputc('\n', stderr);
}

int complain_text(struct buf *text, const struct err *e)
{
    int r = buf_append_str(text, "wscope: ");

    r |= term_safe(text, slice_str(e->text), complain_flags());
    if (e->hint[0]) {
        r |= buf_append_str(text, "\n  hint: ");
        r |= term_safe(text, slice_str(e->hint), complain_flags() | TERM_SAFE_NEWLINES);
    }
    return r | buf_append_str(text, "\n");
}

enum exit_code complain_err(const struct err *e)
{
    complain("%s", e->text);
    complain_hint(e);
    return e->code;
}

void complain_line(struct slice text)
{
    print(text, 0);
    fputc('\n', stderr);
}

void complain_lines(struct slice text)
{
    print(text, TERM_SAFE_NEWLINES);
}
