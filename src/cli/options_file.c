/* The files that options name, whole and bounded. */
#include "cli/options_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_file(const char *path)
{
    int fd;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Up to one byte more than is allowed, so that too much is noticed. 0, or -1 with errno. */
static int read_whole(int fd, char *text, size_t *len)
{
    ssize_t got = 1;

    *len = 0;
    while (*len < OPTIONS_FILE_MAX + 1 && got != 0) {
        got = read(fd, text + *len, OPTIONS_FILE_MAX + 1 - *len);
        if (got < 0 && errno != EINTR)
            return -1;
        *len += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static void read_failed(const char *who, const char *shown, struct err *e)
{
    int errnum = errno;

    err_set(e, EXIT_USAGE, STAGE_USAGE, errnum, "%s: cannot read %s: %s", who, shown,
            strerror(errnum));
}

/* What PowerShell's ">" writes. */
static void utf16_found(const char *who, const char *shown, struct err *e)
{
    usage_error(e, "%s: %s is text in UTF-16, and UTF-8 is needed", who, shown);
    err_hint(e, "save it again as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8");
}

char *options_load(struct options_memory *m, const char *path, const char *who, struct err *e)
{
    struct quoted name = path ? options_quote(path) : (struct quoted){""};
    char shown[sizeof name.text + 2] = "stdin";
    char *text = NULL, *result = NULL;
    size_t len;
    int fd = STDIN_FILENO;

    if (path) {
        snprintf(shown, sizeof shown, "\"%s\"", name.text);
        fd = open_file(path);
    }
    if (fd < 0) {
        read_failed(who, shown, e);
        return NULL;
    }
    text = options_alloc(m, OPTIONS_FILE_MAX + 2);
    if (!text) {
        options_nomem(e);
        goto out;
    }
    if (read_whole(fd, text, &len) != 0)
        read_failed(who, shown, e);
    else if (len > OPTIONS_FILE_MAX)
        usage_error(e, "%s: %s is larger than %d KiB, which looks like the wrong file", who, shown,
                    OPTIONS_FILE_MAX / 1024);
    else if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        utf16_found(who, shown, e);
    else if (memchr(text, '\0', len))
        usage_error(e, "%s: %s has a NUL byte, which looks like the wrong file", who, shown);
    else
        result = text;
out:
    if (path)
        close(fd);
    return result;
}

char *options_read_file(struct options_parsing *p, const struct option_use *use, const char *path,
                        struct err *e)
{
    if (strcmp(path, "-") == 0) {
        usage_error(e, "%s: \"@-\" is not for this option, stdin is for messages", use->typed);
        return NULL;
    }
    return options_load(p->o->memory, path, use->typed, e);
}
