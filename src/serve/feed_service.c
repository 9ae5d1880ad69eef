#include "serve/feed_service.h"

#include <stdlib.h>

#include "base/clock.h"
#include "serve/feed.h"
#include "serve/feed_asked.h"

/* A client that is catching up may be this many updates behind. One that begins with the oldest
 * kept is FEED_KEPT behind and must not lose its place to new updates. */
#define FEED_BEHIND (2 * FEED_KEPT)
/* How long a client that was too slow may take to read what waits and answer the Close. */
#define SLOW_CLOSE_MS   5000
#define TRY_AGAIN_LATER 1013 /* IANA's WebSocket Close Code Number Registry */
/* A request is a few bytes. */
#define REQUEST_MAX (64 * 1024)
/* A tick lasts at least a millisecond and at most the other time. */
#define WAIT_MIN_US 1000
#define WAIT_MAX_US (24 * 3600 * UINT64_C(1000000))

/* A clock that moves by less is adjusted; by more, it was set. */
#define ADJUSTED_US 1000000

struct feed_service {
    struct client_host *host;
    struct feed feed;
    struct client *first, *last;
    struct timer *tick;
};

static void on_tick(void *ctx);

static struct feed_state *state_of(struct client *c)
{
    return c->own;
}

/* Sleep until the next update is due; only while someone listens. */
static void schedule(struct feed_service *s)
{
    uint64_t now = clock_mono_us();
    uint64_t due = feed_due_us(&s->feed, feed_latest(&s->feed, now) + 1);
    uint64_t wait = due > now + WAIT_MIN_US ? due - now : WAIT_MIN_US;

    if (!s->first || s->host->paused) {
        timer_stop(s->tick);
        return;
    }
    timer_start(s->tick, wait < WAIT_MAX_US ? wait : WAIT_MAX_US, on_tick);
}

static void send_update(struct feed_service *s, struct client *c, uint64_t id)
{
    struct slice text = feed_text(&s->feed, id);

    if (c->state == CLIENT_STREAM)
        client_stream_send(c, id, text);
    else
        client_send(c, OPCODE_TEXT, text, true, true);
}

/* Send what is due to one client, as far as it may wait. */
static void serve_client(struct feed_service *s, struct client *c, uint64_t latest)
{
    struct feed_state *f = state_of(c);
    size_t limit = f->live ? FEED_SLOW : CLIENT_FULL;

    if (c->state == CLIENT_WAIT) {
        if (latest >= f->next_id)
            client_wait_over(c);
        return;
    }
    if (!f->live && latest - f->next_id >= FEED_BEHIND && f->next_id <= latest) {
        client_close(c, TRY_AGAIN_LATER, "too slow: the remaining updates are no longer kept",
                     SLOW_CLOSE_MS);
        return;
    }
    while (f->next_id <= latest && client_pending(c) < limit && !c->broken) {
        if (f->next_id == f->had_from && f->had_to > f->had_from) {
            f->next_id = f->had_to;
            f->had_from = f->had_to = 0;
            continue;
        }
        send_update(s, c, f->next_id++);
    }
    if (f->next_id > latest)
        f->live = true;
    else if (f->live && !c->broken)
        client_close(c, TRY_AGAIN_LATER, "too slow: more than 1 MiB waited", SLOW_CLOSE_MS);
}

/* --- the list of those who listen ---------------------------------------------------------------
 */

static void join(struct feed_service *s, struct client *c)
{
    state_of(c)->next = NULL;
    state_of(c)->prev = s->last;
    if (s->last)
        state_of(s->last)->next = c;
    else
        s->first = c;
    s->last = c;
}

static void leave(struct feed_service *s, struct client *c)
{
    struct feed_state *f = state_of(c);

    if (f->next)
        state_of(f->next)->prev = f->prev;
    else if (s->last == c)
        s->last = f->prev;
    if (f->prev)
        state_of(f->prev)->next = f->next;
    else if (s->first == c)
        s->first = f->next;
    f->next = f->prev = NULL;
}

/* No client is always served first: a comparison of channels would show a difference that is not
 * theirs. */
static void rotate(struct feed_service *s)
{
    struct client *c = s->first;

    if (c && c != s->last) {
        leave(s, c);
        join(s, c);
    }
}

static void on_tick(void *ctx)
{
    struct feed_service *s = ctx;
    uint64_t latest = feed_latest(&s->feed, clock_mono_us());
    struct client *next;

    for (struct client *c = s->first; c; c = next) {
        next = state_of(c)->next;
        if (!c->peer || !peer_close_sent(c->peer)) {
            serve_client(s, c, latest);
            client_flush(c);
        }
    }
    rotate(s);
    schedule(s);
}

/* --- a client -----------------------------------------------------------------------------------
 */

void feed_service_accepted(struct client *c, const struct answer *a)
{
    const struct feed *feed = &c->host->feed->feed;
    uint64_t latest = feed_latest(feed, clock_mono_us());
    struct feed_state *f = state_of(c);

    f->next_id = f->first_id = a->has_since ? feed_after(a->since, latest) : latest + 1;
    f->live = !a->has_since;
}

void feed_service_opened(struct client *c)
{
    struct feed_service *s = c->host->feed;

    join(s, c);
    serve_client(s, c, feed_latest(&s->feed, clock_mono_us()));
    if (!timer_runs(s->tick))
        schedule(s);
}

void feed_service_wait(struct client *c, uint64_t latest)
{
    struct feed_service *s = c->host->feed;

    *state_of(c) = (struct feed_state){.next_id = latest + 1};
    join(s, c);
    if (!timer_runs(s->tick))
        schedule(s);
}

void feed_service_leave(struct client *c)
{
    struct feed_service *s = c->host->feed;

    leave(s, c);
    if (!s->first)
        timer_stop(s->tick);
}

/* A client that asks while the feed runs already has its latest part; asking again, or into that
 * part, requests all of it. */
static void rewind_to(struct feed_state *f, uint64_t id)
{
    bool apart = f->first_id > 0 && id < f->first_id && f->next_id > f->first_id;

    f->had_from = apart ? f->first_id : 0;
    f->had_to = apart ? f->next_id : 0;
    f->first_id = 0;
    f->next_id = id;
}

static void message(struct client *c, const struct event_message *m)
{
    static const char refusal[] =
        "{\"error\":\"expected {\\\"since\\\":N}, N the id of the last update seen\"}";
    struct feed_service *s = c->host->feed;
    uint64_t latest = feed_latest(&s->feed, clock_mono_us());
    uint64_t since;

    if (m->type != OPCODE_TEXT || m->part != 0 || feed_request(m->data, &since) < 0) {
        client_send(c, OPCODE_TEXT, slice_str(refusal), true, true);
        return;
    }
    rewind_to(state_of(c), feed_after(since, latest));
    state_of(c)->live = false;
    serve_client(s, c, latest);
}

/* What waited is written: go on catching up. */
void feed_service_drained(struct client *c)
{
    struct feed_service *s = c->host->feed;

    if (!state_of(c)->live)
        serve_client(s, c, feed_latest(&s->feed, clock_mono_us()));
}

const struct service service_feed = {
    .path = "/feed",
    .channel = CHANNEL_WS,
    .about = "numbered updates; ?since=N first repeats what came after N",
    .example = "wscope{k} -n --count 5 {ws}",
    .state = sizeof(struct feed_state),
    .max_message = REQUEST_MAX,
    .asked = feed_asked_ws,
    .accepted = feed_service_accepted,
    .opened = feed_service_opened,
    .message = message,
    .drained = feed_service_drained,
    .ended = feed_service_leave,
};

/* --- life ---------------------------------------------------------------------------------------
 */

struct feed *feed_service_feed(struct feed_service *s)
{
    return &s->feed;
}

struct feed_service *feed_service_new(struct client_host *host, double rate, uint64_t burst,
                                      const char *node)
{
    struct feed_service *s = calloc(1, sizeof *s);

    if (s)
        s->tick = timer_new(host->loop, s);
    if (!s || !s->tick ||
        feed_init(&s->feed, rate, burst, (int64_t)clock_mono_us(), clock_wall_us()) < 0) {
        if (s)
            timer_free(s->tick);
        free(s);
        return NULL;
    }
    s->host = host;
    s->feed.node = node;
    return s;
}

void feed_service_free(struct feed_service *s)
{
    if (!s)
        return;
    timer_free(s->tick);
    feed_clear(&s->feed);
    free(s);
}

/* The numbers mean other updates now. */
static void renumber(struct feed_service *s)
{
    uint64_t latest = feed_latest(&s->feed, clock_mono_us());
    uint64_t oldest = feed_oldest(latest);

    for (struct client *c = s->first; c; c = state_of(c)->next) {
        struct feed_state *f = state_of(c);

        if (f->next_id > latest + 1)
            f->next_id = latest + 1;
        if (f->next_id < oldest)
            f->next_id = oldest;
        if (c->state == CLIENT_WAIT)
            f->next_id = latest; /* what it has is of the old ones */
        f->first_id = f->had_from = f->had_to = 0;
        f->live = false;
    }
    if (s->first && !s->host->paused)
        timer_start(s->tick, 0, on_tick);
}

void feed_service_share(struct feed_service *s, const struct feed_epoch *epoch, int64_t start_us)
{
    struct feed *f = &s->feed;
    int64_t moved = start_us - f->start_us;
    bool same = f->wall_us == epoch->start_us && f->per_million_s == epoch->per_million_s &&
                f->burst == epoch->burst;

    f->start_us = start_us;
    if (same && moved > -ADJUSTED_US && moved < ADJUSTED_US) {
        schedule(s);
        return;
    }
    f->wall_us = epoch->start_us;
    f->per_million_s = epoch->per_million_s;
    f->burst = epoch->burst;
    feed_forget(f);
    renumber(s);
}

void feed_service_pause_changed(struct feed_service *s)
{
    schedule(s);
}
