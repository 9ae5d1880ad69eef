#include "measure/comparison.h"

#include <stdlib.h>

#include "base/json_scan.h"
#include "base/span.h"
#include "proto/http_date.h"

/* Identities up to this length are compared after decoding their escapes. */
#define ID_DECODED_MAX 512

int comparison_init(struct comparison *c, const struct comparison_config *config)
{
    memset(c, 0, sizeof *c);
    c->config = *config;
    offset_init(&c->offset);
    return updates_init(&c->updates);
}

void comparison_clear(struct comparison *c)
{
    for (unsigned i = 0; i < c->count; i++)
        free(c->channels[i]);
    updates_clear(&c->updates);
    memset(c, 0, sizeof *c);
}

int comparison_add(struct comparison *c, const struct comparison_source *source)
{
    struct comparison_channel *ch;

    if (c->count == COMPARISON_CHANNELS_MAX)
        return -1;
    ch = calloc(1, sizeof *ch);
    if (!ch)
        return -1;
    ch->source = *source;
    sketch_init(&ch->lag);
    sketch_init(&ch->delay);
    trace_init(&ch->shown);
    err_clear(&ch->error);
    c->channels[c->count] = ch;
    return (int)c->count++;
}

/* --- when counting begins ------------------------------------------------------------------------
 */

static void begin(struct comparison *c, uint64_t now_us)
{
    c->counting = true;
    c->begin_us = now_us;
    for (unsigned i = 0; i < c->count; i++) {
        struct comparison_channel *ch = c->channels[i];

        ch->opening = ch->tally;
        c->config.carried(c->config.ctx, i, &ch->carried_opening);
    }
    if (c->offset.has_low) {
        /* Times were seen before: the quickest of them is near the shortest delay. */
        c->delay_base_us = -c->offset.low_us;
        c->has_base = true;
    }
}

void comparison_tick(struct comparison *c, uint64_t now_us)
{
    bool all = true;

    if (c->counting || !c->first_up_us)
        return;
    for (unsigned i = 0; i < c->count; i++)
        all = all && c->channels[i]->state != COMPARISON_OPENING;
    if (all || now_us - c->first_up_us >= COMPARISON_PATIENCE_US)
        begin(c, now_us);
}

static void is_up(struct comparison *c, struct comparison_channel *ch, uint64_t now_us)
{
    if (!ch->up_us)
        ch->up_us = now_us ? now_us : 1;
    ch->state = COMPARISON_UP;
    if (!c->first_up_us)
        c->first_up_us = ch->up_us;
    comparison_tick(c, now_us);
}

static void is_over(struct comparison *c, struct comparison_channel *ch, uint64_t now_us)
{
    ch->state = ch->up_us ? COMPARISON_ENDED : COMPARISON_FAILED;
    ch->ended_us = now_us;
    comparison_tick(c, now_us);
}

/* --- updates ------------------------------------------------------------------------------------
 */

/* True with the hash of what makes it the same update. */
static bool key_of(const struct comparison *c, struct slice payload, uint64_t *key)
{
    uint8_t decoded[ID_DECODED_MAX];
    struct key_hash hash;
    struct slice id = payload;

    if (c->config.id) {
        if (json_pointer_get(payload, c->config.id, &id) != 1)
            return false;
        if (id.len >= 2 && id.len <= sizeof decoded && id.data[0] == '"')
            id = slice_make(decoded, json_string_decode(id, decoded));
    }
    key_hash_init(&hash, c->config.seed);
    key_hash_add(&hash, id);
    *key = key_hash_end(&hash);
    return true;
}

static bool time_of(const struct comparison *c, struct slice payload, struct moment *moment)
{
    struct slice token;

    return c->config.time && json_pointer_get(payload, c->config.time, &token) == 1 &&
           moment_parse(token, moment) == 0;
}

static void take_time(struct comparison *c, struct comparison_channel *ch,
                      const struct moment *sent, int64_t arrived_wall_us, bool counts)
{
    int64_t delay = arrived_wall_us - sent->us;

    offset_update(&c->offset, sent->us, arrived_wall_us);
    if (!c->time_resolution_us || sent->resolution_us < c->time_resolution_us)
        c->time_resolution_us = sent->resolution_us;
    if (!counts)
        return;
    if (!c->has_base) {
        c->delay_base_us = delay;
        c->has_base = true;
    }
    sketch_add(&ch->delay, delay - c->delay_base_us);
}

/* What a poll's first answer holds was there before: its state, no update that came. */
static bool is_state(const struct comparison_channel *ch)
{
    return ch->source.kind == CHANNEL_POLL && ch->tally.answers == 0;
}

static void take_update(struct comparison *c, unsigned channel, uint64_t key,
                        const struct moment *sent, uint64_t arrived_us, int64_t arrived_wall_us)
{
    struct comparison_channel *ch = c->channels[channel];
    uint32_t bit = UINT32_C(1) << channel;
    struct update *update = updates_find(&c->updates, key);
    bool first = false;

    if (!update) {
        update = updates_add(&c->updates, key, arrived_us, c->counting && !is_state(ch));
        first = true;
    } else if (update->seen & bit) {
        ch->duplicates += c->counting;
        return;
    }
    update->seen |= bit;
    if (sent)
        take_time(c, ch, sent, arrived_wall_us, update->order > 0);
    if (!update->order)
        return;
    ch->updates++;
    ch->first += first;
    if (!ch->first_order || update->order < ch->first_order)
        ch->first_order = update->order;
    if (update->order > ch->last_order)
        ch->last_order = update->order;
    sketch_add(&ch->lag,
               arrived_us > update->first_us ? (int64_t)(arrived_us - update->first_us) : 0);
    trace_add(&ch->shown, span_between(c->begin_us, arrived_us), ch->last_order);
}

/* For a message in parts the identity must be in the first one; without --id all bytes are used. */
static void take_part(struct comparison *c, struct comparison_channel *ch,
                      const struct event_message *m)
{
    if (m->part <= 1) {
        ch->part_timed = time_of(c, m->data, &ch->part_time);
        ch->part_keyed = !c->config.id || key_of(c, m->data, &ch->part_key);
        key_hash_init(&ch->partial, c->config.seed);
    }
    if (!c->config.id)
        key_hash_add(&ch->partial, m->data);
    if (m->final && !c->config.id)
        ch->part_key = key_hash_end(&ch->partial);
}

/* The payload of a message as it was carried. Of a WebSocket's compressed one only the frames'
 * sizes are known: their headers (RFC 6455, section 5.2) are as long as frames of that size need,
 * taken to be alike where there were several. */
static uint64_t carried_of(const struct comparison_channel *ch, const struct event_message *m)
{
    uint64_t frame = m->fragments ? m->wire / m->fragments : 0;
    uint64_t headers = m->fragments * (uint64_t)(frame <= 2 + 125      ? 2
                                                 : frame <= 4 + 0xFFFF ? 4
                                                                       : 10);

    if (ch->source.kind != CHANNEL_WS || m->wire <= headers || m->wire - headers > m->total)
        return m->total;
    return m->wire - headers;
}

static void take_message(struct comparison *c, unsigned channel, const struct event *ev,
                         uint64_t arrived_us)
{
    struct comparison_channel *ch = c->channels[channel];
    const struct event_message *m = &ev->message;
    int64_t wall_us = ev->time_us - ((int64_t)ev->at_us - (int64_t)arrived_us);

    ch->tally.payload += m->data.len;
    if (m->part == 0) {
        ch->part_timed = time_of(c, m->data, &ch->part_time);
        ch->part_keyed = key_of(c, m->data, &ch->part_key);
    } else {
        take_part(c, ch, m);
    }
    if (!m->final)
        return;
    ch->tally.messages++;
    ch->tally.carried += carried_of(ch, m);
    if (ch->part_keyed)
        take_update(c, channel, ch->part_key, ch->part_timed ? &ch->part_time : NULL, arrived_us,
                    wall_us);
    else
        ch->strangers++;
}

/* --- everything else ----------------------------------------------------------------------------
 */

static void take_response(struct comparison *c, struct comparison_channel *ch,
                          const struct event *ev)
{
    const struct event_response *r = &ev->response;
    struct slice date = slice_str("");
    bool cached = false;
    int64_t seconds;

    ch->tally.heads_down += r->raw.len;
    for (size_t i = 0; i < r->header_count; i++) {
        if (slice_is_nocase(r->headers[i].name, "Date"))
            date = r->headers[i].value;
        else if (slice_is_nocase(r->headers[i].name, "Age"))
            cached = true; /* by someone on the way (RFC 9111, section 5.1): not written now */
    }
    if (!cached && http_date_parse(date, ev->time_us / 1000000, &seconds))
        offset_date(&c->offset, seconds * 1000000, ev->time_us - (int64_t)r->us, ev->time_us);
}

static void take_error(struct comparison *c, struct comparison_channel *ch, const struct event *ev)
{
    struct event failed;

    if (!event_failed_attempt(ev, &failed))
        return;
    if (ch->error.code == EXIT_OK)
        ch->error = *failed.error;
    if (ch->state == COMPARISON_OPENING || ch->state == COMPARISON_UP)
        is_over(c, ch, ev->at_us);
}

void comparison_event(struct comparison *c, unsigned channel, const struct event *ev,
                      uint64_t arrived_us)
{
    struct comparison_channel *ch = c->channels[channel];

    switch (ev->kind) {
    case EVENT_MESSAGE:
        if (ev->dir == DIR_IN)
            take_message(c, channel, ev, arrived_us);
        break;
    case EVENT_REQUEST:
        ch->tally.requests++;
        ch->tally.heads_up += ev->request.raw.len;
        break;
    case EVENT_RESPONSE:
        take_response(c, ch, ev);
        break;
    case EVENT_POLL:
        ch->tally.answers++;
        ch->tally.empty += ev->poll.fresh == 0;
        ch->tally.items += ev->poll.items;
        if (ev->poll.status < 400)
            is_up(c, ch, ev->at_us);
        break;
    case EVENT_OPEN:
        if (ch->source.kind != CHANNEL_POLL)
            is_up(c, ch, ev->at_us); /* a poll is up with its first answer */
        break;
    case EVENT_PING:
    case EVENT_PONG:
        ch->tally.pings++;
        break;
    case EVENT_CLOSE:
        is_over(c, ch, ev->at_us);
        break;
    case EVENT_ERROR:
    case EVENT_RETRY:
        take_error(c, ch, ev);
        break;
    default:
        break;
    }
}
