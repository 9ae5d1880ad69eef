/* A connection of a test: a session, what came on it, and the commands that act on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/session_setup.h"
#include "base/private_file.h"
#include "sink/redact.h"
#include "verb/run/script_private.h"

/* --- what happens -------------------------------------------------------------------------------
 */

static void note_close(struct script_conn *c, const struct event_close *ev)
{
    size_t len = ev->reason.len < sizeof c->reason ? ev->reason.len : sizeof c->reason;

    c->closed = true;
    c->by = ev->by;
    c->how = ev->how;
    c->code = ev->code;
    memcpy(c->reason, ev->reason.data ? ev->reason.data : (const uint8_t *)"", len);
    c->reason_len = len;
}

/* A line waits, and this is not what it examines: it is reported nevertheless if nothing else
 * comes. */
static void note_seen(struct script_conn *c, enum event_kind kind)
{
    struct test_run *t = c->test;
    const struct came *last = NULL;

    if (t->waits && kind == EVENT_VIOLATION && c->inbox.broken)
        test_seen(t, c, c->inbox.broken, "");
    if (!t->waits || (kind != EVENT_CLOSE && kind != EVENT_ERROR))
        return;
    for (size_t i = 0; i < t->wait_count; i++) {
        if (t->waits[i].inbox == &c->inbox && expect_examines(t->waits[i].expect, CAME_LIFE))
            return;
    }
    last = c->inbox.ended;
    if (last)
        test_seen(t, c, last, "");
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct script_conn *c = (struct script_conn *)sink;

    inbox_event(&c->inbox, ev);
    if (ev->kind == EVENT_OPEN) {
        c->opened = true;
        c->closed = false;
    } else if (ev->kind == EVENT_CLOSE) {
        note_close(c, &ev->close);
    } else if (ev->kind == EVENT_CONNECT) {
        c->opening = "it is connected, but TLS or the handshake has not begun";
    } else if (ev->kind == EVENT_REQUEST) {
        c->opening = "the server has not answered the handshake";
    }
    note_seen(c, ev->kind == EVENT_RETRY && ev->retry.error ? EVENT_ERROR : ev->kind);
    if (inbox_full(&c->inbox) && c->session)
        session_pause(c->session, true);
    job_kick(c->test->job);
}

static void on_change(void *ctx)
{
    struct script_conn *c = ctx;

    job_kick(c->test->job);
}

/* --- what commands ask --------------------------------------------------------------------------
 */

static void say(void *ctx, struct slice text)
{
    (void)ctx;
    (void)text; /* answers are for people */
}

static void replay(void *ctx, const struct event *ev)
{
    (void)ctx;
    (void)ev;
}

static int reconnect(void *ctx, const char *url, struct err *e)
{
    struct script_conn *c = ctx;

    (void)url;
    (void)e;
    c->reopen = true;
    if (!conn_over(c))
        session_close(c->session, CLOSE_NORMAL, "", 0, ASKED_CLOSE);
    else
        job_kick(c->test->job);
    return 0;
}

static void quit(void *ctx)
{
    (void)ctx;
}

static int get(void *ctx, enum setting which)
{
    (void)ctx;
    (void)which;
    return 0;
}

static void set(void *ctx, enum setting which, int value)
{
    (void)ctx;
    (void)which;
    (void)value;
}

static bool history(void *ctx, size_t i, struct slice *line)
{
    (void)ctx;
    (void)i;
    (void)line;
    return false;
}

static void on_alarm(uv_timer_t *timer)
{
    struct script_conn *c = timer->data;

    commands_wake(&c->commands);
    job_kick(c->test->job);
}

static void alarm_in(void *ctx, uint64_t us)
{
    struct script_conn *c = ctx;

    uv_timer_start(&c->alarm, on_alarm, (us + 999) / 1000, 0);
}

static void on_drained(void *ctx)
{
    struct script_conn *c = ctx;

    if (c->commands.transfer.phase != TRANSFER_IDLE)
        alarm_in(c, 0);
    job_kick(c->test->job);
}

/* --- life ---------------------------------------------------------------------------------------
 */

struct script_conn *conn_find(const struct test_run *t, const char *name)
{
    struct script_conn *c = t->conns;

    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

/* A name for a file: of a test, and of a connection. */
static void file_name(char *name, size_t size, const struct test_run *t, const char *conn)
{
    const char *base = strrchr(t->test->place.file, '/');
    size_t n;

    snprintf(name, size, "%s-%u-%.60s%s%s", base ? base + 1 : t->test->place.file,
             t->test->place.line, t->test->name, conn[0] ? "." : "", conn);
    for (n = 0; name[n]; n++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", name[n]))
            name[n] = '_';
    }
}

static int open_transcript(struct script_conn *c, struct err *e)
{
    const struct view_options *o = c->test->job->run->app->view;
    const struct ndjson_config config = {.kinds = EVENT_BIT(EVENT_JSON_COUNT) - 1,
                                         .show_secrets = o->show_secrets};
    char name[256], path[4096];

    if (!c->test->job->run->own->transcript)
        return 0;
    file_name(name, sizeof name, c->test, c->name);
    snprintf(path, sizeof path, "%s/%s.ndjson", c->test->job->run->own->transcript, name);
    c->transcript_path = arena_copy(&c->test->memory, path, strlen(path));
    if (!c->transcript_path)
        return err_nomem(e, STAGE_CONNECT, "opening a transcript");
    c->transcript_fd = private_file_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (c->transcript_fd < 0) {
        c->transcript_path = NULL;
        err_set(e, EXIT_OTHER, STAGE_CONNECT, errno, "--transcript: can't write %s: %s", path,
                strerror(errno));
        return -1;
    }
    out_init(&c->transcript, c->transcript_fd, SIZE_MAX / 4);
    if (bus_add(&c->bus, ndjson_new(&c->transcript, &config)) < 0)
        return err_nomem(e, STAGE_CONNECT, "opening a transcript");
    return 0;
}

struct script_conn *conn_get(struct test_run *t, const char *name, struct err *e)
{
    static const struct command_hooks hooks = {.say = say,
                                               .replay = replay,
                                               .connect = reconnect,
                                               .quit = quit,
                                               .get = get,
                                               .set = set,
                                               .history = history,
                                               .alarm = alarm_in};
    struct command_hooks mine = hooks;
    struct script_conn *c = conn_find(t, name);

    if (c)
        return c;
    c = calloc(1, sizeof *c);
    if (!c) {
        err_nomem(e, STAGE_CONNECT, "connecting");
        return NULL;
    }
    c->test = t;
    c->name = name;
    c->transcript_fd = -1;
    c->next = t->conns;
    t->conns = c;
    c->watch = (struct sink){INBOX_WANTS | EVENT_BIT(EVENT_CONNECT) | EVENT_BIT(EVENT_REQUEST),
                             on_event, NULL};
    if (t->job->script->frames)
        c->watch.wants |= EVENT_BIT(EVENT_FRAME);
    inbox_init(&c->inbox, SCRIPT_INBOX_COUNT, SCRIPT_INBOX_BYTES);
    c->inbox.frames = t->job->script->frames;
    mine.ctx = c;
    commands_init(&c->commands, &mine);
    /* What only a user asks about afterwards is not gathered. */
    c->commands.watch.wants &= EVENT_BIT(EVENT_PONG) | EVENT_BIT(EVENT_CLOSE);
    bus_init(&c->bus);
    bus_add(&c->bus, &c->watch);
    bus_add(&c->bus, &c->commands.watch);
    uv_timer_init(&t->job->run->app->loop.uv, &c->alarm);
    c->alarm.data = c;
    return open_transcript(c, e) < 0 ? NULL : c;
}

bool conn_open(const struct script_conn *c)
{
    return c->session && session_state(c->session) == SESSION_OPEN && session_takes(c->session) &&
           !c->reopen;
}

const char *conn_opening(const struct script_conn *c)
{
    if (c->session && session_state(c->session) == SESSION_CONNECTING && c->opening)
        return c->opening;
    return "the connection is not open";
}

bool conn_over(const struct script_conn *c)
{
    enum session_state state = c->session ? session_state(c->session) : SESSION_ENDED;

    return state == SESSION_IDLE || state == SESSION_ENDED;
}

/* The URL with its secrets hidden. */
static void show_url(struct script_conn *c)
{
    char *url = url_print(&c->options->connect->url);
    struct buf shown;

    buf_init(&shown, 65536);
    c->url[0] = '\0';
    if (url && redact_target(&shown, slice_str(url), true) == 0)
        snprintf(c->url, sizeof c->url, "%.*s", (int)shown.len, (const char *)buf_data(&shown));
    buf_clear(&shown);
    free(url);
}

/* --- faults -------------------------------------------------------------------------------------
 */

/* The handle of a rig closes in a turn of the loop; it may be freed in the turn after that one. */
struct script_faults {
    struct fault_rig rig;
    uv_idle_t first, second;
};

static void on_second_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_first_closed(uv_handle_t *handle)
{
    struct script_faults *f = handle->data;

    uv_close((uv_handle_t *)&f->second, on_second_closed);
}

static void faults_release(struct script_faults *f)
{
    if (!f)
        return;
    fault_rig_clear(&f->rig);
    uv_close((uv_handle_t *)&f->first, on_first_closed);
}

static struct script_faults *faults_make(struct script_conn *c, struct err *e)
{
    uv_loop_t *loop = &c->test->job->run->app->loop.uv;
    struct script_faults *f = calloc(1, sizeof *f);

    if (!f || fault_rig_init(&f->rig, loop, c->options->fault, true, &c->bus,
                             c->test->job->run->app->start_us, e) < 0) {
        free(f);
        err_nomem(e, STAGE_CONNECT, "connecting");
        return NULL;
    }
    uv_idle_init(loop, &f->first);
    uv_idle_init(loop, &f->second);
    f->first.data = f->second.data = f;
    return f;
}

/* An attempt of which nothing is known yet. */
static void open_anew(struct script_conn *c)
{
    c->opened = c->closed = c->judged = false;
    c->opening = "the server is not connected";
    (void)session_open(
        c->session); /* one that can't begin is an event, like one that fails later */
    job_kick(c->test->job);
}

static int start(struct script_conn *c, struct err *e)
{
    const struct session_hooks hooks = {on_change, on_drained, on_change, c};

    c->faults = faults_make(c, e);
    if (!c->faults)
        return -1;
    c->config.supplies = &c->test->job->run->app->loop.supplies;
    c->config.faults = c->faults->rig.faults;
    c->config.seed = c->faults->rig.seed;

    c->session = session_new(&c->test->job->run->app->loop.uv, &c->config, &c->bus, &hooks, e);
    c->commands.session = c->session;
    if (!c->session)
        return -1;
    open_anew(c);
    return 0;
}

int conn_connect(struct script_conn *c, const char *url, struct err *e)
{
    struct script_run *run = c->test->job->run;
    struct connection *o;

    if (!conn_over(c)) {
        err_set(e, EXIT_OTHER, STAGE_CONNECT, 0, "there is a connection already");
        err_hint(e, "close it first, or give the other one a name: \"bob: connect\"");
        return -1;
    }
    o = script_options(run, c->test->settings, c->name, url, e);
    if (!o)
        return -1;
    session_free(c->session);
    c->session = c->commands.session = NULL;
    faults_release(c->faults);
    c->faults = NULL;
    connection_free(c->options);
    c->options = o;
    c->config = session_setup(o->connect, run->app->start_us, SCRIPT_MAX_MESSAGE);
    c->config.ws.dial.embedded = run->server ? run->base : NULL;
    c->inbox.decoded = c->test->job->script->decoded || c->config.decode->count > 0;
    inbox_forget(&c->inbox);
    show_url(c);
    return start(c, e);
}

void conn_reopen(struct script_conn *c)
{
    if (!c->reopen || !conn_over(c))
        return;
    c->reopen = false;
    open_anew(c);
}

void conn_pause(struct script_conn *c)
{
    if (c->session && !conn_over(c) && !inbox_full(&c->inbox))
        session_pause(c->session, false);
}

static const char *how_ended(const struct came *end)
{
    switch (end->how) {
    case CLOSE_HOW_CLOSE_FRAME:
        return end->by == CLOSE_BY_PEER ? "the peer closed the connection"
                                        : "this end closed the connection";
    case CLOSE_HOW_FIN:
        return "the peer hung up without a Close";
    case CLOSE_HOW_RST:
        return "the peer reset the connection";
    case CLOSE_HOW_TIMEOUT:
        return "the peer no longer answered";
    case CLOSE_HOW_PING_TIMEOUT:
        return "no pong came in time, so this end closed the connection";
    case CLOSE_HOW_HANDSHAKE:
        return "the protocol's handshake was not complete in time, so this end closed the connection";
    case CLOSE_HOW_TLS:
        return "TLS ended, without a Close";
    case CLOSE_HOW_VIOLATION:
        return "the peer broke a rule, so this end closed the connection";
    default:
        return "a fault cut the connection";
    }
}

void conn_tell_end(const struct script_conn *c, char *text, size_t size)
{
    const struct came *end = c->inbox.ended;

    if (!c->session)
        snprintf(text, size, "it was never connected");
    else if (!end)
        snprintf(text, size, "there is no connection");
    else if (end->kind == EVENT_ERROR)
        snprintf(text, size, "%.300s", end->data);
    else
        snprintf(text, size, end->code == CLOSE_ABNORMAL ? "%s (%d)%s%.*s" : "%s: %d%s%.*s",
                 how_ended(end), end->code, end->len > 0 ? " " : "",
                 (int)(end->len < 125 ? end->len : 125), end->data);
}

static void on_closed(uv_handle_t *handle)
{
    struct script_conn *c = handle->data;

    connection_free(c->options);
    free(c);
}

void conn_free(struct script_conn *c, bool keep)
{
    session_free(c->session);
    c->session = c->commands.session = NULL;
    faults_release(c->faults);
    commands_clear(&c->commands);
    bus_clear(&c->bus);
    inbox_clear(&c->inbox);
    if (c->transcript_fd >= 0) {
        out_drain(&c->transcript, -1);
        out_clear(&c->transcript);
        close(c->transcript_fd);
        if (!keep || secret_hide_file(c->test, c->transcript_path) < 0)
            unlink(c->transcript_path);
    }
    uv_close((uv_handle_t *)&c->alarm, on_closed);
}
