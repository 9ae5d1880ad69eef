#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/plural.h"
#include "grade/expect_private.h"
#include "measure/units.h"
#include "session/backoff.h"

static void say(struct expect_value *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct expect_value *v, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(v->evidence, sizeof v->evidence, format, args);
    va_end(args);
}

static struct units span(int64_t us)
{
    return units_span((double)us, 0);
}

/* --- outages and faults -------------------------------------------------------------------------
 */

static bool get_back(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                     struct expect_value *v)
{
    const struct grade_outage *o = &c->outages[i];
    char text[24];

    if (i >= c->outage_count)
        return false;
    v->known = true;
    if (o->back_us >= 0) {
        v->number = (double)o->back_us;
        say(v, "was back %s after the loss (outage %zu, %s, %" PRIu64 " attempt%s)",
            span(o->back_us).text, i + 1, grade_end_text(o->how, text), o->attempts,
            plural(o->attempts));
    } else {
        v->number = INFINITY;
        say(v, "did not return in the %s after the loss (outage %zu, %s, %" PRIu64 " attempt%s)",
            span((int64_t)(r->at_us - o->lost_us)).text, i + 1, grade_end_text(o->how, text),
            o->attempts, plural(o->attempts));
    }
    return true;
}

/* Of a fault never noticed, the time that it lasted. */
static bool get_noticed(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                        struct expect_value *v)
{
    const struct grade_fault *f = &c->faults[i];
    int64_t us;

    if (i >= c->fault_count)
        return false;
    us = f->noticed_us >= 0 ? f->noticed_us
         : f->over_us >= 0  ? f->over_us
                            : (int64_t)(r->at_us - f->at_us);
    v->known = true;
    v->number = (double)us;
    if (f->noticed_us >= 0)
        say(v, "noticed fault %zu (%s) after %s", i + 1, f->kind, span(us).text);
    else
        say(v, "did not notice fault %zu (%s) in %s", i + 1, f->kind, span(us).text);
    return true;
}

static bool get_attempts(const struct grade_report *r, const struct grade_client_report *c,
                         size_t i, struct expect_value *v)
{
    (void)r;
    if (i >= c->outage_count)
        return false;
    v->known = !c->outages[i].muddled;
    v->number = (double)c->outages[i].attempts;
    say(v, v->known ? "made %.0f attempts in outage %zu" : "made an unknown number of attempts",
        v->number, i + 1);
    return true;
}

/* --- how it waits -------------------------------------------------------------------------------
 */

static void say_delays(struct expect_value *v, const struct grade_client_report *c,
                       const char *what)
{
    uint64_t n = 0;

    for (size_t i = 0; i < c->outage_count; i++)
        n += c->outages[i].muddled ? 0 : c->outages[i].delay_count;
    if (v->known)
        say(v, "%s %s, by %" PRIu64 " delay%s", what, v->word, n, plural(n));
    else
        say(v, "%s is not known: %" PRIu64 " delay%s too few to tell", what, n,
            n == 1 ? " is" : "s are");
}

static bool get_backoff(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                        struct expect_value *v)
{
    (void)r;
    v->word = backoff_class_name(c->backoff.kind);
    v->known = v->word != NULL;
    say_delays(v, c, "back-off");
    return i == 0 && c->outage_count > 0;
}

static bool get_jitter(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                       struct expect_value *v)
{
    (void)r;
    v->word = backoff_spread_name(c->backoff.jitter);
    v->known = v->word != NULL;
    say_delays(v, c, "jitter");
    return i == 0 && c->outage_count > 0;
}

static bool get_preset(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                       struct expect_value *v)
{
    (void)r;
    v->word = c->backoff.preset;
    v->known = v->word != NULL;
    if (!v->known && c->backoff.kind != BACKOFF_UNKNOWN)
        say(v, "waits as no preset does (%s)", backoff_class_name(c->backoff.kind));
    else
        say_delays(v, c, "preset");
    return i == 0 && c->outage_count > 0;
}

static bool get_hammer(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                       struct expect_value *v)
{
    (void)r;
    v->known = true;
    v->number = (double)c->hammer;
    say(v,
        "made %" PRIu64 " attempt%s less than 100 ms after the one before, or more than 10 in 10 s",
        c->hammer, plural(c->hammer));
    return i == 0;
}

static bool get_retry_after(const struct grade_report *r, const struct grade_client_report *c,
                            size_t i, struct expect_value *v)
{
    (void)r;
    v->word = grade_retry_after_word(c->retry_after);
    v->known = v->word != NULL;
    say(v, v->known ? "%s Retry-After" : "was sent no Retry-After, or made no attempt after it",
        v->word);
    return i == 0 && c->outage_count > 0;
}

static bool get_gave_up(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                        struct expect_value *v)
{
    char on[40] = "";

    (void)r;
    if (c->gave_up_on > 0)
        snprintf(on, sizeof on, ", the last failure %s %d",
                 c->gave_up_on < 1000 ? "status" : "code", c->gave_up_on);
    v->known = true;
    v->word = c->gave_up_after >= 0 ? "yes" : "no";
    if (c->gave_up_after >= 0)
        say(v, "gave up after %" PRIi64 " attempt%s%s", c->gave_up_after,
            plural((uint64_t)c->gave_up_after), on);
    else
        say(v, "did not give up");
    return i == 0 && c->outage_count > 0;
}

/* --- what it lost -------------------------------------------------------------------------------
 */

/* "lost 3 messages": what comes before the number and after it. */
static bool counted(struct expect_value *v, size_t i, int64_t n, const char *before,
                    const char *after, const char *why)
{
    v->known = n >= 0;
    v->number = (double)n;
    if (v->known)
        say(v, "%s %" PRIi64 " message%s%s", before, n, plural((uint64_t)n), after);
    else
        say(v, "%s an unknown number of messages%s: %s", before, after, why);
    return i == 0;
}

#define NO_LABEL "none had what --seq or --id looks for"
#define NO_UP_ID "none had what --up-id looks for"
#define POLLED   "what it received by polling is not seen; let it use WebSocket alone"

static bool get_lost(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                     struct expect_value *v)
{
    (void)r;
    return counted(v, i, c->lost, "lost", "", c->polled ? POLLED : NO_LABEL);
}

static bool get_recovered(const struct grade_report *r, const struct grade_client_report *c,
                          size_t i, struct expect_value *v)
{
    (void)r;
    return counted(v, i, c->recovered, "recovered", "", NO_LABEL);
}

static bool get_duplicates(const struct grade_report *r, const struct grade_client_report *c,
                           size_t i, struct expect_value *v)
{
    (void)r;
    return counted(v, i, c->duplicates, "received", " twice", NO_LABEL);
}

static bool get_up_lost(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                        struct expect_value *v)
{
    (void)r;
    return counted(v, i, c->up_lost, "sent", " that never reached the server", NO_UP_ID);
}

static bool get_up_duplicates(const struct grade_report *r, const struct grade_client_report *c,
                              size_t i, struct expect_value *v)
{
    (void)r;
    /* Without --up-id there is nothing to compare before an outage. */
    return counted(v, i, c->outage_count == 0 && c->up_duplicates < 0 ? 0 : c->up_duplicates,
                   "sent", " twice", NO_UP_ID);
}

/* --- how it comes back --------------------------------------------------------------------------
 */

static bool get_double(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                       struct expect_value *v)
{
    (void)r;
    v->known = true;
    v->number = (double)c->double_us;
    say(v, "had a second connection beside the first for %s", span((int64_t)c->double_us).text);
    return i == 0;
}

static bool get_resubscribed(const struct grade_report *r, const struct grade_client_report *c,
                             size_t i, struct expect_value *v)
{
    (void)r;
    v->known = c->resubscribed >= 0;
    v->number = (double)c->resubscribed;
    v->word = v->known && c->missing_count == 0 ? "all" : NULL;
    if (v->known)
        say(v, "sent %" PRIi64 " of %" PRIi64 " subscriptions again after a reopening",
            c->resubscribed, c->subscriptions);
    else
        say(v, "had no reopened connection that lasted a second");
    return i == 0 && c->outage_count > 0;
}

static bool get_resumed(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                        struct expect_value *v)
{
    (void)r;
    v->known = c->resumed_right != GRADE_MAYBE;
    v->word = !v->known ? NULL : c->resumed_right == GRADE_YES ? "right" : "wrong";
    if (v->known)
        say(v, "resumed from %s, where the last message delivered was %s",
            c->resumed_from ? c->resumed_from : "nothing", c->should_be ? c->should_be : "unknown");
    else
        say(v, "sent nothing to resume from, or what was delivered last is not known");
    return i == 0 && c->outage_count > 0;
}

static const char *yes_no(enum grade_truth t)
{
    return t == GRADE_MAYBE ? NULL : t == GRADE_YES ? "yes" : "no";
}

static bool get_credential(const struct grade_report *r, const struct grade_client_report *c,
                           size_t i, struct expect_value *v)
{
    (void)r;
    v->word = yes_no(c->same_credential);
    v->known = v->word != NULL;
    say(v, !v->known                         ? "did not send a credential twice"
           : c->same_credential == GRADE_YES ? "sent the same credential each time"
                                             : "sent another credential than before");
    return i == 0 && c->outage_count > 0;
}

static bool get_expired(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                        struct expect_value *v)
{
    (void)r;
    v->word = yes_no(c->expired);
    v->known = v->word != NULL;
    say(v, !v->known                 ? "sent no credential that says when it expires"
           : c->expired == GRADE_YES ? "sent a credential that had expired"
                                     : "sent no expired credential");
    return i == 0;
}

/* --- all clients --------------------------------------------------------------------------------
 */

static bool get_peak(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                     struct expect_value *v)
{
    (void)c;
    v->known = r->peak_returns_per_s >= 0;
    v->number = (double)r->peak_returns_per_s;
    say(v, v->known ? "up to %.0f clients returned within a second" : "no two clients returned",
        v->number);
    return i == 0;
}

static bool get_spread(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                       struct expect_value *v)
{
    (void)c;
    v->known = r->spread_us >= 0;
    v->number = (double)r->spread_us;
    say(v, v->known ? "the returns were spread over %s" : "no two clients returned%s",
        v->known ? span(r->spread_us).text : "");
    return i == 0;
}

static bool get_outages(const struct grade_report *r, const struct grade_client_report *c, size_t i,
                        struct expect_value *v)
{
    (void)c;
    v->known = true;
    v->number = (double)r->outages;
    say(v, "there were %" PRIu64 " outage%s", r->outages, plural(r->outages));
    return i == 0;
}

/* --- the table ----------------------------------------------------------------------------------
 */

#define WORDS(function, ...)                                       \
    static const char *function(size_t i)                          \
    {                                                              \
        static const char *const words[] = {__VA_ARGS__, NULL};    \
                                                                   \
        return i < sizeof words / sizeof *words ? words[i] : NULL; \
    }

WORDS(w_all, "all")
WORDS(w_yes_no, "yes", "no")
WORDS(w_jitter, "yes", "no", "none", "partial", "full")
WORDS(w_backoff, "fixed", "linear", "exponential", "list", "none")
WORDS(w_retry_after, "obeyed", "ignored")
WORDS(w_resumed, "right", "wrong")

#define NO_OUTAGE "no client lost its connection"

static const struct grade_expect_row rows[] = {
    {{"back", CRITERION_SPAN, NULL}, get_back, NO_OUTAGE, false},
    {{"noticed", CRITERION_SPAN, NULL}, get_noticed, "no fault struck a client", false},
    {{"attempts", CRITERION_COUNT, NULL}, get_attempts, NO_OUTAGE, false},
    {{"backoff", CRITERION_WORD, w_backoff}, get_backoff, NO_OUTAGE, false},
    {{"jitter", CRITERION_WORD, w_jitter}, get_jitter, NO_OUTAGE, false},
    {{"preset", CRITERION_WORD, backoff_preset_name}, get_preset, NO_OUTAGE, false},
    {{"hammer", CRITERION_COUNT, NULL}, get_hammer, "", false},
    {{"retry_after", CRITERION_WORD, w_retry_after}, get_retry_after, NO_OUTAGE, false},
    {{"gave_up", CRITERION_WORD, w_yes_no}, get_gave_up, NO_OUTAGE, false},
    {{"double", CRITERION_SPAN, NULL}, get_double, "", false},
    {{"resubscribed", CRITERION_COUNT, w_all}, get_resubscribed, NO_OUTAGE, false},
    {{"resumed", CRITERION_WORD, w_resumed}, get_resumed, NO_OUTAGE, false},
    {{"lost", CRITERION_COUNT, NULL}, get_lost, "", false},
    {{"recovered", CRITERION_COUNT, NULL}, get_recovered, "", false},
    {{"duplicates", CRITERION_COUNT, NULL}, get_duplicates, "", false},
    {{"up_lost", CRITERION_COUNT, NULL}, get_up_lost, "", false},
    {{"up_duplicates", CRITERION_COUNT, NULL}, get_up_duplicates, "", false},
    {{"same_credential", CRITERION_WORD, w_yes_no}, get_credential, NO_OUTAGE, false},
    {{"expired", CRITERION_WORD, w_yes_no}, get_expired, "", false},
    {{"outages", CRITERION_COUNT, NULL}, get_outages, "", true},
    {{"peak", CRITERION_COUNT, NULL}, get_peak, "", true},
    {{"spread", CRITERION_SPAN, NULL}, get_spread, "", true},
};

const struct grade_expect_row *grade_expect_row(size_t i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}
