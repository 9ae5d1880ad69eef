#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "alloc.h"
#include "grade_kit.h"
#include "sink/grade/grade_json.h"
#include "sink/grade/grade_page.h"
#include "sink/grade/grade_text.h"
#include "sink/term_safe.h"

static struct kit kit;
static struct grade_report *report;
static struct buf text;

static void play(enum defect defect)
{
    grade_report_free(report);
    kit_clear(&kit);
    assert_int_equal(kit_init(&kit, defect, NULL), 0);
    kit_play(&kit);
    report = grade_report_new(kit.grade, kit.now_us);
    assert_non_null(report);
}

static void show(int columns, bool utf8)
{
    const struct view_config view = {.columns = columns, .utf8 = utf8};

    buf_init(&text, SIZE_MAX / 2);
    assert_int_equal(grade_text(&text, report, &view), 0);
    assert_int_equal(buf_append(&text, "", 1), 0);
}

static const char *shown(void)
{
    return (const char *)buf_data(&text);
}

static bool has(const char *wanted)
{
    return strstr(shown(), wanted) != NULL;
}

static void grade_text_begins_with_the_verdict(void **state)
{
    (void)state;
    play(KIT_NONE);
    show(80, true);
    assert_int_equal(strncmp(shown(), "client 1: nothing wrong in 4 outages\n", 37), 0);
    assert_true(has("socket.io (confidence 1.00)"));
    buf_clear(&text);

    play(KIT_NO_RESUBSCRIPTION);
    show(80, false);
    assert_int_equal(strncmp(shown(), "client 1: 1 finding in 4 outages\n", 33), 0);
    assert_true(has("x did not send 1 of 3 subscriptions again"));
    assert_true(has("missing: {\"op\":\"sub\",\"ref\":4,\"channel\":\"b\"}"));
    buf_clear(&text);
}

static void grade_text_keeps_to_the_width(void **state)
{
    static const int widths[] = {80, 40, 30};

    (void)state;
    play(KIT_NO_RESUBSCRIPTION);
    for (size_t i = 0; i < 3; i++) {
        size_t lines = 0;

        show(widths[i], true);
        for (const char *line = shown(), *end; (end = strchr(line, '\n')); line = end + 1) {
            assert_true(term_width(slice_make(line, (size_t)(end - line))) <= widths[i]);
            lines++;
        }
        /* One screen of 24 rows at 80 columns. */
        assert_true(widths[i] < 80 || lines <= 24);
        buf_clear(&text);
    }
}

static void json(void)
{
    struct json_tree t;

    buf_init(&text, SIZE_MAX / 2);
    assert_int_equal(grade_json(&t, report), 0);
    assert_int_equal(tree_print(&t, &text), 0);
    tree_clear(&t);
    assert_int_equal(buf_append(&text, "", 1), 0);
}

static const cJSON *member(const cJSON *of, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(of, name);

    if (!found)
        print_error("no member %s\n", name);
    assert_non_null(found);
    return found;
}

static void grade_json_has_every_row(void **state)
{
    static const char *const names[] = {
        "client",        "faults",        "outages",      "backoff",       "factor",
        "cap_ms",        "jitter",        "preset",       "confidence",    "hammer",
        "retry_after",   "gave_up_after", "gave_up_on",   "double_ms",     "resubscribed",
        "subscriptions", "missing",       "resumed_from", "should_be",     "lost",
        "recovered",     "duplicates",    "up_lost",      "up_duplicates", "same_credential",
        "expired"};
    const cJSON *client, *outage;
    cJSON *root;

    (void)state;
    play(KIT_NONE);
    json();
    root = cJSON_Parse(shown());
    assert_non_null(root);
    assert_string_equal(member(root, "event")->valuestring, "report");
    assert_true(cJSON_IsNull(member(root, "peak_returns_per_s")));
    assert_true(cJSON_IsNull(member(root, "spread_ms")));
    client = cJSON_GetArrayItem(member(root, "clients"), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        member(client, names[i]);
    outage = cJSON_GetArrayItem(member(client, "outages"), 0);
    assert_int_equal(cJSON_GetArraySize(member(outage, "delays_ms")), 5);
    assert_int_equal(member(outage, "attempts")->valueint, 5);
    assert_true(member(outage, "back_ms")->valuedouble > 12000);
    assert_true(cJSON_IsNull(member(client, "expired")));
    assert_true(cJSON_IsTrue(member(client, "same_credential")));
    assert_string_equal(member(client, "preset")->valuestring, "socket.io");
    cJSON_Delete(root);
    buf_clear(&text);
}

/* A subscription that carries a token is not sent again, and not shown either. */
static void grade_views_hide_credentials(void **state)
{
    (void)state;
    grade_report_free(report);
    kit_clear(&kit);
    assert_int_equal(kit_init(&kit, KIT_NONE, NULL), 0);
    kit.secret = "{\"op\":\"auth\",\"token\":\"hunter2hunter2\"}";
    kit_open(&kit);
    kit.secret = NULL;
    kit_outage(&kit, 2);
    report = grade_report_new(kit.grade, kit.now_us);
    show(80, true);
    assert_false(has("hunter2"));
    assert_true(has("redacted, 38 bytes"));
    assert_false(has("8f2a"));
    buf_clear(&text);
    json();
    assert_false(has("hunter2"));
    assert_true(has("redacted, 38 bytes"));
    assert_false(has("8f2a"));
    buf_clear(&text);
}

/* What a client sends does not drive the terminal. */
static void grade_text_escapes_what_clients_send(void **state)
{
    (void)state;
    grade_report_free(report);
    kit_clear(&kit);
    assert_int_equal(kit_init(&kit, KIT_NONE, NULL), 0);
    kit.agent = "evil\x1b]0;x\x07/1.0";
    kit_open(&kit);
    report = grade_report_new(kit.grade, kit.now_us);
    show(80, true);
    assert_false(has("\x1b"));
    assert_true(has("evil\\e]0;x"));
    buf_clear(&text);
}

/* --- the page -----------------------------------------------------------------------------------
 */

static void page(void)
{
    static const struct page_setting settings[] = {{"faults", "rst & <blackhole>"}};
    static struct grade_verdict verdicts[] = {
        {.name = {(const uint8_t *)"lost<1", 6}, .ok = false, .reason = "client 1: lost <2>"}};
    const struct grade_page g = {.report = report,
                                 .verdicts = verdicts,
                                 .verdict_count = 1,
                                 .url = "wss://example/\"<x>",
                                 .version = "wscope",
                                 .settings = settings,
                                 .setting_count = 1};

    buf_init(&text, SIZE_MAX / 2);
    assert_int_equal(grade_page(&text, &g), 0);
    assert_int_equal(buf_append(&text, "", 1), 0);
}

/* Every element that is opened is closed, in order; what the script has is no markup. */
static void assert_well_formed(void)
{
    char open[64][16];
    size_t depth = 0;

    for (const char *at = strchr(shown(), '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        size_t n;

        assert_non_null(end);
        if (at[1] == '!' || end[-1] == '/')
            continue;
        if (at[1] == '/') {
            assert_true(depth > 0);
            depth--;
            n = strlen(open[depth]);
            assert_int_equal(strncmp(at + 2, open[depth], n), 0);
            assert_true(at[2 + n] == '>');
            continue;
        }
        n = strcspn(at + 1, " >");
        assert_true(depth < 64 && n < 16);
        memcpy(open[depth], at + 1, n);
        open[depth++][n] = '\0';
    }
    assert_int_equal(depth, 0);
}

static void grade_page_is_well_formed_and_safe(void **state)
{
    (void)state;
    grade_report_free(report);
    kit_clear(&kit);
    assert_int_equal(kit_init(&kit, KIT_NO_RESUBSCRIPTION, NULL), 0);
    kit.agent = "<script>alert(1)</script>";
    kit.secret = "{\"op\":\"auth\",\"token\":\"hunter2hunter2\"}";
    kit_play(&kit);
    report = grade_report_new(kit.grade, kit.now_us);
    page();
    assert_well_formed();
    assert_true(has("<h1>The client does not recover as it should.</h1>"));
    assert_true(has("did not send 1 of 4&#160;subscriptions again") ||
                has("did not send 1&#160;of 4&#160;subscriptions again"));
    assert_true(has("lost&lt;1: client 1: lost &lt;2&gt;") ||
                has("lost&lt;1: client 1: lost &lt;2&gt;</li>"));
    assert_true(has("&lt;script&gt;alert(1)"));
    assert_true(has("rst &amp; &lt;blackhole&gt;"));
    assert_false(has("hunter2"));
    assert_false(has("8f2a"));
    assert_true(has("\"event\":\"report\""));
    assert_non_null(strstr(shown(), "role=\"img\""));
    buf_clear(&text);
}

static void grade_page_shows_a_run_without_clients(void **state)
{
    const struct view_config view = {.columns = 80};

    (void)state;
    grade_report_free(report);
    kit_clear(&kit);
    assert_int_equal(kit_init(&kit, KIT_NONE, NULL), 0);
    report = grade_report_new(kit.grade, kit.now_us);
    page();
    assert_well_formed();
    assert_true(has("<h1>No client connected.</h1>"));
    buf_clear(&text);
    buf_init(&text, SIZE_MAX / 2);
    assert_int_equal(grade_text(&text, report, &view), 0);
    assert_true(slice_is(buf_slice(&text), "no client connected\n"));
    buf_clear(&text);
}

/* --- memory -------------------------------------------------------------------------------------
 */

static void run_all(void)
{
    static const struct grade_config config = {
        .seq = "/n", .id = "/id", .epoch = "/e", .up_id = "/id", .seed = {1, 2}};
    const struct view_config view = {.utf8 = true};
    struct grade_report *r = NULL;
    struct json_tree t = {NULL, false};
    struct kit k;
    struct buf out;

    buf_init(&out, SIZE_MAX / 2);
    if (kit_init(&k, KIT_NO_RESUBSCRIPTION, &config) == 0) {
        kit_open(&k);
        kit_outage(&k, 3);
        kit_outage(&k, 2);
        r = grade_report_new(k.grade, k.now_us);
    }
    if (r) {
        grade_text(&out, r, &view);
        grade_json(&t, r);
        tree_print(&t, &out);
        tree_clear(&t);
        grade_page(&out, &(const struct grade_page){.report = r, .url = "", .version = ""});
    }
    grade_report_free(r);
    kit_clear(&k);
    buf_clear(&out);
}

static void grade_survives_any_allocation_that_fails(void **state)
{
    (void)state;
    cJSON_InitHooks(ALLOC_HOOKS);
    ALLOC_EACH(run_all());
    cJSON_InitHooks(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grade_text_begins_with_the_verdict),
        cmocka_unit_test(grade_text_keeps_to_the_width),
        cmocka_unit_test(grade_json_has_every_row),
        cmocka_unit_test(grade_views_hide_credentials),
        cmocka_unit_test(grade_text_escapes_what_clients_send),
        cmocka_unit_test(grade_page_is_well_formed_and_safe),
        cmocka_unit_test(grade_page_shows_a_run_without_clients),
        cmocka_unit_test(grade_survives_any_allocation_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
