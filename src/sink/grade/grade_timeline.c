#include <inttypes.h>
#include <math.h>

#include "sink/grade/grade_page_private.h"

#define LANE 30
/* Marks of a lane. */
#define MARKS_MAX 2000

const char grade_page_style[] =
    ":root{--ok:#08775f;--out:#b42318;--try:#2563c9;--hit:#946012}"
    "@media screen and (prefers-color-scheme:dark){:root{--ok:#45c4a8;--out:#ff8a7a;--try:#6ea2f5;"
    "--hit:#e0b050}}"
    ".c-ok{--c:var(--ok)}.c-out{--c:var(--out)}.c-try{--c:var(--try)}.c-hit{--c:var(--hit)}"
    ".client{break-inside:avoid-page}"
    ".client>.note{overflow-wrap:anywhere}"
    ".findings{margin:0 0 14px;padding:0;list-style:none}"
    ".findings li{margin:4px 0;padding-left:1.5em;text-indent:-1.5em;overflow-wrap:anywhere}"
    ".findings li::before{content:\"✗\";color:var(--out);font-weight:650;display:inline-block;"
    "width:1.5em;text-indent:0}"
    ".findings li.good::before{content:\"✓\";color:var(--ok)}"
    ".client table{margin-top:12px}"
    ".settings pre{margin:6px 0}"
    ".fill.thin{stroke:var(--c);stroke-width:1.5}"
    ".lane text{font-size:11.5px}"
    ".client .settings th{width:8.5em}"
    ".card dd{min-width:0;overflow-wrap:anywhere}"
    "@media(max-width:600px){.cards{grid-template-columns:1fr}.lane text.kind{display:none}}";

/* The picture's title is made of what it is and of whom. */
static void lane_begin(struct page *p, const char *colour, const char *name, const char *title,
                       const struct grade_client_report *c)
{
    page_printf(p, "<div class=\"lane %s\"><div class=\"name\">%s</div><div class=\"plot\">",
                colour, name);
    page_svg(p, LANE, name, c->client);
    page_printf(p, "%s: client %" PRIu32, title, c->client);
    page_svg_desc(p, name, c->client);
}

static void lane_shapes(struct page *p, const struct page_axis *a)
{
    page_svg_shapes(p);
    page_columns(p, page_axis_seconds(a), LANE - 4);
}

static void lane_end(struct page *p)
{
    page_printf(p,
                "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/></svg></div><div "
                "class=\"value\">",
                LANE - 4, LANE - 4);
}

static void bar(struct page *p, const struct page_axis *a, uint64_t from_us, uint64_t to_us)
{
    double x = page_axis_at(a, from_us);

    page_printf(p,
                "<rect class=\"fill thin\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"6\" height=\"%d\"/>",
                x, fmax(0, page_axis_at(a, to_us) - x), LANE - 12);
}

static void mark(struct page *p, const struct page_axis *a, uint64_t at_us)
{
    double x = page_axis_at(a, at_us);

    page_printf(p,
                "<line class=\"stroke\" stroke-width=\"1.5\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"5\" "
                "y2=\"%d\"/>",
                x, x, LANE - 4);
}

static void connections(struct page *p, const struct grade_report *r,
                        const struct grade_client_report *c, const struct page_axis *a)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < c->span_count; i++) {
        uint64_t to = c->spans[i].to_us < 0 ? r->at_us : (uint64_t)c->spans[i].to_us;

        sum += to - c->spans[i].from_us;
    }
    lane_begin(p, "c-ok", "connected", "Times of connection", c);
    page_printf(p, "%" PRIu64 " connections, ", c->connections);
    page_figure(p, units_span((double)sum, 1));
    page_put(p, " in all.");
    lane_shapes(p, a);
    for (size_t i = 0; i < c->span_count; i++)
        bar(p, a, c->spans[i].from_us,
            c->spans[i].to_us < 0 ? r->at_us : (uint64_t)c->spans[i].to_us);
    lane_end(p);
    page_figure(p, units_number((double)c->connections));
    page_put(p, "</div></div>\n");
}

static void outages(struct page *p, const struct grade_report *r,
                    const struct grade_client_report *c, const struct page_axis *a)
{
    lane_begin(p, "c-out", "outage", "Outages", c);
    for (size_t i = 0; i < c->outage_count && i < 20; i++) {
        page_put(p, i ? ", " : "Until it was back: ");
        if (c->outages[i].back_us < 0)
            page_put(p, "not back");
        else
            page_figure(p, units_span((double)c->outages[i].back_us, 1));
    }
    if (c->outage_count == 0)
        page_put(p, "None");
    page_put(p, ".");
    lane_shapes(p, a);
    for (size_t i = 0; i < c->outage_count; i++) {
        const struct grade_outage *o = &c->outages[i];

        bar(p, a, o->lost_us, o->back_us < 0 ? r->at_us : o->lost_us + (uint64_t)o->back_us);
    }
    lane_end(p);
    page_figure(p, units_number((double)c->outage_count));
    page_put(p, "</div></div>\n");
}

/* An outage whose first delay is not known began with its first attempt. */
static void attempts(struct page *p, const struct grade_client_report *c, const struct page_axis *a)
{
    uint64_t sum = 0;
    size_t marks = 0;
    bool known = true;

    for (size_t i = 0; i < c->outage_count; i++) {
        sum += c->outages[i].attempts;
        known = known && !c->outages[i].muddled;
    }
    lane_begin(p, "c-try", "attempts", "Attempts to return", c);
    page_printf(p, known ? "%" PRIu64 " attempts." : "At least %" PRIu64 " attempts.", sum);
    lane_shapes(p, a);
    for (size_t i = 0; i < c->outage_count; i++) {
        const struct grade_outage *o = &c->outages[i];
        uint64_t at = o->lost_us;

        for (size_t k = 0; k < o->delay_count && marks < MARKS_MAX; k++, marks++) {
            at += o->delays[k].us < 0 ? 0 : (uint64_t)o->delays[k].us;
            mark(p, a, at);
        }
    }
    lane_end(p);
    if (known)
        page_figure(p, units_number((double)sum));
    else
        page_put(p, "?");
    page_put(p, "</div></div>\n");
}

/* Where a label ends that begins at x, or begins that ends there: approximate share of the width.
 */
#define LABEL 12

static void faults(struct page *p, const struct grade_client_report *c, const struct page_axis *a)
{
    double taken = -1;

    lane_begin(p, "c-hit", "faults", "Faults", c);
    for (size_t i = 0; i < c->fault_count && i < 20; i++) {
        page_put(p, i ? ", " : "");
        page_words(p, c->faults[i].kind);
    }
    page_put(p, c->fault_count ? "." : "None.");
    lane_shapes(p, a);
    for (size_t i = 0; i < c->fault_count; i++) {
        double x = page_axis_at(a, c->faults[i].at_us);
        bool before = x > 100 - LABEL;

        mark(p, a, c->faults[i].at_us);
        if ((before ? x - LABEL : x) < taken)
            continue;
        taken = before ? x : x + LABEL;
        page_printf(p, "<text class=\"kind\" x=\"%.3f%%\" dx=\"%d\" y=\"15\" text-anchor=\"%s\">",
                    x, before ? -4 : 4, before ? "end" : "start");
        page_words(p, c->faults[i].kind);
        page_put(p, "</text>");
    }
    lane_end(p);
    page_figure(p, units_number((double)c->fault_count));
    page_put(p, "</div></div>\n");
}

void grade_timeline(struct page *p, const struct grade_report *r,
                    const struct grade_client_report *c)
{
    struct page_axis a = {r->began_us, r->at_us};

    if (a.to_us <= a.from_us)
        a.to_us = a.from_us + 1;
    page_put(p, "<div class=\"chart\">\n");
    connections(p, r, c, &a);
    outages(p, r, c, &a);
    attempts(p, c, &a);
    faults(p, c, &a);
    page_times_lane(p, page_axis_seconds(&a));
    page_put(p, "</div>\n");
}
