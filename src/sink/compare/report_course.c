/*
 * report_course: which updates a channel had shown at each moment: its stairs, and a lane for each
 * channel with a stroke for each arrival.
 */
#include <math.h>

#include "sink/compare/report_private.h"

#define STAIRS_HEIGHT 260
#define LANE          34
#define WHOLE_US      30000000 /* runs up to this are shown whole, longer ones their beginning */
#define INTERVALS     4        /* of the slowest poll, at least */

/* The part of the run that is shown. */
struct span {
    uint64_t us;
    uint64_t orders; /* updates that came in it */
};

static struct span span_of(const struct report *r)
{
    const struct figures *f = r->figures;
    struct span span = {.us = WHOLE_US};

    for (unsigned i = 0; i < f->count; i++) {
        uint64_t wanted = INTERVALS * f->channels[i].source->every_us;
        const struct trace *t = &r->compare->channels[i]->shown;

        if (wanted > span.us)
            span.us = wanted;
        (void)t;
    }
    if (span.us > f->elapsed_us)
        span.us = f->elapsed_us;
    if (span.us == 0)
        span.us = 1;
    for (unsigned i = 0; i < f->count; i++) {
        const struct trace *t = &r->compare->channels[i]->shown;

        for (size_t n = 0; n < t->count && t->points[n].at_us <= span.us; n++)
            span.orders = t->points[n].value > span.orders ? t->points[n].value : span.orders;
    }
    return span;
}

static double seconds_of(const struct span *span)
{
    return (double)span->us / 1e6;
}

static void stairs(struct page *p, const struct report *r, unsigned channel,
                   const struct span *span)
{
    const struct trace *t = &r->compare->channels[channel]->shown;
    double last = 1000;
    double x = 0, y = 1000;

    if (t->count == 0)
        return;
    page_printf(p, "<polyline class=\"stroke %s\" points=\"0,1000",
                report_colour(r->figures, channel).text);
    for (size_t i = 0; i < t->count && t->points[i].at_us <= span->us; i++) {
        x = 1000.0 * (double)t->points[i].at_us / (double)span->us;
        y = 1000 - 1000.0 * (double)t->points[i].value / (double)span->orders;
        page_printf(p, " %.1f,%.1f %.1f,%.1f", x, last, x, y);
        last = y;
    }
    page_printf(p, " 1000,%.1f\"/>", last);
}

/* What the stairs show, in words: the last step of each. */
static void describe(struct page *p, const struct report *r, const struct span *span)
{
    const struct figures *f = r->figures;

    page_put(p, "After ");
    page_figure(p, units_span((double)span->us, 1));
    page_put(p, " the newest update shown, by number: ");
    for (unsigned i = 0; i < f->count; i++) {
        const struct trace *t = &r->compare->channels[i]->shown;
        uint64_t newest = 0;

        for (size_t n = 0; n < t->count && t->points[n].at_us <= span->us; n++)
            newest = t->points[n].value;
        page_put(p, i ? ", " : "");
        page_words(p, f->channels[i].source->label);
        page_put(p, " ");
        page_figure(p, units_number((double)newest));
    }
    page_put(p, ".");
}

static void rulers(struct page *p, const struct span *span)
{
    double step = page_step((double)span->orders, 5);

    for (int i = 1; i * step <= (double)span->orders; i++) {
        double n = i * step;
        double y = STAIRS_HEIGHT * (1 - n / (double)span->orders);

        page_printf(p,
                    "<line class=\"gridline\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>"
                    "<text x=\"2\" y=\"%.1f\">%s</text>",
                    y, y, y < 12 ? y + 12 : y - 3, units_number(n).text);
    }
}

static void legend(struct page *p, const struct figures *f)
{
    page_put(p, "<ul class=\"legend\">");
    for (unsigned i = 0; i < f->count; i++) {
        page_printf(p,
                    "<li class=\"%s\"><svg class=\"key\" aria-hidden=\"true\"><polyline "
                    "class=\"stroke\" points=\"0,5 36,5\"/></svg>",
                    report_colour(f, i).text);
        page_words(p, f->channels[i].source->label);
        page_put(p, "</li>");
    }
    page_put(p, "</ul>\n");
}

/* A stroke's height is the number of updates that came at once. */
static void strokes(struct page *p, const struct report *r, unsigned channel,
                    const struct span *span)
{
    const struct trace *t = &r->compare->channels[channel]->shown;
    uint64_t last = 0;

    for (size_t i = 0; i < t->count && t->points[i].at_us <= span->us; i++) {
        uint64_t came = t->points[i].value - last;
        double x = 100.0 * (double)t->points[i].at_us / (double)span->us;
        double height = fmin(LANE - 6, 5 + 7 * log2((double)(came ? came : 1)));

        page_printf(p,
                    "<line class=\"stroke\" stroke-width=\"1.5\" x1=\"%.2f%%\" x2=\"%.2f%%\" "
                    "y1=\"%d\" y2=\"%.1f\"/>",
                    x, x, LANE - 4, LANE - 4 - height);
        last = t->points[i].value;
    }
}

static void lane(struct page *p, const struct report *r, unsigned channel, const struct span *span)
{
    const struct figures_channel *ch = &r->figures->channels[channel];

    page_printf(p, "<div class=\"lane %s\"><div class=\"name\">",
                report_colour(r->figures, channel).text);
    page_words(p, ch->source->label);
    page_put(p, "</div><div class=\"plot\">");
    page_svg(p, LANE, "arrivals", channel);
    page_put(p, "When ");
    page_words(p, ch->source->label);
    page_put(p, " showed updates");
    page_svg_desc(p, "arrivals", channel);
    page_figure(p, units_number((double)ch->updates));
    page_put(p, " updates in ");
    page_figure(p, units_span((double)r->figures->elapsed_us, 1));
    page_put(p, ".");
    page_svg_shapes(p);
    page_columns(p, seconds_of(span), LANE - 4);
    strokes(p, r, channel, span);
    page_printf(p, "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", LANE - 4,
                LANE - 4);
    page_put(p, "</svg></div><div class=\"value\">");
    page_figure(p, units_number((double)ch->updates));
    page_put(p, "</div></div>\n");
}

void report_course(struct page *p, const struct report *r)
{
    const struct figures *f = r->figures;
    struct span span = span_of(r);

    page_put(
        p, "<section><h2>What was known when</h2>\n<p class=\"note\">The newest update that "
           "each channel had shown, over time. A push climbs step by step; a poll waits, then "
           "jumps: the gap between its stairs and the line above shows how stale it was. The lines "
           "are dashed so that none hides another.");
    if (span.us < f->elapsed_us)
        page_printf(p, " Shown are the first %s.", units_span((double)span.us, 1).text);
    page_put(p, "</p>\n");
    if (span.orders == 0) {
        page_put(p, "<p>No update came while all channels were up.</p></section>\n");
        return;
    }
    page_put(p, "<div class=\"chart\"><p class=\"unit\" aria-hidden=\"true\">updates shown</p>");
    page_svg(p, STAIRS_HEIGHT, "course", 0);
    page_put(p, "Updates known over time");
    page_svg_desc(p, "course", 0);
    describe(p, r, &span);
    page_svg_shapes(p);
    page_columns(p, seconds_of(&span), STAIRS_HEIGHT);
    rulers(p, &span);
    page_printf(p,
                "<svg width=\"100%%\" height=\"%d\" viewBox=\"0 0 1000 1000\" "
                "preserveAspectRatio=\"none\">",
                STAIRS_HEIGHT);
    for (unsigned i = 0; i < f->count; i++)
        stairs(p, r, i, &span);
    page_printf(p, "</svg><line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/></svg>\n",
                STAIRS_HEIGHT, STAIRS_HEIGHT);
    page_times(p, seconds_of(&span));
    legend(p, f);
    page_put(p, "</div>\n<h3>Arrivals</h3>\n<p class=\"note\">A stroke each time something new "
                "came, the higher the more came at once.</p>\n<div class=\"chart\">\n<div "
                "class=\"lane head\"><div class=\"name\"></div><div></div><div "
                "class=\"value\">updates</div></div>\n");
    for (unsigned i = 0; i < f->count; i++)
        lane(p, r, i, &span);
    page_times_lane(p, seconds_of(&span));
    page_put(p, "</div></section>\n");
}
