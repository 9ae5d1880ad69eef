#include "term/scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/private_file.h"
#include "sink/redact.h"

/* JSON that is wider is laid out over several lines. */
#define COLUMNS 100

/* What repeats messages in a form in which secrets are not found. */
#define UNREADABLE (EVENT_BIT(EVENT_BYTES) | EVENT_BIT(EVENT_DECODED))

struct scribe {
    struct out out;
    struct sink *human; /* NULL: out of memory when it was to change */
    struct buf cleared; /* a message without its secrets */
    bool failed;        /* which was reported */
    int fd;
    char path[];
};

static struct view_config for_file(const struct view_config *screen)
{
    struct view_config config = *screen;

    config.tty = config.color = config.show_secrets = false;
    config.columns = COLUMNS;
    config.fold = 0;
    config.elide = 0;
    return config;
}

struct scribe *scribe_open(const char *path, const struct view_config *config, struct err *e)
{
    const struct view_config mine = for_file(config);
    size_t len = strlen(path);
    struct scribe *s = calloc(1, sizeof *s + len + 1);

    if (!s) {
        err_nomem(e, STAGE_IO, "opening the file");
        return NULL;
    }
    memcpy(s->path, path, len);
    s->fd = private_file_open(path, O_WRONLY | O_CREAT | O_APPEND);
    if (s->fd < 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "can't write \"%s\": %s", path, strerror(errno));
        free(s);
        return NULL;
    }
    out_init(&s->out, s->fd, SIZE_MAX);
    buf_init(&s->cleared, (size_t)32 << 20);
    s->human = human_new(&s->out, &mine);
    if (s->human)
        return s;
    scribe_close(s);
    err_nomem(e, STAGE_IO, "opening the file");
    return NULL;
}

void scribe_close(struct scribe *s)
{
    if (!s)
        return;
    out_flush(&s->out);
    if (s->human)
        s->human->free(s->human);
    out_clear(&s->out);
    buf_clear(&s->cleared);
    close(s->fd);
    free(s);
}

void scribe_configure(struct scribe *s, const struct view_config *config)
{
    const struct view_config mine = for_file(config);

    if (s->human)
        s->human->free(s->human);
    s->human = human_new(&s->out, &mine);
}

void scribe_event(struct scribe *s, const struct event *ev)
{
    struct event shown = *ev;

    if (!s->human || !(s->human->wants & EVENT_BIT(ev->kind) & ~UNREADABLE))
        return;
    if (ev->kind == EVENT_FRAME)
        shown.frame.payload = slice_make(NULL, 0);
    if (ev->kind == EVENT_MESSAGE && ev->message.type == OPCODE_TEXT) {
        buf_reset(&s->cleared);
        if (redact_message(&s->cleared, ev->message.data, ev->dir == DIR_OUT, true) < 0)
            return;
        shown.message.data = buf_slice(&s->cleared);
        shown.message.decoded = 0;
    }
    s->human->event(s->human, &shown);
    buf_trim(&s->cleared, 65536);
}

void scribe_say(struct scribe *s, struct slice text)
{
    out_put(&s->out, text.data, text.len);
}

int scribe_flush(struct scribe *s, struct err *e)
{
    out_flush(&s->out);
    if (!s->out.error || s->failed)
        return 0;
    s->failed = true;
    return err_set(e, EXIT_OTHER, STAGE_IO, s->out.error,
                   "can't write to \"%s\": %s; the text ends here", s->path,
                   strerror(s->out.error));
}

const char *scribe_path(const struct scribe *s)
{
    return s->path;
}
