#include "verb/fanout/fanout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/result_file.h"
#include "app/target.h"
#include "verb/fanout/fanout_private.h"

/* What may wait for a slow reader. */
#define OUT_LIMIT (1024 * 1024)
/* How often the view is painted, and what is late is settled. */
#define TICK_US 100000
/* How long a peer may take to answer the Close at the end. */
#define CLOSE_US 1000000

#define WANTS                                                                       \
    (EVENT_BIT(EVENT_CONNECT) | EVENT_BIT(EVENT_RESPONSE) | EVENT_BIT(EVENT_OPEN) | \
     EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_DECODED) | EVENT_BIT(EVENT_CLOSE) | \
     EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_RETRY))

/* --- the end ------------------------------------------------------------------------------------
 */

static void leave_if_closed(struct fanout_front *front)
{
    if (front->stage == FANOUT_CLOSING && (front->fleet_ended || !front->fleet)) {
        front->stage = FANOUT_DONE;
        app_end(front->app);
    }
}

void fanout_finish(struct fanout_front *front)
{
    struct err e;
    int code;

    if (front->stage >= FANOUT_CLOSING)
        return;
    if (front->stage == FANOUT_DRILL)
        fanout_drill_end(front->facts, fanout_now(front),
                         front->drill_ended ? front->drill_status : -1);
    front->stage = FANOUT_CLOSING;
    timer_stop(front->step);
    timer_stop(front->tick);
    timer_stop(front->limit);
    child_free(front->drill);
    front->drill = NULL;
    publisher_stop(front->publisher);
    fanout_redis_stop(front->redis);
    code = fanout_show_end(front, &e);
    if (code < 0) {
        app_fail(front->app, &e);
        code = (int)e.code;
    }
    if (front->code < 0)
        front->code = code;
    if (front->fleet)
        fleet_close(front->fleet, CLOSE_US);
    leave_if_closed(front);
}

void fanout_give_up(struct fanout_front *front, const struct err *e)
{
    struct err copy = *e;

    if (front->stage >= FANOUT_CLOSING)
        return;
    if (front->code < 0)
        front->code = (int)copy.code;
    fanout_finish(front);
    app_fail(front->app, &copy); /* below the results, which take the place of the live view */
}

/* --- the fleet ----------------------------------------------------------------------------------
 */

static void on_opened(void *ctx, size_t i)
{
    struct fanout_front *front = ctx;
    struct buf text;
    struct err e;

    if (!front->own->subscribe || front->stage >= FANOUT_CLOSING)
        return;
    buf_init(&text, 1u << 20);
    err_nomem(&e, STAGE_IO, "subscribing");
    if (fanout_fill(&text, front->own->subscribe, NULL, i, (size_t)front->own->connections) < 0 ||
        (fleet_say(front->fleet, i, buf_slice(&text), &e) < 0 && e.code != EXIT_LOST)) {
        front->trouble = e;
        timer_start(front->step, 0, fanout_step);
    }
    buf_clear(&text);
}

static void begin_rounds(struct fanout_front *front)
{
    front->opening_us = fanout_now(front) - front->begun_us;
    fanout_rounds_begin(front);
}

static void on_settled(void *ctx)
{
    struct fanout_front *front = ctx;

    if (front->stage != FANOUT_OPENING)
        return;
    if (fleet_open_count(front->fleet) == 0 && front->first == 0 &&
        front->first_failure.code != EXIT_OK)
        fanout_give_up(front, &front->first_failure);
    else if (front->sticky)
        fanout_sticky_settled(front);
    else
        begin_rounds(front);
}

static void on_fleet_ended(void *ctx)
{
    struct fanout_front *front = ctx;

    if (front->sticky && front->stage < FANOUT_CLOSING) {
        fanout_sticky_ended(front);
        return;
    }
    front->fleet_ended = true;
    leave_if_closed(front);
}

/* --- time ---------------------------------------------------------------------------------------
 */

static void on_tick(void *ctx)
{
    struct fanout_front *front = ctx;

    timer_start(front->tick, TICK_US, on_tick);
    (void)fanout_settle(front->facts, fanout_now(front));
    if (front->drill)
        child_look(front->drill);
    fanout_show_tick(front);
}

/* --for: what was published is still waited for. */
static void on_for(void *ctx)
{
    struct fanout_front *front = ctx;

    front->total = front->number;
    front->patience_us = 0;
    if (front->stage == FANOUT_OPENING || front->stage == FANOUT_DRILL) {
        front->cut = "the time of --for is over";
        fanout_finish(front);
    }
}

/* --- the stage ----------------------------------------------------------------------------------
 */

/* Twice: at once. */
static void on_signal(void *ctx, int number)
{
    struct fanout_front *front = ctx;

    if (front->stage >= FANOUT_CLOSING) {
        app_leave(front->app);
        return;
    }
    front->code = 128 + number;
    front->cut = "interrupted";
    fanout_finish(front);
}

static void on_limit(void *ctx, const struct err *e)
{
    struct fanout_front *front = ctx;

    front->cut = "the time limit (--max-time) is over";
    fanout_give_up(front, e);
}

static void on_output_gone(void *ctx, const struct err *e)
{
    struct fanout_front *front = ctx;

    if (e) {
        app_fail(front->app, e);
        front->code = (int)e->code;
    }
    if (front->report_fd < 0)
        fanout_finish(front); /* no one is left to report to */
}

/* --interface may name several, with commas between them. */
static int split_sources(struct fanout_front *front)
{
    const char *text = front->app->connect->dial.interface;
    size_t count = 1;

    if (!text)
        return 0;
    for (const char *at = text; *at; at++)
        count += *at == ',';
    front->source_text = strdup(text);
    front->sources = calloc(count, sizeof *front->sources);
    if (!front->source_text || !front->sources)
        return -1;
    for (char *save = NULL, *at = strtok_r(front->source_text, ",", &save); at;
         at = strtok_r(NULL, ",", &save))
        front->sources[front->source_count++] = at;
    return 0;
}

const char *fanout_source(const struct fanout_front *front)
{
    return front->source_count > 0 ? front->sources[0] : NULL;
}

void fanout_open(struct fanout_front *front)
{
    front->begun_us = fanout_now(front);
    fleet_open(front->fleet);
}

struct fleet *fanout_fleet(struct fanout_front *front, const struct connect_options *connect,
                           struct err *e)
{
    struct app *app = front->app;
    const struct fleet_hooks hooks = {fanout_on_event, on_opened, on_settled, on_fleet_ended,
                                      front};
    struct fleet_config config = {
        .connect = connect,
        .fault = app->fault,
        .start_us = app->start_us,
        .count = (size_t)front->own->connections,
        .per_second = front->own->connect_rate,
        .sources = front->sources,
        .source_count = front->own->sticky ? 0 : front->source_count,
        .wants = WANTS | (app->view->json ? app->view->events : 0),
    };

    return fleet_check(&config, e) < 0 ? NULL : fleet_new(&app->loop, &config, &hooks, e);
}

static int begin(struct fanout_front *front, struct err *e)
{
    const struct view_options *o = front->app->view;
    bool detailed = !o->json && (o->level > 0 || o->include || o->pings);

    if (front->own->sticky && front->conn_count > FANOUT_CONNECTIONS_MAX)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "-c takes at most %d with --sticky",
                       FANOUT_CONNECTIONS_MAX / FANOUT_STICKY_KINDS);
    if (front->own->sticky)
        return fanout_sticky_begin(front, e);
    front->fleet = fanout_fleet(front, front->app->connect, e);
    if (!front->fleet || (detailed && fanout_show_first(front, e) < 0))
        return -1;
    front->publisher = publisher_new(front, e);
    if (!front->publisher)
        return -1;
    if (front->own->redis)
        return fanout_redis_begin(front, e);
    fanout_open(front);
    return 0;
}

static int make_facts(struct fanout_front *front, struct err *e)
{
    const struct fanout_options *own = front->own;
    uint64_t count = own->connections * (own->sticky ? FANOUT_STICKY_KINDS : 1);
    struct fanout_config config = {
        .connections = (uint32_t)count,
        .expect = own->expect,
        .islands = own->islands,
        .way = own->way,
        .node = own->node_given ? &own->node : NULL,
        .within_us = own->within_us,
        .grace_us = 2 * own->within_us,
        .redis = own->redis != NULL,
    };

    if (getentropy(&config.random, sizeof config.random) != 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, errno, "no random numbers are available");
    front->facts = fanout_new(&config);
    front->conns = calloc((size_t)count, sizeof *front->conns);
    if (!front->facts || !front->conns)
        return err_nomem(e, STAGE_IO, "starting");
    front->conn_count = (size_t)count;
    return 0;
}

static int prepare(struct fanout_front *front, struct err *e)
{
    const struct ndjson_config json = {.kinds = front->app->view->events,
                                       .show_secrets = front->app->view->show_secrets,
                                       .tty = isatty(STDOUT_FILENO)};
    uv_loop_t *loop = &front->app->loop.uv;

    if (result_file_open(front->own->report, "--report", &front->report_fd, e) < 0)
        return -1;
    front->url = target_shown_url(&front->app->connect->url, front->app->view->show_secrets);
    front->step = timer_new(loop, front);
    front->tick = timer_new(loop, front);
    front->limit = timer_new(loop, front);
    if (front->app->view->json && front->app->view->events)
        front->events = ndjson_new(&front->out_bytes, &json);
    if (!front->url || !front->step || !front->tick || !front->limit ||
        (front->app->view->json && front->app->view->events && !front->events))
        return err_nomem(e, STAGE_IO, "starting");
    if (split_sources(front) < 0)
        return err_nomem(e, STAGE_IO, "starting");
    return make_facts(front, e) < 0 ? -1 : begin(front, e);
}

static void run(struct fanout_front *front)
{
    fanout_show_init(front);
    if (front->app->limits->for_us)
        timer_start(front->limit, front->app->limits->for_us, on_for);
    on_tick(front);
    app_run(front->app);
}

static void stop(struct fanout_front *front)
{
    timer_free(front->step);
    timer_free(front->tick);
    timer_free(front->limit);
    child_free(front->drill);
    publisher_stop(front->publisher);
    fanout_redis_stop(front->redis);
    fleet_stop(front->fleet);
}

static void clear(struct fanout_front *front)
{
    fleet_free(front->fleet);
    fanout_sticky_free(front->sticky);
    publisher_free(front->publisher);
    fanout_redis_free(front->redis);
    fanout_free(front->facts);
    for (size_t i = 0; i < front->conn_count; i++)
        fanout_conn_clear(&front->conns[i]);
    free(front->conns);
    free(front->sources);
    free(front->source_text);
    free(front->url);
    if (front->events)
        front->events->free(front->events);
    if (front->report_fd >= 0)
        close(front->report_fd);
    out_clear(&front->out_bytes);
    out_clear(&front->err_bytes);
    free(front);
}

enum exit_code fanout_run(struct app *app, const void *own)
{
    struct fanout_front *front = calloc(1, sizeof *front);
    const struct app_hooks hooks = {NULL, NULL, on_output_gone, on_signal, on_limit, front};
    struct err e;
    int code;

    if (!front) {
        err_nomem(&e, STAGE_IO, "starting");
        return app_fail(app, &e);
    }
    front->app = app;
    front->own = own;
    front->code = front->report_fd = -1;
    front->total = front->own->rounds * front->own->connections;
    out_init(&front->out_bytes, STDOUT_FILENO, OUT_LIMIT);
    out_init(&front->err_bytes, STDERR_FILENO, OUT_LIMIT);
    if (app_init(app, &front->out_bytes, &front->err_bytes, &hooks, &e) == 0 &&
        prepare(front, &e) == 0)
        run(front);
    else
        front->code = (int)app_fail(app, &e);
    app_drain(app);
    stop(front);
    code = front->code;
    app_close(app, code);
    clear(front);
    return (enum exit_code)code;
}
