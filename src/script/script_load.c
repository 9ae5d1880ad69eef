/* Scripts as files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "script/script_parse.h"

/* All of a file. 0, or an errno; EFBIG: more than a script has. */
static int read_all(FILE *file, struct buf *text)
{
    uint8_t *to;
    size_t n;

    do {
        to = buf_reserve(text, 65536);
        if (!to)
            return text->len + 65536 > text->max ? EFBIG : ENOMEM;
        n = fread(to, 1, 65536, file);
        buf_filled(text, n);
    } while (n > 0);
    return ferror(file) ? (errno ? errno : EIO) : 0;
}

static int load(const char *path, struct buf *text)
{
    bool stdin_meant = strcmp(path, "-") == 0;
    FILE *file = stdin_meant ? stdin : fopen(path, "r");
    struct stat st;
    int status;

    if (!file)
        return errno;
    if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode))
        status = EISDIR;
    else
        status = read_all(file, text);
    if (!stdin_meant)
        fclose(file);
    return status;
}

static const char *reason(int status)
{
    return status == EFBIG ? "it is larger than 16 MiB: is it a script?" : strerror(status);
}

char *parser_beside(struct parser *p, const char *path)
{
    const char *slash = strrchr(p->file, '/');
    size_t folder = slash && path[0] != '/' ? (size_t)(slash - p->file) + 1 : 0;
    char *joined = arena_alloc(&p->script->memory, folder + strlen(path) + 1);

    if (!joined)
        return NULL;
    memcpy(joined, p->file, folder);
    memcpy(joined + folder, path, strlen(path) + 1);
    return joined;
}

int parser_include(struct parser *p, const char *path)
{
    const char *outer = p->file;
    char text_of[sizeof p->conn];
    struct buf text;
    int status;

    if (p->includes == SCRIPT_INCLUDE_MAX)
        return parser_fail(p, 0,
                           "files include one another more than %d deep: do they form a "
                           "cycle?",
                           SCRIPT_INCLUDE_MAX);
    buf_init(&text, SCRIPT_FILE_MAX + 65536);
    status = load(path, &text);
    if (status != 0) {
        status = parser_fail(p, p->args_at, "can't read %s: %s", path, reason(status));
    } else {
        memcpy(text_of, p->conn, sizeof text_of);
        p->file = path;
        p->includes++;
        status = parser_read(p, buf_slice(&text));
        p->includes--;
        p->file = outer;
        memcpy(p->conn, text_of, sizeof text_of);
    }
    buf_clear(&text);
    return status;
}

int script_parse_text(struct script *s, const char *file, struct slice text,
                      const struct script_checks *checks, struct script_error *error)
{
    struct parser p = {.script = s, .checks = checks, .error = error};

    *s = (struct script){0};
    *error = (struct script_error){0};
    err_clear(&error->err);
    p.tail = &s->settings;
    p.last_test = &s->tests;
    s->file = p.file = arena_copy(&s->memory, file, strlen(file));
    if (!s->file)
        return parser_nomem(&p);
    if (parser_read(&p, text) < 0)
        return -1;
    if (s->tests)
        return 0;
    error->place.file = s->file;
    err_set(&error->err, EXIT_USAGE, STAGE_USAGE, 0, "there is no test in this file");
    err_hint(&error->err, "\"test NAME\" begins one");
    return -1;
}

int script_parse(struct script *s, const char *file, const struct script_checks *checks,
                 struct script_error *error)
{
    struct buf text;
    int status;

    buf_init(&text, SCRIPT_FILE_MAX + 65536);
    status = load(file, &text);
    if (status == 0) {
        status = script_parse_text(s, file, buf_slice(&text), checks, error);
    } else {
        *s = (struct script){0};
        *error = (struct script_error){0};
        err_set(&error->err, EXIT_USAGE, STAGE_USAGE, status, "can't read %s: %s", file,
                reason(status));
        if (status == EISDIR)
            err_hint(&error->err, "name its scripts one by one, for example %s/*.wscope", file);
        status = -1;
    }
    buf_clear(&text);
    return status;
}

void script_clear(struct script *s)
{
    arena_free(&s->memory);
    *s = (struct script){0};
}
