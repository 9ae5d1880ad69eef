/*
 * control_answer: what each request of the control API does, and its answer.
 */
#include <stdlib.h>

#include "app/proxying_act.h"
#include "base/codec.h"
#include "grade/report.h"
#include "sink/json_tree.h"
#include "sink/redact.h"
#include "verb/proxy/control_private.h"

/* --- documents ----------------------------------------------------------------------------------
 */

static void answer_text(struct control_conn *c, int failed, const struct buf *text)
{
    struct err e;

    if (failed == 0) {
        control_conn_answer(c, 200, NULL, buf_slice(text));
        return;
    }
    control_refuse(&e, 503, "out of memory");
    control_conn_refuse(c, NULL, &e);
}

/* The tree is cleared; `what` is what of it is printed. */
static void answer_tree(struct control_conn *c, struct json_tree *t, cJSON *what)
{
    cJSON *detached = what == t->root ? what : NULL;
    struct json_tree printed = {.root = detached, .failed = t->failed};
    struct buf text;

    if (!detached && !t->failed)
        printed.root = cJSON_DetachItemViaPointer(t->root, what);
    buf_init(&text, CONTROL_ANSWER_MAX);
    answer_text(c, tree_print(&printed, &text), &text);
    buf_clear(&text);
    if (printed.root != t->root)
        cJSON_Delete(printed.root);
    tree_clear(t);
}

/* {"key":number} */
static void answer_count(struct control_conn *c, const char *key, uint64_t number)
{
    struct json_tree t;

    tree_init(&t);
    tree_u64(&t, t.root, key, number);
    answer_tree(c, &t, t.root);
}

static void refuse(struct control_conn *c, int status, const struct err *why)
{
    struct err e = *why;

    e.status = status;
    control_conn_refuse(c, NULL, &e);
}

/* --- GET ----------------------------------------------------------------------------------------
 */

static void put_client(struct json_tree *t, cJSON *list, const struct grade_client_report *r)
{
    cJSON *to = tree_object(t, list, NULL);

    tree_u64(t, to, "client", r->client);
    tree_latin1(t, to, "address", slice_str(r->address));
    tree_latin1(t, to, "path", slice_str(r->path));
    if (r->agent[0])
        tree_latin1(t, to, "user_agent", slice_str(r->agent));
    else
        tree_null(t, to, "user_agent");
    tree_u64(t, to, "connections", r->connections);
    tree_bool(t, to, "connected", r->here);
    tree_u64(t, to, "outages", r->outage_count);
}

static void answer_clients(struct control_conn *c)
{
    struct grade_report *r = proxying_report(&c->control->p->core);
    struct json_tree t;
    cJSON *list;

    tree_init(&t);
    list = tree_array(&t, t.root, "clients");
    for (size_t i = 0; r && i < r->client_count; i++)
        put_client(&t, list, &r->clients[i]);
    if (!r)
        t.failed = true;
    answer_tree(c, &t, list);
    grade_report_free(r);
}

static void put_connection(struct json_tree *t, cJSON *list, const struct relay_conn *conn)
{
    cJSON *to = tree_object(t, list, NULL), *held;
    struct buf path;

    buf_init(&path, HTTP1_HEAD_MAX * 2);
    tree_u64(t, to, "conn", relay_conn_number(conn));
    if (relay_conn_client(conn))
        tree_u64(t, to, "client", relay_conn_client(conn));
    else
        tree_null(t, to, "client");
    if (redact_target(&path, slice_str(relay_conn_target(conn)), true) < 0)
        t->failed = true;
    tree_latin1(t, to, "path", buf_slice(&path));
    tree_latin1(t, to, "address", slice_str(relay_conn_address(conn)));
    tree_bool(t, to, "open", relay_conn_is_open(conn));
    held = tree_object(t, to, "held");
    tree_u64(t, held, "up", relay_held(conn, RELAY_UP));
    tree_u64(t, held, "down", relay_held(conn, RELAY_DOWN));
    buf_clear(&path);
}

static void answer_connections(struct control_conn *c)
{
    struct json_tree t;
    cJSON *list;

    tree_init(&t);
    list = tree_array(&t, t.root, "connections");
    for (const struct relay_conn *conn = relay_first(c->control->p->core.relay); conn;
         conn = relay_next(conn))
        put_connection(&t, list, conn);
    answer_tree(c, &t, list);
}

static void answer_report(struct control_conn *c)
{
    struct buf text;

    buf_init(&text, CONTROL_ANSWER_MAX);
    answer_text(c, proxy_report_json(c->control->p, &text), &text);
    buf_clear(&text);
}

/* --- POST ---------------------------------------------------------------------------------------
 */

static struct proxying_who who_of(const struct control_conn *c)
{
    return (struct proxying_who){.conn = c->request.conn};
}

static unsigned directions_of(const struct control_conn *c)
{
    return (c->request.up ? PROXYING_UP : 0U) | (c->request.down ? PROXYING_DOWN : 0U);
}

/* The connection that was named is there. False: that was answered. */
static bool check_conn(struct control_conn *c)
{
    struct err e;

    if (c->request.conn == 0 || relay_find(c->control->p->core.relay, c->request.conn))
        return true;
    control_refuse(&e, 404, "there is no connection %u", (unsigned)c->request.conn);
    err_hint(&e, "GET /connections lists all connections");
    control_conn_refuse(c, NULL, &e);
    return false;
}

static void answer_fault(struct control_conn *c)
{
    bool random;
    struct err e;

    if (proxying_fault(&c->control->p->core, c->request.text, &random, &e) < 0)
        refuse(c, e.code == EXIT_USAGE ? 400 : 409, &e);
    else
        answer_count(c, "seed", c->control->p->core.client_rig.seed);
}

/* A client that was cut off, and is to stay away: each new connection is refused meanwhile, that of
 * other clients too, for before its request one does not differ from another. */
static int refuse_for(struct proxy_front *p, uint64_t us, struct err *e)
{
    char spec[DURATION_TEXT + 16] = "refuse+", *time = spec + 7;
    bool random;

    duration_print(us, time);
    return proxying_fault(&p->core, spec, &random, e);
}

static void answer_drop(struct control_conn *c)
{
    struct proxy_front *p = c->control->p;
    const struct proxying_who who = who_of(c);
    struct proxying_drop drop;
    struct err e;

    if (!check_conn(c))
        return;
    if (proxying_drop_parse(c->request.text[0] ? c->request.text : "rst", &drop, &e) < 0) {
        refuse(c, 400, &e);
        return;
    }
    if (drop.how == RELAY_DROP_BLACKHOLE) {
        drop.for_us = c->request.us;
    } else if (c->request.us && refuse_for(p, c->request.us, &e) < 0) {
        refuse(c, 409, &e);
        return;
    }
    answer_count(c, "dropped", proxying_drop(&p->core, &who, &drop));
}

static void answer_offline(struct control_conn *c)
{
    proxying_offline(&c->control->p->core, c->request.us, c->request.silent);
    answer_count(c, "offline", 1);
}

static void answer_heal(struct control_conn *c)
{
    proxying_heal(&c->control->p->core);
    answer_count(c, "offline", 0);
}

static void answer_rule(struct control_conn *c)
{
    struct err e;

    if (proxying_rule(&c->control->p->core, c->request.text, &e) < 0)
        refuse(c, e.code == EXIT_USAGE ? 400 : 409, &e);
    else
        answer_count(c, "rules", c->control->p->core.rules.count);
}

static void answer_inject(struct control_conn *c)
{
    const struct proxying_who who = who_of(c);
    enum relay_direction direction = c->request.up ? RELAY_UP : RELAY_DOWN;
    enum opcode type = c->request.binary ? OPCODE_BINARY : OPCODE_TEXT;
    struct err e;

    if (!check_conn(c))
        return;
    if (proxying_inject(&c->control->p->core, &who, direction, type,
                        buf_slice(&c->request.memory)) > 0) {
        answer_count(c, "injected", 1);
        return;
    }
    control_refuse(&e, 409, "connection %u is not an open WebSocket", (unsigned)c->request.conn);
    control_conn_refuse(c, NULL, &e);
}

static void answer_hold(struct control_conn *c)
{
    const struct proxying_who who = who_of(c);

    if (check_conn(c))
        answer_count(c, "holding",
                     proxying_hold(&c->control->p->core, &who, directions_of(c), c->request.count));
}

static void answer_release(struct control_conn *c)
{
    const struct proxying_who who = who_of(c);
    struct json_tree t;
    unsigned left = 0;

    if (!check_conn(c))
        return;
    tree_init(&t);
    tree_u64(
        &t, t.root, "released",
        proxying_release(&c->control->p->core, &who, directions_of(c), c->request.count, &left));
    tree_u64(&t, t.root, "held", left);
    answer_tree(c, &t, t.root);
}

void control_answer(struct control_conn *c)
{
    static void (*const answers[])(struct control_conn *) = {
        [CONTROL_CLIENTS] = answer_clients,
        [CONTROL_REPORT] = answer_report,
        [CONTROL_CONNECTIONS] = answer_connections,
        [CONTROL_EVENTS] = control_conn_stream,
        [CONTROL_FAULT] = answer_fault,
        [CONTROL_DROP] = answer_drop,
        [CONTROL_OFFLINE] = answer_offline,
        [CONTROL_HEAL] = answer_heal,
        [CONTROL_RULE] = answer_rule,
        [CONTROL_INJECT] = answer_inject,
        [CONTROL_HOLD] = answer_hold,
        [CONTROL_RELEASE] = answer_release,
        [CONTROL_WAIT] = control_conn_wait,
    };

    answers[c->request.what](c);
}
