#include "serve/feed.h"

#include <stdlib.h>

#include "base/decimal.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "serve/pages.h"

#define MILLION UINT64_C(1000000)
/* Microseconds from the start (285 years) beyond which nothing is due. */
#define OFFSET_MAX (UINT64_C(1) << 53)

int feed_init(struct feed *f, double rate, uint64_t burst, int64_t start_us, int64_t wall_us)
{
    *f = (struct feed){
        .burst = burst ? burst : 1,
        .start_us = start_us,
        .wall_us = wall_us,
        .per_million_s = rate < FEED_RATE_MAX ? (uint64_t)(rate * (double)MILLION + 0.5)
                                              : FEED_RATE_MAX * MILLION,
    };
    if (f->per_million_s == 0)
        f->per_million_s = 1;
    buf_init(&f->scratch, FEED_LINE);
    f->cache = calloc(FEED_CACHE, sizeof *f->cache);
    if (!f->cache || !buf_reserve(&f->scratch, FEED_LINE)) {
        feed_clear(f);
        return -1;
    }
    return 0;
}

void feed_clear(struct feed *f)
{
    free(f->cache);
    f->cache = NULL;
    buf_clear(&f->scratch);
}

void feed_forget(struct feed *f)
{
    memset(f->cache, 0, FEED_CACHE * sizeof *f->cache);
}

/* The last update of the burst that an update belongs to. */
static uint64_t burst_end(const struct feed *f, uint64_t id)
{
    uint64_t rest = id % f->burst;

    return rest == 0 || id > UINT64_MAX - f->burst ? id : id - rest + f->burst;
}

/* Microseconds from the start to an update, rounded up, so that it is never due before its time:
 * the update times 10^12 over the rate, six digits at a time, which is exact in 64 bits. */
static uint64_t offset_us(const struct feed *f, uint64_t id)
{
    uint64_t rate = f->per_million_s, last = burst_end(f, id), high, low, offset;

    if (last / rate > OFFSET_MAX / (MILLION * MILLION))
        return OFFSET_MAX;
    high = last % rate * MILLION;
    low = high % rate * MILLION;
    offset = (last / rate * MILLION + high / rate) * MILLION + low / rate + (low % rate != 0);
    return offset < OFFSET_MAX ? offset : OFFSET_MAX;
}

/* The inverse, rounded down: seconds and the microseconds beyond them, times whole updates a second
 * and the millionths beyond those. */
uint64_t feed_latest(const struct feed *f, uint64_t now_us)
{
    int64_t now = (int64_t)now_us;
    uint64_t elapsed = now > f->start_us ? (uint64_t)(now - f->start_us) : 0;
    uint64_t whole = f->per_million_s / MILLION, part = f->per_million_s % MILLION;
    uint64_t s, us, by_s, by_us, id;

    if (elapsed > OFFSET_MAX)
        elapsed = OFFSET_MAX;
    s = elapsed / MILLION;
    us = elapsed % MILLION;
    by_s = s * part;
    by_us = us * whole;
    id = s * whole + by_s / MILLION + by_us / MILLION +
         ((by_s % MILLION + by_us % MILLION) * MILLION + us * part) / (MILLION * MILLION);
    return id - id % f->burst;
}

uint64_t feed_due_us(const struct feed *f, uint64_t id)
{
    uint64_t offset = offset_us(f, id);
    int64_t due = f->start_us + (int64_t)offset;

    return offset == OFFSET_MAX ? UINT64_MAX : due > 0 ? (uint64_t)due : 0;
}

uint64_t feed_oldest(uint64_t latest)
{
    return latest > FEED_KEPT ? latest - FEED_KEPT + 1 : 1;
}

uint64_t feed_after(uint64_t since, uint64_t latest)
{
    uint64_t oldest = feed_oldest(latest);

    if (since >= latest)
        return latest + 1;
    return since + 1 < oldest ? oldest : since + 1;
}

/* Something to look at: a slow wave about 100 with noise on it, in hundredths. */
static unsigned value_of(uint64_t id)
{
    unsigned phase = (unsigned)(id % 1200);
    unsigned wave = phase < 600 ? phase : 1200 - phase;
    uint64_t noise = id * UINT64_C(0x9E3779B97F4A7C15);

    noise ^= noise >> 32;
    noise *= UINT64_C(0xD6E8FEB86659FD93);
    return 9650 + wave + (unsigned)((noise >> 40) % 101);
}

static void write_line(struct feed *f, struct feed_line *line, uint64_t id)
{
    struct json_write w;
    unsigned value = value_of(id);

    buf_reset(&f->scratch);
    json_write_init(&w, &f->scratch);
    json_object_open(&w, NULL);
    json_u64(&w, "id", id);
    json_time(&w, "time", f->wall_us + (int64_t)offset_us(f, id));
    buf_printf(&f->scratch, ",\"value\":%u.%02u", value / 100, value % 100);
    if (f->node)
        json_string(&w, "node", f->node);
    json_object_close(&w);
    line->id = id;
    line->len = (uint8_t)f->scratch.len;
    memcpy(line->text, buf_data(&f->scratch), f->scratch.len);
}

struct slice feed_text(struct feed *f, uint64_t id)
{
    struct feed_line *line = &f->cache[id % FEED_CACHE];

    if (line->id != id || line->len == 0)
        write_line(f, line, id);
    return slice_make(line->text, line->len);
}

size_t feed_text_len(const struct feed *f, uint64_t id)
{
    static const char frame[] =
        "{\"id\":,\"time\":\"2026-01-02T03:04:05.678901Z\",\"value\":97.00}";
    size_t digits = 1;

    for (uint64_t rest = id; rest > 9; rest /= 10)
        digits++;
    return sizeof frame - 1 + digits + (value_of(id) >= 10000 ? 1 : 0) +
           (f->node ? sizeof ",\"node\":\"\"" - 1 + strlen(f->node) : 0);
}

struct feed_range feed_since(uint64_t since, uint64_t latest)
{
    return (struct feed_range){feed_after(since, latest), latest};
}

struct feed_range feed_last(uint64_t count, uint64_t latest)
{
    uint64_t oldest = feed_oldest(latest);

    if (latest < oldest || latest - oldest < count)
        return (struct feed_range){oldest, latest};
    return (struct feed_range){latest - count + 1, latest};
}

uint64_t feed_page(const struct feed *f)
{
    uint64_t count = f->per_million_s * FEED_PAGE_S / MILLION;

    return count < 1 ? 1 : count < FEED_PAGE_MAX ? count : FEED_PAGE_MAX;
}

int feed_request(struct slice text, uint64_t *since)
{
    struct slice token;

    if (!json_valid(text) || json_pointer_get(text, "/since", &token) != 1)
        return -1;
    return decimal_read(token, UINT64_MAX, since) ? 0 : -1;
}
