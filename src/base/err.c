#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char cut_mark[] = "...";

/* A sentence that was cut at the size must not end inside a UTF-8 character (RFC 3629, section 3),
 * and shows that text is missing. */
static void mark_cut(char *text, size_t size)
{
    size_t end = utf8_cut(slice_str(text), size - sizeof cut_mark);

    memcpy(text + end, cut_mark, sizeof cut_mark);
}

/* Through a copy: the arguments may include the text that is replaced, as when a sentence is
 * wrapped in another. */
static void put_text(char *to, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void put_text(char *to, size_t size, const char *format, va_list args)
{
    char copy[512];
    int n;

    if (size > sizeof copy)
        size = sizeof copy;
    n = vsnprintf(copy, size, format, args);
    if (n < 0)
        copy[0] = '\0';
    else if ((size_t)n >= size)
        mark_cut(copy, size);
    memcpy(to, copy, strlen(copy) + 1);
}

void err_clear(struct err *e)
{
    /* Not the whole of it: that is a kilobyte, and some callers clear one for each read. */
    e->code = EXIT_OK;
    e->stage = STAGE_USAGE;
    e->errnum = 0;
    e->status = 0;
    e->at = -1;
    e->text[0] = '\0';
    e->hint[0] = '\0';
}

int err_set(struct err *e, enum exit_code code, enum stage stage, int errnum, const char *format,
            ...)
{
    va_list args;

    va_start(args, format);
    put_text(e->text, sizeof e->text, format, args);
    va_end(args);
    e->code = code;
    e->stage = stage;
    e->errnum = errnum;
    e->status = 0;
    e->at = -1;
    e->hint[0] = '\0';
    return -1;
}

int err_at(struct err *e, size_t at, const char *text)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s", text);
    e->at = (long)at;
    return -1;
}

int err_nomem(struct err *e, enum stage stage, const char *what)
{
    err_set(e, EXIT_OTHER, stage, ENOMEM, "out of memory while %s", what);
    err_hint(e, "free some memory, or lower --max-message and --buffer");
    return -1;
}

void err_hint(struct err *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_text(e->hint, sizeof e->hint, format, args);
    va_end(args);
}

const char *stage_name(enum stage stage)
{
    switch (stage) {
    case STAGE_USAGE:
        return "usage";
    case STAGE_RESOLVE:
        return "resolve";
    case STAGE_CONNECT:
        return "connect";
    case STAGE_PROXY:
        return "proxy";
    case STAGE_TLS:
        return "tls";
    case STAGE_HANDSHAKE:
        return "handshake";
    case STAGE_PROTOCOL:
        return "protocol";
    case STAGE_IO:
        return "io";
    }
    return "io";
}
