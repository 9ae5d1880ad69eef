/* What only a relay has to show: rules that acted, and which side ended a connection. */
#include "sink/human.h"

void human_rule(struct human *h, const struct event *ev)
{
    human_begin(h, ev, MARK_ALERT, STYLE_YELLOW);
    human_style(h, STYLE_YELLOW);
    human_put(h, "rule ");
    human_style(h, STYLE_PLAIN);
    human_safe_str(h, ev->rule.rule);
}

static const char *who(const struct event *ev)
{
    switch (ev->leg) {
    case LEG_CLIENT:
        return "the client";
    case LEG_SERVER:
        return "the server";
    default:
        return "the proxy";
    }
}

/* "the client reset the connection". */
static const char *did(const struct event_close *c)
{
    switch (c->how) {
    case CLOSE_HOW_CLOSE_FRAME:
        return " closed: ";
    case CLOSE_HOW_FIN:
        return " ended the connection without a Close frame (FIN)";
    case CLOSE_HOW_RST:
        return " reset the connection (RST)";
    case CLOSE_HOW_TLS:
        return " ended TLS without a Close frame";
    default:
        return " ended the connection";
    }
}

void human_relay_close(struct human *h, const struct event *ev)
{
    const struct event_close *c = &ev->close;
    bool orderly = c->how == CLOSE_HOW_CLOSE_FRAME;

    human_begin(h, ev, orderly ? MARK_CLOSED : MARK_LOST, orderly ? STYLE_DIM : STYLE_RED);
    if (c->how == CLOSE_HOW_FAULT) {
        human_put(h, "a fault cut the connection");
    } else {
        human_put(h, who(ev));
        human_put(h, did(c));
    }
    if (orderly)
        human_close_code(h, c->code, c->reason);
    if (orderly && !c->clean)
        human_put(h, ", no Close came back");
    human_dot(h);
    human_put(h, "up ");
    human_span(h, c->uptime_us);
}
