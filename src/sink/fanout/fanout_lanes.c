#include <math.h>
#include <stdlib.h>

#include "base/plural.h"
#include "sink/fanout/fanout_page_private.h"
#include "sink/fanout/fanout_words.h"

#define LANE   16  /* pixels */
#define OPEN   90  /* of the picture of all connections */
#define COURSE 240 /* its columns */

const char fanout_page_style[] =
    ":root{--ok:#08775f;--out:#b42318}"
    "@media screen and (prefers-color-scheme:dark){:root{--ok:#45c4a8;--out:#ff8a7a}}"
    ".c-ok{--c:var(--ok)}.c-out{--c:var(--out)}"
    ".n0{--c:var(--ws)}.n1{--c:var(--p1)}.n2{--c:var(--sse)}.n3{--c:var(--p4)}.n4{--c:var(--p2)}"
    ".n5{--c:var(--p6)}.n6{--c:var(--p3)}.n7{--c:var(--p5)}"
    ".findings{margin:0 0 14px;padding:0;list-style:none}"
    ".findings li{margin:4px 0;padding-left:1.5em;text-indent:-1.5em;overflow-wrap:anywhere}"
    ".findings li::before{content:\"✗\";color:var(--out);font-weight:650;display:inline-block;"
    "width:1.5em;text-indent:0}"
    ".findings li.good::before{content:\"✓\";color:var(--ok)}"
    ".card h2{overflow-wrap:anywhere}"
    ".matrix td{vertical-align:top;line-height:1.35}"
    ".matrix td b{font-weight:650}"
    ".matrix td.bad b{color:var(--out)}.matrix td.good b{color:var(--ok)}"
    ".matrix .ms{color:var(--soft);font-size:13px}"
    ".matrix th{max-width:12em;overflow:hidden;text-overflow:ellipsis}"
    ".matrix tbody th{white-space:nowrap}"
    ".conns .unit:not(:first-child){margin-top:12px}"
    ".conns .lane{grid-template-columns:52px minmax(0,1fr) 92px}"
    ".conns .lane .name,.conns .lane .value{font-size:12.5px;line-height:18px;color:var(--ink);"
    "font-weight:400}"
    ".conns .fill{shape-rendering:crispEdges}"
    ".away{stroke:var(--out);stroke-width:2;stroke-dasharray:2 3}"
    ".cut{stroke:var(--out);stroke-width:2.5}"
    ".drill{margin:12px 0}.drill th{width:8.5em}"
    "@media(max-width:600px){.cards{grid-template-columns:1fr 1fr}"
    ".conns .lane{grid-template-columns:40px minmax(0,1fr) 72px;margin-top:0}"
    ".conns .lane .plot{grid-column:2;grid-row:1}"
    ".conns .lane.axis-lane .name,.conns .lane.axis-lane .value{display:block}}";

/* --- all connections ----------------------------------------------------------------------------
 */

static bool is_open(const struct drill_account *a, uint64_t at_us)
{
    for (uint32_t i = 0; i < drill_gaps(a); i++)
        if (at_us >= a->gaps[i].lost_us && (!a->gaps[i].back_us || at_us < a->gaps[i].back_us))
            return false;
    return true;
}

static uint32_t open_at(const struct fanout_report *r, uint64_t at_us)
{
    uint32_t open = 0;

    for (uint32_t i = 0; i < r->connections; i++) {
        const struct drill_account *a = fanout_account(r, i);

        open += a->took_part && is_open(a, at_us);
    }
    return open;
}

static void course(struct page *p, const struct fanout_report *r, const struct page_axis *a)
{
    uint32_t counts[COURSE], most = r->drill.connections ? r->drill.connections : 1, least = most;

    for (unsigned i = 0; i < COURSE; i++) {
        counts[i] = open_at(r, a->from_us + (a->to_us - a->from_us) * i / (COURSE - 1));
        least = counts[i] < least ? counts[i] : least;
    }
    page_put(p, "<p class=\"unit\">connections open</p><div class=\"lane c-ok\"><div "
                "class=\"name\">open</div><div class=\"plot\">");
    page_svg(p, OPEN, "open", 0);
    page_put(p, "Connections open during the drill");
    page_svg_desc(p, "open", 0);
    page_printf(p, "Of %u connections, at least %u were open at any moment.", most, least);
    page_svg_shapes(p);
    page_columns(p, page_axis_seconds(a), OPEN);
    for (unsigned i = 0, next; i < COURSE; i = next) {
        double height = (double)(OPEN - 4) * counts[i] / most;

        for (next = i + 1; next < COURSE && counts[next] == counts[i];)
            next++;
        page_printf(p,
                    "<rect class=\"fill\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" "
                    "height=\"%.1f\"/>",
                    100.0 * i / COURSE, 100.0 * (next - i) / COURSE, OPEN - height, height);
    }
    page_printf(p, "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/></svg></div>",
                OPEN, OPEN);
    page_printf(p, "<div class=\"value\">%u to %u</div></div>\n", least, most);
}

/* --- one connection -----------------------------------------------------------------------------
 */

static void bar(struct page *p, const struct page_axis *a, const char *colour, uint64_t from_us,
                uint64_t to_us)
{
    double x = page_axis_at(a, from_us);

    page_printf(p, "<rect class=\"fill %s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"3\" height=\"%d\"/>",
                colour, x, fmax(0, page_axis_at(a, to_us) - x), LANE - 6);
}

/* Bars in the colours of the nodes, with gaps. */
static void course_of(struct page *p, const struct fanout_report *r, const struct page_axis *axis,
                      const struct drill_account *a)
{
    const char *colour = fanout_colour(r, a->before);
    uint64_t from = axis->from_us;

    for (uint32_t i = 0; i < drill_gaps(a); i++) {
        const struct drill_gap *gap = &a->gaps[i];
        double x = page_axis_at(axis, gap->lost_us);

        bar(p, axis, colour, from, gap->lost_us);
        from = gap->back_us ? gap->back_us : axis->to_us;
        page_printf(p, "<line class=\"away\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%d\" y2=\"%d\"/>", x,
                    page_axis_at(axis, from), LANE / 2, LANE / 2);
        if (!gap->clean)
            page_printf(p, "<line class=\"cut\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"1\" y2=\"%d\"/>",
                        x, x, LANE - 1);
        colour = fanout_colour(r, gap->to);
    }
    if (from < axis->to_us)
        bar(p, axis, colour, from, axis->to_us);
}

static void lane(struct page *p, const struct fanout_report *r, const struct page_axis *axis,
                 uint32_t conn)
{
    const struct drill_account *a = fanout_account(r, conn);

    page_printf(p, "<div class=\"lane\"><div class=\"name\">%u</div><div class=\"plot\">",
                conn + 1);
    page_svg(p, LANE, "conn", conn + 1);
    page_printf(p, "Connection %u", conn + 1);
    page_svg_desc(p, "conn", conn + 1);
    page_printf(p, "%s",
                a->ends ? a->clean ? "Ended cleanly" : "Ended without a closing handshake"
                        : "Not affected");
    if (a->ends) {
        page_printf(p, ", code %u, %u time%s, away ", a->code, a->ends, plural(a->ends));
        page_figure(p, fanout_span((int64_t)a->away_us, true));
        page_put(p, a->back ? ", back." : ", not back.");
    }
    page_svg_shapes(p);
    course_of(p, r, axis, a);
    page_put(p, "</svg></div><div class=\"value\">");
    if (a->ends)
        page_figure(p, fanout_span((int64_t)a->away_us, true));
    else
        page_put(p, "–");
    page_put(p, "</div></div>\n");
}

static void legend(struct page *p, const struct fanout_report *r)
{
    page_put(p, "<ul class=\"legend\">");
    for (uint32_t i = 0; i < r->node_count && r->named && i < 16; i++) {
        page_printf(p, "<li class=\"%s\"><span class=\"key\"><i></i></span>", fanout_colour(r, i));
        page_words(p, r->nodes[i].name);
        page_put(p, "</li>");
    }
    page_put(p, "<li class=\"c-out\"><svg class=\"key\" aria-hidden=\"true\"><line class=\"away\" "
                "x1=\"0\" x2=\"36\" y1=\"5\" y2=\"5\"/></svg>away</li></ul>\n");
}

static void lanes(struct page *p, const struct fanout_report *r, const struct page_axis *axis)
{
    uint32_t *list = malloc(((size_t)r->connections + 1) * sizeof *list);
    size_t count;

    if (!list) {
        p->failed = true;
        return;
    }
    count = fanout_worst(r, list);
    page_put(p, "<p class=\"unit\">connections, the worst first; the last column is the time "
                "away</p>\n");
    for (size_t i = 0; i < count && i < FANOUT_PAGE_LANES; i++)
        lane(p, r, axis, list[i]);
    if (count > FANOUT_PAGE_LANES)
        page_printf(p, "<p class=\"note below\">%zu more connections have no lane here.</p>\n",
                    count - FANOUT_PAGE_LANES);
    free(list);
}

static void totals(struct page *p, const struct fanout_report *r)
{
    struct fanout_row rows[FANOUT_DRILL_ROWS];
    size_t count = fanout_drill_rows(rows, r, true);

    page_put(p, "<table class=\"settings drill\"><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        page_printf(p, "<tr><th scope=\"row\">%s</th><td>", rows[i].label);
        page_prose(p, slice_str(rows[i].text));
        page_put(p, "</td></tr>\n");
    }
    page_put(p, "</tbody></table>\n");
}

void fanout_lanes(struct page *p, const struct fanout_report *r)
{
    struct page_axis a = {r->drill.began_us, r->drill.ended_us ? r->drill.ended_us : r->at_us};

    if (!r->drilled)
        return;
    if (a.to_us <= a.from_us)
        a.to_us = a.from_us + 1;
    page_put(p, "<section><h2>The drill</h2>\n");
    totals(p, r);
    page_put(p, "<div class=\"chart conns\">\n");
    course(p, r, &a);
    lanes(p, r, &a);
    page_times_lane(p, page_axis_seconds(&a));
    legend(p, r);
    page_put(p, "</div></section>\n");
}
