#include "fanout/sticky.h"

#include <stdio.h>

const char *sticky_word(enum sticky_by by)
{
    static const char *const words[] = {NULL,      "none",        "cookie",
                                        "address", "tls-session", "one-node"};

    return words[by];
}

/* All that opened were on the first one's node, and there were enough of them to show it. */
static bool stays(const struct sticky_try *t)
{
    return t->opened >= 2 && t->same == t->opened;
}

enum sticky_by sticky_judge(const struct sticky *s)
{
    uint32_t nodes = s->plain.nodes;

    if (s->several > 0 && s->session_unknown > 0)
        return STICKY_NOT;
    if (!s->named || s->plain.opened < 2)
        return STICKY_UNKNOWN;
    if (s->plain.nodes > 1 && stays(&s->cookie))
        return STICKY_COOKIE;
    if (s->plain.nodes > 1 && stays(&s->session))
        return STICKY_SESSION;
    if (s->plain.nodes > 1)
        return STICKY_NOT;
    /* One node for one address. Another address shows whether there are more. */
    nodes = s->address.nodes;
    if (s->address.opened > 0 && (nodes > 1 || s->address.same < s->address.opened))
        return STICKY_ADDRESS;
    return s->address.opened > 0 ? STICKY_ONE_NODE : STICKY_UNKNOWN;
}

static void say_unknown(char text[STICKY_TEXT], const struct sticky *s)
{
    if (!s->named)
        snprintf(
            text, STICKY_TEXT,
            "Stickiness is not known: nothing in the handshakes or first messages names a node "
            "(try --node).");
    else if (s->plain.opened < 2)
        snprintf(text, STICKY_TEXT, "Stickiness is not known: fewer than two handshakes opened.");
    else
        snprintf(text, STICKY_TEXT,
                 "All %u connections were on one node: it is sticky by source address, or there is "
                 "only one node (--sticky with --interface tries another address).",
                 s->plain.opened);
}

static void say_not(char text[STICKY_TEXT], const struct sticky *s)
{
    if (s->session_unknown > 0)
        snprintf(
            text, STICKY_TEXT,
            "Not sticky, but it has to be: %u of %u handshakes of several requests failed with "
            "400 \"Session ID unknown\", because a later request reached another node than the "
            "first.",
            s->session_unknown, s->several);
    else if (s->cookie.opened > 0 && s->cookie_name[0])
        snprintf(text, STICKY_TEXT,
                 "Not sticky: of %u connections that sent the cookie %s back, %u reached the node "
                 "of the first.",
                 s->cookie.opened, s->cookie_name, s->cookie.same);
    else
        snprintf(text, STICKY_TEXT,
                 "Not sticky: %u connections from one address were on %u nodes%s.", s->plain.opened,
                 s->plain.nodes,
                 s->cookie_name[0]
                     ? "; whether a cookie keeps clients on a node was not tested (--sticky)"
                     : ", and no cookie was set");
}

void sticky_sentence(char text[STICKY_TEXT], const struct sticky *s)
{
    switch (sticky_judge(s)) {
    case STICKY_UNKNOWN:
        say_unknown(text, s);
        break;
    case STICKY_NOT:
        say_not(text, s);
        break;
    case STICKY_COOKIE:
        snprintf(text, STICKY_TEXT,
                 "Sticky by the cookie %s: all %u connections that sent it back reached the same "
                 "node; without it, %u were on %u nodes.",
                 s->cookie_name[0] ? s->cookie_name : "of the first answer", s->cookie.opened,
                 s->plain.opened, s->plain.nodes);
        break;
    case STICKY_ADDRESS:
        snprintf(text, STICKY_TEXT,
                 "Sticky by source address: all %u connections from one address reached the same "
                 "node, and %u of %u from another address did not.",
                 s->plain.opened, s->address.opened - s->address.same, s->address.opened);
        break;
    case STICKY_SESSION:
        snprintf(text, STICKY_TEXT,
                 "Sticky by TLS session: all %u connections that resumed it reached the same node; "
                 "with new sessions, %u were on %u nodes.",
                 s->session.opened, s->plain.opened, s->plain.nodes);
        break;
    case STICKY_ONE_NODE:
        snprintf(text, STICKY_TEXT,
                 "All %u connections, from two addresses, were on one node: there seems to be no "
                 "other.",
                 s->plain.opened + s->address.opened);
        break;
    }
}
