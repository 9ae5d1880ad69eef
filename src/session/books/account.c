#include "session/books/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "session/books/label.h"
#include "session/books/outage.h"
#include "session/books/reconcile.h"
#include "session/books/template.h"

/* Of an identity, what {id} and {last} can give back. */
#define ID_MAX 4096
/* Limits of the resume message and of a URL with the resume query. */
#define RESUME_MAX (64 * 1024)
/* This many consecutive duplicates at the start of a connection are worth a message. */
#define STALE_START 10

struct account {
    struct account_config config;
    account_emit_fn *emit;
    void *ctx;
    struct reconcile reconcile;
    struct outage outage;
    bool again;        /* of the message that is coming in parts */
    uint64_t messages; /* whole ones, or first parts */
    uint64_t numbered; /* of those, with a number or an identity */
    uint64_t openings;
    uint64_t stale; /* messages seen before since the connection opened, and nothing else */
    bool stale_reported;
    uint64_t at_us; /* of the message that was looked at last */
    int64_t time_us;
    bool in_message;    /* it is still examined: what follows from it happened then */
    struct buf id;      /* of the message, decoded */
    struct buf last_id; /* of the last one that was new */
    bool url_asked;     /* the attempt's URL requested what is above url_point */
    uint64_t url_point;
    uint64_t fetched_top; /* the highest number of what was fetched */
    struct buf scratch;
    struct buf text; /* what account_resume gave */
};

bool account_wanted(const struct account_config *config)
{
    return config->seq || config->id || config->epoch;
}

static void report(struct account *a, struct event *ev)
{
    if (a->in_message) {
        ev->at_us = a->at_us;
        ev->time_us = a->time_us;
    }
    a->emit(a->ctx, ev);
}

static void on_tell(void *ctx, enum event_kind kind, uint64_t from, uint64_t to)
{
    struct account *a = ctx;
    struct event ev = {.kind = kind, .range = {from, to, to - from + 1}};

    outage_note(&a->outage, kind, &ev.range, a->at_us);
    report(a, &ev);
}

/* Nothing secret is needed, only something a peer can't know. */
static uint64_t seed_of(const void *p)
{
    return (uint64_t)(uintptr_t)p ^ (uint64_t)clock_wall_us() << 20 ^ clock_mono_us() ^
           (uint64_t)getpid() << 40;
}

struct account *account_new(const struct account_config *config, account_emit_fn *emit, void *ctx)
{
    struct account *a = calloc(1, sizeof *a);

    if (!a)
        return NULL;
    if (reconcile_init(&a->reconcile, config->id != NULL, seed_of(a), on_tell, a) < 0) {
        free(a);
        return NULL;
    }
    a->config = *config;
    a->emit = emit;
    a->ctx = ctx;
    a->outage.hopeless = !config->resume && !config->resume_query && !config->catches_up;
    buf_init(&a->id, ID_MAX);
    buf_init(&a->last_id, ID_MAX);
    buf_init(&a->scratch, SIZE_MAX / 2);
    buf_init(&a->text, RESUME_MAX);
    return a;
}

void account_free(struct account *a)
{
    if (!a)
        return;
    reconcile_clear(&a->reconcile);
    buf_clear(&a->id);
    buf_clear(&a->last_id);
    buf_clear(&a->scratch);
    buf_clear(&a->text);
    free(a);
}

/* --- reading a message --------------------------------------------------------------------------
 */

/* A restarted server restarts its numbers; without an epoch that looks like a replay. */
static void mind_stale_start(struct account *a, const struct reconcile_message *m, bool again)
{
    const struct reconcile *r = &a->reconcile;
    struct event ev = {.kind = EVENT_NOTE};
    char text[224];

    if (!again || !m->has_seq || a->openings < 2 || (r->asked && m->seq > r->ask_point)) {
        a->stale = STALE_START;
        return;
    }
    if (a->stale >= STALE_START || ++a->stale < STALE_START || a->stale_reported)
        return;
    a->stale_reported = true;
    snprintf(text, sizeof text,
             "the numbers went back to %" PRIu64 " and below, after %" PRIu64
             ": what was seen before is omitted; if the server restarted its numbers, --epoch "
             "POINTER distinguishes its streams",
             m->seq, r->last);
    ev.note = text;
    report(a, &ev);
}

static void report_duplicate(struct account *a, const struct reconcile_message *m)
{
    struct event ev = {.kind = EVENT_DUPLICATE};

    ev.duplicate = (struct event_duplicate){m->has_seq, m->seq, m->id};
    outage_duplicate(&a->outage);
    report(a, &ev);
}

static void report_outage(struct account *a, bool settled)
{
    struct event ev = {.kind = EVENT_MISSED};

    outage_event(&a->outage, settled, &ev.missed);
    report(a, &ev);
    outage_reported(&a->outage, settled, a->at_us);
}

/* Nothing is missing any longer, and the replay has reached new messages: the books are settled.
 * Otherwise a message follows after a while. */
static void mind_outage(struct account *a, bool again, uint64_t recovered_before)
{
    const struct reconcile *r = &a->reconcile;

    if (!a->outage.open)
        return;
    if (r->open.count == 0 && !r->in_run) {
        if (!again && r->totals.recovered == recovered_before)
            report_outage(a, true);
    } else if (outage_due(&a->outage, a->at_us)) {
        report_outage(a, false);
    }
}

static void keep_id(struct account *a)
{
    struct buf older = a->last_id;

    a->last_id = a->id;
    a->id = older;
}

/* Numbers between the one that a message follows and its own do not exist. One that follows none,
 * as a snapshot does, shows nothing of what is missing. */
static void follow(const struct account *a, const struct event_message *m,
                   struct reconcile_message *found)
{
    const struct reconcile *r = &a->reconcile;
    struct slice token;
    uint64_t prev;

    if (label_find(m, a->config.prev, &token) && label_number(token, &prev)) {
        found->has_from = prev < found->seq;
        found->from = found->has_from ? prev + 1 : found->seq;
    } else if (r->has_last && r->last < found->seq) {
        found->has_from = true;
        found->from = r->last + 1;
    }
}

static struct reconcile_message look_into(struct account *a, const struct event_message *m)
{
    struct reconcile_message found = {0};
    struct slice token;

    if (label_find(m, a->config.epoch, &token) && label_name(&a->scratch, token)) {
        found.has_epoch = true;
        found.epoch = buf_slice(&a->scratch);
    }
    if (label_find(m, a->config.id, &token)) {
        /* One that does not fit is not an identity: it cannot be sent back, either. */
        found.has_id = label_name(&a->id, token);
        found.id = buf_slice(&a->id);
    }
    found.has_seq = label_find(m, a->config.seq, &token) && label_number(token, &found.seq);
    if (found.has_seq && a->config.seq_from)
        found.has_from =
            label_find(m, a->config.seq_from, &token) && label_number(token, &found.from);
    else if (found.has_seq && a->config.prev)
        follow(a, m, &found);
    return found;
}

static void read_message(struct account *a, const struct event_message *m)
{
    uint64_t recovered = a->reconcile.totals.recovered;
    struct reconcile_message found = look_into(a, m);

    a->messages++;
    a->numbered += found.has_seq || found.has_id;
    a->again = reconcile_message(&a->reconcile, &found);
    if (a->again)
        report_duplicate(a, &found);
    else if (found.has_id)
        keep_id(a);
    if (a->stale < STALE_START)
        mind_stale_start(a, &found, a->again);
    mind_outage(a, a->again, recovered);
    buf_trim(&a->scratch, 0);
}

void account_message(struct account *a, struct event *ev)
{
    a->at_us = ev->at_us;
    a->time_us = ev->time_us;
    if (ev->message.part <= 1) {
        a->in_message = true;
        read_message(a, &ev->message);
        a->in_message = false;
    }
    ev->message.again = a->again;
}

/* --- connections --------------------------------------------------------------------------------
 */

void account_opened(struct account *a)
{
    a->openings++;
    a->stale = 0;
    a->again = false;
    reconcile_opened(&a->reconcile);
    if (a->url_asked)
        reconcile_asked(&a->reconcile, a->url_point);
    a->url_asked = false;
    if (a->outage.open && !a->outage.reported)
        report_outage(a, false);
}

void account_closed(struct account *a)
{
    reconcile_closed(&a->reconcile);
    if (a->outage.open && a->reconcile.open.count == 0)
        report_outage(a, true);
}

/* The current values of {last}, {epoch} and {id}; the number is written in digits. */
static struct template_values values_now(const struct account *a, char digits[24])
{
    const struct reconcile *r = &a->reconcile;
    struct template_values values = {.id = buf_slice(&a->last_id)};
    uint64_t point;

    if (r->has_epoch)
        values.epoch = slice_make(
            r->epoch, r->epoch_len < RECONCILE_EPOCH_MAX ? r->epoch_len : RECONCILE_EPOCH_MAX);
    if (!a->config.seq)
        values.last = values.id;
    else if (reconcile_point(r, &point))
        values.last = slice_make(digits, (size_t)snprintf(digits, 24, "%" PRIu64, point));
    return values;
}

int account_resume(struct account *a, struct slice *text)
{
    char digits[24];
    struct template_values values;
    uint64_t point;

    if (!a->config.resume || a->openings < 2)
        return 0;
    values = values_now(a, digits);
    if (values.last.len == 0)
        return 0;
    buf_reset(&a->text);
    if (template_fill(&a->text, a->config.resume, TEMPLATE_MESSAGE, &values) < 0)
        return -1;
    if (reconcile_point(&a->reconcile, &point))
        reconcile_asked(&a->reconcile, point);
    *text = buf_slice(&a->text);
    return 1;
}

/* The target with the query after it. NULL: memory, or it became too long. */
static char *resumed_target(struct account *a, const char *target)
{
    char digits[24];
    struct template_values values = values_now(a, digits);
    struct buf longer;
    char *copy = NULL;

    buf_init(&longer, RESUME_MAX);
    if (buf_append_str(&longer, target) == 0 &&
        buf_append_str(&longer, strchr(target, '?') ? "&" : "?") == 0 &&
        template_fill(&longer, a->config.resume_query, TEMPLATE_URL, &values) == 0 &&
        buf_append(&longer, "", 1) == 0)
        copy = strdup((const char *)buf_data(&longer));
    buf_clear(&longer);
    return copy;
}

char *account_resume_target(struct account *a, const char *target)
{
    char *longer;

    if (!a->config.resume_query || a->openings == 0)
        return strdup(target);
    longer = resumed_target(a, target);
    a->url_asked = longer && reconcile_point(&a->reconcile, &a->url_point);
    return longer;
}

/* A URL's target with those values in it. NULL: memory, or it became too long. */
static char *fill_target(const char *target, const struct template_values *values)
{
    struct buf filled;
    char *copy = NULL;

    buf_init(&filled, RESUME_MAX);
    if (template_fill(&filled, target, TEMPLATE_URL, values) == 0 &&
        buf_append(&filled, "", 1) == 0)
        copy = strdup((const char *)buf_data(&filled));
    buf_clear(&filled);
    return copy;
}

/* --- catching up --------------------------------------------------------------------------------
 */

int account_catchup(struct account *a, const char *target, char **filled)
{
    char digits[24];
    struct template_values values = values_now(a, digits);
    uint64_t point;

    if (a->openings < 2 || values.last.len == 0)
        return 0;
    *filled = fill_target(target, &values);
    if (!*filled)
        return -1;
    if (reconcile_point(&a->reconcile, &point))
        reconcile_asked(&a->reconcile, point);
    a->fetched_top = 0;
    return 1;
}

void account_expect(struct account *a, struct slice item)
{
    const struct event_message m = {.data = item, .final = true};
    struct slice token;
    uint64_t seq;

    if (label_find(&m, a->config.seq, &token) && label_number(token, &seq) && seq > a->fetched_top)
        a->fetched_top = seq;
}

void account_expected(struct account *a)
{
    /* Another stream's numbers are unrelated to this one's. */
    if (!a->config.epoch)
        reconcile_behind(&a->reconcile, a->fetched_top);
}

bool account_fetched(struct account *a, struct event *ev)
{
    struct reconcile_message found = look_into(a, &ev->message);
    bool fresh;

    a->at_us = ev->at_us;
    a->time_us = ev->time_us;
    a->in_message = true;
    fresh = reconcile_fetched(&a->reconcile, &found);
    a->in_message = false;
    if (fresh && found.has_id)
        keep_id(a);
    buf_trim(&a->scratch, 0);
    return fresh;
}

/* --- polling ------------------------------------------------------------------------------------
 */

char *account_fill_target(const struct account *a, const char *target)
{
    char digits[24];
    struct template_values values = {0};

    if (a)
        values = values_now(a, digits);
    return fill_target(target, &values);
}

int account_known(struct account *a, struct slice text)
{
    const struct event_message m = {.data = text, .final = true};
    struct reconcile_message found;
    int known = -1;

    if (a) {
        found = look_into(a, &m);
        known = reconcile_known(&a->reconcile, &found);
        buf_trim(&a->scratch, 0);
    }
    return known;
}

void account_finish(struct account *a)
{
    struct event ev = {.kind = EVENT_NOTE};

    reconcile_finish(&a->reconcile);
    if (a->outage.open)
        report_outage(a, true);
    if (a->messages > 0 && a->numbered == 0 && (a->config.seq || a->config.id)) {
        ev.note = a->config.seq ? "no message had a number where --seq looks for it: nothing was "
                                  "accounted for"
                                : "no message had an identity where --id looks for it: nothing was "
                                  "accounted for";
        report(a, &ev);
        a->messages = 0;
    }
}

void account_totals(const struct account *a, struct totals *totals)
{
    const struct reconcile_totals *t = &a->reconcile.totals;

    totals->missed = t->missed;
    totals->recovered = t->recovered;
    totals->lost = t->lost;
    totals->duplicates = t->duplicates;
    totals->epochs = t->epochs;
}

bool account_failed(const struct account *a)
{
    return a->config.fail_on_loss && a->reconcile.totals.lost > 0;
}
