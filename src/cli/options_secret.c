/* Secrets: kept out of sight in argv, taken from files and the environment. */
#include "cli/options_private.h"

#include "base/secret.h"
#include "base/utf8.h"

#include <stdlib.h>

static void wipe(char *text)
{
    memset(text, '*', strlen(text));
}

/* A URL that may be in a file or in the environment: only its userinfo is secret. */
static bool is_secret_url(const struct option_row *row, const char *value)
{
    return row->values && strcmp(row->values, "SECRET") == 0 && strcmp(row->metavar, "URL") == 0 &&
           value[0] != '@' && strncmp(value, "env:", 4) != 0;
}

bool options_value_secret(const struct option_row *row, const char *value, size_t *start)
{
    size_t len;

    *start = 0;
    if (value[0] == '@' || !row->name)
        return false; /* the name of a file is not secret */
    if (row->letter == 'x' || (row->values && strcmp(row->values, "URL") == 0) ||
        is_secret_url(row, value))
        return options_userinfo(value, start, &len);
    if (row->letter == 'H') {
        size_t name_len = strcspn(value, ":");

        *start = name_len + 1;
        return value[name_len] == ':' && secret_field_likely(slice_make(value, name_len));
    }
    return option_takes_file(row) && row->letter != 'e' && strncmp(value, "env:", 4) != 0;
}

/* The values of parameters whose name speaks of a secret, from after the '?' on. The separators are
 * those of the redaction. */
static void wipe_query(char *text)
{
    while (*text) {
        size_t len = strcspn(text, "?&;#");
        char *equals = memchr(text, '=', len);

        if (equals && secret_query_name(slice_make(text, (size_t)(equals - text))))
            memset(equals + 1, '*', (size_t)(text + len - equals - 1));
        text += len + (text[len] != '\0');
    }
}

static bool named(const struct option_row *row, const char *name)
{
    return row->name && strcmp(row->name, name) == 0;
}

void options_wipe_value(const struct option_row *row, char *value)
{
    size_t start;

    if (row->letter == 'x' || named(row, "against") ||
        (row->values && strcmp(row->values, "URL") == 0) || is_secret_url(row, value))
        options_wipe_url(value);
    else if (named(row, "resume-query"))
        wipe_query(value);
    else if (named(row, "header-cmd") || named(row, "publish-cmd") || named(row, "drill"))
        wipe(value); /* a token may be part of the command */
    else if (named(row, "var"))
        wipe(value + strcspn(value, "="));
    else if (options_value_secret(row, value, &start))
        wipe(value + start);
}

bool options_userinfo(const char *text, size_t *start, size_t *len)
{
    const char *scheme = strstr(text, "://");
    const char *from = scheme ? scheme + 3 : text;
    size_t authority = strcspn(from, "/?#");
    const char *at = memrchr(from, '@', authority);
    const char *colon;

    if (strncasecmp(text, "ws+unix:", 8) == 0)
        return false; /* RFC 3986's userinfo has no place there; a path may hold anything */
    if (!at && from[0] != '[' && (colon = memchr(from, ':', authority)) != NULL) {
        size_t tail = (size_t)(from + authority - colon - 1);

        /* "user:pa/ss@host": no port is spelled that way, so the '/' may be part of a password. */
        if (tail > 0 && strspn(colon + 1, "0123456789") < tail)
            at = strrchr(from + authority, '@');
    }
    if (!at)
        return false;
    *start = (size_t)(from - text);
    *len = (size_t)(at - from);
    return true;
}

void options_wipe_url(char *text)
{
    size_t start, len;

    if (options_userinfo(text, &start, &len))
        memset(text + start, '*', len);
    /* What was userinfo has no '?' or '#' any longer. */
    wipe_query(text + strcspn(text, "?#"));
}

/* Drop one line break at the end: editors and echo put it there. */
static void drop_newline(char *text)
{
    size_t len = strlen(text);

    if (len == 0 || text[len - 1] != '\n')
        return;
    text[--len] = '\0';
    if (len > 0 && text[len - 1] == '\r')
        text[len - 1] = '\0';
}

char *options_secret(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    char *text = use->value;

    if (use->literal) {
        ; /* a value that was meant for another program may begin with anything */
    } else if (text[0] == '@') {
        text = options_read_file(p, use, text + 1, e);
        if (!text)
            return NULL;
        text += utf8_mark(text);
        drop_newline(text);
    } else if (strncmp(text, "env:", 4) == 0) {
        const char *value = getenv(text + 4);

        if (!value) {
            usage_error(e, "%s: the environment has no variable \"%s\"", use->typed,
                        options_quote(text + 4).text);
            return NULL;
        }
        text = options_copy(p->o->memory, value, strlen(value));
        if (!text) {
            options_nomem(e);
            return NULL;
        }
    }
    if (text[0] == '\0') {
        usage_error(e, "%s: the value is empty", use->typed);
        return NULL;
    }
    /* RFC 9110, section 5.5: a line break would begin another header field. */
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            usage_error(e, "%s: the value has %s", use->typed,
                        *at == '\n' || *at == '\r' ? "a line break" : "a control character");
            return NULL;
        }
    }
    return text;
}
