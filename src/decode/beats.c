#include "decode/beats.h"

#include <stdio.h>

#include "decode/notes.h"

static unsigned beats_index(enum event_dir dir)
{
    return dir == DIR_OUT;
}

void beats_promise(struct beats *b, enum event_dir dir, uint64_t every_us, uint64_t limit_us,
                   uint64_t now_us)
{
    unsigned i = beats_index(dir);

    b->every_us[i] = every_us;
    b->limit_us[i] = limit_us;
    b->last_us[i] = now_us;
    b->overdue[i] = false;
}

static void measure(struct beats *b, unsigned i, uint64_t now_us)
{
    uint64_t silence = now_us > b->last_us[i] ? now_us - b->last_us[i] : 0;

    if (b->every_us[i] == 0 || silence <= b->limit_us[i])
        return;
    b->missed[i] += !b->overdue[i];
    b->overdue[i] = true;
    if (silence > b->longest_us[i])
        b->longest_us[i] = silence;
}

void beats_seen(struct beats *b, enum event_dir dir, uint64_t now_us)
{
    unsigned i = beats_index(dir);

    measure(b, i, now_us);
    b->last_us[i] = now_us;
    b->overdue[i] = false;
}

/* A little early: it has to arrive in time. */
static uint64_t owed_at(const struct beats *b)
{
    unsigned i = beats_index(DIR_OUT);

    return b->last_us[i] + b->every_us[i] - b->every_us[i] / 10;
}

bool beats_tick(struct beats *b, uint64_t now_us)
{
    measure(b, 0, now_us);
    measure(b, 1, now_us);
    return b->every_us[beats_index(DIR_OUT)] > 0 && now_us >= owed_at(b);
}

uint64_t beats_due(const struct beats *b, bool ours)
{
    unsigned in = beats_index(DIR_IN);
    uint64_t due = 0;

    if (b->every_us[in] > 0 && !b->overdue[in])
        due = b->last_us[in] + b->limit_us[in] + 1;
    if (ours && b->every_us[!in] > 0 && (due == 0 || owed_at(b) < due))
        due = owed_at(b);
    return due;
}

int beats_findings(struct beats *b, uint64_t now_us, struct buf *out)
{
    measure(b, 0, now_us);
    measure(b, 1, now_us);
    for (unsigned i = 0; i < 2; i++) {
        char times[40] = "";

        if (b->missed[i] > 1)
            snprintf(times, sizeof times, " (%llu times)", (unsigned long long)b->missed[i]);
        if (b->missed[i] > 0 &&
            notes_finding(out, "the %s sent nothing for %.1f s, but at most %.1f s are allowed%s",
                          i ? "client" : "server", (double)b->longest_us[i] / 1e6,
                          (double)b->limit_us[i] / 1e6, times) != 0)
            return -1;
    }
    return 0;
}
