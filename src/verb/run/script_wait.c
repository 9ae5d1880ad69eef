/* Expectations that wait, and what becomes of them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/plural.h"
#include "base/utf8.h"
#include "verb/run/script_private.h"

static struct script_conn *conn_of(const struct test_run *t, const struct inbox *in)
{
    struct script_conn *c = t->conns;

    while (c && &c->inbox != in)
        c = c->next;
    return c;
}

static void on_seen(void *ctx, const struct expect_wait *w, const struct came *came,
                    const char *why)
{
    struct test_run *t = ctx;
    const struct script_conn *c = conn_of(t, w->inbox);

    if (c)
        test_seen(t, c, came, why);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static size_t count_lines(const struct statement *st)
{
    size_t n = 0;

    if (st->kind != STATEMENT_ANY_ORDER)
        return 1;
    st = st->body; /* a block is never empty */
    do
        n++;
    while ((st = st->next) != NULL);
    return n;
}

/* What the expectation of a line looks at. NULL: the test has failed. */
static struct inbox *inbox_of(struct test_run *t, const struct statement *st,
                              const struct expect *x)
{
    struct script_conn *c = conn_find(t, st->conn);
    bool proxy = expect_of_proxy(x);
    struct inbox *in = proxy ? proxy_inbox(t, st->conn) : c && c->session ? &c->inbox : NULL;

    if (!in)
        test_fail(t, st, "", "", "%s%sthere is no %s", st->conn, st->conn[0] ? ": " : "",
                  proxy ? "proxy" : "connection");
    return in;
}

/* One line of those that wait. */
static int add(struct test_run *t, const struct statement *st)
{
    size_t i = t->wait_count;
    char *args = test_fill(t, st, st->args), *here = NULL;
    struct inbox *in;
    struct err e;

    if (!args || (st->here && !(here = test_fill(t, st, st->here))))
        return -1;
    t->wait_count++;
    if (expect_parse(&t->expects[i], args, here, &e) < 0) {
        test_fail(t, st, "", e.hint, "%s", e.text);
        return -1;
    }
    in = inbox_of(t, st, &t->expects[i]);
    if (!in)
        return -1;
    t->waits[i] = (struct expect_wait){.expect = &t->expects[i], .inbox = in};
    t->wait_lines[i] = st;
    t->wait_limits[i] = t->wait_since_us + expect_limit_us(&t->expects[i], t->timeout_us);
    if (t->wait_limits[i] > t->wait_until_us)
        t->wait_until_us = t->wait_limits[i];
    return 0;
}

int wait_begin(struct test_run *t, const struct statement *st)
{
    size_t count = count_lines(st);
    const struct statement *line = st->kind == STATEMENT_ANY_ORDER ? st->body : st;

    t->waiting = st;
    t->wait_since_us = clock_mono_us();
    t->wait_until_us = 0;
    t->wait_count = 0;
    t->seen_count = 0;
    t->expects = calloc(count, sizeof *t->expects);
    t->waits = calloc(count, sizeof *t->waits);
    t->wait_lines = calloc(count, sizeof *t->wait_lines);
    t->wait_limits = calloc(count, sizeof *t->wait_limits);
    if (!t->expects || !t->waits || !t->wait_lines || !t->wait_limits) {
        test_fail(t, st, "", "", "out of memory");
        return -1;
    }
    for (size_t i = 0; i < count; i++, line = line->next) {
        if (add(t, line) < 0)
            return -1;
    }
    return 0;
}

void wait_end(struct test_run *t)
{
    for (size_t i = 0; i < t->wait_count; i++)
        expect_clear(&t->expects[i]);
    free(t->expects);
    free(t->waits);
    free(t->wait_lines);
    free(t->wait_limits);
    t->expects = NULL;
    t->waits = NULL;
    t->wait_lines = NULL;
    t->wait_limits = NULL;
    t->wait_count = 0;
    t->waiting = NULL;
}

/* What the line expects, in one line; values from the environment stay hidden. */
struct hiding {
    struct test_run *test;
    char name[SCRIPT_NAME_MAX + 8];
};

static const char *hidden(void *ctx, const char *name)
{
    struct hiding *h = ctx;

    if (strncmp(name, "env:", 4) == 0) {
        snprintf(h->name, sizeof h->name, "{{%s}}", name);
        return h->name;
    }
    for (const struct variable *v = h->test->variables; v; v = v->next) {
        if (v->value && strcmp(v->name, name) == 0)
            return v->value;
    }
    snprintf(h->name, sizeof h->name, "{{%s}}", name);
    return h->name;
}

/* Empty if memory is out, or if it is too long to be useful. */
static const char *tell_expected(struct test_run *t, const struct statement *st, struct buf *out)
{
    struct hiding h = {.test = t};
    char missing[SCRIPT_NAME_MAX];

    if (script_fill(out, st->args, hidden, &h, missing) < 0 ||
        (st->here &&
         (buf_append_str(out, " ") < 0 || script_fill(out, st->here, hidden, &h, missing) < 0)) ||
        buf_append(out, "", 1) < 0)
        return "";
    return (const char *)buf_data(out);
}

/* At most this much of the expectation is in the message; all of it is reported separately. */
#define EXPECTED_SHOWN 80

/* How much of it that is: the first line without its time limit, and no half character. */
static int expected_length(const char *expected)
{
    const char *within = strstr(expected, " within ");
    size_t n = strcspn(expected, "\n");

    if (within && (size_t)(within - expected) < n && !strchr(within + 8, ' '))
        n = (size_t)(within - expected);
    return (int)utf8_cut(slice_str(expected), n < EXPECTED_SHOWN ? n : EXPECTED_SHOWN);
}

static void fail_wait(struct test_run *t, size_t i, const char *why)
{
    const struct statement *st = t->wait_lines[i];
    struct buf expected;
    const char *text;

    buf_init(&expected, 65536);
    text = tell_expected(t, st, &expected);
    test_fail(t, st, text, "", "%s%sexpect %.*s: %s", st->conn, st->conn[0] ? ": " : "",
              expected_length(text), text, why);
    buf_clear(&expected);
}

static bool about_opening(enum expect_what what)
{
    return what == EXPECT_STATUS || what == EXPECT_HEADER || what == EXPECT_ERROR ||
           what == EXPECT_CLOSE;
}

/* The peer broke a rule: nothing that this connection receives matters any longer. */
static bool judge_broken(struct test_run *t, size_t i, const struct script_conn *c)
{
    struct expect_wait *w = &t->waits[i];
    enum came_class which = expect_class(w->expect);
    char text[900];

    if (!c->inbox.broken || (which == CAME_CLASSES ? w->expect->what != EXPECT_NONE
                                                   : which == CAME_LIFE || which == CAME_GAPS))
        return false;
    snprintf(text, sizeof text, "%sthe peer broke a rule: %.700s",
             which == CAME_CLASSES ? "" : "it did not come: ", c->inbox.broken->data);
    fail_wait(t, i, text);
    return true;
}

/* An end that the script caused, whether or not in the intended way. */
static bool asked_for(const struct came *end)
{
    return end->kind == EVENT_CLOSE && end->by == CLOSE_BY_LOCAL &&
           end->how != CLOSE_HOW_VIOLATION && end->how != CLOSE_HOW_PING_TIMEOUT &&
           end->how != CLOSE_HOW_HANDSHAKE;
}

/* Of those that wait for something that can no longer come. */
static void judge_over(struct test_run *t, size_t i, const struct script_conn *c)
{
    struct expect_wait *w = &t->waits[i];
    char end[512], text[900];

    if (w->expect->what == EXPECT_NONE) {
        if (c->inbox.ended && !asked_for(c->inbox.ended)) {
            conn_tell_end(c, end, sizeof end);
            fail_wait(t, i, end);
            w->state = EXPECT_FAILED;
        }
        return;
    }
    conn_tell_end(c, end, sizeof end);
    snprintf(text, sizeof text, "it did not come: %.250s%s%.500s", w->why[0] ? w->why : end,
             w->why[0] ? "; " : "", w->why[0] ? end : "");
    fail_wait(t, i, text);
    w->state = EXPECT_FAILED;
}

static struct decimal_text waited(const struct test_run *t, size_t i)
{
    return decimal_millionths(t->wait_limits[i] - t->wait_since_us);
}

static void judge_time(struct test_run *t, size_t i)
{
    struct expect_wait *w = &t->waits[i];
    char text[512];
    struct decimal_text s = waited(t, i);

    if (w->expect->what == EXPECT_NONE) {
        w->state = EXPECT_MET;
        return;
    }
    if (w->why[0])
        snprintf(text, sizeof text, "not in %s s: %s", s.text, w->why);
    else if (!conn_open(conn_of(t, w->inbox)))
        snprintf(text, sizeof text, "it did not come in %s s: %s", s.text,
                 conn_opening(conn_of(t, w->inbox)));
    else if (t->seen_count > 0)
        snprintf(text, sizeof text, "it did not come in %s s; %llu other%s did", s.text,
                 (unsigned long long)t->seen_count, plural(t->seen_count));
    else
        snprintf(text, sizeof text, "it did not come in %s s, nor did anything else of the kind",
                 s.text);
    w->state = EXPECT_FAILED;
    fail_wait(t, i, text);
}

/* Of the clients of a proxy. */
static void judge_proxy(struct test_run *t, size_t i, uint64_t now)
{
    struct expect_wait *w = &t->waits[i];
    const struct script_proxy *p = proxy_of(t, w->inbox);
    char text[EXPECT_WHY + 64];

    if (w->state != EXPECT_WAITS)
        return;
    if (w->expect->what == EXPECT_REPORT && proxy_report_fits(p, w->expect->name, w->why)) {
        w->state = EXPECT_MET;
        return;
    }
    if (now < t->wait_limits[i])
        return;
    if (w->expect->what == EXPECT_BACK)
        proxy_tell_away(p, w->why);
    snprintf(text, sizeof text, "not in %s s: %s", waited(t, i).text, w->why);
    w->state = EXPECT_FAILED;
    fail_wait(t, i, text);
}

static void judge(struct test_run *t, size_t i, uint64_t now)
{
    struct expect_wait *w = &t->waits[i];
    struct script_conn *c = conn_of(t, w->inbox);
    char text[EXPECT_WHY + 64];

    if (!c) {
        judge_proxy(t, i, now);
        return;
    }
    if (w->state == EXPECT_WAITS && w->expect->what == EXPECT_NO_GAP) {
        struct totals totals = session_totals(c->session);

        if (totals.missed == totals.recovered)
            w->state = EXPECT_MET;
        else
            snprintf(w->why, sizeof w->why, "%llu of %llu missing numbers did not come",
                     (unsigned long long)(totals.missed - totals.recovered),
                     (unsigned long long)totals.missed);
    }
    if (w->state == EXPECT_FAILED) {
        snprintf(text, sizeof text, "%s%s", w->expect->next ? "something else came first: " : "",
                 w->why);
        fail_wait(t, i, text);
    }
    if (w->state != EXPECT_WAITS)
        return;
    if (c->inbox.missed)
        fail_wait(t, i, "something that came is too large to be examined");
    else if (judge_broken(t, i, c))
        w->state = EXPECT_FAILED;
    else if (conn_over(c) && !c->reopen)
        judge_over(t, i, c);
    else if ((w->expect->what == EXPECT_STATUS || w->expect->what == EXPECT_HEADER) &&
             conn_open(c) && c->inbox.response)
        fail_wait(t, i, w->why); /* no other answer will come */
    if (t->failed)
        w->state = EXPECT_FAILED;
    else if (w->state == EXPECT_WAITS && now >= t->wait_limits[i])
        judge_time(t, i);
}

void wait_fail(struct test_run *t, const char *why)
{
    for (size_t i = 0; i < t->wait_count && !t->failed; i++) {
        if (t->waits[i].state == EXPECT_WAITS)
            fail_wait(t, i, why);
    }
}

/* A report changes without an event. */
#define REPORT_EVERY_US 100000

static uint64_t next_look(const struct test_run *t, size_t i, uint64_t now)
{
    uint64_t soon = now + REPORT_EVERY_US;

    return t->waits[i].expect->what == EXPECT_REPORT && soon < t->wait_limits[i]
               ? soon
               : t->wait_limits[i];
}

bool wait_look(struct test_run *t)
{
    uint64_t now = clock_mono_us(), due = UINT64_MAX;
    bool waits = false;

    expects_feed(t->waits, t->wait_count, on_seen, t);
    for (size_t i = 0; i < t->wait_count && !t->failed; i++) {
        judge(t, i, now);
        if (t->waits[i].state == EXPECT_MET && t->wait_limits[i] != UINT64_MAX) {
            if (about_opening(t->waits[i].expect->what))
                conn_of(t, t->waits[i].inbox)->judged = true;
            t->wait_limits[i] = UINT64_MAX; /* counted */
            t->expectations++;
        }
        if (t->waits[i].state == EXPECT_WAITS) {
            waits = true;
            due = next_look(t, i, now) < due ? next_look(t, i, now) : due;
        }
    }
    for (struct script_conn *c = t->conns; c; c = c->next)
        conn_pause(c);
    if (t->failed || !waits)
        return true;
    test_alarm(t, due);
    return false;
}
