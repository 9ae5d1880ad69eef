#include "fault/faults_private.h"

#include <stdlib.h>

struct faults *faults_new(uint64_t seed, faults_report_fn *report, void *ctx)
{
    struct faults *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->seed = seed;
    f->report = report;
    f->ctx = ctx;
    return f;
}

void faults_free(struct faults *f)
{
    free(f);
}

uint64_t faults_seed(const struct faults *f)
{
    return f->seed;
}

void faults_fidelity(struct faults *f, const char *how)
{
    f->fidelity = how;
}

static void set_due(struct armed *a, uint64_t from_us)
{
    switch (a->spec.trigger) {
    case FAULT_AFTER:
    case FAULT_EVERY:
        a->due_us = from_us + a->spec.at_us;
        break;
    case FAULT_RANDOM:
        a->due_us = from_us + a->spec.at_us +
                    faults_draw_below(&a->random, a->spec.most_us - a->spec.at_us + 1);
        break;
    default:
        a->due_us = UINT64_MAX;
        break;
    }
}

void faults_act_on_all(struct faults *f, struct armed *a, uint64_t now_us)
{
    bool lasting = !fault_is_instant(a->spec.kind);
    bool met = false;

    if (!faults_may_act(a))
        return;
    if (a->spec.kind == FAULT_OFFLINE) { /* counted by the times that it is, not by connections */
        if (a->spec.count && a->acted == a->spec.count)
            return;
        a->acted++;
    }
    if (fault_family(a->spec.kind) == FAULT_FAMILY_DIAL || a->spec.kind == FAULT_OFFLINE ||
        (lasting && a->spec.duration_us))
        a->until_us = faults_lasts_until(a, now_us);
    if (fault_family(a->spec.kind) == FAULT_FAMILY_DIAL)
        return;
    for (struct fault_conn *c = f->conns, *next; c; c = next) {
        next = c->next;
        if (!c->connected || c->over || !faults_may_act(a) || !faults_reach(c, a))
            continue;
        faults_begin(c, a, faults_lasts_until(a, now_us));
        met = true;
    }
    a->waiting = !met && (a->spec.trigger == FAULT_AFTER) && !a->until_us;
}

static bool acts_now(const struct faults *f, unsigned i);

/* Its only time is over. */
static bool is_past(const struct faults *f, const struct armed *a)
{
    switch (a->spec.trigger) {
    case FAULT_AT_ONCE:
        return (faults_is_single(a) && a->acted > 0) ||
               (a->spec.duration_us > 0 && a->until_us == 0);
    case FAULT_AFTER:
        return a->due_us == UINT64_MAX && !a->waiting && a->until_us == 0;
    case FAULT_ON_CONNECT:
        return f->attempts >= a->spec.n;
    default:
        return false;
    }
}

/* It will not act again: another may take its place. */
static bool is_spent(const struct faults *f, unsigned i)
{
    const struct armed *a = &f->armed[i];

    return a->there && (!faults_may_act(a) || is_past(f, a)) && !acts_now(f, i);
}

int faults_arm(struct faults *f, const struct fault_spec *spec, uint64_t now_us)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &f->armed[i];

        if (a->there && !is_spent(f, i))
            continue;
        f->count += !a->there;
        *a = (struct armed){.spec = *spec, .number = f->numbers++, .there = true};
        a->random = faults_generator(f->seed, a->number, 0);
        for (struct fault_conn *c = f->conns; c; c = c->next)
            c->hits[i] = (struct hit){.within = faults_reach(c, a)};
        set_due(a, now_us);
        faults_tell(f, a, "armed", spec->kind == FAULT_BLACKHOLE ? f->fidelity : NULL, NULL, 0);
        if (spec->trigger == FAULT_AT_ONCE)
            faults_act_on_all(f, a, now_us);
        faults_due_changed(f);
        return 0;
    }
    return -1;
}

void faults_heal(struct faults *f, uint64_t now_us)
{
    (void)now_us;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &f->armed[i];

        if (!a->there)
            continue;
        for (struct fault_conn *c = f->conns; c; c = c->next) {
            faults_end(c, a);
            c->hits[i].struck = false;
        }
        a->there = false;
    }
    f->count = 0;
    f->source[0] = '\0';
    faults_due_changed(f);
}

static bool acts_now(const struct faults *f, unsigned i)
{
    for (const struct fault_conn *c = f->conns; c; c = c->next) {
        if (c->hits[i].active || c->hits[i].struck)
            return true;
    }
    return fault_family(f->armed[i].spec.kind) == FAULT_FAMILY_DIAL &&
           faults_may_act(&f->armed[i]) &&
           (f->armed[i].spec.trigger == FAULT_AT_ONCE || f->armed[i].until_us > 0);
}

const struct fault_spec *faults_get(const struct faults *f, unsigned i, bool *active)
{
    for (unsigned k = 0; k < FAULTS_MAX; k++) {
        if (!f->armed[k].there)
            continue;
        *active = acts_now(f, k);
        if (is_spent(f, k))
            continue;
        if (i-- == 0)
            return &f->armed[k].spec;
    }
    return NULL;
}

bool faults_any_active(const struct faults *f)
{
    for (unsigned k = 0; k < FAULTS_MAX; k++) {
        if (f->armed[k].there && acts_now(f, k))
            return true;
    }
    return false;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t faults_due(const struct faults *f)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        const struct armed *a = &f->armed[i];

        if (!a->there)
            continue;
        if (faults_may_act(a))
            due = earlier(due, a->due_us);
        if (a->until_us)
            due = earlier(due, a->until_us);
        for (const struct fault_conn *c = f->conns; c; c = c->next) {
            if (c->hits[i].active)
                due = earlier(due, c->hits[i].until_us);
        }
    }
    return due;
}

/* The next time, without drift; times that were missed are skipped. */
static void advance(struct armed *a, uint64_t now_us)
{
    if (a->spec.trigger == FAULT_AFTER) {
        a->due_us = UINT64_MAX;
        return;
    }
    do
        set_due(a, a->due_us);
    while (a->due_us <= now_us && a->spec.at_us > 0);
}

void faults_tick(struct faults *f, uint64_t now_us)
{
    f->ticking = true;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &f->armed[i];

        if (!a->there)
            continue;
        for (struct fault_conn *c = f->conns, *next; c; c = next) {
            next = c->next;
            if (c->hits[i].active && c->hits[i].until_us <= now_us)
                faults_end(c, a);
        }
        if (a->until_us && a->until_us <= now_us)
            a->until_us = 0;
        if (a->due_us <= now_us) {
            faults_act_on_all(f, a, now_us);
            advance(a, now_us);
        }
    }
    f->ticking = false;
}

void faults_on_due(struct faults *f, void (*changed)(void *ctx), void *ctx)
{
    f->due_changed = changed;
    f->due_ctx = ctx;
}
