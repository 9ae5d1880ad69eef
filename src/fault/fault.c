#include "fault/fault_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"

const struct fault_kind_row fault_kinds[FAULT_KIND_COUNT] = {
    [FAULT_RST] = {"rst", FAULT_FAMILY_LINK, true, FAULT_ARG_NONE, false, FAULT_ARG_NONE, false},
    [FAULT_FIN] = {"fin", FAULT_FAMILY_LINK, true, FAULT_ARG_NONE, false, FAULT_ARG_NONE, false},
    [FAULT_HALF_CLOSE] = {"half-close", FAULT_FAMILY_LINK, true, FAULT_ARG_NONE, false,
                          FAULT_ARG_NONE, false},
    [FAULT_BLACKHOLE] = {"blackhole", FAULT_FAMILY_LINK, false, FAULT_ARG_NONE, false,
                         FAULT_ARG_NONE, true},
    [FAULT_STALL_READ] = {"stall-read", FAULT_FAMILY_LINK, false, FAULT_ARG_NONE, false,
                          FAULT_ARG_NONE, false},
    [FAULT_STALL_WRITE] = {"stall-write", FAULT_FAMILY_LINK, false, FAULT_ARG_NONE, false,
                           FAULT_ARG_NONE, false},
    [FAULT_LATENCY] = {"latency", FAULT_FAMILY_LINK, false, FAULT_ARG_TIME, true, FAULT_ARG_TIME,
                       true},
    [FAULT_RATE] = {"rate", FAULT_FAMILY_LINK, false, FAULT_ARG_BYTES, true, FAULT_ARG_NONE, true},
    [FAULT_SLICE] = {"slice", FAULT_FAMILY_LINK, false, FAULT_ARG_BYTES, true, FAULT_ARG_TIME,
                     true},
    [FAULT_TRUNCATE] = {"truncate", FAULT_FAMILY_LINK, false, FAULT_ARG_BYTES, true, FAULT_ARG_NONE,
                        true},
    [FAULT_CORRUPT] = {"corrupt", FAULT_FAMILY_LINK, false, FAULT_ARG_BYTES, false, FAULT_ARG_NONE,
                       true},
    [FAULT_REBIND] = {"rebind", FAULT_FAMILY_LINK, true, FAULT_ARG_ADDRESS, false, FAULT_ARG_NONE,
                      false},
    [FAULT_OFFLINE] = {"offline", FAULT_FAMILY_LINK, false, FAULT_ARG_SILENT, false, FAULT_ARG_NONE,
                       false},
    [FAULT_DROP_PONG] = {"drop-pong", FAULT_FAMILY_WS, false, FAULT_ARG_NONE, false, FAULT_ARG_NONE,
                         true},
    [FAULT_DELAY_PONG] = {"delay-pong", FAULT_FAMILY_WS, false, FAULT_ARG_TIME, true,
                          FAULT_ARG_NONE, true},
    [FAULT_WRONG_PONG] = {"wrong-pong", FAULT_FAMILY_WS, false, FAULT_ARG_NONE, false,
                          FAULT_ARG_NONE, true},
    [FAULT_DROP_IN] = {"drop-in", FAULT_FAMILY_WS, false, FAULT_ARG_CHANCE, true, FAULT_ARG_NONE,
                       false},
    [FAULT_DROP_OUT] = {"drop-out", FAULT_FAMILY_WS, false, FAULT_ARG_CHANCE, true, FAULT_ARG_NONE,
                        false},
    [FAULT_DUP_IN] = {"dup-in", FAULT_FAMILY_WS, false, FAULT_ARG_CHANCE, true, FAULT_ARG_NONE,
                      false},
    [FAULT_DUP_OUT] = {"dup-out", FAULT_FAMILY_WS, false, FAULT_ARG_CHANCE, true, FAULT_ARG_NONE,
                       false},
    [FAULT_REORDER] = {"reorder", FAULT_FAMILY_WS, false, FAULT_ARG_CHANCE, true, FAULT_ARG_NONE,
                       true},
    [FAULT_CLOSE] = {"close", FAULT_FAMILY_WS, true, FAULT_ARG_CODE, true, FAULT_ARG_REASON, false},
    [FAULT_REFUSE] = {"refuse", FAULT_FAMILY_DIAL, false, FAULT_ARG_NONE, false, FAULT_ARG_NONE,
                      false},
    [FAULT_DNS_FAIL] = {"dns-fail", FAULT_FAMILY_DIAL, false, FAULT_ARG_NONE, false, FAULT_ARG_NONE,
                        false},
    [FAULT_DNS_SLOW] = {"dns-slow", FAULT_FAMILY_DIAL, false, FAULT_ARG_TIME, true, FAULT_ARG_NONE,
                        false},
    [FAULT_STATUS] = {"status", FAULT_FAMILY_DIAL, false, FAULT_ARG_CODE, true, FAULT_ARG_NONE,
                      false},
};

const char *const fault_leg_names[FAULT_LEG_REDIS + 1] = {
    [FAULT_LEG_CLIENT] = "client", [FAULT_LEG_SERVER] = "server", [FAULT_LEG_REDIS] = "redis"};

const char *const fault_trigger_names[FAULT_RANDOM + 1] = {
    [FAULT_ON_OPEN] = "open",    [FAULT_ON_MESSAGE] = "message:", [FAULT_ON_FRAME] = "frame:",
    [FAULT_ON_BYTES] = "bytes:", [FAULT_ON_CONNECT] = "connect:", [FAULT_EVERY] = "every:",
    [FAULT_RANDOM] = "random:",
};

const char *fault_kind_name(enum fault_kind kind)
{
    return fault_kinds[kind].name;
}

const char *fault_trigger_name(unsigned i)
{
    for (int trigger = 0; trigger <= FAULT_RANDOM; trigger++) {
        if (fault_trigger_names[trigger] && i-- == 0)
            return fault_trigger_names[trigger];
    }
    return NULL;
}

void fault_kind_usage(enum fault_kind kind, char text[FAULT_USAGE])
{
    static const char *const names[] = {
        [FAULT_ARG_NONE] = "",         [FAULT_ARG_TIME] = "TIME",
        [FAULT_ARG_BYTES] = "BYTES",   [FAULT_ARG_CHANCE] = "CHANCE",
        [FAULT_ARG_CODE] = "CODE",     [FAULT_ARG_ADDRESS] = "ADDRESS",
        [FAULT_ARG_REASON] = "REASON", [FAULT_ARG_SILENT] = "silent",
    };
    const struct fault_kind_row *row = &fault_kinds[kind];
    int n = snprintf(text, FAULT_USAGE, "%s", row->name);

    if (row->first != FAULT_ARG_NONE)
        n += snprintf(text + n, FAULT_USAGE - (size_t)n, row->first_needed ? ":%s" : "[:%s]",
                      names[row->first]);
    if (row->second != FAULT_ARG_NONE)
        snprintf(text + n, FAULT_USAGE - (size_t)n, "[,%s]", names[row->second]);
}

enum fault_family fault_family(enum fault_kind kind)
{
    return fault_kinds[kind].family;
}

bool fault_kind_fits(enum fault_kind kind, enum fault_use use)
{
    const struct fault_spec f = {.kind = kind};

    if (use == FAULT_USE_PROXY)
        return true;
    if (fault_proxy_only(&f) || (use == FAULT_USE_CLIENT && kind == FAULT_CLOSE))
        return false;
    return use == FAULT_USE_CLIENT || fault_leg(&f) != FAULT_LEG_SERVER;
}

bool fault_kind_takes(enum fault_kind kind)
{
    return fault_kinds[kind].first_needed;
}

bool fault_is_instant(enum fault_kind kind)
{
    return fault_kinds[kind].instant;
}

bool fault_is_random(const struct fault_spec *f)
{
    return f->trigger == FAULT_RANDOM || f->jitter_us > 0 || f->kind == FAULT_CORRUPT ||
           f->kind == FAULT_WRONG_PONG || (f->has_share && f->share > 0 && f->share < 1) ||
           (fault_kinds[f->kind].first == FAULT_ARG_CHANCE && f->p < 1);
}

/* --- printing -----------------------------------------------------------------------------------
 */

struct printer {
    char *text;
    size_t len;
};

static void put(struct printer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct printer *p, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(p->text + p->len, FAULT_TEXT - p->len, format, args);
    va_end(args);
    p->len += (size_t)n;
    if (p->len >= FAULT_TEXT)
        p->len = FAULT_TEXT - 1;
}

static void put_time(struct printer *p, uint64_t us)
{
    char text[DURATION_TEXT];

    duration_print(us, text);
    put(p, "%s", text);
}

static void put_bytes(struct printer *p, uint64_t bytes)
{
    static const char units[] = {'\0', 'k', 'M', 'G'};
    int unit = 0;

    while (unit < 3 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    put(p, "%" PRIu64 "%.1s", bytes, unit ? &units[unit] : "");
}

/* As it is read: at most six decimals, and no exponent. */
static void put_chance(struct printer *p, double chance)
{
    put(p, "%.6f", chance);
    while (p->text[p->len - 1] == '0')
        p->text[--p->len] = '\0';
    if (p->text[p->len - 1] == '.')
        p->text[--p->len] = '\0';
}

/* Between arguments that begin at `from`. */
static const char *comma(const struct printer *p, size_t from)
{
    return p->len > from ? "," : "";
}

/* Would the end of the pattern be read as a COUNT, if nothing followed it? */
static bool ends_as_count(const char *path)
{
    size_t n = strlen(path), digits = n;

    while (digits > 0 && path[digits - 1] >= '0' && path[digits - 1] <= '9')
        digits--;
    return digits > 0 && digits < n && path[digits - 1] == '*';
}

static void put_scope(struct printer *p, const struct fault_spec *f, size_t from)
{
    enum fault_leg leg = f->leg;

    if (f->path[0])
        put(p, "%spath=%s", comma(p, from), f->path);
    if (f->path[0] && leg == FAULT_LEG_ANY && ends_as_count(f->path))
        leg = fault_leg(f);
    if (leg != FAULT_LEG_ANY)
        put(p, "%sleg=%s", comma(p, from), fault_leg_names[leg]);
    if (f->has_share) {
        put(p, "%sshare=", comma(p, from));
        put_chance(p, f->share);
    }
    if (f->only != FAULT_TRAFFIC_ANY)
        put(p, "%sonly=%s", comma(p, from), f->only == FAULT_TRAFFIC_WS ? "ws" : "http");
    if (f->after)
        put(p, "%safter=%" PRIu64, comma(p, from), f->after);
}

static void put_args(struct printer *p, const struct fault_spec *f)
{
    const struct fault_kind_row *row = &fault_kinds[f->kind];
    size_t from = p->len;

    if (row->first == FAULT_ARG_TIME)
        put_time(p, f->us);
    else if (row->first == FAULT_ARG_BYTES)
        put_bytes(p, f->bytes);
    else if (row->first == FAULT_ARG_CHANCE)
        put_chance(p, f->p);
    else if (row->first == FAULT_ARG_CODE)
        put(p, "%u", f->code);
    else if (row->first == FAULT_ARG_ADDRESS)
        put(p, "%s", f->address);
    if (f->kind == FAULT_LATENCY && f->jitter_us) {
        put(p, ",");
        put_time(p, f->jitter_us);
    } else if (f->kind == FAULT_SLICE && f->us) {
        put(p, ",");
        put_time(p, f->us);
    }
    if (f->reason[0])
        put(p, ",%s", f->reason);
    if (f->silent)
        put(p, "silent");
    if (f->has_retry_after)
        put(p, ",retry-after=%" PRIu64, f->retry_after);
    if (f->side != FAULT_SIDE_BOTH)
        put(p, "%sside=%s", comma(p, from), f->side == FAULT_SIDE_IN ? "in" : "out");
    put_scope(p, f, from);
}

static void put_trigger(struct printer *p, const struct fault_spec *f)
{
    if (f->trigger == FAULT_AT_ONCE)
        return;
    if (f->trigger != FAULT_AFTER)
        put(p, "%s", fault_trigger_names[f->trigger]);
    if (f->trigger == FAULT_ON_BYTES)
        put_bytes(p, f->n);
    else if (f->trigger == FAULT_ON_MESSAGE || f->trigger == FAULT_ON_FRAME ||
             f->trigger == FAULT_ON_CONNECT)
        put(p, "%" PRIu64, f->n);
    else if (f->trigger != FAULT_ON_OPEN)
        put_time(p, f->at_us);
    if (f->trigger == FAULT_RANDOM) {
        put(p, "..");
        put_time(p, f->most_us);
    }
}

void fault_print_args(const struct fault_spec *f, char text[FAULT_TEXT])
{
    struct printer p = {text, 0};

    text[0] = '\0';
    put_args(&p, f);
}

void fault_print_trigger(const struct fault_spec *f, char text[FAULT_TEXT])
{
    struct printer p = {text, 0};

    text[0] = '\0';
    put_trigger(&p, f);
}

void fault_print(const struct fault_spec *f, char text[FAULT_TEXT])
{
    struct printer p = {text, 0};
    size_t colon;

    put(&p, "%s", fault_kinds[f->kind].name);
    colon = p.len;
    put(&p, ":");
    put_args(&p, f);
    if (p.len == colon + 1)
        text[p.len = colon] = '\0';
    if (f->trigger != FAULT_AT_ONCE) {
        put(&p, "@");
        put_trigger(&p, f);
    }
    if (f->duration_us) {
        put(&p, "+");
        put_time(&p, f->duration_us);
    }
    if (f->count)
        put(&p, "*%" PRIu64, f->count);
}
