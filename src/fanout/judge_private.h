/*
 * judge_private: shared by the files that name what is wrong: judge (what does not arrive),
 * judge_nodes (between which nodes), judge_bus (what the shared layer showed of it), judge_rest
 * (what arrives otherwise than it should, handshakes, the verdict), judge_text (words).
 */
#ifndef FANOUT_JUDGE_PRIVATE_H
#define FANOUT_JUDGE_PRIVATE_H

#include "fanout/fanout_private.h"

/* Nodes as a bit each. */
typedef uint64_t node_set;

#define NODE_BIT(i) (UINT64_C(1) << (i))

/* One more fault; NULL: there are enough. The text is one sentence without a full stop. */
struct fanout_fault *judge_add(struct judged *j, enum fanout_fault_kind kind, uint32_t node,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
void judge_advise(struct fanout_fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For use inside one expression: "node web-2", "island 2 (connections 3 and 6)", "nodes a and b".
 */
struct judge_words {
    char text[200];
};
struct judge_words judge_node(const struct judged *j, uint32_t node);
struct judge_words judge_nodes(const struct judged *j, node_set nodes);
/* "connection 3", "connections 1, 4 and 17 more". wanted: which of them. */
typedef bool judge_wanted_fn(const struct judged *j, uint32_t conn, uint32_t arg);
struct judge_words judge_connections(const struct judged *j, judge_wanted_fn *wanted, uint32_t arg);

unsigned judge_size(node_set nodes);
uint32_t judge_first(node_set nodes);

/* How a cell is. Senders that never receive their own messages are left out of it. */
enum judge_way { JUDGE_UNKNOWN, JUDGE_OPEN, JUDGE_CUT };
enum judge_way judge_way(const struct judged *j, uint32_t from, uint32_t to);
/* What was lost in it, but for that. */
uint64_t judge_lost(const struct judged *j, const struct fanout_cell *c);

/* True if nothing passes between some nodes; what that is called is added. The second: messages
 * come from outside, so any node may have received them. */
bool judge_nodes_cut(struct judged *j);
bool judge_outside_cut(struct judged *j);
/* There are not as many islands as expected. */
void judge_islands(struct judged *j);

/* What was seen of these nodes' messages; the first of a set of channels. */
struct seen_on_bus judge_bus_of(const struct judged *j, node_set nodes);
const char *judge_channel_name(const struct judged *j, uint32_t channels);
/* These are true if they added a fault: the nodes use other channels than the others; nothing of
 * theirs was seen; it was seen, but did not reach `to`. */
bool judge_channel(struct judged *j, node_set nodes, node_set others);
bool judge_unseen(struct judged *j, node_set nodes, struct judge_words who);
bool judge_undelivered(struct judged *j, node_set nodes, const char *to);

#define JUDGE_BUS_ADVICE                                                                         \
    "connect all nodes to one shared layer, such as Redis: what a node receives from a client, " \
    "it publishes there, and what it receives from there it sends to its clients"

/* Each adds faults. */
void judge_delivery(struct judged *j);

#endif
