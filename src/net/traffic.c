#include "net/traffic.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "net/link.h"

void traffic_init(struct traffic *t, struct traffic_meter *meter)
{
    memset(t, 0, sizeof *t);
    t->meter = meter;
    t->closed.kernel = true;
}

void traffic_clear(struct traffic *t)
{
    while (t->open) {
        struct traffic_entry *entry = t->open;

        t->open = entry->next;
        entry->link->entry = NULL;
        free(entry);
    }
    if (t->meter && t->meter->busy == t)
        t->meter->busy = NULL;
}

static uint64_t cpu_now_ns(void)
{
    struct timespec now;

    /* A thread's clock: libuv's own threads resolve names meanwhile. */
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void traffic_meter_charge(struct traffic_meter *meter, struct traffic *t)
{
    uint64_t now;

    if (!meter || meter->busy == t)
        return;
    now = cpu_now_ns();
    if (meter->busy && now > meter->since_ns)
        meter->busy->cpu_ns += now - meter->since_ns;
    meter->busy = t;
    meter->since_ns = now;
}

/* Not the peer's FIN, which the kernel counts like a byte. */
static uint64_t received(const struct traffic_entry *entry, const struct tcp_stats *stats)
{
    bool fin = stats->closed && !(entry->link->ended & LINK_GOT_RST) &&
               stats->bytes_received > entry->stream_down;

    return stats->bytes_received - fin;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Keep what the kernel knows about a connection: it is lost when the socket is reset from this
 * side. False if it is not provided, or no longer. */
static bool look(struct traffic_entry *entry)
{
    struct tcp_stats stats;

    if (!tcp_stats_read(entry->link->fd, &stats))
        return false;
    stats.bytes_received = received(entry, &stats);
    if (stats.bytes_received < entry->seen.bytes_received ||
        stats.bytes_received < entry->stream_down)
        return false;
    entry->seen = stats;
    return true;
}

static void add(struct traffic_counts *sum, struct traffic_entry *entry)
{
    const struct tcp_stats *seen = &entry->seen;

    sum->stream_up += entry->stream_up;
    sum->stream_down += entry->stream_down;
    if (look(entry)) {
        sum->up += seen->bytes_sent;
        sum->down += seen->bytes_received;
    } else {
        sum->kernel = false;
        sum->up += larger(seen->bytes_sent, entry->stream_up);
        sum->down += larger(seen->bytes_received, entry->stream_down);
    }
    sum->segments_up += seen->segments_sent;
    sum->segments_down += seen->segments_received;
    sum->retransmits += seen->retransmits;
    if (seen->rtt_us && (sum->rtt_us == 0 || seen->rtt_us < sum->rtt_us))
        sum->rtt_us = seen->rtt_us;
}

struct traffic_counts traffic_read(const struct traffic *t)
{
    struct traffic_counts sum = t->closed;

    for (struct traffic_entry *entry = t->open; entry; entry = entry->next)
        add(&sum, entry);
    return sum;
}

int traffic_enter(struct traffic *t, struct link *link)
{
    struct traffic_entry *entry = calloc(1, sizeof *entry);

    if (!entry)
        return -1;
    entry->traffic = t;
    entry->link = link;
    entry->next = t->open;
    t->open = entry;
    t->closed.connections++;
    link->entry = entry;
    return 0;
}

void traffic_move(struct link *from, struct link *to)
{
    if (!from->entry || from == to)
        return;
    to->entry = from->entry;
    to->entry->link = to;
    from->entry = NULL;
}

void traffic_touch(struct traffic_entry *entry)
{
    traffic_meter_charge(entry->traffic->meter, entry->traffic);
}

void traffic_came(struct traffic_entry *entry, size_t n)
{
    entry->stream_down += n;
    entry->traffic->read_us = clock_mono_us();
}

void traffic_went(struct traffic_entry *entry, size_t n)
{
    entry->stream_up += n;
}

void traffic_leave(struct traffic_entry *entry)
{
    struct traffic *t = entry->traffic;
    struct traffic_entry **at = &t->open;

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    add(&t->closed, entry);
    entry->link->entry = NULL;
    free(entry);
}
