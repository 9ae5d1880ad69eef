#include "verb/run/script.h"

#include "cli/parsing.h"

static int operands(struct options_parsing *p, struct err *e)
{
    if (p->o->run.file_count > 0)
        return 0;
    usage_error(e, "wscope run needs a script");
    err_hint(e, "usage: wscope run [OPTION]... FILE...; \"-\" is standard input");
    return -1;
}

const struct verb run_verb = {
    .name = "run",
    .letter = 'r',
    .usage = "[OPTION]... FILE...",
    .about = "tests written as scripts",
    .text = "Run the tests in these scripts and report the results (wscope-script(5)).\n",
    .examples = "  wscope run --against serve *.wscope       against the embedded server\n"
                "  wscope run --against wss://api.example.com/ws --junit out.xml login.wscope\n",
    .sets = OPTIONS_TESTS | OPTIONS_HAND_ON,
    .operand_max = SIZE_MAX,
    .operands = operands,
    .run = script_run,
};
