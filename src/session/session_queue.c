/*
 * session_queue: messages on their way out. Without reconnecting they go straight to the channel;
 * with it through the outbox, which outlives connections.
 */
#include <stdio.h>
#include <stdlib.h>

#include "session/session_private.h"

int session_queue_init(struct session *s, struct err *e)
{
    if (!s->config.retry.enabled)
        return 0;
    s->outbox = malloc(sizeof *s->outbox);
    if (!s->outbox)
        return err_nomem(e, STAGE_IO, "starting");
    outbox_init(s->outbox, s->config.offline_queue);
    return 0;
}

void session_queue_clear(struct session *s)
{
    if (s->outbox)
        outbox_clear(s->outbox);
    free(s->outbox);
}

/* Where the stream ends when all that waits in the channel is written. */
static uint64_t stream_end(const struct session *s)
{
    return s->main.channel->activity.written + s->main.channel->activity.pending;
}

/* What has arrived at the peer's kernel. If unknown (a unix socket): what was written. */
static uint64_t arrived(const struct session *s)
{
    struct tcp_stats stats;

    if (!channel_tcp_stats(s->main.channel, &stats) ||
        stats.unacked_bytes > s->main.channel->activity.written)
        return s->main.channel->activity.written;
    return s->main.channel->activity.written - stats.unacked_bytes;
}

static void note_written(struct session *s)
{
    outbox_written(s->outbox, s->main.channel->activity.written);
    if (!outbox_crowded(s->outbox))
        return;
    outbox_arrived(s->outbox, arrived(s));
    if (outbox_crowded(s->outbox))
        outbox_merge(s->outbox);
}

/* Is there a connection that accepts messages, and none waiting? */
static bool goes_straight(const struct session *s)
{
    return s->main.state == SESSION_OPEN && !s->held_back && s->outbox->waiting == 0;
}

static int wait_in_outbox(struct session *s, enum opcode type, struct slice data)
{
    if (!session_takes(s) || !outbox_has_room(s->outbox, data.len))
        return SEND_CLOSED;
    return outbox_put(s->outbox, type, data) < 0 ? SEND_FAILED : 0;
}

static int send_kept(struct session *s, enum opcode type, struct slice data, bool first, bool final)
{
    bool whole = first && final;
    int r = SEND_CLOSED;

    if (first)
        s->cut = false;
    if (s->cut) {
        /* Its beginning went down with a connection: the rest alone would be no message. */
        s->cut = !final;
        return 0;
    }
    if (goes_straight(s))
        r = channel_send(s->main.channel, type, data, first, final);
    if (r == 0) {
        s->within = !final;
        note_written(s);
        if (final)
            outbox_sent(s->outbox, type, whole ? data : slice_str(""), whole, stream_end(s));
        return 0;
    }
    return whole && r == SEND_CLOSED ? wait_in_outbox(s, type, data) : r;
}

int session_send(struct session *s, enum opcode type, struct slice data, bool first, bool final)
{
    int r = SEND_CLOSED;

    if (s->outbox)
        r = send_kept(s, type, data, first, final);
    else if (s->main.state == SESSION_OPEN)
        r = channel_send(s->main.channel, type, data, first, final);
    if (r < 0)
        return r;
    s->main.evidence.last_sent = (first ? 0 : s->main.evidence.last_sent) + data.len;
    return 0;
}

int session_send_all(struct session *s, enum opcode type, const struct slice *messages,
                     size_t count, size_t *sent)
{
    int r = 0;

    *sent = 0;
    if (s->outbox) {
        while (*sent < count && (r = session_send(s, type, messages[*sent], true, true)) == 0)
            ++*sent;
        return r;
    }
    if (s->main.state != SESSION_OPEN)
        return SEND_CLOSED;
    r = channel_send_all(s->main.channel, type, messages, count, sent);
    if (*sent > 0)
        s->main.evidence.last_sent = messages[*sent - 1].len;
    return r;
}

void session_sending_failed(struct session *s)
{
    struct err e;

    err_nomem(&e, STAGE_IO, "sending a message");
    session_report_error(s, &e);
    s->main.outcome = e.code;
    session_close(s, CLOSE_GOING_AWAY, "", 0, ASKED_CLOSE);
}

void session_send_first(struct session *s, struct slice text)
{
    if (s->decoding && decode_speaks(s->stack))
        session_decode_send(s, text);
    else if (channel_send(s->main.channel, OPCODE_TEXT, text, true, true) == SEND_FAILED)
        session_sending_failed(s);
}

/* Send what waited, as far as the channel accepts it. */
static void flush(struct session *s)
{
    enum opcode type;
    struct slice data;

    while (s->main.state == SESSION_OPEN && !s->held_back &&
           s->main.channel->activity.pending < CHANNEL_FULL &&
           outbox_next(s->outbox, &type, &data)) {
        int r = channel_send(s->main.channel, type, data, true, true);

        if (r == SEND_FAILED)
            session_sending_failed(s);
        if (r < 0)
            return;
        outbox_given(s->outbox, stream_end(s));
        note_written(s);
    }
}

void session_queue_opened(struct session *s)
{
    if (s->config.greeting)
        session_send_first(s, slice_str(s->config.greeting));
    session_resume(s);
    if (s->outbox)
        flush(s);
}

void session_drained(struct session *s)
{
    if (s->outbox)
        flush(s);
    if (s->hooks.drained && !session_full(s))
        s->hooks.drained(s->hooks.ctx);
}

void session_queue_lost(struct session *s, struct event_close *close)
{
    struct outbox_loss loss;
    uint64_t written, unacked;

    if (!s->outbox)
        return;
    written = s->main.channel->activity.written;
    unacked = close->has_tcp ? close->unacked_bytes : 0;
    if (unacked > written)
        unacked = written;
    if (close->clean && close->by == CLOSE_BY_LOCAL)
        unacked = 0; /* the peer has read as far as our Close: all that was before it */
    loss = outbox_lost(s->outbox, written, written - unacked);
    if (s->within) {
        s->within = false;
        s->cut = true;
        loss.unacknowledged++;
        s->outbox->unacknowledged++;
    }
    close->unacknowledged = loss.unacknowledged;
    close->again = loss.again;
}

bool session_takes(const struct session *s)
{
    if (s->main.state == SESSION_OPEN)
        return !s->held_back;
    return s->outbox && s->outbox->limit > 0 && s->main.kind == CHANNEL_WS &&
           (s->main.state == SESSION_CONNECTING || s->main.state == SESSION_WAITING);
}

bool session_full(const struct session *s)
{
    if (!s->outbox)
        return session_pending(s) >= CHANNEL_FULL;
    if (s->main.state == SESSION_OPEN)
        return s->outbox->waiting > 0 || s->main.channel->activity.pending >= CHANNEL_FULL;
    return !session_takes(s) || s->outbox->waiting_bytes >= s->outbox->limit;
}

size_t session_pending(const struct session *s)
{
    size_t pending =
        s->main.channel && !s->main.channel->activity.ended ? s->main.channel->activity.pending : 0;

    return s->outbox ? pending + s->outbox->waiting + s->outbox->waiting_bytes : pending;
}

struct session_queued session_queued(const struct session *s)
{
    if (!s->outbox)
        return (struct session_queued){0};
    return (struct session_queued){.messages = s->outbox->waiting,
                                   .bytes = s->outbox->waiting_bytes,
                                   .limit = s->outbox->limit};
}

void session_queue_ended(struct session *s)
{
    char text[96];

    if (!s->outbox || s->outbox->waiting == 0)
        return;
    snprintf(text, sizeof text, "%zu %s that waited for a connection %s never sent",
             s->outbox->waiting, s->outbox->waiting == 1 ? "message" : "messages",
             s->outbox->waiting == 1 ? "was" : "were");
    session_note(s, text);
}

void session_queue_sums(const struct session *s, struct event_delivery *d)
{
    if (!s->outbox)
        return;
    *d = (struct event_delivery){
        .queued = s->outbox->queued,
        .again = s->outbox->again,
        .unacknowledged = s->outbox->unacknowledged,
        .unsent = s->outbox->waiting,
    };
}
