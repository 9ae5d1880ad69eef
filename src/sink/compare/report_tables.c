/*
 * report_tables: the estimate at scale, and all figures.
 */
#include "sink/compare/report_private.h"

enum scale_part { PART_REQUESTS, PART_BYTES, PART_SEGMENTS, PART_CONNECTIONS, PART_COUNT };

static struct units part_of(const struct scale_cell *cell, enum scale_part part, bool kernel)
{
    struct units none = {"–"};

    if (!cell->known || (part == PART_SEGMENTS && !kernel))
        return none;
    switch (part) {
    case PART_REQUESTS:
        return units_number(cell->requests_s);
    case PART_BYTES:
        return units_bytes(cell->bytes_s);
    case PART_SEGMENTS:
        return units_number(cell->segments_s);
    default:
        return cell->connections > 0 ? units_number(cell->connections) : none;
    }
}

static void scale_rows(struct page *p, const struct report *r, enum scale_part part)
{
    const struct figures *f = r->figures;

    for (unsigned i = 0; i < f->count; i++) {
        page_printf(p, "<tr><th scope=\"row\" class=\"%s\"><span class=\"dot\"></span>",
                    report_colour(f, i).text);
        page_words(p, f->channels[i].source->label);
        page_put(p, "</th>");
        for (size_t row = 0; row < r->scale->row_count; row++) {
            page_put(p, "<td>");
            page_figure(p, part_of(&r->scale->rows[row].cells[i], part, f->channels[i].kernel));
            page_put(p, "</td>");
        }
        page_put(p, "</tr>\n");
    }
}

static void remarks(struct page *p, const struct report *r)
{
    struct buf text;

    buf_init(&text, 8192);
    if (compare_text_balance(&text, r->figures, r->scale) != 0)
        p->failed = true;
    if (text.len > 0)
        page_put(p, "<ul class=\"remarks\">");
    for (bool any = text.len > 0; any;) {
        const uint8_t *end = memchr(buf_data(&text), '\n', text.len);
        size_t len = end ? (size_t)(end - buf_data(&text)) : text.len;

        page_put(p, "<li>");
        page_prose(p, slice_make(buf_data(&text), len));
        page_put(p, "</li>");
        buf_consume(&text, len + (end != NULL));
        any = text.len > 0;
        if (!any)
            page_put(p, "</ul>\n");
    }
    buf_clear(&text);
}

void report_scale(struct page *p, const struct report *r)
{
    static const char *const names[] = {"Requests a second", "Bytes a second",
                                        "TCP segments a second", "Connections held open"};

    page_put(
        p,
        "<section><h2>At scale, on paper</h2>\n<p class=\"note\">An estimate: what this "
        "one client cost, times the number of clients, at the measured rate of updates. "
        "Openings are left out, and so is the work a server does for an answer.</p>\n<div "
        "class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"At scale\"><table><thead><tr><th scope=\"col\">clients</th>");
    for (size_t row = 0; row < r->scale->row_count; row++) {
        page_put(p, "<th scope=\"col\">");
        page_figure(p, units_number((double)r->scale->rows[row].clients));
        page_put(p, "</th>");
    }
    page_put(p, "</tr></thead>\n");
    for (enum scale_part part = 0; part < PART_COUNT; part++) {
        page_printf(
            p, "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">%s</th></tr>\n",
            r->scale->row_count + 1, names[part]);
        scale_rows(p, r, part);
        page_put(p, "</tbody>");
    }
    page_put(p, "</table></div>\n");
    remarks(p, r);
    page_put(p, "</section>\n");
}

/* A row of the table of all figures; what a channel has of it. */
struct figure_row {
    const char *name; /* NULL: name of a group in `group` */
    const char *group;
    struct units (*value)(const struct figures *f, const struct figures_channel *ch);
};

#define COUNT_ROW(function, expression)                                                     \
    static struct units function(const struct figures *f, const struct figures_channel *ch) \
    {                                                                                       \
        (void)f;                                                                            \
        return units_number((double)(expression));                                          \
    }

#define LAG_ROW(function, member)                                                           \
    static struct units function(const struct figures *f, const struct figures_channel *ch) \
    {                                                                                       \
        return compare_text_lag(figures_lag(f, ch), figures_lag(f, ch)->member, true);      \
    }

COUNT_ROW(row_updates, ch->updates)
COUNT_ROW(row_first, ch->first)
COUNT_ROW(row_missed, ch->missed)
COUNT_ROW(row_outside, ch->outside)
COUNT_ROW(row_duplicates, ch->duplicates)
LAG_ROW(row_p50, p50_us)
LAG_ROW(row_p90, p90_us)
LAG_ROW(row_p99, p99_us)
LAG_ROW(row_max, max_us)
COUNT_ROW(row_requests, ch->tally.requests)
COUNT_ROW(row_empty, ch->tally.empty)
COUNT_ROW(row_connections, ch->connections)
COUNT_ROW(row_up, ch->up.total)
COUNT_ROW(row_up_heads, ch->up.heads)
COUNT_ROW(row_up_framing, ch->up.framing)
COUNT_ROW(row_up_around, ch->up.around)
COUNT_ROW(row_down, ch->down.total)
COUNT_ROW(row_down_payload, ch->down.payload)
COUNT_ROW(row_down_heads, ch->down.heads)
COUNT_ROW(row_down_framing, ch->down.framing)
COUNT_ROW(row_down_around, ch->down.around)
COUNT_ROW(row_opening, ch->opening_up + ch->opening_down)
COUNT_ROW(row_segments_up, ch->segments_up)
COUNT_ROW(row_segments_down, ch->segments_down)
COUNT_ROW(row_retransmits, ch->retransmits)

static struct units row_bytes_per(const struct figures *f, const struct figures_channel *ch)
{
    struct units none = {"–"};

    (void)f;
    return ch->has_per_update ? units_number(ch->bytes_per_update) : none;
}

static struct units row_requests_per(const struct figures *f, const struct figures_channel *ch)
{
    struct units none = {"–"};

    (void)f;
    return ch->has_per_update ? units_number(ch->requests_per_update) : none;
}

static struct units row_cpu(const struct figures *f, const struct figures_channel *ch)
{
    (void)f;
    return units_span((double)ch->cpu_us, 1);
}

static const struct figure_row rows[] = {
    {NULL, "Updates", NULL},
    {"shown", NULL, row_updates},
    {"shown before any other channel", NULL, row_first},
    {"missed", NULL, row_missed},
    {"before its first or after its last", NULL, row_outside},
    {"shown twice", NULL, row_duplicates},
    {NULL, "Lag", NULL},
    {"median", NULL, row_p50},
    {"90 %", NULL, row_p90},
    {"99 %", NULL, row_p99},
    {"longest", NULL, row_max},
    {NULL, "Requests", NULL},
    {"requests", NULL, row_requests},
    {"answers with nothing new", NULL, row_empty},
    {"requests per update", NULL, row_requests_per},
    {"connections", NULL, row_connections},
    {NULL, "Bytes up", NULL},
    {"all, as TCP carried them", NULL, row_up},
    {"HTTP heads", NULL, row_up_heads},
    {"framing", NULL, row_up_framing},
    {"TLS, proxy, sent again", NULL, row_up_around},
    {NULL, "Bytes down", NULL},
    {"all, as TCP carried them", NULL, row_down},
    {"payload", NULL, row_down_payload},
    {"HTTP heads", NULL, row_down_heads},
    {"framing, items not new", NULL, row_down_framing},
    {"TLS, proxy", NULL, row_down_around},
    {NULL, "Both ways", NULL},
    {"of all bytes, the opening", NULL, row_opening},
    {"bytes per update, opening aside", NULL, row_bytes_per},
    {"segments up", NULL, row_segments_up},
    {"segments down", NULL, row_segments_down},
    {"sent again", NULL, row_retransmits},
    {"processor time of this client", NULL, row_cpu},
};

void report_figures(struct page *p, const struct report *r)
{
    const struct figures *f = r->figures;

    page_put(
        p,
        "<section><h2>All figures</h2>\n<p class=\"note\">Lags are within 1&#160;%, counts "
        "are exact.</p>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"All figures\"><table><thead><tr><th scope=\"col\">figure</th>");
    for (unsigned i = 0; i < f->count; i++) {
        page_printf(p, "<th scope=\"col\" class=\"ch %s\">", report_colour(f, i).text);
        page_words(p, f->channels[i].source->label);
        page_put(p, "</th>");
    }
    page_put(p, "</tr></thead>\n");
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        if (!rows[n].name) {
            page_printf(p,
                        "%s<tbody><tr class=\"group\"><th scope=\"rowgroup\" "
                        "colspan=\"%u\">%s</th></tr>\n",
                        n ? "</tbody>" : "", f->count + 1, rows[n].group);
            continue;
        }
        page_printf(p, "<tr><th scope=\"row\">%s</th>", rows[n].name);
        for (unsigned i = 0; i < f->count; i++) {
            page_put(p, "<td>");
            page_figure(p, rows[n].value(f, &f->channels[i]));
            page_put(p, "</td>");
        }
        page_put(p, "</tr>\n");
    }
    page_put(p, "</tbody></table></div></section>\n");
}
