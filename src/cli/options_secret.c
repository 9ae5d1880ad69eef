/* Secrets: kept out of sight in argv, taken from files and the environment. */
#include "cli/options_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void wipe(char *text)
{
    memset(text, '*', strlen(text));
}

/* A header whose value is a credential, by its name. */
static bool header_is_secret(const char *line, size_t name_len)
{
    static const char *const words[] = {"auth", "cookie", "token", "key", "secret", "pass", "sig"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i]);

        for (size_t at = 0; at + len <= name_len; at++) {
            if (strncasecmp(line + at, words[i], len) == 0)
                return true;
        }
    }
    return false;
}

void options_wipe_value(const struct option_row *row, char *value)
{
    if (value[0] == '@' || !row->name)
        return; /* the name of a file is no secret */
    if (row->letter == 'H') {
        size_t name_len = strcspn(value, ":");

        if (value[name_len] == ':' && header_is_secret(value, name_len))
            wipe(value + name_len + 1);
    } else if (row->values && strcmp(row->values, "@FILE") == 0 && row->letter != 'e' &&
               strncmp(value, "env:", 4) != 0) {
        wipe(value);
    }
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
}

static int read_failed(const struct option_use *use, const char *path, int errnum, struct err *e)
{
    return err_set(e, EXIT_USAGE, STAGE_USAGE, errnum, "%s: cannot read \"%s\": %s", use->typed,
                   options_quote(path).text, strerror(errnum));
}

char *options_read_file(struct options_parsing *p, const struct option_use *use, const char *path,
                        struct err *e)
{
    char *text = NULL, *result = NULL;
    size_t len = 0;
    ssize_t got = 1;
    int fd;

    if (strcmp(path, "-") == 0) {
        usage_error(e, "%s: \"@-\" is not for this option, stdin is for messages", use->typed);
        return NULL;
    }
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        read_failed(use, path, errno, e);
        return NULL;
    }
    text = options_alloc(p->o->memory, OPTIONS_FILE_MAX + 1);
    if (!text) {
        options_nomem(e);
        goto out;
    }
    while (len < OPTIONS_FILE_MAX + 1 && got != 0) {
        got = read(fd, text + len, OPTIONS_FILE_MAX + 1 - len);
        if (got < 0 && errno != EINTR) {
            read_failed(use, path, errno, e);
            goto out;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    if (len > OPTIONS_FILE_MAX)
        usage_error(e, "%s: \"%s\" is larger than %d KiB, which looks like the wrong file",
                    use->typed, options_quote(path).text, OPTIONS_FILE_MAX / 1024);
    else if (memchr(text, '\0', len))
        usage_error(e, "%s: \"%s\" has a NUL byte, which looks like the wrong file", use->typed,
                    options_quote(path).text);
    else
        result = text;
out:
    close(fd);
    return result;
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

    if (text[0] == '@') {
        text = options_read_file(p, use, text + 1, e);
        if (!text)
            return NULL;
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
