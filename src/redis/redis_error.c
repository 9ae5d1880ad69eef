/* redis_error: what went wrong with Redis, in words. */
#include <stdio.h>

#include "base/decimal.h"
#include "proto/excerpt.h"
#include "redis/redis_private.h"

void redis_blame(const struct redis *r, struct err *e)
{
    char text[sizeof e->text];

    snprintf(text, sizeof text, "Redis at %.100s: %.390s", r->name, e->text);
    memcpy(e->text, text, sizeof text);
    if (e->code == EXIT_PROTOCOL && !e->hint[0])
        err_hint(e, "is a Redis server there? Redis over TLS has a URL that begins with rediss://");
}

void redis_lost(const struct redis *r, bool failed, struct err *e)
{
    if (failed)
        *e = r->link_error;
    else
        err_set(e, EXIT_LOST, STAGE_IO, 0, "it closed the connection");
    redis_blame(r, e);
    if (r->state == REDIS_GREETING && !r->config.url->secure)
        err_hint(e, "if it expects TLS there, begin its URL with rediss://");
}

void redis_slow(const struct redis *r, struct err *e)
{
    err_set(e, EXIT_TIMEOUT, r->dial ? STAGE_CONNECT : STAGE_IO, 0,
            r->dial ? "no connection within %s s"
                    : "it accepted the connection, but did not answer "
                      "within %s s",
            decimal_millionths(r->config.connect_us).text);
    redis_blame(r, e);
    if (r->config.url->secure)
        err_hint(e, "if it does not expect TLS there, begin its URL with redis://");
}

void redis_silent(const struct redis *r, struct err *e)
{
    err_set(e, EXIT_TIMEOUT, STAGE_IO, 0, "it did not answer a command within %s s",
            decimal_millionths(r->config.reply_us).text);
    redis_blame(r, e);
}

/* What an error begins with, and what to do about it. */
static const struct {
    const char *word, *hint;
} advice[] = {
    {"NOAUTH", "it requires a password: redis://:PASS@HOST, or redis://USER:PASS@HOST"},
    {"WRONGPASS", "the user name or the password in the URL is wrong"},
    {"NOPERM",
     "the user needs permission for the command, the keys and the channels (ACL SETUSER)"},
    {"READONLY", "it is a replica: use the address of its master"},
    {"MOVED", "a cluster is not supported: use a single server"},
    {"OOM", "its memory is full (maxmemory)"},
    {"MISCONF", "it can't save its data to disk; its log has the reason"},
    {"LOADING", "it has just been started; try again in a moment"},
    {"BUSY", "a script is running there; SCRIPT KILL ends it"},
};

int redis_refused(const struct redis *r, const struct resp_value *reply, const char *what,
                  struct err *e)
{
    struct slice text = reply->text;
    struct excerpt x;

    if (reply->type != RESP_ERROR)
        return 0;
    if (text.len > 0 && text.data[text.len - 1] == '.')
        text.len--; /* the sentence may go on */
    err_set(e, EXIT_OTHER, STAGE_IO, 0, "%s was refused: %s", what, excerpt_of(&x, text));
    redis_blame(r, e);
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++) {
        size_t len = strlen(advice[i].word);

        if (reply->text.len > len && memcmp(reply->text.data, advice[i].word, len) == 0 &&
            reply->text.data[len] == ' ')
            err_hint(e, "%s", advice[i].hint);
    }
    return -1;
}
