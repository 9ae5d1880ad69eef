#include "sink/compare_json.h"

#include <math.h>

#include "base/json_write.h"
#include "sink/common.h"
#include "sink/compare_text.h"

const char *compare_state_name(enum compare_state state)
{
    static const char *const names[] = {"opening", "up", "ended", "failed"};

    return names[state];
}

static void put_ms(struct json_write *w, const char *key, int64_t us)
{
    json_double(w, key, (double)us / 1e3, 3);
}

static void put_lag(struct json_write *w, const char *key, const struct figures_lag *lag)
{
    if (!lag->known) {
        json_null(w, key);
        return;
    }
    json_object_open(w, key);
    json_u64(w, "count", lag->count);
    put_ms(w, "p50_ms", lag->p50_us);
    put_ms(w, "p90_ms", lag->p90_us);
    put_ms(w, "p99_ms", lag->p99_us);
    put_ms(w, "max_ms", lag->max_us);
    json_double(w, "mean_ms", lag->mean_us / 1e3, 3);
    json_object_close(w);
}

static void put_bytes(struct json_write *w, const char *key, const struct figures_bytes *b)
{
    json_object_open(w, key);
    json_u64(w, "total", b->total);
    json_u64(w, "payload", b->payload);
    json_u64(w, "heads", b->heads);
    json_u64(w, "framing", b->framing);
    json_u64(w, "tls", b->around);
    json_object_close(w);
}

/* How many updates had at least that lag and less than that of the next pair; the first pair has
 * all that are less. */
static void put_distribution(struct json_write *w, const struct compare *c, const struct figures *f,
                             unsigned channel)
{
    uint64_t counts[LAG_CLASSES];

    compare_text_classes(f, c, channel, counts);
    json_array_open(w, "distribution");
    for (unsigned i = 0; i < LAG_CLASSES; i++) {
        if (counts[i] == 0)
            continue;
        json_array_open(w, NULL);
        json_double(w, NULL, i ? compare_text_class(i) / 1e3 : 0, 3);
        json_u64(w, NULL, counts[i]);
        json_array_close(w);
    }
    json_array_close(w);
}

/* From when on which update was the newest one shown: what the stairs are drawn from. */
static void put_course(struct json_write *w, const struct trace *t)
{
    json_array_open(w, "course");
    for (size_t i = 0; i < t->count; i++) {
        json_array_open(w, NULL);
        put_ms(w, NULL, (int64_t)t->points[i].at_us);
        json_u64(w, NULL, t->points[i].value);
        json_array_close(w);
    }
    json_array_close(w);
}

/* c: for what only the end tells; else NULL. */
static void put_channel(struct json_write *w, const struct compare *c, const struct figures *f,
                        unsigned channel)
{
    const struct figures_channel *ch = &f->channels[channel];

    json_object_open(w, NULL);
    json_latin1(w, "name", slice_str(ch->source->label));
    json_string(w, "channel", channel_name(ch->source->kind));
    if (ch->source->every_us)
        json_double(w, "every_s", (double)ch->source->every_us / 1e6, 3);
    json_latin1(w, "url", slice_str(ch->source->url));
    json_string(w, "state", compare_state_name(ch->state));
    if (ch->state == COMPARE_ENDED || ch->state == COMPARE_FAILED)
        json_seconds(w, "ended_at", ch->ended_us);
    if (ch->error->code != EXIT_OK) {
        json_u64(w, "code", ch->error->code);
        json_latin1(w, "error", slice_str(ch->error->text));
    }
    json_u64(w, "updates", ch->updates);
    json_u64(w, "missed", ch->missed);
    json_u64(w, "outside", ch->outside);
    json_u64(w, "duplicates", ch->duplicates);
    json_u64(w, "first", ch->first);
    json_u64(w, "unidentified", ch->strangers);
    put_lag(w, "lag", &ch->lag);
    put_lag(w, "delay", &ch->delay);
    json_u64(w, "messages", ch->tally.messages);
    json_u64(w, "requests", ch->tally.requests);
    json_u64(w, "answers", ch->tally.answers);
    json_u64(w, "empty", ch->tally.empty);
    json_u64(w, "items", ch->tally.items);
    json_u64(w, "pings", ch->tally.pings);
    json_u64(w, "connections", ch->connections);
    put_bytes(w, "bytes_up", &ch->up);
    put_bytes(w, "bytes_down", &ch->down);
    json_u64(w, "opening_up", ch->opening_up);
    json_u64(w, "opening_down", ch->opening_down);
    put_bytes(w, "running_up", &ch->running_up);
    put_bytes(w, "running_down", &ch->running_down);
    json_u64(w, "running_requests", ch->requests);
    json_u64(w, "running_payload", ch->running_payload);
    json_u64(w, "segments_up", ch->segments_up);
    json_u64(w, "segments_down", ch->segments_down);
    json_u64(w, "retransmits", ch->retransmits);
    json_bool(w, "kernel", ch->kernel);
    json_double(w, "cpu_ms", (double)ch->cpu_us / 1e3, 3);
    json_double(w, "bytes_per_update", ch->has_per_update ? ch->bytes_per_update : NAN, 1);
    json_double(w, "overhead_per_update", ch->has_per_update ? ch->overhead_per_update : NAN, 1);
    json_double(w, "requests_per_update", ch->has_per_update ? ch->requests_per_update : NAN, 4);
    if (c) {
        put_distribution(w, c, f, channel);
        put_course(w, &c->channels[channel]->shown);
    }
    json_object_close(w);
}

static void put_clock(struct json_write *w, const struct figures *f)
{
    static const char *const bases[] = {"none", "same", "date", "quickest"};

    json_object_open(w, "clock");
    json_string(w, "basis", bases[f->clock.basis]);
    put_ms(w, "offset_ms", f->clock.us);
    if (f->clock.bounded) {
        put_ms(w, "low_ms", f->clock.low_us);
        put_ms(w, "high_ms", f->clock.high_us);
    }
    if (f->time_resolution_us)
        json_double(w, "resolution_ms", (double)f->time_resolution_us / 1e3, 3);
    json_object_close(w);
}

static void put_cell(struct json_write *w, const char *name, const struct scale_cell *cell)
{
    json_object_open(w, NULL);
    json_latin1(w, "name", slice_str(name));
    json_double(w, "requests_s", cell->known ? cell->requests_s : NAN, 4);
    json_double(w, "bytes_s", cell->known ? cell->bytes_s : NAN, 1);
    json_double(w, "segments_s", cell->known ? cell->segments_s : NAN, 2);
    json_double(w, "connections", cell->known ? cell->connections : NAN, 0);
    json_double(w, "connections_s", cell->known ? cell->connections_s : NAN, 4);
    json_object_close(w);
}

static void put_pair(struct json_write *w, const struct figures *f, const struct scale_pair *pair)
{
    json_object_open(w, "poll_or_push");
    json_latin1(w, "poll", slice_str(f->channels[pair->poll].source->label));
    json_latin1(w, "push", slice_str(f->channels[pair->push].source->label));
    json_double(w, "bytes_per_request", pair->per_request, 1);
    json_double(w, "bytes_per_item", pair->per_item, 1);
    json_double(w, "bytes_per_push", pair->per_push, 1);
    json_double(w, "keepalive_bytes_s", pair->keepalive_s, 3);
    json_bool(w, "overwrites", pair->overwrites);
    json_double(w, "same_cost_s", pair->never ? NAN : pair->same_cost_s, 3);
    json_double(w, "poll_below_updates_s", pair->rate_below, 7);
    json_object_close(w);
}

static void put_scale(struct json_write *w, const struct figures *f, const struct scale *scale)
{
    json_object_open(w, "scale");
    json_bool(w, "estimate", true);
    json_bool(w, "enough", scale->enough);
    json_u64(w, "shared", scale->shared);
    json_array_open(w, "rows");
    for (size_t i = 0; i < scale->row_count; i++) {
        json_object_open(w, NULL);
        json_u64(w, "clients", scale->rows[i].clients);
        json_array_open(w, "channels");
        for (unsigned c = 0; c < f->count; c++)
            put_cell(w, f->channels[c].source->label, &scale->rows[i].cells[c]);
        json_array_close(w);
        json_object_close(w);
    }
    json_array_close(w);
    if (scale->pair.known)
        put_pair(w, f, &scale->pair);
    if (scale->has_sse) {
        json_double(w, "sse_to_ws_bytes", scale->sse_to_ws, 4);
        json_double(w, "sse_below_updates_s", scale->sse_rate_below, 7);
    }
    json_object_close(w);
    json_latin1(w, "verdict", slice_str(scale->verdict));
}

int compare_json(struct buf *out, const struct compare *c, const struct figures *f,
                 const struct scale *scale, uint64_t at_us, int64_t time_us)
{
    size_t before = out->len;
    struct json_write w;

    json_write_init(&w, out);
    json_object_open(&w, NULL);
    json_u64(&w, "v", 1);
    json_time(&w, "time", time_us);
    json_seconds(&w, "at", at_us);
    json_string(&w, "event", event_name(EVENT_COMPARE));
    json_bool(&w, "final", scale != NULL);
    json_bool(&w, "counting", f->counting);
    json_seconds(&w, "from", f->begin_us);
    json_ms(&w, "elapsed_ms", f->elapsed_us);
    json_u64(&w, "updates", f->updates);
    json_double(&w, "updates_s", f->rate, 3);
    json_string(&w, "lag_behind", f->by_time ? "server" : "first");
    put_clock(&w, f);
    json_array_open(&w, "channels");
    for (unsigned i = 0; i < f->count; i++)
        put_channel(&w, scale ? c : NULL, f, i);
    json_array_close(&w);
    if (scale)
        put_scale(&w, f, scale);
    json_object_close(&w);
    if (!w.failed)
        return 0;
    out->len = before;
    return -1;
}
