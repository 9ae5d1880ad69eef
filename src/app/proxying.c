#include "app/proxying.h"

#include "app/file_limit.h"
#include "base/clock.h"
#include "base/rng.h"

/* Descriptors that are not of connections, of which each takes two. */
#define OTHER_FILES 96

static void on_event(struct sink *sink, const struct event *ev)
{
    proxying_watch_fault((struct proxying *)sink, ev);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

/* What requests are given on their way. */
static void take_server(struct proxying *p)
{
    p->identity = p->config.connect->handshake;
    p->dial = p->config.connect->dial;
    p->dial.tls.cert = p->config.upstream_cert;
    p->dial.tls.key = p->config.upstream_key;
}

static int take_rules(struct proxying *p, struct err *e)
{
    for (size_t i = 0; i < p->config.rule_count; i++) {
        struct rule rule;

        if (rule_parse(slice_str(p->config.rules[i]), &rule, e) < 0)
            return -1;
        if (rules_add(&p->rules, &rule) < 0) {
            rule_clear(&rule);
            return err_nomem(e, STAGE_USAGE, "taking the rules");
        }
    }
    return 0;
}

static int make_grade(struct proxying *p, struct err *e)
{
    struct grade_config config = p->config.grade;
    const struct account_options *account = &p->config.connect->account;

    config.seq = account->seq;
    config.id = account->id;
    config.epoch = account->epoch;
    if (rng_draw(&p->loop->supplies.rng, (uint8_t *)config.seed, sizeof config.seed) < 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "no random numbers are available");
    p->grade = grade_new(&config);
    return p->grade ? 0 : err_nomem(e, STAGE_IO, "starting the proxy");
}

static int make_relay(struct proxying *p, struct err *e)
{
    const struct listen_options *listen = p->config.listen;

    p->relay_config = (struct relay_config){
        .host = listen->host,
        .port = listen->port,
        .cert = listen->cert,
        .key = listen->key,
        .identity = &p->identity,
        .dial = &p->dial,
        .keep_host = p->config.keep_host,
        .decode = &p->config.connect->decode,
        .connect_timeout_us = p->config.connect->ws.connect_timeout_us,
        .max_clients = file_limit_raise(OTHER_FILES, 2),
        .supplies = &p->loop->supplies,
        .client_faults = p->client_rig.faults,
        .server_faults = p->server_rig.faults,
        .rules = &p->rules,
        .start_us = p->start_us,
    };
    p->relay = relay_new(&p->loop->uv, &p->relay_config, p->bus, &proxying_relay_hooks, p, e);
    if (p->relay && p->config.fault->count > 0)
        relay_expect_changes(p->relay);
    return p->relay ? 0 : -1;
}

int proxying_init(struct proxying *p, struct app_loop *loop, struct bus *bus, uint64_t start_us,
                  const struct proxying_config *config, const struct proxying_hooks *hooks,
                  struct err *e)
{
    *p = (struct proxying){.watch = {EVENT_BIT(EVENT_FAULT), on_event, NULL},
                           .loop = loop,
                           .bus = bus,
                           .start_us = start_us,
                           .config = *config,
                           .hooks = *hooks};
    if (bus_add(bus, &p->watch) < 0 || proxying_act_init(p) < 0)
        return err_nomem(e, STAGE_IO, "starting the proxy");
    take_server(p);
    if (take_rules(p, e) < 0 || make_grade(p, e) < 0 ||
        fault_rig_init_legs(&p->client_rig, &p->server_rig, &loop->uv, config->fault, bus, start_us,
                            e) < 0)
        return -1;
    return make_relay(p, e);
}

/* --- the end ------------------------------------------------------------------------------------
 */

void proxying_clear(struct proxying *p)
{
    relay_free(p->relay);
    p->relay = NULL;
    proxying_act_clear(p);
    fault_rig_clear(&p->client_rig);
    fault_rig_clear(&p->server_rig);
    grade_free(p->grade);
    p->grade = NULL;
    rules_clear(&p->rules);
}

struct grade_report *proxying_report(const struct proxying *p)
{
    return grade_report_new(p->grade, clock_mono_us());
}
