#include "cli/options_private.h"

/* Two options that exclude each other, and why. */
struct conflict {
    const char *a, *b, *why;
};

#define DECODES  "each defines what a line of stdin is"
#define NO_STDIN "there is no stdin to be read"
#define POLLS    "polling receives only: nothing can be sent"
#define STREAMS  "an event stream is receive only: nothing can be sent"
#define RETRIES  "without that nothing is tried again"
#define TO_REDIS "it is for the connection to Redis"

static const struct conflict conflicts[] = {
    {"-4", "-6", "no address is both"},
    {"--user", "--bearer", "a request has one Authorization"},
    {"--hex", "--base64", DECODES},
    {"--whole", "--chunk", "stdin is one message, or many"},
    {"--hex", "--whole", "one decodes lines, the other takes stdin as it is"},
    {"--hex", "--chunk", "one decodes lines, the other takes stdin as it is"},
    {"--base64", "--whole", "one decodes lines, the other takes stdin as it is"},
    {"--base64", "--chunk", "one decodes lines, the other takes stdin as it is"},
    {"--null", "--hex", "hexadecimal messages end with a newline"},
    {"--null", "--base64", "base64 messages end with a newline"},
    {"--null", "--crlf", "messages on stdin end with NUL then"},
    {"--null", "--no-delimiter", "one prints a NUL after each message, the other nothing"},
    {"--escape", "--hex", "hexadecimal digits have nothing to escape"},
    {"--escape", "--base64", "base64 has nothing to escape"},
    {"--crlf", "--whole", "stdin has no lines then"},
    {"--crlf", "--chunk", "stdin has no lines then"},
    {"--no-input", "--whole", NO_STDIN},
    {"--no-input", "--chunk", NO_STDIN},
    {"--no-input", "--crlf", NO_STDIN},
    {"--no-input", "--wait", "the wait begins at the end of stdin; --for SEC ends a listener"},
    {"--echo", "--whole", NO_STDIN},
    {"--echo", "--chunk", NO_STDIN},
    {"--echo", "--crlf", NO_STDIN},
    {"--echo", "--wait", "the wait begins at the end of stdin; --for SEC ends a listener"},
    {"--echo", "--null", "messages are sent back unchanged, and none is printed"},
    {"--echo", "--hex", "messages are sent back unchanged, and none is printed"},
    {"--echo", "--base64", "messages are sent back unchanged, and none is printed"},
    {"--json", "--escape", "events are one object per line as they are"},
    {"--json", "--no-delimiter", "events are one object per line"},
    {"--json", "--pretty", "events are one object per line; pipe them to jq"},
    {"--poll", "--sse", "one connection has one channel"},
    {"--poll", "--fallback", "polling has no WebSocket to fall back from"},
    {"--sse", "--fallback", "an event stream has no WebSocket to fall back from"},
    {"--poll", "--echo", POLLS},
    {"--poll", "--send", POLLS},
    {"--poll", "--on-connect", POLLS},
    {"--poll", "--whole", POLLS},
    {"--poll", "--chunk", POLLS},
    {"--sse", "--echo", STREAMS},
    {"--sse", "--send", STREAMS},
    {"--sse", "--on-connect", STREAMS},
    {"--sse", "--whole", STREAMS},
    {"--sse", "--chunk", STREAMS},
    {"--quiet", "--verbose", "one shows less, the other more"},
    {"--quiet", "--include", "one shows less, the other more"},
    {"--quiet", "--pings", "one shows less, the other more"},
};

/* An option that means nothing without another. */
static const struct conflict needs[] = {
    {"--key", "--cert", "a key belongs to a certificate"},
    {"--pass", "--cert", "it opens the key of a certificate"},
    {"--events", "--json", "it selects what --json prints"},
    {"--prev", "--seq", "it names the number before that one"},
    {"--fail-on-loss", "--seq", "only numbers show that one is missing"},
    {"--max-redirects", "--location", "without that none is followed"},
    {"--retry", "--reconnect", RETRIES},
    {"--retry-delay", "--reconnect", RETRIES},
    {"--retry-max-delay", "--reconnect", RETRIES},
    {"--retry-factor", "--reconnect", RETRIES},
    {"--retry-jitter", "--reconnect", RETRIES},
    {"--retry-max-time", "--reconnect", RETRIES},
    {"--stable-after", "--reconnect", RETRIES},
    {"--retry-on", "--reconnect", RETRIES},
    {"--no-retry-on", "--reconnect", RETRIES},
    {"--offline-queue", "--reconnect", RETRIES},
    {"--fallback", "--reconnect", RETRIES},
    {"--fallback-after", "--fallback", "there is nothing to fall back to"},
    {"--pubsub-cert", "--pubsub", TO_REDIS},
    {"--pubsub-key", "--pubsub", TO_REDIS},
};

/* The same for a subcommand that makes no other connection. */
static const struct conflict needs_of_server[] = {
    {"--insecure", "--pubsub", TO_REDIS},
    {"--cacert", "--pubsub", TO_REDIS},
    {"--capath", "--pubsub", TO_REDIS},
    {"--proxy", "--pubsub", TO_REDIS},
};

bool option_fits(const struct option_row *row, const struct verb *verb)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        if (row == &verb->options[i])
            return true;
    }
    return (row->sets & verb->sets) ||
           ((verb->sets & OPTIONS_HAND_ON) && option_is_of_connection(row));
}

static int refuse(const struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const struct verbs *verbs = p->verbs;
    const char *name;
    size_t i = 0;

    if (p->verb) {
        usage_error(e, "%s is not an option of \"wscope %s\"", use->typed, p->verb->name);
        err_hint(e, "\"wscope %s --help\" lists its options", p->verb->name);
        return -1;
    }
    while (i + 1 < verbs->count && !option_fits(use->row, verbs->rows[i]))
        i++;
    name = verbs->rows[i]->name;
    usage_error(e, "%s belongs to \"wscope %s\", not to a connection", use->typed, name);
    if (options_advice(use->typed)) /* another program's */
        err_hint(e, "%s", options_advice(use->typed));
    else
        err_hint(e, "\"wscope %s --help\" lists its options", name);
    return -1;
}

static int check_fit(struct options_parsing *p, struct err *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->use_count; i++) {
        struct option_use *use = &p->uses[i];

        use->row = options_row_of(p->o->verb, use->row);
        if (option_fits(use->row, p->o->verb)) {
            p->uses[kept++] = *use;
            continue;
        }
        if (use->layer < LAYER_LINE)
            continue; /* the config file is for all subcommands */
        return refuse(p, use, e);
    }
    p->use_count = kept;
    return 0;
}

/* Of two options from different layers the stronger one applies. */
static int check_conflict(struct options_parsing *p, const struct conflict *c, struct err *e)
{
    const struct option_use *a = options_given(p, c->a);
    const struct option_use *b = options_given(p, c->b);
    /* compare is for many channels at once; what can be sent is sent on the WebSocket. */
    bool channels = strcmp(c->a, "--poll") == 0 || strcmp(c->a, "--sse") == 0;

    if (!a || !b || (channels && options_in(p, OPTIONS_COMPARE)))
        return 0;
    if (a->layer != b->layer) {
        options_forget(p, a->layer < b->layer ? a->row : b->row);
        return 0;
    }
    usage_error(e, "%s and %s exclude each other: %s", a->typed, b->typed, c->why);
    return options_blame(a > b ? a : b, e);
}

/* In a weaker layer, an option may wait there for the one it needs. */
static int check_need(struct options_parsing *p, const struct conflict *need, struct err *e)
{
    const struct option_use *a = options_given(p, need->a);

    if (!a || options_given(p, need->b))
        return 0;
    if (a->layer < LAYER_CURL) {
        options_forget(p, a->row);
        return 0;
    }
    usage_error(e, "%s needs %s: %s", a->typed, need->b, need->why);
    return options_blame(a, e);
}

/* What fills in {last} must be looked for. */
static int check_resume(struct options_parsing *p, const char *spelling, struct err *e)
{
    const struct option_use *use = options_given(p, spelling);

    if (!use || options_given(p, "--seq") || options_given(p, "--id"))
        return 0;
    if (use->layer < LAYER_CURL) {
        options_forget(p, use->row);
        return 0;
    }
    usage_error(e, "%s needs --seq or --id: they identify the last message", use->typed);
    return options_blame(use, e);
}

static bool publishes(const struct options_parsing *p)
{
    return options_given(p, "--publish-http") || options_given(p, "--publish-redis");
}

/* How is polled matters only where something is. A request that publishes has a method and a body,
 * too. */
static int check_polling(struct options_parsing *p, struct err *e)
{
    static const char *const about[] = {"--every",  "--jitter", "--long-poll",
                                        "--method", "--data",   "--no-keepalive"};

    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++) {
        const struct option_use *use = options_given(p, about[i]);

        if (!use || options_given(p, "--poll") || options_given(p, "--fallback") || publishes(p))
            continue;
        if (use->layer < LAYER_CURL) {
            options_forget(p, use->row);
            continue;
        }
        usage_error(e, "%s needs --poll or --fallback: nothing is polled without it", use->typed);
        if (strcmp(about[i], "--data") == 0)
            err_hint(e, "-e MSG sends a message over a WebSocket");
        return options_blame(use, e);
    }
    return 0;
}

static int check_server(struct options_parsing *p, struct err *e)
{
    const struct verb *verb = p->o->verb;
    size_t i = 0;

    while (i < verb->option_count &&
           (!verb->options[i].name || strcmp(verb->options[i].name, "pubsub") != 0))
        i++;
    if (i == verb->option_count)
        return 0;
    for (size_t k = 0; k < sizeof needs_of_server / sizeof needs_of_server[0]; k++) {
        if (check_need(p, &needs_of_server[k], e) != 0)
            return -1;
    }
    return 0;
}

int options_check(struct options_parsing *p, struct err *e)
{
    if (check_fit(p, e) != 0)
        return -1;
    options_forget_off(p);
    for (size_t i = 0; i < sizeof conflicts / sizeof conflicts[0]; i++) {
        if (check_conflict(p, &conflicts[i], e) != 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (check_need(p, &needs[i], e) != 0)
            return -1;
    }
    if (check_server(p, e) != 0 || check_polling(p, e) != 0 || check_resume(p, "--resume", e) != 0)
        return -1;
    if (check_resume(p, "--catchup", e) != 0)
        return -1;
    return check_resume(p, "--resume-query", e);
}
