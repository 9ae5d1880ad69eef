/*
 * report_bytes: what an update cost, in parts.
 */
#include "sink/report_private.h"

static void part(struct page *p, double share, int style, const char *what)
{
    if (share <= 0)
        return;
    page_printf(p, "<i class=\"s%d\" style=\"width:%.2f%%\" title=\"%s\"></i>", style, 100 * share,
                what);
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
        page_printf(p, "<div class=\"bar\" style=\"width:%.2f%%\">",
                    100 * ch->bytes_per_update / most);
        part(p, (double)down->payload / all, 1, "payload");
        part(p, (double)(up->heads + down->heads) / all, 2, "HTTP heads");
        part(p, (double)(up->framing + down->framing) / all, 3, "framing");
        part(p, (double)(up->around + down->around) / all, 4, "TLS");
        page_put(p, "</div>");
    }
    page_put(p, "</div><div class=\"value\">");
    if (ch->has_per_update)
        page_figure(p, units_bytes(ch->bytes_per_update));
    else
        page_put(p, "–");
    page_put(p, "</div></div>\n");
}

/* Payload stands as it was carried; say where that was less than it said. */
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
    page_put(p,
             "<ul class=\"legend c-any\"><li><span class=\"key s1\"></span>payload</li><li><span "
             "class=\"key s2\"></span>HTTP heads</li><li><span class=\"key s3\"></span>framing, "
             "items that were not new</li><li><span class=\"key s4\"></span>TLS and what is sent "
             "again</li></ul>\n</div></section>\n");
}
