#include "sink/compare/report.h"

#include <stdio.h>

#include "sink/compare/compare_json.h"
#include "sink/compare/report_private.h"

/* Of polls; compare accepts no more intervals. */
#define COLOURS 8

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

static void header(struct page *p, const struct report *r)
{
    const struct figures *f = r->figures;

    page_brand(p, r->version, "compare", r->time_us);
    page_headline(p, r->scale->verdict);
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
    page_put(p, "<h3>Settings</h3>\n");
    page_settings(p, r->settings, r->setting_count);
    page_put(p, "</section>\n");
}

int report_page(struct buf *out, const struct report *r)
{
    struct page page = {.out = out};
    struct page *p = &page;
    struct buf json;
    int failed;

    page_begin(p, "compare", r->figures->count ? r->figures->channels[0].source->url : "", "");
    header(p, r);
    cards(p, r);
    report_lags(p, r);
    report_course(p, r);
    report_bytes(p, r);
    report_scale(p, r);
    report_figures(p, r);
    openings(p, r);
    buf_init(&json, PAGE_TEXT_MAX);
    if (compare_json(&json, r->compare, r->figures, r->scale, r->at_us, r->time_us) < 0)
        p->failed = true;
    failed = page_end(p, r->version, buf_slice(&json));
    buf_clear(&json);
    return failed;
}
