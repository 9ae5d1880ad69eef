/*
 * proxy: wscope proxy: a relay between clients and their server, its views, and the report on how
 * the clients handled outages.
 */
#ifndef VERB_PROXY_PROXY_H
#define VERB_PROXY_PROXY_H

#include "cli/verb.h"
#include "grade/expect.h"
#include "relay/rule.h"
#include "verb/proxy/control_address.h"

/* Its own options. */
struct proxy_options {
    bool keep_host;
    const char *upstream_cert, *upstream_key; /* files, or NULL */
    const char *const *rules;                 /* as typed, checked */
    size_t rule_count;
    struct grade_config grade;
    uint64_t outages; /* end after that many; 0: any number */
    struct criteria expect;
    const char *report; /* a file, or NULL */
    bool controlled;    /* listen at `control` for test runners */
    struct control_address control;
    const char *junit; /* a file, or NULL */
    bool tap;
};

extern const struct verb proxy_verb;

enum exit_code proxy_run(struct app *app, const void *own);

#endif
