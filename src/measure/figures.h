/*
 * figures: the results of a comparison, as every view shows them: the live table, the last one,
 * JSON and the page.
 */
#ifndef MEASURE_FIGURES_H
#define MEASURE_FIGURES_H

#include "measure/comparison.h"

/* What one direction of a channel carried, in parts that add up to the total. */
struct figures_bytes {
    uint64_t total;   /* as TCP carried it, by the kernel's count where there is one */
    uint64_t payload; /* of the updates, as carried (compressed, if it was) */
    uint64_t heads;   /* of HTTP requests or answers, the handshake's among them */
    uint64_t framing; /* frame headers, chunk sizes, field names, items that were not new */
    uint64_t around;  /* TLS, proxies, what was sent again */
};

struct figures_lag {
    bool known; /* at least one */
    uint64_t count;
    int64_t p50_us, p90_us, p99_us, max_us;
    double mean_us;
};

struct figures_channel {
    const struct comparison_source *source;
    enum comparison_state state;
    const struct err *error; /* code EXIT_OK: none */
    uint64_t up_us, ended_us;

    uint64_t updates, missed, duplicates, first, strangers;
    uint64_t outside; /* shown by others before this one's first or after its last: not missed */
    struct figures_lag lag;   /* after the first channel that showed the update */
    struct figures_lag delay; /* after the server's time, with --time */

    /* The whole run, and the part of it before counting began. */
    struct figures_bytes up, down;
    uint64_t opening_up, opening_down;
    struct figures_bytes running_up, running_down; /* the rest */
    uint64_t segments_up, segments_down, retransmits, connections;
    bool kernel;
    uint64_t cpu_us;
    struct comparison_tally tally;

    /* While counting. */
    uint64_t requests, empty, new_connections;
    uint64_t running_bytes, running_segments, running_payload;
    bool has_per_update; /* there was at least one update: */
    double bytes_per_update, requests_per_update, overhead_per_update; /* overhead: but payload */
};

struct figures {
    unsigned count;
    struct figures_channel channels[COMPARISON_CHANNELS_MAX];
    bool counting;
    uint64_t begin_us, end_us; /* of the counting, on the events' clock */
    uint64_t elapsed_us;
    uint64_t updates; /* different ones, on whatever channel */
    double rate;      /* of these, a second */
    bool by_time;     /* `delay` is known and is the lag to show, otherwise `lag` */
    struct offset_estimate clock;
    uint64_t time_resolution_us;
};

/* As of now_us. Slices and pointers lead into c. */
void figures_make(struct figures *f, const struct comparison *c, uint64_t now_us);

/* The lag to show. */
const struct figures_lag *figures_lag(const struct figures *f, const struct figures_channel *ch);
/* In the distribution that figures_lag summarises: how many lie between. */
uint64_t figures_between(const struct figures *f, const struct comparison *c, unsigned channel,
                         int64_t from_us, int64_t to_us);

#endif
