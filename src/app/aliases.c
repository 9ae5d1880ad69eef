#include "app/aliases.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/alias_text.h"
#include "script/expect/parse.h"
#include "term/history.h"

/* --- the file -----------------------------------------------------------------------------------
 */

static int blame(const char *what, const char *path, struct err *e)
{
    return err_set(e, EXIT_OTHER, STAGE_IO, errno, "can't %s \"%s\": %s", what, path,
                   strerror(errno));
}

/* A file that is missing is empty. */
static int load(const char *path, struct buf *file, struct err *e)
{
    char bytes[16384];
    ssize_t n = 1;
    int failed = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : blame("read", path, e);
    while (n != 0 && !failed) {
        n = read(fd, bytes, sizeof bytes);
        if (n < 0 && errno != EINTR)
            failed = blame("read", path, e);
        else if (n > 0 && buf_append(file, bytes, (size_t)n) < 0)
            failed = err_set(e, EXIT_OTHER, STAGE_IO, 0, "\"%s\" is too large", path);
    }
    close(fd);
    return failed;
}

/* A new file takes the old one's place and mode; mkstemp makes it private. */
static int replace(const char *path, char *temporary, struct slice text, struct err *e)
{
    struct stat st;
    int fd = mkstemp(temporary);
    bool done;

    if (fd < 0)
        return blame("write", path, e);
    done = (stat(path, &st) != 0 || fchmod(fd, st.st_mode & 0777) == 0) &&
           file_write(fd, text) == 0 && fsync(fd) == 0;
    done = close(fd) == 0 && done;
    if (done && rename(temporary, path) == 0)
        return 0;
    blame("write", path, e);
    unlink(temporary);
    return -1;
}

/* The file that a link names is rewritten, not the link. */
static int store(const char *path, struct slice text, struct err *e)
{
    char real[PATH_MAX], temporary[PATH_MAX + 8];

    if (!realpath(path, real)) {
        if (errno != ENOENT || strlen(path) >= sizeof real)
            return blame("write", path, e);
        snprintf(real, sizeof real, "%s", path);
        file_make_folders(real);
    }
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", real);
    return replace(real, temporary, text, e);
}

/* --- the command --------------------------------------------------------------------------------
 */

static int list(struct slice file, struct buf *said, struct err *e)
{
    struct alias_reader r;
    struct alias_line line;
    int failed = 0;

    for (alias_open(&r, file); alias_next(&r, &line);)
        failed |=
            buf_printf(said, "%.*s = %.*s\n", (int)line.name.len, (const char *)line.name.data,
                       (int)line.text.len, (const char *)line.text.data);
    if (said->len == 0)
        failed |= buf_append_str(said, "there are no aliases; /alias NAME TEXT defines one\n");
    return failed ? err_nomem(e, STAGE_IO, "listing the aliases") : 0;
}

static int unknown(struct slice name, struct err *e)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "there is no alias \"%.*s\"", (int)name.len,
            (const char *)name.data);
    err_hint(e, "/alias lists them");
    return -1;
}

static int show(struct slice file, struct slice name, struct buf *said, struct err *e)
{
    struct slice text;

    if (!alias_find(file, name, &text))
        return unknown(name, e);
    if (buf_printf(said, "%.*s = %.*s\n", (int)name.len, (const char *)name.data, (int)text.len,
                   (const char *)text.data) < 0)
        return err_nomem(e, STAGE_IO, "showing the alias");
    return 0;
}

/* True if a line of this alias may carry a secret: its text, or what follows a command that has no
 * argument yet ("/option", to which "user name:password" is given later). */
static bool may_hold_secret(const char *text)
{
    char line[64];

    if (!history_storable(slice_str(text)))
        return true;
    if (text[0] != '/' || strchr(text, ' ') || strlen(text) > 32)
        return false;
    snprintf(line, sizeof line, "%s user x@y", text);
    return !history_storable(slice_str(line));
}

static int check(const struct aliases *a, struct slice name, const char *text, struct err *e)
{
    if (command_set_find(a->set, name))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "/%.*s is a command, and an alias can't take its place", (int)name.len,
                       (const char *)name.data);
    for (const char *at = text; *at; at++) {
        if ((uint8_t)*at < 0x20 || *at == 0x7F)
            return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                           "an alias is one line without control characters");
    }
    if (!may_hold_secret(text))
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
            "the text may carry a secret, which is not written to the config file");
    err_hint(e, "what the history does not keep can't be an alias");
    return -1;
}

static int change(const struct aliases *a, struct slice file, struct slice name, const char *text,
                  struct err *e)
{
    struct buf out;
    int r;

    buf_init(&out, ALIAS_FILE_MAX);
    r = alias_rewrite(file, name, slice_str(text), &out);
    if (r < 0)
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "\"%s\" would become too large", a->path);
    else if (r == 0)
        r = unknown(name, e);
    else
        r = store(a->path, buf_slice(&out), e);
    buf_clear(&out);
    return r;
}

/* A name, and what follows it. */
static int run(const struct aliases *a, struct slice file, const char *args, struct buf *said,
               struct err *e)
{
    const char *text;
    bool removes = strncmp(args, "-d ", 3) == 0;
    struct slice name = parse_name(removes ? args + 3 + strspn(args + 3, " ") : args, &text);

    if (!alias_name_fits(name)) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "the name of an alias is 1 to %d letters, digits, \"-\" or \"_\"", ALIAS_NAME);
        err_hint(e, "for example /alias hello {\"op\":\"hello\"}");
        return -1;
    }
    if (removes && text[0])
        return command_row_misused(command_set_find(a->set, slice_str("alias")), e);
    if (removes)
        return change(a, file, name, "", e);
    if (!text[0])
        return show(file, name, said, e);
    return check(a, name, text, e) < 0 ? -1 : change(a, file, name, text, e);
}

int aliases_command(const struct aliases *a, const char *args, struct buf *said, struct err *e)
{
    struct buf file;
    int r;

    if (!a->path) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no config file, which aliases are kept in");
        err_hint(e, "it is not used with --no-config, or if HOME is not set");
        return -1;
    }
    buf_init(&file, ALIAS_FILE_MAX);
    r = load(a->path, &file, e);
    if (r == 0)
        r = args[0] ? run(a, buf_slice(&file), args, said, e) : list(buf_slice(&file), said, e);
    buf_clear(&file);
    return r;
}

/* --- use ----------------------------------------------------------------------------------------
 */

int aliases_expand(const struct aliases *a, const char *line, struct buf *text, struct err *e)
{
    const char *rest;
    struct slice name, found;
    struct buf file;
    int r = 0;

    if (!a->path || line[0] != '/' || line[1] == '/')
        return 0;
    name = parse_name(line + 1, &rest);
    if (!alias_name_fits(name) || command_set_find(a->set, name))
        return 0;
    buf_init(&file, ALIAS_FILE_MAX);
    if (load(a->path, &file, e) == 0 && alias_find(buf_slice(&file), name, &found)) {
        r = buf_append_slice(text, found);
        if (r == 0 && rest[0])
            r = buf_append_str(text, " ") | buf_append_str(text, rest);
        r = r < 0 ? err_nomem(e, STAGE_IO, "running the alias") : 1;
    }
    buf_clear(&file);
    return r;
}

void aliases_names(const struct aliases *a, struct buf *names)
{
    struct alias_reader r;
    struct alias_line line;
    struct buf file;
    struct err e;

    buf_init(&file, ALIAS_FILE_MAX);
    if (a->path && load(a->path, &file, &e) == 0) {
        for (alias_open(&r, buf_slice(&file)); alias_next(&r, &line);)
            buf_printf(names, "%.*s\n", (int)line.name.len, (const char *)line.name.data);
    }
    buf_clear(&file);
}
