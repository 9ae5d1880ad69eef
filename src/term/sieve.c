#include "term/sieve.h"

#include "base/buf.h"

#define EXPRESSION_MAX 4096

void sieve_clear(struct sieve *s)
{
    backlog_clear(&s->kept);
    for (int way = 0; way < SIEVE_WAYS; way++)
        pattern_clear(&s->filters[way].pattern);
    *s = (struct sieve){0};
}

enum sieve_way sieve_way(const struct event *ev)
{
    bool in =
        ev->leg == LEG_NONE ? ev->dir == DIR_IN : (ev->leg == LEG_CLIENT) != (ev->dir == DIR_IN);

    return in ? SIEVE_IN : SIEVE_OUT;
}

bool sieve_fits(const struct sieve *s, const struct event *ev)
{
    const struct sieve_filter *f = &s->filters[sieve_way(ev)];
    regmatch_t at;

    return !f->pattern.given ||
           pattern_find(&f->pattern, ev->message.data, 0, false, &at, 1) != f->invert;
}

enum sieve_verdict sieve_message(struct sieve *s, const struct event *ev)
{
    uint64_t number = backlog_add(&s->kept, ev), beyond;
    struct event kept;

    /* What could not be kept is shown: a filter needs the NUL after its text. */
    if (number == UINT64_MAX || !backlog_get(&s->kept, number, &kept, &beyond))
        return SIEVE_SHOW;
    if (!sieve_fits(s, &kept)) {
        s->counts.filtered++;
        return SIEVE_FILTERED;
    }
    if (!s->paused)
        return SIEVE_SHOW;
    if (ev->message.part <= 1) {
        backlog_mark(&s->kept, number);
        s->counts.held++;
    }
    return SIEVE_HELD;
}

void sieve_shown(struct sieve *s)
{
    s->counts.shown++;
}

void sieve_sampled(struct sieve *s)
{
    s->counts.sampled++;
}

/* "/EXPRESSION/", as patterns are written. */
int sieve_filter(struct sieve *s, enum sieve_way way, struct slice expression, bool invert,
                 struct err *e)
{
    struct pattern pattern = {0};
    struct buf written;
    int r = -1;

    buf_init(&written, EXPRESSION_MAX);
    if (buf_append_str(&written, "/") < 0 || buf_append_slice(&written, expression) < 0 ||
        buf_append_str(&written, "/") < 0)
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the expression is longer than 4 KiB");
    else
        r = pattern_parse(&pattern, buf_slice(&written), false, e);
    buf_clear(&written);
    if (r < 0)
        return -1;
    pattern_clear(&s->filters[way].pattern);
    s->filters[way] = (struct sieve_filter){pattern, invert};
    return 0;
}

void sieve_unfilter(struct sieve *s, enum sieve_way way)
{
    pattern_clear(&s->filters[way].pattern);
}

bool sieve_filters(const struct sieve *s)
{
    return s->filters[SIEVE_IN].pattern.given || s->filters[SIEVE_OUT].pattern.given;
}

void sieve_pause(struct sieve *s)
{
    if (s->paused)
        return;
    s->paused = true;
    s->paused_at = s->kept.end;
    s->counts.held = 0;
}

uint64_t sieve_resume(struct sieve *s,
                      void (*show)(void *ctx, const struct event *ev, uint64_t beyond), void *ctx)
{
    uint64_t from = s->paused_at > s->kept.first ? s->paused_at : s->kept.first, shown = 0, lost;

    s->paused = false;
    for (; from < s->kept.end; from++) {
        struct event ev;
        uint64_t beyond;

        if (!backlog_take_mark(&s->kept, from) || !backlog_get(&s->kept, from, &ev, &beyond))
            continue;
        show(ctx, &ev, beyond);
        shown++;
    }
    lost = s->counts.held > shown ? s->counts.held - shown : 0;
    s->counts.shown += shown;
    s->counts.lost += lost;
    s->counts.held = 0;
    return lost;
}
