#include "term/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/private_file.h"
#include "base/secret.h"

/* The file is rewritten when it is read and has more lines than this. */
#define FILE_LINES ((size_t)2 * HISTORY_LINES)

/* "//user:pass@" in a word of the line. */
static bool has_userinfo(struct slice line)
{
    for (size_t i = 0; i + 2 < line.len; i++) {
        if (line.data[i] != '/' || line.data[i + 1] != '/')
            continue;
        for (size_t j = i + 2; j < line.len && line.data[j] > ' '; j++) {
            if (line.data[j] == '@')
                return true;
        }
    }
    return false;
}

/* "/connect user:pass@host": a URL may come without its scheme. */
static bool connects_with_userinfo(struct slice line)
{
    return slice_begins(line, "/connect") && memchr(line.data, '@', line.len) != NULL;
}

/* "/option user name:password": no name of a secret is in it. */
static bool sets_secret(struct slice line)
{
    static const char *const begins[] = {"/option user", "/option --user", "/option pass",
                                         "/option --pass", "/option header-cmd"};

    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (slice_begins(line, begins[i]))
            return true;
    return false;
}

/* What "/alias NAME" is followed by. */
static struct slice aliased(struct slice line)
{
    static const char command[] = "/alias ";
    size_t at = sizeof command - 1;

    if (line.len <= at || memcmp(line.data, command, at) != 0)
        return line;
    while (at < line.len && line.data[at] == ' ')
        at++;
    while (at < line.len && line.data[at] != ' ')
        at++;
    while (at < line.len && line.data[at] == ' ')
        at++;
    return slice_from(line, at);
}

bool history_storable(struct slice line)
{
    if (line.len == 0 || line.len > HISTORY_LINE || line.data[0] == ' ' || line.data[0] == '\t')
        return false;
    return !secret_in_text(line) && !has_userinfo(line) && !connects_with_userinfo(aliased(line)) &&
           !sets_secret(aliased(line));
}

char *history_path(const char *xdg_state_home, const char *home)
{
    /* The XDG base directory specification ignores relative paths. */
    bool xdg = xdg_state_home && xdg_state_home[0] == '/';
    const char *base = xdg ? xdg_state_home : home;
    const char *tail = xdg ? "/wscope/history" : "/.local/state/wscope/history";
    size_t size;
    char *path;

    if (!base || base[0] != '/')
        return NULL;
    size = strlen(base) + strlen(tail) + 1;
    path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s", base, tail);
    return path;
}

static int escape(struct buf *out, struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.data[i];
        int r;

        if (c == '\n')
            r = buf_append_str(out, "\\n");
        else if (c == '\\')
            r = buf_append_str(out, "\\\\");
        else
            r = buf_append(out, &c, 1);
        if (r < 0)
            return -1;
    }
    return buf_append_str(out, "\n");
}

static size_t unescape(char *line, size_t len)
{
    size_t to = 0;

    for (size_t i = 0; i < len; i++) {
        if (line[i] == '\\' && i + 1 < len) {
            i++;
            line[to++] = line[i] == 'n' ? '\n' : line[i];
        } else {
            line[to++] = line[i];
        }
    }
    return to;
}

struct slice history_line(const struct history *h, size_t i)
{
    return buf_slice(&h->lines[(h->first + i) % HISTORY_LINES]);
}

static void remember(struct history *h, struct slice line)
{
    struct buf *slot;

    if (line.len == 0 || (h->count > 0 && slice_equal(history_line(h, h->count - 1), line)))
        return;
    if (h->count == HISTORY_LINES) {
        h->first = (h->first + 1) % HISTORY_LINES;
        h->count--;
    }
    slot = &h->lines[(h->first + h->count) % HISTORY_LINES];
    buf_clear(slot);
    if (buf_append_slice(slot, line) == 0)
        h->count++;
}

static void store(const struct history *h, struct slice line)
{
    struct buf text;
    int fd = -1;

    buf_init(&text, (size_t)4 * HISTORY_LINE);
    if (escape(&text, line) == 0)
        fd = private_file_open(h->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW);
    if (fd >= 0) {
        /* One write, so that lines of concurrent sessions stay whole. A failure to keep the history
         * is not reported. */
        ssize_t n = write(fd, buf_data(&text), text.len);

        (void)n;
        close(fd);
    }
    buf_clear(&text);
}

/* Lines that may not be stored (from another version) are left out. Returns true if the file must
 * be rewritten. */
static bool load(struct history *h)
{
    int fd = private_file_open(h->path, O_RDONLY);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char *line = NULL;
    size_t size = 0, lines = 0;
    bool secrets = false;
    ssize_t n;

    if (!file) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while ((n = getline(&line, &size, file)) > 0) {
        size_t len = (size_t)n - (line[n - 1] == '\n');
        struct slice text;

        lines++;
        if (len > (size_t)2 * HISTORY_LINE)
            continue;
        text = slice_make(line, unescape(line, len));
        if (history_storable(text))
            remember(h, text);
        else
            secrets = secrets || text.len > 0;
    }
    free(line);
    fclose(file);
    return secrets || lines > FILE_LINES;
}

/* A new file takes the old one's place in one step, so that there is always a whole one. */
static void rewrite(const struct history *h)
{
    struct buf text;
    size_t size = strlen(h->path) + 8;
    char *path = malloc(size);
    int fd = -1;
    bool whole = path != NULL;

    buf_init(&text, SIZE_MAX);
    for (size_t i = 0; i < h->count && whole; i++)
        whole = escape(&text, history_line(h, i)) == 0;
    if (whole) {
        snprintf(path, size, "%s.XXXXXX", h->path);
        fd = mkstemp(path);
    }
    if (fd >= 0) {
        whole = write(fd, buf_data(&text), text.len) == (ssize_t)text.len;
        close(fd);
        if (!whole || rename(path, h->path) < 0)
            unlink(path);
    }
    buf_clear(&text);
    free(path);
}

struct history *history_new(const char *path)
{
    struct history *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    for (size_t i = 0; i < HISTORY_LINES; i++)
        buf_init(&h->lines[i], HISTORY_LINE);
    h->path = path ? strdup(path) : history_path(getenv("XDG_STATE_HOME"), getenv("HOME"));
    if (h->path) {
        file_make_folders(h->path);
        if (load(h))
            rewrite(h);
    }
    return h;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < HISTORY_LINES; i++)
        buf_clear(&h->lines[i]);
    free(h->path);
    free(h);
}

void history_add(struct history *h, struct slice line)
{
    bool again = h->count > 0 && slice_equal(history_line(h, h->count - 1), line);

    remember(h, line);
    if (h->path && !again && history_storable(line))
        store(h, line);
}
