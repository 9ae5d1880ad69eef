#include "net/faults.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DANGLING_MAX 16

/* An armed fault, as far as it is the same for all connections. */
struct armed {
    struct fault_spec spec;
    unsigned number; /* of its generators: the order in which faults were armed */
    bool there;      /* this place is taken */
    uint64_t armed_us;
    uint64_t acted;    /* how often */
    uint64_t due_us;   /* of a trigger by time; UINT64_MAX: not any more */
    uint64_t until_us; /* the end of the time in which it meets every connection; 0: it is over */
    bool waiting;      /* it was due while there was no connection: the next one it is */
    uint64_t random;   /* generator of the times */
};

/* What an armed fault does to one connection. */
struct hit {
    bool active;
    bool struck;       /* momentary, and not told yet */
    uint64_t until_us; /* UINT64_MAX: as long as the connection */
    uint64_t random;
    bool seeded;
    const char *how;
};

struct fault_conn {
    struct faults *set;
    struct fault_conn *next;
    uint32_t conn;
    uint64_t attempt; /* which of the set's */
    bool connected, opened;
    bool over;
    uint64_t messages, frames, bytes;
    struct hit hits[FAULTS_MAX];
    struct {
        void (*changed)(void *ctx);
        void *ctx;
    } listeners[FAULT_LISTENERS];
};

struct faults {
    uint64_t seed;
    faults_report_fn *report;
    void *ctx;
    void (*due_changed)(void *ctx);
    void *due_ctx;
    const char *fidelity; /* see faults_fidelity */
    struct armed armed[FAULTS_MAX];
    unsigned numbers; /* armed so far */
    unsigned count;   /* of the places that are taken */
    uint64_t attempts;
    struct fault_conn *conns;
    int dangling[DANGLING_MAX];
    unsigned dangling_count;
    char source[sizeof((struct fault_spec *)0)->address];
    bool ticking;
};

/* --- chance -------------------------------------------------------------------------------------
 */

/* SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t seeded(uint64_t seed, uint64_t number, uint64_t attempt)
{
    uint64_t state = seed;

    state = draw(&state) ^ (number + 1);
    state = draw(&state) ^ attempt;
    return draw(&state);
}

/* From 0 to below `below`; the unevenness of the modulo is beyond notice at 64 bits. */
static uint64_t draw_below(uint64_t *state, uint64_t below)
{
    uint64_t drawn = draw(state);

    return below ? drawn % below : 0;
}

static struct hit *hit_of(struct fault_conn *c, const struct armed *a)
{
    struct hit *hit = &c->hits[a - c->set->armed];

    if (!hit->seeded) {
        hit->random = seeded(c->set->seed, a->number, c->attempt);
        hit->seeded = true;
    }
    return hit;
}

/* --- reports ------------------------------------------------------------------------------------
 */

static void report(struct faults *f, const struct armed *a, const char *phase, const char *how,
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

static void due_changed(struct faults *f)
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

static bool may_act(const struct armed *a)
{
    return a->there && (a->spec.count == 0 || a->acted < a->spec.count);
}

static bool by_chance(enum fault_kind kind)
{
    return kind >= FAULT_DROP_IN && kind <= FAULT_REORDER;
}

/* A momentary kind needs no more than one blow where nothing says how often. */
static bool is_single(const struct armed *a)
{
    return fault_is_instant(a->spec.kind) && a->spec.trigger == FAULT_AT_ONCE && a->spec.count == 0;
}

static void begin(struct fault_conn *c, struct armed *a, uint64_t until_us)
{
    struct hit *hit = hit_of(c, a);

    if (hit->active || hit->struck || c->over)
        return;
    hit->how = NULL;
    if (fault_is_instant(a->spec.kind)) {
        hit->struck = true;
    } else {
        hit->active = true;
        hit->until_us = until_us;
    }
    if (!by_chance(a->spec.kind)) {
        a->acted++;
        if (fault_is_instant(a->spec.kind))
            report(c->set, a, "begin", NULL, NULL, c->conn);
    }
    changed(c);
    if (hit->active && !by_chance(a->spec.kind))
        report(c->set, a, "begin", hit->how, NULL, c->conn);
    due_changed(c->set);
}

static void end(struct fault_conn *c, struct armed *a)
{
    struct hit *hit = hit_of(c, a);

    if (!hit->active)
        return;
    hit->active = false;
    if (!by_chance(a->spec.kind))
        report(c->set, a, "end", NULL, NULL, c->conn);
    changed(c);
}

static uint64_t lasts_until(const struct armed *a, uint64_t now_us)
{
    return a->spec.duration_us ? now_us + a->spec.duration_us : UINT64_MAX;
}

/* Does it meet a connection that is made now? */
static bool meets_newcomer(const struct armed *a, const struct fault_conn *c, uint64_t now_us)
{
    switch (a->spec.trigger) {
    case FAULT_AT_ONCE:
        if (is_single(a))
            return a->acted == 0;
        return !a->spec.duration_us || now_us < a->until_us;
    case FAULT_ON_CONNECT:
        return c->attempt == a->spec.n;
    case FAULT_AFTER:
    case FAULT_EVERY:
    case FAULT_RANDOM:
        return a->waiting || now_us < a->until_us;
    default:
        return false;
    }
}

/* --- the set ------------------------------------------------------------------------------------
 */

struct faults *faults_new(uint64_t seed, faults_report_fn *fn, void *ctx)
{
    struct faults *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->seed = seed;
    f->report = fn;
    f->ctx = ctx;
    return f;
}

void faults_free(struct faults *f)
{
    if (!f)
        return;
    for (unsigned i = 0; i < f->dangling_count; i++)
        close(f->dangling[i]);
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
        a->due_us =
            from_us + a->spec.at_us + draw_below(&a->random, a->spec.most_us - a->spec.at_us + 1);
        break;
    default:
        a->due_us = UINT64_MAX;
        break;
    }
}

/* Its time has come: on all there is. */
static void act_on_all(struct faults *f, struct armed *a, uint64_t now_us)
{
    bool lasting = !fault_is_instant(a->spec.kind);
    bool met = false;

    if (!may_act(a))
        return;
    if (fault_family(a->spec.kind) == FAULT_FAMILY_DIAL || (lasting && a->spec.duration_us))
        a->until_us = lasts_until(a, now_us);
    if (fault_family(a->spec.kind) == FAULT_FAMILY_DIAL)
        return;
    for (struct fault_conn *c = f->conns, *next; c; c = next) {
        next = c->next;
        if (!c->connected || c->over || !may_act(a))
            continue;
        begin(c, a, lasts_until(a, now_us));
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
        return (is_single(a) && a->acted > 0) || (a->spec.duration_us > 0 && a->until_us == 0);
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

    return a->there && (!may_act(a) || is_past(f, a)) && !acts_now(f, i);
}

int faults_arm(struct faults *f, const struct fault_spec *spec, uint64_t now_us)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &f->armed[i];

        if (a->there && !is_spent(f, i))
            continue;
        f->count += !a->there;
        *a = (struct armed){
            .spec = *spec, .number = f->numbers++, .there = true, .armed_us = now_us};
        a->random = seeded(f->seed, a->number, 0);
        for (struct fault_conn *c = f->conns; c; c = c->next)
            c->hits[i] = (struct hit){0};
        set_due(a, now_us);
        report(f, a, "armed", spec->kind == FAULT_BLACKHOLE ? f->fidelity : NULL, NULL, 0);
        if (spec->trigger == FAULT_AT_ONCE)
            act_on_all(f, a, now_us);
        due_changed(f);
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
            end(c, a);
            c->hits[i].struck = false;
        }
        a->there = false;
    }
    f->count = 0;
    due_changed(f);
}

static bool acts_now(const struct faults *f, unsigned i)
{
    for (const struct fault_conn *c = f->conns; c; c = c->next) {
        if (c->hits[i].active || c->hits[i].struck)
            return true;
    }
    return fault_family(f->armed[i].spec.kind) == FAULT_FAMILY_DIAL && may_act(&f->armed[i]) &&
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
        if (may_act(a))
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

/* The next time, without drift; what was slept through is not made up for. */
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
                end(c, a);
        }
        if (a->until_us && a->until_us <= now_us)
            a->until_us = 0;
        if (a->due_us <= now_us) {
            act_on_all(f, a, now_us);
            advance(a, now_us);
        }
    }
    f->ticking = false;
}

void faults_on_due(struct faults *f, void (*fn)(void *ctx), void *ctx)
{
    f->due_changed = fn;
    f->due_ctx = ctx;
}

const char *fault_conn_source(const struct fault_conn *c)
{
    return c->set->source[0] ? c->set->source : NULL;
}

/* --- a connection -------------------------------------------------------------------------------
 */

struct fault_conn *fault_conn_new(struct faults *f, uint32_t conn, uint64_t now_us)
{
    struct fault_conn *c = calloc(1, sizeof *c);

    (void)now_us;
    if (!c)
        return NULL;
    c->set = f;
    c->conn = conn;
    c->attempt = ++f->attempts;
    c->next = f->conns;
    f->conns = c;
    return c;
}

void fault_conn_over(struct fault_conn *c, uint64_t now_us)
{
    (void)now_us;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        c->hits[i].struck = false;
        if (c->hits[i].active)
            end(c, &c->set->armed[i]);
    }
    c->over = true;
    due_changed(c->set);
}

bool fault_conn_idle(const struct fault_conn *c)
{
    return c->set->count == 0;
}

void fault_conn_free(struct fault_conn *c, uint64_t now_us)
{
    struct fault_conn **at;

    if (!c)
        return;
    for (int i = 0; i < FAULT_LISTENERS; i++)
        c->listeners[i].changed = NULL;
    fault_conn_over(c, now_us);
    for (at = &c->set->conns; *at != c; at = &(*at)->next)
        ;
    *at = c->next;
    due_changed(c->set);
    free(c);
}

const struct fault_spec *fault_conn_dial(struct fault_conn *c, enum fault_kind kind,
                                         uint64_t now_us)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];

        if (a->spec.kind != kind || !may_act(a))
            continue;
        if (a->spec.trigger == FAULT_AT_ONCE && a->spec.duration_us && !a->until_us)
            continue;
        if (!meets_newcomer(a, c, now_us))
            continue;
        a->acted++;
        report(c->set, a, "begin", NULL, NULL, c->conn);
        return &a->spec;
    }
    return NULL;
}

void fault_conn_connected(struct fault_conn *c, uint64_t now_us)
{
    c->connected = true;
    c->over = false;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];
        bool close_frame = a->spec.kind == FAULT_CLOSE;

        if (fault_family(a->spec.kind) == FAULT_FAMILY_DIAL || !may_act(a) || close_frame ||
            !meets_newcomer(a, c, now_us))
            continue;
        a->waiting = false;
        begin(c, a, a->until_us ? a->until_us : lasts_until(a, now_us));
    }
}

static void reached(struct fault_conn *c, enum fault_trigger trigger, uint64_t before,
                    uint64_t after, uint64_t now_us)
{
    if (fault_conn_idle(c))
        return;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];

        if (may_act(a) && a->spec.trigger == trigger &&
            (trigger == FAULT_ON_OPEN || (before < a->spec.n && a->spec.n <= after)))
            begin(c, a, lasts_until(a, now_us));
    }
}

void fault_conn_opened(struct fault_conn *c, uint64_t now_us)
{
    c->opened = true;
    reached(c, FAULT_ON_OPEN, 0, 0, now_us);
    for (unsigned i = 0; i < FAULTS_MAX; i++) { /* a Close frame needs the opening */
        struct armed *a = &c->set->armed[i];

        if (a->spec.kind == FAULT_CLOSE && may_act(a) && meets_newcomer(a, c, now_us)) {
            a->waiting = false;
            begin(c, a, UINT64_MAX);
        }
    }
}

void fault_conn_messages(struct fault_conn *c, uint64_t messages, uint64_t now_us)
{
    uint64_t before = c->messages;

    c->messages = messages;
    reached(c, FAULT_ON_MESSAGE, before, messages, now_us);
}

void fault_conn_frames(struct fault_conn *c, uint64_t frames, uint64_t now_us)
{
    uint64_t before = c->frames;

    c->frames = frames;
    reached(c, FAULT_ON_FRAME, before, frames, now_us);
}

void fault_conn_bytes(struct fault_conn *c, uint64_t bytes, uint64_t now_us)
{
    uint64_t before = c->bytes;

    c->bytes = bytes;
    reached(c, FAULT_ON_BYTES, before, bytes, now_us);
}

uint64_t fault_conn_bytes_left(const struct fault_conn *c)
{
    uint64_t left = UINT64_MAX;

    if (fault_conn_idle(c))
        return left;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        const struct armed *a = &c->set->armed[i];

        if (may_act(a) && a->spec.trigger == FAULT_ON_BYTES && a->spec.n > c->bytes)
            left = earlier(left, a->spec.n - c->bytes);
    }
    return left;
}

void fault_conn_listen(struct fault_conn *c, enum fault_listener which, void (*fn)(void *ctx),
                       void *ctx)
{
    c->listeners[which].changed = fn;
    c->listeners[which].ctx = ctx;
}

const struct fault_spec *fault_conn_active(const struct fault_conn *c, enum fault_kind kind,
                                           enum fault_side side)
{
    if (fault_conn_idle(c))
        return NULL;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        const struct fault_spec *spec = &c->set->armed[i].spec;

        if (c->hits[i].active && spec->kind == kind && (spec->side & side))
            return spec;
    }
    return NULL;
}

/* The armed fault a spec that was handed out belongs to. */
static struct armed *armed_of(struct fault_conn *c, const struct fault_spec *spec)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        if (&c->set->armed[i].spec == spec)
            return &c->set->armed[i];
    }
    return NULL;
}

const struct fault_spec *fault_conn_strike(struct fault_conn *c, enum fault_family family)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];

        if (!c->hits[i].struck || fault_family(a->spec.kind) != family)
            continue;
        c->hits[i].struck = false;
        if (a->spec.kind == FAULT_REBIND)
            memcpy(c->set->source, a->spec.address, sizeof c->set->source);
        return &a->spec;
    }
    return NULL;
}

void fault_conn_spent(struct fault_conn *c, const struct fault_spec *spec, uint64_t now_us)
{
    (void)now_us;
    end(c, armed_of(c, spec));
}

bool fault_conn_chance(struct fault_conn *c, enum fault_kind kind, enum fault_side side,
                       uint64_t number, uint64_t now_us)
{
    (void)now_us;
    if (fault_conn_idle(c))
        return false;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];
        char text[32];

        if (!c->hits[i].active || a->spec.kind != kind || !(a->spec.side & side) || !may_act(a))
            continue;
        /* 53 bits, as a double holds them. */
        if ((double)(draw(&hit_of(c, a)->random) >> 11) * 0x1p-53 >= a->spec.p)
            continue;
        a->acted++;
        snprintf(text, sizeof text, "message:%" PRIu64, number);
        report(c->set, a, "begin", NULL, text, c->conn);
        return true;
    }
    return false;
}

uint64_t fault_conn_draw(struct fault_conn *c, const struct fault_spec *spec, uint64_t below)
{
    return draw_below(&hit_of(c, armed_of(c, spec))->random, below);
}

void fault_conn_describe(struct fault_conn *c, const struct fault_spec *spec, const char *how)
{
    hit_of(c, armed_of(c, spec))->how = how;
}

void fault_conn_dangle(struct fault_conn *c, int fd)
{
    struct faults *f = c->set;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    if (own < 0)
        return;
    if (f->dangling_count == DANGLING_MAX) {
        close(f->dangling[0]);
        memmove(f->dangling, f->dangling + 1, sizeof *f->dangling * --f->dangling_count);
    }
    f->dangling[f->dangling_count++] = own;
}
