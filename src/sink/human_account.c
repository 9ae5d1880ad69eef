/* Violations, errors, notes; what was retried, missed, injected, polled; the totals. */
#include "sink/human.h"

#include <inttypes.h>

void human_violation(struct human *h, const struct event *ev)
{
    const struct event_violation *v = &ev->violation;

    human_begin(h, ev, MARK_ALERT, STYLE_YELLOW);
    human_style(h, STYLE_YELLOW);
    human_put(h, "protocol violation");
    human_style(h, STYLE_PLAIN);
    human_put(h, ": ");
    human_safe_str(h, v->message);
    human_style(h, STYLE_DIM);
    human_put(h, " (");
    human_safe_str(h, v->rule);
    if (v->code)
        human_printf(h, "; byte %" PRIu64 " of the stream", v->offset);
    human_put(h, ")");
    human_style(h, STYLE_PLAIN);
    if (!v->fatal) {
        human_dot(h);
        human_put(h, "carried on");
    }
}

void human_error(struct human *h, const struct event *ev)
{
    human_begin_bare(h, ev);
    human_style(h, STYLE_RED);
    human_put(h, "wscope:");
    human_style(h, STYLE_PLAIN);
    human_put(h, " ");
    human_safe_str(h, ev->error->text);
    if (h->config.level >= 0) {
        h->hint[0] = '\0'; /* whatever was shown before */
        human_hint(h, ev->error->hint);
    } else if (ev->error->hint[0]) { /* one line for each failure */
        human_put(h, " (hint: ");
        human_safe_str(h, ev->error->hint);
        human_put(h, ")");
    }
}

void human_note(struct human *h, const struct event *ev)
{
    const char *note = ev->note, *dot;

    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    for (; (dot = strstr(note, " · ")) != NULL; note = dot + strlen(" · ")) {
        human_safe(h, slice_make(note, (size_t)(dot - note)));
        human_dot(h);
    }
    human_safe_str(h, note);
}

/* Another attempt follows, so it is not the failure of the run. */
static void put_failed_attempt(struct human *h, const struct event *ev, const struct err *error)
{
    human_begin(h, ev, MARK_ALERT, STYLE_YELLOW);
    human_safe_str(h, error->text);
    human_hint(h, error->hint);
    human_end_line(h);
}

void human_retry(struct human *h, const struct event *ev)
{
    const struct event_retry *r = &ev->retry;

    if (r->count) {
        human_begin(h, ev, MARK_NOTE, STYLE_DIM);
        human_count(h, r->count, "more attempt", "more attempts");
        human_put(h, " failed meanwhile, the last: ");
        human_safe_str(h, r->because);
        return;
    }
    if (r->error)
        put_failed_attempt(h, ev, r->error);
    human_begin(h, ev, r->will ? MARK_NOTE : MARK_LOST, r->will ? STYLE_DIM : STYLE_RED);
    if (r->will && r->delay_us == 0) {
        human_put(h, "reconnecting now");
    } else if (r->will) {
        human_put(h, "reconnecting in ");
        human_latency(h, r->delay_us);
    } else {
        human_put(h, "not reconnecting");
    }
    if (r->will)
        human_printf(h, ", attempt %" PRIu32, r->attempt);
    if (r->because && r->because[0]) {
        human_put(h, ": ");
        human_safe_str(h, r->because);
    }
}

static void put_range(struct human *h, const struct event_range *r)
{
    human_count(h, r->count, "message", "messages");
    human_dot(h);
    if (r->from == r->to)
        human_printf(h, "number %" PRIu64, r->from);
    else
        human_printf(h, "numbers %" PRIu64 " to %" PRIu64, r->from, r->to);
}

static void put_alert(struct human *h, const struct event *ev, const char *word, enum style style)
{
    human_begin(h, ev, MARK_ALERT, style);
    human_style(h, style);
    human_put(h, word);
    human_style(h, STYLE_PLAIN);
    human_put(h, " ");
}

void human_gap(struct human *h, const struct event *ev)
{
    put_alert(h, ev, "gap:", STYLE_YELLOW);
    put_range(h, &ev->range);
}

void human_lost(struct human *h, const struct event *ev)
{
    put_alert(h, ev, "lost:", STYLE_RED);
    put_range(h, &ev->range);
}

void human_recovered(struct human *h, const struct event *ev)
{
    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_style(h, STYLE_GREEN);
    human_put(h, "recovered:");
    human_style(h, STYLE_PLAIN);
    human_put(h, " ");
    put_range(h, &ev->range);
}

void human_duplicate(struct human *h, const struct event *ev)
{
    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_put(h, "duplicate: ");
    if (ev->duplicate.has_seq) {
        human_printf(h, "number %" PRIu64, ev->duplicate.seq);
    } else {
        human_put(h, "id ");
        human_safe(h, ev->duplicate.id);
    }
}

/* "118-131", the dash an en dash where the output has one. */
static void put_numbers(struct human *h, uint64_t from, uint64_t to)
{
    human_printf(h, "%" PRIu64, from);
    if (from != to)
        human_printf(h, "%s%" PRIu64, h->config.utf8 ? "\342\200\223" : "-", to);
}

static void put_lost_numbers(struct human *h, const struct event_missed *m)
{
    human_put(h, ":");
    for (size_t i = 0; i < m->named_count; i++) {
        human_put(h, " ");
        put_numbers(h, m->named[i].from, m->named[i].to);
    }
    if (m->more_lost) {
        human_put(h, " ");
        human_ellipsis(h);
    }
}

/* What became of them: "12 recovered, 2 lost: 125 126", or how far it has come. */
static void put_fate(struct human *h, const struct event_missed *m)
{
    const char *before = ": ";

    if (m->recovered > 0 || m->lost == 0) {
        human_printf(h, "%s%" PRIu64 " recovered%s", before, m->recovered,
                     m->settled ? "" : " so far");
        before = ", ";
    }
    if (m->lost > 0) {
        human_put(h, before);
        human_style(h, STYLE_RED);
        human_printf(h, "%" PRIu64 " lost", m->lost);
        human_style(h, STYLE_PLAIN);
        put_lost_numbers(h, m);
    }
}

void human_missed(struct human *h, const struct event *ev)
{
    const struct event_missed *m = &ev->missed;
    bool well = m->settled && m->lost == 0;

    human_begin(h, ev, well ? MARK_NOTE : MARK_ALERT,
                well         ? STYLE_DIM
                : m->settled ? STYLE_RED
                             : STYLE_YELLOW);
    human_put(h, "missed ");
    if (m->missed == m->to - m->from + 1) {
        put_numbers(h, m->from, m->to);
        human_printf(h, " (%" PRIu64 ")", m->missed);
    } else {
        human_printf(h, "%" PRIu64 " between %" PRIu64 " and %" PRIu64, m->missed, m->from, m->to);
    }
    if (m->settled || m->recovered > 0 || m->lost > 0)
        put_fate(h, m);
    if (m->duplicates > 0) {
        human_dot(h);
        human_count(h, m->duplicates, "duplicate", "duplicates");
    }
}

static bool is_given(const char *text)
{
    return text && text[0];
}

void human_fault(struct human *h, const struct event *ev)
{
    const struct event_fault *f = &ev->fault;

    human_begin(h, ev, MARK_ALERT, STYLE_YELLOW);
    human_style(h, STYLE_YELLOW);
    human_put(h, "fault ");
    human_safe_str(h, f->phase);
    human_style(h, STYLE_PLAIN);
    human_put(h, ": ");
    human_safe_str(h, f->kind);
    if (is_given(f->args)) {
        human_put(h, " ");
        human_safe_str(h, f->args);
    }
    if (is_given(f->trigger)) {
        human_put(h, " @");
        human_safe_str(h, f->trigger);
    }
}

void human_poll(struct human *h, const struct event *ev)
{
    const struct event_poll *p = &ev->poll;

    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_printf(h, "answered %d: ", p->status);
    human_count(h, p->items, "item", "items");
    human_printf(h, ", %" PRIu64 " fresh", p->fresh);
    human_dot(h);
    human_put(h, "up ");
    human_size(h, p->bytes_up);
    human_put(h, ", down ");
    human_size(h, p->bytes_down);
    human_dot(h);
    human_latency(h, p->us);
}

void human_fallback(struct human *h, const struct event *ev)
{
    const struct event_fallback *f = &ev->fallback;

    human_begin(h, ev, MARK_ALERT, STYLE_YELLOW);
    human_put(h, "falling back from ");
    human_safe_str(h, f->from);
    human_put(h, " to ");
    human_safe_str(h, f->to);
    if (is_given(f->because)) {
        human_put(h, ": ");
        human_safe_str(h, f->because);
    }
}

static void put_way(struct human *h, const char *way, uint64_t messages, uint64_t payload,
                    uint64_t wire)
{
    human_dot(h);
    human_put(h, way);
    human_count(h, messages, "message", "messages");
    human_put(h, ", ");
    human_size(h, payload);
    human_put(h, " (");
    human_size(h, wire);
    human_put(h, " on the wire)");
}

static void put_books(struct human *h, const struct totals *t)
{
    if (t->missed > 0) {
        human_dot(h);
        human_printf(h, "missed %" PRIu64 ": %" PRIu64 " recovered, %" PRIu64 " lost", t->missed,
                     t->recovered, t->lost);
    }
    if (t->duplicates > 0) {
        human_dot(h);
        human_count(h, t->duplicates, "duplicate", "duplicates");
    }
    if (t->epochs > 1) {
        human_dot(h);
        human_printf(h, "%" PRIu64 " epochs", t->epochs);
    }
}

static void put_outages(struct human *h, const struct event_summary *s)
{
    if (s->outages.count > 0) {
        human_dot(h);
        human_count(h, s->outages.count, "outage", "outages");
        human_put(h, ", down ");
        human_span(h, s->outages.down_us);
        human_put(h, ", longest ");
        human_span(h, s->outages.longest_us);
    }
    if (s->retries > 0) {
        human_dot(h);
        human_count(h, s->retries, "retry", "retries");
    }
}

static void put_delivery(struct human *h, const struct event_delivery *d)
{
    const struct {
        uint64_t count;
        const char *what;
    } rows[] = {
        {d->queued, "queued while offline"},
        {d->again, "sent again"},
        {d->unacknowledged, "maybe not arrived"},
        {d->unsent, "never sent"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].count == 0)
            continue;
        human_dot(h);
        human_printf(h, "%" PRIu64 " %s", rows[i].count, rows[i].what);
    }
}

static void put_rtt(struct human *h, const struct event_rtt *rtt)
{
    if (rtt->count == 0 && rtt->lost == 0)
        return;
    human_dot(h);
    human_put(h, "round trips ");
    if (rtt->count > 0) {
        human_put(h, "min ");
        human_latency(h, rtt->min_us);
        human_put(h, ", median ");
        human_latency(h, rtt->median_us);
        human_put(h, ", p99 ");
        human_latency(h, rtt->p99_us);
        human_put(h, ", ");
    }
    human_printf(h, "%" PRIu64 " lost of %" PRIu64, rtt->lost, rtt->lost + rtt->count);
}

void human_summary(struct human *h, const struct event *ev)
{
    const struct event_summary *s = &ev->summary;
    const struct totals *t = &s->totals;

    if (h->config.level < 1)
        return;
    human_begin(h, ev, MARK_NOTE, STYLE_DIM);
    human_count(h, t->connections, "connection", "connections");
    human_put(h, " in ");
    human_span(h, s->duration_us);
    put_way(h, "in ", t->messages_in, t->payload_in, t->wire_in);
    put_way(h, "out ", t->messages_out, t->payload_out, t->wire_out);
    if (t->violations > 0) {
        human_dot(h);
        human_count(h, t->violations, "violation", "violations");
    }
    put_outages(h, s);
    put_books(h, t);
    put_delivery(h, &s->delivery);
    put_rtt(h, &s->rtt);
    human_dot(h);
    human_printf(h, "seed %" PRIu64, s->seed);
    human_dot(h);
    human_printf(h, "exit %d", (int)s->exit);
}
