#include "session/books/scorecard.h"
#include "base/plural.h"

#include "base/span.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* How long a loss of that kind is not noticed: if the end itself was signalled, the silence before
 * it does not matter. */
static bool was_silent(enum close_how how)
{
    return how == CLOSE_HOW_PING_TIMEOUT || how == CLOSE_HOW_TIMEOUT;
}

void scorecard_lost(struct scorecard *c, const struct event_close *close, uint64_t now_us)
{
    c->down = true;
    c->open = false;
    c->how = close->how;
    c->detected_us = was_silent(close->how) ? close->idle_in_us : 0;
    c->since_us = span_between(c->detected_us, now_us);
    c->attempts = c->wait_count = c->waited_us = 0;
}

void scorecard_attempt(struct scorecard *c, uint64_t wait_us)
{
    if (!c->down)
        return;
    c->attempts++;
    if (c->wait_count < SCORECARD_WAITS)
        c->waits_us[c->wait_count] = wait_us;
    c->wait_count++;
    c->waited_us += wait_us;
}

bool scorecard_back(struct scorecard *c, uint64_t now_us)
{
    uint64_t lasted = span_between(c->since_us, now_us);

    if (!c->down)
        return false;
    c->down = false;
    c->open = true;
    c->back_us = now_us;
    c->outages++;
    c->down_us += lasted;
    if (lasted > c->longest_us)
        c->longest_us = lasted;
    return true;
}

struct line {
    char *text;
    size_t len;
};

static void put(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *l, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(l->text + l->len, SCORECARD_TEXT - l->len, format, args);
    va_end(args);
    if (n > 0)
        l->len += (size_t)n < SCORECARD_TEXT - l->len ? (size_t)n : SCORECARD_TEXT - 1 - l->len;
}

/* "0.06", "1.2": seconds. */
static void put_seconds(struct line *l, uint64_t us)
{
    put(l, us < 995000 ? "%.2f" : "%.1f", (double)us / 1e6);
}

static const char *how_lost(enum close_how how)
{
    switch (how) {
    case CLOSE_HOW_CLOSE_FRAME:
        return "Close frame";
    case CLOSE_HOW_FIN:
        return "FIN";
    case CLOSE_HOW_RST:
        return "RST";
    case CLOSE_HOW_TIMEOUT:
        return "time-out";
    case CLOSE_HOW_PING_TIMEOUT:
        return "ping timeout";
    case CLOSE_HOW_HANDSHAKE:
        return "handshake time-out";
    case CLOSE_HOW_TLS:
        return "TLS";
    case CLOSE_HOW_VIOLATION:
        return "violation";
    default:
        return "fault";
    }
}

void scorecard_tell(struct scorecard *c, char text[SCORECARD_TEXT], bool accounted, uint64_t missed,
                    uint64_t recovered)
{
    struct line l = {text, 0};

    text[0] = '\0';
    c->open = false;
    if (c->detected_us > 0) {
        put(&l, "detected in ");
        put_seconds(&l, c->detected_us);
        put(&l, " s (%s)", how_lost(c->how));
    } else {
        put(&l, "detected at once (%s)", how_lost(c->how));
    }
    put(&l, " · %" PRIu64 " attempt%s · waited ", c->attempts, plural(c->attempts));
    for (uint64_t i = 0; i < c->wait_count && i < SCORECARD_WAITS; i++) {
        put(&l, i ? ", " : "");
        put_seconds(&l, c->waits_us[i]);
    }
    put(&l, " s");
    if (c->wait_count > SCORECARD_WAITS) {
        put(&l, " and %" PRIu64 " more times, ", c->wait_count - SCORECARD_WAITS);
        put_seconds(&l, c->waited_us);
        put(&l, " s in all");
    }
    put(&l, " · back after ");
    put_seconds(&l, span_between(c->since_us, c->back_us));
    put(&l, " s");
    if (accounted)
        put(&l, " · missed %" PRIu64 ", recovered %" PRIu64, missed, recovered);
}

struct event_outages scorecard_sums(const struct scorecard *c, uint64_t now_us)
{
    struct event_outages sums = {
        .count = c->outages, .down_us = c->down_us, .longest_us = c->longest_us};
    uint64_t lasting = span_between(c->since_us, now_us);

    if (c->down) {
        sums.count++;
        sums.down_us += lasting;
        if (lasting > sums.longest_us)
            sums.longest_us = lasting;
    }
    return sums;
}
