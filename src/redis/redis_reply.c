/* redis_reply: commands out, replies and published messages in. */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "redis/redis_private.h"

/* --- out ----------------------------------------------------------------------------------------
 */

#define WORDS_MAX 16

int redis_put(struct redis *r, const struct slice *words, size_t count, redis_reply_fn *fn,
              void *ctx)
{
    const struct redis_due due = {fn, ctx, clock_mono_us()};

    if (!buf_reserve(&r->due, sizeof due) || resp_command(&r->out, words, count) < 0)
        return -1;
    return buf_append(&r->due, &due, sizeof due);
}

int redis_command(struct redis *r, const struct slice *words, size_t count, redis_reply_fn *fn,
                  void *ctx)
{
    if (r->state != REDIS_READY || redis_put(r, words, count, fn, ctx) < 0)
        return -1;
    redis_clock(r);
    pump_soon(r->pump);
    return 0;
}

int redis_send(struct redis *r, redis_reply_fn *fn, void *ctx, ...)
{
    struct slice words[WORDS_MAX];
    const char *word;
    size_t count = 0;
    va_list args;

    va_start(args, ctx);
    while ((word = va_arg(args, const char *)) != NULL && count < WORDS_MAX)
        words[count++] = slice_str(word);
    va_end(args);
    return word ? -1 : redis_command(r, words, count, fn, ctx);
}

int redis_subscribe(struct redis *r, const char *channel, redis_reply_fn *fn, void *ctx)
{
    if (redis_send(r, fn, ctx, "SUBSCRIBE", channel, NULL) < 0)
        return -1;
    r->subscribed = true;
    return 0;
}

int redis_psubscribe(struct redis *r, const char *pattern, redis_reply_fn *fn, void *ctx)
{
    if (redis_send(r, fn, ctx, "PSUBSCRIBE", pattern, NULL) < 0)
        return -1;
    r->subscribed = true;
    return 0;
}

/* --- the greeting -------------------------------------------------------------------------------
 */

static void check_greeting(struct redis *r, const struct resp_value *reply, const char *what)
{
    struct err e;

    if (redis_refused(r, reply, what, &e) < 0)
        redis_end(r, &e);
}

static void on_auth(void *ctx, const struct resp_value *reply)
{
    check_greeting(ctx, reply, "AUTH");
}

static void on_select(void *ctx, const struct resp_value *reply)
{
    check_greeting(ctx, reply, "SELECT");
}

int redis_greet(struct redis *r, redis_reply_fn *ready)
{
    const struct redis_url *url = r->config.url;
    struct slice words[3] = {slice_str("AUTH")};
    size_t count = 1;
    char db[16];

    if (url->user)
        words[count++] = slice_str(url->user);
    if (url->password)
        words[count++] = slice_str(url->password);
    if (count > 1 && redis_put(r, words, count, on_auth, r) < 0)
        return -1;
    snprintf(db, sizeof db, "%u", (unsigned)url->db);
    words[0] = slice_str("SELECT");
    words[1] = slice_str(db);
    if (url->db > 0 && redis_put(r, words, 2, on_select, r) < 0)
        return -1;
    words[0] = slice_str("PING");
    return redis_put(r, words, 1, ready, r);
}

/* --- in -----------------------------------------------------------------------------------------
 */

/* True if it was published, not asked for. */
static bool is_message(const struct redis *r, const struct resp_value *v, struct redis_message *m)
{
    const struct resp_value *kind = resp_element(v, 0);
    size_t at = 1;

    if (!r->subscribed || !kind)
        return false;
    *m = (struct redis_message){0};
    if (resp_is(kind, "pmessage") && v->count == 4)
        m->pattern = resp_element(v, at++)->text;
    else if (!resp_is(kind, "message") || v->count != 3)
        return false;
    m->channel = resp_element(v, at)->text;
    m->payload = resp_element(v, at + 1)->text;
    return true;
}

static void unasked(struct redis *r)
{
    struct err e;

    err_set(&e, EXIT_PROTOCOL, STAGE_PROTOCOL, 0, "it sent a reply without a command");
    redis_blame(r, &e);
    redis_end(r, &e);
}

static void take_reply(struct redis *r, const struct resp_value *reply)
{
    struct redis_message message;
    struct redis_due due;

    if (is_message(r, reply, &message)) {
        if (r->hooks.message)
            r->hooks.message(r->ctx, &message);
        return;
    }
    if (r->due.len == 0) {
        unasked(r);
        return;
    }
    memcpy(&due, buf_data(&r->due), sizeof due);
    buf_consume(&r->due, sizeof due);
    if (due.fn)
        due.fn(due.ctx, reply);
}

bool redis_take(struct redis *r)
{
    const struct resp_value *reply;
    struct err e;
    int got = 0;

    while (r->state != REDIS_ENDED && (got = resp_reader_next(&r->in, &reply, &e)) > 0)
        take_reply(r, reply);
    if (r->state != REDIS_ENDED && got < 0) {
        redis_blame(r, &e);
        redis_end(r, &e);
    }
    return r->state != REDIS_ENDED;
}
