/*
 * islands: when nothing names the nodes, connections that receive the same senders' messages are
 * taken to be on one.
 */
#include <math.h>

#include "fanout/fanout_private.h"

enum way { WAY_UNKNOWN, WAY_OPEN, WAY_CUT };

struct islands {
    struct fanout *f;
    uint8_t *of; /* of each connection; NODES_MAX: none */
    uint32_t count;
    uint32_t first[NODES_MAX]; /* a connection of each */
    uint32_t tolerance;        /* rows in which connections of one island may differ */
};

static uint32_t sender_of(const struct fanout *f, uint32_t row)
{
    return f->config.way == FANOUT_BY_CLIENT ? row * f->stride : FANOUT_OUTSIDE;
}

static struct pair *pair_at(const struct fanout *f, uint32_t row, uint32_t conn)
{
    return &f->pairs[(size_t)row * f->config.connections + conn];
}

/* What a sender receives of its own says nothing about nodes. */
static enum way way_of(const struct fanout *f, uint32_t row, uint32_t conn)
{
    const struct pair *p = pair_at(f, row, conn);

    if (sender_of(f, row) == conn || p->delivered + p->lost == 0)
        return WAY_UNKNOWN;
    return p->delivered > 0 ? WAY_OPEN : WAY_CUT;
}

/* How often chance alone would lose all messages of a pair: with these many of them, and the losses
 * of those pairs that are open. */
static double chance_of_cut(const struct fanout *f)
{
    double delivered = 0, lost = 0, pairs = 0;

    for (size_t i = 0; i < (size_t)f->rows * f->config.connections; i++) {
        if (f->pairs[i].delivered == 0)
            continue;
        delivered += f->pairs[i].delivered;
        lost += f->pairs[i].lost;
        pairs++;
    }
    if (pairs < 1 || lost < 1)
        return 0;
    return pow(lost / (delivered + lost), fmax(1, (delivered + lost) / pairs));
}

static bool does_not_reach(const struct fanout *f, uint32_t a, uint32_t b)
{
    return f->config.way == FANOUT_BY_CLIENT && a % f->stride == 0 &&
           way_of(f, a / f->stride, b) == WAY_CUT;
}

static bool alike(const struct islands *s, uint32_t a, uint32_t b)
{
    uint32_t differ = 0;

    if (s->tolerance == 0 && (does_not_reach(s->f, a, b) || does_not_reach(s->f, b, a)))
        return false;
    for (uint32_t row = 0; row < s->f->rows; row++) {
        enum way one = way_of(s->f, row, a), other = way_of(s->f, row, b);

        if (one != WAY_UNKNOWN && other != WAY_UNKNOWN && one != other && ++differ > s->tolerance)
            return false;
    }
    return true;
}

/* What is left over when there are too many of them is with the last. */
static void group(struct islands *s)
{
    for (uint32_t i = 0; i < s->f->config.connections; i++) {
        uint32_t island = 0;

        s->of[i] = NODES_MAX;
        if (!s->f->members[i].opened)
            continue;
        while (island < s->count && !alike(s, s->first[island], i))
            island++;
        if (island == NODES_MAX)
            island--;
        if (island == s->count)
            s->first[s->count++] = i;
        s->of[i] = (uint8_t)island;
    }
}

/* --- between islands ----------------------------------------------------------------------------
 */

struct between {
    uint64_t delivered, lost;
};

static void add_up(const struct islands *s, struct between sums[NODES_MAX][NODES_MAX])
{
    memset(sums, 0, sizeof(struct between) * NODES_MAX * NODES_MAX);
    for (uint32_t row = 0; row < s->f->rows; row++) {
        uint32_t from = s->of[sender_of(s->f, row)];

        for (uint32_t conn = 0; conn < s->f->config.connections && from < NODES_MAX; conn++) {
            const struct pair *p = pair_at(s->f, row, conn);

            if (s->of[conn] == NODES_MAX || sender_of(s->f, row) == conn)
                continue;
            sums[from][s->of[conn]].delivered += p->delivered;
            sums[from][s->of[conn]].lost += p->lost;
        }
    }
}

static enum way state(const struct between *b)
{
    if (b->delivered + b->lost == 0)
        return WAY_UNKNOWN;
    return b->delivered * 2 > b->lost ? WAY_OPEN : WAY_CUT;
}

static bool compatible(enum way a, enum way b)
{
    return a == b || a == WAY_UNKNOWN || b == WAY_UNKNOWN;
}

/* Two islands that reach each other, and all others in the same way, are one. */
static bool same_island(struct between sums[NODES_MAX][NODES_MAX], uint32_t count, uint32_t a,
                        uint32_t b)
{
    if (state(&sums[a][b]) != WAY_OPEN || state(&sums[b][a]) != WAY_OPEN)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (i != a && i != b &&
            (!compatible(state(&sums[i][a]), state(&sums[i][b])) ||
             !compatible(state(&sums[a][i]), state(&sums[b][i]))))
            return false;
    return true;
}

static void unite(struct islands *s, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < s->f->config.connections; i++) {
        if (s->of[i] == NODES_MAX)
            continue;
        if (s->of[i] == b)
            s->of[i] = (uint8_t)a;
        else if (s->of[i] > b)
            s->of[i]--;
    }
    s->count--;
}

static bool unite_one(struct islands *s)
{
    struct between sums[NODES_MAX][NODES_MAX];

    add_up(s, sums);
    for (uint32_t a = 0; a < s->count; a++)
        for (uint32_t b = a + 1; b < s->count; b++)
            if (same_island(sums, s->count, a, b)) {
                unite(s, a, b);
                return true;
            }
    return false;
}

/* Each way that is cut is one into an island that hears no other, or one from an island that no
 * other hears. Anything else is made of losses by chance. */
static bool explained(const struct islands *s)
{
    struct between sums[NODES_MAX][NODES_MAX];
    bool deaf[NODES_MAX], mute[NODES_MAX];

    add_up(s, sums);
    for (uint32_t a = 0; a < s->count; a++) {
        deaf[a] = mute[a] = true;
        for (uint32_t b = 0; b < s->count; b++) {
            deaf[a] = deaf[a] && (a == b || state(&sums[b][a]) != WAY_OPEN);
            mute[a] = mute[a] && (a == b || state(&sums[a][b]) != WAY_OPEN);
        }
    }
    for (uint32_t a = 0; a < s->count; a++)
        for (uint32_t b = 0; b < s->count; b++)
            if (a != b && state(&sums[a][b]) == WAY_CUT && !mute[a] && !deaf[b])
                return false;
    return true;
}

/* --- the report's part --------------------------------------------------------------------------
 */

static void add_pair(const struct fanout *f, struct fanout_cell *c, uint32_t sender, uint32_t conn,
                     const struct pair *p)
{
    c->delivered += p->delivered;
    c->lost += p->lost;
    c->duplicated += p->duplicated;
    c->late += p->late;
    if (!fanout_should(f, sender, conn))
        c->unexpected += p->delivered;
    if (sender == conn) {
        c->own_delivered += p->delivered;
        c->own_lost += p->lost;
    }
}

void islands_cells(struct fanout *f, struct fanout_report *r, const uint8_t *of)
{
    for (uint32_t row = 0; row < f->rows; row++) {
        uint32_t sender = sender_of(f, row);
        uint32_t from = sender == FANOUT_OUTSIDE ? 0 : of[sender];

        for (uint32_t conn = 0; conn < f->config.connections && from < NODES_MAX; conn++)
            if (of[conn] < NODES_MAX)
                add_pair(f, fanout_cell(r, from, of[conn]), sender, conn, pair_at(f, row, conn));
    }
}

/* The same as count_reach has of nodes with names, from the rows of messages. */
void islands_reach(const struct fanout *f, const uint8_t *of, struct reach *reach)
{
    for (uint32_t row = 0; row < f->rows && row < f->next_number; row++) {
        uint64_t some = 0, none = 0;

        for (uint32_t conn = 0; conn < f->config.connections; conn++) {
            const struct pair *p = pair_at(f, row, conn);

            if (of[conn] < NODES_MAX && p->delivered + p->lost > 0)
                *(p->delivered ? &some : &none) |= UINT64_C(1) << of[conn];
        }
        reach_count(reach, some, none & ~some);
    }
}

/* Of messages from outside there is one of each, so a loss here and there looks like a difference
 * between islands. But then the connections of one island do not agree either. */
static bool agree(const struct islands *s)
{
    uint64_t members = 0, against = 0;

    for (uint32_t row = 0; row < s->f->rows; row++) {
        uint32_t open[NODES_MAX] = {0}, cut[NODES_MAX] = {0};

        for (uint32_t conn = 0; conn < s->f->config.connections; conn++) {
            enum way way = s->of[conn] < NODES_MAX ? way_of(s->f, row, conn) : WAY_UNKNOWN;

            if (way != WAY_UNKNOWN)
                (way == WAY_OPEN ? open : cut)[s->of[conn]]++;
        }
        for (uint32_t i = 0; i < s->count; i++) {
            members += open[i] + cut[i];
            against += open[i] < cut[i] ? open[i] : cut[i];
        }
    }
    return against * 50 <= members;
}

static void take_as_one(struct islands *s)
{
    for (uint32_t i = 0; i < s->f->config.connections; i++)
        s->of[i] = s->f->members[i].opened ? 0 : NODES_MAX;
    s->count = 1;
}

uint32_t islands_find(struct fanout *f, uint8_t *of)
{
    struct islands s = {.f = f, .of = of};

    if (!f->pairs) {
        take_as_one(&s);
        return 1;
    }
    s.tolerance = f->config.way == FANOUT_BY_CLIENT
                      ? (uint32_t)(6 * chance_of_cut(f) * f->rows)
                      : (f->next_number < f->rows ? f->next_number : f->rows) / 4;
    group(&s);
    if (f->config.way != FANOUT_BY_CLIENT && !agree(&s))
        take_as_one(&s);
    while (f->config.way == FANOUT_BY_CLIENT && s.count > 1 && unite_one(&s)) {
    }
    if (f->config.way == FANOUT_BY_CLIENT && !explained(&s))
        take_as_one(&s);
    return s.count ? s.count : 1;
}
