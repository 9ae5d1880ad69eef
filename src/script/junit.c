/* JUnit XML as written by Ant and read by Jenkins, GitLab and GitHub's actions: a suite for each
 * file, a case for each test. Counts precede their elements, so a suite is kept until the end. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "script/diagnosis.h"
#include "script/results.h"

struct suite {
    char *file;
    struct buf cases;
    uint64_t tests, failures, skipped, us;
    int64_t time_us; /* wall clock of its first test */
};

struct junit {
    struct reporter reporter;
    struct out *out;
    struct suite *suites;
    size_t count;
    bool failed; /* memory ran out: the document is not complete */
};

/* XML 1.0, section 2.2: the characters allowed in a document. */
static bool is_char(uint32_t code)
{
    return code == '\t' || code == '\n' || code == '\r' ||
           (code >= 0x20 && code != 0xFFFE && code != 0xFFFF && code != 0x7F);
}

static int add_char(struct buf *out, uint32_t code, const uint8_t *bytes, size_t len,
                    bool attribute)
{
    switch (code) {
    case '<':
        return buf_append_str(out, "&lt;");
    case '>':
        return buf_append_str(out, "&gt;");
    case '&':
        return buf_append_str(out, "&amp;");
    case '"':
        if (attribute)
            return buf_append_str(out, "&quot;");
        break;
    case '\t':
    case '\n':
    case '\r':
        /* Readers make blanks of these in an attribute, and a newline of a CR anywhere. */
        if (attribute || code == '\r')
            return buf_printf(out, "&#%u;", (unsigned)code);
        break;
    default:
        if (!is_char(code))
            return buf_printf(out, "\\x%02x", (unsigned)code);
        break;
    }
    return buf_append(out, bytes, len);
}

/* Characters that are not allowed are written as \xNN. */
static int add_text(struct buf *out, struct slice text, bool attribute)
{
    int failed = 0;
    size_t i = 0;

    while (i < text.len && !failed) {
        uint32_t code;
        int len = utf8_decode(text.data + i, text.len - i, &code);

        if (len < 0) {
            failed = buf_printf(out, "\\x%02x", (unsigned)text.data[i]);
            len = 1;
        } else {
            failed = add_char(out, code, text.data + i, (size_t)len, attribute);
        }
        i += (size_t)len;
    }
    return failed;
}

static int add_attribute(struct buf *out, const char *name, struct slice value)
{
    return buf_printf(out, " %s=\"", name) | add_text(out, value, true) | buf_append_str(out, "\"");
}

static int add_seconds(struct buf *out, uint64_t us)
{
    return buf_printf(out, " time=\"%" PRIu64 ".%06u\"", us / 1000000, (unsigned)(us % 1000000));
}

/* "examples/chat.wscope" -> "examples/chat": used where others have a class. */
static struct slice suite_name(const char *file)
{
    struct slice name = slice_str(file);
    static const char suffix[] = ".wscope";
    const size_t n = sizeof suffix - 1;

    if (name.len > n && memcmp(name.data + name.len - n, suffix, n) == 0)
        name.len -= n;
    return name;
}

static int add_failure(struct buf *out, const struct result_failure *f)
{
    struct buf text;
    int failed;

    buf_init(&text, SIZE_MAX);
    failed = diagnosis_write(&text, f, "");
    failed |= buf_append_str(out, "      <failure type=\"expectation\"");
    failed |= add_attribute(out, "message", slice_str(f->message));
    failed |= buf_append_str(out, ">") | add_text(out, buf_slice(&text), false) |
              buf_append_str(out, "</failure>\n");
    buf_clear(&text);
    return failed;
}

static int add_skipped(struct buf *out, const char *word, const char *reason)
{
    struct buf text;
    int failed;

    buf_init(&text, SIZE_MAX);
    failed = buf_printf(&text, "%s%s%s", word, *word && reason && *reason ? ": " : "",
                        reason ? reason : "");
    failed |= buf_append_str(out, "      <skipped") |
              add_attribute(out, "message", buf_slice(&text)) | buf_append_str(out, "/>\n");
    buf_clear(&text);
    return failed;
}

static int add_case(struct suite *s, const struct result *r)
{
    struct buf *out = &s->cases;
    int failed = buf_append_str(out, "    <testcase");

    failed |= add_attribute(out, "classname", suite_name(r->place.file));
    failed |= add_attribute(out, "name", slice_str(r->name)) | add_seconds(out, r->us);
    s->tests++;
    s->us += r->us;
    if (r->status == RESULT_PASSED)
        return failed | buf_append_str(out, "/>\n");
    failed |= buf_append_str(out, ">\n");
    if (result_counts(r)) {
        s->failures++;
        failed |= add_failure(out, r->failure);
    } else {
        s->skipped++;
        failed |= add_skipped(out, r->todo ? "todo" : "", r->reason);
    }
    return failed | buf_append_str(out, "    </testcase>\n");
}

static struct suite *suite_of(struct junit *j, const struct result *r)
{
    struct suite *more;

    for (size_t i = j->count; i-- > 0;) {
        if (strcmp(j->suites[i].file, r->place.file) == 0)
            return &j->suites[i];
    }
    more = realloc(j->suites, (j->count + 1) * sizeof *more);
    if (!more)
        return NULL;
    j->suites = more;
    more += j->count;
    *more = (struct suite){.file = strdup(r->place.file), .time_us = r->time_us};
    if (!more->file)
        return NULL;
    buf_init(&more->cases, SIZE_MAX);
    j->count++;
    return more;
}

static void junit_begin(struct reporter *reporter, uint64_t tests, uint64_t files, int64_t time_us)
{
    (void)reporter;
    (void)tests;
    (void)files;
    (void)time_us;
}

static void junit_test(struct reporter *reporter, const struct result *r)
{
    struct junit *j = (struct junit *)reporter;
    struct suite *s = suite_of(j, r);

    if (!s || add_case(s, r))
        j->failed = true;
}

static int add_suite(struct buf *out, const struct suite *s, size_t id)
{
    time_t seconds = (time_t)(s->time_us / 1000000);
    char stamp[64] = "1970-01-01T00:00:00";
    struct tm utc;
    int failed;

    if (gmtime_r(&seconds, &utc))
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    failed = buf_append_str(out, "  <testsuite");
    failed |= add_attribute(out, "name", suite_name(s->file));
    failed |= buf_printf(out, " package=\"wscope\" id=\"%zu\" hostname=\"localhost\"", id);
    failed |= buf_printf(out, " timestamp=\"%s\"", stamp);
    failed |= buf_printf(out, " tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"0\"",
                         s->tests, s->failures);
    failed |= buf_printf(out, " skipped=\"%" PRIu64 "\"", s->skipped) | add_seconds(out, s->us);
    failed |= buf_append_str(out, ">\n    <properties/>\n");
    if (s->cases.len)
        failed |= buf_append_slice(out, buf_slice(&s->cases));
    return failed | buf_append_str(out, "    <system-out/>\n    <system-err/>\n  </testsuite>\n");
}

static void junit_end(struct reporter *reporter, const struct results_total *total,
                      const char *bail)
{
    struct junit *j = (struct junit *)reporter;
    struct buf text;
    int failed;

    (void)total;
    (void)bail;
    buf_init(&text, SIZE_MAX);
    failed = buf_append_str(&text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (size_t i = 0; i < j->count; i++)
        failed |= add_suite(&text, &j->suites[i], i);
    failed |= buf_append_str(&text, "</testsuites>\n");
    if (!failed && !j->failed)
        out_put(j->out, buf_data(&text), text.len);
    else if (!j->out->error)
        j->out->error = ENOMEM; /* half a document is useless */
    buf_clear(&text);
}

static void junit_free(struct reporter *reporter)
{
    struct junit *j = (struct junit *)reporter;

    for (size_t i = 0; i < j->count; i++) {
        free(j->suites[i].file);
        buf_clear(&j->suites[i].cases);
    }
    free(j->suites);
    free(j);
}

struct reporter *junit_new(struct out *out)
{
    struct junit *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->reporter = (struct reporter){junit_begin, junit_test, junit_end, junit_free};
    j->out = out;
    return &j->reporter;
}
