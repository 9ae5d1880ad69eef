/* The failure of a test: its report, in a form that may be shown. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/span.h"
#include "base/utf8.h"
#include "verb/run/script_private.h"

void test_seen(struct test_run *t, const struct script_conn *c, const struct came *came,
               const char *why)
{
    uint64_t began = t->began_us - t->job->run->app->start_us;
    struct seen_made *s;

    if (!t->seen)
        t->seen = calloc(SCRIPT_SEEN, sizeof *t->seen);
    if (!t->seen)
        return;
    s = &t->seen[t->seen_count++ % SCRIPT_SEEN];
    s->shown = (struct result_seen){
        .at_us = span_between(began, came->at_us),
        .conn = c->name,
        .kind = came_name(came),
        .length = came->length,
        .code = came->kind == EVENT_ERROR ? 0 : came->code,
        .verdict = s->verdict,
    };
    s->shown.data = slice_make(s->data, came->len < sizeof s->data ? came->len : sizeof s->data);
    s->shown.cut = s->shown.data.len < came->length;
    memcpy(s->data, came->data, s->shown.data.len);
    snprintf(s->verdict, sizeof s->verdict, "%s", why);
}

static const char *keep(struct test_run *t, const char *text)
{
    /* A NUL follows the hidden text, as any text. */
    return text ? (const char *)secret_hide(t, slice_str(text), false).data : "";
}

/* The beginning of a text of the script's. */
static const char *keep_cut(struct test_run *t, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    struct slice kept;
    char *cut;

    if (n <= SCRIPT_SHOWN)
        return keep(t, text);
    kept = secret_hide(t, slice_make(text, utf8_cut(slice_make(text, n), SCRIPT_SHOWN)), true);
    cut = arena_alloc(&t->memory, kept.len + sizeof "...");
    if (!cut)
        return "";
    memcpy(cut, kept.data, kept.len);
    memcpy(cut + kept.len, "...", sizeof "...");
    return cut;
}

/* What came, as it may be shown. */
static struct slice keep_data(struct test_run *t, const struct result_seen *shown)
{
    return secret_hide(t, shown->data, shown->cut);
}

/* The ring in its order. */
static void keep_seen(struct test_run *t)
{
    struct result_failure *f = &t->failure;
    size_t count = t->seen_count < SCRIPT_SEEN ? (size_t)t->seen_count : SCRIPT_SEEN;
    struct result_seen *seen;

    if (!t->seen || count == 0)
        return;
    seen = arena_alloc(&t->memory, count * sizeof *seen);
    if (!seen)
        return;
    f->seen_before = t->seen_count - count;
    for (size_t i = 0; i < count; i++) {
        seen[i] = t->seen[(f->seen_before + i) % SCRIPT_SEEN].shown;
        seen[i].data = keep_data(t, &seen[i]);
        seen[i].verdict = keep(t, seen[i].verdict);
    }
    f->seen = seen;
    f->seen_count = count;
}

static void keep_conns(struct test_run *t)
{
    struct result_failure *f = &t->failure;
    struct result_conn *conns;
    size_t count = 0;

    for (struct script_conn *c = t->conns; c; c = c->next)
        count += c->session != NULL;
    conns = arena_alloc(&t->memory, (count + 1) * sizeof *conns);
    if (!conns)
        return;
    f->conns = conns;
    f->conn_count = count;
    for (struct script_conn *c = t->conns; c; c = c->next) {
        struct totals totals;

        if (!c->session)
            continue;
        totals = session_totals(c->session);
        conns[--count] = (struct result_conn){
            .conn = c->name,
            .url = keep(t, c->url),
            .opened = c->opened,
            .closed = c->closed,
            .by = close_by_name(c->by),
            .how = close_how_name(c->how),
            .code = c->code,
            .reason = secret_hide(t, slice_make(c->reason, c->reason_len), false),
            .messages_in = totals.messages_in,
            .messages_out = totals.messages_out,
        };
    }
}

void test_fail(struct test_run *t, const struct statement *st, const char *expected,
               const char *hint, const char *format, ...)
{
    struct result_failure *f = &t->failure;
    uint64_t now = clock_mono_us();
    char text[768];
    va_list args;

    if (t->failed)
        return; /* the first is reported */
    t->failed = true;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *f = (struct result_failure){
        .message = keep(t, text),
        .expected = keep_cut(t, expected),
        .hint = keep(t, hint),
        .source = keep_cut(t, st ? st->source : NULL),
    };
    if (st)
        f->place = (struct result_place){st->place.file, st->place.line, st->place.column};
    else
        f->place = (struct result_place){t->test->place.file, t->test->place.line, 0};
    if (t->waiting) {
        f->waited_us = now - t->wait_since_us;
        f->within_us = t->wait_until_us ? t->wait_until_us - t->wait_since_us : 0;
    }
    keep_seen(t);
    keep_conns(t);
    for (const struct script_conn *c = t->conns; c && !f->transcript; c = c->next) {
        if (!st || strcmp(c->name, st->conn) == 0)
            f->transcript = c->transcript_path;
    }
}
