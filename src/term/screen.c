#include "term/screen.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "sink/term_safe.h"
#include "sink/wrap.h"

/* The kinds of which there may be thousands a second. */
#define FLOODS                                                                    \
    (EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_BYTES) | \
     EVENT_BIT(EVENT_PING) | EVENT_BIT(EVENT_PONG) | EVENT_BIT(EVENT_DUPLICATE))
/* Of them those that say what messages say, and more. */
#define CARRIERS    (EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_BYTES) | EVENT_BIT(EVENT_DUPLICATE))
#define STATUS_MAX  512
#define FOUND_LINES 4 /* of a message that was found */
#define SAY_MAX     ((size_t)1024 * 1024)

static uint64_t now(void)
{
    return clock_mono_us();
}

/* A message is kept and counted, whatever comes of it. */
static bool message_passes(struct screen *s, const struct event *ev)
{
    /* The time it was sent is new even to the user who typed it; the pieces of a file are not. */
    bool muted = s->mute_own && ev->dir == DIR_OUT &&
                 (s->config.stamps == STAMPS_NONE || ev->message.part > 0);

    if (s->log) {
        bool shown =
            !s->no_messages && ev->dir != DIR_OUT && (s->all || thin_shows(&s->thin, now()));

        s->verdict = shown ? SIEVE_SHOW : SIEVE_FILTERED;
        return shown;
    }
    s->period_messages++;
    s->verdict = sieve_message(&s->sieve, ev);
    if (s->verdict != SIEVE_SHOW)
        return false;
    if (s->scribe)
        scribe_event(s->scribe, ev); /* of a flood, too */
    if (s->all || thin_shows(&s->thin, now())) {
        sieve_shown(&s->sieve);
        return !muted;
    }
    sieve_sampled(&s->sieve);
    s->verdict = SIEVE_FILTERED;
    return false;
}

/* While messages are filtered or held, the frames and bytes that carry them are not shown. */
static bool passes(struct screen *s, const struct event *ev)
{
    uint64_t bit = EVENT_BIT(ev->kind);

    if (ev->kind == EVENT_MESSAGE)
        return message_passes(s, ev) && (s->human->wants & bit);
    if (!(s->human->wants & bit))
        return false;
    if (ev->kind == EVENT_DECODED)
        return s->verdict == SIEVE_SHOW && !(s->log && ev->dir == DIR_OUT);
    if ((bit & CARRIERS) && (s->sieve.paused || sieve_filters(&s->sieve)))
        return false;
    return s->all || !(FLOODS & bit) || thin_shows(&s->thin, now());
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct screen *s = (struct screen *)sink;

    if (!passes(s, ev))
        return;
    s->human->event(s->human, ev);
    if (s->scribe && ev->kind != EVENT_MESSAGE)
        scribe_event(s->scribe, ev);
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
    thin_init(&s->thin, now());
    buf_init(&s->status, STATUS_MAX);
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
    sieve_clear(&s->sieve);
    scribe_close(s->scribe);
    s->scribe = NULL;
    buf_clear(&s->status);
}

void screen_configure(struct screen *s, const struct view_config *config)
{
    struct sink *human = human_new(s->out, config);

    if (!human)
        return;
    s->human->free(s->human);
    s->human = human;
    s->config = *config;
    if (s->scribe)
        scribe_configure(s->scribe, config);
}

int screen_save(struct screen *s, const char *path, struct err *e)
{
    struct scribe *scribe = path ? scribe_open(path, &s->config, e) : NULL;

    if (path && !scribe)
        return -1;
    scribe_close(s->scribe);
    s->scribe = scribe;
    return 0;
}

void screen_flush(struct screen *s)
{
    char text[sizeof((struct err *)NULL)->text + 4];
    struct err e;

    if (!s->scribe || scribe_flush(s->scribe, &e) == 0)
        return;
    snprintf(text, sizeof text, "! %s\n", e.text);
    screen_save(s, NULL, NULL);
    screen_say(s, slice_str(text));
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
    struct buf safe, broken;

    buf_init(&safe, SAY_MAX);
    buf_init(&broken, SAY_MAX * 2);
    term_safe(&safe, text, TERM_SAFE_NEWLINES | (s->config.utf8 ? 0 : TERM_SAFE_ASCII));
    if (s->scribe)
        scribe_say(s->scribe, buf_slice(&safe));
    if (s->config.columns > 0 && wrap_text(&broken, buf_slice(&safe), s->config.columns) == 0)
        out_put(s->out, buf_data(&broken), broken.len);
    else
        out_put(s->out, buf_data(&safe), safe.len);
    buf_clear(&broken);
    buf_clear(&safe);
}

/* --- /grep and /pause ---------------------------------------------------------------------------
 */

/* What was cut off when it was kept is missing in what follows. */
static void show_kept(void *ctx, const struct event *ev, uint64_t beyond)
{
    struct screen *s = ctx;
    char line[96];
    int n;

    s->human->event(s->human, ev);
    if (s->scribe && s->resuming)
        scribe_event(s->scribe, ev);
    if (beyond == 0)
        return;
    n = snprintf(line, sizeof line, "  (%" PRIu64 " more bytes were not kept)\n", beyond);
    out_put(s->out, line, (size_t)n);
}

void screen_pause(struct screen *s, bool paused)
{
    char number[DECIMAL_GROUPED], line[160];
    uint64_t lost;

    if (paused) {
        sieve_pause(&s->sieve);
        return;
    }
    s->resuming = true;
    lost = sieve_resume(&s->sieve, show_kept, s);
    s->resuming = false;
    if (lost == 0)
        return;
    decimal_grouped(number, lost);
    snprintf(line, sizeof line,
             "%s older messages were dropped meanwhile: at most %d messages or %zu MiB are kept\n",
             number, BACKLOG_MESSAGES, BACKLOG_BYTES >> 20);
    screen_say(s, slice_str(line));
}

void screen_show_kept(struct screen *s, uint64_t number, enum screen_kept how)
{
    struct view_config config = s->config;
    struct sink *human = s->human;
    struct event ev;
    uint64_t beyond;

    if (!backlog_get(&s->sieve.kept, number, &ev, &beyond))
        return;
    config.level = 0;
    config.pretty = how == SCREEN_WHOLE;
    config.fold = how == SCREEN_WHOLE ? 0 : FOUND_LINES;
    if (how == SCREEN_WHOLE)
        config.elide = 0;
    if (how == SCREEN_WHOLE && config.columns <= 0)
        config.columns = 80; /* longer JSON is laid out */
    if (how == SCREEN_FOUND && config.stamps == STAMPS_NONE)
        config.stamps = STAMPS_ABS;
    s->human = human_new(s->out, &config);
    if (s->human) {
        show_kept(s, &ev, beyond);
        s->human->free(s->human);
    }
    s->human = human;
}

/* --- the status ---------------------------------------------------------------------------------
 */

static void add_status(struct screen *s, const char *format, uint64_t n)
{
    char number[DECIMAL_GROUPED];

    decimal_grouped(number, n);
    if (s->status.len > 0)
        buf_append_str(&s->status, s->config.utf8 ? " · " : ", ");
    buf_printf(&s->status, format, number);
}

bool screen_tell(struct screen *s, bool lines)
{
    const struct sieve_counts *counts = &s->sieve.counts;
    uint64_t hidden = thin_hidden(&s->thin), messages = s->period_messages;
    bool flood = hidden > 0;
    char number[DECIMAL_GROUPED], line[160];

    s->period_messages = 0;
    buf_reset(&s->status);
    if (flood && !s->log)
        add_status(s, "%s messages a second", messages);
    if (flood)
        add_status(s, s->log ? "%s messages more in the last second" : "%s of them not shown",
                   hidden);
    if (sieve_filters(&s->sieve))
        add_status(s, "%s hidden by /grep", counts->filtered);
    if (s->sieve.paused)
        add_status(s, "paused, %s kept", counts->held);
    if (flood && lines) {
        decimal_grouped(number, hidden);
        snprintf(line, sizeof line, "%s %s more in the last second%s\n",
                 s->config.utf8 ? "…" : "...", number,
                 s->log ? "" : " (/show all shows every one)");
        screen_say(s, slice_str(line));
    }
    s->unseen += hidden;
    if (!flood && s->unseen > 0 && !lines) {
        decimal_grouped(number, s->unseen);
        snprintf(line, sizeof line, "%s %s messages were not shown%s\n",
                 s->config.utf8 ? "…" : "...", number,
                 s->log ? "" : " (/find searches them, /show all shows every one)");
        screen_say(s, slice_str(line));
    }
    if (!flood || lines)
        s->unseen = 0;
    return s->status.len > 0;
}

bool screen_is_partial(const struct screen *s)
{
    return s->sieve.paused || sieve_filters(&s->sieve);
}

bool screen_has_news(const struct screen *s)
{
    return s->thin.hidden > 0 || s->unseen > 0 || screen_is_partial(s) || s->status.len > 0;
}

void screen_put_state(const struct screen *s, struct buf *out, bool counts)
{
    char number[DECIMAL_GROUPED];

    if (sieve_filters(&s->sieve)) {
        decimal_grouped(number, s->sieve.counts.filtered);
        buf_printf(out, counts ? " (grep, %s hidden)" : " (grep)", number);
    }
    if (s->sieve.paused) {
        decimal_grouped(number, s->sieve.counts.held);
        buf_printf(out, counts ? " (paused, %s kept)" : " (paused)", number);
    }
}
