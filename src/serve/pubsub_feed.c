/* pubsub_feed: the start that the feeds of all servers share, and Redis's clock. */
#include <stdio.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "serve/feed_service.h"
#include "serve/pubsub_private.h"

#define JUMP_REPORT_US (60 * UINT64_C(1000000))

/* --- what applies -------------------------------------------------------------------------------
 */

static const struct feed *feed_of(const struct pubsub *p)
{
    return feed_service_feed(p->host->feed);
}

static void apply(struct pubsub *p)
{
    feed_service_share(p->host->feed, &p->epoch, p->epoch.start_us - p->clock.offset_us);
}

/* Another server's start takes the place of ours. */
static void adopt(struct pubsub *p, const struct feed_epoch *epoch)
{
    uint64_t per_million_s = feed_of(p)->per_million_s, burst = feed_of(p)->burst, latest;
    bool differs = per_million_s != epoch->per_million_s || burst != epoch->burst;

    latest = feed_latest(feed_of(p), clock_mono_us());
    p->epoch = *epoch;
    apply(p);
    if (p->settled)
        pubsub_note(p, "/feed continues with number %llu of the shared feed, after %llu of its own",
                    (unsigned long long)feed_latest(feed_of(p), clock_mono_us()) + 1,
                    (unsigned long long)latest);
    if (!differs || p->rate_reported)
        return;
    p->rate_reported = true;
    pubsub_note(
        p,
        "the shared feed has %s updates a second, %llu at once, as set by the server that began "
        "it: --rate and --burst have no effect here",
        decimal_millionths(epoch->per_million_s).text, (unsigned long long)epoch->burst);
}

/* --- the key ------------------------------------------------------------------------------------
 */

static void on_set(void *ctx, const struct resp_value *reply)
{
    (void)pubsub_refused(ctx, reply, "SET " PUBSUB_FEED_KEY);
}

/* only: if there is none. */
static bool offer(struct pubsub *p, bool only)
{
    char text[FEED_EPOCH_TEXT];
    const struct slice words[] = {slice_str("SET"), slice_str(PUBSUB_FEED_KEY), {0},
                                  slice_str("EX"),  slice_str(PUBSUB_KEPT_S),   slice_str("NX")};
    struct slice filled[6];

    feed_epoch_write(text, &p->epoch);
    memcpy(filled, words, sizeof filled);
    filled[2] = slice_str(text);
    return pubsub_command(p, filled, only ? 6 : 5, on_set);
}

static void on_start(void *ctx, const struct resp_value *reply)
{
    struct pubsub *p = ctx;
    struct feed_epoch theirs;
    int order;

    if (pubsub_refused(p, reply, "GET " PUBSUB_FEED_KEY))
        return;
    order = feed_epoch_read(reply->text, &theirs) < 0 ? 1 : feed_epoch_compare(&theirs, &p->epoch);
    if (order < 0)
        adopt(p, &theirs);
    else
        apply(p);
    /* Redis has lost it, or a server that began later was first: the next look shows what is there
     * then. */
    if (order > 0 && !offer(p, reply->type == RESP_NULL))
        return;
    p->feed_joined = true;
    pubsub_check_joined(p);
}

static void ask_start(struct pubsub *p)
{
    const struct slice words[] = {slice_str("GET"), slice_str(PUBSUB_FEED_KEY)};

    (void)pubsub_command(p, words, 2, on_start);
}

/* --- the clock ----------------------------------------------------------------------------------
 */

/* TIME: seconds and microseconds. */
static bool read_time(const struct resp_value *reply, int64_t *us)
{
    const struct resp_value *s = resp_element(reply, 0), *rest = resp_element(reply, 1);
    uint64_t seconds, micros;

    if (!s || !rest || !decimal_read(s->text, UINT32_MAX, &seconds) ||
        !decimal_read(rest->text, 999999, &micros))
        return false;
    *us = (int64_t)(seconds * 1000000 + micros);
    return true;
}

/* Ours is the shared one if there is no other. */
static void begin_own(struct pubsub *p)
{
    const struct feed *feed = feed_of(p);

    p->begun = true;
    p->epoch = (struct feed_epoch){
        .start_us = feed->start_us + p->clock.offset_us,
        .per_million_s = feed->per_million_s,
        .burst = feed->burst,
    };
}

/* A clock that is set again and again is reported once a minute. */
static void report_jump(struct pubsub *p, int64_t by_us)
{
    uint64_t now = clock_mono_us();

    if (p->jump_reported_us && now - p->jump_reported_us < JUMP_REPORT_US)
        return;
    p->jump_reported_us = now;
    pubsub_note(p, "the clock of Redis at %s has jumped by %.3f s, and /feed with it", p->name,
                (double)by_us / 1e6);
}

static void on_time(void *ctx, const struct resp_value *reply)
{
    struct pubsub *p = ctx;
    int64_t before = p->clock.offset_us, us;
    struct err e;

    if (pubsub_refused(p, reply, "TIME"))
        return;
    if (!read_time(reply, &us)) {
        err_set(&e, EXIT_PROTOCOL, STAGE_PROTOCOL, 0,
                "Redis at %.100s: its answer to TIME is not a time", p->name);
        pubsub_fail(p, &e);
        return;
    }
    if (feed_clock_sample(&p->clock, p->asked_us, clock_mono_us(), us) == FEED_CLOCK_JUMPED)
        report_jump(p, p->clock.offset_us - before);
    if (!p->begun) {
        begin_own(p);
        if (!offer(p, true))
            return;
    }
    ask_start(p);
}

void pubsub_feed_ask(struct pubsub *p)
{
    const struct slice word = slice_str("TIME");

    p->asked_us = clock_mono_us();
    (void)pubsub_command(p, &word, 1, on_time);
}
