/*
 * fanout: many connections through a load balancer: which node serves which of them, whose messages
 * reach whom, and what a deployment does to them.
 */
#ifndef VERB_FANOUT_FANOUT_H
#define VERB_FANOUT_FANOUT_H

#include "cli/verb.h"
#include "fanout/expect.h"
#include "redis/redis_url.h"

/* What it has options of its own for. */
struct fanout_options {
    uint64_t connections;
    double connect_rate;   /* a second; 0: as fast as the server answers */
    const char *subscribe; /* or NULL */
    enum fanout_way way;
    const char *publish; /* the message, the URL, the command or the channel, as `way` says */
    enum fanout_expect expect;
    uint32_t islands;
    uint64_t rounds, within_us;
    bool node_given;
    struct naming_source node;
    bool sticky;
    const char *redis; /* URL, checked, or NULL */
    const char *drill; /* command, or NULL */
    struct criteria expect_drill;
    const char *report; /* file, or NULL */
};

/* The message that is published unless another one is given. */
#define FANOUT_MESSAGE "{\"wscope\":\"{nonce}\",\"from\":{i}}"

/* Run to the end. own: struct fanout_options. Returns the exit code. */
enum exit_code fanout_run(struct app *app, const void *own);

/* Its row of the table of subcommands. */
extern const struct verb fanout_verb;

#endif
