#include "sink/grade/grade_json.h"

#include "base/secret.h"
#include "sink/redact.h"

int grade_shown(struct buf *out, struct slice message, bool utf8)
{
    if (secret_in_text(message))
        return redact_mark(out, message.len, utf8);
    return buf_append_slice(out, message);
}

static void put_count(struct json_tree *t, cJSON *to, const char *key, int64_t n)
{
    if (n < 0)
        tree_null(t, to, key);
    else
        tree_u64(t, to, key, (uint64_t)n);
}

static void put_truth(struct json_tree *t, cJSON *to, const char *key, enum grade_truth truth)
{
    if (truth == GRADE_MAYBE)
        tree_null(t, to, key);
    else
        tree_bool(t, to, key, truth == GRADE_YES);
}

static void put_text(struct json_tree *t, cJSON *to, const char *key, const char *text)
{
    if (text)
        tree_latin1(t, to, key, slice_str(text));
    else
        tree_null(t, to, key);
}

static void put_faults(struct json_tree *t, cJSON *to, const struct grade_report *r,
                       const struct grade_client_report *c)
{
    cJSON *list = tree_array(t, to, "faults");

    for (size_t i = 0; i < c->fault_count; i++) {
        cJSON *fault = tree_object(t, list, NULL);

        tree_string(t, fault, "kind", c->faults[i].kind);
        tree_ms_known(t, fault, "at_ms", (int64_t)(c->faults[i].at_us - r->began_us));
        tree_ms_known(t, fault, "noticed_ms", c->faults[i].noticed_us);
    }
}

static void put_outages(struct json_tree *t, cJSON *to, const struct grade_report *r,
                        const struct grade_client_report *c)
{
    cJSON *list = tree_array(t, to, "outages");

    for (size_t i = 0; i < c->outage_count; i++) {
        const struct grade_outage *o = &c->outages[i];
        cJSON *outage = tree_object(t, list, NULL), *delays;
        char text[24];

        tree_ms_known(t, outage, "at_ms", (int64_t)(o->lost_us - r->began_us));
        tree_string(t, outage, "how",
                    o->how == GRADE_END_FIN   ? "fin"
                    : o->how == GRADE_END_RST ? "rst"
                                              : grade_end_text(o->how, text));
        tree_ms_known(t, outage, "back_ms", o->back_us);
        put_count(t, outage, "attempts", o->muddled ? GRADE_UNKNOWN : (int64_t)o->attempts);
        delays = tree_array(t, outage, "delays_ms");
        for (size_t k = 0; k < o->delay_count && !o->muddled; k++)
            tree_ms_known(t, delays, NULL, o->delays[k].us);
    }
}

static void put_backoff(struct json_tree *t, cJSON *to, const struct backoff_fit *f)
{
    tree_string(t, to, "backoff", backoff_class_name(f->kind));
    if (f->factor > 0)
        tree_double(t, to, "factor", f->factor, 2);
    else
        tree_null(t, to, "factor");
    tree_ms_known(t, to, "cap_ms", f->cap_us);
    tree_string(t, to, "jitter", backoff_spread_name(f->jitter));
    tree_string(t, to, "preset", f->preset);
    if (f->confidence >= 0)
        tree_double(t, to, "confidence", f->confidence, 2);
    else
        tree_null(t, to, "confidence");
}

static void put_missing(struct json_tree *t, cJSON *to, const struct grade_client_report *c)
{
    cJSON *list;

    if (c->resubscribed < 0) {
        tree_null(t, to, "missing");
        return;
    }
    list = tree_array(t, to, "missing");
    for (size_t i = 0; i < c->missing_count; i++) {
        struct buf shown;

        buf_init(&shown, GRADE_SUBSCRIPTION_TEXT + 64);
        if (grade_shown(&shown, c->missing[i], true) < 0)
            t->failed = true;
        else
            tree_latin1(t, list, NULL, buf_slice(&shown));
        buf_clear(&shown);
    }
}

static void put_client(struct json_tree *t, cJSON *list, const struct grade_report *r,
                       const struct grade_client_report *c)
{
    cJSON *to = tree_object(t, list, NULL);

    tree_u64(t, to, "client", c->client);
    put_text(t, to, "address", c->address);
    put_text(t, to, "path", c->path);
    put_text(t, to, "user_agent", c->agent[0] ? c->agent : NULL);
    tree_u64(t, to, "connections", c->connections);
    tree_bool(t, to, "connected", c->here);
    put_faults(t, to, r, c);
    put_outages(t, to, r, c);
    put_backoff(t, to, &c->backoff);
    tree_u64(t, to, "hammer", c->hammer);
    tree_string(t, to, "retry_after", grade_retry_after_word(c->retry_after));
    put_count(t, to, "gave_up_after", c->gave_up_after);
    put_count(t, to, "gave_up_on", c->gave_up_on > 0 ? c->gave_up_on : GRADE_UNKNOWN);
    tree_ms_known(t, to, "double_ms", (int64_t)c->double_us);
    put_count(t, to, "subscriptions", c->subscriptions);
    put_count(t, to, "resubscribed", c->resubscribed);
    put_missing(t, to, c);
    put_text(t, to, "resumed_from", c->resumed_from);
    put_text(t, to, "should_be", c->should_be);
    put_count(t, to, "lost", c->lost);
    put_count(t, to, "recovered", c->recovered);
    put_count(t, to, "duplicates", c->duplicates);
    put_count(t, to, "up_lost", c->up_lost);
    put_count(t, to, "up_duplicates", c->up_duplicates);
    put_truth(t, to, "same_credential", c->same_credential);
    put_truth(t, to, "expired", c->expired);
}

int grade_json(struct json_tree *t, const struct grade_report *r)
{
    cJSON *list;

    tree_init(t);
    tree_string(t, t->root, "event", "report");
    tree_ms_known(t, t->root, "duration_ms",
                  r->client_count > 0 ? (int64_t)(r->at_us - r->began_us) : GRADE_UNKNOWN);
    tree_u64(t, t->root, "outages", r->outages);
    list = tree_array(t, t->root, "clients");
    for (size_t i = 0; i < r->client_count; i++)
        put_client(t, list, r, &r->clients[i]);
    put_count(t, t->root, "peak_returns_per_s", r->peak_returns_per_s);
    tree_ms_known(t, t->root, "spread_ms", r->spread_us);
    tree_u64(t, t->root, "unattributed", r->unattributed);
    tree_u64(t, t->root, "left_out", r->left_out);
    return t->failed ? -1 : 0;
}
