#include "verb/demo/demo.h"

#include "cli/parsing.h"

static int operands(struct options_parsing *p, struct err *e)
{
    p->connect->dial.noproxy = "*"; /* its server is this very process */
    return options_no_operand(p, e);
}

const struct verb demo_verb = {
    .name = "demo",
    .usage = "[OPTION]...",
    .about = "server and client together",
    .text = "Give a tour with the embedded server and a client, then a prompt.\n",
    .examples = "  wscope demo                               a tour\n",
    .sets = OPTIONS_TOUR | OPTIONS_VIEWS,
    .operands = operands,
    .run = demo_run,
};
