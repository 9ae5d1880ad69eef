/* Layout and units of the view for people. */
#include "base/utf8.h"
#include "sink/common.h"
#include "sink/elide.h"
#include "sink/human.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/decimal_put.h"
#include "sink/common.h"
#include "sink/hexdump.h"
#include "sink/term_safe.h"
#include "sink/wrap.h"

#define US_PER_S 1000000u

static void check(struct human *h, int result)
{
    if (result < 0)
        h->failed = true;
}

void human_put(struct human *h, const char *text)
{
    check(h, buf_append_str(&h->text, text));
}

/* Escaped whether or not the output is a terminal: a control character breaks lines in a file, too,
 * and the file is read on a terminal later. */
void human_safe(struct human *h, struct slice bytes)
{
    check(h, term_safe(&h->text, bytes, h->config.utf8 ? 0 : TERM_SAFE_ASCII));
}

void human_safe_str(struct human *h, const char *text)
{
    human_safe(h, slice_str(text));
}

void human_printf(struct human *h, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    human_put(h, text);
}

void human_style(struct human *h, enum style style)
{
    static const char *const codes[] = {"\x1b[0m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[33m"};

    if (!h->config.color || h->style == style)
        return;
    if (h->style != STYLE_PLAIN)
        human_put(h, codes[STYLE_PLAIN]);
    if (style != STYLE_PLAIN)
        human_put(h, codes[style]);
    h->style = style;
}

static void put_stamp(struct human *h, const struct event *ev)
{
    char text[32];
    time_t seconds = (time_t)(ev->time_us / US_PER_S);
    uint64_t since = h->has_last && ev->at_us > h->last_at_us ? ev->at_us - h->last_at_us : 0;
    struct tm tm;
    int n = 0;

    text[0] = '\0';
    switch (h->config.stamps) {
    case STAMPS_ABS:
        if (localtime_r(&seconds, &tm))
            n = snprintf(text, sizeof text, "%02d:%02d:%02d.%03d ", tm.tm_hour, tm.tm_min,
                         tm.tm_sec, (int)(ev->time_us % US_PER_S / 1000));
        break;
    case STAMPS_REL:
        n = snprintf(text, sizeof text, "%5" PRIu64 ".%03d ", ev->at_us / US_PER_S,
                     (int)(ev->at_us % US_PER_S / 1000));
        break;
    case STAMPS_DELTA:
        n = snprintf(text, sizeof text, "+%4" PRIu64 ".%03d ", since / US_PER_S,
                     (int)(since % US_PER_S / 1000));
        break;
    default:
        break;
    }
    h->last_at_us = ev->at_us;
    h->has_last = true;
    h->pad = n;
    if (n == 0)
        return;
    human_style(h, STYLE_DIM);
    human_put(h, text);
    human_style(h, STYLE_PLAIN);
}

/* "#2 ", which is before each message of a relay. */
static void put_number(struct human *h, uint32_t number)
{
    uint8_t text[DECIMAL_MOST + 2] = "#", *end = decimal_put(text + 1, number);

    *end++ = ' ';
    check(h, buf_append(&h->text, text, (size_t)(end - text)));
}

/* 0: no number is shown. */
static uint32_t number_of(const struct human *h, const struct event *ev)
{
    if (!h->config.numbered || ev->conn == 0)
        return 0;
    return ev->client ? ev->client : ev->conn;
}

static void put_whose(struct human *h, uint32_t number)
{
    if (number == 0)
        return;
    human_style(h, STYLE_DIM);
    put_number(h, number);
    human_style(h, STYLE_PLAIN);
}

static void put_start(struct human *h, const struct human_start *s)
{
    static const char *const marks[] = {"→", "←", "●", "○", "✕", "!", "·", "↑", "↓"};
    static const char *const ascii[] = {">", "<", "*", "o", "x", "!", "-", "^", "v"};

    if (h->config.relay)
        put_whose(h, s->number);
    human_style(h, s->style);
    human_put(h, h->config.utf8 ? marks[s->mark] : ascii[s->mark]);
    human_style(h, STYLE_PLAIN);
    human_put(h, " ");
    if (!h->config.relay)
        put_whose(h, s->number);
    if (s->channel != CHANNEL_WS) {
        human_style(h, STYLE_DIM);
        human_printf(h, "[%s] ", channel_name(s->channel));
        human_style(h, STYLE_PLAIN);
    }
}

static bool same_start(const struct human_start *a, const struct human_start *b)
{
    return a->mark == b->mark && a->style == b->style && a->number == b->number &&
           a->channel == b->channel;
}

/* Keep what was appended to the text for the lines that follow. */
static void keep_start(struct human *h, const struct human_start *s, size_t from)
{
    size_t len = h->text.len - from;

    h->start = *s;
    h->start_len = h->failed || len > sizeof h->start_text ? 0 : len;
    if (h->start_len > 0)
        memcpy(h->start_text, buf_data(&h->text) + from, len);
}

static struct human_start start_of(const struct human *h, const struct event *ev, enum mark mark,
                                   enum style style)
{
    return (struct human_start){
        .mark = mark, .style = style, .number = number_of(h, ev), .channel = ev->channel};
}

struct slice human_same_start(const struct human *h, const struct event *ev, enum mark mark,
                              enum style style)
{
    const struct human_start start = start_of(h, ev, mark, style);

    return slice_make(h->start_text, same_start(&h->start, &start) ? h->start_len : 0);
}

void human_begin(struct human *h, const struct event *ev, enum mark mark, enum style style)
{
    const struct human_start start = start_of(h, ev, mark, style);
    size_t from;

    if (h->config.stamps != STAMPS_NONE)
        put_stamp(h, ev);
    if (h->start_len > 0 && same_start(&h->start, &start)) {
        check(h, buf_append(&h->text, h->start_text, h->start_len));
        return;
    }
    from = h->text.len;
    put_start(h, &start);
    keep_start(h, &start, from);
}

void human_begin_bare(struct human *h, const struct event *ev)
{
    if (h->config.stamps != STAMPS_NONE)
        put_stamp(h, ev);
}

void human_next(struct human *h, int indent)
{
    human_style(h, STYLE_PLAIN);
    if (h->text.len > 0 && buf_data(&h->text)[h->text.len - 1] != '\n')
        human_put(h, "\n");
    h->line_start = h->text.len;
    check(h, buf_printf(&h->text, "%*s", h->pad + indent, ""));
}

void human_end_line(struct human *h)
{
    if (h->text.len == 0)
        return;
    human_style(h, STYLE_PLAIN);
    if (buf_data(&h->text)[h->text.len - 1] != '\n')
        human_put(h, "\n");
    h->line_start = h->text.len;
}

void human_dot(struct human *h)
{
    enum style style = h->style;

    human_style(h, STYLE_DIM);
    human_put(h, h->config.utf8 ? " · " : " - ");
    human_style(h, style);
}

void human_ellipsis(struct human *h)
{
    human_put(h, h->config.utf8 ? "…" : "...");
}

int human_room(const struct human *h)
{
    int used;

    if (h->config.columns <= 0)
        return INT_MAX;
    if (!h->text.data || h->text.len <= h->line_start)
        return h->config.columns;
    used = wrap_width(slice_make(buf_data(&h->text) + h->line_start, h->text.len - h->line_start));
    return used < h->config.columns ? h->config.columns - used : 0;
}

void human_latency(struct human *h, uint64_t us)
{
    if (us < 995)
        human_printf(h, "0.%02" PRIu64 " ms", (us + 5) / 10);
    else if (us < 99950)
        human_printf(h, "%" PRIu64 ".%" PRIu64 " ms", (us + 50) / 1000, (us + 50) % 1000 / 100);
    else if (us < 999500)
        human_printf(h, "%" PRIu64 " ms", (us + 500) / 1000);
    else
        human_span(h, us);
}

/* Two units at most; from two minutes on tenths of seconds are irrelevant. */
void human_span(struct human *h, uint64_t us)
{
    uint64_t s = us / US_PER_S;

    if (s < 120)
        human_printf(h, "%" PRIu64 ".%" PRIu64 " s", s, us % US_PER_S / 100000);
    else if (s < 3600)
        human_printf(h, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else if (s < 86400)
        human_printf(h, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
    else
        human_printf(h, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
}

void human_count(struct human *h, uint64_t n, const char *one, const char *many)
{
    human_printf(h, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

void human_size(struct human *h, uint64_t bytes)
{
    if (common_size(&h->text, bytes) < 0)
        h->failed = true;
}

void human_endpoint(struct human *h, const char *address, uint16_t port)
{
    bool brackets = port != 0 && address && strchr(address, ':') != NULL;

    human_put(h, brackets ? "[" : "");
    human_safe_str(h, address);
    human_put(h, brackets ? "]" : "");
    if (port != 0)
        human_printf(h, ":%u", (unsigned)port);
}

void human_close_code(struct human *h, uint16_t code, struct slice reason)
{
    human_printf(h, "%u %s", (unsigned)code, close_code_name(code));
    if (reason.len == 0)
        return;
    human_put(h, " \"");
    human_safe(h, reason);
    human_put(h, "\"");
}

void human_hint(struct human *h, const char *hint)
{
    if (!hint || !hint[0] || strcmp(hint, h->hint) == 0)
        return;
    snprintf(h->hint, sizeof h->hint, "%s", hint);
    human_next(h, 2);
    human_style(h, STYLE_DIM);
    human_put(h, "hint: ");
    human_style(h, STYLE_PLAIN);
    human_safe_str(h, hint);
}

void human_hold_hint(struct human *h, const char *hint)
{
    snprintf(h->held, sizeof h->held, "%s", hint ? hint : "");
}

static void put_rest(struct human *h, uint64_t bytes, int indent)
{
    if (bytes == 0)
        return;
    human_next(h, indent);
    human_style(h, STYLE_DIM);
    human_ellipsis(h);
    human_put(h, " ");
    human_size(h, bytes);
    human_put(h, " more, not shown");
    human_style(h, STYLE_PLAIN);
}

/* The front of the text, at most n bytes, ending between characters. */
static size_t cut_text(struct slice text, size_t n)
{
    if (text.len <= n)
        return text.len;
    for (size_t i = n; i > 0 && n - i < 4; i--) {
        if (!utf8_continues(text.data[i]))
            return i;
    }
    return n;
}

void human_excerpt(struct human *h, struct slice text, int indent, size_t lines, size_t bytes,
                   uint64_t beyond)
{
    size_t end = cut_text(text, bytes), i = 0;

    for (size_t line = 0; line < lines && i < end; line++) {
        const uint8_t *newline = memchr(text.data + i, '\n', end - i);
        size_t n = newline ? (size_t)(newline - text.data) - i : end - i;
        size_t shown = newline && n > 0 && text.data[i + n - 1] == '\r' ? n - 1 : n;

        human_next(h, indent);
        human_safe(h, slice_make(text.data + i, shown));
        i += n + (newline ? 1 : 0);
    }
    put_rest(h, text.len - i + beyond, indent);
}

void human_dump(struct human *h, struct slice bytes, uint64_t offset, int indent, size_t limit,
                uint64_t beyond)
{
    size_t n = bytes.len < limit ? bytes.len : limit;
    int at = h->pad + indent;

    human_style(h, STYLE_PLAIN);
    if (n > 0) {
        human_put(h, "\n");
        check(h, hexdump(&h->text, slice_make(bytes.data, n), offset, at,
                         hexdump_per_line(h->config.columns, at)));
    }
    put_rest(h, bytes.len - n + beyond, indent);
}

struct slice human_elided(struct human *h, struct slice text)
{
    return elide_shown(&h->scratch, text, h->config.elide, h->config.utf8);
}
