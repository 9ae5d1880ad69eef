/*
 * report_lag: how late the updates were: a lane a channel, the lags on a logarithmic scale.
 */
#include <math.h>

#include "sink/compare/report_private.h"

#define LANE  46 /* pixels */
#define FLOOR 40 /* the base line of the bars */

/* The position of a lag, in percent of the width. */
static double place(double us, unsigned decades)
{
    double at = us > LAG_FROM_US ? log10(us / LAG_FROM_US) / decades : 0;

    return 100 * (at > 1 ? 1 : at);
}

static void grid(struct page *p, unsigned decades, int height)
{
    for (unsigned i = 0; i <= decades; i++)
        page_printf(p, "<line class=\"gridline\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>",
                    100.0 * i / decades, 100.0 * i / decades, height);
}

static void bars(struct page *p, const uint64_t counts[LAG_CLASSES], unsigned decades)
{
    unsigned shown = decades * LAG_CLASSES_DECADE;
    uint64_t most = 1;

    for (unsigned i = 0; i < shown; i++)
        most = counts[i] > most ? counts[i] : most;
    for (unsigned i = 0; i < shown; i++) {
        double height = (double)FLOOR * (double)counts[i] / (double)most;

        if (counts[i] == 0)
            continue;
        if (height < 2)
            height = 2;
        page_printf(p,
                    "<rect class=\"fill\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
                    "height=\"%.1f\"/>",
                    100.0 * i / shown + 0.1, 100.0 / shown - 0.2, FLOOR - height, height);
    }
}

/* What the bars show, in words. */
static void describe(struct page *p, const struct figures_lag *lag)
{
    if (!lag->known) {
        page_put(p, "No lag is known.");
        return;
    }
    page_figure(p, units_number((double)lag->count));
    page_put(p, " updates: half within ");
    page_figure(p, compare_text_lag(lag, lag->p50_us, true));
    page_put(p, ", 90 % within ");
    page_figure(p, compare_text_lag(lag, lag->p90_us, true));
    page_put(p, ", the longest ");
    page_figure(p, compare_text_lag(lag, lag->max_us, true));
    page_put(p, ".");
}

static void lane(struct page *p, const struct report *r, unsigned channel, unsigned decades)
{
    const struct figures_channel *ch = &r->figures->channels[channel];
    const struct figures_lag *lag = figures_lag(r->figures, ch);
    uint64_t counts[LAG_CLASSES];

    compare_text_classes(r->figures, r->compare, channel, counts);
    page_printf(p, "<div class=\"lane %s\"><div class=\"name\">",
                report_colour(r->figures, channel).text);
    page_words(p, ch->source->label);
    page_put(p, "</div><div class=\"plot\">");
    page_svg(p, LANE, "lag", channel);
    page_put(p, "Lags of ");
    page_words(p, ch->source->label);
    page_svg_desc(p, "lag", channel);
    describe(p, lag);
    page_svg_shapes(p);
    grid(p, decades, FLOOR);
    if (lag->known)
        bars(p, counts, decades);
    page_printf(p, "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", FLOOR,
                FLOOR);
    if (lag->known)
        page_printf(p, "<line class=\"median\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"-2\" y2=\"%d\"/>",
                    place((double)lag->p50_us, decades), place((double)lag->p50_us, decades), LANE);
    page_put(p, "</svg></div><div class=\"value\">");
    page_figure(p, compare_text_lag(lag, lag->p50_us, true));
    page_put(p, "</div></div>\n");
}

static void axis(struct page *p, unsigned decades)
{
    page_put(p, "<div class=\"lane axis-lane\"><div class=\"name\"></div><div class=\"plot\"><svg "
                "height=\"24\" aria-hidden=\"true\">");
    for (unsigned i = 0; i <= decades; i++) {
        page_printf(p, "<text x=\"%.2f%%\" y=\"14\" text-anchor=\"%s\">", 100.0 * i / decades,
                    i == 0         ? "start"
                    : i == decades ? "end"
                                   : "middle");
        page_put(p, (const char *[]){"0.1&#160;ms", "1&#160;ms", "10&#160;ms", "100&#160;ms",
                                     "1&#160;s", "10&#160;s", "100&#160;s"}[i]);
        page_put(p, "</text>");
    }
    page_put(p, "</svg></div><div class=\"value\"></div></div>\n");
}

void report_lags(struct page *p, const struct report *r)
{
    unsigned decades = compare_text_decades(r->figures);
    struct buf basis;

    buf_init(&basis, 4096);
    if (compare_text_basis(&basis, r->figures, true) != 0)
        p->failed = true;
    page_put(p, "<section><h2>How late</h2>\n<p class=\"note\">");
    page_prose(p, buf_slice(&basis));
    page_put(p, " Each lane shows how many updates came with which lag; the scale is logarithmic, "
                "the upright line is the median.</p>\n<div class=\"chart\">\n"
                "<div class=\"lane head\"><div class=\"name\"></div><div></div><div "
                "class=\"value\">median</div></div>\n");
    buf_clear(&basis);
    for (unsigned i = 0; i < r->figures->count; i++)
        lane(p, r, i, decades);
    axis(p, decades);
    page_put(p, "</div></section>\n");
}
