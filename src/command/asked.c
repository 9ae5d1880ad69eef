#include "command/asked.h"

#include "base/clock.h"
#include "command/command.h"

void asked_init(struct asked *a)
{
    *a = (struct asked){0};
    inbox_init(&a->inbox, ASKED_COUNT, ASKED_BYTES);
    a->inbox.decoded = true;
}

void asked_clear(struct asked *a)
{
    if (a->waiting)
        expect_clear(&a->expect);
    inbox_clear(&a->inbox);
    a->waiting = false;
}

void asked_acted(struct commands *c)
{
    if (!c->asked.waiting)
        inbox_drop(&c->asked.inbox);
}

/* --- an answer ----------------------------------------------------------------------------------
 */

#define SHOWN 80

static void on_seen(void *ctx, const struct expect_wait *w, const struct came *c, const char *why)
{
    struct commands *commands = ctx;
    bool text = c->opcode != OPCODE_BINARY;

    (void)w;
    commands->asked.passed++;
    if (text && c->len > 0)
        commands_say(commands, "  %s: %.*s%s%s%s", came_name(c),
                     (int)(c->len < SHOWN ? c->len : SHOWN), c->data, c->len > SHOWN ? "..." : "",
                     why[0] ? ": " : "", why);
    else
        commands_say(commands, "  %s of %zu bytes%s%s", came_name(c), c->len, why[0] ? ": " : "",
                     why);
}

static void finish(struct commands *c, uint64_t now_us)
{
    struct asked *a = &c->asked;
    double ms = (double)(now_us - a->since_us) / 1000;

    if (a->wait.state == EXPECT_MET)
        commands_say(c, "as expected, after %.1f ms", ms);
    else
        commands_say(c, "not as expected, after %.1f ms: %s", ms, a->wait.why);
    expect_clear(&a->expect);
    a->waiting = false;
}

static void look(struct commands *c)
{
    struct asked *a = &c->asked;

    if (!a->waiting || a->wait.state != EXPECT_WAITS)
        return;
    expects_feed(&a->wait, 1, on_seen, c);
    if (a->wait.state != EXPECT_WAITS)
        c->hooks.alarm(c->hooks.ctx, 0); /* answered once what happens now has been shown */
}

void asked_event(struct commands *c, const struct event *ev)
{
    struct asked *a = &c->asked;

    if (!a->on || (!a->waiting && inbox_full(&a->inbox)))
        return;
    inbox_event(&a->inbox, ev);
    if (!a->waiting)
        return;
    look(c);
    if (ev->kind == EVENT_CLOSE || ev->kind == EVENT_ERROR || ev->kind == EVENT_RETRY)
        c->hooks.alarm(c->hooks.ctx, 0); /* is it over? */
}

static bool over(const struct commands *c)
{
    return !c->session || session_state(c->session) == SESSION_ENDED ||
           session_state(c->session) == SESSION_IDLE;
}

static void fail(struct asked *a, const char *why)
{
    a->wait.state = EXPECT_FAILED;
    snprintf(a->wait.why, sizeof a->wait.why, "%s", why);
}

/* What depends on more than what was received: the time, the state, the counts. */
static void judge(struct commands *c, uint64_t now_us)
{
    struct asked *a = &c->asked;
    bool none = a->expect.what == EXPECT_NONE;

    if (a->expect.what == EXPECT_NO_GAP && c->session) {
        struct totals totals = session_totals(c->session);

        if (totals.missed == totals.recovered)
            a->wait.state = EXPECT_MET;
    }
    if (a->wait.state != EXPECT_WAITS)
        return;
    if (none && now_us >= a->until_us)
        a->wait.state = EXPECT_MET;
    else if (!none && over(c))
        fail(a, a->wait.why[0] ? a->wait.why : "there is no connection on which it could come");
    else if (now_us >= a->until_us)
        fail(a, a->wait.why[0] ? a->wait.why
                : a->passed    ? "nothing that came matches"
                               : "nothing of the kind came");
}

void asked_wake(struct commands *c, uint64_t now_us)
{
    struct asked *a = &c->asked;

    if (!a->waiting)
        return;
    look(c);
    judge(c, now_us);
    if (a->wait.state == EXPECT_WAITS)
        return;
    finish(c, now_us);
}

int command_expect(struct commands *c, const char *args, struct err *e)
{
    struct asked *a = &c->asked;
    uint64_t now = clock_mono_us();

    if (a->waiting) {
        err_set(e, EXIT_OTHER, STAGE_USAGE, 0, "the last /expect is still waiting");
        return -1;
    }
    if (expect_parse(&a->expect, args, NULL, e) < 0) {
        expect_clear(&a->expect);
        return -1;
    }
    if (expect_of_proxy(&a->expect)) {
        expect_clear(&a->expect);
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "that is expected of a proxy, which scripts have");
        err_hint(e, "\"proxy start\" in wscope-script(5)");
        return -1;
    }
    a->waiting = true;
    a->passed = 0;
    a->since_us = now;
    a->until_us = now + expect_limit_us(&a->expect, EXPECT_WITHIN_US);
    a->inbox.frames = a->expect.what == EXPECT_FRAME;
    a->wait = (struct expect_wait){.expect = &a->expect, .inbox = &a->inbox};
    commands_wake(c);
    return 0;
}
