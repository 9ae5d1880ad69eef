#include "session/diagnose/failure.h"

#include <string.h>

/* Of a peer's reason, which is at most 123 bytes. */
#define REASON_MAX 124

static void of_close_frame(struct err *e, const struct event_close *c, enum exit_code code)
{
    char reason[REASON_MAX] = "";
    size_t n = c->reason.len < sizeof reason - 1 ? c->reason.len : sizeof reason - 1;

    if (n > 0)
        memcpy(reason, c->reason.data, n);
    reason[n] = '\0';
    err_set(e, code, STAGE_PROTOCOL, 0, "closed by the peer: %u %s%s%s%s", (unsigned)c->code,
            close_code_name(c->code), n ? " \"" : "", reason, n ? "\"" : "");
}

static void of_violation(struct err *e, const struct event_close *c, enum exit_code code,
                         const char *violation)
{
    if (!violation[0])
        err_set(e, code, STAGE_PROTOCOL, 0, "closed by us: %u %s", (unsigned)c->code,
                close_code_name(c->code));
    else
        err_set(e, code, STAGE_PROTOCOL, 0, "%s: %s",
                code == EXIT_TOO_BIG ? "beyond the limits" : "the peer broke the protocol",
                violation);
}

static void of_loss(struct err *e, const struct event_close *c, enum event_channel channel,
                    enum exit_code code)
{
    bool early = channel != CHANNEL_WS && c->how == CLOSE_HOW_FIN;
    bool ended = c->how == CLOSE_HOW_FIN || (c->how == CLOSE_HOW_TLS && c->got_close_notify);
    const char *how = early ? "the server ended the stream too early" : close_how_lost(c);
    const char *without = ended && !early ? " without a Close" : "";

    if (c->how == CLOSE_HOW_TLS && !c->got_close_notify && c->why && c->why[0])
        err_set(e, code, STAGE_TLS, c->errnum, "connection lost: %s: %.400s", how, c->why);
    else if (c->errnum != 0 && c->how != CLOSE_HOW_RST)
        err_set(e, code, STAGE_IO, c->errnum, "connection lost: %s%s (%s)", how, without,
                strerror(c->errnum));
    else
        err_set(e, code, STAGE_IO, c->errnum, "connection lost: %s%s", how, without);
}

void failure_of_close(struct err *e, const struct event_close *close, enum event_channel channel,
                      enum exit_code code, const char *violation)
{
    if (close->how == CLOSE_HOW_VIOLATION)
        of_violation(e, close, code, violation);
    else if (close->how == CLOSE_HOW_CLOSE_FRAME)
        of_close_frame(e, close, code);
    else if (code == EXIT_TIMEOUT)
        err_set(e, code, STAGE_IO, 0, "the peer did not answer the Close in time");
    else
        of_loss(e, close, channel, code);
    if (close->hint && close->hint[0])
        err_hint(e, "%s", close->hint);
    else if (close->how == CLOSE_HOW_FAULT)
        err_hint(e, "requested with --fault");
}

void failure_complete(struct err *e)
{
    if (e->hint[0])
        return;
    switch (e->code) {
    case EXIT_LOST:
        err_hint(e, "the server's log may say why; -r reconnects after a loss");
        break;
    case EXIT_PEER_ERROR:
        err_hint(e, "the code is the server's: see its log or its documentation");
        break;
    case EXIT_UPGRADE:
    case EXIT_HANGUP:
        err_hint(e, "-i shows the request and the response");
        break;
    case EXIT_TIMEOUT:
        err_hint(e, "-v shows how long each step took");
        break;
    default:
        break;
    }
}

void failure_of_loss(struct err *e, uint64_t lost)
{
    err_set(e, EXIT_EXPECT, STAGE_PROTOCOL, 0, "%llu %s lost (--fail-on-loss)",
            (unsigned long long)lost, lost == 1 ? "message was" : "messages were");
    err_hint(e, "-v lists the missing numbers; --catchup or --resume can request them "
                "after a reconnect");
}
