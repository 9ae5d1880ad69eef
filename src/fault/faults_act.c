/* What begins and ends, random choices, and the reports of both. */
#include "fault/faults_private.h"

#include <stdio.h>

/* --- chance -------------------------------------------------------------------------------------
 */

/* SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
uint64_t faults_draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t faults_generator(uint64_t seed, uint64_t number, uint64_t attempt)
{
    uint64_t state = seed;

    state = faults_draw(&state) ^ (number + 1);
    state = faults_draw(&state) ^ attempt;
    return faults_draw(&state);
}

/* From 0 to below `below`; the unevenness of the modulo is beyond notice at 64 bits. */
uint64_t faults_draw_below(uint64_t *state, uint64_t below)
{
    uint64_t drawn = faults_draw(state);

    return below ? drawn % below : 0;
}

struct hit *faults_hit(struct fault_conn *c, const struct armed *a)
{
    struct hit *hit = &c->hits[a - c->set->armed];

    if (!hit->seeded) {
        hit->random = faults_generator(c->set->seed, a->number, c->attempt);
        hit->seeded = true;
    }
    return hit;
}

/* --- reports ------------------------------------------------------------------------------------
 */

void faults_tell(struct faults *f, const struct armed *a, const char *phase, const char *how,
                 const char *trigger, uint32_t conn)
{
    char args[FAULT_TEXT + 64], when[FAULT_TEXT];
    struct event_fault ev = {
        .kind = fault_kind_name(a->spec.kind), .phase = phase, .trigger = when, .args = args};

    fault_print_args(&a->spec, args);
    if (how) {
        size_t n = strlen(args);

        snprintf(args + n, sizeof args - n, "%s%s", n ? ", " : "", how);
    }
    if (trigger)
        snprintf(when, sizeof when, "%s", trigger);
    else
        fault_print_trigger(&a->spec, when);
    f->report(f->ctx, &ev, conn);
}

void faults_due_changed(struct faults *f)
{
    if (f->due_changed && !f->ticking)
        f->due_changed(f->due_ctx);
}

static void changed(struct fault_conn *c)
{
    for (int i = 0; i < FAULT_LISTENERS; i++) {
        if (c->listeners[i].changed)
            c->listeners[i].changed(c->listeners[i].ctx);
    }
}

/* --- acting on a connection ---------------------------------------------------------------------
 */

bool faults_may_act(const struct armed *a)
{
    bool goes_on = a->spec.kind == FAULT_OFFLINE && a->until_us > 0;

    return a->there && (a->spec.count == 0 || a->acted < a->spec.count || goes_on);
}

bool faults_reach(const struct fault_conn *c, const struct armed *a)
{
    struct fault_scope scope = c->scope;
    uint64_t state;

    if (!fault_proxy_only(&a->spec))
        return true;
    scope.messages = c->messages;
    if (a->spec.has_share) {
        /* Once for each client: not by the attempts that chances are drawn for. */
        state = faults_generator(c->set->seed, a->number, UINT64_MAX - scope.client);
        scope.drawn = (double)(faults_draw(&state) >> 11) * 0x1p-53;
    }
    return fault_applies(&a->spec, &scope);
}

/* Whether it affects a message: each has a probability. */
static bool faults_by_chance(enum fault_kind kind)
{
    return kind >= FAULT_DROP_IN && kind <= FAULT_REORDER;
}

/* It acts on pongs, one after another. */
static bool faults_on_pongs(enum fault_kind kind)
{
    return kind == FAULT_DROP_PONG || kind == FAULT_DELAY_PONG || kind == FAULT_WRONG_PONG;
}

/* A momentary kind acts once if no count is given. */
bool faults_is_single(const struct armed *a)
{
    return fault_is_instant(a->spec.kind) && a->spec.trigger == FAULT_AT_ONCE && a->spec.count == 0;
}

void faults_begin(struct fault_conn *c, struct armed *a, uint64_t until_us)
{
    struct hit *hit = faults_hit(c, a);

    if (hit->active || hit->struck || c->over)
        return;
    hit->how = NULL;
    if (fault_is_instant(a->spec.kind)) {
        hit->struck = true;
    } else {
        hit->active = true;
        hit->until_us = until_us;
    }
    if (!faults_by_chance(a->spec.kind)) {
        a->acted += !faults_on_pongs(a->spec.kind) && a->spec.kind != FAULT_OFFLINE;
        if (fault_is_instant(a->spec.kind))
            faults_tell(c->set, a, "begin", NULL, NULL, c->conn);
    }
    changed(c);
    if (hit->active && !faults_by_chance(a->spec.kind))
        faults_tell(c->set, a, "begin", hit->how, NULL, c->conn);
    faults_due_changed(c->set);
}

void faults_end(struct fault_conn *c, struct armed *a)
{
    struct hit *hit = faults_hit(c, a);

    if (!hit->active)
        return;
    hit->active = false;
    if (!faults_by_chance(a->spec.kind))
        faults_tell(c->set, a, "end", NULL, NULL, c->conn);
    changed(c);
}

uint64_t faults_lasts_until(const struct armed *a, uint64_t now_us)
{
    return a->spec.duration_us ? now_us + a->spec.duration_us : UINT64_MAX;
}
