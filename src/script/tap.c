/* TAP 13 (testanything.org): read by prove and most CI systems. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/plural.h"
#include "script/diagnosis.h"
#include "script/results.h"
#include "sink/term_safe.h"

struct tap {
    struct reporter reporter;
    struct out *out;
    uint64_t number; /* of the last test reported */
    bool many;       /* files: each test is reported with its own */
};

static void put(struct tap *t, struct buf *text, int failed)
{
    if (!failed)
        out_put(t->out, buf_data(text), text->len);
    else if (!t->out->error)
        t->out->error = ENOMEM; /* a test that is missing must not go unnoticed */
    buf_clear(text);
}

/* Free text on the line of a test: '#' would begin a directive, and '\' takes that away. */
static int add_text(struct buf *out, const char *text)
{
    struct buf safe;
    struct slice all;
    int failed;

    buf_init(&safe, SIZE_MAX);
    failed = term_safe(&safe, slice_str(text), 0);
    all = buf_slice(&safe);
    for (size_t i = 0; i < all.len && !failed; i++) {
        if (all.data[i] == '#' || all.data[i] == '\\')
            failed = buf_append(out, "\\", 1);
        failed |= buf_append(out, all.data + i, 1);
    }
    buf_clear(&safe);
    return failed;
}

static void tap_begin(struct reporter *reporter, uint64_t tests, uint64_t files, int64_t time_us)
{
    struct tap *t = (struct tap *)reporter;
    struct buf text;

    (void)time_us;
    t->many = files > 1;
    buf_init(&text, SIZE_MAX);
    put(t, &text, buf_printf(&text, "TAP version 13\n1..%" PRIu64 "\n", tests));
}

static int add_directive(struct buf *out, const struct result *r)
{
    const char *word = r->todo ? "TODO" : r->status == RESULT_SKIPPED ? "SKIP" : NULL;
    int failed;

    if (!word)
        return 0;
    failed = buf_printf(out, " # %s", word);
    if (r->reason && *r->reason)
        failed |= buf_append(out, " ", 1) | add_text(out, r->reason);
    return failed;
}

static void tap_test(struct reporter *reporter, const struct result *r)
{
    struct tap *t = (struct tap *)reporter;
    struct buf text;
    int failed;

    buf_init(&text, SIZE_MAX);
    failed = buf_printf(&text, "%sok %" PRIu64 " - ", r->status == RESULT_FAILED ? "not " : "",
                        ++t->number);
    if (t->many)
        failed |= add_text(&text, r->place.file) | buf_append_str(&text, ": ");
    failed |= add_text(&text, r->name) | add_directive(&text, r) | buf_append(&text, "\n", 1);
    if (r->failure)
        failed |= buf_append_str(&text, "  ---\n") | diagnosis_write(&text, r->failure, "  ") |
                  buf_append_str(&text, "  ...\n");
    put(t, &text, failed);
}

static void tap_end(struct reporter *reporter, const struct results_total *total, const char *bail)
{
    struct tap *t = (struct tap *)reporter;
    uint64_t tests = total->passed + total->failed + total->skipped + total->todo;
    struct buf text;
    int failed = 0;

    buf_init(&text, SIZE_MAX);
    if (bail)
        failed |= buf_append_str(&text, "Bail out! ") | add_text(&text, bail) |
                  buf_append(&text, "\n", 1);
    failed |= buf_printf(&text, "# %" PRIu64 " test%s: %" PRIu64 " passed", tests, plural(tests),
                         total->passed);
    if (total->failed)
        failed |= buf_printf(&text, ", %" PRIu64 " failed", total->failed);
    if (total->skipped)
        failed |= buf_printf(&text, ", %" PRIu64 " skipped", total->skipped);
    if (total->todo)
        failed |= buf_printf(&text, ", %" PRIu64 " todo", total->todo);
    failed |= buf_printf(&text, " in %" PRIu64 ".%03u s\n", total->us / 1000000,
                         (unsigned)(total->us / 1000 % 1000));
    put(t, &text, failed);
}

static void tap_free(struct reporter *reporter)
{
    free(reporter);
}

struct reporter *tap_new(struct out *out)
{
    struct tap *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->reporter = (struct reporter){tap_begin, tap_test, tap_end, tap_free};
    t->out = out;
    return &t->reporter;
}
