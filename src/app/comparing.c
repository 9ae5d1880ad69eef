#include "app/comparing.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

/* How often the watcher is called. */
#define TICK_MS 250

static const uint64_t usual_clients[] = {1, 1000, 100000};

static uint64_t since_start(const struct comparing *run)
{
    return clock_mono_us() - run->start_us;
}

/* If no channel opened, the time is measured from the start. */
uint64_t comparing_end_us(const struct comparing *run)
{
    if (run->compare.counting)
        return run->compare.begin_us + run->config.for_us;
    return run->opened_us + run->config.for_us + COMPARISON_PATIENCE_US;
}

static void closed(struct comparing *run)
{
    if (run->closed)
        return;
    run->closed = true;
    if (run->hooks.closed)
        run->hooks.closed(run->hooks.ctx);
}

void comparing_finish(struct comparing *run)
{
    const struct comparing_config *o = &run->config;

    if (run->over)
        return;
    figures_make(&run->figures, &run->compare, since_start(run));
    if (o->client_count)
        scale_make(&run->scale, &run->figures, o->clients, o->client_count);
    else
        scale_make(&run->scale, &run->figures, usual_clients,
                   sizeof usual_clients / sizeof *usual_clients);
    run->over = true;
    uv_timer_stop(&run->tick);
    if (run->hooks.over)
        run->hooks.over(run->hooks.ctx);
    lanes_close(run);
    if (lanes_ended(run))
        closed(run);
}

static void on_nothing_left(uv_timer_t *timer)
{
    comparing_finish(timer->data);
}

void comparing_lane_ended(struct comparing *run)
{
    if (!lanes_ended(run))
        return;
    if (run->over)
        closed(run);
    else /* In a separate turn: a session is on the stack. */
        uv_timer_start(&run->tick, on_nothing_left, 0, 0);
}

static void on_tick(uv_timer_t *timer)
{
    struct comparing *run = timer->data;
    uint64_t now_us = since_start(run);
    uint64_t end_us;

    comparison_tick(&run->compare, now_us);
    end_us = comparing_end_us(run);
    if (now_us >= end_us) {
        comparing_finish(run);
        return;
    }
    if (run->hooks.tick)
        run->hooks.tick(run->hooks.ctx, now_us);
    if (end_us - now_us < TICK_MS * 1000)
        uv_timer_start(timer, on_tick, (end_us - now_us + 999) / 1000, TICK_MS);
}

/* The loop is about to wait. */
static void on_idle(uv_prepare_t *prepare)
{
    struct comparing *run = prepare->data;

    traffic_meter_charge(&run->meter, NULL);
}

static void carried(void *ctx, unsigned channel, struct comparison_carried *carried)
{
    const struct comparing *run = ctx;
    const struct traffic *traffic = &run->lanes[channel].traffic;
    struct traffic_counts n = traffic_read(traffic);

    *carried = (struct comparison_carried){
        .up = n.up,
        .down = n.down,
        .segments_up = n.segments_up,
        .segments_down = n.segments_down,
        .stream_up = n.stream_up,
        .stream_down = n.stream_down,
        .connections = n.connections,
        .retransmits = n.retransmits,
        .cpu_us = traffic->cpu_ns / 1000,
        .kernel = n.kernel,
    };
}

static int prepare(struct comparing *run, struct err *e)
{
    const struct account_options *account = &run->config.connect->account;
    struct comparison_config config = {.id = account->id ? account->id : account->seq,
                                       .time = run->config.time,
                                       .carried = carried,
                                       .ctx = run};

    if (getentropy(config.seed, sizeof config.seed) != 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "there are no random numbers");
    if (comparison_init(&run->compare, &config) < 0)
        return err_nomem(e, STAGE_IO, "starting");
    return lanes_make(run, e);
}

struct comparing *comparing_new(struct app_loop *loop, const struct comparing_config *config,
                                uint64_t start_us, const struct comparing_hooks *hooks,
                                struct out *json, struct out *details, struct err *e)
{
    struct comparing *run = calloc(1, sizeof *run);

    if (!run) {
        err_nomem(e, STAGE_IO, "starting");
        if (hooks->freed)
            hooks->freed(hooks->ctx);
        return NULL;
    }
    run->hooks = (struct comparing_hooks){.freed = hooks->freed, .ctx = hooks->ctx};
    run->config = *config;
    run->start_us = start_us;
    run->loop = &loop->uv;
    run->supplies = &loop->supplies;
    run->json = json;
    run->details = details;
    uv_prepare_init(&loop->uv, &run->idle);
    uv_timer_init(&loop->uv, &run->tick);
    run->idle.data = run->tick.data = run;
    uv_prepare_start(&run->idle, on_idle);
    uv_unref((uv_handle_t *)&run->idle);
    if (prepare(run, e) < 0) {
        comparing_free(run);
        return NULL;
    }
    run->hooks = *hooks;
    return run;
}

void comparing_open(struct comparing *run)
{
    run->opened_us = since_start(run);
    uv_timer_start(&run->tick, on_tick, TICK_MS, TICK_MS);
    lanes_open(run);
    if (lanes_ended(run))
        uv_timer_start(&run->tick, on_nothing_left, 0, 0);
}

static void on_freed(uv_handle_t *handle)
{
    struct comparing *run = handle->data;
    struct comparing_hooks hooks = run->hooks;

    lanes_clear(run);
    comparison_clear(&run->compare);
    free(run);
    if (hooks.freed)
        hooks.freed(hooks.ctx);
}

/* In the turn after the one in which the channels' handles closed. */
static void on_first_closed(uv_handle_t *handle)
{
    struct comparing *run = handle->data;

    uv_close((uv_handle_t *)&run->tick, on_freed);
}

void comparing_free(struct comparing *run)
{
    if (!run)
        return;
    run->over = run->closed = true;
    uv_timer_stop(&run->tick);
    lanes_free(run);
    uv_close((uv_handle_t *)&run->idle, on_first_closed);
}

enum exit_code comparing_code(const struct comparing *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        const struct comparison_channel *ch = run->compare.channels[run->lanes[i].number];

        if (ch->tally.messages > 0)
            continue;
        if (ch->error.code != EXIT_OK)
            return ch->error.code;
        if (run->lanes[i].ended && session_outcome(run->lanes[i].session) != EXIT_OK)
            return session_outcome(run->lanes[i].session);
    }
    return EXIT_OK;
}
