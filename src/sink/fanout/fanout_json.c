#include "sink/fanout/fanout_json.h"

#include "sink/fanout/fanout_words.h"

static void put_name(struct json_tree *t, cJSON *to, const char *key, const char *name)
{
    tree_latin1(t, to, key, slice_str(name));
}

static void put_node(struct json_tree *t, cJSON *to, const char *key, const struct fanout_report *r,
                     uint32_t node)
{
    if (node < r->node_count)
        put_name(t, to, key, r->nodes[node].name);
    else
        tree_null(t, to, key);
}

static void put_spread(struct json_tree *t, const struct fanout_report *r)
{
    cJSON *spread = tree_object(t, t->root, "spread"), *list;

    tree_bool(t, spread, "named", r->named);
    if (r->source[0])
        put_name(t, spread, "by", r->source);
    else
        tree_null(t, spread, "by");
    tree_u64(t, spread, "open", r->open);
    tree_u64(t, spread, "refused", r->refused);
    if (r->opening_us)
        tree_ms(t, spread, "opening_ms", r->opening_us);
    else
        tree_null(t, spread, "opening_ms");
    list = tree_array(t, spread, "nodes");
    for (uint32_t i = 0; i < r->node_count; i++) {
        cJSON *node = tree_object(t, list, NULL);

        put_name(t, node, "node", r->nodes[i].name);
        tree_u64(t, node, "connections", r->nodes[i].connections);
        tree_u64(t, node, "before", r->nodes[i].before);
    }
}

static void put_stickiness(struct json_tree *t, const struct fanout_report *r)
{
    cJSON *to = tree_object(t, t->root, "stickiness");

    tree_string(t, to, "by", sticky_word(r->sticky_by));
    if (r->sticky.cookie_name[0])
        put_name(t, to, "cookie", r->sticky.cookie_name);
    else
        tree_null(t, to, "cookie");
    tree_u64(t, to, "session_unknown", r->sticky.session_unknown);
    put_name(t, to, "text", r->sticky_text);
}

static void put_cell(struct json_tree *t, cJSON *to, const struct fanout_cell *c)
{
    tree_u64(t, to, "delivered", c->delivered);
    tree_u64(t, to, "lost", c->lost);
    tree_u64(t, to, "duplicated", c->duplicated);
    tree_u64(t, to, "late", c->late);
    tree_u64(t, to, "unexpected", c->unexpected);
    tree_ms_known(t, to, "p50_ms", c->p50_us);
    tree_ms_known(t, to, "p99_ms", c->p99_us);
}

static void put_matrix(struct json_tree *t, const struct fanout_report *r)
{
    cJSON *list = tree_array(t, t->root, "matrix"), *total;

    for (uint32_t from = 0; from < r->rows; from++)
        for (uint32_t to = 0; to < r->node_count; to++) {
            cJSON *cell = tree_object(t, list, NULL);

            put_name(t, cell, "from", fanout_row_name(r, from));
            put_name(t, cell, "to", r->nodes[to].name);
            put_cell(t, cell, fanout_cell(r, from, to));
        }
    total = tree_object(t, t->root, "total");
    tree_u64(t, total, "published", r->published);
    put_cell(t, total, &r->total);
    tree_u64(t, total, "stragglers", r->stragglers);
    tree_u64(t, total, "settled_early", r->hurried);
    tree_u64(t, total, "senders_counted", r->stride);
}

static void put_redis(struct json_tree *t, const struct fanout_report *r)
{
    cJSON *to, *list;

    if (!r->redis) {
        tree_null(t, t->root, "redis");
        return;
    }
    to = tree_object(t, t->root, "redis");
    tree_u64(t, to, "seen", r->bus_seen);
    list = tree_array(t, to, "channels");
    for (uint32_t i = 0; i < r->channel_count; i++)
        put_name(t, list, NULL, r->channels[i]);
}

static void put_account(struct json_tree *t, cJSON *list, const struct fanout_report *r,
                        uint32_t conn)
{
    const struct drill_account *a = fanout_account(r, conn);
    cJSON *to;

    if (!a->took_part)
        return;
    to = tree_object(t, list, NULL);
    tree_u64(t, to, "conn", conn + 1);
    put_node(t, to, "before", r, a->before);
    put_node(t, to, "after", r, a->after);
    if (a->ends) {
        tree_u64(t, to, "code", a->code);
        tree_bool(t, to, "clean", a->clean);
    } else {
        tree_null(t, to, "code");
        tree_null(t, to, "clean");
    }
    tree_bool(t, to, "back", a->back);
    if (a->ends && !a->back)
        tree_null(t, to, "away_ms");
    else
        tree_ms(t, to, "away_ms", a->away_us);
    tree_u64(t, to, "ends", a->ends);
    tree_u64(t, to, "lost", a->lost);
    tree_u64(t, to, "late", a->late);
    tree_u64(t, to, "duplicated", a->twice);
}

static void put_drill(struct json_tree *t, const struct fanout_report *r)
{
    const struct drill_totals *d = &r->drill;
    cJSON *to, *list;

    if (!r->drilled) {
        tree_null(t, t->root, "drill");
        return;
    }
    to = tree_object(t, t->root, "drill");
    tree_ms_known(t, to, "duration_ms",
                  (int64_t)((d->ended_us ? d->ended_us : r->at_us) - d->began_us));
    if (d->status >= 0)
        tree_u64(t, to, "status", (uint64_t)d->status);
    else
        tree_null(t, to, "status");
    tree_u64(t, to, "count", d->connections);
    tree_u64(t, to, "unaffected", d->unaffected);
    tree_u64(t, to, "ended", d->ended);
    tree_u64(t, to, "clean", d->clean);
    tree_u64(t, to, "back", d->back);
    tree_u64(t, to, "gone", d->gone);
    tree_u64(t, to, "moved", d->moved);
    tree_u64(t, to, "published", d->published);
    tree_u64(t, to, "delivered", d->delivered);
    tree_u64(t, to, "lost", d->lost);
    tree_u64(t, to, "late", d->late);
    tree_u64(t, to, "duplicated", d->twice);
    tree_ms_known(t, to, "away_p50_ms", d->away_p50_us);
    tree_ms_known(t, to, "away_p99_ms", d->away_p99_us);
    tree_ms_known(t, to, "away_max_ms", d->away_max_us);
    tree_u64(t, to, "peak_per_s", d->peak_per_s);
    if (d->even > 0)
        tree_double(t, to, "even", d->even, 3);
    else
        tree_null(t, to, "even");
    list = tree_array(t, to, "connections");
    for (uint32_t i = 0; i < r->connections; i++)
        put_account(t, list, r, i);
}

static void put_verdict(struct json_tree *t, const struct fanout_report *r,
                        const struct drill_verdict *verdicts, size_t verdict_count)
{
    cJSON *to, *list;

    list = tree_array(t, t->root, "expectations");
    for (size_t i = 0; i < verdict_count; i++) {
        cJSON *one = tree_object(t, list, NULL);

        tree_latin1(t, one, "expect", verdicts[i].name);
        tree_bool(t, one, "ok", verdicts[i].ok);
        if (verdicts[i].reason[0])
            tree_string(t, one, "reason", verdicts[i].reason);
        else
            tree_null(t, one, "reason");
    }
    to = tree_object(t, t->root, "verdict");
    list = tree_array(t, to, "faults");
    for (size_t i = 0; i < r->fault_count; i++) {
        const struct fanout_fault *f = &r->faults[i];
        cJSON *fault = tree_object(t, list, NULL);

        tree_string(t, fault, "fault", fanout_fault_word(f->kind));
        put_node(t, fault, "node", r, f->node);
        put_name(t, fault, "text", f->text);
        if (f->advice[0])
            put_name(t, fault, "advice", f->advice);
        else
            tree_null(t, fault, "advice");
    }
    put_name(t, to, "text", r->verdict);
}

int fanout_json(struct json_tree *t, const struct fanout_report *r,
                const struct drill_verdict *verdicts, size_t verdict_count)
{
    tree_init(t);
    tree_string(t, t->root, "event", "fanout");
    tree_u64(t, t->root, "connections", r->connections);
    put_spread(t, r);
    put_stickiness(t, r);
    put_matrix(t, r);
    put_redis(t, r);
    put_drill(t, r);
    put_verdict(t, r, verdicts, verdict_count);
    return t->failed ? -1 : 0;
}
