/*
 * judge_nodes: between which nodes nothing passes, and what that is called.
 */
#include "fanout/judge_private.h"

#include "base/plural.h"

/* This many messages of one node to another may all be lost by chance. */
#define FEW 5

struct pattern {
    uint32_t count;
    node_set all, deaf, mute;
    node_set group[NODES_MAX]; /* of nodes that reach each other, some way */
    uint32_t group_count;
    uint32_t cuts, opens;
    uint32_t cut_from, cut_to; /* of the last cut */
    uint64_t cut_most;         /* messages of the cell with the most of those that are cut */
};

static void find_groups(const struct judged *j, struct pattern *p)
{
    node_set left = p->all;

    while (left) {
        node_set group = left & (~left + 1), before;

        do {
            before = group;
            for (uint32_t a = 0; a < p->count; a++)
                for (uint32_t b = 0; b < p->count; b++)
                    if (a != b && (before >> a & 1 || before >> b & 1) &&
                        judge_way(j, a, b) == JUDGE_OPEN)
                        group |= NODE_BIT(a) | NODE_BIT(b);
        } while (group != before);
        p->group[p->group_count++] = group;
        left &= ~group;
    }
}

/* All known ways of a node, to it or from it, are cut. */
static bool is_cut_off(const struct judged *j, uint32_t count, uint32_t node, bool from)
{
    uint32_t cuts = 0;

    for (uint32_t i = 0; i < count; i++) {
        enum judge_way way = i == node ? JUDGE_UNKNOWN
                             : from    ? judge_way(j, node, i)
                                       : judge_way(j, i, node);

        if (way == JUDGE_OPEN)
            return false;
        cuts += way == JUDGE_CUT;
    }
    return cuts > 0;
}

static void add_cut(const struct judged *j, struct pattern *p, uint32_t a, uint32_t b)
{
    uint64_t lost = judge_lost(j, fanout_cell(j->r, a, b));

    p->cut_from = a;
    p->cut_to = b;
    p->cut_most = lost > p->cut_most ? lost : p->cut_most;
}

static void find_pattern(const struct judged *j, struct pattern *p)
{
    *p = (struct pattern){.count = j->r->node_count};
    for (uint32_t a = 0; a < p->count; a++) {
        bool takes_part = false;

        for (uint32_t b = 0; b < p->count; b++) {
            enum judge_way way = judge_way(j, a, b);

            takes_part = takes_part || way != JUDGE_UNKNOWN || judge_way(j, b, a) != JUDGE_UNKNOWN;
            if (a == b)
                continue;
            p->opens += way == JUDGE_OPEN;
            p->cuts += way == JUDGE_CUT;
            if (way == JUDGE_CUT)
                add_cut(j, p, a, b);
        }
        p->all |= takes_part ? NODE_BIT(a) : 0;
        p->deaf |= is_cut_off(j, p->count, a, false) ? NODE_BIT(a) : 0;
        p->mute |= is_cut_off(j, p->count, a, true) ? NODE_BIT(a) : 0;
    }
    find_groups(j, p);
}

/* Do these nodes' cuts explain all? */
static bool explains(const struct judged *j, const struct pattern *p, node_set deaf, node_set mute)
{
    for (uint32_t a = 0; a < p->count; a++)
        for (uint32_t b = 0; b < p->count; b++)
            if (a != b && judge_way(j, a, b) == JUDGE_CUT && !(mute >> a & 1) && !(deaf >> b & 1))
                return false;
    return true;
}

static uint32_t connections_of(const struct judged *j, uint32_t node)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < j->r->connections; i++)
        n += j->node_of[i] == node;
    return n;
}

static void judge_alone(struct judged *j, const struct pattern *p)
{
    struct fanout_fault *fault;

    for (uint32_t i = 0; i < p->count; i++)
        if (p->all >> i & 1 && judge_size(p->all) > 2 &&
            judge_channel(j, NODE_BIT(i), p->all & ~NODE_BIT(i)))
            return;
    if (judge_size(p->all) == 2 && judge_channel(j, p->group[1], p->group[0]))
        return;
    if (judge_unseen(j, p->all, judge_nodes(j, p->all)) ||
        judge_undelivered(j, p->all, "other nodes"))
        return;
    fault = judge_add(j, FANOUT_FAULT_NO_BUS, NODES_MAX,
                      "no shared bus: messages reach only connections of the node that received "
                      "them; %s do not reach each other",
                      judge_nodes(j, p->all).text);
    judge_advise(fault, "%s", JUDGE_BUS_ADVICE);
}

static void judge_groups(struct judged *j, const struct pattern *p)
{
    uint32_t least = 0;
    node_set small, rest;
    struct fanout_fault *fault;

    for (uint32_t i = 1; i < p->group_count; i++)
        if (judge_size(p->group[i]) < judge_size(p->group[least]) ||
            (!j->r->named && connections_of(j, judge_first(p->group[i])) <
                                 connections_of(j, judge_first(p->group[least]))))
            least = i;
    small = p->group[least];
    rest = p->all & ~small;
    if (judge_channel(j, small, rest) || judge_unseen(j, small, judge_nodes(j, small)))
        return;
    if (p->group_count == 2 && judge_size(small) == 1) {
        fault = judge_add(j, FANOUT_FAULT_ISOLATED, judge_first(small),
                          "%s is isolated: it receives nothing from the others, and its messages "
                          "reach none of them",
                          judge_nodes(j, small).text);
        judge_advise(fault, "compare its shared layer with that of the others: address, database, "
                            "channel and prefix (--redis URL shows more)");
        return;
    }
    fault = judge_add(j, FANOUT_FAULT_SPLIT, NODES_MAX,
                      "the nodes form %u groups that do not reach each other: %s, and %s",
                      p->group_count, judge_nodes(j, small).text, judge_nodes(j, rest).text);
    judge_advise(fault, "they seem to use different shared layers, databases or channels");
}

static void judge_deaf(struct judged *j, node_set deaf)
{
    struct fanout_fault *fault;
    bool one = judge_size(deaf) == 1;

    fault = judge_add(j, FANOUT_FAULT_DEAF, one ? judge_first(deaf) : NODES_MAX,
                      "%s do%s not subscribe: %s send%s to the others, but receive%s nothing from "
                      "them",
                      judge_nodes(j, deaf).text, one ? "es" : "", one ? "it" : "they",
                      one ? "s" : "", one ? "s" : "");
    judge_advise(fault, "look at the subscription of %s to the shared layer, and at %s log",
                 one ? "this node" : "these nodes", one ? "its" : "their");
}

static void judge_mute(struct judged *j, node_set mute)
{
    struct fanout_fault *fault;
    bool one = judge_size(mute) == 1;
    node_set rest = 0;

    for (uint32_t i = 0; i < j->r->node_count; i++)
        rest |= mute >> i & 1 ? 0 : NODE_BIT(i);
    if (!j->r->outside &&
        (judge_channel(j, mute, rest) || judge_undelivered(j, mute, "other nodes")))
        return;
    fault = judge_add(j, FANOUT_FAULT_MUTE, one ? judge_first(mute) : NODES_MAX,
                      "%s do%s not publish: %s receive%s from the others, but messages sent to "
                      "%s reach none of them",
                      judge_nodes(j, mute).text, one ? "es" : "", one ? "it" : "they",
                      one ? "s" : "", one ? "it" : "them");
    judge_advise(fault, "look at how %s publish%s to the shared layer, and at %s log",
                 one ? "this node" : "these nodes", one ? "es" : "", one ? "its" : "their");
}

/* From a to b nothing passes, and from b to a all does. An island is one node or many, so the
 * smaller one is at fault; of nodes only the shared layer shows it. */
static void judge_one_way(struct judged *j, uint32_t a, uint32_t b)
{
    uint32_t of_a = connections_of(j, a), of_b = connections_of(j, b);
    struct seen_on_bus bus = judge_bus_of(j, NODE_BIT(a));
    bool seen = j->r->redis && bus.seen > 0;
    bool unseen = j->r->redis && bus.seen == 0 && bus.published > 0;
    struct fanout_fault *fault;

    if (unseen || (!j->r->named && of_a < of_b)) {
        judge_mute(j, NODE_BIT(a));
    } else if (seen || (!j->r->named && of_b < of_a)) {
        judge_deaf(j, NODE_BIT(b));
    } else {
        fault = judge_add(
            j, FANOUT_FAULT_ONE_WAY, NODES_MAX,
            "messages of %s do not reach %s, although the other direction works: the first "
            "does not publish, or the second does not subscribe",
            judge_node(j, a).text, judge_node(j, b).text);
        judge_advise(fault, "--redis URL, or a third node, shows which");
    }
}

/* Two islands of which one is much smaller: it is a node that has lost the others. Balancers give
 * each node about as many connections. */
static bool is_small_island(const struct judged *j, const struct pattern *p)
{
    uint32_t one, other;

    if (j->r->named || p->group_count != 2)
        return false;
    one = connections_of(j, judge_first(p->group[0]));
    other = connections_of(j, judge_first(p->group[1]));
    return one * 3 < other * 2 || other * 3 < one * 2;
}

bool judge_nodes_cut(struct judged *j)
{
    struct pattern p;

    find_pattern(j, &p);
    if (p.cuts == 0)
        return false;
    if (p.group_count == judge_size(p.all) && !is_small_island(j, &p))
        judge_alone(j, &p);
    else if (p.group_count > 1)
        judge_groups(j, &p);
    else if (judge_size(p.all) == 2)
        judge_one_way(j, p.cut_from, p.cut_to);
    else if (explains(j, &p, p.deaf, 0) &&
             (!explains(j, &p, 0, p.mute) || judge_size(p.deaf) <= judge_size(p.mute)))
        judge_deaf(j, p.deaf);
    else if (explains(j, &p, 0, p.mute))
        judge_mute(j, p.mute);
    else if (explains(j, &p, p.deaf, p.mute)) {
        judge_deaf(j, p.deaf);
        judge_mute(j, p.mute);
    } else if (p.cut_most < FEW) {
        return false;
    } else {
        judge_add(j, FANOUT_FAULT_CUT, NODES_MAX,
                  "messages do not pass between %u of %u pairs of nodes, such as from %s to %s",
                  p.cuts, p.cuts + p.opens, judge_node(j, p.cut_from).text,
                  judge_node(j, p.cut_to).text);
    }
    return true;
}

bool judge_outside_cut(struct judged *j)
{
    const struct reach *reach = j->reach;
    uint32_t published = j->bus[j->r->node_count].published;
    struct fanout_fault *fault;
    node_set deaf = 0, only = 0, without = 0;

    for (uint32_t i = 0; i < j->r->node_count; i++) {
        deaf |= judge_way(j, 0, i) == JUDGE_CUT ? NODE_BIT(i) : 0;
        only |= reach->only[i] ? NODE_BIT(i) : 0;
        without |= reach->without[i] ? NODE_BIT(i) : 0;
    }
    if (j->r->node_count < 2 || published == 0)
        return false;
    if (deaf) {
        judge_deaf(j, deaf);
        return true;
    }
    if (reach->one > 0 && reach->all == 0 && reach->but_one == 0 && judge_size(only) > 1) {
        fault = judge_add(j, FANOUT_FAULT_NO_BUS, NODES_MAX,
                          "no shared bus: each message reached connections of one node only");
        judge_advise(fault, "%s", JUDGE_BUS_ADVICE);
        return true;
    }
    if (reach->one > 0 && judge_size(only) == 1 && j->r->node_count == 2) {
        judge_one_way(j, judge_first(only), judge_first(only) == 0);
        return true;
    }
    if (reach->one > 0 && judge_size(only) == 1 && reach->but_one == 0 && reach->other == 0) {
        judge_mute(j, only);
        return true;
    }
    if (reach->but_one > 1 && judge_size(without) == 1 && reach->one == 0 && reach->other == 0) {
        judge_deaf(j, without);
        return true;
    }
    return false;
}

/* Of messages from outside: each reached one of the nodes, and each node had some. */
static bool each_reached_one(const struct judged *j)
{
    const struct reach *reach = j->reach;

    for (uint32_t i = 0; i < j->r->node_count; i++)
        if (reach->only[i] == 0)
            return false;
    return reach->all == 0 && (reach->but_one == 0 || j->r->node_count == 2) && reach->other == 0;
}

static uint32_t count_islands(const struct judged *j)
{
    struct pattern p;

    if (j->r->outside)
        return each_reached_one(j) ? j->r->node_count : 1;
    find_pattern(j, &p);
    return p.group_count;
}

void judge_islands(struct judged *j)
{
    uint32_t count = count_islands(j);

    if (count != j->f->config.islands)
        judge_add(j, FANOUT_FAULT_ISLANDS, NODES_MAX,
                  "there %s %u island%s of nodes that reach each other, not %u",
                  count == 1 ? "is" : "are", count, plural(count), j->f->config.islands);
}
