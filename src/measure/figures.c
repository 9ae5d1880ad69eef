#include "measure/figures.h"

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static struct figures_lag lag_of(const struct sketch *s, int64_t shift)
{
    if (s->count == 0)
        return (struct figures_lag){0};
    return (struct figures_lag){
        .known = true,
        .count = s->count,
        .p50_us = sketch_percentile(s, 50) + shift,
        .p90_us = sketch_percentile(s, 90) + shift,
        .p99_us = sketch_percentile(s, 99) + shift,
        .max_us = s->max + shift,
        .mean_us = sketch_mean(s) + (double)shift,
    };
}

static struct figures_bytes bytes_of(uint64_t total, uint64_t stream, uint64_t heads,
                                     uint64_t payload)
{
    struct figures_bytes b = {.total = total};

    if (stream > total)
        stream = total;
    b.around = total - stream;
    b.heads = heads < stream ? heads : stream;
    b.payload = payload < stream - b.heads ? payload : stream - b.heads;
    b.framing = stream - b.heads - b.payload;
    return b;
}

/* All that count lie between the first and the last one that the channel showed. */
static uint64_t missed(const struct comparison_channel *ch)
{
    return ch->first_order ? less(ch->last_order - ch->first_order + 1, ch->updates) : 0;
}

static void per_update(struct figures_channel *f)
{
    double updates = (double)f->updates;

    f->has_per_update = f->updates > 0;
    if (!f->has_per_update)
        return;
    f->bytes_per_update = (double)f->running_bytes / updates;
    f->requests_per_update = (double)f->requests / updates;
    f->overhead_per_update = (double)less(f->running_bytes, f->running_payload) / updates;
}

/* Server minus ours is what a delay of arrival - time lacks. */
static int64_t delay_shift(const struct comparison *c, const struct offset_estimate *clock)
{
    return c->delay_base_us + clock->us;
}

static void channel_figures(struct figures_channel *f, const struct comparison *c, unsigned i,
                            const struct offset_estimate *clock)
{
    const struct comparison_channel *ch = c->channels[i];
    const struct comparison_tally *was = &ch->opening;
    struct comparison_carried now = {0}, before = {0};

    c->config.carried(c->config.ctx, i, &now);
    if (c->counting)
        before = ch->carried_opening;
    *f = (struct figures_channel){
        .source = &ch->source,
        .state = ch->state,
        .error = &ch->error,
        .up_us = ch->up_us,
        .ended_us = ch->ended_us,
        .updates = ch->updates,
        .missed = missed(ch),
        .outside = less(c->updates.orders, ch->updates + missed(ch)),
        .duplicates = ch->duplicates,
        .first = ch->first,
        .strangers = ch->strangers,
        .lag = lag_of(&ch->lag, 0),
        .delay = lag_of(&ch->delay, delay_shift(c, clock)),
        .up = bytes_of(now.up, now.stream_up, ch->tally.heads_up, 0),
        .down = bytes_of(now.down, now.stream_down, ch->tally.heads_down, ch->tally.carried),
        .opening_up = c->counting ? before.up : now.up,
        .opening_down = c->counting ? before.down : now.down,
        .segments_up = now.segments_up,
        .segments_down = now.segments_down,
        .retransmits = now.retransmits,
        .connections = now.connections,
        .kernel = now.kernel,
        .cpu_us = now.cpu_us,
        .tally = ch->tally,
    };
    if (!c->counting)
        return;
    f->requests = ch->tally.requests - was->requests;
    f->empty = ch->tally.empty - was->empty;
    f->new_connections = less(now.connections, before.connections);
    f->running_bytes = less(now.up, before.up) + less(now.down, before.down);
    f->running_up = bytes_of(less(now.up, before.up), less(now.stream_up, before.stream_up),
                             less(ch->tally.heads_up, was->heads_up), 0);
    f->running_down = bytes_of(
        less(now.down, before.down), less(now.stream_down, before.stream_down),
        less(ch->tally.heads_down, was->heads_down), less(ch->tally.carried, was->carried));
    f->running_segments =
        less(now.segments_up, before.segments_up) + less(now.segments_down, before.segments_down);
    f->running_payload = ch->tally.payload - was->payload;
    per_update(f);
}

void figures_make(struct figures *f, const struct comparison *c, uint64_t now_us)
{
    *f = (struct figures){
        .count = c->count,
        .counting = c->counting,
        .begin_us = c->counting ? c->begin_us : now_us,
        .end_us = now_us,
        .updates = c->updates.orders,
        .clock = offset_estimate(&c->offset),
        .time_resolution_us = c->time_resolution_us,
    };
    f->elapsed_us = less(now_us, f->begin_us);
    f->rate = f->elapsed_us ? (double)f->updates * 1e6 / (double)f->elapsed_us : 0;
    for (unsigned i = 0; i < c->count; i++) {
        channel_figures(&f->channels[i], c, i, &f->clock);
        f->by_time = f->by_time || f->channels[i].delay.known;
    }
}

const struct figures_lag *figures_lag(const struct figures *f, const struct figures_channel *ch)
{
    return f->by_time ? &ch->delay : &ch->lag;
}

uint64_t figures_between(const struct figures *f, const struct comparison *c, unsigned channel,
                         int64_t from_us, int64_t to_us)
{
    const struct comparison_channel *ch = c->channels[channel];
    int64_t shift = delay_shift(c, &f->clock);

    if (!f->by_time)
        return sketch_between(&ch->lag, from_us, to_us);
    if (from_us > INT64_MIN / 2)
        from_us -= shift;
    if (to_us < INT64_MAX / 2)
        to_us -= shift;
    return sketch_between(&ch->delay, from_us, to_us);
}
