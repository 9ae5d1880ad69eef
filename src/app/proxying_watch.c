/*
 * proxying_watch: what the relay reports, as facts about its clients.
 */
#include <string.h>

#include "app/proxying.h"
#include "base/clock.h"
#include "base/decimal.h"

static struct proxying *of(void *ctx)
{
    return ctx;
}

/* "127.0.0.1" of "127.0.0.1:50123". */
static void address_of(const struct relay_conn *c, char host[64])
{
    const char *text = relay_conn_address(c);
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);

    if (n > 63)
        n = 63;
    memcpy(host, text, n);
    host[n] = '\0';
}

static void on_request(void *ctx, struct relay_conn *c, const struct http1_head *h, bool upgrade)
{
    struct proxying *p = of(ctx);
    char address[64];
    struct grade_head head = {
        .address = address,
        .since_us = relay_conn_first_us(c),
        .wall_s = clock_wall_us() / 1000000,
        .upgrade = upgrade,
        .target = h->target,
        .fields = h->fields,
        .field_count = h->field_count,
    };

    address_of(c, address);
    relay_conn_set_client(c, grade_attempt(p->grade, clock_mono_us(), relay_conn_number(c), &head));
}

static int64_t retry_after(const struct http1_head *h)
{
    const struct slice *value = h ? http1_field(h, "Retry-After") : NULL;
    uint64_t seconds;

    return value && decimal_read(*value, UINT32_MAX, &seconds) ? (int64_t)seconds : GRADE_UNKNOWN;
}

static void on_answer(void *ctx, struct relay_conn *c, int status, const struct http1_head *h)
{
    if (status != 101)
        grade_refused(of(ctx)->grade, clock_mono_us(), relay_conn_number(c), status,
                      retry_after(h));
}

static void emit_back(const struct proxying *p, const struct relay_conn *c)
{
    struct event ev = {
        .kind = EVENT_BACK,
        .conn = relay_conn_number(c),
        .client = relay_conn_client(c),
        .leg = LEG_CLIENT,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - p->start_us,
    };

    bus_emit(p->bus, &ev);
}

static void on_opened(void *ctx, struct relay_conn *c)
{
    struct proxying *p = of(ctx);
    bool ended = grade_opened(p->grade, clock_mono_us(), relay_conn_number(c));

    p->open++;
    if (!ended)
        return;
    emit_back(p, c);
    if (p->hooks.back)
        p->hooks.back(p->hooks.ctx);
}

/* Of what a server sends only the labels count. */
static bool is_graded(const struct proxying *p, enum relay_direction direction)
{
    const struct account_options *account = &p->config.connect->account;

    return direction == RELAY_UP || account->seq || account->id || account->epoch;
}

static void on_message(void *ctx, struct relay_conn *c, enum relay_direction direction,
                       const struct event_message *m)
{
    if (m->part > 1 || !is_graded(of(ctx), direction))
        return;
    grade_message(of(ctx)->grade, relay_conn_now_us(c), relay_conn_number(c),
                  &(struct grade_message){.up = direction == RELAY_UP,
                                          .delivered = true,
                                          .opcode = m->type,
                                          .data = m->data,
                                          .cut = m->part > 0});
}

static int how_of(const struct event_close *close)
{
    if (close->how == CLOSE_HOW_CLOSE_FRAME)
        return close->code;
    return close->how == CLOSE_HOW_FIN || close->how == CLOSE_HOW_TLS ? GRADE_END_FIN
                                                                      : GRADE_END_RST;
}

static void on_closed(void *ctx, struct relay_conn *c, enum event_leg leg,
                      const struct event_close *close)
{
    struct grade *g = of(ctx)->grade;

    of(ctx)->open--;
    if (leg == LEG_CLIENT && close->how != CLOSE_HOW_FAULT)
        grade_client_end(g, clock_mono_us(), relay_conn_number(c), how_of(close));
    else
        grade_lost(g, clock_mono_us(), relay_conn_number(c), how_of(close));
}

/* That it reacts to what was done to it shows that it has noticed. */
static void on_reacted(void *ctx, struct relay_conn *c)
{
    grade_client_end(of(ctx)->grade, clock_mono_us(), relay_conn_number(c), GRADE_END_FIN);
}

static void on_refused(void *ctx, struct relay_conn *c)
{
    char address[64];

    address_of(c, address);
    grade_refused_at(of(ctx)->grade, clock_mono_us(), address);
}

static void on_online(void *ctx)
{
    proxying_act_online(of(ctx));
}

static void on_ended(void *ctx, struct relay_conn *c)
{
    proxying_act_ended(of(ctx), relay_conn_number(c));
    grade_forget(of(ctx)->grade, relay_conn_number(c));
}

const struct relay_hooks proxying_relay_hooks = {
    .request = on_request,
    .answer = on_answer,
    .opened = on_opened,
    .message = on_message,
    .closed = on_closed,
    .reacted = on_reacted,
    .refused = on_refused,
    .online = on_online,
    .ended = on_ended,
};

/* Kinds that cut, silence or refuse, as the client can notice. */
static bool is_an_outage(const char *kind)
{
    static const char *const names[] = {"rst",         "fin",        "blackhole", "stall-read",
                                        "stall-write", "half-close", "truncate",  "offline",
                                        "close",       "refuse",     "status"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(kind, names[i]) == 0)
            return true;
    }
    return false;
}

/* A connection that was lost while offline does not go on afterwards. */
void proxying_watch_fault(struct proxying *p, const struct event *ev)
{
    uint64_t conn = ev->conn ? ev->conn : GRADE_ALL;

    if (!p->grade || !is_an_outage(ev->fault.kind))
        return;
    if (strcmp(ev->fault.phase, "begin") == 0)
        grade_fault(p->grade, clock_mono_us(), conn, ev->fault.kind);
    else if (strcmp(ev->fault.phase, "end") == 0 && strcmp(ev->fault.kind, "offline") != 0)
        grade_fault_over(p->grade, clock_mono_us(), conn);
}
