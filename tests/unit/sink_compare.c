#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>

#include "alloc.h"
#include "measure_kit.h"
#include "sink/compare/compare_json.h"
#include "sink/compare/compare_table.h"
#include "sink/compare/compare_text.h"
#include "sink/compare/report.h"
#include "sink/grid.h"
#include "sink/term_safe.h"

static struct kit kit;
static struct figures figures;
static struct scale scale;
static const uint64_t clients[] = {1, 1000, 100000};

/* Four channels over twenty seconds. */
static void run(bool overwrite)
{
    kit_init(&kit, "/id", "/time");
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    kit_add(&kit, CHANNEL_POLL, KIT_S / 2, "poll 0.5 s");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, true, overwrite);
    figures_make(&figures, &kit.compare, 20 * KIT_S);
    scale_make(&scale, &figures, clients, 3);
}

static const char *text_of(struct buf *out)
{
    assert_int_equal(buf_append(out, "", 1), 0);
    return (const char *)buf_data(out);
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

/* Of pairs [a, b]: the sum of all b, and the last b. */
static double sum(const cJSON *pairs)
{
    double sum = 0;
    const cJSON *pair;

    cJSON_ArrayForEach(pair, pairs) sum += cJSON_GetArrayItem(pair, 1)->valuedouble;
    return sum;
}

static double last(const cJSON *pairs)
{
    return cJSON_GetArrayItem(cJSON_GetArrayItem(pairs, cJSON_GetArraySize(pairs) - 1), 1)
        ->valuedouble;
}

static void json_carries_every_figure(void **state)
{
    const cJSON *channels, *poll, *down, *rows;
    struct buf out;
    cJSON *json;

    (void)state;
    run(false);
    buf_init(&out, 1 << 20);
    assert_int_equal(compare_json(&out, &kit.compare, &figures, &scale, 20 * KIT_S, KIT_WALL), 0);
    json = cJSON_Parse(text_of(&out));
    assert_non_null(json);
    assert_string_equal(cJSON_GetObjectItem(json, "event")->valuestring, "compare");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "final")));
    assert_int_equal(number(json, "updates"), 100);
    assert_string_equal(cJSON_GetObjectItem(json, "lag_behind")->valuestring, "server");
    assert_string_equal(cJSON_GetObjectItem(json, "verdict")->valuestring, scale.verdict);
    channels = cJSON_GetObjectItem(json, "channels");
    assert_int_equal(cJSON_GetArraySize(channels), 4);
    poll = cJSON_GetArrayItem(channels, 3);
    assert_string_equal(cJSON_GetObjectItem(poll, "name")->valuestring, "poll 2 s");
    assert_true(fabs(number(poll, "every_s") - 2) < 1e-9);
    assert_int_equal(number(poll, "updates"), 90);
    assert_int_equal(number(poll, "missed"), 0);
    assert_int_equal(number(poll, "outside"), 10);
    assert_true(fabs(number(cJSON_GetObjectItem(poll, "delay"), "p50_ms") - 914) < 10);
    down = cJSON_GetObjectItem(poll, "bytes_down");
    assert_int_equal(number(down, "total"), number(down, "payload") + number(down, "heads") +
                                                number(down, "framing") + number(down, "tls"));
    assert_int_equal(sum(cJSON_GetObjectItem(poll, "distribution")), number(poll, "updates"));
    assert_int_equal(last(cJSON_GetObjectItem(poll, "course")), 90);
    rows = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "scale"), "rows");
    assert_int_equal(cJSON_GetArraySize(rows), 3);
    cJSON_Delete(json);

    buf_reset(&out);
    assert_int_equal(compare_json(&out, &kit.compare, &figures, NULL, 20 * KIT_S, KIT_WALL), 0);
    json = cJSON_Parse(text_of(&out));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(json, "final")));
    assert_null(cJSON_GetObjectItem(json, "verdict"));
    cJSON_Delete(json);
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static void json_has_exact_numbers_and_whole_texts(void **state)
{
    const char *text;
    struct buf out;

    (void)state;
    run(false);
    figures.channels[0].updates = (UINT64_C(1) << 53) + 1;
    figures.channels[1].updates = UINT64_MAX;
    figures.channels[2].updates = UINT64_C(1000000000000000);
    kit.compare.channels[0]->source.label = "ws \"\x7f\xff";
    buf_init(&out, 1 << 20);
    assert_int_equal(compare_json(&out, &kit.compare, &figures, &scale, 0, 0), 0);
    text = text_of(&out);
    assert_non_null(strstr(text, "\"updates\":9007199254740993,"));
    assert_non_null(strstr(text, "\"updates\":18446744073709551615,"));
    assert_non_null(strstr(text, "\"updates\":1000000000000000,"));
    assert_non_null(strstr(text, "{\"name\":\"ws \\\"\\u007f\u00ff\",\"channel\":\"ws\","));
    assert_non_null(strstr(text, "\"elapsed_ms\":19985.000,"));
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static void json_shows_what_is_not_known_as_null(void **state)
{
    struct buf out;

    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    figures_make(&figures, &kit.compare, 0);
    scale_make(&scale, &figures, clients, 1);
    buf_init(&out, 1 << 20);
    assert_int_equal(compare_json(&out, &kit.compare, &figures, &scale, 0, 0), 0);
    assert_non_null(strstr(text_of(&out), "\"lag\":null"));
    assert_non_null(strstr((const char *)buf_data(&out), "\"bytes_per_update\":null"));
    assert_null(strstr((const char *)buf_data(&out), "nan"));
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static void grid_lines_columns_up(void **state)
{
    struct buf out;
    struct grid g;

    (void)state;
    grid_init(&g);
    grid_cell(&g, "%s", "");
    grid_cell(&g, "lag");
    grid_row(&g);
    grid_cell(&g, "ws");
    grid_cell(&g, "12 µs");
    grid_row(&g);
    grid_cell(&g, "alone");
    grid_row(&g);
    buf_init(&out, 4096);
    assert_int_equal(grid_print(&g, &out, 1, 80, "<", ">"), 0);
    assert_string_equal(text_of(&out), "<          lag>\n ws     12 µs\n alone\n");
    grid_clear(&g);
    buf_clear(&out);
}

static void grid_that_is_too_wide_is_split(void **state)
{
    struct buf out;
    struct grid g;

    (void)state;
    grid_init(&g);
    grid_cell(&g, "%s", "");
    grid_cell(&g, "one");
    grid_cell(&g, "two");
    grid_cell(&g, "three");
    grid_row(&g);
    grid_cell(&g, "group");
    grid_row(&g);
    grid_cell(&g, "ws");
    grid_cell(&g, "1");
    grid_cell(&g, "2");
    grid_cell(&g, "3");
    grid_row(&g);
    buf_init(&out, 4096);
    assert_int_equal(grid_print(&g, &out, 1, 23, "", ""), 0);
    assert_string_equal(text_of(&out),
                        "        one  two  three\n group\n ws       1    2      3\n");
    buf_reset(&out);
    assert_int_equal(grid_print(&g, &out, 1, 20, "", ""), 0);
    assert_string_equal(text_of(&out), "       one two three\n group\n ws      1   2     3\n");
    buf_reset(&out);
    assert_int_equal(grid_print(&g, &out, 1, 19, "<", ">"), 0);
    assert_string_equal(text_of(&out), "<       one two>\n group\n ws      1   2\n"
                                       "<       three>\n group\n ws        3\n");
    buf_reset(&out);
    assert_int_equal(grid_print(&g, &out, 1, 0, "", ""), 0); /* a column each, however wide */
    assert_non_null(strstr(text_of(&out), "       two\n group\n ws      2\n"));
    grid_clear(&g);
    buf_clear(&out);
}

/* Every line fits the terminal, and says what it must. */
static void table_fits_and_shows_all(void **state)
{
    const struct view_config view = {.utf8 = true};
    const char *text;
    struct buf out;

    (void)state;
    run(true);
    buf_init(&out, 1 << 20);
    assert_int_equal(compare_table(&out, &kit.compare, &figures, &scale, &view), 0);
    text = text_of(&out);
    assert_non_null(strstr(text, "poll 2 s          9"));
    assert_non_null(strstr(text, "Polling every 0.5 s never showed"));
    assert_non_null(strstr(text, "200 000"));
    assert_non_null(strstr(text, "█"));
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");

        assert_true(term_width(slice_make(line, len)) <= 80);
        line += len + (line[len] == '\n');
    }
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static void table_fits_any_terminal(void **state)
{
    static const int widths[] = {40, 50, 60, 80, 100, 132};
    struct buf out;

    (void)state;
    run(true);
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const struct view_config view = {.utf8 = i % 2 == 0, .columns = widths[i]};

        buf_reset(&out);
        assert_int_equal(compare_table(&out, &kit.compare, &figures, &scale, &view), 0);
        assert_int_equal(compare_table_live(&out, &figures, 30 * KIT_S, &view), 0);
        for (const char *line = text_of(&out); *line;) {
            size_t len = strcspn(line, "\n");

            if (term_width(slice_make(line, len)) > widths[i])
                fail_msg("wider than %d: %.*s", widths[i], (int)len, line);
            line += len + (line[len] == '\n');
        }
    }
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static void table_needs_neither_colour_nor_unicode(void **state)
{
    const struct view_config view = {.utf8 = false}, colour = {.utf8 = true, .color = true};
    struct buf out;

    (void)state;
    run(false);
    buf_init(&out, 1 << 20);
    assert_int_equal(compare_table(&out, &kit.compare, &figures, &scale, &view), 0);
    assert_int_equal(compare_table_live(&out, &figures, 30 * KIT_S, &view), 0);
    for (size_t i = 0; i < out.len; i++)
        assert_true(buf_data(&out)[i] == '\n' || isprint(buf_data(&out)[i]));
    buf_reset(&out);
    assert_int_equal(compare_table(&out, &kit.compare, &figures, &scale, &colour), 0);
    assert_non_null(strstr(text_of(&out), "\033[1m"));
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static struct report report_of(void)
{
    static const struct page_setting settings[] = {{"<URL>", "ws://h/?a=1&b=\"2\""}};

    return (struct report){.compare = &kit.compare,
                           .figures = &figures,
                           .scale = &scale,
                           .time_us = KIT_WALL,
                           .at_us = 20 * KIT_S,
                           .version = "wscope 0.1.0",
                           .settings = settings,
                           .setting_count = 1};
}

static void report_escapes_whatever_comes_from_outside(void **state)
{
    struct report report;
    struct buf out;
    const char *text;

    (void)state;
    run(false);
    kit.compare.channels[0]->source.label = "<i>ws</i>";
    kit.compare.channels[0]->source.url = "ws://h/</script><script>alert(1)</script>";
    report = report_of();
    report.openings[0] = slice_str("GET / HTTP/1.1\nX: <b>&\"'\x1b[31m\xff\xe2\x80\xae\n");
    buf_init(&out, 16 << 20);
    assert_int_equal(report_page(&out, &report), 0);
    text = text_of(&out);
    assert_null(strstr(text, "<i>ws"));
    assert_null(strstr(text, "<script>alert"));
    assert_null(strstr(text, "</script><script"));
    assert_null(strstr(text, "<URL>"));
    assert_null(strstr(text, "\x1b"));
    assert_null(strstr(text, "\xff"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_non_null(strstr(text, "X: &lt;b&gt;&amp;&quot;&#39;\\e[31m\\xff"));
    assert_non_null(strstr(text, "&lt;URL&gt;"));
    assert_non_null(strstr(text, "\\u003c/script>"));
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

/* Elements close in the order they were opened: the page is well-formed as XML is, but for the
 * entities, the doctype and the text of style and script. */
static void well_formed(const char *text)
{
    const char *stack[64];
    size_t depth = 0, lengths[64];

    for (const char *at = strstr(text, "<html"); at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/');
        size_t len = strcspn(name, " />\n");
        const char *end = strchr(at, '>');

        assert_non_null(end);
        if (at[1] == '/') {
            assert_true(depth > 0);
            depth--;
            if (lengths[depth] != len || memcmp(stack[depth], name, len) != 0)
                fail_msg("</%.*s> closes <%.*s>", (int)len, name, (int)lengths[depth],
                         stack[depth]);
        } else if (end[-1] != '/') {
            assert_true(depth < 64);
            stack[depth] = name;
            lengths[depth++] = len;
        }
    }
    assert_int_equal(depth, 0);
}

static void report_is_one_well_formed_page_that_needs_no_network(void **state)
{
    struct report report;
    struct buf out;
    const char *text;

    (void)state;
    run(false);
    report = report_of();
    buf_init(&out, 16 << 20);
    assert_int_equal(report_page(&out, &report), 0);
    text = text_of(&out);
    well_formed(text);
    assert_null(strstr(text, "http://"));
    assert_null(strstr(text, "https://"));
    assert_null(strstr(text, "src="));
    assert_null(strstr(text, "href="));
    assert_null(strstr(text, "url("));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf\""));
    assert_non_null(strstr(text, "prefers-color-scheme:dark"));
    assert_non_null(strstr(text, "@media print"));
    assert_non_null(strstr(text, "<h1>The WebSocket is the better way here"));
    assert_non_null(strstr(text, "<polyline"));
    assert_non_null(strstr(text, "<title id=\"lag0\">Lags of ws</title>"));
    assert_non_null(strstr(text, "<desc id=\"course0-about\">After 20.0&#160;s"));
    assert_non_null(strstr(text, ">updates shown</p>"));
    assert_non_null(strstr(text, "90 of 100</dd><dt>missed</dt><dd>0&#160;%</dd><dt>outside</dt>"
                                 "<dd>10</dd>"));
    assert_non_null(strstr(text, compare_text_outside(&figures)));
    assert_non_null(strstr(text, "polling every 2&#160;s"));
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static void report_of_nothing_is_a_page_too(void **state)
{
    struct report report;
    struct buf out;

    (void)state;
    kit_init(&kit, NULL, NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    figures_make(&figures, &kit.compare, 0);
    scale_make(&scale, &figures, clients, 0);
    report = report_of();
    buf_init(&out, 16 << 20);
    assert_int_equal(report_page(&out, &report), 0);
    well_formed(text_of(&out));
    assert_null(strstr((const char *)buf_data(&out), "nan"));
    buf_clear(&out);
    comparison_clear(&kit.compare);
}

static void views_survive_want_of_memory(void **state)
{
    const struct view_config view = {.utf8 = true};
    struct report report;
    struct buf out;

    (void)state;
    run(false);
    report = report_of();
    ALLOC_EACH({
        buf_init(&out, 16 << 20);
        (void)report_page(&out, &report);
        buf_clear(&out);
    });
    ALLOC_EACH({
        buf_init(&out, 1 << 20);
        (void)compare_table(&out, &kit.compare, &figures, &scale, &view);
        buf_clear(&out);
    });
    comparison_clear(&kit.compare);
}

/* Without memory the line is whole or missing. */
static void json_is_whole_or_fails_without_memory(void **state)
{
    struct buf whole, out;

    (void)state;
    kit_init(&kit, "/id", "/time");
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    kit_add(&kit, CHANNEL_POLL, KIT_S / 2, "poll 0.5 s");
    kit_feed(&kit, KIT_S, true, false);
    figures_make(&figures, &kit.compare, KIT_S);
    scale_make(&scale, &figures, clients, 2);
    buf_init(&whole, 1 << 20);
    assert_int_equal(compare_json(&whole, &kit.compare, &figures, &scale, 0, 0), 0);
    cJSON_InitHooks(ALLOC_HOOKS);
    ALLOC_EACH({
        buf_init(&out, 1 << 20);
        if (compare_json(&out, &kit.compare, &figures, &scale, 0, 0) == 0)
            assert_memory_equal(buf_data(&out), buf_data(&whole), whole.len);
        else
            assert_int_equal(out.len, 0);
        buf_clear(&out);
    });
    cJSON_InitHooks(NULL);
    buf_clear(&whole);
    comparison_clear(&kit.compare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_carries_every_figure),
        cmocka_unit_test(json_has_exact_numbers_and_whole_texts),
        cmocka_unit_test(json_shows_what_is_not_known_as_null),
        cmocka_unit_test(grid_lines_columns_up),
        cmocka_unit_test(grid_that_is_too_wide_is_split),
        cmocka_unit_test(table_fits_and_shows_all),
        cmocka_unit_test(table_fits_any_terminal),
        cmocka_unit_test(table_needs_neither_colour_nor_unicode),
        cmocka_unit_test(report_escapes_whatever_comes_from_outside),
        cmocka_unit_test(report_is_one_well_formed_page_that_needs_no_network),
        cmocka_unit_test(report_of_nothing_is_a_page_too),
        cmocka_unit_test(views_survive_want_of_memory),
        cmocka_unit_test(json_is_whole_or_fails_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
