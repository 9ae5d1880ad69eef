#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "grade/grade_private.h"
#include "grade/shape.h"
#include "session/books/label.h"

/* Of an identity or epoch. */
#define NAME_MAX_BYTES 4096

static void tell_nobody(void *ctx, enum event_kind kind, uint64_t from, uint64_t to)
{
    (void)ctx;
    (void)kind;
    (void)from;
    (void)to;
}

/* With identities a book is large, so the first clients have one. */
static struct reconcile *book_of(struct grade *g, struct grade_client *c)
{
    bool with_ids = g->config.id != NULL;

    if (c->book || (!g->config.seq && !g->config.id && !g->config.epoch))
        return c->book;
    if (with_ids && g->id_books >= GRADE_ID_BOOKS_MAX) {
        g->left_out++;
        return NULL;
    }
    c->book = calloc(1, sizeof *c->book);
    if (!c->book || reconcile_init(c->book, with_ids, g->config.seed[0], tell_nobody, NULL) < 0) {
        free(c->book);
        c->book = NULL;
        g->left_out++;
        return NULL;
    }
    g->id_books += with_ids;
    return c->book;
}

void grade_books_clear(struct grade_client *c)
{
    if (c->book)
        reconcile_clear(c->book);
    free(c->book);
    seen_clear(&c->missed_ids);
    seen_clear(&c->up_ids);
    seen_clear(&c->up_undelivered);
    buf_clear(&c->last_id);
}

/* --- what the server sends ----------------------------------------------------------------------
 */

struct labels {
    struct reconcile_message m;
    struct buf id, epoch; /* what m points to */
};

static void read_labels(const struct grade *g, const struct grade_message *message,
                        struct labels *l)
{
    const struct event_message m = {.data = grade_json_part(message->data), .final = !message->cut};
    struct slice token;

    l->m = (struct reconcile_message){.has_seq = false};
    buf_init(&l->id, NAME_MAX_BYTES);
    buf_init(&l->epoch, NAME_MAX_BYTES);
    if (label_find(&m, g->config.epoch, &token) && label_name(&l->epoch, token)) {
        l->m.has_epoch = true;
        l->m.epoch = buf_slice(&l->epoch);
    }
    if (label_find(&m, g->config.id, &token) && label_name(&l->id, token)) {
        l->m.has_id = true;
        l->m.id = buf_slice(&l->id);
    }
    l->m.has_seq = label_find(&m, g->config.seq, &token) && label_number(token, &l->m.seq);
}

static bool same_stream(const struct reconcile *r, const struct reconcile_message *m)
{
    return !m->has_epoch ||
           (r->has_epoch && r->epoch_len == m->epoch.len &&
            memcmp(r->epoch, m->epoch.data,
                   m->epoch.len < RECONCILE_EPOCH_MAX ? m->epoch.len : RECONCILE_EPOCH_MAX) == 0);
}

/* The client was away when the server sent it. */
static void missed(struct grade *g, struct grade_client *c, const struct reconcile_message *m)
{
    if (m->has_seq) {
        if (same_stream(c->book, m))
            reconcile_behind(c->book, m->seq);
    } else if (m->has_id && seen_add(&c->missed_ids, shape_exact(g->config.seed, m->id))) {
        c->id_missed++;
    }
}

static void received(struct grade *g, struct grade_client *c, const struct reconcile_message *m)
{
    reconcile_message(c->book, m);
    if (!m->has_id)
        return;
    if (!m->has_seq && seen_take(&c->missed_ids, shape_exact(g->config.seed, m->id)))
        c->id_recovered++;
    buf_reset(&c->last_id);
    if (buf_append_slice(&c->last_id, m->id) < 0)
        buf_reset(&c->last_id);
}

/* What goes to a connection that has ended, or that a fault silences, does not arrive. */
static void book_down(struct grade *g, struct grade_conn *conn, const struct grade_message *m)
{
    /* On a connection that the client has given up for another, nothing is counted. */
    bool given_up = conn->faulted && conn->client->healthy > 0;
    bool arrives = m->delivered && conn->state == GRADE_CONN_OPEN && !conn->silenced;
    struct grade_client *c = conn->client;
    struct labels l;

    if (given_up || !book_of(g, c))
        return;
    read_labels(g, m, &l);
    c->numbered = c->numbered || l.m.has_seq || l.m.has_id;
    if (arrives)
        received(g, c, &l.m);
    else if (c->away || conn->silenced)
        missed(g, c, &l.m);
    buf_clear(&l.id);
    buf_clear(&l.epoch);
}

/* --- what the client sends ----------------------------------------------------------------------
 */

static void book_up_id(struct grade *g, struct grade_client *c, const struct grade_message *message)
{
    const struct event_message m = {.data = grade_json_part(message->data), .final = !message->cut};
    struct slice token;
    uint64_t hash;

    if (!label_find(&m, g->config.up_id, &token) || !label_name(&g->scratch, token))
        return;
    c->up_numbered = true;
    hash = shape_exact(g->config.seed, buf_slice(&g->scratch));
    if (!message->delivered) {
        if (seen_times(&c->up_ids, hash) == 0 && seen_times(&c->up_undelivered, hash) == 0 &&
            seen_add(&c->up_undelivered, hash))
            c->up_lost++;
        return;
    }
    if (seen_take(&c->up_undelivered, hash))
        c->up_lost--;
    else if (seen_times(&c->up_ids, hash) > 0)
        c->up_duplicates++;
    if (seen_times(&c->up_ids, hash) == 0)
        seen_add(&c->up_ids, hash);
}

static bool is_heartbeat(struct slice s)
{
    static const char *const words[] = {"ping", "pong", "heartbeat", "hello"};

    for (size_t w = 0; s.len < 96 && w < sizeof words / sizeof *words; w++)
        if (slice_contains_nocase(s, words[w]))
            return true;
    return s.len < 4;
}

static bool is_subscription(const struct grade_client *c, uint64_t shape)
{
    for (size_t i = 0; i < c->subscription_count; i++)
        if (c->subscriptions[i].shape == shape)
            return true;
    return false;
}

/* The only place of a hash; NULL: there is none, or it is there more than once. */
static uint64_t *find_once(struct grade_sent *sent, uint64_t hash)
{
    uint64_t *found = NULL;

    for (size_t i = 0; i < sent->count && i < GRADE_SENT_MAX; i++) {
        if (sent->hashes[i] != hash)
            continue;
        if (found)
            return NULL;
        found = &sent->hashes[i];
    }
    return found;
}

/* Without an identity: the same bytes soon after a reopening, that the connection before had sent
 * exactly once (what it repeated is a heartbeat), and not as a subscription. */
static void book_up_payload(struct grade *g, struct grade_conn *conn, uint64_t now_us,
                            const struct grade_message *m)
{
    struct grade_client *c = conn->client;
    uint64_t hash, *before;

    if (!m->delivered || m->cut)
        return;
    hash = shape_quick(g->config.seed[0], m->data);
    before = conn->reopened && now_us - conn->opened_us <= GRADE_AGAIN_US
                 ? find_once(&c->sent, hash)
                 : NULL;
    if (before && !is_heartbeat(m->data) &&
        !is_subscription(c, shape_hash(g->config.seed, m->data, m->opcode == OPCODE_TEXT))) {
        *before = 0;
        c->up_duplicates++;
    }
    conn->sent.hashes[conn->sent.count++ % GRADE_SENT_MAX] = hash;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

void grade_books_message(struct grade *g, struct grade_conn *conn, uint64_t now_us,
                         const struct grade_message *m)
{
    if (!m->up)
        book_down(g, conn, m);
    else if (g->config.up_id)
        book_up_id(g, conn->client, m);
    else
        book_up_payload(g, conn, now_us, m);
}

void grade_books_opened(struct grade_conn *conn)
{
    if (conn->client->book)
        reconcile_opened(conn->client->book);
}

void grade_books_ended(struct grade_conn *conn)
{
    struct grade_client *c = conn->client;

    if (c->book)
        reconcile_closed(c->book);
    if (conn->sent.count > 0)
        c->sent = conn->sent;
}

void grade_books_point(const struct grade *g, const struct grade_client *c,
                       char text[GRADE_POINT_MAX])
{
    uint64_t point;

    text[0] = '\0';
    if (g->config.seq && c->book && reconcile_point(c->book, &point))
        snprintf(text, GRADE_POINT_MAX, "%" PRIu64, point);
    else if (!g->config.seq && c->last_id.len > 0)
        snprintf(text, GRADE_POINT_MAX, "%.*s", (int)c->last_id.len,
                 (const char *)buf_data(&c->last_id));
}
