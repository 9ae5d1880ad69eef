#include "sink/human.h"

#include <stdlib.h>

#include "sink/common.h"

/* A message comes whole up to 1 MiB; its escapes take at most nine bytes for one. */
#define TEXT_MAX  ((size_t)24 << 20)
#define TEXT_KEEP ((size_t)64 << 10)

typedef void human_fn(struct human *h, const struct event *ev);

static human_fn *const writers[EVENT_KIND_COUNT] = {
    [EVENT_RESOLVE] = human_resolve,   [EVENT_CONNECT] = human_connect,
    [EVENT_PROXY] = human_proxy,       [EVENT_TLS] = human_tls,
    [EVENT_REQUEST] = human_request,   [EVENT_RESPONSE] = human_response,
    [EVENT_OPEN] = human_open,         [EVENT_FRAME] = human_frame,
    [EVENT_MESSAGE] = human_message,   [EVENT_PING] = human_control,
    [EVENT_PONG] = human_control,      [EVENT_VIOLATION] = human_violation,
    [EVENT_CLOSE] = human_close,       [EVENT_RETRY] = human_retry,
    [EVENT_GAP] = human_gap,           [EVENT_RECOVERED] = human_recovered,
    [EVENT_LOST] = human_lost,         [EVENT_DUPLICATE] = human_duplicate,
    [EVENT_FAULT] = human_fault,       [EVENT_POLL] = human_poll,
    [EVENT_FALLBACK] = human_fallback, [EVENT_ERROR] = human_error,
    [EVENT_SUMMARY] = human_summary,   [EVENT_CLOSE_FRAME] = human_close_frame,
    [EVENT_BYTES] = human_bytes,       [EVENT_NOTE] = human_note,
    [EVENT_MISSED] = human_missed,     [EVENT_RULE] = human_rule,
    [EVENT_DECODED] = human_decoded,
};

static uint64_t wanted(const struct view_config *config)
{
    uint64_t wants = EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_SUMMARY);

    if (config->messages)
        wants |= EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_DECODED);
    if (config->pings)
        wants |= EVENT_BIT(EVENT_PING) | EVENT_BIT(EVENT_PONG);
    if (config->include)
        wants |= EVENT_BIT(EVENT_REQUEST) | EVENT_BIT(EVENT_RESPONSE);
    if (config->level >= 0)
        wants |= EVENT_BIT(EVENT_RESPONSE) | EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE) |
                 EVENT_BIT(EVENT_VIOLATION) | EVENT_BIT(EVENT_RETRY) | EVENT_BIT(EVENT_FAULT) |
                 EVENT_BIT(EVENT_RULE) | EVENT_BIT(EVENT_FALLBACK) | EVENT_BIT(EVENT_NOTE) |
                 EVENT_BIT(EVENT_MISSED);
    if (config->level >= 1)
        wants |= EVENT_BIT(EVENT_REQUEST) | EVENT_BIT(EVENT_RESOLVE) | EVENT_BIT(EVENT_CONNECT) |
                 EVENT_BIT(EVENT_PROXY) | EVENT_BIT(EVENT_TLS) | EVENT_BIT(EVENT_GAP) |
                 EVENT_BIT(EVENT_RECOVERED) | EVENT_BIT(EVENT_LOST) | EVENT_BIT(EVENT_DUPLICATE) |
                 EVENT_BIT(EVENT_POLL);
    /* In the log of a server a response is one line; its head is for who asked for it. */
    if (config->numbered && config->level < 1 && !config->include)
        wants &= ~EVENT_BIT(EVENT_RESPONSE);
    if (config->level == 1) /* further up the frame itself is shown */
        wants |= EVENT_BIT(EVENT_CLOSE_FRAME);
    if (config->level >= 2)
        wants |= EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_DECODED);
    if (config->level >= 3)
        wants |= EVENT_BIT(EVENT_BYTES);
    return wants;
}

/* No memory for a line: an error is shown nevertheless, with bytes other than printable ASCII as
 * '?'.
 */
static void put_bare_error(struct human *h, const struct err *error)
{
    char line[sizeof error->text + 16] = "wscope: ";
    size_t n = strlen(line);

    for (size_t i = 0; i < sizeof error->text && error->text[i]; i++) {
        char c = error->text[i];

        line[n++] = c >= 0x20 && c < 0x7F ? c : '?';
    }
    line[n++] = '\n';
    out_put(h->out, line, n);
}

/* What was held for an error that did not come. Notes may come before it. */
static void release_hint(struct human *h, const struct event *next)
{
    bool has_it;

    if (!h->held[0] || next->kind == EVENT_NOTE || next->kind == EVENT_MISSED ||
        next->kind == EVENT_LOST)
        return;
    has_it = next->kind == EVENT_ERROR || (next->kind == EVENT_RETRY && next->retry.error != NULL);
    if (!has_it)
        human_hint(h, h->held);
    h->held[0] = '\0';
    human_end_line(h);
}

static void put_composed(struct human *h, const struct event *ev)
{
    human_end_line(h);
    human_lay_out(h, ev);
    if (!h->failed)
        out_put(h->out, buf_data(&h->text), h->text.len);
    else if (ev->kind == EVENT_ERROR)
        put_bare_error(h, ev->error);
    buf_reset(&h->text);
    buf_trim(&h->text, TEXT_KEEP);
}

static void human_event(struct sink *sink, const struct event *ev)
{
    struct human *h = (struct human *)sink;
    struct event hidden;

    if (ev->secret && !h->config.show_secrets) {
        hidden = common_hidden(ev);
        ev = &hidden;
    }
    h->failed = false;
    h->style = STYLE_PLAIN;
    h->line_start = 0;
    release_hint(h, ev);
    h->pad = 0;
    writers[ev->kind](h, ev);
    if (h->text.len > 0 || h->failed)
        put_composed(h, ev);
    buf_reset(&h->scratch);
    buf_trim(&h->scratch, TEXT_KEEP);
}

static void human_free(struct sink *sink)
{
    struct human *h = (struct human *)sink;

    buf_clear(&h->text);
    buf_clear(&h->scratch);
    free(h);
}

struct sink *human_new(struct out *out, const struct view_config *config)
{
    struct human *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->sink.wants = wanted(config);
    h->sink.event = human_event;
    h->sink.free = human_free;
    h->out = out;
    h->config = *config;
    h->include = config->include || config->level >= 1;
    h->verbatim = !config->tty && !config->pretty && config->fold <= 0 && config->elide == 0 &&
                  config->stamps == STAMPS_NONE;
    buf_init(&h->text, TEXT_MAX);
    buf_init(&h->scratch, TEXT_MAX);
    return &h->sink;
}
