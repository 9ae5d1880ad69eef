#include <stdarg.h>
#include <stdio.h>

#include "fanout/judge_private.h"

#define NAMED_MAX 4 /* in a list */

struct fanout_fault *judge_add(struct judged *j, enum fanout_fault_kind kind, uint32_t node,
                               const char *format, ...)
{
    struct fanout_fault *fault;
    va_list args;

    if (j->r->fault_count == FANOUT_FAULTS_MAX)
        return NULL;
    fault = &j->r->faults[j->r->fault_count++];
    fault->kind = kind;
    fault->node = node;
    va_start(args, format);
    vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    return fault;
}

void judge_advise(struct fanout_fault *fault, const char *format, ...)
{
    va_list args;

    if (!fault)
        return;
    va_start(args, format);
    vsnprintf(fault->advice, sizeof fault->advice, format, args);
    va_end(args);
}

unsigned judge_size(node_set nodes)
{
    unsigned n = 0;

    for (; nodes; nodes &= nodes - 1)
        n++;
    return n;
}

uint32_t judge_first(node_set nodes)
{
    uint32_t i = 0;

    while (i < NODES_MAX && !(nodes >> i & 1))
        i++;
    return i;
}

static void append(struct judge_words *w, const char *text)
{
    size_t used = strlen(w->text);

    snprintf(w->text + used, sizeof w->text - used, "%s", text);
}

/* "a", "a and b", "a, b and c", "a, b, c, d and 9 more": the i-th of count. */
static void append_item(struct judge_words *w, const char *item, size_t i, size_t count)
{
    char more[32];

    if (i > NAMED_MAX)
        return;
    if (i == NAMED_MAX && count > NAMED_MAX + 1) {
        snprintf(more, sizeof more, " and %zu more", count - NAMED_MAX);
        append(w, more);
        return;
    }
    append(w, i == 0 ? "" : i + 1 == count ? " and " : ", ");
    append(w, item);
}

struct judge_words judge_connections(const struct judged *j, judge_wanted_fn *wanted, uint32_t arg)
{
    struct judge_words w = {"connection"};
    size_t count = 0, i = 0;
    char number[16];

    for (uint32_t conn = 0; conn < j->r->connections; conn++)
        count += wanted(j, conn, arg);
    append(&w, count == 1 ? " " : "s ");
    for (uint32_t conn = 0; conn < j->r->connections; conn++) {
        if (!wanted(j, conn, arg))
            continue;
        snprintf(number, sizeof number, "%u", conn + 1);
        append_item(&w, number, i++, count);
    }
    return w;
}

static bool on_node(const struct judged *j, uint32_t conn, uint32_t node)
{
    return j->node_of[conn] == node;
}

struct judge_words judge_node(const struct judged *j, uint32_t node)
{
    struct judge_words w;

    snprintf(w.text, sizeof w.text, "%s%s", j->r->named ? "node " : "", j->r->nodes[node].name);
    if (!j->r->named) {
        append(&w, " (");
        append(&w, judge_connections(j, on_node, node).text);
        append(&w, ")");
    }
    return w;
}

struct judge_words judge_nodes(const struct judged *j, node_set nodes)
{
    struct judge_words w = {""};
    size_t count = judge_size(nodes), i = 0;

    if (count == 1)
        return judge_node(j, judge_first(nodes));
    append(&w, j->r->named ? "nodes " : "");
    for (uint32_t node = 0; node < j->r->node_count; node++)
        if (nodes >> node & 1)
            append_item(&w, j->r->nodes[node].name, i++, count);
    return w;
}
