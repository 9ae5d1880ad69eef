/*
 * probe_show: how the checks are shown: rows or JSON on standard output, progress on the terminal,
 * the file of --prom.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/views.h"
#include "base/clock.h"
#include "base/file.h"
#include "sink/probe/probe_json.h"
#include "sink/probe/probe_prom.h"
#include "sink/probe/probe_text.h"
#include "sink/prose.h"
#include "verb/probe/probe_private.h"

#define TEXT_MAX (1u << 20)

void probe_show_begin(struct probe_front *front)
{
    const struct view_options *o = front->app->view;
    const char *term = getenv("TERM");

    front->view = views_config(o, STDOUT_FILENO, false);
    front->live = views_config(o, STDERR_FILENO, false);
    front->shows_progress =
        isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 && o->level >= 0 && o->level < 2;
}

void probe_show_progress(struct probe_front *front, const char *what)
{
    /* On one line, or it could not be erased. */
    int room = front->live.columns > 5 ? front->live.columns - 5 : 75;
    struct buf text;

    if (!front->shows_progress || (!what && !front->progress_shown))
        return;
    buf_init(&text, 4096);
    if (buf_append_str(&text, "\r\033[K") == 0 &&
        (!what || buf_printf(&text, "%.*s ...", room, what) == 0))
        output_put(&front->app->err, buf_slice(&text));
    buf_clear(&text);
    output_flush(&front->app->err);
    front->progress_shown = what != NULL;
}

void probe_show_note(struct probe_front *front, const char *note)
{
    struct prose p;
    struct buf text;

    if (front->app->view->level < 0)
        return;
    probe_show_progress(front, NULL);
    buf_init(&text, 4096);
    p = prose_begin(&text, &front->live);
    prose_put(&p, front->live.utf8 ? "· " : "- ");
    prose_wrap_safe(&p, slice_str(note), 2, 2);
    output_put(&front->app->err, buf_slice(&text));
    buf_clear(&text);
}

static int put_check(struct probe_front *front, const struct probe_check *check, struct buf *text)
{
    if (front->app->view->json)
        return probe_json_check(text, check, clock_wall_us());
    if (front->view.level < 0 && check->status < PROBE_WARN)
        return 0;
    return probe_text_check(text, check, &front->view);
}

/* The exit status says so, too, unless something else failed before. */
static void fail_nomem(struct probe_front *front, const char *what)
{
    struct err e;

    err_nomem(&e, STAGE_IO, what);
    app_fail(front->app, &e);
    if (front->code <= EXIT_OK)
        front->code = (int)e.code;
}

void probe_show_checks(struct probe_front *front)
{
    struct buf text;

    if (front->shown == front->report.count)
        return;
    probe_show_progress(front, NULL);
    buf_init(&text, TEXT_MAX);
    while (front->shown < front->report.count) {
        if (put_check(front, &front->report.checks[front->shown++], &text) < 0)
            fail_nomem(front, "showing the checks");
    }
    front->has_rows |= text.len > 0;
    output_put(&front->app->out, buf_slice(&text));
    buf_clear(&text);
    output_flush(&front->app->out);
}

void probe_show_verdict(struct probe_front *front, const struct probe_verdict *verdict,
                        enum exit_code exit)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    if ((front->app->view->json
             ? probe_json_verdict(&text, verdict, &front->report, exit, clock_wall_us())
             : probe_text_verdict(&text, verdict, &front->view, front->has_rows)) < 0)
        fail_nomem(front, "showing the verdict");
    output_put(&front->app->out, buf_slice(&text));
    buf_clear(&text);
}

/* --- the file of --prom -------------------------------------------------------------------------
 */

static bool is_special(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* A collector must never read half a file: a new one takes the place of the old one. A pipe or a
 * device is written to. NULL: memory. */
static char *place_of(const char *path)
{
    size_t size = strlen(path) + sizeof ".new";
    char *text = malloc(size);

    if (text)
        snprintf(text, size, "%s%s", path, is_special(path) ? "" : ".new");
    return text;
}

static int open_place(const char *path, const char *place, struct err *e)
{
    int fd = place ? open(place, O_WRONLY | O_CREAT | O_CLOEXEC | O_TRUNC, 0666) : -1;

    if (!place)
        return err_nomem(e, STAGE_IO, "opening the file of --prom");
    if (fd < 0)
        err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "can't write to \"%s\" (--prom): %s", path,
                strerror(errno));
    return fd;
}

int probe_prom_check(const char *path, struct err *e)
{
    char *place = place_of(path);
    int fd = open_place(path, place, e);

    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !is_special(path))
        (void)unlink(place);
    free(place);
    return fd < 0 ? -1 : 0;
}

int probe_prom_write(struct probe_front *front, const struct probe_verdict *verdict, struct err *e)
{
    const char *path = front->own->prom;
    char *place = place_of(path);
    int fd = open_place(path, place, e);
    bool special = is_special(path), failed;
    struct buf text;

    if (fd < 0) {
        free(place);
        return -1;
    }
    buf_init(&text, TEXT_MAX);
    errno = ENOMEM;
    failed = probe_prom(&text, &front->report, verdict, front->url, clock_wall_us()) < 0 ||
             file_write(fd, buf_slice(&text)) < 0;
    failed |= close(fd) < 0 && !failed;
    failed = failed || (!special && rename(place, path) < 0);
    if (failed)
        err_set(e, EXIT_OTHER, STAGE_IO, errno, "can't write \"%s\" (--prom): %s", path,
                strerror(errno));
    buf_clear(&text);
    free(place);
    return failed ? -1 : 0;
}
