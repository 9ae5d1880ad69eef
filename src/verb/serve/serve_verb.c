#include "verb/serve/serve.h"

#include <string.h>

#include "base/codec.h"
#include "cli/parsing.h"
#include "redis/redis_url.h"
#include "serve/feed.h"
#include "serve/pages.h"

#define GROUP "Server (wscope serve)"

static const struct serve_options defaults = {.rate = 10, .burst = 1};

static int set_rate(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct serve_options *serve = p->own;
    uint64_t millionths;

    /* The decimals of seconds are the decimals wanted here. */
    if (seconds_parse(use->value, &millionths) != 0 || millionths == 0 ||
        millionths > UINT64_C(1000000000000))
        return usage_error(e, "%s takes updates a second above 0 (\"0.5\", \"100\"), not \"%s\"",
                           use->typed, options_quote(use->value).text);
    serve->rate = (double)millionths / 1e6;
    return 0;
}

static int set_burst(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const struct serve_options *serve = p->own;

    if (options_set_number(p, use, e) < 0)
        return -1;
    if (serve->burst > FEED_BURST_MAX)
        return usage_error(e, "%s takes at most %d, not \"%s\"", use->typed, FEED_BURST_MAX,
                           options_quote(use->value).text);
    return 0;
}

static int set_allow_origin(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct serve_options *serve = p->own;

    if (use->value[0] == '\0')
        return usage_error(e, "%s takes an origin (\"https://example.com\"), not an empty text",
                           use->typed);
    return options_add_text(p, &serve->origins, &serve->origin_count, use->value, e);
}

static int set_path(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *path = use->value;

    if (path[0] != '/' || strpbrk(path, "?# \t") != NULL)
        return usage_error(e, "%s takes a path (\"/ws\", \"/chat/room\"), not \"%s\"", use->typed,
                           options_quote(path).text);
    if (strncmp(path, "/feed", 5) == 0 && (path[5] == '\0' || path[5] == '.'))
        return usage_error(e, "%s: \"%s\" is a path of the feed", use->typed,
                           options_quote(path).text);
    return options_set_text(p, use, e);
}

static int set_node(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (!pages_node_valid(use->value))
        return usage_error(e,
                           "%s takes a name of at most %d letters, digits, '.', '_' and '-', not "
                           "\"%s\"",
                           use->typed, PAGES_NODE_MAX, options_quote(use->value).text);
    return options_set_text(p, use, e);
}

static int set_pubsub(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct serve_options *serve = p->own;
    char *text = options_secret(p, use, e);
    struct redis_url url;

    if (!text)
        return -1;
    if (redis_url_parse(&url, text, e) < 0)
        return text == use->value ? options_point_into(p, use) : options_blame(use, e);
    redis_url_clear(&url);
    serve->pubsub = text;
    return 0;
}

static const struct option_row options[] = {
    {0, "rate", OPTION_VALUE, "N", "send N updates a second (10)", GROUP, NULL, true, 0, set_rate,
     offsetof(struct serve_options, rate)},
    {0, "burst", OPTION_VALUE, "N", "send N updates at once, less often", GROUP, NULL, true, 0,
     set_burst, offsetof(struct serve_options, burst)},
    {0, "path", OPTION_VALUE, "PATH", "also echo at this path", GROUP, NULL, true, 0, set_path,
     offsetof(struct serve_options, path)},
    {0, "allow-origin", OPTION_VALUE, "ORIGIN", "refuse other origins; repeatable", GROUP, NULL,
     true, 0, set_allow_origin, 0},
    {0, "node", OPTION_VALUE, "NAME", "name this server in its messages and headers", GROUP, NULL,
     true, 0, set_node, offsetof(struct serve_options, node)},
    {0, "pubsub", OPTION_VALUE, "URL", "share feed and room through Redis: redis://HOST", GROUP,
     "SECRET", true, 0, set_pubsub, 0},
    {0, "pubsub-cert", OPTION_VALUE, "FILE", "present this certificate (PEM) to Redis", GROUP,
     "FILE", false, 0, options_set_readable, offsetof(struct serve_options, pubsub_cert)},
    {0, "pubsub-key", OPTION_VALUE, "FILE", "private key of --pubsub-cert, if elsewhere", GROUP,
     "FILE", false, 0, options_set_readable, offsetof(struct serve_options, pubsub_key)},
};

const struct verb serve_verb = {
    .name = "serve",
    .usage = "[OPTION]... [[HOST:]PORT]",
    .about = "the embedded server",
    .text = "Run the embedded server, on 127.0.0.1 and port 9001 by default: /echo returns\n"
            "every message, /feed sends numbered updates (also /feed.sse and /feed.json),\n"
            "and /chat sends each message to all of its clients.\n"
            "On a terminal, a line that is typed is sent to every WebSocket client.\n",
    .examples = "  wscope serve                              on ws://127.0.0.1:9001/\n"
                "  wscope serve 0.0.0.0:8080                 for other machines, too\n"
                "  wscope serve --fault rst@every:30s        lose every client twice a minute\n",
    .sets = OPTIONS_LISTEN | OPTIONS_VIEWS,
    .operand_max = 1,
    .operand = "ADDRESS",
    VERB_OWN(options, defaults),
    .operands = options_address_operand,
    .run = serve_run,
};
