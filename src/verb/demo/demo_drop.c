#include "verb/demo/demo_drop.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "app/session_setup.h"
#include "base/decimal.h"
#include "base/json_scan.h"
#include "sink/view.h"

/* Updates before the drop, and in all: those before it, those missed while the program waits, and a
 * few that show that it continues. */
#define BEFORE "4"
#define IN_ALL 16
#define WAIT   "0.3"

#define MAX_MESSAGE (64 * 1024)

int demo_drop_init(struct demo_drop *d, const struct verbs *verbs, const char *server,
                   struct err *e)
{
    static char fault[] = "--fault=rst@message:" BEFORE "*1", wait[] = "--retry-delay=" WAIT;
    char catchup[sizeof d->catchup + 16];
    char *argv[] = {(char[]){"wscope"},
                    (char[]){"--no-config"},
                    (char[]){"-n"},
                    (char[]){"-r"},
                    wait,
                    (char[]){"--retry-jitter=none"},
                    (char[]){"--seq=/id"},
                    fault,
                    catchup,
                    d->url,
                    NULL};

    *d = (struct demo_drop){0};
    snprintf(d->url, sizeof d->url, "%s/feed", server);
    snprintf(d->catchup, sizeof d->catchup, "http%s/feed.json?since={last}", server + 2);
    snprintf(catchup, sizeof catchup, "--catchup=%s", d->catchup);
    snprintf(d->command, sizeof d->command,
             "$ wscope -n -r --retry-delay " WAIT " --retry-jitter none --seq /id \\\n"
             "    --fault 'rst@message:" BEFORE "*1' \\\n"
             "    --catchup '%s' %s",
             d->catchup, d->url);
    d->options = connection_new(verbs, (int)(sizeof argv / sizeof *argv) - 1, argv, e);
    return d->options ? 0 : -1;
}

int demo_drop_arm(struct demo_drop *d, uv_loop_t *loop, const struct bus *bus, uint64_t start_us,
                  struct err *e)
{
    return fault_rig_init(&d->faults, loop, d->options->fault, false, bus, start_us, e);
}

int demo_drop_show(struct views *v, const struct view_options *o)
{
    struct view_options shown = *o;
    struct view_config config;
    struct sink *human;

    if (o->json)
        return 0;
    if (shown.level > 0)
        shown.level = 0;
    shown.include = shown.pings = false;
    config = views_config(&shown, STDOUT_FILENO, shown.level == 0);
    human = human_new(&v->out, &config);
    if (human && shown.level == 0)
        human->wants |=
            EVENT_BIT(EVENT_GAP) | EVENT_BIT(EVENT_RECOVERED) | EVENT_BIT(EVENT_DUPLICATE);
    if (bus_add(&v->bus, human) < 0)
        return -1;
    for (unsigned i = 0; i + 1 < v->bus.count; i++)
        bus_withhold(&v->bus, i, EVENT_ALL);
    return 0;
}

void demo_drop_clear(struct demo_drop *d)
{
    fault_rig_clear(&d->faults);
    connection_free(d->options);
    d->options = NULL;
}

struct session_config demo_drop_config(const struct demo_drop *d, uint64_t start_us)
{
    struct session_config config = session_setup(d->options->connect, start_us, MAX_MESSAGE);

    config.faults = d->faults.faults;
    config.seed = d->faults.seed;
    return config;
}

/* The number of an update; 0: it has none. */
static uint64_t number_of(struct slice text)
{
    struct slice token;
    uint64_t n;

    return json_pointer_get(text, "/id", &token) == 1 && decimal_read(token, UINT64_MAX, &n) ? n
                                                                                             : 0;
}

static void take_update(struct demo_drop *d, const struct event_message *m)
{
    uint64_t n = number_of(m->data);

    if (n == 0)
        d->wrong = true;
    /* On a slow machine a live one may come before those that are recovered, and even after it was
     * fetched with them: it is then reported as a duplicate and not counted. */
    if (m->again)
        return;
    if (d->count == 0 || n < d->first)
        d->first = n;
    if (n > d->last)
        d->last = n;
    d->count++;
}

static bool none_missing(const struct demo_drop *d)
{
    return d->last - d->first + 1 == d->count;
}

bool demo_drop_take(struct demo_drop *d, const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_MESSAGE:
        if (ev->dir == DIR_IN)
            take_update(d, &ev->message);
        break;
    case EVENT_CLOSE:
        if (!d->lost_us && ev->channel == CHANNEL_WS)
            d->lost_us = ev->at_us;
        break;
    case EVENT_OPEN:
        if (d->lost_us && !d->back_us)
            d->back_us = ev->at_us;
        break;
    case EVENT_RECOVERED:
        d->recovered += ev->range.count;
        break;
    default:
        break;
    }
    return d->count >= IN_ALL && d->recovered > 0 && none_missing(d);
}

int demo_drop_result(const struct demo_drop *d, char *text, size_t size)
{
    snprintf(text, size,
             "away for %.2f s, %" PRIu64 " updates missed and recovered: each number from %" PRIu64
             " to %" PRIu64 " came, once",
             (double)(d->back_us - d->lost_us) / 1e6, d->recovered, d->first, d->last);
    return d->wrong || !d->back_us || d->recovered == 0 || !none_missing(d) ? -1 : 0;
}
