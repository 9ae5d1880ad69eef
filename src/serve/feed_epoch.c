#include "serve/feed_epoch.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/decimal.h"
#include "serve/feed.h"

#define MILLION UINT64_C(1000000)
/* A feed of 10,000 years, which leaves room to add. */
#define START_MAX (INT64_MAX / 16)
/* Two clocks drift apart by this much: one part in 5,000. */
#define DRIFT 5000
/* What a clock that is adjusted gradually may be wrong in addition. */
#define SLACK_US 5000

void feed_epoch_write(char text[FEED_EPOCH_TEXT], const struct feed_epoch *epoch)
{
    snprintf(text, FEED_EPOCH_TEXT, "%" PRId64 " %" PRIu64 " %" PRIu64, epoch->start_us,
             epoch->per_million_s, epoch->burst);
}

static bool skip_blank(struct slice *text)
{
    if (text->len == 0 || text->data[0] != ' ')
        return false;
    *text = slice_from(*text, 1);
    return true;
}

int feed_epoch_read(struct slice text, struct feed_epoch *epoch)
{
    uint64_t start, rate, burst;

    if (!decimal_take(&text, START_MAX, &start) || !skip_blank(&text) ||
        !decimal_take(&text, FEED_RATE_MAX * MILLION, &rate) || rate == 0 || !skip_blank(&text) ||
        !decimal_take(&text, FEED_BURST_MAX, &burst) || burst == 0 || text.len > 0)
        return -1;
    *epoch = (struct feed_epoch){(int64_t)start, rate, burst};
    return 0;
}

int feed_epoch_compare(const struct feed_epoch *a, const struct feed_epoch *b)
{
    if (a->start_us != b->start_us)
        return a->start_us < b->start_us ? -1 : 1;
    if (a->per_million_s != b->per_million_s)
        return a->per_million_s < b->per_million_s ? -1 : 1;
    return a->burst < b->burst ? -1 : a->burst > b->burst;
}

enum feed_clock_news feed_clock_sample(struct feed_clock *c, uint64_t asked_us,
                                       uint64_t answered_us, int64_t redis_us)
{
    uint64_t error = (answered_us - asked_us) / 2;
    struct feed_clock sample = {
        .known = true,
        .offset_us = redis_us - (int64_t)(asked_us + error),
        .error_us = error,
        .at_us = answered_us,
    };
    uint64_t known_error, apart;
    bool jumped;

    if (!c->known) {
        *c = sample;
        return FEED_CLOCK_SET;
    }
    known_error = c->error_us + (answered_us - c->at_us) / DRIFT;
    apart = sample.offset_us > c->offset_us ? (uint64_t)(sample.offset_us - c->offset_us)
                                            : (uint64_t)(c->offset_us - sample.offset_us);
    jumped = apart > error + known_error + SLACK_US;
    if (!jumped && error > known_error)
        return FEED_CLOCK_KEPT;
    *c = sample;
    return jumped ? FEED_CLOCK_JUMPED : FEED_CLOCK_SET;
}
