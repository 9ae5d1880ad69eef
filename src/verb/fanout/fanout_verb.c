#include "verb/fanout/fanout.h"

#include <stdlib.h>
#include <string.h>

#include "app/fleet.h"
#include "base/codec.h"
#include "base/decimal.h"
#include "cli/parsing.h"

#define GROUP "Fan-out (wscope fanout)"

static const struct fanout_options defaults = {
    .connections = 8,
    .publish = FANOUT_MESSAGE,
    .rounds = 3,
    .within_us = 2000000,
};

#define OWN(member) offsetof(struct fanout_options, member)

static int set_connections(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fanout_options *own = p->own;

    if (!decimal_read(slice_str(use->value), FLEET_MAX, &own->connections) || !own->connections)
        return usage_error(e, "%s takes a number of connections from 1 to %d, not \"%s\"",
                           use->typed, FLEET_MAX, options_quote(use->value).text);
    return 0;
}

static int set_connect_rate(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fanout_options *own = p->own;
    uint64_t millionths;

    /* The decimals of seconds are the decimals wanted here. */
    if (seconds_parse(use->value, &millionths) != 0 || millionths == 0 ||
        millionths > UINT64_C(1000000000000))
        return usage_error(e,
                           "%s takes connections a second above 0 (\"0.5\", \"100\"), not \"%s\"",
                           use->typed, options_quote(use->value).text);
    own->connect_rate = (double)millionths / 1e6;
    return 0;
}

static int set_rounds(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fanout_options *own = p->own;

    if (!decimal_read(slice_str(use->value), 1000000, &own->rounds) || !own->rounds)
        return usage_error(e, "%s takes a number of rounds from 1 to 1000000, not \"%s\"",
                           use->typed, options_quote(use->value).text);
    return 0;
}

/* --- how to publish -----------------------------------------------------------------------------
 */

static int take_way(struct options_parsing *p, const struct option_use *use, enum fanout_way way,
                    struct err *e)
{
    struct fanout_options *own = p->own;

    if (use->value[0] == '\0')
        return usage_error(e, "%s takes %s, not an empty text", use->typed, use->row->metavar);
    own->way = way;
    own->publish = use->value;
    return 0;
}

static int set_publish(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (take_way(p, use, FANOUT_BY_CLIENT, e) < 0)
        return -1;
    if (strstr(use->value, "{nonce}"))
        return 0;
    usage_error(e, "%s: there is no {nonce} in the message, so it cannot be recognised again",
                use->typed);
    err_hint(e, "for example %s '{\"op\":\"say\",\"text\":\"{nonce}\"}'", use->typed);
    return -1;
}

static int set_publish_http(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct url url;

    if (take_way(p, use, FANOUT_BY_HTTP, e) < 0 ||
        options_http_parse(p, use, use->value, &url, e) < 0)
        return -1;
    url_clear(&url);
    return 0;
}

static int set_publish_cmd(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    return take_way(p, use, FANOUT_BY_COMMAND, e);
}

static int set_publish_redis(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    return take_way(p, use, FANOUT_BY_REDIS, e);
}

/* --- what is looked at --------------------------------------------------------------------------
 */

static int set_expect(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fanout_options *own = p->own;

    if (fanout_expect_parse(use->value, &own->expect, &own->islands, e) < 0)
        return options_point_into(p, use);
    return 0;
}

static int set_node(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fanout_options *own = p->own;

    own->node_given = true;
    if (naming_parse(&own->node, use->value, e) < 0)
        return options_point_into(p, use);
    return 0;
}

static int set_redis(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fanout_options *own = p->own;
    char *text = options_secret(p, use, e);
    struct redis_url url;

    if (!text)
        return -1;
    if (redis_url_parse(&url, text, e) < 0)
        return text == use->value ? options_point_into(p, use) : options_blame(use, e);
    redis_url_clear(&url);
    own->redis = text;
    return 0;
}

static int set_expect_drill(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fanout_options *own = p->own;

    if (drill_expect_parse(&own->expect_drill, use->value, e) < 0)
        return options_point_into(p, use);
    return 0;
}

/* --- the row ------------------------------------------------------------------------------------
 */

/* Of several options, which the setters have not seen yet. */
static int check(const struct options_parsing *p, struct err *e)
{
    static const char *const ways[] = {"--publish", "--publish-http", "--publish-cmd",
                                       "--publish-redis"};
    static const char *const others[] = {"--publish", "--publish-http", "--publish-cmd", "--redis",
                                         "--rounds",  "--expect",       "--drill"};
    const char *first = NULL;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (!options_given(p, ways[i]))
            continue;
        if (first)
            return usage_error(e, "%s and %s exclude each other: there is one way to publish",
                               first, ways[i]);
        first = ways[i];
    }
    if (options_given(p, "--publish-redis") && !options_given(p, "--redis")) {
        usage_error(e, "--publish-redis needs --redis: it names the server to publish to");
        err_hint(e, "for example --redis redis://127.0.0.1:6379");
        return -1;
    }
    if (options_given(p, "--expect-drill") && !options_given(p, "--drill")) {
        usage_error(e, "--expect-drill needs --drill: it is about what the drill's command does");
        err_hint(e, "for example --drill 'kubectl rollout restart deployment/chat'");
        return -1;
    }
    if ((options_given(p, "--poll") || options_given(p, "--sse")) &&
        (!first || strcmp(first, "--publish") == 0)) {
        usage_error(e, "connections that only receive cannot publish");
        err_hint(e, "--publish-http, --publish-cmd or --publish-redis publishes from outside");
        return -1;
    }
    for (size_t i = 0; options_given(p, "--sticky") && i < sizeof others / sizeof others[0]; i++) {
        if (options_given(p, others[i]))
            return usage_error(e,
                               "--sticky and %s exclude each other: --sticky tests handshakes, "
                               "and publishes nothing",
                               others[i]);
    }
    return 0;
}

static int operands(struct options_parsing *p, struct err *e)
{
    if (check(p, e) < 0)
        return -1;
    p->connect->handshake.deflate.enabled = false; /* its windows would be most of the memory */
    return options_url_operand(p, e);
}

static const struct option_row options[] = {
    {'c', NULL, OPTION_VALUE, "N", "open N connections (8)", GROUP, NULL, true, 0, set_connections,
     0},
    {0, "connect-rate", OPTION_VALUE, "N", "open at most N connections a second", GROUP, NULL, true,
     0, set_connect_rate, 0},
    {0, "subscribe", OPTION_VALUE, "MSG", "send MSG after opening; {i} number, {n} count", GROUP,
     NULL, true, 0, options_set_text, OWN(subscribe)},
    {0, "publish", OPTION_VALUE, "MSG", "each connection in turn sends MSG with {nonce}", GROUP,
     NULL, true, 0, set_publish, 0},
    {0, "publish-http", OPTION_VALUE, "URL", "publish by an HTTP request instead", GROUP, "URL",
     true, 0, set_publish_http, 0},
    {0, "publish-cmd", OPTION_VALUE, "CMD", "publish by running CMD with {nonce} instead", GROUP,
     NULL, true, 0, set_publish_cmd, 0},
    {0, "publish-redis", OPTION_VALUE, "CHANNEL", "publish through Redis on CHANNEL instead", GROUP,
     NULL, true, 0, set_publish_redis, 0},
    {0, "expect", OPTION_VALUE, "WHO", "all, others, sender, none or islands:K (all)", GROUP,
     "all|others|sender|none|islands:", true, 0, set_expect, 0},
    {0, "rounds", OPTION_VALUE, "N", "publish N times for each connection (3)", GROUP, NULL, true,
     0, set_rounds, 0},
    {0, "within", OPTION_VALUE, "SEC", "a message that takes longer is late (2)", GROUP, NULL, true,
     0, options_set_positive_seconds, OWN(within_us)},
    {0, "node", OPTION_VALUE, "SOURCE", "json:POINTER, header:NAME or cookie:NAME of a node", GROUP,
     "json:|header:|cookie:", true, 0, set_node, 0},
    {0, "sticky", OPTION_FLAG, NULL, "test only what keeps a client on its node", GROUP, NULL, true,
     0, options_set_flag, OWN(sticky)},
    {0, "redis", OPTION_VALUE, "URL", "observe what the nodes publish in Redis", GROUP, "SECRET",
     true, 0, set_redis, 0},
    {0, "drill", OPTION_VALUE, "CMD", "run CMD in the middle; account for every client", GROUP,
     NULL, true, 0, options_set_text, OWN(drill)},
    {0, "expect-drill", OPTION_VALUE, "LIST", "exit 3 unless true, such as back<10s,lost=0", GROUP,
     NULL, true, 0, set_expect_drill, 0},
    {0, "report", OPTION_VALUE, "FILE", "write the result as an HTML page", GROUP, "FILE", true, 0,
     options_set_text, OWN(report)},
};

const struct verb fanout_verb = {
    .name = "fanout",
    .usage = "[OPTION]... URL",
    .about = "many connections through a load balancer",
    .text = "Open many connections through a load balancer, let each send in turn, and report\n"
            "which node serves which, whose messages reach whom, and what is at fault.\n",
    .examples = "  wscope fanout -c 30 wss://example.com/chat\n"
                "  wscope fanout --sticky wss://example.com/chat\n"
                "  wscope fanout -r --drill './rollout.sh' --expect-drill 'back<10s,lost=0' \\\n"
                "                wss://example.com/chat\n",
    .sets = OPTIONS_DIAL | OPTIONS_VIEWS,
    .operand_max = 1,
    .operand = "WS-URL",
    VERB_OWN(options, defaults),
    .operands = operands,
    .run = fanout_run,
};
