/* The lines of a test, one after the other, as far as they can be gone without waiting. */
#include <stdio.h>

#include "base/clock.h"
#include "base/codec.h"
#include "verb/run/script_private.h"

/* --- lines --------------------------------------------------------------------------------------
 */

bool test_wait_until(struct test_run *t, const struct statement *st, uint64_t us)
{
    uint64_t now = clock_mono_us();

    if (t->waiting != st) {
        t->waiting = st;
        t->wait_since_us = now;
        t->wait_until_us = now + us;
        t->wait_pending = 0;
        t->wait_ran = false;
        t->seen_count = 0;
    }
    if (now >= t->wait_until_us)
        return false;
    test_alarm(t, t->wait_until_us);
    return true;
}

static enum line_done do_sleep(struct test_run *t, const struct statement *st)
{
    char *text = test_fill(t, st, st->args);
    uint64_t us;

    if (!text)
        return LINE_FAILED;
    if (duration_parse(slice_str(text), &us) < 0) {
        test_fail(t, st, "", "", "\"sleep\" takes a number of seconds, not \"%.60s\"", text);
        return LINE_FAILED;
    }
    if (test_wait_until(t, st, us))
        return LINE_WAITS;
    t->waiting = NULL;
    return LINE_DONE;
}

/* --- connections --------------------------------------------------------------------------------
 */

char *test_url(struct test_run *t, const struct statement *st, const char *given)
{
    const char *base = t->job->run->base, *url = given && given[0] ? given : NULL;
    size_t n = strlen(base), size;
    char *text;

    for (const struct setting_made *s = t->settings; s && !(given && given[0]); s = s->next) {
        if (s->kind == STATEMENT_URL && (!s->conn[0] || strcmp(s->conn, st->conn) == 0))
            url = s->text;
    }
    if (!url)
        url = t->job->run->server ? "/echo" : "";
    if (url[0] && url[0] != '/')
        n = 0;
    else if (url[0] == '/' && n > 0 && base[n - 1] == '/')
        n--;
    size = n + strlen(url) + 1;
    text = arena_alloc(&t->line, size);
    if (text)
        snprintf(text, size, "%.*s%s", (int)n, base, url);
    return text;
}

enum line_done test_fail_with(struct test_run *t, const struct statement *st, struct err *e)
{
    commands_unslash(e->text);
    commands_unslash(e->hint);
    test_fail(t, st, "", e->hint, "%s%s%s", st->conn, st->conn[0] ? ": " : "", e->text);
    return LINE_FAILED;
}

static enum line_done do_connect(struct test_run *t, const struct statement *st)
{
    struct err e;
    struct script_conn *c = conn_get(t, st->conn, &e);
    char *args = c ? line_arguments(t, st) : NULL, *url = args ? test_url(t, st, args) : NULL;

    if (!c)
        return test_fail_with(t, st, &e);
    if (!args)
        return LINE_FAILED;
    if (!url) {
        test_fail(t, st, "", "", "out of memory");
        return LINE_FAILED;
    }
    /* A Close is under way: the new connection is for after it. */
    if (c->session && session_state(c->session) == SESSION_CLOSING &&
        test_wait_until(t, st, t->timeout_us))
        return LINE_WAITS;
    t->waiting = NULL;
    if (conn_connect(c, url, &e) < 0)
        return test_fail_with(t, st, &e);
    return LINE_DONE;
}

/* A line that makes progress may take longer. */
static void renew(struct test_run *t, const struct script_conn *c)
{
    size_t left = c->session ? session_pending(c->session) : 0;

    left += (size_t)c->commands.transfer.done;
    if (left == t->wait_pending)
        return;
    t->wait_pending = left;
    t->wait_until_us = clock_mono_us() + t->timeout_us;
}

static bool busy(const struct script_conn *c)
{
    return c->commands.transfer.phase != TRANSFER_IDLE ||
           (conn_open(c) && session_full(c->session));
}

static bool coming(const struct script_conn *c)
{
    return !conn_over(c) || c->reopen;
}

/* Until the connection is open and takes what is to be sent. */
static enum line_done wait_ready(struct test_run *t, const struct statement *st,
                                 struct script_conn *c)
{
    uint64_t limit = t->timeout_us;
    char end[512];

    if (conn_open(c) && !busy(c))
        return LINE_DONE;
    if (c->options && limit < c->options->connect->ws.connect_timeout_us)
        limit = c->options->connect->ws.connect_timeout_us;
    if (coming(c)) {
        if (session_state(c->session) == SESSION_CLOSING && !c->reopen) {
            test_fail(t, st, "", "", "%s%sthe connection is being closed", st->conn,
                      st->conn[0] ? ": " : "");
            return LINE_FAILED;
        }
        if (t->waiting == st && busy(c))
            renew(t, c);
        if (test_wait_until(t, st, limit))
            return LINE_WAITS;
    }
    if (conn_open(c))
        snprintf(end, sizeof end, "the peer does not read what is sent");
    else if (coming(c))
        snprintf(end, sizeof end, "the connection did not open in time");
    else
        conn_tell_end(c, end, sizeof end);
    test_fail(t, st, "", "", "%s%s%s", st->conn, st->conn[0] ? ": " : "", end);
    return LINE_FAILED;
}

/* A file is on its way: the line is over when it is. */
static enum line_done wait_sent(struct test_run *t, const struct statement *st,
                                struct script_conn *c)
{
    if (c->commands.transfer.phase != TRANSFER_IDLE) {
        renew(t, c);
        if (test_wait_until(t, st, t->timeout_us))
            return LINE_WAITS;
        c->commands.transfer_failed = true;
    }
    t->waiting = NULL;
    if (!c->commands.transfer_failed)
        return LINE_DONE;
    test_fail(t, st, "", "", "%s%sthe file was not sent to its end", st->conn,
              st->conn[0] ? ": " : "");
    return LINE_FAILED;
}

static enum line_done do_command(struct test_run *t, const struct statement *st)
{
    struct script_conn *c = conn_find(t, st->conn);
    enum line_done ready;
    struct err e;
    char *args;

    if (!c || !c->session) {
        test_fail(t, st, "", "\"connect\" opens one", "%s%sthere is no connection", st->conn,
                  st->conn[0] ? ": " : "");
        return LINE_FAILED;
    }
    if (t->waiting == st && t->wait_ran)
        return wait_sent(t, st, c);
    if (st->row->where != COMMAND_BOTH) {
        ready = wait_ready(t, st, c);
        if (ready != LINE_DONE)
            return ready;
    }
    t->waiting = NULL;
    args = line_arguments(t, st);
    if (!args)
        return LINE_FAILED;
    err_clear(&e);
    c->commands.transfer_failed = false;
    if (strcmp(st->row->name, "close") == 0)
        c->judged = true;
    if (st->row->run(&c->commands, args, &e) < 0) {
        if (e.code == EXIT_OTHER && c->inbox.broken)
            err_set(&e, EXIT_OTHER, STAGE_PROTOCOL, 0, "the peer broke a rule: %s",
                    c->inbox.broken->data);
        return test_fail_with(t, st, &e);
    }
    if (c->commands.transfer.phase == TRANSFER_IDLE)
        return LINE_DONE;
    t->waiting = NULL;
    (void)test_wait_until(t, st, t->timeout_us);
    t->wait_ran = true; /* and continues by itself */
    return LINE_WAITS;
}

static enum line_done do_expect(struct test_run *t, const struct statement *st)
{
    if (t->waiting != st && wait_begin(t, st) < 0) {
        wait_end(t);
        return LINE_FAILED;
    }
    if (!wait_look(t))
        return LINE_WAITS;
    wait_end(t);
    return t->failed ? LINE_FAILED : LINE_DONE;
}

/* --- the order of things ------------------------------------------------------------------------
 */

static enum line_done do_repeat(struct test_run *t, const struct statement *st)
{
    struct test_block *b = &t->blocks[t->depth];
    char *args = test_fill(t, st, st->args);
    uint64_t rounds;

    if (!args)
        return LINE_FAILED;
    if (!script_rounds(args, &rounds)) {
        test_fail(t, st, "", "", "\"repeat\" takes a number from 1 to %d, not \"%.60s\"",
                  SCRIPT_REPEAT_MAX, args);
        return LINE_FAILED;
    }
    t->depth++;
    *b = (struct test_block){.next = st->body, .repeat = st, .round = 1, .rounds = rounds};
    snprintf(b->round_text, sizeof b->round_text, "1");
    return LINE_DONE;
}

static enum line_done do_line(struct test_run *t, const struct statement *st)
{
    switch (st->kind) {
    case STATEMENT_URL:
    case STATEMENT_HEADER:
    case STATEMENT_OPTION:
        return line_setting(t, st);
    case STATEMENT_SET:
        return line_set(t, st);
    case STATEMENT_SLEEP:
        return do_sleep(t, st);
    case STATEMENT_CAPTURE:
        return line_capture(t, st);
    case STATEMENT_CONNECT:
        return do_connect(t, st);
    case STATEMENT_EXPECT:
    case STATEMENT_ANY_ORDER:
        return do_expect(t, st);
    case STATEMENT_PROXY:
        return line_proxy(t, st);
    case STATEMENT_REPEAT:
        return do_repeat(t, st);
    default:
        return do_command(t, st);
    }
}

/* The block has ended: repeat it, or continue after it. */
static void leave_block(struct test_run *t)
{
    struct test_block *b = &t->blocks[t->depth - 1];

    if (b->repeat && b->round < b->rounds) {
        b->round++;
        snprintf(b->round_text, sizeof b->round_text, "%llu", (unsigned long long)b->round);
        b->next = b->repeat->body;
    } else {
        t->depth--;
    }
}

/* Lines that are run at once; then the loop has its turn, so that a long test does not block
 * others. */
#define LINES_AT_ONCE 1000

/* True when the lines of this phase are over. */
static bool run_lines(struct test_run *t)
{
    for (unsigned lines = 0; t->depth > 0; lines++) {
        struct test_block *b = &t->blocks[t->depth - 1];
        const struct statement *st = b->next;
        enum line_done done;

        if (!st) {
            leave_block(t);
            continue;
        }
        if (lines == LINES_AT_ONCE) {
            job_kick(t->job);
            return false;
        }
        done = do_line(t, st);
        if (done == LINE_WAITS)
            return false;
        t->waiting = NULL;
        arena_free(&t->line);
        b->next = st->next;
        if (done == LINE_FAILED)
            return true;
    }
    return true;
}

static void fail_on_loss(struct test_run *t, const struct script_conn *c)
{
    struct totals totals = session_totals(c->session);

    if (totals.lost > 0)
        test_fail(t, NULL, "", "", "%s%s%llu messages were lost (option fail-on-loss)", c->name,
                  c->name[0] ? ": " : "", (unsigned long long)totals.lost);
}

/* An attempt that failed, or is still going on, and that no line was about. */
static bool settled(struct test_run *t)
{
    char end[512];

    for (struct script_conn *c = t->conns; c && !t->failed; c = c->next) {
        if (c->session && c->options->connect->account.fail_on_loss)
            fail_on_loss(t, c);
        if (!c->session || (!c->reopen && (c->judged || c->opened)))
            continue;
        if (coming(c))
            return false; /* its own time limit ends it */
        conn_tell_end(c, end, sizeof end);
        test_fail(t, NULL, "", "\"expect error\" or \"expect status\" expects that",
                  "%s%sthe connection did not open, and no line expects that: %s", c->name,
                  c->name[0] ? ": " : "", end);
    }
    return true;
}

static void begin_phase(struct test_run *t, const struct statement *lines)
{
    t->blocks[0] = (struct test_block){.next = lines};
    t->depth = lines ? 1 : 0;
}

static void next_phase(struct test_run *t)
{
    const struct script *s = t->job->script;

    t->phase++;
    switch (t->phase) {
    case TEST_SETUP:
        begin_phase(t, s->setup);
        break;
    case TEST_BODY:
        begin_phase(t, t->test->body);
        break;
    case TEST_TEARDOWN:
        begin_phase(t, s->teardown);
        break;
    default:
        begin_phase(t, NULL);
    }
}

static void begin_closing(struct test_run *t)
{
    uint64_t now = clock_mono_us();

    for (struct script_conn *c = t->conns; c; c = c->next) {
        c->reopen = false;
        if (!conn_over(c)) {
            inbox_drop(&c->inbox);
            session_discard(c->session);
            session_pause(c->session, false);
            session_close(c->session, CLOSE_NORMAL, "", SCRIPT_CLOSE_US, ASKED_CLOSE);
        }
    }
    t->wait_until_us = now + SCRIPT_CLOSE_US;
    test_alarm(t, t->wait_until_us);
}

static bool all_over(const struct test_run *t)
{
    for (const struct script_conn *c = t->conns; c; c = c->next) {
        if (!conn_over(c))
            return false;
    }
    return true;
}

void test_step(struct test_run *t)
{
    bool failed = t->failed;

    for (struct script_conn *c = t->conns; c; c = c->next)
        conn_reopen(c);
    while (t->phase < TEST_CLOSING) {
        if (t->phase == TEST_SETTLE ? !settled(t) : !run_lines(t))
            return;
        if (t->failed && !failed && t->phase < TEST_SETTLE)
            t->phase = TEST_SETTLE; /* teardown is for failed tests too */
        failed = t->failed;
        next_phase(t);
        if (t->phase == TEST_CLOSING)
            begin_closing(t);
    }
    if (all_over(t) || clock_mono_us() >= t->wait_until_us)
        test_over(t);
}
