#include "sink/fanout/fanout_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plural.h"
#include "sink/term_safe.h"

#define NAME_SHOWN 24 /* bytes of a name in a table */

/* How bad it was; 0: nothing happened. */
static uint64_t badness(const struct drill_account *a)
{
    uint64_t away = a->away_us < UINT64_C(1) << 60 ? a->away_us : UINT64_C(1) << 60;

    if (a->ends == 0 && a->lost == 0)
        return 0;
    return (a->ends && !a->back ? UINT64_C(1) << 62 : 0) + (a->clean ? 0 : UINT64_C(1) << 61) +
           away + 1;
}

struct ranked {
    uint64_t badness;
    uint32_t conn;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;

    if (one->badness != other->badness)
        return one->badness > other->badness ? -1 : 1;
    return one->conn < other->conn ? -1 : one->conn > other->conn;
}

size_t fanout_worst(const struct fanout_report *r, uint32_t *list)
{
    struct ranked *ranked = malloc((r->connections + 1) * sizeof *ranked);
    size_t count = 0;

    for (uint32_t i = 0; i < r->connections; i++) {
        const struct drill_account *a = fanout_account(r, i);

        if (!a->took_part || badness(a) == 0)
            continue;
        list[count] = i;
        if (ranked)
            ranked[count] = (struct ranked){badness(a), i};
        count++;
    }
    if (ranked && count > 0) {
        qsort(ranked, count, sizeof *ranked, compare);
        for (size_t i = 0; i < count; i++)
            list[i] = ranked[i].conn;
    }
    free(ranked);
    return count;
}

const char *fanout_row_name(const struct fanout_report *r, uint32_t row)
{
    return r->outside ? r->outside : r->nodes[row].name;
}

const char *fanout_node_name(const struct fanout_report *r, uint32_t node, bool utf8)
{
    return node < r->node_count ? r->nodes[node].name : utf8 ? "–" : "-";
}

struct units fanout_span(int64_t us, bool utf8)
{
    struct units none = {"-"};

    if (us < 0 && utf8)
        snprintf(none.text, sizeof none.text, "–");
    return us < 0 ? none : units_span((double)us, utf8);
}

static void row(struct fanout_row *rows, size_t *count, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void row(struct fanout_row *rows, size_t *count, const char *label, const char *format, ...)
{
    va_list args;

    rows[*count].label = label;
    va_start(args, format);
    vsnprintf(rows[*count].text, sizeof rows[*count].text, format, args);
    va_end(args);
    ++*count;
}

size_t fanout_drill_rows(struct fanout_row rows[FANOUT_DRILL_ROWS], const struct fanout_report *r,
                         bool utf8)
{
    const struct drill_totals *t = &r->drill;
    uint64_t until = t->ended_us ? t->ended_us : r->at_us;
    size_t n = 0;

    row(rows, &n, "took", "%s%s", units_span((double)(until - t->began_us), utf8).text,
        t->status > 0 ? "; the command failed" : "");
    row(rows, &n, "connections", "%u: %u unaffected, %u ended", t->connections, t->unaffected,
        t->ended);
    row(rows, &n, "ended", "%u cleanly, %u without a closing handshake", t->clean,
        t->ended - t->clean);
    row(rows, &n, "returned", "%u, %u of them to another node; %u did not", t->back, t->moved,
        t->gone);
    row(rows, &n, "away", "%s (median), %s (99 %%), %s (longest)",
        fanout_span(t->away_p50_us, utf8).text, fanout_span(t->away_p99_us, utf8).text,
        fanout_span(t->away_max_us, utf8).text);
    row(rows, &n, "peak", "%u return%s a second", t->peak_per_s, plural(t->peak_per_s));
    if (t->even > 0)
        row(rows, &n, "even", "the largest node has %.2f times its fair share", t->even);
    row(rows, &n, "messages",
        "%" PRIu64 " sent, %" PRIu64 " deliveries, %" PRIu64 " late, %" PRIu64 " twice, %" PRIu64
        " lost",
        t->published, t->delivered, t->late, t->twice, t->lost);
    return n;
}

int fanout_label(char text[FANOUT_LABEL], const char *name, bool utf8)
{
    char shortened[NAME_SHOWN + 1];
    struct buf safe;
    int failed;

    buf_init(&safe, 8 * sizeof shortened);
    /* What is not printable takes more room than it has bytes. */
    for (size_t size = sizeof shortened;; size -= 4) {
        naming_shorten(shortened, size, slice_str(name));
        buf_reset(&safe);
        failed = term_safe(&safe, slice_str(shortened), utf8 ? 0 : TERM_SAFE_ASCII);
        if (failed || safe.len < FANOUT_LABEL)
            break;
    }
    if (!failed && safe.len > 0)
        memcpy(text, buf_data(&safe), safe.len);
    text[failed ? 0 : safe.len] = '\0';
    buf_clear(&safe);
    return failed;
}

bool fanout_verdict_is_sticky(const struct fanout_report *r)
{
    return r->sticky.session_unknown > 0 || strcmp(r->verdict, r->sticky_text) == 0;
}

void fanout_limits(char text[FANOUT_LIMITS], const struct fanout_report *r)
{
    size_t used = 0;

    text[0] = '\0';
    if (r->stride > 1)
        used = (size_t)snprintf(text, FANOUT_LIMITS,
                                "The matrix has the messages of one sender in %u: more pairs of "
                                "connections do not fit into memory.",
                                r->stride);
    if (r->hurried > 0)
        used += (size_t)snprintf(
            text + used, FANOUT_LIMITS - used,
            "%s%" PRIu64
            " message%s had less time than others to arrive, because memory was short.",
            used ? " " : "", r->hurried, plural(r->hurried));
    if (r->stragglers > 0)
        snprintf(text + used, FANOUT_LIMITS - used,
                 "%s%" PRIu64 " %s after %s had been counted as lost.", used ? " " : "",
                 r->stragglers, r->stragglers == 1 ? "delivery came" : "deliveries came",
                 r->stragglers == 1 ? "it" : "they");
}
