#include "session/books/reconcile.h"

static void add(uint64_t *sum, uint64_t more)
{
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = UINT64_MAX;
}

int reconcile_init(struct reconcile *r, bool with_ids, uint64_t seed, reconcile_tell_fn *tell,
                   void *ctx)
{
    memset(r, 0, sizeof *r);
    r->tell = tell;
    r->ctx = ctx;
    if (with_ids)
        r->ids = id_set_new(seed);
    return with_ids && !r->ids ? -1 : 0;
}

void reconcile_clear(struct reconcile *r)
{
    id_set_free(r->ids);
    r->ids = NULL;
}

/* --- reports -------------------------------------------------------------------------------
 */

static void tell_run(struct reconcile *r)
{
    if (!r->in_run)
        return;
    r->in_run = false;
    r->tell(r->ctx, EVENT_RECOVERED, r->run_from, r->run_to);
}

/* Beyond the bound of given_up the oldest are forgotten: they would then count as seen. */
static void lose(struct reconcile *r, struct hole hole)
{
    struct hole forgotten;

    add(&r->totals.lost, hole_count(&hole));
    r->tell(r->ctx, EVENT_LOST, hole.from, hole.to);
    holes_add(&r->given_up, hole);
    holes_overflow(&r->given_up, &forgotten);
}

static void lose_all(struct reconcile *r)
{
    tell_run(r);
    for (size_t i = 0; i < r->open.count; i++)
        lose(r, r->open.list[i]);
    r->open.count = 0;
}

static void lose_surplus(struct reconcile *r)
{
    struct hole lowest;

    if (holes_overflow(&r->open, &lowest)) {
        tell_run(r);
        lose(r, lowest);
    }
}

static void gap(struct reconcile *r, uint64_t from, uint64_t to)
{
    struct hole hole = {.from = from, .to = to};

    tell_run(r);
    add(&r->totals.missed, hole_count(&hole));
    holes_add(&r->open, hole);
    r->tell(r->ctx, EVENT_GAP, from, to);
    lose_surplus(r);
}

static void recovered(struct reconcile *r, uint64_t n)
{
    add(&r->totals.recovered, 1);
    if (r->in_run && r->run_to + 1 == n) {
        r->run_to = n;
    } else if (r->in_run && n + 1 == r->run_from) {
        r->run_from = n; /* newest first */
    } else {
        tell_run(r);
        r->in_run = true;
        r->run_from = r->run_to = n;
    }
    lose_surplus(r); /* a hole may have become two */
    if (!holes_have(&r->open, n + 1) && (n == 0 || !holes_have(&r->open, n - 1)))
        tell_run(r);
}

/* --- one message --------------------------------------------------------------------------------
 */

/* Another stream: nothing of the old one will be received any longer, and its numbers have no
 * meaning. */
static void new_stream(struct reconcile *r)
{
    lose_all(r);
    r->given_up.count = 0;
    r->has_last = false;
    if (r->ids)
        id_set_clear(r->ids);
}

/* The stream is the one that is followed. */
static bool same_epoch(const struct reconcile *r, struct slice epoch)
{
    size_t kept = epoch.len < RECONCILE_EPOCH_MAX ? epoch.len : RECONCILE_EPOCH_MAX;

    return r->has_epoch && r->epoch_len == epoch.len &&
           (kept == 0 || memcmp(r->epoch, epoch.data, kept) == 0);
}

static void note_epoch(struct reconcile *r, struct slice epoch)
{
    size_t kept = epoch.len < RECONCILE_EPOCH_MAX ? epoch.len : RECONCILE_EPOCH_MAX;

    if (same_epoch(r, epoch))
        return;
    if (r->has_epoch || r->has_last)
        new_stream(r);
    r->totals.epochs++;
    r->has_epoch = true;
    r->epoch_len = epoch.len;
    if (kept)
        memcpy(r->epoch, epoch.data, kept);
}

static void begin_at(struct reconcile *r, uint64_t n)
{
    r->has_last = true;
    r->base = r->last = n;
    if (!r->has_epoch)
        r->totals.epochs++;
}

/* The first number of a message. */
static uint64_t first_of(const struct reconcile_message *m)
{
    return m->has_from && m->from < m->seq ? m->from : m->seq;
}

/* A range came, of which some numbers were missing. False: none was. */
static bool cover(struct reconcile *r, uint64_t from, uint64_t to)
{
    struct hole taken, forgotten;
    bool any = false;

    while (holes_take(&r->open, from, to, &taken)) {
        tell_run(r);
        add(&r->totals.recovered, hole_count(&taken));
        r->in_run = true;
        r->run_from = taken.from;
        r->run_to = taken.to;
        lose_surplus(r); /* a hole may have become two */
        tell_run(r);
        any = true;
    }
    while (holes_take(&r->given_up, from, to, &taken)) {
        holes_overflow(&r->given_up, &forgotten);
        any = true;
    }
    return any;
}

static void forward(struct reconcile *r, const struct reconcile_message *m)
{
    uint64_t from = first_of(m);

    if (from > r->last && from - r->last > 1)
        gap(r, r->last + 1, from - 1);
    else if (from <= r->last)
        cover(r, from, r->last);
    r->last = m->seq;
}

/* A number that is not above the last. True if it was seen before. */
static bool backward(struct reconcile *r, const struct reconcile_message *m, bool first,
                     bool id_seen)
{
    uint64_t n = m->seq;

    if (r->passed_to < n)
        r->passed_to = n;
    if (first_of(m) < n && cover(r, first_of(m), n))
        return id_seen;
    if (holes_fill(&r->open, n)) {
        recovered(r, n);
        return id_seen;
    }
    if (holes_fill(&r->given_up, n)) {
        struct hole forgotten;

        holes_overflow(&r->given_up, &forgotten);
        return id_seen;
    }
    if (n < r->base) {
        /* A restarted server begins its numbers again. Anything else is older than the stream was
         * when it was joined, and was not missed. */
        if (first && n <= 1) {
            new_stream(r);
            begin_at(r, n);
        }
        return id_seen;
    }
    if (m->has_id && !id_seen && !id_set_forgot(r->ids)) {
        /* Two messages with one number: the numbers began again. */
        new_stream(r);
        begin_at(r, n);
        id_set_add(r->ids, m->id);
        return false;
    }
    return true;
}

bool reconcile_message(struct reconcile *r, const struct reconcile_message *m)
{
    bool id_seen = false, again, first = r->first_of_connection;

    if (m->has_epoch)
        note_epoch(r, m->epoch);
    if (m->has_id)
        id_seen = id_set_add(r->ids, m->id);
    again = id_seen;
    if (m->has_seq) {
        r->first_of_connection = false;
        if (!r->has_last) {
            begin_at(r, m->seq);
            r->base = first_of(m);
        } else if (m->seq > r->last)
            forward(r, m);
        else
            again = backward(r, m, first, id_seen);
    }
    if (again)
        add(&r->totals.duplicates, 1);
    return again;
}

bool reconcile_fetched(struct reconcile *r, const struct reconcile_message *m)
{
    bool followed = !m->has_epoch || same_epoch(r, m->epoch);

    if (followed && m->has_id && id_set_has(r->ids, m->id))
        return false;
    if (followed && m->has_seq && r->has_last && m->seq <= r->last &&
        !holes_touch(&r->open, first_of(m), m->seq) &&
        !holes_touch(&r->given_up, first_of(m), m->seq))
        return false;
    reconcile_message(r, m);
    if (m->has_id && !m->has_seq) {
        add(&r->totals.missed, 1);
        add(&r->totals.recovered, 1);
    }
    return true;
}

int reconcile_known(const struct reconcile *r, const struct reconcile_message *m)
{
    bool id_seen;

    if (m->has_epoch && !same_epoch(r, m->epoch))
        return 0;
    id_seen = m->has_id && id_set_has(r->ids, m->id);
    if (id_seen)
        return 1;
    if (!m->has_seq)
        return m->has_id ? 0 : -1;
    if (!r->has_last || m->seq > r->last)
        return 0;
    if (holes_have(&r->open, m->seq) || holes_have(&r->given_up, m->seq))
        return 0;
    if (m->has_id && !id_set_forgot(r->ids))
        return 0;
    return m->seq < r->base ? KNOWN_OLDER : 1;
}

void reconcile_behind(struct reconcile *r, uint64_t highest)
{
    if (!r->has_last || highest <= r->last)
        return;
    gap(r, r->last + 1, highest);
    r->last = highest;
}

/* --- connections --------------------------------------------------------------------------------
 */

void reconcile_opened(struct reconcile *r)
{
    r->first_of_connection = true;
    r->asked = false;
    r->passed_to = 0;
}

/* The replay is over; a hole that it could have filled, and did not, is a little more lost. */
void reconcile_closed(struct reconcile *r)
{
    size_t i = 0;

    tell_run(r);
    while (r->asked && i < r->open.count) {
        struct hole *hole = &r->open.list[i];

        if (hole->from > r->ask_point && hole->to < r->passed_to &&
            ++hole->passed >= RECONCILE_ASKS)
            lose(r, holes_remove(&r->open, i));
        else
            i++;
    }
    r->asked = false;
}

bool reconcile_point(const struct reconcile *r, uint64_t *point)
{
    if (r->has_last)
        *point = r->open.count > 0 ? r->open.list[0].from - 1 : r->last;
    return r->has_last;
}

void reconcile_asked(struct reconcile *r, uint64_t point)
{
    r->asked = true;
    r->ask_point = point;
}

void reconcile_finish(struct reconcile *r)
{
    lose_all(r);
}
