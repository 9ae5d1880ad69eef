/*
 * judge_rest: what arrives twice, late, or where it should not; handshakes; the verdict.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/plural.h"
#include "fanout/judge_private.h"
#include "measure/units.h"

/* Which cells something happened in: in all of a row or a column, or here and there. */
struct spots {
    uint64_t count, of; /* messages; of those delivered there */
    node_set from, to;
    bool own;  /* only from nodes to themselves */
    bool all;  /* in every cell that has deliveries */
    bool most; /* to more than half of the deliveries there */
};

typedef uint64_t spot_fn(const struct fanout_cell *c);

static uint64_t spot_double(const struct fanout_cell *c)
{
    return c->duplicated;
}

static uint64_t spot_late(const struct fanout_cell *c)
{
    return c->late;
}

static struct spots find_spots(const struct judged *j, spot_fn *get)
{
    struct spots s = {.own = !j->r->outside, .all = true};

    for (uint32_t a = 0; a < j->r->rows; a++)
        for (uint32_t b = 0; b < j->r->node_count; b++) {
            const struct fanout_cell *c = fanout_cell(j->r, a, b);

            if (c->delivered > 0 && get(c) == 0)
                s.all = false;
            if (get(c) == 0)
                continue;
            s.count += get(c);
            s.of += c->delivered;
            s.from |= NODE_BIT(a);
            s.to |= NODE_BIT(b);
            s.own = s.own && a == b;
        }
    s.most = s.count * 2 >= s.of;
    return s;
}

/* " from node x", " to node x", or nothing. */
static struct judge_words where(const struct judged *j, const struct spots *s)
{
    struct judge_words w = {""};

    if (s->all || j->r->node_count < 2)
        return w;
    if (judge_size(s->to) == 1 && (judge_size(s->from) > 1 || j->r->outside))
        snprintf(w.text, sizeof w.text, " to %.180s", judge_nodes(j, s->to).text);
    else if (!j->r->outside && judge_size(s->from) == 1)
        snprintf(w.text, sizeof w.text, " from %.180s", judge_nodes(j, s->from).text);
    return w;
}

static uint32_t whose(const struct spots *s)
{
    return judge_size(s->from) == 1 ? judge_first(s->from)
           : judge_size(s->to) == 1 ? judge_first(s->to)
                                    : NODES_MAX;
}

/* What the shared layer showed of them. */
static const char *published_twice(const struct judged *j, node_set from)
{
    uint32_t seen = j->bus[j->r->node_count].seen, twice = j->bus[j->r->node_count].twice;

    for (uint32_t i = 0; i < j->r->node_count; i++) {
        seen += from >> i & 1 ? j->bus[i].seen : 0;
        twice += from >> i & 1 ? j->bus[i].twice : 0;
    }
    if (!j->r->redis || seen == 0)
        return "";
    return twice * 2 >= seen ? "; they are published to Redis twice"
                             : "; they are published to Redis once";
}

static void judge_double(struct judged *j)
{
    struct spots s = find_spots(j, spot_double);
    bool local = s.own && j->r->node_count > 1 && judge_size(s.from) > 1;
    uint32_t node = s.all || local || j->r->node_count < 2 ? NODES_MAX : whose(&s);
    struct fanout_fault *fault;

    if (s.count == 0)
        return;
    if (s.most && local)
        fault = judge_add(j, FANOUT_FAULT_DOUBLE, node,
                          "messages arrive twice on the node that received them: once directly, "
                          "once from the shared layer%s",
                          published_twice(j, s.from));
    else if (s.most)
        fault = judge_add(j, FANOUT_FAULT_DOUBLE, node, "messages%s arrive twice%s",
                          where(j, &s).text, published_twice(j, s.from));
    else
        fault = judge_add(j, FANOUT_FAULT_DOUBLE, node,
                          "%" PRIu64 " of %" PRIu64 " messages%s arrive twice", s.count, s.of,
                          where(j, &s).text);
    judge_advise(fault, "look for two publishers or two subscriptions of one node, or a node that "
                        "sends to its clients both directly and from the shared layer");
}

static void judge_late(struct judged *j)
{
    struct spots s = find_spots(j, spot_late);
    struct units within = units_span((double)j->f->config.within_us, 0);

    if (j->r->stragglers > 0 && j->r->stragglers * 2 >= judge_lost(j, &j->r->total))
        judge_add(j, FANOUT_FAULT_LATE, NODES_MAX,
                  "%" PRIu64 " %s more than %s after the message%s sent", j->r->stragglers,
                  j->r->stragglers == 1 ? "delivery came" : "deliveries came",
                  units_span((double)j->f->config.grace_us, 0).text,
                  j->r->stragglers == 1 ? " was" : "s were");
    else if (s.count > 0)
        judge_add(j, FANOUT_FAULT_LATE, s.all || j->r->node_count < 2 ? NODES_MAX : whose(&s),
                  "%" PRIu64 " of %" PRIu64 " messages%s arrived late, after more than %s", s.count,
                  s.of, where(j, &s).text, within.text);
}

static void judge_unexpected(struct judged *j)
{
    uint64_t n = j->r->total.unexpected;
    static const char *const should[] = {"all", "all but the sender", "only the sender", "none",
                                         "all"};

    if (n > 0)
        judge_add(j, FANOUT_FAULT_UNEXPECTED, NODES_MAX,
                  "%" PRIu64 " message%s reached connections that should not receive %s: %s should",
                  n, plural(n), n == 1 ? "it" : "them", should[j->f->config.expect]);
}

static void judge_handshakes(struct judged *j)
{
    const struct sticky *s = &j->r->sticky;
    struct fanout_fault *fault;

    if (s->session_unknown > 0) {
        fault =
            judge_add(j, FANOUT_FAULT_NOT_STICKY, NODES_MAX,
                      "missing stickiness: %u handshake%s failed with 400 \"Session ID "
                      "unknown\", because the requests of one handshake reached different nodes",
                      s->session_unknown, plural(s->session_unknown));
        judge_advise(fault, "make the load balancer sticky by cookie or source address, or let "
                            "clients begin with the WebSocket (transports: [\"websocket\"])");
    }
    if (j->f->refused_other > 0 && j->r->refused > 0)
        judge_add(j, FANOUT_FAULT_REFUSED, NODES_MAX,
                  j->f->refused_status ? "%u of %u connections did not open: status %d"
                                       : "%u of %u connections did not open",
                  j->r->refused, j->r->connections, j->f->refused_status);
}

/* What they missed after their end is not counted as lost. The connections that try stickiness are
 * ended by us. */
static void judge_ended(struct judged *j)
{
    const struct fanout *f = j->f;

    if (j->r->fault_count > 0 || f->ended == 0 || f->sticky_given)
        return;
    judge_add(j, FANOUT_FAULT_ENDED, NODES_MAX,
              "%u of %u connections ended before all messages had come, the first with close code "
              "%u",
              f->ended, j->r->connections, f->ended_code);
}

/* --- the verdict --------------------------------------------------------------------------------
 */

static void conclude_well(struct judged *j)
{
    struct fanout_report *r = j->r;
    char nodes[60] = "", late[100] = "", whom[80];

    if (r->node_count > 1 &&
        (j->f->config.expect == FANOUT_ALL || j->f->config.expect == FANOUT_OTHERS))
        snprintf(nodes, sizeof nodes, " on %u %s", r->node_count, r->named ? "nodes" : "islands");
    if (r->total.p99_us >= 0)
        snprintf(late, sizeof late, ", 99 %% of them within %s",
                 units_span((double)r->total.p99_us, 0).text);
    snprintf(whom, sizeof whom, "all %u connections", r->connections - r->refused);
    if (j->f->config.expect == FANOUT_SENDER)
        snprintf(whom, sizeof whom, "only its sender");
    else if (j->f->config.expect == FANOUT_OTHERS)
        snprintf(whom, sizeof whom, "all connections but its sender's");
    else if (j->f->config.expect == FANOUT_ISLANDS)
        snprintf(whom, sizeof whom, "the connections of its island, one of %u, and no others",
                 j->f->config.islands);
    if (j->f->sticky_given)
        snprintf(r->verdict, sizeof r->verdict, "%s", r->sticky_text);
    else if (r->published == 0)
        snprintf(r->verdict, sizeof r->verdict, "No message was published.");
    else if (j->f->config.expect == FANOUT_NONE)
        snprintf(r->verdict, sizeof r->verdict, "No message reached any connection, as expected.");
    else
        snprintf(r->verdict, sizeof r->verdict, "Every message reached %s%s%s.%s", whom, nodes,
                 late,
                 r->named && r->node_count == 1
                     ? " All of them are on one node, so nothing is known about a shared layer."
                     : "");
}

static void conclude_faults(struct fanout_report *r)
{
    size_t used = 0;

    for (size_t i = 0; i < r->fault_count && used < sizeof r->verdict; i++) {
        char first = r->faults[i].text[0];

        used += (size_t)snprintf(r->verdict + used, sizeof r->verdict - used, "%s%c%s.",
                                 i ? " " : "", first >= 'a' && first <= 'z' ? first - 32 : first,
                                 r->faults[i].text + 1);
    }
}

/* The verdict is about the rounds; of the drill there are totals. */
static void conclude_drill(struct fanout_report *r)
{
    const struct drill_totals *t = &r->drill;
    size_t used = strlen(r->verdict);
    char ended[96], lost[64];

    if (t->ended == 0)
        snprintf(ended, sizeof ended, "no connection ended");
    else if (t->gone == 0)
        snprintf(ended, sizeof ended, "%u of %u connections ended, %s returned", t->ended,
                 t->connections, t->ended == 1 ? "it" : "all of them");
    else
        snprintf(ended, sizeof ended, "%u of %u connections ended, %u did not return", t->ended,
                 t->connections, t->gone);
    if (t->lost == 0)
        snprintf(lost, sizeof lost, "no delivery was lost");
    else
        snprintf(lost, sizeof lost, "%" PRIu64 " deliver%s lost", t->lost,
                 t->lost == 1 ? "y was" : "ies were");
    snprintf(r->verdict + used, sizeof r->verdict - used, " During the drill %s, and %s.", ended,
             lost);
}

static void judge_conclude(struct judged *j)
{
    if (j->r->fault_count > 0)
        conclude_faults(j->r);
    else
        conclude_well(j);
    if (j->r->drilled)
        conclude_drill(j->r);
}

void judge_all(struct judged *j)
{
    judge_delivery(j);
    judge_double(j);
    judge_late(j);
    judge_unexpected(j);
    judge_handshakes(j);
    judge_ended(j);
    judge_conclude(j);
}
