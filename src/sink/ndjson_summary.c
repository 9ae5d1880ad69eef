#include "sink/ndjson_private.h"

static void write_rtt(struct json_write *w, const struct event_rtt *rtt)
{
    json_u64(w, "rtt_count", rtt->count);
    json_u64(w, "rtt_lost", rtt->lost);
    if (rtt->count == 0) {
        json_null(w, "rtt_min_ms");
        json_null(w, "rtt_median_ms");
        json_null(w, "rtt_p99_ms");
        return;
    }
    json_ms(w, "rtt_min_ms", rtt->min_us);
    json_ms(w, "rtt_median_ms", rtt->median_us);
    json_ms(w, "rtt_p99_ms", rtt->p99_us);
}

void ndjson_summary(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_summary *s = &ev->summary;
    const struct totals *t = &s->totals;

    (void)n;
    json_u64(w, "connections", t->connections);
    json_u64(w, "messages_in", t->messages_in);
    json_u64(w, "messages_out", t->messages_out);
    json_u64(w, "bytes_in", t->payload_in);
    json_u64(w, "bytes_out", t->payload_out);
    json_u64(w, "frames_in", t->frames_in);
    json_u64(w, "frames_out", t->frames_out);
    json_u64(w, "wire_in", t->wire_in);
    json_u64(w, "wire_out", t->wire_out);
    json_u64(w, "pings_in", t->pings_in);
    json_u64(w, "pings_out", t->pings_out);
    json_u64(w, "pongs_in", t->pongs_in);
    json_u64(w, "pongs_out", t->pongs_out);
    json_u64(w, "violations", t->violations);
    json_u64(w, "missed", t->missed);
    json_u64(w, "recovered", t->recovered);
    json_u64(w, "lost", t->lost);
    json_u64(w, "duplicates", t->duplicates);
    json_u64(w, "epochs", t->epochs);
    json_u64(w, "retries", s->retries);
    json_u64(w, "outages", s->outages.count);
    json_ms(w, "outage_ms", s->outages.down_us);
    json_ms(w, "longest_outage_ms", s->outages.longest_us);
    json_u64(w, "queued", s->delivery.queued);
    json_u64(w, "sent_again", s->delivery.again);
    json_u64(w, "unacknowledged", s->delivery.unacknowledged);
    json_u64(w, "unsent", s->delivery.unsent);
    write_rtt(w, &s->rtt);
    json_ms(w, "duration_ms", s->duration_us);
    json_u64(w, "seed", s->seed);
    json_i64(w, "exit", s->exit);
}
