#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fanout_kit.h"
#include "sink/fanout/fanout_json.h"
#include "sink/fanout/fanout_page.h"
#include "sink/fanout/fanout_text.h"
#include "sink/fanout/fanout_words.h"
#include "sink/term_safe.h"

static struct buf text;
static struct drill_verdict verdicts[2] = {
    {.name = {(const uint8_t *)"lost=0", 6}, .ok = false, .reason = "2 deliveries were lost"},
    {.name = {(const uint8_t *)"back<10s", 8}, .ok = true}};

static void show(int columns, bool utf8, size_t verdict_count)
{
    const struct view_config view = {.columns = columns, .utf8 = utf8};

    buf_clear(&text);
    buf_init(&text, SIZE_MAX / 2);
    assert_int_equal(fanout_text(&text, report, verdicts, verdict_count, &view), 0);
    assert_int_equal(buf_append(&text, "", 1), 0);
}

static bool has(const char *wanted)
{
    bool found = strstr((const char *)buf_data(&text), wanted) != NULL;

    if (!found)
        print_error("not found: %s\nin:\n%s\n", wanted, (const char *)buf_data(&text));
    return found;
}

static void begin(enum planted planted, bool drilled)
{
    struct service s = usual;

    s.planted = planted;
    assert_int_equal(play(s), 0);
    if (drilled)
        assert_int_equal(drill(), 0);
}

static void fanout_text_begins_with_the_verdict(void **state)
{
    (void)state;
    begin(PLANT_NONE, false);
    show(80, true, 0);
    assert_true(has("Every message reached all 8 connections on 3 nodes, 99 % of them within"));
    assert_true(has("Nodes are known by header x-node."));
    assert_true(has("n1 → n3           18     0      0     0"));
    assert_true(has("24 messages published: 192 deliveries, 0 lost"));
    assert_int_equal(strncmp((const char *)buf_data(&text), "Every", 5), 0);

    begin(PLANT_DEAF, false);
    show(80, false, 0);
    assert_true(has("Node n3 does not subscribe"));
    assert_true(has("n1 -> n3"));
    assert_true(has("  > look at the subscription of this node"));
}

static void fanout_text_says_once_whether_clients_stay(void **state)
{
    const char *first;

    (void)state;
    begin(PLANT_NONE, false);
    show(80, true, 0);
    assert_true(has("\nNot sticky: 8 connections"));

    snprintf(report->verdict, sizeof report->verdict, "%s", report->sticky_text);
    show(80, true, 0);
    first = strstr((const char *)buf_data(&text), "Not sticky: ");
    assert_ptr_equal(first, buf_data(&text));
    assert_null(strstr(first + 1, "Not sticky: "));
}

static void fanout_text_says_what_limits_its_figures(void **state)
{
    char limits[FANOUT_LIMITS];

    (void)state;
    begin(PLANT_NONE, false);
    fanout_limits(limits, report);
    assert_string_equal(limits, "");
    report->stragglers = 1;
    fanout_limits(limits, report);
    assert_string_equal(limits, "1 delivery came after it had been counted as lost.");

    report->stride = 4;
    report->hurried = 2;
    report->stragglers = 770;
    show(80, true, 0);
    assert_true(has("The matrix has the messages of one sender in 4"));
    assert_true(has("2 messages had less time than others to arrive"));
    assert_true(has("770 deliveries came after they had been"));
}

static void fanout_text_has_the_drill(void **state)
{
    (void)state;
    begin(PLANT_NONE, true);
    show(80, true, 2);
    assert_true(has("✗ lost=0: 2 deliveries were lost"));
    assert_true(has("✓ back<10s"));
    assert_true(has("8: 5 unaffected, 3 ended"));
    assert_true(has("2 cleanly, 1 without a closing handshake"));
    assert_true(has("gone  1001"));
}

static void fanout_text_keeps_to_the_width(void **state)
{
    static const int widths[] = {100, 80, 40, 30};

    (void)state;
    begin(PLANT_DEAF, true);
    for (size_t i = 0; i < 4; i++) {
        show(widths[i], true, 2);
        for (const char *line = (const char *)buf_data(&text), *end; (end = strchr(line, '\n'));
             line = end + 1) {
            if (term_width(slice_make(line, (size_t)(end - line))) > widths[i])
                print_error("%.*s\n", (int)(end - line), line);
            assert_true(term_width(slice_make(line, (size_t)(end - line))) <= widths[i]);
        }
    }
}

static void fanout_text_with_many_nodes_is_a_table(void **state)
{
    struct service s = usual;

    (void)state;
    s.nodes = 20;
    s.connections = 40;
    assert_int_equal(play(s), 0);
    show(80, true, 0);
    assert_true(has("7 more nodes are in --json and --report."));
}

static void names_in_tables_are_short_and_end_as_they_do(void **state)
{
    char name[FANOUT_LABEL], hostile[64];

    (void)state;
    assert_int_equal(fanout_label(name, "chat-server-7d9f8c6b5d-x2x9z", true), 0);
    assert_string_equal(name, "chat-serve...c6b5d-x2x9z");
    assert_int_equal(fanout_label(name, "n\033[2J\u202e\u00e9", true), 0);
    assert_string_equal(name, "n\\e[2J\\u{202E}\u00e9");
    assert_int_equal(fanout_label(name, "\u00e9", false), 0);
    assert_string_equal(name, "\\u{00E9}");
    /* What takes the most room. */
    for (size_t i = 0; i < sizeof hostile; i++)
        hostile[i] = (char)(i % 2 ? 0x9b : 0xc2);
    hostile[60] = '\0';
    assert_int_equal(fanout_label(name, hostile, true), 0);
    assert_in_range(strlen(name), 30, FANOUT_LABEL - 1);
    ALLOC_EACH(fanout_label(name, hostile, true));
}

static void names_of_peers_drive_nothing(void **state)
{
    const struct fanout_config config = {.connections = 2, .within_us = 1, .grace_us = 1};
    const struct field fields[2] = {{slice_str("x-node"), slice_str("\033[31m<b>\n")},
                                    {slice_str("x-node"), slice_str("\xe2\x80\xae<script>")}};
    const struct fanout_page page = {.url = "ws://h/\"<", .version = "wscope 0"};
    struct fanout_page with = page;
    char nonce[NONCE_TEXT];

    (void)state;
    clear();
    facts = fanout_new(&config);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(fanout_opened(facts, i, &fields[i], 1, 1), 0);
    assert_int_equal(fanout_publish(facts, 0, 5, nonce), 0);
    assert_int_equal(fanout_message(facts, 0, slice_str(nonce), 6), 0);
    fanout_settle(facts, 100);
    assert_int_equal(look(100), 0);
    show(80, true, 0);
    assert_null(memchr(buf_data(&text), '\033', text.len));
    assert_null(strstr((const char *)buf_data(&text), "\xe2\x80\xae"));
    with.report = report;
    buf_reset(&text);
    assert_int_equal(fanout_page(&text, &with), 0);
    assert_int_equal(buf_append(&text, "", 1), 0);
    assert_null(memchr(buf_data(&text), '\033', text.len));
    assert_null(strstr((const char *)buf_data(&text), "<script>"));
    assert_null(strstr((const char *)buf_data(&text), "<b>\\"));
    assert_true(has("&lt;script&gt;"));
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static cJSON *json(void)
{
    struct json_tree t;
    cJSON *root;

    buf_clear(&text);
    buf_init(&text, SIZE_MAX / 2);
    assert_int_equal(fanout_json(&t, report, verdicts, 2), 0);
    assert_int_equal(tree_print(&t, &text), 0);
    tree_clear(&t);
    assert_int_equal(buf_append(&text, "", 1), 0);
    root = cJSON_Parse((const char *)buf_data(&text));
    assert_non_null(root);
    return root;
}

static const cJSON *member(const cJSON *of, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(of, name);

    if (!found)
        print_error("no member %s\n", name);
    assert_non_null(found);
    return found;
}

static void fanout_json_has_all(void **state)
{
    static const char *const cell[] = {"from",       "to",   "delivered", "lost",
                                       "duplicated", "late", "p50_ms",    "p99_ms"};
    static const char *const account[] = {"before", "after", "code", "clean", "away_ms"};
    const cJSON *list;
    cJSON *root;

    (void)state;
    begin(PLANT_DEAF, true);
    root = json();
    assert_string_equal(member(root, "event")->valuestring, "fanout");
    list = member(member(root, "spread"), "nodes");
    assert_int_equal(cJSON_GetArraySize(list), 3);
    assert_string_equal(member(list->child, "node")->valuestring, "n1");
    assert_int_equal(member(list->child, "connections")->valueint, 0);
    assert_int_equal(member(list->child, "before")->valueint, 3);
    list = member(root, "matrix");
    assert_int_equal(cJSON_GetArraySize(list), 9);
    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++)
        member(list->child, cell[i]);
    list = member(member(root, "drill"), "connections");
    assert_int_equal(cJSON_GetArraySize(list), 8);
    for (size_t i = 0; i < sizeof account / sizeof *account; i++)
        member(list->child, account[i]);
    assert_true(cJSON_IsNull(member(cJSON_GetArrayItem(list, 6), "after")));
    assert_true(cJSON_IsNull(member(cJSON_GetArrayItem(list, 6), "away_ms")));
    list = member(member(root, "verdict"), "faults");
    assert_string_equal(member(list->child, "fault")->valuestring, "deaf");
    assert_string_equal(member(list->child, "node")->valuestring, "n3");
    assert_non_null(strstr(member(member(root, "verdict"), "text")->valuestring, "n3"));
    list = member(root, "expectations");
    assert_true(cJSON_IsFalse(member(list->child, "ok")));
    cJSON_Delete(root);
}

/* --- the page -----------------------------------------------------------------------------------
 */

static void fanout_page_has_lanes(void **state)
{
    struct fanout_page page = {
        .url = "ws://h/", .version = "wscope 0", .verdicts = verdicts, .verdict_count = 2};

    (void)state;
    begin(PLANT_DEAF, true);
    page.report = report;
    buf_reset(&text);
    assert_int_equal(fanout_page(&text, &page), 0);
    assert_int_equal(buf_append(&text, "", 1), 0);
    assert_true(has("<h1>Node n3&#160;does not subscribe"));
    assert_true(has("Connection 7</title>"));
    assert_true(has("code 1006, 1 time, away"));
    assert_true(has("The drill"));
    assert_true(has("Whose messages reach whom"));
}

/* 0 or -1. */
static int make_all(void)
{
    const struct view_config view = {.columns = 80};
    struct fanout_page page = {.report = report, .url = "ws://h/", .version = "wscope 0"};
    struct buf out;
    int failed;

    buf_init(&out, SIZE_MAX / 2);
    failed = fanout_text(&out, report, verdicts, 2, &view);
    failed |= fanout_page(&out, &page);
    buf_clear(&out);
    return failed;
}

static void fanout_sinks_survive_failing_allocations(void **state)
{
    (void)state;
    cJSON_InitHooks(ALLOC_HOOKS);
    begin(PLANT_DEAF, true);
    ALLOC_EACH(make_all());
    assert_int_equal(make_all(), 0);
    cJSON_InitHooks(NULL);
    buf_clear(&text);
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fanout_text_begins_with_the_verdict),
        cmocka_unit_test(fanout_text_says_once_whether_clients_stay),
        cmocka_unit_test(fanout_text_says_what_limits_its_figures),
        cmocka_unit_test(fanout_text_has_the_drill),
        cmocka_unit_test(fanout_text_keeps_to_the_width),
        cmocka_unit_test(fanout_text_with_many_nodes_is_a_table),
        cmocka_unit_test(names_in_tables_are_short_and_end_as_they_do),
        cmocka_unit_test(names_of_peers_drive_nothing),
        cmocka_unit_test(fanout_json_has_all),
        cmocka_unit_test(fanout_page_has_lanes),
        cmocka_unit_test(fanout_sinks_survive_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
