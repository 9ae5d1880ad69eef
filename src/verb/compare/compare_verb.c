#include "verb/compare/compare.h"

#include "cli/parsing.h"

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

    p->o->ws.for_us = FOR_US;
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

const struct verb compare_verb = {
    .name = "compare",
    .letter = 'm',
    .usage = "[OPTION]... [URL] [--poll URL] [--sse URL]",
    .about = "the same updates over several channels",
    .text = "Take the same updates over a WebSocket, server-sent events and polling at once,\n"
            "and report what each costs and how late it is.\n",
    .examples = "  wscope compare --id /id --every 0.5,2 :9001/feed --sse :9001/feed.sse \\\n"
                "                 --poll ':9001/feed.json?since={last}'\n",
    .sets = OPTIONS_DIAL | OPTIONS_COMPARE | OPTIONS_VIEWS,
    .operand_max = 1,
    .operands = operands,
    .run = compare_run,
};
