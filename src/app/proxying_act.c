#include "app/proxying_act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/proxying.h"
#include "base/clock.h"
#include "base/span.h"
#include "net/timer.h"

/* A connection in a black hole of ours. */
struct proxying_hole {
    struct proxying_hole *next;
    uint32_t conn;
    uint64_t until_us; /* clock_mono_us; UINT64_MAX: until proxying_heal */
};

/* --- which connections --------------------------------------------------------------------------
 */

static bool is_meant(const struct relay_conn *c, const struct proxying_who *who)
{
    return (who->conn == 0 || who->conn == relay_conn_number(c)) &&
           (who->client == 0 || who->client == relay_conn_client(c));
}

/* open: with an open WebSocket alone. */
static struct relay_conn *next_of(const struct proxying *p, const struct proxying_who *who,
                                  const struct relay_conn *last, bool open)
{
    struct relay_conn *c = last ? relay_next(last) : relay_first(p->relay);

    while (c && (!is_meant(c, who) || (open && !relay_conn_is_open(c))))
        c = relay_next(c);
    return c;
}

struct relay_conn *proxying_who_next(const struct proxying *p, const struct proxying_who *who,
                                     const struct relay_conn *last)
{
    return next_of(p, who, last, true);
}

/* --- what cuts ----------------------------------------------------------------------------------
 */

static const struct {
    enum relay_drop how;
    enum fault_kind kind;
} drops[] = {
    {RELAY_DROP_RST, FAULT_RST},
    {RELAY_DROP_FIN, FAULT_FIN},
    {RELAY_DROP_CLOSE, FAULT_CLOSE},
    {RELAY_DROP_BLACKHOLE, FAULT_BLACKHOLE},
};

/* Whether what was typed is a way to drop, and nothing more. */
static bool take_spec(const struct fault_spec *spec, struct proxying_drop *drop)
{
    bool lasts = spec->kind == FAULT_BLACKHOLE;

    if (spec->trigger != FAULT_AT_ONCE || spec->count || fault_proxy_only(spec) ||
        spec->side != FAULT_SIDE_BOTH || (spec->duration_us && !lasts))
        return false;
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        if (drops[i].kind != spec->kind)
            continue;
        *drop = (struct proxying_drop){
            .how = drops[i].how, .code = (uint16_t)spec->code, .for_us = spec->duration_us};
        memcpy(drop->reason, spec->reason, sizeof drop->reason);
        return true;
    }
    return false;
}

int proxying_drop_parse(const char *text, struct proxying_drop *drop, struct err *e)
{
    struct fault_spec spec;

    if (fault_parse(&spec, slice_str(text), e) == 0 && take_spec(&spec, drop))
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%.40s\" is not a way to drop a connection", text);
    err_hint(e, "rst, fin, close:CODE or blackhole");
    return -1;
}

/* Reported as any other fault is; proxying_watch_fault makes it a fact of the report. */
static void report(struct proxying *p, const struct relay_conn *c, enum fault_kind kind,
                   const char *phase, const char *args)
{
    struct event ev = {
        .kind = EVENT_FAULT,
        .conn = c ? relay_conn_number(c) : 0,
        .client = c ? relay_conn_client(c) : 0,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - p->start_us,
        .fault = {fault_kind_name(kind), phase, "", args},
    };

    bus_emit(p->bus, &ev);
}

static void on_holes(void *ctx);

/* Wait for the first that ends. */
static void set_timer(struct proxying *p)
{
    uint64_t first = UINT64_MAX, now = clock_mono_us();

    for (const struct proxying_hole *h = p->holes; h; h = h->next)
        first = h->until_us < first ? h->until_us : first;
    if (first == UINT64_MAX)
        timer_stop(p->hole_timer);
    else
        timer_start(p->hole_timer, span_between(now, first), on_holes);
}

/* Those that end by then; UINT64_MAX: all. */
static void end_holes(struct proxying *p, uint64_t until_us)
{
    struct proxying_hole **at = &p->holes;

    while (*at) {
        struct proxying_hole *h = *at;
        struct relay_conn *c;

        if (h->until_us > until_us) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        c = relay_find(p->relay, h->conn);
        free(h);
        if (c) {
            report(p, c, FAULT_BLACKHOLE, "end", "");
            relay_heal(c);
            at = &p->holes; /* that may have ended connections, and their holes */
        }
    }
    set_timer(p);
}

static void on_holes(void *ctx)
{
    end_holes(ctx, clock_mono_us());
}

/* The latest one applies. -1: memory. */
static int add_hole(struct proxying *p, uint32_t conn, uint64_t for_us)
{
    struct proxying_hole *h = p->holes;

    while (h && h->conn != conn)
        h = h->next;
    if (!h) {
        h = calloc(1, sizeof *h);
        if (!h)
            return -1;
        h->next = p->holes;
        p->holes = h;
    }
    h->conn = conn;
    h->until_us = for_us ? clock_mono_us() + for_us : UINT64_MAX;
    return 0;
}

static void drop_one(struct proxying *p, struct relay_conn *c, const struct proxying_drop *drop)
{
    char args[FAULT_REASON + 16] = "";

    if (drop->how == RELAY_DROP_CLOSE)
        snprintf(args, sizeof args, "%u%s%s", (unsigned)drop->code, drop->reason[0] ? "," : "",
                 drop->reason);
    if (drop->how == RELAY_DROP_BLACKHOLE && add_hole(p, relay_conn_number(c), drop->for_us) < 0)
        return;
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        if (drops[i].how == drop->how)
            report(p, c, drops[i].kind, "begin", args);
    }
    relay_drop(c, drop->how, drop->code, slice_str(drop->reason));
}

unsigned proxying_drop(struct proxying *p, const struct proxying_who *who,
                       const struct proxying_drop *drop)
{
    struct relay_conn *next;
    unsigned n = 0;

    for (struct relay_conn *c = next_of(p, who, NULL, false); c; c = next) {
        next = next_of(p, who, c, false);
        drop_one(p, c, drop);
        n++;
    }
    set_timer(p);
    return n;
}

void proxying_offline(struct proxying *p, uint64_t us, bool silent)
{
    report(p, NULL, FAULT_OFFLINE, "begin", silent ? "silent" : "");
    relay_offline(p->relay, us, silent);
}

void proxying_heal(struct proxying *p)
{
    uint64_t now = clock_mono_us();

    faults_heal(p->client_rig.faults, now);
    faults_heal(p->server_rig.faults, now);
    relay_online(p->relay);
    end_holes(p, UINT64_MAX);
}

/* --- faults and rules ---------------------------------------------------------------------------
 */

static unsigned armed(const struct faults *f)
{
    unsigned n = 0;
    bool active;

    while (faults_get(f, n, &active))
        n++;
    return n;
}

static struct faults *faults_for(const struct proxying *p, const struct fault_spec *spec)
{
    return fault_leg(spec) == FAULT_LEG_SERVER ? p->server_rig.faults : p->client_rig.faults;
}

static int too_many(struct err *e)
{
    err_set(e, EXIT_OTHER, STAGE_USAGE, 0, "at most %d faults can be armed on each side",
            FAULTS_MAX);
    err_hint(e, "heal ends and disarms all");
    return -1;
}

int proxying_fault(struct proxying *p, const char *text, bool *random, struct err *e)
{
    unsigned client = armed(p->client_rig.faults), server = armed(p->server_rig.faults);
    struct fault_spec specs[2 * FAULTS_MAX + 1];
    size_t count = 0, pos = 0;
    int r;

    *random = false;
    while ((r = fault_parse_next(&specs[count], slice_str(text), &pos, FAULT_USE_PROXY, e)) == 1) {
        if (faults_for(p, &specs[count]) == p->server_rig.faults)
            server++;
        else
            client++;
        *random = *random || fault_is_random(&specs[count]);
        count++;
        if (client > FAULTS_MAX || server > FAULTS_MAX)
            return too_many(e);
    }
    if (r < 0)
        return -1;
    if (count == 0)
        return err_at(e, 0, "there is no fault");
    relay_expect_changes(p->relay);
    for (size_t i = 0; i < count; i++)
        (void)faults_arm(faults_for(p, &specs[i]), &specs[i], clock_mono_us());
    return 0;
}

int proxying_rule(struct proxying *p, const char *text, struct err *e)
{
    struct rule rule;

    if (rule_parse(slice_str(text), &rule, e) < 0)
        return -1;
    if (p->rules.count == RULES_MAX) {
        rule_clear(&rule);
        return err_set(e, EXIT_OTHER, STAGE_USAGE, 0, "there can be at most %d rules", RULES_MAX);
    }
    if (rules_add(&p->rules, &rule) < 0) {
        rule_clear(&rule);
        return err_nomem(e, STAGE_IO, "adding the rule");
    }
    relay_expect_changes(p->relay);
    return 0;
}

int proxying_rule_off(struct proxying *p, uint64_t n)
{
    if (n == 0 || n > p->rules.count)
        return -1;
    rules_remove(&p->rules, (size_t)n - 1);
    return 0;
}

/* --- messages -----------------------------------------------------------------------------------
 */

unsigned proxying_inject(struct proxying *p, const struct proxying_who *who,
                         enum relay_direction direction, enum opcode type, struct slice data)
{
    struct relay_conn *next;
    unsigned n = 0;

    for (struct relay_conn *c = proxying_who_next(p, who, NULL); c; c = next) {
        next = proxying_who_next(p, who, c);
        n += relay_inject(c, direction, type, data) == 0;
    }
    return n;
}

unsigned proxying_hold(struct proxying *p, const struct proxying_who *who, unsigned directions,
                       unsigned count)
{
    unsigned n = 0;

    relay_expect_changes(p->relay);
    for (struct relay_conn *c = proxying_who_next(p, who, NULL); c;
         c = proxying_who_next(p, who, c)) {
        if (directions & PROXYING_UP)
            relay_hold(c, RELAY_UP, count);
        if (directions & PROXYING_DOWN)
            relay_hold(c, RELAY_DOWN, count);
        n++;
    }
    return n;
}

/* Of a connection, at most `count` in both directions. */
static unsigned release(struct relay_conn *c, unsigned directions, unsigned count)
{
    unsigned sent = 0;

    for (int d = RELAY_UP; d <= RELAY_DOWN; d++) {
        if ((directions & 1U << d) && (count == 0 || sent < count))
            sent += relay_release(c, (enum relay_direction)d, count ? count - sent : 0);
    }
    return sent;
}

unsigned proxying_release(struct proxying *p, const struct proxying_who *who, unsigned directions,
                          unsigned count, unsigned *left)
{
    struct relay_conn *next;
    unsigned sent = 0;

    *left = 0;
    for (struct relay_conn *c = proxying_who_next(p, who, NULL); c; c = next) {
        next = proxying_who_next(p, who, c);
        if (count == 0 || sent < count)
            sent += release(c, directions, count ? count - sent : 0);
    }
    for (const struct relay_conn *c = proxying_who_next(p, who, NULL); c;
         c = proxying_who_next(p, who, c))
        *left += relay_held(c, RELAY_UP) + relay_held(c, RELAY_DOWN);
    return sent;
}

/* --- for the run --------------------------------------------------------------------------------
 */

int proxying_act_init(struct proxying *p)
{
    p->hole_timer = timer_new(&p->loop->uv, p);
    return p->hole_timer ? 0 : -1;
}

void proxying_act_ended(struct proxying *p, uint32_t conn)
{
    for (struct proxying_hole **at = &p->holes; *at; at = &(*at)->next) {
        struct proxying_hole *h = *at;

        if (h->conn != conn)
            continue;
        *at = h->next;
        free(h);
        return;
    }
}

void proxying_act_online(struct proxying *p)
{
    report(p, NULL, FAULT_OFFLINE, "end", "");
}

void proxying_act_clear(struct proxying *p)
{
    timer_free(p->hole_timer);
    p->hole_timer = NULL;
    while (p->holes)
        proxying_act_ended(p, p->holes->conn);
}
