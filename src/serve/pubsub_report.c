/* pubsub_report: the sentences of serve's log about Redis: one sentence each, and no flood. */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/plural.h"
#include "serve/feed_service.h"
#include "serve/pubsub_private.h"

/* Sentences about one outage: its reason may change, "refused", "loading" ... */
#define REPORTS_MAX 4
#define COUNTS      320

static struct event make_event(const struct pubsub *p, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - p->host->start_us,
    };
}

void pubsub_note(struct pubsub *p, const char *format, ...)
{
    struct event ev = make_event(p, EVENT_NOTE);
    char text[900];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ev.note = text;
    bus_emit(p->host->bus, &ev);
}

/* Messages were lost: an error, so that -q shows it too. */
__attribute__((format(printf, 2, 3))) static void loss(struct pubsub *p, const char *format, ...)
{
    struct event ev = make_event(p, EVENT_ERROR);
    struct err e;
    va_list args;

    err_set(&e, EXIT_LOST, STAGE_IO, 0, "messages were lost");
    va_start(args, format);
    vsnprintf(e.text, sizeof e.text, format, args);
    va_end(args);
    ev.error = &e;
    bus_emit(p->host->bus, &ev);
}

void pubsub_report_failure(struct pubsub *p, const struct err *e)
{
    struct event ev = make_event(p, EVENT_ERROR);
    struct err shown = *e;

    if (!p->alone_us) {
        p->alone_us = clock_mono_us();
        p->reports = 0;
        p->reported[0] = '\0';
    }
    if (p->reports >= REPORTS_MAX || strcmp(p->reported, e->text) == 0)
        return;
    snprintf(p->reported, sizeof p->reported, "%s", e->text);
    if (p->reports++ == 0)
        snprintf(shown.text, sizeof shown.text,
                 "%.360s; until it is back, this server is an island: /feed goes on, and "
                 "messages of /chat are passed on late",
                 e->text);
    ev.error = &shown;
    bus_emit(p->host->bus, &ev);
}

void pubsub_report_joined(struct pubsub *p)
{
    const struct feed *feed = feed_service_feed(p->host->feed);

    if (p->joined_before)
        return; /* pubsub_report_back follows */
    p->joined_before = true;
    if (p->config->url.secure && p->config->dial.tls.insecure)
        pubsub_note(p, "the certificate of Redis at %s was not verified (-k)", p->name);
    pubsub_note(p,
                "joined Redis at %s: /feed is at number %llu, %s a second, and /chat is one room",
                p->name, (unsigned long long)feed_latest(feed, clock_mono_us()),
                decimal_millionths(feed->per_million_s).text);
}

/* "3 messages passed on late, 1 dropped; 2 of others came late, none missed" */
static void put_counts(char text[COUNTS], const struct pubsub_account *a)
{
    if (a->out_late == 0 && a->out_dropped == 0 && a->in_late == 0 && a->in_missed == 0) {
        snprintf(text, COUNTS, "no message of /chat was late or missed");
        return;
    }
    snprintf(text, COUNTS,
             "%llu message%s of /chat passed on late, %llu not at all; of the other servers' %llu "
             "came late, %llu %s missed",
             (unsigned long long)a->out_late, plural(a->out_late),
             (unsigned long long)a->out_dropped, (unsigned long long)a->in_late,
             (unsigned long long)a->in_missed, a->in_missed == 1 ? "was" : "were");
}

void pubsub_report_back(struct pubsub *p)
{
    const struct pubsub_account *a = &p->account;
    double away_s = (double)(clock_mono_us() - p->alone_us) / 1e6;
    char counts[COUNTS];

    if (!p->alone_us)
        return;
    put_counts(counts, a);
    (a->out_dropped + a->in_missed > 0 ? loss : pubsub_note)(
        p, "Redis at %.100s is back after %.1f s: %s", p->name, away_s, counts);
    p->account = (struct pubsub_account){0};
    p->alone_us = 0;
    p->full_reported = false;
}

static void report_in_missed(struct pubsub *p)
{
    unsigned long long missed = p->account.in_missed;

    if (missed > 0)
        loss(p,
             "%llu message%s that other servers sent to /chat %s missed: never passed on, or "
             "lost by Redis",
             missed, plural(missed), missed == 1 ? "was" : "were");
    p->account.in_missed = 0;
}

void pubsub_report_missed(struct pubsub *p)
{
    unsigned long long dropped = p->account.out_dropped;

    if (p->alone_us)
        return;
    report_in_missed(p);
    if (dropped > 0)
        loss(p, "%llu message%s of /chat %s not passed on: Redis is too slow", dropped,
             plural(dropped), dropped == 1 ? "was" : "were");
    p->account = (struct pubsub_account){0};
    p->full_reported = false;
}

void pubsub_report_full(struct pubsub *p)
{
    if (p->full_reported)
        return;
    p->full_reported = true;
    loss(p,
         "%zu messages of /chat wait for Redis: those that follow reach only the clients of "
         "this server, and are counted",
         p->queue.count);
}

void pubsub_stop(struct pubsub *p)
{
    unsigned long long rest = p->queue.count + p->account.out_dropped;

    report_in_missed(p);
    if (rest > 0)
        loss(p, "%llu message%s of /chat never reached the other servers", rest, plural(rest));
}
