/*
 * relayed_rules: what becomes of a message that has come through the faults of its leg: the first
 * rule that matches acts, and what is held waits.
 */

#include "base/clock.h"
#include "relay/relay_private.h"

/* What a rule makes of a message may be longer than that. */
#define REWRITTEN_MAX ((size_t)16 * 1024 * 1024)

static enum rule_dir dir_of(const struct relay_leg *from)
{
    return from->side == LEG_CLIENT ? RULE_UP : RULE_DOWN;
}

static void report(const struct relay_leg *from, const struct rule *rule)
{
    struct relay_conn *c = from->conn;
    struct event ev = relayed_event(c, EVENT_RULE, from->side);
    struct buf text;

    if (!bus_wants(c->relay->bus, EVENT_RULE))
        return;
    buf_init(&text, RULE_TEXT_MAX * 2);
    if (rule_print(rule, &text) == 0 && buf_append(&text, "", 1) == 0) {
        ev.dir = DIR_IN;
        ev.rule = (struct event_rule){.action = rule_action_name(rule->action),
                                      .rule = (const char *)buf_data(&text)};
        relayed_emit(c, &ev);
    }
    buf_clear(&text);
}

static const struct rule *matching(const struct relay_leg *from, const struct rule_subject *s)
{
    const struct relay *r = from->conn->relay;

    return r->config->rules ? rules_match(r->config->rules, s) : NULL;
}

static void forward(struct relay_leg *from, const struct event_message *m)
{
    relayed_ws_forward(from, m->type, m->data, m->part <= 1, m->final);
}

/* The leg whose stream a message in that direction belongs to. */
static struct relay_leg *source(struct relay_leg *any, enum rule_dir dir)
{
    return dir == dir_of(any) ? any : any->other;
}

/* What a rule makes of it in *text. False: it passes as it is. */
static bool rewrite(struct relay_leg *from, const struct rule *rule, enum opcode opcode,
                    struct slice data, struct buf *text)
{
    int r;

    buf_init(text, REWRITTEN_MAX);
    r = rule_rewrite(rule, opcode, data, text);
    if (r < 0)
        relayed_note(from->conn, "a message passes as it is: what a rule makes of it is too long");
    if (r > 0)
        report(from, rule);
    return r > 0;
}

static uint64_t due(const struct rule *rule)
{
    return rule->action == RULE_HOLD ? UINT64_MAX : clock_mono_us() + rule->delay_us;
}

/* A rule acts on a message that is there whole. */
static void act(struct relay_leg *from, const struct rule *rule, const struct event_message *m)
{
    struct buf text;

    switch (rule->action) {
    case RULE_DROP:
        report(from, rule);
        break;
    case RULE_DUP:
        report(from, rule);
        forward(from, m);
        relayed_ws_forward(from, m->type, m->data, true, true);
        break;
    case RULE_DELAY:
    case RULE_HOLD:
        report(from, rule);
        if (!held_keep(from, m->type, m->data, due(rule)))
            forward(from, m);
        break;
    default:
        if (rewrite(from, rule, m->type, m->data, &text))
            relayed_ws_forward(from, m->type, buf_slice(&text), true, true);
        else
            forward(from, m);
        buf_clear(&text);
        break;
    }
}

/* On a ping or pong. Does it pass? */
static bool act_on_control(struct relay_leg *from, const struct rule *rule, enum opcode opcode,
                           struct slice data)
{
    struct buf text;
    bool passes;

    switch (rule->action) {
    case RULE_DROP:
        report(from, rule);
        return false;
    case RULE_DUP:
        report(from, rule);
        relayed_ws_control(from, opcode, data);
        return true;
    case RULE_DELAY:
        report(from, rule);
        return !held_keep(from, opcode, data, due(rule));
    default:
        passes = !rewrite(from, rule, opcode, data, &text);
        if (!passes)
            relayed_ws_control(from, opcode, buf_slice(&text));
        buf_clear(&text);
        return passes;
    }
}

/* What ends the connection, or goes beside the message. False: the connection has ended. */
static bool act_beside(struct relay_leg *from, const struct rule *rule)
{
    struct relay_conn *c = from->conn;

    report(from, rule);
    switch (rule->action) {
    case RULE_INJECT:
        (void)held_inject(source(from, rule->to), OPCODE_TEXT, buf_slice(&rule->text));
        return true;
    case RULE_CLOSE:
        relayed_ws_close(c, rule->code, slice_str("by a rule"), LEG_NONE);
        return false;
    case RULE_RST:
        relayed_decide(c, LEG_NONE, CLOSE_BY_LOCAL, CLOSE_HOW_FAULT, CLOSE_ABNORMAL, slice_str(""));
        relayed_reset(c);
        return false;
    default:
        return true;
    }
}

static bool is_beside(const struct rule *rule)
{
    return rule->action == RULE_INJECT || rule->action == RULE_CLOSE || rule->action == RULE_RST;
}

static void hold_or_forward(struct relay_leg *from, const struct event_message *m)
{
    if (!from->hold || m->part > 0 || !held_keep(from, m->type, m->data, UINT64_MAX))
        forward(from, m);
    else if (from->hold != RELAY_HOLD_ALL)
        from->hold--;
}

/* Of a message in parts, the first has come. */
static void act_on_parts(struct relay_leg *from, const struct rule *rule)
{
    from->dropping = rule->action == RULE_DROP;
    if (from->dropping)
        report(from, rule);
    else
        relayed_note(from->conn, "a message over 1 MiB passes in parts, as it is: the rule that "
                                 "matches would need it whole");
}

void relayed_rules_message(struct relay_leg *from, const struct event_message *m)
{
    struct rule_subject subject = {
        .dir = dir_of(from),
        .opcode = m->type,
        .payload = m->data,
        .in_parts = m->part > 0,
        .number = wsconn_counters(from->ws)->messages_in + (m->final ? 0 : 1),
    };
    const struct rule *rule = m->part <= 1 ? matching(from, &subject) : NULL;

    if (m->part <= 1)
        from->dropping = false;
    if (rule && is_beside(rule)) {
        if (!act_beside(from, rule))
            return;
        rule = NULL;
    }
    if (rule && m->part == 1) {
        act_on_parts(from, rule);
        rule = NULL;
    }
    if (from->dropping)
        return;
    if (rule)
        act(from, rule, m);
    else
        hold_or_forward(from, m);
}

bool relayed_rules_control(struct relay_leg *from, const struct event *ev)
{
    const struct rule_subject subject = {
        .dir = dir_of(from),
        .opcode = ev->kind == EVENT_PING ? OPCODE_PING : OPCODE_PONG,
        .payload = ev->control.data,
    };
    const struct rule *rule = matching(from, &subject);

    if (!rule)
        return true;
    if (is_beside(rule))
        return act_beside(from, rule);
    return act_on_control(from, rule, subject.opcode, subject.payload);
}

bool relayed_rules_close(struct relay_leg *from)
{
    const struct rule_subject subject = {.dir = dir_of(from), .opcode = OPCODE_CLOSE};
    const struct rule *rule = matching(from, &subject);

    if (!rule)
        return true;
    if (is_beside(rule))
        return act_beside(from, rule);
    report(from, rule);
    if (rule->action == RULE_DROP)
        return false;
    held_release(from, 0); /* what is held is before it */
    return !held_keep(from, OPCODE_CLOSE, buf_slice(&from->control), due(rule));
}
