/* What faults do to one connection. */
#include "fault/faults_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Does it apply to a connection that is made now? */
static bool applies_to_new(const struct armed *a, const struct fault_conn *c, uint64_t now_us)
{
    if (!faults_reach(c, a))
        return false;
    if (a->spec.kind == FAULT_OFFLINE && now_us < a->until_us)
        return true;
    switch (a->spec.trigger) {
    case FAULT_AT_ONCE:
        if (faults_is_single(a))
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

const char *fault_conn_source(const struct fault_conn *c)
{
    return c->set->source[0] ? c->set->source : NULL;
}

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
        if (c->hits[i].active) {
            c->last = fault_kind_name(c->set->armed[i].spec.kind);
            faults_end(c, &c->set->armed[i]);
        }
    }
    c->over = true;
    faults_due_changed(c->set);
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
    faults_due_changed(c->set);
    free((char *)c->scope.path);
    free(c);
}

const struct fault_spec *fault_conn_dial(struct fault_conn *c, enum fault_kind kind,
                                         uint64_t now_us)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];

        if (a->spec.kind != kind || !faults_may_act(a))
            continue;
        if (a->spec.trigger == FAULT_AT_ONCE && a->spec.duration_us && !a->until_us)
            continue;
        if (!applies_to_new(a, c, now_us))
            continue;
        a->acted += kind != FAULT_OFFLINE;
        faults_tell(c->set, a, "begin", NULL, NULL, c->conn);
        return &a->spec;
    }
    return NULL;
}

/* Faults that apply as a connection begins, or once more is known of it: a Close frame needs
 * the opening. */
static void meet(struct fault_conn *c, struct armed *a, uint64_t now_us)
{
    bool close_frame = a->spec.kind == FAULT_CLOSE;

    if (fault_family(a->spec.kind) == FAULT_FAMILY_DIAL || !faults_may_act(a) ||
        (close_frame ? !c->opened : !c->connected) || !applies_to_new(a, c, now_us))
        return;
    a->waiting = false;
    if (a->spec.kind == FAULT_OFFLINE && a->spec.trigger == FAULT_ON_CONNECT && !a->until_us)
        faults_act_on_all(c->set, a, now_us);
    else
        faults_begin(c, a, a->until_us ? a->until_us : faults_lasts_until(a, now_us));
}

void fault_conn_connected(struct fault_conn *c, uint64_t now_us)
{
    c->connected = true;
    c->over = c->cut = false;
    c->last = NULL;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];

        c->hits[i].within = faults_reach(c, a);
        if (a->spec.kind != FAULT_CLOSE)
            meet(c, a, now_us);
    }
}

/* Begin what the connection has come within reach of, and end what it has left. */
static void enter(struct fault_conn *c, uint64_t now_us)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];
        bool was = c->hits[i].within;

        if (!a->there || !fault_proxy_only(&a->spec))
            continue;
        c->hits[i].within = faults_reach(c, a);
        if (was && !c->hits[i].within)
            faults_end(c, a);
        else if (!was && c->hits[i].within)
            meet(c, a, now_us);
    }
}

int fault_conn_scope(struct fault_conn *c, const struct fault_scope *scope, uint64_t now_us)
{
    char *path = scope->path ? strdup(scope->path) : NULL;

    if (scope->path && !path)
        return -1;
    free((char *)c->scope.path);
    c->scope = *scope;
    c->scope.path = path;
    enter(c, now_us);
    return 0;
}

static void reached(struct fault_conn *c, enum fault_trigger trigger, uint64_t before,
                    uint64_t after, uint64_t now_us)
{
    if (fault_conn_idle(c))
        return;
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct armed *a = &c->set->armed[i];

        if (!faults_may_act(a) || a->spec.trigger != trigger || !faults_reach(c, a) ||
            (trigger != FAULT_ON_OPEN && (before >= a->spec.n || a->spec.n > after)))
            continue;
        if (a->spec.kind == FAULT_OFFLINE)
            faults_act_on_all(c->set, a, now_us);
        else
            faults_begin(c, a, faults_lasts_until(a, now_us));
    }
}

void fault_conn_opened(struct fault_conn *c, uint64_t now_us)
{
    c->opened = true;
    reached(c, FAULT_ON_OPEN, 0, 0, now_us);
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        if (c->set->armed[i].spec.kind == FAULT_CLOSE)
            meet(c, &c->set->armed[i], now_us);
    }
}

void fault_conn_messages(struct fault_conn *c, uint64_t messages, uint64_t now_us)
{
    uint64_t before = c->messages;

    c->messages = messages;
    if (!fault_conn_idle(c))
        enter(c, now_us);
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

        if (faults_may_act(a) && a->spec.trigger == FAULT_ON_BYTES && a->spec.n > c->bytes)
            left = a->spec.n - c->bytes < left ? a->spec.n - c->bytes : left;
    }
    return left;
}

void fault_conn_listen(struct fault_conn *c, enum fault_listener which, void (*changed)(void *ctx),
                       void *ctx)
{
    c->listeners[which].changed = changed;
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
    faults_end(c, armed_of(c, spec));
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

        if (!c->hits[i].active || a->spec.kind != kind || !(a->spec.side & side) ||
            !faults_may_act(a))
            continue;
        /* 53 bits, as a double holds them. */
        if ((double)(faults_draw(&faults_hit(c, a)->random) >> 11) * 0x1p-53 >= a->spec.p)
            continue;
        a->acted++;
        snprintf(text, sizeof text, "message:%" PRIu64, number);
        faults_tell(c->set, a, "begin", NULL, text, c->conn);
        return true;
    }
    return false;
}

const struct fault_spec *fault_conn_pong(struct fault_conn *c, enum fault_kind kind,
                                         enum fault_side side)
{
    const struct fault_spec *spec = fault_conn_active(c, kind, side);
    struct armed *a;

    if (!spec)
        return NULL;
    a = armed_of(c, spec);
    a->acted++;
    if (!faults_may_act(a)) {
        for (struct fault_conn *each = c->set->conns; each; each = each->next)
            faults_end(each, a);
        faults_due_changed(c->set);
    }
    return spec;
}

uint64_t fault_conn_draw(struct fault_conn *c, const struct fault_spec *spec, uint64_t below)
{
    return faults_draw_below(&faults_hit(c, armed_of(c, spec))->random, below);
}

void fault_conn_describe(struct fault_conn *c, const struct fault_spec *spec, const char *how)
{
    faults_hit(c, armed_of(c, spec))->how = how;
}

const char *fault_conn_last(const struct fault_conn *c)
{
    return c->last;
}

int fault_conn_dangle(struct fault_conn *c, int fd)
{
    struct faults *f = c->set;
    int oldest = -1;

    if (f->dangling_count == FAULTS_DANGLING_MAX)
        oldest = faults_let_go(f);
    f->dangling[f->dangling_count++] = fd;
    return oldest;
}

int faults_let_go(struct faults *f)
{
    int oldest = f->dangling_count ? f->dangling[0] : -1;

    if (f->dangling_count) {
        f->dangling_count--;
        memmove(f->dangling, f->dangling + 1, sizeof *f->dangling * f->dangling_count);
    }
    return oldest;
}

void fault_conn_cut(struct fault_conn *c)
{
    c->cut = true;
}

bool fault_conn_is_cut(const struct fault_conn *c)
{
    return c->cut;
}
