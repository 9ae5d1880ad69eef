#include <stddef.h>

#include "cli/parsing.h"
#include "verb/proxy/proxy.h"

#define GROUP "Proxy (wscope proxy)"

#define PORT 9002

static const struct proxy_options defaults = {.keep_host = false};

/* The server's URL, and before it, perhaps, where to listen. */
static int operands(struct options_parsing *p, struct err *e)
{
    p->listen->port = PORT;
    if (p->file_count == 0) {
        usage_error(e, "wscope proxy needs the URL of the server that it relays to");
        err_hint(e, "usage: wscope proxy [OPTION]... [[HOST:]PORT] URL, such as wscope proxy :9002 "
                    "wss://example.com");
        return -1;
    }
    if (p->file_count > 2)
        return usage_error(e,
                           "wscope proxy takes an address and a URL, and there are %zu arguments",
                           p->file_count);
    if (p->file_count == 2) {
        p->operand = (char *)(uintptr_t)p->files[0]; /* a copy that the parser owns */
        if (options_address_operand(p, e) < 0)
            return -1;
    }
    p->operand = (char *)(uintptr_t)p->files[p->file_count - 1];
    return options_take_url(p, e);
}

/* Checked now, so that a mistake is reported before anything listens. */
static int set_rule(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct proxy_options *own = p->own;
    struct rule rule;

    if (own->rule_count == RULES_MAX)
        return usage_error(e, "%s: there can be at most %d rules", use->typed, RULES_MAX);
    if (rule_parse(slice_str(use->value), &rule, e) < 0)
        return options_point_into(p, use);
    rule_clear(&rule);
    return options_add_text(p, &own->rules, &own->rule_count, use->value, e);
}

static int set_identity(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct proxy_options *own = p->own;

    return grade_identity_parse(use->value, &own->grade, e);
}

static int set_expect(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct proxy_options *own = p->own;

    return grade_expect_parse(&own->expect, use->value, e);
}

static int set_control(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct proxy_options *own = p->own;

    own->controlled = true;
    return control_address_parse(&own->control, use->value, e);
}

#define OWN(member) offsetof(struct proxy_options, member)

static const struct option_row options[] = {
    {0, "rule", OPTION_VALUE, "RULE", "change messages, such as text -> drop; repeatable", GROUP,
     "RULE", true, 0, set_rule, 0},
    {0, "keep-host", OPTION_FLAG, NULL, "leave Host and Origin as the client sent them", GROUP,
     NULL, true, 0, options_set_flag, OWN(keep_host)},
    {0, "upstream-cert", OPTION_VALUE, "FILE", "present this certificate chain to the server",
     GROUP, "FILE", false, 0, options_set_text, OWN(upstream_cert)},
    {0, "upstream-key", OPTION_VALUE, "FILE", "its private key, if not in the same file", GROUP,
     "FILE", false, 0, options_set_text, OWN(upstream_key)},
    {0, "identity", OPTION_VALUE, "SOURCE", "what makes two connections one client", GROUP,
     "cookie:|header:|query:|address|all", true, 0, set_identity, 0},
    {0, "up-id", OPTION_VALUE, "POINTER", "JSON Pointer to the identity of client messages", GROUP,
     NULL, false, 0, options_set_pointer, OWN(grade.up_id)},
    {0, "outages", OPTION_VALUE, "N", "end after N outages, and report", GROUP, NULL, true, 0,
     options_set_number, OWN(outages)},
    {0, "expect", OPTION_VALUE, "LIST", "exit 3 unless true, such as back<3s,lost=0", GROUP, NULL,
     true, 0, set_expect, 0},
    {0, "report", OPTION_VALUE, "FILE", "write the result as an HTML page", GROUP, "FILE", true, 0,
     options_set_text, OWN(report)},
    {0, "tap", OPTION_FLAG, NULL, "print the expectations as TAP", GROUP, NULL, false, 0,
     options_set_flag, OWN(tap)},
    {0, "junit", OPTION_VALUE, "FILE", "also write the results as JUnit XML", GROUP, "FILE", true,
     0, options_set_text, OWN(junit)},
    {0, "control", OPTION_VALUE, "ADDRESS", "listen at ADDRESS for test runners", GROUP, NULL, true,
     0, set_control, 0},
};

const struct verb proxy_verb = {
    .name = "proxy",
    .usage = "[OPTION]... [[HOST:]PORT] URL",
    .about = "someone else's connection, seen and disturbed",
    .text = "Relay the WebSockets and the HTTP of other clients to the server at URL, show\n"
            "every message, cause faults, and report how each client coped.\n",
    .examples = "  wscope proxy wss://api.example.com        on ws://127.0.0.1:9002\n"
                "  wscope proxy --fault rst@every:30s :9002 wss://api.example.com\n"
                "  wscope proxy --outages 3 --expect 'back<3s' :9002 ws://localhost:3000\n",
    .sets = OPTIONS_LISTEN | OPTIONS_RELAY | OPTIONS_VIEWS,
    .operand_max = 2,
    .operand = "WS-URL",
    VERB_OWN(options, defaults),
    .operands = operands,
    .run = proxy_run,
};
