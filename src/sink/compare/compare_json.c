#include "sink/compare/compare_json.h"

#include <math.h>

#include "sink/common.h"
#include "sink/compare/compare_text.h"
#include "sink/json_tree.h"

/* "up", "ended" ... Static. */
static const char *compare_state_name(enum comparison_state state)
{
    static const char *const names[] = {"opening", "up", "ended", "failed"};

    return names[state];
}

static void put_ms(struct json_tree *t, cJSON *to, const char *key, int64_t us)
{
    tree_double(t, to, key, (double)us / 1e3, 3);
}

static void put_lag(struct json_tree *t, cJSON *to, const char *key, const struct figures_lag *lag)
{
    if (!lag->known) {
        tree_null(t, to, key);
        return;
    }
    to = tree_object(t, to, key);
    tree_u64(t, to, "count", lag->count);
    put_ms(t, to, "p50_ms", lag->p50_us);
    put_ms(t, to, "p90_ms", lag->p90_us);
    put_ms(t, to, "p99_ms", lag->p99_us);
    put_ms(t, to, "max_ms", lag->max_us);
    tree_double(t, to, "mean_ms", lag->mean_us / 1e3, 3);
}

static void put_bytes(struct json_tree *t, cJSON *to, const char *key,
                      const struct figures_bytes *b)
{
    to = tree_object(t, to, key);
    tree_u64(t, to, "total", b->total);
    tree_u64(t, to, "payload", b->payload);
    tree_u64(t, to, "heads", b->heads);
    tree_u64(t, to, "framing", b->framing);
    tree_u64(t, to, "tls", b->around);
}

/* How many updates had at least that lag and less than that of the next pair; the first pair
 * includes all that are less. */
static void put_distribution(struct json_tree *t, cJSON *to, const struct comparison *c,
                             const struct figures *f, unsigned channel)
{
    uint64_t counts[LAG_CLASSES];

    compare_text_classes(f, c, channel, counts);
    to = tree_array(t, to, "distribution");
    for (unsigned i = 0; i < LAG_CLASSES; i++) {
        cJSON *pair;

        if (counts[i] == 0)
            continue;
        pair = tree_array(t, to, NULL);
        tree_double(t, pair, NULL, i ? compare_text_class(i) / 1e3 : 0, 3);
        tree_u64(t, pair, NULL, counts[i]);
    }
}

/* Which update was the newest one shown, and since when: the data of the stairs. */
static void put_course(struct json_tree *t, cJSON *to, const struct trace *trace)
{
    to = tree_array(t, to, "course");
    for (size_t i = 0; i < trace->count; i++) {
        cJSON *pair = tree_array(t, to, NULL);

        put_ms(t, pair, NULL, (int64_t)trace->points[i].at_us);
        tree_u64(t, pair, NULL, trace->points[i].value);
    }
}

/* c: for what is known only at the end; else NULL. */
static void put_channel(struct json_tree *t, cJSON *to, const struct comparison *c,
                        const struct figures *f, unsigned channel)
{
    const struct figures_channel *ch = &f->channels[channel];

    to = tree_object(t, to, NULL);
    tree_latin1(t, to, "name", slice_str(ch->source->label));
    tree_string(t, to, "channel", channel_name(ch->source->kind));
    if (ch->source->every_us)
        tree_double(t, to, "every_s", (double)ch->source->every_us / 1e6, 3);
    tree_latin1(t, to, "url", slice_str(ch->source->url));
    tree_string(t, to, "state", compare_state_name(ch->state));
    if (ch->state == COMPARISON_ENDED || ch->state == COMPARISON_FAILED)
        tree_seconds(t, to, "ended_at", ch->ended_us);
    if (ch->error->code != EXIT_OK) {
        tree_u64(t, to, "code", ch->error->code);
        tree_latin1(t, to, "error", slice_str(ch->error->text));
    }
    tree_u64(t, to, "updates", ch->updates);
    tree_u64(t, to, "missed", ch->missed);
    tree_u64(t, to, "outside", ch->outside);
    tree_u64(t, to, "duplicates", ch->duplicates);
    tree_u64(t, to, "first", ch->first);
    tree_u64(t, to, "unidentified", ch->strangers);
    put_lag(t, to, "lag", &ch->lag);
    put_lag(t, to, "delay", &ch->delay);
    tree_u64(t, to, "messages", ch->tally.messages);
    tree_u64(t, to, "requests", ch->tally.requests);
    tree_u64(t, to, "answers", ch->tally.answers);
    tree_u64(t, to, "empty", ch->tally.empty);
    tree_u64(t, to, "items", ch->tally.items);
    tree_u64(t, to, "pings", ch->tally.pings);
    tree_u64(t, to, "connections", ch->connections);
    put_bytes(t, to, "bytes_up", &ch->up);
    put_bytes(t, to, "bytes_down", &ch->down);
    tree_u64(t, to, "opening_up", ch->opening_up);
    tree_u64(t, to, "opening_down", ch->opening_down);
    put_bytes(t, to, "running_up", &ch->running_up);
    put_bytes(t, to, "running_down", &ch->running_down);
    tree_u64(t, to, "running_requests", ch->requests);
    tree_u64(t, to, "running_payload", ch->running_payload);
    tree_u64(t, to, "segments_up", ch->segments_up);
    tree_u64(t, to, "segments_down", ch->segments_down);
    tree_u64(t, to, "retransmits", ch->retransmits);
    tree_bool(t, to, "kernel", ch->kernel);
    tree_double(t, to, "cpu_ms", (double)ch->cpu_us / 1e3, 3);
    tree_double(t, to, "bytes_per_update", ch->has_per_update ? ch->bytes_per_update : NAN, 1);
    tree_double(t, to, "overhead_per_update", ch->has_per_update ? ch->overhead_per_update : NAN,
                1);
    tree_double(t, to, "requests_per_update", ch->has_per_update ? ch->requests_per_update : NAN,
                4);
    if (c) {
        put_distribution(t, to, c, f, channel);
        put_course(t, to, &c->channels[channel]->shown);
    }
}

static void put_clock(struct json_tree *t, cJSON *to, const struct figures *f)
{
    static const char *const bases[] = {"none", "same", "date", "quickest"};

    to = tree_object(t, to, "clock");
    tree_string(t, to, "basis", bases[f->clock.basis]);
    put_ms(t, to, "offset_ms", f->clock.us);
    if (f->clock.bounded) {
        put_ms(t, to, "low_ms", f->clock.low_us);
        put_ms(t, to, "high_ms", f->clock.high_us);
    }
    if (f->time_resolution_us)
        tree_double(t, to, "resolution_ms", (double)f->time_resolution_us / 1e3, 3);
}

static void put_cell(struct json_tree *t, cJSON *to, const char *name,
                     const struct scale_cell *cell)
{
    to = tree_object(t, to, NULL);
    tree_latin1(t, to, "name", slice_str(name));
    tree_double(t, to, "requests_s", cell->known ? cell->requests_s : NAN, 4);
    tree_double(t, to, "bytes_s", cell->known ? cell->bytes_s : NAN, 1);
    tree_double(t, to, "segments_s", cell->known ? cell->segments_s : NAN, 2);
    tree_double(t, to, "connections", cell->known ? cell->connections : NAN, 0);
    tree_double(t, to, "connections_s", cell->known ? cell->connections_s : NAN, 4);
}

static void put_pair(struct json_tree *t, cJSON *to, const struct figures *f,
                     const struct scale_pair *pair)
{
    to = tree_object(t, to, "poll_or_push");
    tree_latin1(t, to, "poll", slice_str(f->channels[pair->poll].source->label));
    tree_latin1(t, to, "push", slice_str(f->channels[pair->push].source->label));
    tree_double(t, to, "bytes_per_request", pair->per_request, 1);
    tree_double(t, to, "bytes_per_item", pair->per_item, 1);
    tree_double(t, to, "bytes_per_push", pair->per_push, 1);
    tree_double(t, to, "keepalive_bytes_s", pair->keepalive_s, 3);
    tree_bool(t, to, "overwrites", pair->overwrites);
    tree_double(t, to, "same_cost_s", pair->never ? NAN : pair->same_cost_s, 3);
    tree_double(t, to, "poll_below_updates_s", pair->rate_below, 7);
}

static void put_scale(struct json_tree *t, cJSON *to, const struct figures *f,
                      const struct scale *scale)
{
    cJSON *rows;

    to = tree_object(t, to, "scale");
    tree_bool(t, to, "estimate", true);
    tree_bool(t, to, "enough", scale->enough);
    tree_u64(t, to, "shared", scale->shared);
    rows = tree_array(t, to, "rows");
    for (size_t i = 0; i < scale->row_count; i++) {
        cJSON *row = tree_object(t, rows, NULL), *channels;

        tree_u64(t, row, "clients", scale->rows[i].clients);
        channels = tree_array(t, row, "channels");
        for (unsigned c = 0; c < f->count; c++)
            put_cell(t, channels, f->channels[c].source->label, &scale->rows[i].cells[c]);
    }
    if (scale->pair.known)
        put_pair(t, to, f, &scale->pair);
    if (scale->has_sse) {
        tree_double(t, to, "sse_to_ws_bytes", scale->sse_to_ws, 4);
        tree_double(t, to, "sse_below_updates_s", scale->sse_rate_below, 7);
    }
}

int compare_json(struct buf *out, const struct comparison *c, const struct figures *f,
                 const struct scale *scale, uint64_t at_us, int64_t time_us)
{
    struct json_tree tree, *t = &tree;
    cJSON *to, *channels;

    tree_init(t);
    to = t->root;
    tree_u64(t, to, "v", 1);
    tree_time(t, to, "time", time_us);
    tree_seconds(t, to, "at", at_us);
    tree_string(t, to, "event", event_name(EVENT_COMPARE));
    tree_bool(t, to, "final", scale != NULL);
    tree_bool(t, to, "counting", f->counting);
    tree_seconds(t, to, "from", f->begin_us);
    tree_ms(t, to, "elapsed_ms", f->elapsed_us);
    tree_u64(t, to, "updates", f->updates);
    tree_double(t, to, "updates_s", f->rate, 3);
    tree_string(t, to, "lag_behind", f->by_time ? "server" : "first");
    put_clock(t, to, f);
    channels = tree_array(t, to, "channels");
    for (unsigned i = 0; i < f->count; i++)
        put_channel(t, channels, scale ? c : NULL, f, i);
    if (scale) {
        put_scale(t, to, f, scale);
        tree_latin1(t, to, "verdict", slice_str(scale->verdict));
    }
    return tree_end(t, out);
}
