#include "sink/grade/grade_page.h"

#include <inttypes.h>
#include <string.h>

#include "base/plural.h"
#include "grade/findings.h"
#include "sink/grade/grade_json.h"
#include "sink/grade/grade_page_private.h"
#include "sink/grade/grade_rows.h"

/* Cards at the head of the page. */
#define CARDS_MAX 12

static size_t count_findings(const struct grade_report *r, const struct grade_client_report *c)
{
    struct finding findings[FINDINGS_MAX];

    return findings_of(r, c, findings);
}

/* --- the head -----------------------------------------------------------------------------------
 */

/* "2 of 3 clients do not recover as they should." */
static void headline(struct page *p, const struct grade_report *r)
{
    size_t wrong = 0;

    for (size_t i = 0; i < r->client_count; i++)
        wrong += count_findings(r, &r->clients[i]) > 0;
    page_put(p, "<h1>");
    if (r->client_count == 0)
        page_put(p, "No client connected.");
    else if (wrong > 0 && r->client_count == 1)
        page_put(p, "The client does not recover as it should.");
    else if (wrong > 0)
        page_printf(p, "%zu of %zu&#160;clients %s not recover as %s should.", wrong,
                    r->client_count, wrong == 1 ? "does" : "do", wrong == 1 ? "it" : "they");
    else if (r->outages == 0)
        page_put(p, "No client lost its connection, so little is known.");
    else
        page_printf(p, "%s as %s should.",
                    r->client_count == 1 ? "The client recovers" : "All clients recover",
                    r->client_count == 1 ? "it" : "they");
    page_put(p, "</h1>\n");
}

static void header(struct page *p, const struct grade_page *g)
{
    const struct grade_report *r = g->report;
    char line[200];

    page_brand(p, g->version, "proxy", g->time_us);
    headline(p, r);
    grade_herd_line(line, r, true);
    page_lead(p, line);
    grade_limits_line(line, r);
    page_lead(p, line);
    page_put(p, "<p class=\"about\">");
    page_words(p, g->url);
    page_put(p, " · ");
    page_figure(p, units_span((double)(r->at_us - r->began_us), 1));
    page_printf(p, " · %zu&#160;client%s, %" PRIu64 "&#160;outage%s</p></header>\n",
                r->client_count, plural(r->client_count), r->outages, plural(r->outages));
}

static void card_row(struct page *p, const char *name, struct units value)
{
    page_printf(p, "<dt>%s</dt><dd>", name);
    page_figure(p, value);
    page_put(p, "</dd>");
}

static int64_t longest_outage(const struct grade_client_report *c)
{
    int64_t longest = 0;

    for (size_t i = 0; i < c->outage_count; i++) {
        if (c->outages[i].back_us < 0)
            return GRADE_UNKNOWN;
        if (c->outages[i].back_us > longest)
            longest = c->outages[i].back_us;
    }
    return longest;
}

static void card(struct page *p, const struct grade_report *r, const struct grade_client_report *c)
{
    size_t findings = count_findings(r, c);
    int64_t longest = longest_outage(c);

    page_printf(p,
                "<div class=\"card %s\"><h2>Client %" PRIu32 "</h2><div class=\"big\">%zu "
                "<small>finding%s</small></div><dl>",
                findings ? "c-out" : "c-ok", c->client, findings, plural(findings));
    card_row(p, "outages", units_number((double)c->outage_count));
    if (longest < 0)
        page_put(p, "<dt>back</dt><dd>no</dd>");
    else if (c->outage_count > 0)
        card_row(p, "back within", units_span((double)longest, 1));
    if (c->lost >= 0)
        card_row(p, "lost", units_number((double)c->lost));
    page_put(p, "<dt>waits</dt><dd>");
    page_words(p, c->backoff.preset                    ? c->backoff.preset
                  : c->backoff.kind == BACKOFF_UNKNOWN ? "–"
                                                       : backoff_class_name(c->backoff.kind));
    page_put(p, "</dd></dl></div>\n");
}

/* One client has all of it in its section. */
static void cards(struct page *p, const struct grade_report *r)
{
    if (r->client_count < 2)
        return;
    page_put(p, "<div class=\"cards\">\n");
    for (size_t i = 0; i < r->client_count && i < CARDS_MAX; i++)
        card(p, r, &r->clients[i]);
    page_put(p, "</div>\n");
}

static void expectations(struct page *p, const struct grade_page *g)
{
    if (g->verdict_count == 0)
        return;
    page_put(p, "<section><h2>Expectations</h2>\n<ul class=\"findings\">\n");
    for (size_t i = 0; i < g->verdict_count; i++) {
        const struct grade_verdict *v = &g->verdicts[i];

        page_expectation(p, v->name, v->ok, v->reason);
    }
    page_put(p, "</ul></section>\n");
}

/* --- a client -----------------------------------------------------------------------------------
 */

static void missing(struct page *p, const struct grade_client_report *c)
{
    for (size_t i = 0; i < c->missing_count; i++) {
        struct buf shown;

        buf_init(&shown, GRADE_SUBSCRIPTION_TEXT + 64);
        if (grade_shown(&shown, c->missing[i], true) < 0)
            p->failed = true;
        page_put(p, "<pre>");
        page_text(p, buf_slice(&shown));
        page_put(p, "</pre>");
        buf_clear(&shown);
    }
}

static void rows(struct page *p, const struct grade_report *r, const struct grade_client_report *c)
{
    struct grade_rows all;

    grade_rows(&all, r, c, true);
    page_put(p, "<table class=\"settings\"><tbody>\n");
    for (size_t i = 0; i < all.count; i++) {
        page_put(p, "<tr><th scope=\"row\">");
        page_words(p, all.list[i].label);
        page_put(p, "</th><td>");
        page_prose(p, slice_str(all.list[i].text));
        if (strcmp(all.list[i].label, "subscribed") == 0)
            missing(p, c);
        page_put(p, "</td></tr>\n");
    }
    page_put(p, "</tbody></table>\n");
}

static void client(struct page *p, const struct grade_report *r,
                   const struct grade_client_report *c)
{
    struct finding findings[FINDINGS_MAX];
    size_t count = findings_of(r, c, findings);
    char verdict[120];

    grade_verdict_line(verdict, c, count);
    page_printf(p, "<section class=\"client\"><h2>Client %" PRIu32 ": ", c->client);
    page_prose(p, slice_str(verdict));
    page_put(p, "</h2>\n<p class=\"note\">");
    page_words(p, c->address);
    page_put(p, " · ");
    page_words(p, c->path);
    page_put(p, c->agent[0] ? " · " : "");
    page_words(p, c->agent);
    page_put(p, "</p>\n");
    if (count > 0)
        page_put(p, "<ul class=\"findings\">\n");
    for (size_t i = 0; i < count; i++) {
        page_put(p, "<li>");
        page_prose(p, slice_str(findings[i].text));
        page_put(p, "</li>\n");
    }
    if (count > 0)
        page_put(p, "</ul>\n");
    grade_timeline(p, r, c);
    rows(p, r, c);
    page_put(p, "</section>\n");
}

/* --- all of it ----------------------------------------------------------------------------------
 */

int grade_page(struct buf *out, const struct grade_page *g)
{
    struct page page = {.out = out};
    struct page *p = &page;
    struct json_tree figures;
    const struct grade_report *r = g->report;
    size_t shown = r->client_count < GRADE_PAGE_CLIENTS ? r->client_count : GRADE_PAGE_CLIENTS;

    page_begin(p, "proxy", g->url, grade_page_style);
    header(p, g);
    cards(p, r);
    expectations(p, g);
    for (size_t i = 0; i < shown; i++)
        client(p, r, &r->clients[i]);
    if (shown < r->client_count)
        page_printf(
            p,
            "<p class=\"note\">%zu more clients are in the figures at the end of this file, "
            "but have no section here.</p>\n",
            r->client_count - shown);
    page_settings_section(p, g->settings, g->setting_count);
    (void)grade_json(&figures, r); /* or the tree has failed */
    return page_end_tree(p, g->version, &figures);
}
