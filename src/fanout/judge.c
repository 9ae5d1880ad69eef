/*
 * judge: what does not arrive.
 */
#include "fanout/judge_private.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/plural.h"
#include "measure/units.h"

static bool judge_no_echo(const struct judged *j)
{
    const struct fanout_cell *t = &j->r->total;

    return j->f->config.expect != FANOUT_SENDER && t->own_lost > 0 && t->own_delivered == 0 &&
           t->delivered > 0;
}

uint64_t judge_lost(const struct judged *j, const struct fanout_cell *c)
{
    return c->lost - (judge_no_echo(j) ? c->own_lost : 0);
}

/* A stray message through a cut, perhaps of a history, does not open it. */
enum judge_way judge_way(const struct judged *j, uint32_t from, uint32_t to)
{
    const struct fanout_cell *c = fanout_cell(j->r, from, to);
    uint64_t sent = c->delivered + judge_lost(j, c);

    if (sent == 0)
        return JUDGE_UNKNOWN;
    return c->delivered * 50 <= sent ? JUDGE_CUT : JUDGE_OPEN;
}

static bool hears_nothing(const struct judged *j, uint32_t conn, uint32_t arg)
{
    (void)arg;
    return j->f->members[conn].lost > 0 && j->f->members[conn].received == 0;
}

static bool reaches_nobody(const struct judged *j, uint32_t conn, uint32_t arg)
{
    (void)arg;
    return j->f->members[conn].unheard > 0 && j->f->members[conn].heard == 0;
}

/* Where messages do pass otherwise. */
struct losses {
    uint64_t lost, sent;
    node_set from, to; /* the cells in which something was lost */
};

/* In rows and columns of these sets; cut: also where no message passes. */
static struct losses find_losses(const struct judged *j, node_set rows, node_set columns, bool cut)
{
    struct losses l = {0};

    for (uint32_t a = 0; a < j->r->rows; a++)
        for (uint32_t b = 0; b < j->r->node_count; b++) {
            const struct fanout_cell *c = fanout_cell(j->r, a, b);

            if (!(rows >> a & 1) || !(columns >> b & 1) ||
                (!cut && judge_way(j, a, b) != JUDGE_OPEN))
                continue;
            l.sent += c->delivered + judge_lost(j, c);
            if (judge_lost(j, c) == 0)
                continue;
            l.lost += judge_lost(j, c);
            l.from |= NODE_BIT(a);
            l.to |= NODE_BIT(b);
        }
    return l;
}

static bool judge_single_connections(struct judged *j, uint64_t lost)
{
    uint64_t deaf = 0, mute = 0;

    for (uint32_t i = 0; i < j->r->connections; i++) {
        deaf += hears_nothing(j, i, 0) ? j->f->members[i].lost : 0;
        mute += reaches_nobody(j, i, 0) ? j->f->members[i].unheard : 0;
    }
    if (deaf > 0 && deaf >= lost)
        judge_add(j, FANOUT_FAULT_SOME_DEAF, NODES_MAX,
                  "%s received nothing, although others on the same node did",
                  judge_connections(j, hears_nothing, 0).text);
    else if (mute > 0 && mute >= lost)
        judge_advise(judge_add(j, FANOUT_FAULT_SOME_MUTE, NODES_MAX,
                               "messages sent by %s reached no other connection",
                               judge_connections(j, reaches_nobody, 0).text),
                     "if no other connection is on the same node, the node does not publish");
    return (deaf > 0 && deaf >= lost) || (mute > 0 && mute >= lost);
}

/* cut: it is not known yet why nothing passes between some nodes. */
static void judge_losses(struct judged *j, bool cut)
{
    struct losses l = find_losses(j, ~UINT64_C(0), ~UINT64_C(0), cut);
    uint32_t node = NODES_MAX;
    char where[240] = "";

    if (l.lost == 0 || judge_single_connections(j, l.lost))
        return;
    if (j->r->node_count > 2 && judge_size(l.to) == 1) {
        node = judge_first(l.to);
        l = find_losses(j, ~UINT64_C(0), l.to, cut);
        snprintf(where, sizeof where, " to %s", judge_node(j, node).text);
    } else if (j->r->rows > 2 && judge_size(l.from) == 1) {
        node = judge_first(l.from);
        l = find_losses(j, l.from, ~UINT64_C(0), cut);
        snprintf(where, sizeof where, " from %s", judge_node(j, node).text);
    }
    judge_add(j, FANOUT_FAULT_LOSS, node,
              "%" PRIu64 " of %" PRIu64 " deliveries%s (%s) were lost%s", l.lost, l.sent, where,
              units_share(l.lost, l.sent).text,
              node < NODES_MAX ? ", and none elsewhere" : ", without a pattern");
}

static void judge_nothing(struct judged *j)
{
    struct seen_on_bus bus = j->bus[j->r->node_count];
    struct fanout_fault *fault;

    for (uint32_t i = 0; i < j->r->node_count; i++) {
        bus.published += j->bus[i].published;
        bus.seen += j->bus[i].seen;
        bus.channels |= j->bus[i].channels;
    }
    if (j->r->redis && bus.seen == 0 && j->f->config.way != FANOUT_BY_REDIS)
        fault = judge_add(j, FANOUT_FAULT_NOT_PUBLISHED, NODES_MAX,
                          "nothing was published: of %u message%s, none was seen in Redis and none "
                          "reached a connection",
                          bus.published, plural(bus.published));
    else if (j->r->redis)
        fault = judge_add(j, FANOUT_FAULT_NOT_DELIVERED, NODES_MAX,
                          "messages were published (%u of %u were seen on the channel %s) but "
                          "delivered to no connection",
                          bus.seen, bus.published, judge_channel_name(j, bus.channels));
    else
        fault = judge_add(j, FANOUT_FAULT_NOTHING, NODES_MAX,
                          "no message reached any connection, of %u that were published",
                          bus.published);
    judge_advise(fault, "check what the service expects: a subscription (--subscribe), another "
                        "message (--publish), a protocol (--as)");
}

void judge_delivery(struct judged *j)
{
    const struct fanout_cell *t = &j->r->total;
    enum fanout_expect expect = j->f->config.expect;
    bool explained = false;

    if (expect == FANOUT_NONE || t->delivered + t->lost == 0)
        return;
    if (t->delivered == 0) {
        judge_nothing(j);
        return;
    }
    if (t->lost > 0 && j->r->stragglers * 2 >= judge_lost(j, t) && j->r->stragglers > 0)
        return; /* they are late */
    if (expect == FANOUT_ISLANDS) {
        judge_islands(j);
        explained = j->r->outside != NULL;
    } else if (j->r->outside) {
        explained = judge_outside_cut(j);
    } else if (expect != FANOUT_SENDER) {
        explained = judge_nodes_cut(j);
    }
    if (!explained && judge_no_echo(j))
        judge_advise(judge_add(j, FANOUT_FAULT_NO_ECHO, NODES_MAX,
                               "senders do not receive their own messages, all others do"),
                     "if that is intended: --expect others");
    /* Of messages from outside, what was lost otherwise cannot be distinguished. */
    if (!explained || !j->r->outside)
        judge_losses(j, !explained && expect != FANOUT_ISLANDS);
}
