#include "base/decimal.h"
#include "verb/compare/compare.h"

#include <stdlib.h>

#include "cli/parsing.h"

#define GROUP "Comparing (wscope compare)"

/* How long channels are compared without --for. */
#define FOR_US 30000000u

static int check_url(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct url url;

    if (!use)
        return 0;
    if (options_http_parse(p, use, use->value, &url, e) < 0)
        return -1;
    url_clear(&url);
    return 0;
}

static int operands(struct options_parsing *p, struct err *e)
{
    const struct option_use *poll = options_given(p, "--poll"), *sse = options_given(p, "--sse");

    p->limits->for_us = FOR_US;
    if (check_url(p, poll, e) != 0 || check_url(p, sse, e) != 0)
        return -1;
    if (p->operand || p->surplus)
        return options_take_url(p, e);
    if (poll || sse)
        return 0;
    usage_error(e, "there is nothing to compare: no URL was given");
    err_hint(e, "wscope compare ws://HOST/PATH --sse http://HOST/PATH --poll http://HOST/PATH");
    return -1;
}

static int set_clients(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct compare_options *c = p->own;
    const char *at = use->value;
    char element[16];

    for (c->client_count = 0; at; c->client_count++) {
        if (c->client_count == COMPARE_CLIENTS_MAX)
            return usage_error(e, "%s takes at most %d numbers", use->typed, COMPARE_CLIENTS_MAX);
        if (!options_next_element(&at, element, sizeof element) ||
            !decimal_read(slice_str(element), UINT64_MAX, &c->clients[c->client_count]) ||
            c->clients[c->client_count] == 0)
            return usage_error(e,
                               "%s takes numbers above 0 with commas between them "
                               "(\"1,1000,100000\"), not \"%s\"",
                               use->typed, options_quote(use->value).text);
    }
    return 0;
}

static const struct compare_options defaults = {.time = NULL};

static const struct option_row options[] = {
    {0, "time", OPTION_VALUE, "POINTER", "JSON Pointer to the time an update was sent", GROUP, NULL,
     true, 0, options_set_pointer, offsetof(struct compare_options, time)},
    {0, "clients", OPTION_VALUE, "N,...", "estimate for N clients (1,1000,100000)", GROUP, NULL,
     false, 0, set_clients, 0},
    {0, "report", OPTION_VALUE, "FILE", "write the result as an HTML page", GROUP, "FILE", true, 0,
     options_set_text, offsetof(struct compare_options, report)},
};

const struct verb compare_verb = {
    .name = "compare",
    .usage = "[OPTION]... [URL] [--poll URL] [--sse URL]",
    .about = "the same updates over several channels",
    .text = "Receive the same updates over a WebSocket, server-sent events and polling at\n"
            "once, and report what each costs and how late its updates are.\n",
    .examples = "  wscope compare --id /id --every 0.5,2 :9001/feed --sse :9001/feed.sse \\\n"
                "                 --poll ':9001/feed.json?since={last}'\n",
    .sets = OPTIONS_DIAL | OPTIONS_COMPARE | OPTIONS_VIEWS,
    .operand_max = 1,
    .operand = "WS-URL",
    VERB_OWN(options, defaults),
    .operands = operands,
    .run = compare_run,
};
