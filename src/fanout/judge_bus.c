/*
 * judge_bus: what the shared layer showed of messages that did not arrive.
 */
#include "fanout/judge_private.h"

#include "base/plural.h"

struct seen_on_bus judge_bus_of(const struct judged *j, node_set nodes)
{
    struct seen_on_bus sum = {0};

    for (uint32_t i = 0; i < j->r->node_count; i++) {
        if (!(nodes >> i & 1))
            continue;
        sum.published += j->bus[i].published;
        sum.seen += j->bus[i].seen;
        sum.channels |= j->bus[i].channels;
    }
    return sum;
}

const char *judge_channel_name(const struct judged *j, uint32_t channels)
{
    for (uint32_t i = 0; i < j->r->channel_count; i++)
        if (channels >> i & 1)
            return j->r->channels[i];
    return "?";
}

bool judge_channel(struct judged *j, node_set nodes, node_set others)
{
    struct seen_on_bus some = judge_bus_of(j, nodes), rest = judge_bus_of(j, others);
    struct fanout_fault *fault;

    if (!j->r->redis || some.seen == 0 || rest.seen == 0 || some.channels & rest.channels)
        return false;
    fault = judge_add(j, FANOUT_FAULT_WRONG_CHANNEL,
                      judge_size(nodes) == 1 ? judge_first(nodes) : NODES_MAX,
                      "%s publish%s to the channel %s, the others to %s",
                      judge_nodes(j, nodes).text, judge_size(nodes) == 1 ? "es" : "",
                      judge_channel_name(j, some.channels), judge_channel_name(j, rest.channels));
    judge_advise(fault, "compare the prefix or name of the channel in the nodes' configurations");
    return true;
}

bool judge_unseen(struct judged *j, node_set nodes, struct judge_words who)
{
    struct seen_on_bus bus = judge_bus_of(j, nodes);
    struct fanout_fault *fault;

    if (!j->r->redis || bus.published == 0 || bus.seen > 0)
        return false;
    fault = judge_add(
        j, FANOUT_FAULT_NOT_PUBLISHED, judge_size(nodes) == 1 ? judge_first(nodes) : NODES_MAX,
        "%s published nothing to Redis: of %u message%s, none was seen there and none "
        "reached another node",
        who.text, bus.published, plural(bus.published));
    judge_advise(fault, "%s",
                 judge_size(nodes) == 1
                     ? "look at the connection to Redis of this node, and at its log"
                     : JUDGE_BUS_ADVICE);
    return true;
}

bool judge_undelivered(struct judged *j, node_set nodes, const char *to)
{
    struct seen_on_bus bus = judge_bus_of(j, nodes);
    struct fanout_fault *fault;

    if (!j->r->redis || bus.seen == 0)
        return false;
    fault = judge_add(
        j, FANOUT_FAULT_NOT_DELIVERED, judge_size(nodes) == 1 ? judge_first(nodes) : NODES_MAX,
        "the messages of %s were published (%u of %u were seen on the channel %s) but "
        "not delivered to %s",
        judge_nodes(j, nodes).text, bus.seen, bus.published, judge_channel_name(j, bus.channels),
        to);
    judge_advise(fault, "look at what the nodes subscribe to, and at how they pass on what they "
                        "receive");
    return true;
}
