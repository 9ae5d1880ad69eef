#include "sink/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "base/span.h"
#include "sink/json_tree.h"
#include "sink/term_safe.h"

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

    buf_init(&safe, PAGE_TEXT_MAX);
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
    page_text(p, slice_from(text, from));
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

void page_moment(struct page *p, int64_t time_us)
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

/* --- pictures over time -------------------------------------------------------------------------
 */

double page_axis_seconds(const struct page_axis *a)
{
    return (double)(a->to_us - a->from_us) / 1e6;
}

double page_axis_at(const struct page_axis *a, uint64_t at_us)
{
    return fmin(100,
                100 * (double)span_between(a->from_us, at_us) / (double)(a->to_us - a->from_us));
}

double page_step(double whole, unsigned most)
{
    double step = pow(10, floor(log10(whole / most)));

    while (whole / step > most)
        step *= whole / step > 5 * most ? 10 : whole / step > 2 * most ? 5 : 2;
    return step;
}

void page_columns(struct page *p, double seconds, int height)
{
    double step = page_step(seconds, 8);

    for (int i = 1; i * step < seconds; i++) {
        double x = 100 * i * step / seconds;

        page_printf(p, "<line class=\"gridline\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>",
                    x, x, height);
    }
}

void page_times(struct page *p, double seconds)
{
    double step = page_step(seconds, 5);

    page_put(p, "<svg height=\"22\" aria-hidden=\"true\">");
    for (int i = 0; i * step <= seconds * 1.0001; i++) {
        double n = i * step;
        bool end = n > seconds * 0.97;

        page_printf(p, "<text x=\"%.2f%%\" y=\"15\" text-anchor=\"%s\">%g&#160;s</text>",
                    fmin(100, 100 * n / seconds),
                    i == 0 ? "start"
                    : end  ? "end"
                           : "middle",
                    n);
    }
    page_put(p, "</svg>");
}

void page_times_lane(struct page *p, double seconds)
{
    page_put(p, "<div class=\"lane axis-lane\"><div class=\"name\"></div><div class=\"plot\">");
    page_times(p, seconds);
    page_put(p, "</div><div class=\"value\"></div></div>\n");
}

/* --- the document -------------------------------------------------------------------------------
 */

void page_begin(struct page *p, const char *subcommand, const char *subject, const char *style)
{
    page_put(p, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n<meta "
                "name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta "
                "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'\"/>\n<title>wscope ");
    page_put(p, subcommand);
    page_put(p, ": ");
    page_words(p, subject);
    page_put(p, "</title>\n<style>");
    page_put(p, page_style);
    page_put(p, style);
    page_put(p, "</style></head>\n<body><main>\n");
}

void page_brand(struct page *p, const char *version, const char *subcommand, int64_t time_us)
{
    page_put(p, "<header><p class=\"brand\">");
    page_words(p, version);
    page_printf(p, " %s · ", subcommand);
    page_moment(p, time_us);
    page_put(p, "</p>\n");
}

void page_headline(struct page *p, const char *verdict)
{
    const char *end = strstr(verdict, ". ");
    size_t len = end ? (size_t)(end - verdict) + 1 : strlen(verdict);

    page_put(p, "<h1>");
    page_prose(p, slice_make(verdict, len));
    page_put(p, "</h1>\n");
    page_lead(p, end ? end + 2 : "");
}

void page_lead(struct page *p, const char *text)
{
    if (!text[0])
        return;
    page_put(p, "<p class=\"lead\">");
    page_prose(p, slice_str(text));
    page_put(p, "</p>\n");
}

void page_expectation(struct page *p, struct slice name, bool ok, const char *reason)
{
    page_put(p, ok ? "<li class=\"good\">" : "<li>");
    page_text(p, name);
    if (!ok) {
        page_put(p, ": ");
        page_prose(p, slice_str(reason));
    }
    page_put(p, "</li>\n");
}

void page_settings(struct page *p, const struct page_setting *settings, size_t count)
{
    page_put(p, "<table class=\"settings\"><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        page_put(p, "<tr><th scope=\"row\">");
        page_words(p, settings[i].name);
        page_put(p, "</th><td>");
        page_words(p, settings[i].value);
        page_put(p, "</td></tr>\n");
    }
    page_put(p, "</tbody></table>");
}

void page_settings_section(struct page *p, const struct page_setting *settings, size_t count)
{
    if (count == 0)
        return;
    page_put(p, "<section><h2>Settings</h2>\n");
    page_settings(p, settings, count);
    page_put(p, "</section>\n");
}

/* Inside a script element "<" could end it (or begin a comment). */
static void put_json(struct page *p, struct slice json)
{
    page_put(p, "<script type=\"application/json\" id=\"figures\">");
    for (size_t i = 0; i < json.len && !p->failed; i++) {
        char one[2] = {(char)json.data[i], '\0'};

        page_put(p, one[0] == '<' ? "\\u003c" : one);
    }
    page_put(p, "</script>\n");
}

int page_end(struct page *p, const char *version, struct slice json)
{
    page_put(p, "<footer>Made by ");
    page_words(p, version);
    page_put(p, ". The figures are in this file as JSON too, in the element “figures”.</footer>\n");
    put_json(p, json);
    page_put(p, "</main></body></html>\n");
    return p->failed ? -1 : 0;
}

int page_end_tree(struct page *p, const char *version, struct json_tree *figures)
{
    struct buf json;
    int failed;

    buf_init(&json, SIZE_MAX / 2);
    if (tree_end(figures, &json) < 0)
        p->failed = true;
    failed = page_end(p, version, buf_slice(&json));
    buf_clear(&json);
    return failed;
}
