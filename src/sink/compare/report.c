#include "sink/compare/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "sink/compare/compare_json.h"
#include "sink/compare/report_private.h"
#include "sink/term_safe.h"

/* Of polls; compare takes no more intervals. */
#define COLOURS 8

/* What one piece of text may become. */
#define TEXT_MAX (4u << 20)

/* --- writing ------------------------------------------------------------------------------------
 */

void page_put(struct page *p, const char *markup)
{
    if (!p->failed && buf_append_str(p->out, markup) < 0)
        p->failed = true;
}

void page_printf(struct page *p, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    page_put(p, text);
}

static const char *escape_of(uint8_t byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void page_text(struct page *p, struct slice text)
{
    struct buf safe;
    const uint8_t *bytes;
    size_t from = 0;

    buf_init(&safe, TEXT_MAX);
    if (term_safe(&safe, text, TERM_SAFE_NEWLINES) < 0)
        p->failed = true;
    bytes = buf_data(&safe);
    for (size_t i = 0; i < safe.len && !p->failed; i++) {
        const char *escape = escape_of(bytes[i]);

        if (!escape)
            continue;
        if (buf_append(p->out, bytes + from, i - from) < 0)
            p->failed = true;
        page_put(p, escape);
        from = i + 1;
    }
    if (!p->failed && safe.len > from && buf_append(p->out, bytes + from, safe.len - from) < 0)
        p->failed = true;
    buf_clear(&safe);
}

void page_words(struct page *p, const char *text)
{
    page_text(p, slice_str(text));
}

void page_prose(struct page *p, struct slice text)
{
    size_t from = 0;

    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] != ' ' || text.data[i - 1] < '0' || text.data[i - 1] > '9')
            continue;
        page_text(p, slice_make(text.data + from, i - from));
        page_put(p, "&#160;");
        from = i + 1;
    }
    page_text(p, slice_make(text.data + from, text.len - from));
}

void page_figure(struct page *p, struct units figure)
{
    for (const char *at = figure.text; *at; at++) {
        char one[2] = {*at, '\0'};

        page_put(p, *at == ' ' ? "&#160;" : one);
    }
}

void page_svg(struct page *p, int height, const char *name, unsigned number)
{
    page_printf(p,
                "<svg height=\"%d\" role=\"img\" aria-labelledby=\"%s%u\" "
                "aria-describedby=\"%s%u-about\"><title id=\"%s%u\">",
                height, name, number, name, number, name, number);
}

void page_svg_desc(struct page *p, const char *name, unsigned number)
{
    page_printf(p, "</title><desc id=\"%s%u-about\">", name, number);
}

void page_svg_shapes(struct page *p)
{
    page_put(p, "</desc>");
}

struct units report_colour(const struct figures *f, unsigned channel)
{
    struct units u = {"c-ws"};
    unsigned polls = 0;

    if (f->channels[channel].source->kind == CHANNEL_SSE)
        snprintf(u.text, sizeof u.text, "c-sse");
    if (f->channels[channel].source->kind != CHANNEL_POLL)
        return u;
    for (unsigned i = 0; i < channel; i++)
        polls += f->channels[i].source->kind == CHANNEL_POLL;
    snprintf(u.text, sizeof u.text, "c-poll%u", polls % COLOURS + 1);
    return u;
}

/* --- the head -----------------------------------------------------------------------------------
 */

/* The verdict's first sentence is the title, the rest stands below. A full stop inside a figure has
 * no blank behind it. */
static void headline(struct page *p, const char *verdict)
{
    const char *end = strstr(verdict, ". ");
    size_t len = end ? (size_t)(end - verdict) + 1 : strlen(verdict);

    page_put(p, "<h1>");
    page_prose(p, slice_make(verdict, len));
    page_put(p, "</h1>\n");
    if (!end)
        return;
    page_put(p, "<p class=\"lead\">");
    page_prose(p, slice_str(end + 2));
    page_put(p, "</p>\n");
}

/* "2026-01-02 03:04 UTC" out of the way JSON has it. */
static void moment(struct page *p, int64_t time_us)
{
    struct json_write w;
    struct buf text;

    buf_init(&text, 64);
    json_write_init(&w, &text);
    json_time(&w, NULL, time_us);
    if (text.len >= 18)
        page_printf(p, "%.10s %.5s UTC", (const char *)buf_data(&text) + 1,
                    (const char *)buf_data(&text) + 12);
    buf_clear(&text);
}

static void header(struct page *p, const struct report *r)
{
    const struct figures *f = r->figures;

    page_put(p, "<header><p class=\"brand\">");
    page_words(p, r->version);
    page_put(p, " compare · ");
    moment(p, r->time_us);
    page_put(p, "</p>\n");
    headline(p, r->scale->verdict);
    page_put(p, "<p class=\"about\">");
    page_words(p, f->count ? f->channels[0].source->url : "");
    page_printf(p, " · %.1f&#160;s · ", (double)f->elapsed_us / 1e6);
    page_figure(p, units_number((double)f->updates));
    page_put(p, "&#160;updates, ");
    page_figure(p, units_number(f->rate));
    page_put(p, "&#160;a second</p></header>\n");
}

static void card(struct page *p, const struct report *r, unsigned channel)
{
    const struct figures_channel *ch = &r->figures->channels[channel];
    const struct figures_lag *lag = figures_lag(r->figures, ch);
    struct buf trouble;

    page_printf(p, "<div class=\"card %s\"><h2>", report_colour(r->figures, channel).text);
    page_words(p, ch->source->label);
    page_put(p, "</h2><div class=\"big\">");
    page_figure(p, compare_text_lag(lag, lag->p50_us, true));
    page_put(p, " <small>median lag</small></div><dl><dt>per update</dt><dd>");
    if (ch->has_per_update)
        page_figure(p, units_bytes(ch->bytes_per_update));
    else
        page_put(p, "–");
    page_put(p, "</dd><dt>requests</dt><dd>");
    page_figure(p, units_number((double)ch->tally.requests));
    page_put(p, "</dd><dt>shown</dt><dd>");
    page_figure(p, units_number((double)ch->updates));
    page_put(p, " of ");
    page_figure(p, units_number((double)r->figures->updates));
    page_put(p, "</dd><dt>missed</dt><dd>");
    if (ch->updates > 0)
        page_figure(p, units_share(ch->missed, ch->missed + ch->updates));
    else
        page_put(p, "–");
    if (ch->outside > 0) {
        page_put(p, "</dd><dt>outside</dt><dd>");
        page_figure(p, units_number((double)ch->outside));
    }
    page_put(p, "</dd></dl>");
    buf_init(&trouble, 4096);
    if (compare_text_trouble(&trouble, r->figures, ch) != 0)
        p->failed = true;
    if (trouble.len > 0) {
        page_put(p, "<p class=\"trouble\">");
        page_text(p, buf_slice(&trouble));
        page_put(p, "</p>");
    }
    buf_clear(&trouble);
    page_put(p, "</div>\n");
}

static void cards(struct page *p, const struct report *r)
{
    const char *outside = compare_text_outside(r->figures);

    page_put(p, "<div class=\"cards\">\n");
    for (unsigned i = 0; i < r->figures->count; i++)
        card(p, r, i);
    page_put(p, "</div>\n");
    if (outside) {
        page_put(p, "<p class=\"note below\">");
        page_words(p, outside);
        page_put(p, "</p>\n");
    }
}

/* --- the rest -----------------------------------------------------------------------------------
 */

static void openings(struct page *p, const struct report *r)
{
    const struct figures *f = r->figures;

    page_put(
        p,
        "<section><h2>Openings and settings</h2>\n<p class=\"note of-openings\">The first request of "
        "each channel and what answered it. Credentials are left out.</p>\n");
    for (unsigned i = 0; i < f->count; i++) {
        if (r->openings[i].len == 0)
            continue;
        page_put(p, "<details><summary>");
        page_words(p, f->channels[i].source->label);
        page_put(p, " · ");
        page_words(p, f->channels[i].source->url);
        page_put(p, "</summary><pre>");
        page_text(p, r->openings[i]);
        page_put(p, "</pre></details>\n");
    }
    page_put(p, "<h3>Settings</h3>\n<table class=\"settings\"><tbody>\n");
    for (size_t i = 0; i < r->setting_count; i++) {
        page_put(p, "<tr><th scope=\"row\">");
        page_words(p, r->settings[i].name);
        page_put(p, "</th><td>");
        page_words(p, r->settings[i].value);
        page_put(p, "</td></tr>\n");
    }
    page_put(p, "</tbody></table></section>\n");
}

/* The figures for programs. Inside a script element "<" could end it (or begin a comment). */
static void data(struct page *p, const struct report *r)
{
    struct buf json;

    buf_init(&json, TEXT_MAX);
    if (compare_json(&json, r->compare, r->figures, r->scale, r->at_us, r->time_us) < 0)
        p->failed = true;
    page_put(p, "<script type=\"application/json\" id=\"figures\">");
    for (size_t i = 0; i < json.len && !p->failed; i++) {
        char one[2] = {(char)buf_data(&json)[i], '\0'};

        page_put(p, one[0] == '<' ? "\\u003c" : one);
    }
    page_put(p, "</script>\n");
    buf_clear(&json);
}

int report_page(struct buf *out, const struct report *r)
{
    struct page page = {.out = out};
    struct page *p = &page;

    page_put(p, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n<meta "
                "name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta "
                "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'\"/>\n<title>wscope compare: ");
    page_words(p, r->figures->count ? r->figures->channels[0].source->url : "");
    page_put(p, "</title>\n<style>");
    page_put(p, report_style);
    page_put(p, "</style></head>\n<body><main>\n");
    header(p, r);
    cards(p, r);
    report_lags(p, r);
    report_course(p, r);
    report_bytes(p, r);
    report_scale(p, r);
    report_figures(p, r);
    openings(p, r);
    page_put(p, "<footer>Made by ");
    page_words(p, r->version);
    page_put(p, ". The figures are in this file as JSON too, in the element “figures”.</footer>\n");
    data(p, r);
    page_put(p, "</main></body></html>\n");
    return p->failed ? -1 : 0;
}
