/* The commands that act on connections and messages. */
#include <string.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/plural.h"
#include "base/utf8.h"
#include "script/expect/parse.h"
#include "verb/proxy/proxy_commands.h"
#include "verb/proxy/proxy_private.h"

/* Nothing that is meant is connected. -1. */
static int nobody(const struct proxy_prompt *q, struct err *e)
{
    if (q->who.client == 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "no client is connected");
    err_set(e, EXIT_OTHER, STAGE_IO, 0, "client #%lu has no open connection",
            (unsigned long)q->who.client);
    err_hint(e, "/use without a number acts on all clients");
    return -1;
}

/* --- what disturbs ------------------------------------------------------------------------------
 */

int proxy_command_drop(struct proxy_prompt *q, const char *args, struct err *e)
{
    struct proxying_drop how;
    unsigned n;

    if (proxying_drop_parse(args[0] ? args : "rst", &how, e) < 0)
        return -1;
    n = proxying_drop(&q->front->core, &q->who, &how);
    return n ? 0 : nobody(q, e);
}

int proxy_command_offline(struct proxy_prompt *q, const char *args, struct err *e)
{
    uint64_t us = 0;

    if (args[0] && (seconds_parse(args, &us) < 0 || us == 0))
        return proxy_command_misused("offline", e);
    proxying_offline(&q->front->core, us, false);
    return 0;
}

static unsigned list_faults(struct proxy_prompt *q, const struct faults *f)
{
    const struct fault_spec *spec;
    char text[FAULT_TEXT];
    bool active;
    unsigned n = 0;

    while ((spec = faults_get(f, n, &active)) != NULL) {
        fault_print(spec, text);
        commands_say(&q->shared, "%s%s", text, active ? "  (active)" : "");
        n++;
    }
    return n;
}

int proxy_command_fault(struct proxy_prompt *q, const char *args, struct err *e)
{
    const struct proxy_front *p = q->front;
    bool random;

    if (!args[0]) {
        if (list_faults(q, p->core.client_rig.faults) + list_faults(q, p->core.server_rig.faults) ==
            0)
            commands_say(&q->shared, "no faults are armed; for example /fault latency:200ms+10s");
        return 0;
    }
    if (proxying_fault(&q->front->core, args, &random, e) < 0) {
        command_point(&q->shared, args, e->at);
        return -1;
    }
    if (random)
        commands_say(&q->shared, "faults by chance: --seed %llu repeats them",
                     (unsigned long long)p->core.client_rig.seed);
    return 0;
}

int proxy_command_heal(struct proxy_prompt *q, const char *args, struct err *e)
{
    const struct proxy_front *p = q->front;

    (void)args, (void)e;
    if (relay_is_offline(p->core.relay))
        commands_say(&q->shared, "online again: clients can return");
    command_say_healed(&q->shared, command_faults_armed(p->core.client_rig.faults) +
                                       command_faults_armed(p->core.server_rig.faults));
    proxying_heal(&q->front->core);
    return 0;
}

/* --- messages -----------------------------------------------------------------------------------
 */

static int list_rules(struct proxy_prompt *q, struct err *e)
{
    const struct rules *rules = &q->front->core.rules;
    struct buf text;
    int failed = 0;

    if (rules->count == 0)
        commands_say(&q->shared, "there are no rules; for example %s",
                     command_set_find(&proxy_commands, slice_str("rule"))->example);
    buf_init(&text, RULE_TEXT_MAX * 2);
    for (size_t i = 0; i < rules->count && !failed; i++) {
        buf_reset(&text);
        failed = rule_print(&rules->items[i], &text);
        commands_say(&q->shared, "%2zu  %.*s", i + 1, (int)text.len, (const char *)buf_data(&text));
    }
    buf_clear(&text);
    return failed ? err_nomem(e, STAGE_IO, "listing the rules") : 0;
}

static int rule_off(struct proxy_prompt *q, const char *number, struct err *e)
{
    uint64_t n;

    number += strspn(number, " ");
    if (!decimal_read(slice_str(number), RULES_MAX, &n))
        return proxy_command_misused("rule", e);
    if (proxying_rule_off(&q->front->core, n) == 0)
        return 0;
    err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no rule %llu", (unsigned long long)n);
    err_hint(e, "/rule lists them");
    return -1;
}

int proxy_command_rule(struct proxy_prompt *q, const char *args, struct err *e)
{
    if (!args[0])
        return list_rules(q, e);
    if (strncmp(args, "off", 3) == 0 && (args[3] == ' ' || !args[3]))
        return rule_off(q, args + 3, e);
    if (proxying_rule(&q->front->core, args, e) == 0)
        return 0;
    command_point(&q->shared, args, e->at);
    return -1;
}

/* "up" or "down", and what follows. 0: neither. */
static unsigned direction_of(const char *args, const char **rest)
{
    struct slice word = parse_name(args, rest);

    return slice_is(word, "up") ? PROXYING_UP : slice_is(word, "down") ? PROXYING_DOWN : 0;
}

int proxy_command_inject(struct proxy_prompt *q, const char *args, struct err *e)
{
    const char *text;
    unsigned direction = direction_of(args, &text), n;
    struct utf8 check = {0};
    size_t len = strlen(text);

    if (!direction || !len)
        return proxy_command_misused("inject", e);
    if (utf8_check(&check, (const uint8_t *)text, len) != len || !utf8_complete(&check))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the line is not UTF-8, which a text message must be");
    n = proxying_inject(&q->front->core, &q->who, direction == PROXYING_UP ? RELAY_UP : RELAY_DOWN,
                        OPCODE_TEXT, slice_make(text, len));
    return n ? 0 : nobody(q, e);
}

int proxy_command_hold(struct proxy_prompt *q, const char *args, struct err *e)
{
    const char *rest = "";
    unsigned directions = args[0] ? direction_of(args, &rest) : PROXYING_BOTH, n;

    if (!directions || rest[0])
        return proxy_command_misused("hold", e);
    n = proxying_hold(&q->front->core, &q->who, directions, 0);
    if (n == 0)
        return nobody(q, e);
    commands_say(&q->shared, "messages of %u connection%s are held; /release lets them go", n,
                 plural(n));
    return 0;
}

int proxy_command_release(struct proxy_prompt *q, const char *args, struct err *e)
{
    uint64_t count = 0;
    unsigned n, left;

    if (args[0] && (!decimal_read(slice_str(args), UINT32_MAX, &count) || count == 0))
        return proxy_command_misused("release", e);
    n = proxying_release(&q->front->core, &q->who, PROXYING_BOTH, (unsigned)count, &left);
    commands_say(&q->shared, "%u message%s released, %u held", n, plural(n), left);
    return 0;
}
