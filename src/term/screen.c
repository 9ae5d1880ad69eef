#include "term/screen.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "sink/term_safe.h"

/* The kinds of which there may be thousands a second. */
#define FLOODS                                                                    \
    (EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_BYTES) | \
     EVENT_BIT(EVENT_PING) | EVENT_BIT(EVENT_PONG) | EVENT_BIT(EVENT_DUPLICATE))
#define SAY_MAX ((size_t)1024 * 1024)

static bool passes(struct screen *s, const struct event *ev)
{
    uint64_t bit = EVENT_BIT(ev->kind);

    if (!(s->human->wants & bit))
        return false;
    if (ev->kind == EVENT_MESSAGE && (s->no_messages || (s->log && ev->dir == DIR_OUT)))
        return false;
    /* The time it was sent is new even to the user who typed it; the pieces of a file are not. */
    if (s->mute_own && ev->kind == EVENT_MESSAGE && ev->dir == DIR_OUT &&
        (s->config.stamps == STAMPS_NONE || ev->message.part > 0))
        return false;
    return s->all || !(FLOODS & bit) || thin_shows(&s->thin, clock_mono_us());
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct screen *s = (struct screen *)sink;

    if (passes(s, ev))
        s->human->event(s->human, ev);
}

static void free_nothing(struct sink *sink)
{
    (void)sink; /* part of its owner */
}

static int init(struct screen *s, struct out *out, const struct view_config *config,
                struct bus *bus, bool log)
{
    *s = (struct screen){
        /* All kinds: what is shown changes, and the bus reads what is wanted only once. */
        .gate = {EVENT_ALL, on_event, free_nothing},
        .out = out,
        .config = *config,
        .human = human_new(out, config),
        .log = log,
    };
    thin_init(&s->thin, clock_mono_us());
    if (!s->human)
        return -1;
    if (log)
        s->gate.wants = s->human->wants | SINK_INCOMING_ONLY;
    return bus_add(bus, &s->gate);
}

int screen_init(struct screen *s, struct out *out, const struct view_config *config,
                struct bus *bus)
{
    return init(s, out, config, bus, false);
}

int screen_init_log(struct screen *s, struct out *out, const struct view_config *config,
                    struct bus *bus)
{
    return init(s, out, config, bus, true);
}

void screen_clear(struct screen *s)
{
    if (s->human)
        s->human->free(s->human);
    s->human = NULL;
}

void screen_configure(struct screen *s, const struct view_config *config)
{
    struct sink *human = human_new(s->out, config);

    if (!human)
        return;
    s->human->free(s->human);
    s->human = human;
    s->config = *config;
}

void screen_replay(struct screen *s, const struct event *ev)
{
    struct view_config config = s->config;
    struct sink *human;

    config.include = true;
    config.stamps = STAMPS_NONE;
    config.level = config.level < 0 ? 0 : config.level;
    human = human_new(s->out, &config);
    if (!human)
        return;
    human->event(human, ev);
    human->free(human);
}

void screen_say(struct screen *s, struct slice text)
{
    struct buf safe;

    buf_init(&safe, SAY_MAX);
    term_safe(&safe, text, TERM_SAFE_NEWLINES | (s->config.utf8 ? 0 : TERM_SAFE_ASCII));
    out_put(s->out, buf_data(&safe), safe.len);
    buf_clear(&safe);
}

/* "1,940" */
static void put_grouped(char text[32], uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n), to = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[to++] = ',';
        text[to++] = digits[i];
    }
    text[to] = '\0';
}

bool screen_tell_hidden(struct screen *s)
{
    uint64_t hidden = thin_told(&s->thin);
    char number[32], line[128];
    int n;

    if (hidden == 0)
        return false;
    put_grouped(number, hidden);
    n = snprintf(line, sizeof line, "%s %s more in the last second%s\n",
                 s->config.utf8 ? "…" : "...", number,
                 s->log ? "" : " (/show all shows every one)");
    out_put(s->out, line, (size_t)n);
    return true;
}
