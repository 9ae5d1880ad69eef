#include "verb/verbs.h"

#include "verb/compare/compare.h"
#include "verb/connect/connect_verb.h"
#include "verb/demo/demo.h"
#include "verb/fanout/fanout.h"
#include "verb/help/help.h"
#include "verb/probe/probe.h"
#include "verb/proxy/proxy.h"
#include "verb/run/script.h"
#include "verb/serve/serve.h"

static const struct verb *const rows[] = {
    &connect_verb, &compare_verb, &probe_verb, &proxy_verb, &fanout_verb,
    &serve_verb,   &run_verb,     &demo_verb,  &help_verb,  &version_verb,
};

const struct verbs wscope_verbs = {
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
    .help = &help_verb,
    .version = &version_verb,
};
