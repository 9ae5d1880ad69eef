#include "app/views.h"

#include "sink/elide.h"
#include "sink/write_out.h"

#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What may wait for a slow reader of stderr. */
#define ERR_LIMIT (1024 * 1024)

static bool wants_color(enum when when, bool tty)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (when != WHEN_AUTO)
        return when == WHEN_ALWAYS;
    return tty && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static int columns_of(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static uint64_t longest_base64(const struct view_options *o, bool tty)
{
    if (o->elide == VIEW_ELIDE_AUTO)
        return tty ? ELIDE_DEFAULT : 0;
    return o->elide;
}

static bool speaks_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

struct view_config views_config(const struct view_options *o, int fd, bool messages)
{
    bool tty = isatty(fd);

    return (struct view_config){
        .level = o->level,
        .include = o->include,
        .pings = o->pings,
        .show_secrets = o->show_secrets,
        .stamps = o->stamps,
        .pretty = o->pretty,
        .binary = o->binary,
        .tty = tty,
        .color = wants_color(o->color, tty),
        .utf8 = speaks_utf8(),
        .elide = longest_base64(o, tty),
        .columns = tty ? columns_of(fd) : 0,
        .messages = messages,
    };
}

static struct lines_config lines_config(const struct view_options *o)
{
    bool tty = isatty(STDOUT_FILENO);

    return (struct lines_config){
        .nul = o->nul,
        .no_delimiter = o->no_delimiter,
        .escape = o->escape,
        .pretty = o->pretty,
        .color = wants_color(o->color, tty),
        .binary = o->binary,
        .elide = longest_base64(o, tty),
        .utf8 = speaks_utf8(),
        .tty = tty,
    };
}

static struct ndjson_config ndjson_config(const struct view_options *o)
{
    uint64_t kinds = EVENT_BIT(EVENT_JSON_COUNT) - 1;

    if (o->level < 2)
        kinds &= ~EVENT_BIT(EVENT_FRAME);
    return (struct ndjson_config){
        .kinds = o->events ? o->events : kinds,
        .show_secrets = o->show_secrets,
        .tty = isatty(STDOUT_FILENO),
    };
}

/* The last of all: what the others print at the end comes before it. */
static int add_write_out(struct views *v, struct out *err, const char *format, struct err *e)
{
    if (bus_add(&v->bus, write_out_new(&v->out, err, format)) == 0)
        return 0;
    views_clear(v);
    return err_nomem(e, STAGE_IO, "starting");
}

int views_init(struct views *v, const struct view_options *o, enum views_kind kind, struct err *e)
{
    struct view_config human = views_config(o, STDERR_FILENO, false);
    struct lines_config lines = lines_config(o);
    struct ndjson_config ndjson = ndjson_config(o);
    bool tour = kind == VIEWS_TOUR && !o->json;
    int failed = 0;

    lines.decoded = kind == VIEWS_FORMS;
    bus_init(&v->bus);
    if (kind == VIEWS_REPL)
        out_init_memory(&v->out, o->buffer);
    else
        out_init(&v->out, STDOUT_FILENO, o->buffer);
    out_init(&v->err, STDERR_FILENO, ERR_LIMIT);
    if (kind == VIEWS_REPL && !o->write_out)
        return 0;
    if (kind == VIEWS_REPL)
        return add_write_out(v, &v->out, o->write_out, e);
    human.numbered = kind == VIEWS_LOG || kind == VIEWS_TALK || kind == VIEWS_RELAY;
    human.relay = kind == VIEWS_RELAY;
    human.messages = (kind == VIEWS_TALK || kind == VIEWS_RELAY) && !o->json;
    human.report = kind != VIEWS_TOUR;
    if (tour)
        human = views_config(o, STDOUT_FILENO, true);
    else if (o->json && o->level == 0)
        human.level = -1; /* the events report the rest */
    if (o->json)
        failed |= bus_add(&v->bus, ndjson_new(&v->out, &ndjson));
    else if (kind == VIEWS_DATA || kind == VIEWS_FORMS)
        failed |= bus_add(&v->bus, lines_new(&v->out, &lines));
    failed |= bus_add(&v->bus, human_new(tour ? &v->out : &v->err, &human));
    if (failed) {
        views_clear(v);
        return err_nomem(e, STAGE_IO, "starting");
    }
    return o->write_out ? add_write_out(v, &v->err, o->write_out, e) : 0;
}

void views_clear(struct views *v)
{
    bus_clear(&v->bus);
    out_clear(&v->out);
    out_clear(&v->err);
}
