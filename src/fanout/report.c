#include "fanout/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "fanout/fanout_private.h"

/* Cells whose delays are sorted out of the samples. */
#define SAMPLED_CELLS 64

const char *fanout_fault_word(enum fanout_fault_kind kind)
{
    static const char *const words[] = {"nothing-delivered",
                                        "no-bus",
                                        "split",
                                        "isolated",
                                        "deaf",
                                        "mute",
                                        "one-way",
                                        "cut",
                                        "never-published",
                                        "not-delivered",
                                        "wrong-channel",
                                        "double",
                                        "late",
                                        "loss",
                                        "no-echo",
                                        "deaf-connections",
                                        "mute-connections",
                                        "unexpected",
                                        "islands",
                                        "not-sticky",
                                        "refused",
                                        "ended"};

    return words[kind];
}

static const char *outside_name(enum fanout_way way)
{
    switch (way) {
    case FANOUT_BY_HTTP:
        return "http";
    case FANOUT_BY_COMMAND:
        return "command";
    case FANOUT_BY_REDIS:
        return "redis";
    case FANOUT_BY_CLIENT:
        break;
    }
    return NULL;
}

/* --- nodes --------------------------------------------------------------------------------------
 */

static void name_nodes(const struct fanout *f, struct fanout_report *r)
{
    const struct naming_source *source = naming_used(f->naming);

    r->named = f->named || (r->node_count == 1 && source);
    if (r->named && source)
        naming_print(r->source, source);
    for (uint32_t i = 0; i < r->node_count; i++) {
        struct fanout_node *node = &r->nodes[i];

        if (r->named)
            snprintf(node->name, sizeof node->name, "%s", naming_name(f->naming, i));
        else
            snprintf(node->name, sizeof node->name, "island %u", i + 1);
        node->before = f->drilled && f->named ? f->before[i] : 0;
    }
}

static void count_connections(const struct fanout *f, struct fanout_report *r, const uint8_t *of)
{
    r->connections = f->config.connections;
    r->open = f->open;
    for (uint32_t i = 0; i < f->config.connections; i++) {
        r->refused += !f->members[i].opened;
        if (f->members[i].open && of[i] < NODES_MAX)
            r->nodes[of[i]].connections++;
    }
    /* Handshakes of other kinds were made only where they are possible. */
    if (f->sticky_given) {
        r->connections = f->sticky.plain.opened + f->sticky.plain.failed;
        r->refused = f->sticky.plain.failed;
    }
    for (uint32_t i = 0; i < r->node_count && !(f->drilled && f->named); i++)
        r->nodes[i].before = r->nodes[i].connections;
}

/* --- cells --------------------------------------------------------------------------------------
 */

static void set_delays(struct fanout_cell *c, const struct sketch *delays)
{
    c->p50_us = c->p99_us = -1;
    if (!delays || delays->count == 0)
        return;
    c->p50_us = sketch_percentile(delays, 50);
    c->p99_us = sketch_percentile(delays, 99);
}

static void named_cells(const struct fanout *f, struct fanout_report *r)
{
    for (uint32_t from = 0; from < r->rows; from++)
        for (uint32_t to = 0; to < r->node_count; to++) {
            const struct book_cell *c =
                &f->cells[(size_t)(r->outside ? OUTSIDE_ROW : from) * NODES_MAX + to];

            *fanout_cell(r, from, to) = c->figures;
            set_delays(fanout_cell(r, from, to), c->delays);
        }
}

static bool of_cell(const struct fanout *f, const struct fanout_report *r, const struct sample *s,
                    const uint8_t *of, uint32_t from, uint32_t to)
{
    return of[s->conn] == to && (r->outside || of[s->row * f->stride] == from);
}

static int sampled_delays(const struct fanout *f, struct fanout_report *r, const uint8_t *of)
{
    size_t count = f->sampled < SAMPLES_MAX ? (size_t)f->sampled : SAMPLES_MAX;
    struct sketch *delays;

    if (r->rows * r->node_count == 1) {
        set_delays(&r->cells[0], &f->delays);
        return 0;
    }
    delays = malloc(sizeof *delays);
    if (!delays)
        return -1;
    for (uint32_t from = 0; from < r->rows; from++)
        for (uint32_t to = 0; to < r->node_count; to++) {
            sketch_init(delays);
            for (size_t i = 0; i < count && r->rows * r->node_count <= SAMPLED_CELLS; i++)
                if (of_cell(f, r, &f->samples[i], of, from, to))
                    sketch_add(delays, (int64_t)f->samples[i].us);
            set_delays(fanout_cell(r, from, to), delays);
        }
    free(delays);
    return 0;
}

static int fill_cells(struct fanout *f, struct fanout_report *r, const uint8_t *of)
{
    r->outside = outside_name(f->config.way);
    r->rows = r->outside ? 1 : r->node_count;
    r->cells = calloc((size_t)r->rows * r->node_count, sizeof *r->cells);
    if (!r->cells)
        return -1;
    r->stride = f->stride ? f->stride : 1;
    r->total = f->total;
    set_delays(&r->total, &f->delays);
    for (size_t i = 0; i < (size_t)r->rows * r->node_count; i++)
        set_delays(&r->cells[i], NULL);
    if (f->cells)
        named_cells(f, r);
    if (!f->pairs)
        return 0;
    islands_cells(f, r, of);
    return sampled_delays(f, r, of);
}

/* --- the rest -----------------------------------------------------------------------------------
 */

/* Without handshakes of their own, those of the connections show something too: all of them came
 * from one address, without cookies. */
static void judge_sticky(const struct fanout *f, struct fanout_report *r, const uint8_t *of)
{
    bool seen[NODES_MAX] = {false};

    r->sticky = f->sticky;
    if (!f->sticky_given) {
        r->sticky.named = r->named;
        r->sticky.plain.opened = f->config.connections - r->refused;
        for (uint32_t i = 0; i < f->config.connections; i++) {
            if (of[i] >= NODES_MAX || seen[of[i]])
                continue;
            seen[of[i]] = true;
            r->sticky.plain.nodes++;
        }
        r->sticky.plain.same = r->sticky.plain.nodes == 1 ? r->sticky.plain.opened : 0;
        if (naming_used(f->naming) && naming_used(f->naming)->kind == NAMING_COOKIE)
            snprintf(r->sticky.cookie_name, sizeof r->sticky.cookie_name, "%s",
                     naming_used(f->naming)->name);
    }
    r->sticky.session_unknown += f->refused_unknown;
    if (r->sticky.several < r->sticky.session_unknown)
        r->sticky.several = f->config.connections;
    r->sticky_by = sticky_judge(&r->sticky);
    sticky_sentence(r->sticky_text, &r->sticky);
}

static void add_bus(struct seen_on_bus *sum, const struct seen_on_bus *one)
{
    sum->published += one->published;
    sum->seen += one->seen;
    sum->twice += one->twice;
    sum->channels |= one->channels;
}

static void fill_bus(const struct fanout *f, struct fanout_report *r, const uint8_t *of,
                     struct seen_on_bus *bus)
{
    r->redis = f->config.redis && !f->bus_lost;
    r->bus_seen = f->bus_seen;
    r->channel_count = f->channel_count;
    memcpy(r->channels, f->channels, sizeof r->channels);
    for (uint32_t i = 0; i < f->config.connections; i++)
        if (of[i] < NODES_MAX)
            add_bus(&bus[of[i]], &f->members[i].bus);
    bus[r->node_count] = f->outside;
}

static int fill(struct fanout *f, struct fanout_report *r, uint64_t now_us, uint8_t *of)
{
    struct seen_on_bus bus[NODES_MAX + 1] = {{0}};
    struct reach reach = f->reach;

    /* Before the first message, as it looks now. */
    if (!f->settled_naming)
        f->named = naming_settle(f->naming) && naming_count(f->naming) > 1;
    if (f->named) {
        for (uint32_t i = 0; i < f->config.connections; i++)
            of[i] = (uint8_t)(f->members[i].opened ? naming_node(f->naming, i) : NODES_MAX);
        r->node_count = naming_count(f->naming);
    } else {
        r->node_count = islands_find(f, of);
        if (f->pairs)
            islands_reach(f, of, &reach);
    }
    r->nodes = calloc(r->node_count, sizeof *r->nodes);
    if (!r->nodes)
        return -1;
    r->at_us = now_us;
    r->fanout = f;
    name_nodes(f, r);
    count_connections(f, r, of);
    if (fill_cells(f, r, of) < 0)
        return -1;
    for (uint32_t i = 0; i < f->config.connections; i++)
        r->published += f->members[i].bus.published;
    r->published += f->outside.published;
    r->stragglers = f->stragglers;
    r->hurried = f->hurried;
    judge_sticky(f, r, of);
    fill_bus(f, r, of, bus);
    r->drilled = f->drilled;
    if (f->drilled)
        drill_total(f, r, now_us);
    judge_all(&(struct judged){f, r, bus, r->outside ? &reach : NULL, of});
    return 0;
}

struct fanout_report *fanout_report_new(struct fanout *f, uint64_t now_us)
{
    struct fanout_report *r = calloc(1, sizeof *r);
    uint8_t *of = malloc(f->config.connections);

    if (!r || !of || fill(f, r, now_us, of) < 0) {
        free(of);
        fanout_report_free(r);
        return NULL;
    }
    free(of);
    return r;
}

void fanout_report_free(struct fanout_report *r)
{
    if (!r)
        return;
    free(r->nodes);
    free(r->cells);
    free(r);
}

const struct drill_account *fanout_account(const struct fanout_report *r, uint32_t conn)
{
    return &r->fanout->members[conn].drill;
}
