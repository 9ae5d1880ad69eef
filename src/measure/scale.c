#include "measure/scale.h"

#include <math.h>

/* What keeps an idle connection alive, bytes each KEEPALIVE: an empty ping and its masked pong
 * (RFC 6455, section 5.2); a comment line of SSE in a chunk. A TLS 1.3 record adds 22. */
#define PING_BYTES    8.0
#define COMMENT_BYTES 8.0
#define RECORD_BYTES  22.0

static double keepalive_s(const struct figures_channel *ch)
{
    bool ws = ch->source->kind == CHANNEL_WS;
    double records = ws ? 2 : 1;

    return ((ws ? PING_BYTES : COMMENT_BYTES) + (ch->source->secure ? records * RECORD_BYTES : 0)) /
           SCALE_KEEPALIVE_S;
}

static bool is_poll(const struct figures_channel *ch)
{
    return ch->source->kind == CHANNEL_POLL;
}

static double per_second(uint64_t n, const struct figures *f)
{
    return f->elapsed_us ? (double)n * 1e6 / (double)f->elapsed_us : 0;
}

static double over(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* One client. A poll asks every T seconds however few of them fell into the time measured. */
static struct scale_cell one_client(const struct figures *f, const struct figures_channel *ch)
{
    struct scale_cell cell = {.known = f->elapsed_us >= 1000000 && ch->state == COMPARISON_UP &&
                                       ch->running_bytes > 0};
    double requests = (double)ch->requests;

    if (!cell.known)
        return cell;
    cell.requests_s = per_second(ch->requests, f);
    cell.bytes_s = per_second(ch->running_bytes, f);
    cell.segments_s = per_second(ch->running_segments, f);
    cell.connections_s = per_second(ch->new_connections, f);
    cell.connections = !is_poll(ch) || ch->source->keepalive ? 1 : 0;
    if (is_poll(ch) && !ch->source->hanging && ch->source->every_us && ch->requests > 0) {
        double asked_s = 1e6 / (double)ch->source->every_us;

        cell.requests_s = asked_s;
        cell.bytes_s = asked_s * (double)ch->running_bytes / requests;
        cell.segments_s = asked_s * (double)ch->running_segments / requests;
        cell.connections_s = asked_s * (double)ch->new_connections / requests;
    }
    return cell;
}

static void fill_row(struct scale_row *row, const struct figures *f, uint64_t clients)
{
    double n = (double)clients;

    row->clients = clients;
    for (unsigned i = 0; i < f->count; i++) {
        struct scale_cell cell = one_client(f, &f->channels[i]);

        cell.requests_s *= n;
        cell.bytes_s *= n;
        cell.segments_s *= n;
        cell.connections *= n;
        cell.connections_s *= n;
        row->cells[i] = cell;
    }
}

static bool delivered(const struct figures_channel *ch)
{
    return ch->state == COMPARISON_UP && ch->updates > 0;
}

/* More than one in twenty. */
static bool misses(const struct figures_channel *ch)
{
    return ch->missed > 0 && ch->missed * 20 > ch->missed + ch->updates;
}

/* Of the polls that show (nearly) all, the cheapest; otherwise the one that shows most. */
static bool better_poll(const struct figures *f, const struct figures_channel *a,
                        const struct figures_channel *b)
{
    if (misses(a) != misses(b))
        return misses(b);
    if (misses(a))
        return a->missed < b->missed;
    return one_client(f, a).bytes_s < one_client(f, b).bytes_s;
}

static void choose(struct scale *s, const struct figures *f)
{
    uint64_t best = 0;

    s->best_push = s->best_poll = -1;
    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        if (ch->updates > best) {
            s->shared = best;
            best = ch->updates;
        } else if (ch->updates > s->shared) {
            s->shared = ch->updates;
        }
        if (!delivered(ch))
            continue;
        if (is_poll(ch)) {
            if (s->best_poll < 0 || better_poll(f, ch, &f->channels[s->best_poll]))
                s->best_poll = (int)i;
        } else if (s->best_push < 0 || ch->source->kind == CHANNEL_WS) {
            s->best_push = (int)i;
        }
    }
    s->enough = s->shared >= SCALE_ENOUGH;
}

static void weigh_poll(struct scale *s, const struct figures *f)
{
    struct scale_pair *pair = &s->pair;
    const struct figures_channel *poll, *push;
    double r = f->rate, request, item, update, k, gain;

    if (s->best_poll < 0 || s->best_push < 0 || r <= 0)
        return;
    poll = &f->channels[s->best_poll];
    push = &f->channels[s->best_push];
    if (poll->source->hanging || poll->requests == 0)
        return;
    request =
        over((double)(poll->running_bytes - poll->running_down.payload), (double)poll->requests);
    item = over((double)poll->running_down.payload, (double)poll->updates);
    update = push->bytes_per_update;
    k = keepalive_s(push);
    gain = r * (update - item) + k;
    *pair = (struct scale_pair){
        .known = true,
        .poll = (unsigned)s->best_poll,
        .push = (unsigned)s->best_push,
        .per_request = request,
        .per_item = item,
        .per_push = update,
        .keepalive_s = k,
        .overwrites = misses(poll),
        .never = gain <= 0,
        .same_cost_s = gain > 0 ? request / gain : 0,
        .rate_below = request + item > update ? k / (request + item - update) : HUGE_VAL,
    };
    /* Where at most one update is in an answer, polling more rarely than they come saves theirs. */
    if (pair->overwrites && (pair->never || pair->same_cost_s * r > 1)) {
        pair->never = false;
        pair->same_cost_s = (request + item) / (r * update + k);
    }
}

static void weigh_sse(struct scale *s, const struct figures *f)
{
    const struct figures_channel *ws = NULL, *sse = NULL;
    double h, k;

    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        if (delivered(ch) && ch->source->kind == CHANNEL_WS) {
            ws = ch;
            s->ws = i;
        } else if (delivered(ch) && ch->source->kind == CHANNEL_SSE) {
            sse = ch;
            s->sse = i;
        }
    }
    s->has_sse = ws && sse;
    if (!s->has_sse)
        return;
    s->sse_to_ws = over(one_client(f, sse).bytes_s, one_client(f, ws).bytes_s);
    h = sse->bytes_per_update - ws->bytes_per_update;
    k = keepalive_s(ws) - keepalive_s(sse);
    if (h <= 0)
        s->sse_rate_below = HUGE_VAL;
    else
        s->sse_rate_below = k > 0 ? k / h : 0;
}

void scale_make(struct scale *s, const struct figures *f, const uint64_t *clients, size_t count)
{
    *s = (struct scale){.row_count = count < SCALE_CLIENTS_MAX ? count : SCALE_CLIENTS_MAX};
    for (size_t i = 0; i < s->row_count; i++)
        fill_row(&s->rows[i], f, clients[i]);
    choose(s, f);
    weigh_poll(s, f);
    weigh_sse(s, f);
    scale_judge(s, f);
}
