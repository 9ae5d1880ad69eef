#include "command/reaction.h"

#include <inttypes.h>
#include <stdio.h>

void reaction_begin(struct reaction *r, uint8_t opcode, uint64_t now_us)
{
    *r = (struct reaction){
        .watching = true,
        .ping = opcode == OPCODE_PING,
        .since_us = now_us,
    };
}

/* "4 ms", and tenths where they matter. */
static void put_time(char text[32], uint64_t us)
{
    if (us < 1000)
        snprintf(text, 32, "%" PRIu64 ".%" PRIu64 " ms", us / 1000, us % 1000 / 100);
    else
        snprintf(text, 32, "%" PRIu64 " ms", (us + 500) / 1000);
}

static const char *how_text(const struct event_close *close)
{
    if (close->how == CLOSE_HOW_VIOLATION)
        return "this end failed the connection, because the peer broke a rule,";
    if (close->by == CLOSE_BY_LOCAL)
        return "this end closed the connection";
    if (close->got_rst)
        return "peer hung up (RST) without a Close";
    return "peer hung up without a Close";
}

static void put_close(char text[REACTION_TEXT], const struct event_close_frame *close,
                      const char *time)
{
    if (!close->has_code)
        snprintf(text, REACTION_TEXT, "peer closed without a code in %s", time);
    else if (close->reason.len == 0)
        snprintf(text, REACTION_TEXT, "peer closed %u in %s: %s", close->code, time,
                 close_code_name(close->code));
    else
        snprintf(text, REACTION_TEXT, "peer closed %u in %s: \"%.*s\" %s", close->code, time,
                 (int)close->reason.len, (const char *)close->reason.data,
                 close_code_name(close->code));
}

bool reaction_event(struct reaction *r, const struct event *ev, uint64_t now_us,
                    char text[REACTION_TEXT])
{
    uint64_t passed = now_us - r->since_us;
    char time[32];

    if (!r->watching)
        return false;
    put_time(time, passed);
    if (ev->kind == EVENT_CLOSE_FRAME && ev->dir == DIR_IN) {
        put_close(text, &ev->close_frame, time);
    } else if (ev->kind == EVENT_PONG && ev->dir == DIR_IN && r->ping) {
        snprintf(text, REACTION_TEXT, "peer answered with pong in %s", time);
    } else if (ev->kind == EVENT_CLOSE) {
        snprintf(text, REACTION_TEXT, "%s in %s", how_text(&ev->close), time);
    } else {
        /* A message may have been under way anyway: it is reported only if nothing else comes. */
        if (ev->kind == EVENT_MESSAGE && ev->dir == DIR_IN && r->message_us == 0)
            r->message_us = passed ? passed : 1;
        return false;
    }
    r->watching = false;
    return true;
}

bool reaction_due(struct reaction *r, uint64_t now_us, char text[REACTION_TEXT])
{
    char time[32];

    if (!r->watching || now_us - r->since_us < REACTION_US)
        return false;
    r->watching = false;
    put_time(time, r->message_us);
    if (r->message_us)
        snprintf(text, REACTION_TEXT, "no objection within 1 s; a message came after %s", time);
    else
        snprintf(text, REACTION_TEXT, "no reaction within 1 s");
    return true;
}
