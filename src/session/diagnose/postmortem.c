#include "session/diagnose/postmortem.h"

#include "base/span.h"
#include <stdio.h>

/* Right after the opening: whatever the peer did not like, it was there from the start. */
#define AT_ONCE_US 1000000

static void hint_of_subprotocol(char *hint, const struct postmortem_context *context)
{
    snprintf(hint, POSTMORTEM_HINT,
             context->subprotocols_offered
                 ? "the server selected none of the subprotocols offered: -s NAME offers "
                   "another"
                 : "the server wants a subprotocol, and none was offered: -s NAME offers one");
}

static void hint_of_code(char *hint, const struct event_close *close,
                         const struct postmortem_context *context)
{
    bool at_once = close->uptime_us < AT_ONCE_US;

    if (!context->subprotocol_agreed &&
        (close->code == 4406 || slice_contains_nocase(close->reason, "subprotocol"))) {
        hint_of_subprotocol(hint, context); /* 4406: graphql-transport-ws */
    } else if (close->code == 4408) {       /* graphql-transport-ws */
        snprintf(hint, POSTMORTEM_HINT,
                 "the server waited too long for a first message: --on-connect MSG sends one at "
                 "once (GraphQL: '{\"type\":\"connection_init\"}')");
    } else if (close->code == 4001 || close->code == 4401 || close->code == 4403) {
        snprintf(hint, POSTMORTEM_HINT,
                 "a code of the application, mostly for credentials that are missing, wrong or "
                 "expired: -u USER:PASS, --bearer TOKEN, --cookie or -H; or --on-connect MSG if "
                 "the first message has to log in");
    } else if (close->code == 4406) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the server does not accept the subprotocol that was agreed: offer another "
                 "(GraphQL: -s graphql-transport-ws, the older one: -s graphql-ws)");
    } else if ((slice_contains_nocase(close->reason, "idle") ||
                slice_contains_nocase(close->reason, "inactiv") ||
                slice_contains_nocase(close->reason, "timeout") ||
                slice_contains_nocase(close->reason, "timed out")) &&
               postmortem_idle(hint, close, context)) {
        return;
    } else if ((close->code == 1008 || (close->code >= 4400 && close->code < 4500)) && at_once) {
        snprintf(hint, POSTMORTEM_HINT,
                 "closed %.0f ms after the opening: most likely the server did not accept the "
                 "credentials or the first message",
                 (double)close->uptime_us / 1000.0);
    } else if (close->code == 1001 || close->code == 1012) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the server is going away: a deployment or a restart; connect again%s%s%s",
                 context->backend[0] ? " (it was " : "", context->backend,
                 context->backend[0] ? ")" : "");
    } else if (close->code == 1009) {
        snprintf(hint, POSTMORTEM_HINT,
                 "a message was too big for the server; the last one sent had %llu bytes",
                 (unsigned long long)context->last_sent);
    } else if (close->code == 1002 || close->code == 1007) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the server reports a protocol error%s; -vv shows every frame",
                 context->deflate ? ": --no-compress shows whether compression is the cause" : "");
    } else if (close->code == 1010) {
        snprintf(hint, POSTMORTEM_HINT, "the server requires an extension that was not negotiated");
    } else if (close->code == 1011) {
        snprintf(hint, POSTMORTEM_HINT, "the server had an internal error: its log has the reason");
    } else if (close->code == 1013) {
        snprintf(hint, POSTMORTEM_HINT,
                 "the server is overloaded, or this client too slow for it: "
                 "connect again later");
    }
}

static void hint_of_violation(char *hint, const struct event_close *close,
                              const struct postmortem_context *context)
{
    if (close->code == CLOSE_TOO_BIG)
        snprintf(hint, POSTMORTEM_HINT,
                 "--max-message, --max-frame and --max-fragments set the limits");
    else if (context->deflate && context->deflate_broken)
        snprintf(hint, POSTMORTEM_HINT,
                 "compression is the likely cause (agreed was %.120s): --no-compress avoids it, "
                 "-vv shows the frame",
                 context->deflate);
    else if (context->socketio && context->messages_in == 0)
        snprintf(hint, POSTMORTEM_HINT,
                 "a Socket.IO server that does not speak the version in the URL (EIO=) sends its "
                 "refusal over the open WebSocket: --as socket.io asks for another version");
    else
        snprintf(hint, POSTMORTEM_HINT,
                 "-vv shows every frame; --lenient reports what is wrong and carries on");
}

/* A user who gives up on a connection without messages has waited this long. */
#define QUIET_US 30000000

/* Messages were received, then none for much longer than their interval; pings were answered
 * throughout.
 */
static bool went_quiet(const struct event_close *close, const struct postmortem_context *context)
{
    uint64_t age = context->message_age_us;
    uint64_t active = span_between(age, close->uptime_us);

    return context->messages_in >= 5 && age >= QUIET_US &&
           age / 10 >= active / context->messages_in && context->rtt_us != 0 && close->has_pong &&
           close->last_pong_us < age / 2;
}

static void hint_of_ours(char *hint, const struct event_close *close,
                         const struct postmortem_context *context)
{
    if (close->how == CLOSE_HOW_TIMEOUT && close->has_tcp && close->unacked_bytes > 0)
        snprintf(hint, POSTMORTEM_HINT,
                 "the peer has not taken what was sent before the Close: %llu bytes were never "
                 "acknowledged%s",
                 (unsigned long long)close->unacked_bytes,
                 close->retransmits ? ", the network or the peer is gone"
                                    : ": it does not read, or not fast enough");
    else if (close->how == CLOSE_HOW_TIMEOUT)
        snprintf(hint, POSTMORTEM_HINT,
                 "the peer did not answer the Close: --close-timeout sets how long to wait");
    else if (went_quiet(close, context))
        snprintf(hint, POSTMORTEM_HINT,
                 "pings were answered (in %.1f ms, %.0f s ago) but no message came for %.0f s: the "
                 "subscription may be lost, or the server's application hangs",
                 (double)context->rtt_us / 1000, (double)close->last_pong_us / 1e6,
                 (double)context->message_age_us / 1e6);
}

void postmortem_close(char hint[POSTMORTEM_HINT], const struct event_close *close,
                      const struct postmortem_context *context)
{
    hint[0] = '\0';
    if (close->how == CLOSE_HOW_FAULT)
        return; /* asked for */
    if (close->how == CLOSE_HOW_VIOLATION)
        hint_of_violation(hint, close, context);
    else if (close->by == CLOSE_BY_LOCAL)
        hint_of_ours(hint, close, context);
    else if (postmortem_pattern(hint, context))
        return;
    else if (close->how == CLOSE_HOW_CLOSE_FRAME)
        hint_of_code(hint, close, context);
    else
        postmortem_loss(hint, close, context);
}
