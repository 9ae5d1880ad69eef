#include "fanout/drill.h"

#include <stdlib.h>

#include "fanout/fanout_private.h"

const char *drill_word(const struct drill_account *a)
{
    if (a->ends == 0)
        return "unaffected";
    if (!a->back)
        return "gone";
    return a->clean ? "clean" : "unclean";
}

static uint8_t node_of(const struct fanout *f, uint32_t conn)
{
    return (uint8_t)(f->named ? naming_node(f->naming, conn) : NODES_MAX);
}

int fanout_drill_begin(struct fanout *f, uint64_t now_us)
{
    bool counted[NODES_MAX] = {false};

    if (!f->settled_naming && book_begin(f) < 0)
        return -1;
    f->drilling = f->drilled = true;
    f->drill = (struct drill_totals){.began_us = now_us, .status = -1};
    for (uint32_t i = 0; i < f->config.connections; i++) {
        struct member *m = &f->members[i];
        uint8_t node = node_of(f, i);

        m->drill = (struct drill_account){.took_part = m->open,
                                          .back = m->open,
                                          .clean = true,
                                          .before = m->open ? node : NODES_MAX,
                                          .after = NODES_MAX};
        if (!m->open || node == NODES_MAX)
            continue;
        f->before[node]++;
        f->nodes_before += !counted[node];
        counted[node] = true;
    }
    return 0;
}

void fanout_drill_end(struct fanout *f, uint64_t now_us, int status)
{
    f->drilling = false;
    f->drill.ended_us = now_us;
    f->drill.status = status;
}

bool fanout_drill_over(const struct fanout *f)
{
    for (uint32_t i = 0; i < f->config.connections; i++)
        if (f->members[i].drill.took_part && !f->members[i].open)
            return false;
    return true;
}

void drill_opened(struct fanout *f, uint32_t conn, uint64_t now_us)
{
    struct member *m = &f->members[conn];
    struct drill_account *a = &m->drill;
    uint64_t second;

    if (!f->drilling || !a->took_part || a->back)
        return;
    a->back = true;
    a->gaps[drill_gaps(a) - 1].back_us = now_us;
    a->away_us += now_us - m->lost_us;
    second = (now_us - f->drill.began_us) / 1000000;
    f->returns[second < DRILL_SECONDS ? second : DRILL_SECONDS - 1]++;
}

void drill_closed(struct fanout *f, uint32_t conn, uint16_t code, bool clean, uint64_t now_us)
{
    struct drill_account *a = &f->members[conn].drill;

    if (!f->drilling || !a->took_part)
        return;
    if (a->ends > 0)
        a->gaps[drill_gaps(a) - 1].to = node_of(f, conn);
    else
        a->code = code;
    if (a->ends++ < DRILL_GAPS)
        a->gaps[a->ends - 1] = (struct drill_gap){now_us, 0, NODES_MAX, clean};
    else
        a->gaps[DRILL_GAPS - 1].back_us = 0;
    a->clean = a->clean && clean;
    a->back = false;
}

/* --- totals -------------------------------------------------------------------------------------
 */

static void total_away(const struct fanout *f, struct drill_totals *t)
{
    struct sketch *away = malloc(sizeof *away);

    t->away_p50_us = t->away_p99_us = t->away_max_us = -1;
    if (!away)
        return;
    sketch_init(away);
    for (uint32_t i = 0; i < f->config.connections; i++) {
        const struct drill_account *a = &f->members[i].drill;

        if (a->took_part && a->ends > 0 && a->back)
            sketch_add(away, (int64_t)a->away_us);
    }
    if (away->count > 0) {
        t->away_p50_us = sketch_percentile(away, 50);
        t->away_p99_us = sketch_percentile(away, 99);
        t->away_max_us = away->max;
    }
    free(away);
}

static double total_even(const struct fanout *f)
{
    uint32_t after[NODES_MAX] = {0}, sum = 0, most = 0, nodes = 0;

    for (uint32_t i = 0; i < f->config.connections; i++) {
        uint8_t node = f->members[i].open ? node_of(f, i) : NODES_MAX;

        if (node == NODES_MAX)
            continue;
        nodes += after[node]++ == 0;
        sum++;
        most = after[node] > most ? after[node] : most;
    }
    if (nodes < f->nodes_before)
        nodes = f->nodes_before;
    return sum ? (double)most * nodes / sum : 0;
}

void drill_total(struct fanout *f, struct fanout_report *r, uint64_t now_us)
{
    struct drill_totals *t = &r->drill;

    *t = f->drill;
    for (uint32_t i = 0; i < f->config.connections; i++) {
        struct member *m = &f->members[i];
        struct drill_account *a = &m->drill;

        if (!a->took_part)
            continue;
        a->after = m->open ? node_of(f, i) : NODES_MAX;
        if (a->ends > 0)
            a->gaps[drill_gaps(a) - 1].to = a->after;
        if (!a->back)
            a->away_us = now_us - m->lost_us;
        t->connections++;
        t->unaffected += a->ends == 0;
        t->ended += a->ends > 0;
        t->clean += a->ends > 0 && a->clean;
        t->back += a->ends > 0 && a->back;
        t->gone += a->ends > 0 && !a->back;
        t->moved += a->ends > 0 && a->back && a->before != NODES_MAX && a->after != NODES_MAX &&
                    a->before != a->after;
        t->lost += a->lost;
        t->late += a->late;
        t->twice += a->twice;
    }
    for (size_t i = 0; i < DRILL_SECONDS; i++)
        if (f->returns[i] > t->peak_per_s)
            t->peak_per_s = f->returns[i];
    total_away(f, t);
    t->even = f->named ? total_even(f) : 0;
}
