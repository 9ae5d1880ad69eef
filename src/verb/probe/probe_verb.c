#include "verb/probe/probe.h"

#include <stddef.h>
#include <string.h>

#include "cli/parsing.h"

#define GROUP "Probing (wscope probe)"

static const struct probe_options defaults = {.prom = NULL};

static int operands(struct options_parsing *p, struct err *e)
{
    if (p->operand || p->surplus)
        return options_take_url(p, e);
    usage_error(e, "there is nothing to probe: no URL was given");
    err_hint(e, "wscope probe wss://HOST/PATH");
    return -1;
}

static int set_fail_on(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct probe_options *own = p->own;

    if (strcmp(use->value, "warn") != 0)
        return usage_error(e, "%s takes \"warn\", not \"%s\"", use->typed,
                           options_quote(use->value).text);
    own->fail_on = use->value;
    return 0;
}

#define IDLE_US     UINT64_C(120000000)
#define LIFETIME_US UINT64_C(300000000)
#define SLOW_US     UINT64_C(120000000)
#define LOOK_MAX_US UINT64_C(86400000000)

/* Seconds, or none for the default. */
static int set_look(struct options_parsing *p, const struct option_use *use, uint64_t otherwise,
                    struct err *e)
{
    uint64_t *us = options_place(p, use);

    *us = otherwise;
    if (use->value && options_set_positive_seconds(p, use, e) < 0)
        return -1;
    return *us <= LOOK_MAX_US ? 0 : usage_error(e, "%s takes at most 24h", use->typed);
}

static int set_idle(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    return set_look(p, use, IDLE_US, e);
}

static int set_lifetime(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    return set_look(p, use, LIFETIME_US, e);
}

static int set_slow(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    return set_look(p, use, SLOW_US, e);
}

#define OWN(member) offsetof(struct probe_options, member)

static const struct option_row options[] = {
    {0, "origin-test", OPTION_FLAG, NULL, "test if any Origin is accepted with the cookies", GROUP,
     NULL, true, 0, options_set_flag, OWN(origin_test)},
    {0, "sizes", OPTION_FLAG, NULL, "find the largest message and frame, up to 16 MiB", GROUP, NULL,
     true, 0, options_set_flag, OWN(sizes)},
    {0, "idle", OPTION_OPTIONAL, "MAX", "find an idle timer of up to MAX seconds (120)", GROUP,
     NULL, true, 0, set_idle, OWN(idle_us)},
    {0, "lifetime", OPTION_OPTIONAL, "MAX", "find a limit of the lifetime up to MAX (300)", GROUP,
     NULL, true, 0, set_lifetime, OWN(lifetime_us)},
    {0, "slow", OPTION_OPTIONAL, "MAX", "stop reading a connection for up to MAX s (120)", GROUP,
     NULL, true, 0, set_slow, OWN(slow_us)},
    {0, "prom", OPTION_VALUE, "FILE", "also write the result for Prometheus", GROUP, "FILE", true,
     0, options_set_text, OWN(prom)},
    {0, "fail-on", OPTION_VALUE, "STATUS", "warn: exit 3 if there are only warnings", GROUP, "warn",
     true, 0, set_fail_on, 0},
};

const struct verb probe_verb = {
    .name = "probe",
    .usage = "[OPTION]... URL",
    .about = "what is wrong between here and the application",
    .text = "Examine each stage of the way to a WebSocket, from DNS to the closing handshake,\n"
            "within 15 seconds, and report what is wrong and what to try.\n",
    .examples = "  wscope probe wss://api.example.com/ws\n"
                "  wscope probe --cookie @session.txt --origin-test wss://app.example.com/ws\n"
                "  wscope probe --idle=90 wss://api.example.com/ws\n"
                "  wscope probe --json --prom probe.prom --fail-on warn wss://example.com/ws\n",
    .sets = OPTIONS_PROBE,
    .operand_max = 1,
    .operand = "WS-URL",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .own = &defaults,
    .own_size = sizeof defaults,
    .operands = operands,
    .run = probe_run,
};
