#include "verb/serve/serve.h"

#include "cli/parsing.h"

const struct verb serve_verb = {
    .name = "serve",
    .letter = 's',
    .usage = "[OPTION]... [[HOST:]PORT]",
    .about = "the embedded server",
    .text = "Run the embedded server, on 127.0.0.1 and port 9001 by default: /echo returns\n"
            "every message, /feed sends numbered updates (also /feed.sse and /feed.json).\n",
    .examples = "  wscope serve                              on ws://127.0.0.1:9001/\n"
                "  wscope serve 0.0.0.0:8080                 for other machines, too\n"
                "  wscope serve --fault rst@every:30s        lose every client twice a minute\n",
    .sets = OPTIONS_LISTEN | OPTIONS_VIEWS,
    .operand_max = 1,
    .operands = options_address_operand,
    .run = serve_run,
};
