/* What a test takes from the environment, which no report and no transcript shows. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json_write.h"
#include "verb/run/script_private.h"

/* In a transcript it is escaped as in JSON. */
static int add_escaped(struct mask *m, const char *value, const char *shown)
{
    struct json_write w;
    struct buf text;
    char *escaped;
    int status;

    buf_init(&text, SIZE_MAX);
    json_write_init(&w, &text);
    json_latin1(&w, NULL, slice_str(value));
    status = w.failed ? -1 : 0;
    if (status == 0) {
        escaped = (char *)buf_data(&text);
        escaped[text.len - 1] = '\0'; /* the quote at the end; the other is left out */
        status = mask_add(m, escaped + 1, shown);
    }
    buf_clear(&text);
    return status;
}

const char *secret_env(struct test_run *t, const char *name)
{
    const char *value = getenv(name);
    char shown[SCRIPT_NAME_MAX + 16];

    if (!value || t->job->run->app->view->show_secrets)
        return value;
    snprintf(shown, sizeof shown, "{{env:%s}}", name);
    if (mask_add(&t->secrets, value, shown) < 0 || add_escaped(&t->secrets, value, shown) < 0)
        t->secrets_lost = true;
    return value;
}

struct slice secret_hide(struct test_run *t, struct slice text, bool cut)
{
    struct slice hidden = slice_str("");
    struct buf out;
    char *copy;

    buf_init(&out, SIZE_MAX);
    if (!t->secrets_lost && mask_apply(&t->secrets, &out, text, cut) == 0) {
        copy = arena_copy(&t->memory, out.len ? buf_data(&out) : (const uint8_t *)"", out.len);
        if (copy)
            hidden = slice_make(copy, out.len);
    }
    buf_clear(&out);
    return hidden;
}

/* All lines of one file to another. */
static int copy_hidden(const struct mask *m, FILE *from, FILE *to)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    int status = 0;
    struct buf out;

    buf_init(&out, SIZE_MAX);
    while (status == 0 && (n = getline(&line, &room, from)) > 0) {
        buf_reset(&out);
        status = mask_apply(m, &out, slice_make(line, (size_t)n), false);
        if (status == 0 && !buf_write(&out, to))
            status = -1;
    }
    if (ferror(from) || fflush(to) != 0)
        status = -1;
    buf_clear(&out);
    free(line);
    return status;
}

int secret_hide_file(struct test_run *t, const char *path)
{
    char new_path[4112];
    FILE *from, *to;
    int fd, status;

    if (t->secrets.count == 0 && !t->secrets_lost)
        return 0;
    snprintf(new_path, sizeof new_path, "%s.XXXXXX", path);
    fd = mkstemp(new_path); /* for its owner alone, as the other is */
    if (fd < 0)
        return -1;
    from = fopen(path, "re");
    to = fdopen(fd, "w");
    status = from && to && !t->secrets_lost ? copy_hidden(&t->secrets, from, to) : -1;
    if (from)
        fclose(from);
    if (to)
        status |= fclose(to);
    else
        close(fd);
    if (status == 0)
        status = rename(new_path, path);
    if (status != 0)
        unlink(new_path);
    return status ? -1 : 0;
}
