#include "grade/grade.h"

#include <stdlib.h>

#include "grade/grade_private.h"

struct grade *grade_new(const struct grade_config *config)
{
    struct grade *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->config = *config;
    buf_init(&g->scratch, 65536);
    return g;
}

static void client_free(struct grade_client *c)
{
    for (size_t i = 0; i < c->outage_count; i++)
        free(c->outages[i].delays);
    for (size_t i = 0; i < c->subscription_count; i++)
        free(c->subscriptions[i].text);
    grade_books_clear(c);
    free(c->outages);
    free(c->faults);
    free(c->spans);
    free(c);
}

void grade_free(struct grade *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < GRADE_BUCKETS; i++) {
        for (struct grade_conn *conn = g->buckets[i], *next; conn; conn = next) {
            next = conn->next;
            free(conn);
        }
    }
    for (size_t i = 0; i < g->client_count; i++)
        client_free(g->clients[i]);
    free(g->clients);
    buf_clear(&g->scratch);
    free(g);
}

void *grade_more(struct grade *g, void **list, size_t *count, size_t *room, size_t size, size_t max)
{
    if (*count == *room) {
        size_t more = *room ? *room * 2 : 4;
        void *longer = *count < max ? realloc(*list, more * size) : NULL;

        if (!longer) {
            g->left_out++;
            return NULL;
        }
        *list = longer;
        *room = more;
    }
    if (*count == max) {
        g->left_out++;
        return NULL;
    }
    memset((char *)*list + *count * size, 0, size);
    return (char *)*list + (*count)++ * size;
}

/* --- connections --------------------------------------------------------------------------------
 */

static struct grade_conn **bucket_of(struct grade *g, uint64_t id)
{
    return &g->buckets[(id ^ id >> 12) % GRADE_BUCKETS];
}

struct grade_conn *grade_conn_find(const struct grade *g, uint64_t id)
{
    struct grade_conn *conn = g->buckets[(id ^ id >> 12) % GRADE_BUCKETS];

    while (conn && conn->id != id)
        conn = conn->next;
    return conn;
}

static struct grade_conn *conn_new(struct grade *g, uint64_t id, struct grade_client *c)
{
    struct grade_conn *conn =
        g->conn_count < GRADE_CONNECTIONS_MAX ? calloc(1, sizeof *conn) : NULL;
    struct grade_conn **bucket = bucket_of(g, id);

    if (!conn) {
        g->left_out++;
        return NULL;
    }
    conn->id = id;
    conn->client = c;
    conn->next = *bucket;
    *bucket = conn;
    g->conn_count++;
    return conn;
}

uint64_t grade_outages_over(const struct grade *g)
{
    return g->outages_over;
}

/* --- attempts -----------------------------------------------------------------------------------
 */

/* A client that asks for another connection while a fault keeps silent about the one it has has
 * given that one up. When exactly is not known, so the outage begins here. */
static void give_up_old(struct grade *g, struct grade_client *c, uint64_t at_us)
{
    struct grade_outage *o;

    if (c->away || c->open == 0 || c->healthy > 0)
        return;
    grade_outage_begin(g, c, at_us, CLOSE_ABNORMAL);
    o = grade_outage_now(c);
    if (o)
        o->last_us = o->failed_us = 0;
}

static void begin_attempt(struct grade *g, struct grade_client *c, uint64_t at_us)
{
    grade_noticed(c, at_us);
    grade_fault_given_up(g, c, at_us);
    give_up_old(g, c, at_us);
    grade_outage_attempt(g, c, at_us);
}

static struct grade_conn *conn_of_attempt(struct grade *g, uint64_t id, struct grade_client *c)
{
    struct grade_conn *conn = grade_conn_find(g, id);

    if (!conn)
        return conn_new(g, id, c);
    if (conn->state == GRADE_CONN_OPEN || conn->state == GRADE_CONN_ENDED)
        return NULL;
    conn->client = c;
    return conn;
}

/* An upgrade of a session that Engine.IO began by polling, which has an id already. */
static bool continues_polling(const struct grade_head *head)
{
    struct slice query = grade_query(head->target), name, value;
    bool engine = false, session = false;

    while (grade_parameter(&query, &name, &value)) {
        engine = engine || slice_is(name, "EIO");
        session = session || (slice_is(name, "sid") && value.len > 0);
    }
    return head->upgrade && engine && session;
}

uint32_t grade_attempt(struct grade *g, uint64_t now_us, uint64_t id, const struct grade_head *head)
{
    struct grade_client *c = grade_who(g, head);
    struct grade_conn *conn = c ? conn_of_attempt(g, id, c) : NULL;
    uint64_t at_us = head->since_us && head->since_us < now_us ? head->since_us : now_us;
    bool goes_on;

    if (!conn)
        return c ? c->number : 0;
    if (g->began_us == 0)
        g->began_us = at_us;
    grade_who_credential(g, c, head);
    conn->state = GRADE_CONN_ATTEMPT;
    conn->plain = !head->upgrade;
    conn->asked[0] = '\0';
    if (head->upgrade)
        grade_resume_request(conn, head);
    goes_on = c->trying && c->away;
    conn->by_http = goes_on || continues_polling(head);
    c->polled = c->polled || (c->openings > 0 && continues_polling(head));
    if (!goes_on)
        begin_attempt(g, c, at_us);
    c->trying = !head->upgrade;
    return c->number;
}

void grade_refused(struct grade *g, uint64_t now_us, uint64_t id, int status, int64_t retry_after_s)
{
    struct grade_conn *conn = grade_conn_find(g, id);

    if (!conn || conn->state != GRADE_CONN_ATTEMPT || (conn->plain && status > 0 && status < 400))
        return;
    conn->state = GRADE_CONN_FAILED;
    if (retry_after_s >= 0 && retry_after_s < INT64_C(1000000000))
        conn->client->due_us = now_us + (uint64_t)retry_after_s * 1000000;
    grade_outage_failed(conn->client, now_us, status);
}

/* The only client from an address that is away, or that a silent fault has struck. */
static struct grade_client *absent_from(struct grade *g, const char *address, bool *several)
{
    struct grade_client *found = NULL;

    *several = false;
    for (size_t i = 0; i < g->client_count; i++) {
        struct grade_client *c = g->clients[i];

        if (strcmp(c->address, address) != 0 || !(c->away || (c->open > 0 && c->healthy == 0)))
            continue;
        *several = *several || found;
        found = c;
    }
    return found;
}

uint32_t grade_refused_at(struct grade *g, uint64_t now_us, const char *address)
{
    bool several;
    struct grade_client *c = absent_from(g, address, &several);

    if (!c || several) {
        g->unattributed++;
        for (size_t i = 0; several && i < g->client_count; i++) {
            struct grade_outage *o = grade_outage_now(g->clients[i]);

            if (o && strcmp(g->clients[i]->address, address) == 0)
                o->muddled = true;
        }
        return 0;
    }
    begin_attempt(g, c, now_us);
    grade_outage_failed(c, now_us, 0);
    return c->number;
}

bool grade_opened(struct grade *g, uint64_t now_us, uint64_t id)
{
    struct grade_conn *conn = grade_conn_find(g, id);
    struct grade_span *span;
    struct grade_client *c;

    if (!conn || conn->state != GRADE_CONN_ATTEMPT)
        return false;
    c = conn->client;
    conn->state = GRADE_CONN_OPEN;
    conn->opened_us = now_us;
    conn->reopened = c->away;
    c->openings++;
    c->open++;
    c->healthy++;
    c->left = false;
    c->due_us = 0;
    span = grade_more(g, (void **)&c->spans, &c->span_count, &c->span_room, sizeof *span,
                      GRADE_SPANS_MAX);
    if (span)
        *span = (struct grade_span){now_us, GRADE_UNKNOWN, id};
    grade_outage_over(g, c, now_us);
    grade_double(c, now_us);
    grade_books_opened(conn);
    grade_resume_judge(conn);
    return conn->reopened;
}

/* --- messages -----------------------------------------------------------------------------------
 */

void grade_message(struct grade *g, uint64_t now_us, uint64_t id, const struct grade_message *m)
{
    struct grade_conn *conn = grade_conn_find(g, id);

    if (!conn || conn->state < GRADE_CONN_OPEN ||
        (m->opcode != OPCODE_TEXT && m->opcode != OPCODE_BINARY))
        return;
    if (m->up && conn->given_up && !conn->silenced)
        grade_fault_taken_up(conn, now_us);
    if (m->up) {
        grade_subscribe_message(g, conn, now_us, m);
        if (conn->reopened && now_us - conn->opened_us <= GRADE_FIRST_US) {
            grade_resume_message(conn, m->data);
            grade_resume_judge(conn);
        }
    }
    if (!m->up && m->delivered && !m->cut && conn->state == GRADE_CONN_OPEN && !conn->silenced)
        grade_resume_delivered(conn->client, m->data);
    grade_books_message(g, conn, now_us, m);
}

/* --- ends ---------------------------------------------------------------------------------------
 */

static void close_span(struct grade_client *c, uint64_t id, uint64_t now_us)
{
    for (size_t i = c->span_count; i-- > 0;) {
        if (c->spans[i].conn == id && c->spans[i].to_us == GRADE_UNKNOWN) {
            c->spans[i].to_us = (int64_t)now_us;
            return;
        }
    }
}

/* A connection is no longer open. */
static void end_open(struct grade_conn *conn, uint64_t now_us)
{
    struct grade_client *c = conn->client;

    conn->state = GRADE_CONN_ENDED;
    conn->ended_us = now_us;
    c->open--;
    c->healthy -= conn->faulted ? 0 : 1;
    grade_double(c, now_us);
    close_span(c, conn->id, now_us);
    grade_subscribe_judge(conn, now_us, &c->judged, &c->missing);
    c->resumed_right = c->resumed_right || conn->resumed_right;
    c->resumed_wrong = c->resumed_wrong || conn->resumed_wrong;
    grade_books_ended(conn);
}

/* The client has moved to a newer connection, so that losing this one is not an outage. */
static bool is_replaced(const struct grade_conn *old)
{
    const struct grade_client *c = old->client;

    if (c->healthy == 0 || !old->faulted)
        return false;
    for (size_t i = 0; i < c->span_count; i++)
        if (c->spans[i].to_us == GRADE_UNKNOWN && c->spans[i].from_us > old->opened_us)
            return true;
    return false;
}

static void fail_attempt(struct grade_conn *conn, uint64_t now_us)
{
    conn->state = GRADE_CONN_FAILED;
    grade_outage_failed(conn->client, now_us, 0);
}

void grade_client_end(struct grade *g, uint64_t now_us, uint64_t id, int how)
{
    struct grade_conn *conn = grade_conn_find(g, id);
    bool struck;

    if (!conn)
        return;
    if (conn->state == GRADE_CONN_ATTEMPT) {
        fail_attempt(conn, now_us);
    } else if (conn->state == GRADE_CONN_ENDED) {
        grade_noticed(conn->client, now_us);
    } else if (conn->state == GRADE_CONN_OPEN) {
        struck = conn->faulted || grade_fault_ended(conn, now_us);
        end_open(conn, now_us);
        if (struck)
            grade_noticed(conn->client, now_us);
        if (struck && !is_replaced(conn))
            grade_outage_begin(g, conn->client, now_us, how);
        else if (!struck && conn->client->open == 0)
            conn->client->left = true;
    }
}

void grade_lost(struct grade *g, uint64_t now_us, uint64_t id, int how)
{
    struct grade_conn *conn = grade_conn_find(g, id);

    if (!conn)
        return;
    if (conn->state == GRADE_CONN_ATTEMPT) {
        fail_attempt(conn, now_us);
    } else if (conn->state == GRADE_CONN_OPEN) {
        end_open(conn, now_us);
        if (!is_replaced(conn))
            grade_outage_begin(g, conn->client, now_us, how);
    }
}

void grade_forget(struct grade *g, uint64_t id)
{
    struct grade_conn **at = bucket_of(g, id), *conn;

    while (*at && (*at)->id != id)
        at = &(*at)->next;
    conn = *at;
    if (!conn || conn->state == GRADE_CONN_OPEN)
        return;
    *at = conn->next;
    g->conn_count--;
    free(conn);
}
