/*
 * report_bytes: what an update cost, in parts.
 */
#include "sink/compare/report_private.h"

/* The parts of a bar, as in the legend. */
static const char *const part_names[] = {
    "payload", "HTTP heads", "framing, items that were not new", "TLS and what is sent again"};
#define PARTS (sizeof part_names / sizeof *part_names)

/* The bar, and the same in words. */
static void bar(struct page *p, const double shares[PARTS], double width)
{
    page_put(p, "<div class=\"bar\" role=\"img\" aria-label=\"");
    for (size_t i = 0; i < PARTS; i++)
        page_printf(p, "%s%.0f%% %s", i ? "; " : "", 100 * shares[i], part_names[i]);
    page_printf(p, "\" style=\"width:%.2f%%\">", width);
    for (size_t i = 0; i < PARTS; i++)
        if (shares[i] > 0)
            page_printf(p, "<i class=\"s%zu\" style=\"width:%.2f%%\" title=\"%s\"></i>", i + 1,
                        100 * shares[i], part_names[i]);
    page_put(p, "</div>");
}

static void legend(struct page *p)
{
    page_put(p, "<ul class=\"legend c-any\">");
    for (size_t i = 0; i < PARTS; i++)
        page_printf(p, "<li><span class=\"key\"><i class=\"s%zu\"></i></span>%s</li>", i + 1,
                    part_names[i]);
    page_put(p, "</ul>\n");
}

static void lane(struct page *p, const struct report *r, unsigned channel, double most)
{
    const struct figures_channel *ch = &r->figures->channels[channel];
    const struct figures_bytes *up = &ch->running_up, *down = &ch->running_down;
    double all = (double)(up->total + down->total);

    page_printf(p, "<div class=\"lane %s\"><div class=\"name\">",
                report_colour(r->figures, channel).text);
    page_words(p, ch->source->label);
    page_put(p, "</div><div class=\"plot\">");
    if (ch->has_per_update && all > 0) {
        const double shares[PARTS] = {
            (double)down->payload / all, (double)(up->heads + down->heads) / all,
            (double)(up->framing + down->framing) / all, (double)(up->around + down->around) / all};

        bar(p, shares, 100 * ch->bytes_per_update / most);
    }
    page_put(p, "</div><div class=\"value\">");
    if (ch->has_per_update)
        page_figure(p, units_bytes(ch->bytes_per_update));
    else
        page_put(p, "–");
    page_put(p, "</div></div>\n");
}

/* Payload is shown as carried; note if it was compressed. */
static void compressed(struct page *p, const struct figures *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];
        uint64_t carried = ch->running_down.payload;

        if (carried == 0 || carried * 10 > ch->running_payload * 9)
            continue;
        page_put(p, " Compressed, the payload of ");
        page_words(p, ch->source->label);
        page_put(p, " took ");
        page_figure(p, units_share(carried, ch->running_payload));
        page_put(p, " of its size.");
    }
}

void report_bytes(struct page *p, const struct report *r)
{
    const struct figures *f = r->figures;
    double most = 1;

    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        if (ch->has_per_update && ch->bytes_per_update > most)
            most = ch->bytes_per_update;
    }
    page_put(p, "<section><h2>Bytes per update</h2>\n<p class=\"note\">Both directions, as TCP "
                "carried them, the opening of the connections aside.");
    compressed(p, f);
    page_put(p,
             "</p>\n<div "
             "class=\"chart bars\">\n<div class=\"lane head\"><div class=\"name\"></div><div></div>"
             "<div class=\"value\">bytes</div></div>\n");
    for (unsigned i = 0; i < f->count; i++)
        lane(p, r, i, most);
    legend(p);
    page_put(p, "</div></section>\n");
}
