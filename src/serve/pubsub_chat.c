/* pubsub_chat: the room across servers: what is passed on, what comes, and what was missed. */
#include <stdio.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/utf8.h"
#include "serve/chat.h"
#include "serve/pubsub_private.h"

/* Of one transaction. */
#define BATCH_MAX   128
#define BATCH_BYTES (512 * 1024)
#define DECIMAL     24

/* --- what comes ---------------------------------------------------------------------------------
 */

/* Published by another program: a message as it is. */
static void foreign(struct pubsub *p, struct slice bytes)
{
    chat_deliver(p->host->chat, utf8_valid(bytes.data, bytes.len) ? OPCODE_TEXT : OPCODE_BINARY,
                 bytes);
}

/* late: from the log. */
static void receive(struct pubsub *p, struct slice bytes, bool late)
{
    struct chat_envelope x;
    uint64_t missed = 0;

    if (!chat_envelope_read(bytes, &x)) {
        if (!late)
            foreign(p, bytes);
        return;
    }
    if (strcmp(x.instance, p->instance) == 0)
        return; /* delivered when it was sent */
    if (x.kind == CHAT_LAST) {
        (void)chat_books_last(&p->books, x.instance, x.number, &missed);
    } else if (chat_books_message(&p->books, x.instance, x.number, &missed) != 0) {
        p->account.in_late += late;
        chat_deliver(p->host->chat, x.kind == CHAT_TEXT ? OPCODE_TEXT : OPCODE_BINARY, x.payload);
    }
    p->account.in_missed += missed;
}

static void hold(struct pubsub *p, struct slice bytes)
{
    struct err e;

    if (buf_reserve(&p->held, sizeof bytes.len + bytes.len)) {
        buf_append(&p->held, &bytes.len, sizeof bytes.len);
        buf_append_slice(&p->held, bytes);
        return;
    }
    err_set(&e, EXIT_OTHER, STAGE_IO, 0,
            "Redis at %.100s: more was published than can be held while the log is read", p->name);
    pubsub_fail(p, &e);
}

void pubsub_chat_message(void *ctx, const struct redis_message *m)
{
    struct pubsub *p = ctx;

    if (p->chat_joined)
        receive(p, m->payload, false);
    else
        hold(p, m->payload);
}

/* --- joining ------------------------------------------------------------------------------------
 */

static void on_subscribed(void *ctx, const struct resp_value *reply)
{
    struct pubsub *p = ctx;

    if (pubsub_refused(p, reply, "SUBSCRIBE"))
        return;
    p->subscribed = true;
    pubsub_check_joined(p);
}

void pubsub_chat_begin(struct pubsub *p)
{
    struct err e;

    if (redis_subscribe(p->messages, p->channel, on_subscribed, p) == 0)
        return;
    err_nomem(&e, STAGE_IO, "subscribing to a channel of Redis");
    pubsub_fail(p, &e);
}

static void caught_up(struct pubsub *p)
{
    struct buf held = p->held;
    size_t len;

    buf_init(&p->held, CHAT_QUEUE_BYTES);
    p->chat_joined = true;
    while (held.len > 0) {
        memcpy(&len, buf_data(&held), sizeof len);
        buf_consume(&held, sizeof len);
        receive(p, slice_make(buf_data(&held), len), false);
        buf_consume(&held, len);
    }
    buf_clear(&held);
    pubsub_check_joined(p);
}

/* Servers have come and gone for long. Those that are there write their number again. */
static void forget_lasts(struct pubsub *p)
{
    const struct slice words[] = {slice_str("DEL"), slice_str(PUBSUB_LAST_KEY)};

    (void)pubsub_command(p, words, 2, NULL);
}

/* HGETALL: an instance, the number of its last message, and so on. */
static void on_lasts(void *ctx, const struct resp_value *reply)
{
    struct pubsub *p = ctx;
    const struct resp_value *v = reply + 1;
    struct chat_envelope x;
    uint64_t number;

    if (pubsub_refused(p, reply, "HGETALL " PUBSUB_LAST_KEY))
        return;
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        const struct resp_value *name = v, *last = v + v->span;

        v = last + last->span;
        if (name->text.len != CHAT_INSTANCE - 1 ||
            !decimal_read(last->text, UINT64_C(1) << 53, &number))
            continue;
        memcpy(x.instance, name->text.data, name->text.len);
        x.instance[name->text.len] = '\0';
        if (strcmp(x.instance, p->instance) != 0)
            (void)chat_books_begin(&p->lasts, x.instance, number);
    }
    if (reply->count > 2 * CHAT_SERVERS_MAX)
        forget_lasts(p);
}

/* At the first time, what was sent before this server began is not missed. */
static bool is_before(const struct pubsub *p, struct slice bytes)
{
    int64_t began_us = (int64_t)p->host->start_us + p->clock.offset_us;
    struct chat_envelope x;

    return !p->books.open && chat_envelope_read(bytes, &x) && x.time_us < began_us;
}

static void note_before(struct pubsub *p, struct slice bytes)
{
    struct chat_envelope x;

    if (chat_envelope_read(bytes, &x))
        (void)chat_books_begin(&p->books, x.instance, x.number);
}

/* LRANGE: the log. What it lacks was missed. */
static void on_log(void *ctx, const struct resp_value *reply)
{
    struct pubsub *p = ctx;
    const struct resp_value *v = reply + 1;

    if (pubsub_refused(p, reply, "LRANGE " PUBSUB_LOG_KEY))
        return;
    for (size_t i = 0; i < reply->count; i++, v += v->span) {
        if (is_before(p, v->text))
            note_before(p, v->text);
        else
            receive(p, v->text, true);
    }
    for (size_t i = 0; i < p->lasts.count; i++) {
        const struct chat_book *book = &p->lasts.books[i];
        uint64_t missed = 0;

        if (!p->books.open && !p->alone_us)
            (void)chat_books_begin(&p->books, book->instance, book->last);
        else
            (void)chat_books_last(&p->books, book->instance, book->last, &missed);
        p->account.in_missed += missed;
    }
    p->books.open = true;
    chat_books_clear(&p->lasts);
    caught_up(p);
}

/* The numbers first: all of them are in the log that is read after them, or were. */
void pubsub_chat_history(struct pubsub *p)
{
    const struct slice lasts[] = {slice_str("HGETALL"), slice_str(PUBSUB_LAST_KEY)};
    const struct slice log[] = {slice_str("LRANGE"), slice_str(PUBSUB_LOG_KEY), slice_str("0"),
                                slice_str("-1")};

    if (pubsub_command(p, lasts, 2, on_lasts))
        (void)pubsub_command(p, log, 4, on_log);
}

/* --- passing on ---------------------------------------------------------------------------------
 */

static void on_queued(void *ctx, const struct resp_value *reply)
{
    (void)pubsub_refused(ctx, reply, "a message of /chat");
}

static void on_done(void *ctx, const struct resp_value *reply)
{
    struct pubsub *p = ctx;
    const struct resp_value *v = reply;

    if (reply->type == RESP_NULL) {
        struct err e;

        err_set(&e, EXIT_PROTOCOL, STAGE_PROTOCOL, 0,
                "Redis at %.100s: EXEC was answered with null", p->name);
        pubsub_fail(p, &e);
        return;
    }
    /* An error in one of its parts is one of the whole. */
    for (size_t i = 0; i < reply->span; i++, v++) {
        if (pubsub_refused(p, v, "a message of /chat"))
            return;
    }
    for (; p->in_flight > 0; p->in_flight--) {
        chat_queue_drop(&p->queue);
        if (p->late > 0) {
            p->late--;
            p->account.out_late++;
        }
    }
    pubsub_chat_flush(p);
    p->changed(p->ctx);
}

static struct chat_envelope envelope(const struct pubsub *p, uint64_t number, uint64_t at_us,
                                     enum chat_kind kind)
{
    const char *node = p->host->pages.node;
    struct chat_envelope x = {
        .number = number, .time_us = (int64_t)at_us + p->clock.offset_us, .kind = kind};

    memcpy(x.instance, p->instance, sizeof x.instance);
    if (node)
        memcpy(x.node, node, strlen(node) + 1);
    return x;
}

/* One envelope: into the log, unless it is too long for it, and to those who are there. */
static bool put_one(struct pubsub *p, const struct chat_envelope *x)
{
    struct slice push[] = {slice_str("RPUSH"), slice_str(PUBSUB_LOG_KEY), {0}};
    struct slice publish[] = {slice_str("PUBLISH"), slice_str(p->channel), {0}};
    struct buf bytes;
    bool done;

    buf_init(&bytes, 2 * CHAT_MESSAGE_MAX);
    if (chat_envelope_write(&bytes, x) < 0) {
        struct err e;

        err_nomem(&e, STAGE_IO, "passing on a message of /chat");
        pubsub_fail(p, &e);
        return false;
    }
    push[2] = publish[2] = buf_slice(&bytes);
    done = (x->kind == CHAT_LAST || x->payload.len > PUBSUB_LOGGED ||
            pubsub_command(p, push, 3, on_queued)) &&
           pubsub_command(p, publish, 3, on_queued);
    buf_clear(&bytes);
    return done;
}

static bool put_word(struct pubsub *p, const char *word, redis_reply_fn *fn)
{
    const struct slice words[] = {slice_str(word)};

    return pubsub_command(p, words, 1, fn);
}

/* What ends a transaction: the number of its last message, and the log cut to its length. */
static bool put_end(struct pubsub *p, uint64_t number)
{
    static const char *const keys[] = {PUBSUB_LOG_KEY, PUBSUB_LAST_KEY};
    char digits[DECIMAL], least[DECIMAL];
    const struct slice last[] = {slice_str("HSET"), slice_str(PUBSUB_LAST_KEY),
                                 slice_str(p->instance), slice_make(digits, DECIMAL)};
    struct slice words[4];

    snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    snprintf(least, sizeof least, "-%d", PUBSUB_LOG);
    memcpy(words, last, sizeof words);
    words[3] = slice_str(digits);
    if (!pubsub_command(p, words, 4, on_queued))
        return false;
    words[0] = slice_str("LTRIM");
    words[1] = slice_str(PUBSUB_LOG_KEY);
    words[2] = slice_str(least);
    words[3] = slice_str("-1");
    if (!pubsub_command(p, words, 4, on_queued))
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        words[0] = slice_str("EXPIRE");
        words[1] = slice_str(keys[i]);
        words[2] = slice_str(PUBSUB_KEPT_S);
        if (!pubsub_command(p, words, 3, on_queued))
            return false;
    }
    return true;
}

/* Messages from the front of the queue in one transaction: all of them are passed on, or none. */
static void put_batch(struct pubsub *p)
{
    struct chat_queued message;
    size_t at = 0, count = 0;
    uint64_t number = 0;

    if (!put_word(p, "MULTI", on_queued))
        return;
    while (count < BATCH_MAX && at < BATCH_BYTES && chat_queue_next(&p->queue, &at, &message)) {
        struct chat_envelope x = envelope(p, message.number, message.at_us, message.kind);

        x.payload = message.payload;
        if (!put_one(p, &x))
            return;
        number = message.number;
        count++;
    }
    if (put_end(p, number) && put_word(p, "EXEC", on_done))
        p->in_flight = count;
}

/* What was lost of ours is known to the others once they know the number of the last one. */
static void announce(struct pubsub *p)
{
    struct chat_envelope x = envelope(p, p->queue.number, clock_mono_us(), CHAT_LAST);

    p->announce = false;
    if (p->queue.number > 0 && put_end(p, p->queue.number))
        (void)put_one(p, &x);
}

void pubsub_chat_flush(struct pubsub *p)
{
    if (p->state != PUBSUB_JOINED || p->in_flight > 0)
        return;
    if (p->late == 0)
        pubsub_report_back(p);
    if (p->queue.count > 0)
        put_batch(p);
    else if (p->announce)
        announce(p);
}

void pubsub_pass_on(struct pubsub *p, enum opcode type, struct slice data)
{
    if (!chat_queue_add(&p->queue, clock_mono_us(), type == OPCODE_TEXT ? CHAT_TEXT : CHAT_BINARY,
                        data)) {
        p->account.out_dropped++;
        p->announce = true;
        pubsub_report_full(p);
        return;
    }
    pubsub_chat_flush(p);
}
