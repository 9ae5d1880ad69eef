#include "channel/channel_poll.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/span.h"
#include "channel/poll_memory.h"
#include "proto/http_date.h"
#include "proto/items.h"

/* Responses that came at once with nothing new: a server without long polling must not cause a busy
 * loop. */
#define LONG_POLL_HELD_US 1000000

#define FIELDS_MAX 4

struct poll {
    struct receiver r;
    const struct channel_poll_config *config;
    char *target; /* owned: of the request under way */
    struct handshake_header fields[FIELDS_MAX];
    uint64_t grid_us;  /* when polls are due: this plus whole intervals */
    uint64_t asked_us; /* the last one was sent */
    uint64_t wait_us;  /* Retry-After of the last answer; 0: none */

    struct buf body;
    bool too_much; /* memory is out */
    int status;
    struct slice etag, modified; /* of the answer under way; point into its head */

    /* Handing on the items, in more than one go if the channel is paused. */
    bool giving;
    struct items items;
    struct slice *turned; /* owned: items in the order they are given, if that is turned round */
    size_t turned_left;
    struct event_poll report;
};

static void ask(struct poll *p);

/* --- when ------------------------------------------------------------------------------------- */

static void on_due(void *ctx)
{
    ask(ctx);
}

static uint64_t jitter(struct poll *p)
{
    uint64_t n = 0;

    if (p->config->jitter_us == 0 ||
        rng_draw(&p->r.shared->http.supplies->rng, (uint8_t *)&n, sizeof n) < 0)
        return 0;
    return n % (p->config->jitter_us + 1);
}

/* The next point of the grid after now: intervals count from the first request, so that neither a
 * slow answer nor a late timer moves those after it. The loop's clock has whole milliseconds, so a
 * timer may be as much too early: the point that it fired for is not due once more. */
static uint64_t next_due_us(struct poll *p, uint64_t now)
{
    uint64_t every = p->config->every_us;
    uint64_t early = every / 2 < 1000 ? every / 2 : 1000;

    return p->grid_us + ((now + early - p->grid_us) / every + 1) * every;
}

static void wait_for(struct poll *p, uint64_t due_us)
{
    uint64_t now = clock_mono_us();

    /* The loop's idea of now may be old, and the wait would be that much too short. */
    uv_update_time(p->r.ch.loop);
    timer_start(p->r.timer, span_between(now, due_us), on_due);
}

static void plan_next(struct poll *p)
{
    uint64_t now = clock_mono_us(), due;
    bool at_once = p->config->long_poll && p->wait_us == 0 && p->status < 400 &&
                   (p->report.fresh > 0 || now - p->asked_us >= LONG_POLL_HELD_US);

    due = at_once ? now : next_due_us(p, now) + jitter(p);
    if (p->wait_us > 0 && due < now + p->wait_us)
        due = now + p->wait_us;
    p->wait_us = 0;
    wait_for(p, due);
}

/* --- asking ----------------------------------------------------------------------------------- */

static size_t fill_fields(struct poll *p)
{
    const struct poll_memory *m = p->r.shared->poll;
    const char *etag = poll_memory_etag(m, p->target);
    const char *modified = poll_memory_modified(m, p->target);
    struct slice data = p->config->data;
    size_t n = 0;

    p->fields[n++] = (struct handshake_header){.name = "Accept", .value = "*/*"};
    if (data.len > 0)
        p->fields[n++] = (struct handshake_header){
            .name = "Content-Type",
            .value = json_valid(data) ? "application/json" : "application/x-www-form-urlencoded"};
    if (etag)
        p->fields[n++] = (struct handshake_header){.name = "If-None-Match", .value = etag};
    if (modified)
        p->fields[n++] = (struct handshake_header){.name = "If-Modified-Since", .value = modified};
    return n;
}

/* 0 or -1 with *e. */
static int start(struct poll *p, struct err *e)
{
    const struct channel_poll_config *c = p->config;
    const char *target = c->common.handshake.url->target;
    struct http_request request = {
        .method = c->method         ? c->method
                  : c->data.len > 0 ? "POST"
                                    : "GET",
        .body = c->data,
        .fields = p->fields,
        .max_body = c->common.max_message,
        .hold = c->long_poll,
    };

    free(p->target);
    p->target = c->target ? c->target(c->ctx, target) : strdup(target);
    if (!p->target)
        return err_nomem(e, STAGE_CONNECT, "asking for news");
    request.target = p->target;
    request.field_count = fill_fields(p);
    p->asked_us = clock_mono_us();
    p->status = 0;
    return http_start(p->r.http, &request, e);
}

static void ask(struct poll *p)
{
    struct err e;

    if (receiver_over(&p->r) || http_busy(p->r.http) || p->giving)
        return;
    if (p->r.paused) { /* who does not take what there is need not be asked for more */
        wait_for(p, next_due_us(p, clock_mono_us()));
        return;
    }
    if (start(p, &e) < 0)
        receiver_fail(&p->r, &e);
}

static int poll_open(struct receiver *r, struct err *e)
{
    struct poll *p = (struct poll *)r;
    struct channel_shared *shared = p->r.shared;
    uint64_t seed = 0;

    if (!shared->poll) {
        (void)rng_draw(&shared->http.supplies->rng, (uint8_t *)&seed, sizeof seed);
        shared->poll = poll_memory_new(seed);
        if (!shared->poll)
            return err_nomem(e, STAGE_CONNECT, "preparing to poll");
    }
    p->grid_us = clock_mono_us();
    return start(p, e);
}

/* --- items ------------------------------------------------------------------------------------ */

static bool read_number(struct slice item, const char *pointer, uint64_t *number)
{
    struct slice token;

    return json_pointer_get(item, pointer, &token) == 1 && decimal_read(token, UINT64_MAX, number);
}

/* Many lists have the newest first. How many items there are if each has a smaller number than the
 * one before it; 0 if not. */
static size_t count_falling(struct items items, const char *seq)
{
    uint64_t last = 0, number;
    struct slice item;
    size_t count = 0;

    for (; items_next(&items, &item); count++) {
        if (!read_number(item, seq, &number) || (count > 0 && number >= last))
            return 0;
        last = number;
    }
    return count > 1 ? count : 0;
}

static void turn_round(struct poll *p)
{
    struct items items = p->items;
    size_t count = p->config->seq ? count_falling(items, p->config->seq) : 0;

    if (count == 0)
        return;
    p->turned = calloc(count, sizeof *p->turned);
    if (!p->turned)
        return; /* in the order they came, then */
    while (p->turned_left < count && items_next(&items, &p->turned[p->turned_left]))
        p->turned_left++;
}

static bool next_item(struct poll *p, struct slice *item)
{
    if (!p->turned)
        return items_next(&p->items, item);
    if (p->turned_left == 0)
        return false;
    *item = p->turned[--p->turned_left];
    return true;
}

static bool is_fresh(struct poll *p, struct slice item)
{
    bool held = poll_memory_held(p->r.shared->poll, item);
    int known = p->config->known ? p->config->known(p->config->ctx, item) : -1;

    return known < 0 ? !held : known == 0;
}

static void forget_answer(struct poll *p)
{
    p->giving = false;
    free(p->turned);
    p->turned = NULL;
    p->turned_left = 0;
    buf_reset(&p->body);
    buf_trim(&p->body, 64 * 1024);
}

static void report_poll(struct poll *p)
{
    struct event ev = receiver_event(&p->r, EVENT_POLL);

    ev.poll = p->report;
    receiver_emit(&p->r, &ev);
}

/* The receiver of the items wants no more. The response is still reported before the end; the rest
 * of it stays new. */
static void stop_giving(struct poll *p)
{
    struct slice item;

    while (next_item(p, &item))
        p->report.items++;
    forget_answer(p);
    report_poll(p);
}

/* Pass on new items. */
static void give(struct poll *p)
{
    struct slice item;

    while (!p->r.paused && !receiver_over(&p->r)) {
        if (!next_item(p, &item)) {
            poll_memory_end(p->r.shared->poll);
            forget_answer(p);
            report_poll(p);
            if (!receiver_over(&p->r))
                plan_next(p);
            return;
        }
        p->report.items++;
        if (is_fresh(p, item)) {
            p->report.fresh++;
            receiver_message(&p->r, item, NULL, NULL);
        }
    }
    if (p->giving && p->r.closing)
        stop_giving(p);
}

/* A body that is not split into items keeps its blanks if it is not text. */
static void take_body(struct poll *p)
{
    struct err e;

    if (items_begin(&p->items, buf_slice(&p->body), p->config->items, &e) < 0) {
        receiver_fail(&p->r, &e);
        return;
    }
    poll_memory_begin(p->r.shared->poll);
    turn_round(p);
    p->giving = true;
    give(p);
}

/* --- answers ---------------------------------------------------------------------------------- */

static struct slice value_of(const struct http1_head *head, const char *name)
{
    const struct slice *value = http1_field(head, name);

    return value ? *value : slice_make(NULL, 0);
}

static void on_head(void *ctx, const struct http1_head *head, const struct url *url)
{
    struct poll *p = ctx;

    (void)url;
    p->status = head->status;
    p->etag = value_of(head, "ETag");
    p->modified = value_of(head, "Last-Modified");
    p->wait_us = 0;
    if (!http_retry_after(value_of(head, "Retry-After"), clock_wall_us() / 1000000, &p->wait_us))
        p->wait_us = 0;
}

static void on_body(void *ctx, struct slice piece)
{
    struct poll *p = ctx;

    if (buf_append_slice(&p->body, piece) < 0)
        p->too_much = true;
}

/* A response other than 2xx and 304. */
static void refused(struct poll *p)
{
    struct err e;

    if (p->r.ch.opened_us && receiver_passes(p->status)) {
        report_poll(p);
        if (!receiver_over(&p->r))
            plan_next(p);
        return;
    }
    err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the server answered the poll with %d",
            p->status);
    receiver_refused(&p->r, p->status, &e);
}

static void answered(struct poll *p)
{
    struct err e;

    if (!p->r.ch.opened_us)
        receiver_opened(&p->r);
    if (receiver_over(&p->r))
        return;
    if (p->too_much) {
        err_nomem(&e, STAGE_IO, "reading an answer");
        receiver_fail(&p->r, &e);
    } else if (p->status == 304 || p->body.len == 0) {
        report_poll(p);
        if (!receiver_over(&p->r))
            plan_next(p);
    } else {
        take_body(p);
    }
}

static void on_done(void *ctx, const struct http_result *result)
{
    struct poll *p = ctx;
    enum exit_code code = result->error.code;

    p->r.ch.activity.last_in_us = http_last_in_us(p->r.http);
    p->r.ch.activity.last_out_us = http_last_out_us(p->r.http);
    p->report = (struct event_poll){
        .status = p->status,
        .bytes_up = result->bytes_up,
        .bytes_down = result->bytes_down,
        .us = result->us,
    };
    if (code == EXIT_TOO_BIG || code == EXIT_UPGRADE || code == EXIT_USAGE || code == EXIT_CERT) {
        p->r.ch.for_good = code != EXIT_UPGRADE;
        receiver_fail(&p->r, &result->error);
    } else if (code != EXIT_OK) {
        receiver_lose(&p->r, result, false);
    } else if (p->status != 304 && (p->status < 200 || p->status > 299)) {
        refused(p);
    } else {
        if (p->status != 304)
            poll_memory_validators(p->r.shared->poll, p->target, p->etag, p->modified);
        answered(p);
    }
    if (!p->giving)
        forget_answer(p);
}

static void pause_poll(struct receiver *r, bool paused)
{
    struct poll *p = (struct poll *)r;

    if (p->r.paused == paused)
        return;
    p->r.paused = paused;
    http_pause(p->r.http, paused);
    if (!paused && p->giving)
        give(p);
}

static void clear(struct receiver *r)
{
    struct poll *p = (struct poll *)r;

    free(p->target);
    free(p->turned);
    buf_clear(&p->body);
}

static const struct receiver_kind kind = {
    .channel = CHANNEL_POLL,
    .size = sizeof(struct poll),
    .open = poll_open,
    .pause = pause_poll,
    .clear = clear,
};

struct channel *channel_poll_new(uv_loop_t *loop, const struct channel_poll_config *config,
                                 struct channel_shared *shared, const struct channel_up *up)
{
    const struct http_hooks hooks = {
        .report = receiver_report, .head = on_head, .body = on_body, .done = on_done};
    struct receiver *r = receiver_new(&kind, loop, &config->common, shared, &hooks, up);
    struct poll *p = (struct poll *)r;

    if (!p)
        return NULL;
    p->config = config;
    buf_init(&p->body, SIZE_MAX / 2);
    return &r->ch;
}
