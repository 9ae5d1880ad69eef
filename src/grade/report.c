#include "grade/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "grade/grade_private.h"

/* How long a client has to be silent before it has given up: several times as long as it ever
 * waited, and at least this; without any attempt, this. */
#define SILENT_TIMES      6
#define SILENT_LEAST_US   5000000
#define SILENT_FROM_START 15000000

struct owned {
    struct grade_report report;
    struct grade_client_report *clients;
    struct slice *missing; /* GRADE_SUBSCRIPTIONS_MAX of each client */
};

/* --- back-off -----------------------------------------------------------------------------------
 */

static size_t count_delays(const struct grade_client *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->outage_count; i++)
        n += c->outages[i].delay_count;
    return n;
}

static int fit(const struct grade_client *c, struct backoff_fit *fit)
{
    size_t room = count_delays(c), n = 0;
    struct backoff_sample *samples = malloc((room ? room : 1) * sizeof *samples);

    if (!samples)
        return -1;
    for (size_t i = 0; i < c->outage_count; i++) {
        const struct grade_outage *o = &c->outages[i];

        for (size_t k = 0; k < o->delay_count && !o->muddled; k++)
            if (o->delays[k].wait_us >= 0)
                samples[n++] = (struct backoff_sample){(unsigned)i, (unsigned)k,
                                                       (double)o->delays[k].wait_us / 1e6};
    }
    *fit = backoff_fit(samples, n);
    free(samples);
    return 0;
}

/* --- giving up ----------------------------------------------------------------------------------
 */

static uint64_t longest_delay(const struct grade_client *c)
{
    int64_t longest = 0;

    for (size_t i = 0; i < c->outage_count; i++)
        for (size_t k = 0; k < c->outages[i].delay_count; k++)
            if (c->outages[i].delays[k].us > longest)
                longest = c->outages[i].delays[k].us;
    return (uint64_t)longest;
}

static void fill_giving_up(struct grade_client_report *r, const struct grade_client *c,
                           uint64_t now_us)
{
    const struct grade_outage *o = grade_outage_now(c);
    uint64_t enough = SILENT_TIMES * longest_delay(c), since;

    r->gave_up_after = GRADE_UNKNOWN;
    if (!o || o->muddled)
        return;
    if (enough < SILENT_LEAST_US)
        enough = SILENT_LEAST_US;
    if (o->attempts == 0 && enough < SILENT_FROM_START)
        enough = SILENT_FROM_START;
    since = o->attempts == 0 ? o->lost_us : o->failed_us != 0 ? o->failed_us : now_us;
    if (c->due_us > since)
        since = c->due_us;
    if (now_us < since || now_us - since < enough)
        return;
    r->gave_up_after = (int64_t)o->attempts;
    r->gave_up_on = o->last_status ? o->last_status : o->how >= 1000 ? o->how : 0;
}

/* --- subscriptions, accounts --------------------------------------------------------------------
 */

/* What is open is judged as far as it has come. */
struct so_far {
    bool judged, right, wrong;
    uint32_t missing;
};

static void look_at_open(const struct grade *g, struct so_far *all, uint64_t now_us)
{
    for (size_t i = 0; i < GRADE_BUCKETS; i++) {
        for (const struct grade_conn *conn = g->buckets[i]; conn; conn = conn->next) {
            struct so_far *s = &all[conn->client->number - 1];

            if (conn->state != GRADE_CONN_OPEN)
                continue;
            grade_subscribe_judge(conn, now_us, &s->judged, &s->missing);
            s->right = s->right || conn->resumed_right;
            s->wrong = s->wrong || conn->resumed_wrong;
        }
    }
}

static void fill_subscriptions(struct grade_client_report *r, const struct grade_client *c,
                               const struct so_far *s, struct slice *missing)
{
    r->resubscribed = GRADE_UNKNOWN;
    r->subscriptions = c->openings > 0 ? (int64_t)c->subscription_count : GRADE_UNKNOWN;
    if (!s->judged)
        return;
    r->missing = missing;
    for (size_t i = 0; i < c->subscription_count; i++)
        if (s->missing >> i & 1)
            missing[r->missing_count++] =
                slice_make(c->subscriptions[i].text, c->subscriptions[i].text_len);
    r->resubscribed = r->subscriptions - (int64_t)r->missing_count;
}

static void fill_accounts(struct grade_client_report *r, const struct grade *g,
                          const struct grade_client *c)
{
    const struct reconcile_totals *t = c->book ? &c->book->totals : NULL;

    r->lost = r->recovered = r->duplicates = r->up_lost = r->up_duplicates = GRADE_UNKNOWN;
    if (t && c->numbered) {
        r->recovered = (int64_t)(t->recovered + c->id_recovered);
        r->lost = (int64_t)(t->missed - t->recovered + c->id_missed - c->id_recovered);
        r->duplicates = (int64_t)t->duplicates;
        r->polled = c->polled && r->lost > 0;
        if (r->polled)
            r->lost = GRADE_UNKNOWN;
    }
    if (g->config.up_id && c->up_numbered) {
        r->up_lost = (int64_t)c->up_lost;
        r->up_duplicates = (int64_t)c->up_duplicates;
    } else if (!g->config.up_id && r->outage_count > 0) {
        r->up_duplicates = (int64_t)c->up_duplicates;
    }
}

/* --- clients ------------------------------------------------------------------------------------
 */

static enum grade_truth truth(bool known, bool yes)
{
    return !known ? GRADE_MAYBE : yes ? GRADE_YES : GRADE_NO;
}

static int fill_client(struct grade_client_report *r, const struct grade *g,
                       const struct grade_client *c, const struct so_far *s, struct slice *missing,
                       uint64_t now_us)
{
    *r = (struct grade_client_report){.client = c->number};
    r->address = c->address;
    r->path = c->path;
    r->agent = c->agent;
    r->connections = c->openings;
    r->here = c->open > 0;
    r->left = c->left;
    r->faults = c->faults;
    r->fault_count = c->fault_count;
    r->outages = c->outages;
    r->outage_count = c->outage_count;
    r->spans = c->spans;
    r->span_count = c->span_count;
    r->hammer = c->hammer;
    r->retry_after = truth(c->obeyed || c->ignored, !c->ignored);
    r->double_us = c->double_us + (c->double_from_us ? now_us - c->double_from_us : 0);
    r->resumed_from = c->resumed_from[0] ? c->resumed_from : NULL;
    r->should_be = c->should_be[0] ? c->should_be : NULL;
    r->resumed_right = truth(s->right || s->wrong, !s->wrong);
    r->same_credential = truth(c->credential_again, !c->credential_changed);
    r->expired = truth(c->has_expiry, c->expired);
    fill_giving_up(r, c, now_us);
    fill_subscriptions(r, c, s, missing);
    fill_accounts(r, g, c);
    return fit(c, &r->backoff);
}

/* --- all of them --------------------------------------------------------------------------------
 */

/* The returns of the wave that most clients came back from: from the first to the last. */
static int64_t spread_of(const struct grade *g, uint32_t wave, size_t *returned)
{
    uint64_t first = UINT64_MAX, last = 0;

    *returned = 0;
    for (size_t i = 0; i < g->client_count; i++) {
        const struct grade_client *c = g->clients[i];

        for (size_t k = c->outage_count; k-- > 0 && c->outages[k].wave >= wave;) {
            uint64_t back = c->outages[k].lost_us + (uint64_t)c->outages[k].back_us;

            if (c->outages[k].wave != wave || c->outages[k].back_us < 0)
                continue;
            first = back < first ? back : first;
            last = back > last ? back : last;
            ++*returned;
        }
    }
    return *returned > 1 ? (int64_t)(last - first) : GRADE_UNKNOWN;
}

/* Of the last waves: those before are not worth the time. */
#define WAVES_LOOKED_AT 64

static void fill_herd(struct grade_report *r, const struct grade *g)
{
    uint32_t least = g->wave > WAVES_LOOKED_AT ? g->wave - WAVES_LOOKED_AT : 0;
    size_t most = 1;

    r->peak_returns_per_s = r->spread_us = GRADE_UNKNOWN;
    for (uint32_t wave = g->wave; wave > least; wave--) {
        size_t returned;
        int64_t spread = spread_of(g, wave, &returned);

        if (returned > most) {
            most = returned;
            r->spread_us = spread;
        }
    }
    if (most > 1)
        r->peak_returns_per_s = (int64_t)g->peak;
}

static int fill(struct owned *o, const struct grade *g, struct so_far *all, uint64_t now_us)
{
    struct grade_report *r = &o->report;

    for (size_t i = 0; i < g->client_count; i++) {
        const struct grade_client *c = g->clients[i];

        all[i] = (struct so_far){c->judged, c->resumed_right, c->resumed_wrong, c->missing};
    }
    look_at_open(g, all, now_us);
    for (size_t i = 0; i < g->client_count; i++) {
        if (fill_client(&o->clients[i], g, g->clients[i], &all[i],
                        o->missing + i * GRADE_SUBSCRIPTIONS_MAX, now_us) < 0)
            return -1;
        r->outages += o->clients[i].outage_count;
        for (size_t k = 0; k < o->clients[i].outage_count; k++)
            r->outages_over += o->clients[i].outages[k].back_us >= 0;
    }
    r->clients = o->clients;
    r->client_count = g->client_count;
    r->at_us = now_us;
    r->began_us = g->began_us;
    r->unattributed = g->unattributed;
    r->left_out = g->left_out;
    fill_herd(r, g);
    return 0;
}

struct grade_report *grade_report_new(const struct grade *g, uint64_t now_us)
{
    size_t n = g->client_count ? g->client_count : 1;
    struct so_far *all = calloc(n, sizeof *all);
    struct owned *o = calloc(1, sizeof *o);

    if (o) {
        o->clients = calloc(n, sizeof *o->clients);
        o->missing = calloc(n, GRADE_SUBSCRIPTIONS_MAX * sizeof *o->missing);
    }
    if (!all || !o || !o->clients || !o->missing || fill(o, g, all, now_us) < 0) {
        grade_report_free(o ? &o->report : NULL);
        o = NULL;
    }
    free(all);
    return o ? &o->report : NULL;
}

void grade_report_free(struct grade_report *r)
{
    struct owned *o = (struct owned *)(void *)r; /* the report is its first member */

    if (!o)
        return;
    free(o->clients);
    free(o->missing);
    free(o);
}

const char *grade_retry_after_word(enum grade_truth obeyed)
{
    return obeyed == GRADE_MAYBE ? NULL : obeyed == GRADE_YES ? "obeyed" : "ignored";
}

const char *grade_end_text(int how, char text[24])
{
    if (how == GRADE_END_FIN)
        return "FIN";
    if (how == GRADE_END_RST)
        return "RST";
    snprintf(text, 24, "close %d", how);
    return text;
}
