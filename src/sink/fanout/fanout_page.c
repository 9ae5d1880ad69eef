#include "sink/fanout/fanout_page.h"

#include <inttypes.h>

#include "base/plural.h"
#include "sink/fanout/fanout_json.h"
#include "sink/fanout/fanout_page_private.h"
#include "sink/fanout/fanout_words.h"

const char *fanout_colour(const struct fanout_report *r, uint32_t node)
{
    static const char *const colours[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"};

    return node < r->node_count ? colours[node % 8] : "c-any";
}

/* --- the head -----------------------------------------------------------------------------------
 */

static void header(struct page *p, const struct fanout_page *g)
{
    const struct fanout_report *r = g->report;

    page_brand(p, g->version, "fanout", g->time_us);
    page_headline(p, r->verdict);
    page_put(p, "<p class=\"about\">");
    page_words(p, g->url);
    page_printf(p,
                " · %u&#160;connection%s, %u&#160;%s%s, %" PRIu64 "&#160;message%s</p></header>\n",
                r->connections, plural(r->connections), r->node_count, r->named ? "node" : "island",
                plural(r->node_count), r->published, plural(r->published));
}

static void advice(struct page *p, const struct fanout_report *r)
{
    bool any = false;

    for (size_t i = 0; i < r->fault_count; i++) {
        if (!r->faults[i].advice[0])
            continue;
        page_put(p, any ? "" : "<section><h2>What to try</h2>\n<ul class=\"remarks\">\n");
        any = true;
        page_put(p, "<li>");
        page_prose(p, slice_str(r->faults[i].advice));
        page_put(p, "</li>\n");
    }
    page_put(p, any ? "</ul></section>\n" : "");
}

static void expectations(struct page *p, const struct fanout_page *g)
{
    if (g->verdict_count == 0)
        return;
    page_put(p, "<section><h2>Expectations</h2>\n<ul class=\"findings\">\n");
    for (size_t i = 0; i < g->verdict_count; i++) {
        const struct drill_verdict *v = &g->verdicts[i];

        page_expectation(p, v->name, v->ok, v->reason);
    }
    page_put(p, "</ul></section>\n");
}

/* --- nodes --------------------------------------------------------------------------------------
 */

static void card(struct page *p, const struct fanout_report *r, uint32_t node)
{
    uint64_t delivered = 0, lost = 0;

    for (uint32_t from = 0; from < r->rows; from++) {
        delivered += fanout_cell(r, from, node)->delivered;
        lost += fanout_cell(r, from, node)->lost;
    }
    page_printf(p, "<div class=\"card %s\"><h2>", fanout_colour(r, node));
    page_words(p, r->nodes[node].name);
    page_printf(p, "</h2><div class=\"big\">%u <small>connection%s</small></div><dl>",
                r->nodes[node].connections, plural(r->nodes[node].connections));
    page_put(p, "<dt>share</dt><dd>");
    page_figure(p, units_share(r->nodes[node].connections, r->open));
    if (r->drilled && r->named)
        page_printf(p, "</dd><dt>before</dt><dd>%u", r->nodes[node].before);
    page_put(p, "</dd><dt>received</dt><dd>");
    page_figure(p, units_number((double)delivered));
    page_put(p, "</dd><dt>lost</dt><dd>");
    page_figure(p, units_number((double)lost));
    page_put(p, "</dd></dl></div>\n");
}

static void nodes(struct page *p, const struct fanout_report *r)
{
    page_printf(p, "<section><h2>%s</h2>\n<p class=\"note\">", r->named ? "Nodes" : "Islands");
    if (r->source[0]) {
        page_put(p, "Nodes are known by ");
        page_words(p, r->source);
        page_put(p, ". ");
    } else {
        page_put(p, "Nothing names the nodes: connections that receive the same senders’ messages "
                    "form an island. ");
    }
    if (!fanout_verdict_is_sticky(r))
        page_prose(p, slice_str(r->sticky_text));
    page_put(p, "</p>\n<div class=\"cards\">\n");
    for (uint32_t i = 0; i < r->node_count; i++)
        card(p, r, i);
    page_put(p, "</div></section>\n");
}

/* --- the matrix ---------------------------------------------------------------------------------
 */

static void cell(struct page *p, const struct fanout_cell *c)
{
    uint64_t sent = c->delivered + c->lost;
    bool bad = c->lost + c->duplicated + c->late + c->unexpected > 0;

    page_printf(p, "<td class=\"%s\">", sent == 0 ? "none" : bad ? "bad" : "good");
    if (sent == 0) {
        page_put(p, "–</td>");
        return;
    }
    page_printf(p, "<b>%" PRIu64 "</b>", c->delivered);
    if (c->lost)
        page_printf(p, " of %" PRIu64, sent);
    if (c->duplicated)
        page_printf(p, "<br/>%" PRIu64 "&#160;twice", c->duplicated);
    if (c->late)
        page_printf(p, "<br/>%" PRIu64 "&#160;late", c->late);
    if (c->unexpected)
        page_printf(p, "<br/>%" PRIu64 "&#160;unexpected", c->unexpected);
    if (c->p50_us >= 0) {
        page_put(p, "<br/><span class=\"ms\">");
        page_figure(p, fanout_span(c->p50_us, true));
        page_put(p, ", ");
        page_figure(p, fanout_span(c->p99_us, true));
        page_put(p, "</span>");
    }
    page_put(p, "</td>");
}

static void matrix(struct page *p, const struct fanout_report *r)
{
    char limits[FANOUT_LIMITS];

    if (r->published == 0)
        return;
    page_put(p, "<section><h2>Whose messages reach whom</h2>\n<p class=\"note\">A row for the node "
                "of the sender, a column for that of the receivers: deliveries, then the median "
                "and 99&#160;% of the time from sending to receiving.</p>\n<div class=\"scroll\" "
                "role=\"region\" tabindex=\"0\" aria-label=\"Matrix\"><table class=\"matrix\">"
                "<thead><tr><th scope=\"col\">from</th>");
    for (uint32_t to = 0; to < r->node_count; to++) {
        page_printf(p, "<th scope=\"col\" class=\"ch %s\">", fanout_colour(r, to));
        page_words(p, r->nodes[to].name);
        page_put(p, "</th>");
    }
    page_put(p, "</tr></thead><tbody>\n");
    for (uint32_t from = 0; from < r->rows; from++) {
        page_printf(p, "<tr><th scope=\"row\" class=\"%s\"><span class=\"dot\"></span>",
                    r->outside ? "c-any" : fanout_colour(r, from));
        page_words(p, fanout_row_name(r, from));
        page_put(p, "</th>");
        for (uint32_t to = 0; to < r->node_count; to++)
            cell(p, fanout_cell(r, from, to));
        page_put(p, "</tr>\n");
    }
    page_put(p, "</tbody></table></div>\n<p class=\"note below\">");
    page_printf(p,
                "%" PRIu64 "&#160;messages: %" PRIu64 "&#160;deliveries, %" PRIu64
                "&#160;lost, %" PRIu64 "&#160;twice, %" PRIu64 "&#160;late. ",
                r->published, r->total.delivered, r->total.lost, r->total.duplicated,
                r->total.late);
    if (r->redis)
        page_printf(p, "%" PRIu64 "&#160;of them were seen in Redis, on %u channel%s. ",
                    r->bus_seen, r->channel_count, plural(r->channel_count));
    fanout_limits(limits, r);
    page_prose(p, slice_str(limits));
    page_put(p, "</p></section>\n");
}

/* --- all of it ----------------------------------------------------------------------------------
 */

int fanout_page(struct buf *out, const struct fanout_page *g)
{
    struct page page = {.out = out};
    struct json_tree figures;

    page_begin(&page, "fanout", g->url, fanout_page_style);
    header(&page, g);
    expectations(&page, g);
    advice(&page, g->report);
    fanout_lanes(&page, g->report);
    nodes(&page, g->report);
    matrix(&page, g->report);
    page_settings_section(&page, g->settings, g->setting_count);
    (void)fanout_json(&figures, g->report, g->verdicts,
                      g->verdict_count); /* or the tree has failed */
    return page_end_tree(&page, g->version, &figures);
}
