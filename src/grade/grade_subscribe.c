#include <stdlib.h>

#include "grade/grade_private.h"
#include "grade/shape.h"

/* What Engine.IO sends on a new WebSocket asks for nothing: it changes the transport. */
static bool is_transport(struct slice s)
{
    return s.len < 2 || slice_is(s, "2probe") || slice_is(s, "3probe");
}

/* Socket.IO's CONNECT to a namespace is the same packet whether it authenticates, resumes or
 * neither
 * ("40", "40/admin,{...}"). */
static struct slice asked_for(struct slice s)
{
    const uint8_t *brace =
        slice_begins(s, "40{") || slice_begins(s, "40/") ? memchr(s.data, '{', s.len) : NULL;

    return brace ? slice_make(s.data, (size_t)(brace - s.data)) : s;
}

static void add(struct grade *g, struct grade_client *c, uint64_t exact, uint64_t shape,
                struct slice data)
{
    struct grade_subscription *s = &c->subscriptions[c->subscription_count];
    size_t n = data.len < GRADE_SUBSCRIPTION_TEXT ? data.len : GRADE_SUBSCRIPTION_TEXT;

    if (c->subscription_count == GRADE_SUBSCRIPTIONS_MAX || !(s->text = malloc(n))) {
        g->left_out++;
        return;
    }
    memcpy(s->text, data.data, n);
    s->text_len = n;
    s->exact = exact;
    s->shape = shape;
    c->subscription_count++;
}

/* One of this shape that was not sent again so far. */
static bool match_shape(const struct grade_client *c, struct grade_conn *conn, uint64_t shape)
{
    for (size_t i = 0; i < c->subscription_count; i++) {
        if (c->subscriptions[i].shape == shape && !(conn->matched >> i & 1)) {
            conn->matched |= UINT32_C(1) << i;
            return true;
        }
    }
    return false;
}

/* Two subscriptions may have one shape: which of them is missing shows what is sent to the byte. */
static void match(const struct grade_client *c, struct grade_conn *conn, uint64_t exact,
                  uint64_t shape)
{
    for (size_t i = 0; i < c->subscription_count; i++) {
        uint32_t bit = UINT32_C(1) << i;

        if (c->subscriptions[i].exact != exact || (conn->matched_exact & bit))
            continue;
        conn->matched_exact |= bit;
        if (conn->matched & bit)
            match_shape(c, conn, shape);
        conn->matched |= bit;
        return;
    }
    match_shape(c, conn, shape);
}

static uint32_t all_of(const struct grade_client *c)
{
    return (uint32_t)((UINT64_C(1) << c->subscription_count) - 1);
}

void grade_subscribe_message(struct grade *g, struct grade_conn *conn, uint64_t now_us,
                             const struct grade_message *m)
{
    struct grade_client *c = conn->client;
    uint64_t age_us = now_us - conn->opened_us, exact, shape;
    bool first = c->openings == 1 && !conn->reopened && age_us <= GRADE_FIRST_US;
    bool again = conn->reopened && age_us <= GRADE_RESUBSCRIBE_US && conn->matched != all_of(c);

    if ((!first && !again) || is_transport(m->data))
        return;
    exact = shape_exact(g->config.seed, asked_for(m->data));
    shape = shape_hash(g->config.seed, asked_for(m->data), m->opcode == OPCODE_TEXT);
    if (first)
        add(g, c, exact, shape, m->data);
    else
        match(c, conn, exact, shape);
}

void grade_subscribe_judge(const struct grade_conn *conn, uint64_t now_us, bool *judged,
                           uint32_t *missing)
{
    const struct grade_client *c = conn->client;
    uint32_t without = all_of(c) & ~conn->matched;
    uint64_t end_us = conn->state == GRADE_CONN_OPEN ? now_us : conn->ended_us;

    if (!conn->reopened ||
        (without && (conn->by_http || end_us - conn->opened_us < GRADE_FIRST_US)))
        return;
    *judged = true;
    if (__builtin_popcount(without) > __builtin_popcount(*missing))
        *missing = without;
}
