/*
 * probe_stages: the table of stages, and those that are about the handshake.
 */
#include <stdlib.h>

#include "probe/advice.h"
#include "verb/probe/probe_private.h"

static const struct probe_row rows[] = {
    {PROBE_DNS, 0, false, probe_dns},
    {PROBE_TCP, FACT_NAME, true, probe_tcp},
    {PROBE_TLS, FACT_TCP, false, probe_tls_begin},
    {PROBE_PATH, FACT_TCP | FACT_TLS, true, probe_path},
    {PROBE_AUTH, FACT_ANSWER, false, probe_auth},
    {PROBE_ORIGIN, FACT_ANSWER, false, probe_origin},
    {PROBE_SUBPROTOCOL, FACT_ANSWER, false, probe_subprotocol},
    {PROBE_EXTENSIONS, FACT_ANSWER, true, probe_extensions},
    {PROBE_BROWSER, FACT_ANSWER, true, probe_browser},
    {PROBE_PING, FACT_OPEN, true, probe_ping},
    {PROBE_CLOSE, FACT_OPEN, true, probe_close},
    {PROBE_SIZES, 0, false, probe_sizes},
    {PROBE_IDLE, 0, false, probe_lanes},
    {PROBE_SLOW, 0, false, probe_slow},
};

const struct probe_row *probe_row(size_t index)
{
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}

const char *probe_lacks(const struct probe_front *front, unsigned needs)
{
    static const struct {
        unsigned fact;
        const char *lack;
    } lacks[] = {
        {FACT_NAME, "the server has no address"},
        {FACT_TCP, "no address was reached"},
        {FACT_TLS, "TLS failed"},
        {FACT_ANSWER, "no handshake was possible"},
        {FACT_OPEN, "no WebSocket is open"},
    };
    unsigned missing = needs & ~front->facts;

    if (missing == FACT_TLS && front->tls.error.code == EXIT_CERT)
        return "the certificate is not trusted, and the request has a query, headers or "
               "credentials that only the server may see";
    for (size_t i = 0; i < sizeof lacks / sizeof lacks[0]; i++) {
        if (missing & lacks[i].fact)
            return lacks[i].lack;
    }
    return NULL;
}

/* --- visits -------------------------------------------------------------------------------------
 */

/* NULL: given up. */
static struct visit *visit(struct probe_front *front, struct visit_plan plan,
                           void (*settled)(void *ctx, struct visit *v))
{
    const struct visit_hooks hooks = {.settled = settled, .event = NULL, .ctx = front};
    struct visit *v = NULL;
    struct err e;

    plan.insecure = front->insecure;
    err_set(&e, EXIT_OTHER, STAGE_CONNECT, 0, "there are too many connections");
    if (front->visit_count < PROBE_VISITS_MAX)
        v = visit_new(front->app, &plan, &hooks, &e);
    if (v)
        front->visits[front->visit_count++] = v;
    else
        probe_give_up(front, &e);
    return v;
}

/* Pings and the Close go to the first connection that is open. */
static void offer_talk(struct probe_front *front, struct visit *v)
{
    if (probe_outcome_of(&v->seen) != OUTCOME_OPEN || front->talk)
        return;
    front->talk = v;
    front->facts |= FACT_OPEN;
    front->report.opened = true;
}

/* One of those that the stage waits for; true: it was the last. */
static bool came(struct probe_front *front)
{
    return front->pending > 0 && --front->pending == 0;
}

/* --- path ---------------------------------------------------------------------------------------
 */

static void judge_path(struct probe_front *front)
{
    probe_judge_path(&front->report, &front->asked, &front->plain.answer, &front->main->seen,
                     &front->around);
    front->facts |= FACT_ANSWER;
    offer_talk(front, front->main);
    probe_next(front);
}

static void elsewhere_is_known(struct probe_front *front)
{
    front->around.socketio = probe_is_socketio(&front->elsewhere.answer);
    judge_path(front);
}

static void ask_elsewhere(struct probe_front *front)
{
    struct err e;

    if (!front->elsewhere_url)
        judge_path(front);
    else if (plain_begin(&front->elsewhere, front, front->elsewhere_url, elsewhere_is_known, &e) <
             0)
        probe_give_up(front, &e);
}

static void tls_is_known(struct probe_front *front)
{
    front->around.tls = front->tls.look_error.code == EXIT_OK;
    if (front->around.tls)
        judge_path(front);
    else
        ask_elsewhere(front);
}

/* Servers with TLS end a connection that speaks HTTP, or refuse its request. */
static bool may_be_tls(const struct probe_front *front)
{
    int status = front->main->seen.answer.status;

    return !front->asked.secure && !front->asked.unix_socket && (status == 0 || status == 400) &&
           status == front->plain.answer.status;
}

/* Where nothing fits at the URL, something may be near it. */
static void path_over(struct probe_front *front)
{
    if (!came(front))
        return;
    if (!probe_may_be_elsewhere(&front->plain.answer, &front->main->seen))
        judge_path(front);
    else if (may_be_tls(front))
        probe_way_try_tls(front, tls_is_known);
    else
        ask_elsewhere(front);
}

static void on_main(void *ctx, struct visit *v)
{
    (void)v;
    path_over(ctx);
}

void probe_path(struct probe_front *front)
{
    struct err e;

    front->pending = 2;
    front->main = visit(front, (struct visit_plan){.keep = true}, on_main);
    if (front->main && plain_begin(&front->plain, front, NULL, path_over, &e) < 0)
        probe_give_up(front, &e);
}

/* --- auth ---------------------------------------------------------------------------------------
 */

static void auth_over(struct probe_front *front)
{
    probe_judge_auth(&front->report, &front->asked, &front->main->seen,
                     front->bare ? &front->bare->seen : NULL);
    probe_next(front);
}

static void on_bare(void *ctx, struct visit *v)
{
    (void)v;
    auth_over(ctx);
}

void probe_auth(struct probe_front *front)
{
    if (!front->asked.credentials) {
        auth_over(front);
        return;
    }
    front->bare = visit(front, (struct visit_plan){.no_credentials = true}, on_bare);
}

/* --- origin -------------------------------------------------------------------------------------
 */

/* A name that cannot exist (RFC 6761, section 6.4). */
#define FOREIGN "https://wscope-origin-test.invalid"

static void on_foreign(void *ctx, struct visit *v)
{
    struct probe_front *front = ctx;

    probe_judge_origin(&front->report, &front->asked, &front->main->seen, &v->seen, FOREIGN);
    probe_next(front);
}

void probe_origin(struct probe_front *front)
{
    if (!front->own->origin_test)
        probe_next(front);
    else
        front->foreign = visit(front, (struct visit_plan){.origin = FOREIGN}, on_foreign);
}

/* --- subprotocol --------------------------------------------------------------------------------
 */

static void on_without_subprotocol(void *ctx, struct visit *v)
{
    struct probe_front *front = ctx;

    probe_judge_subprotocol(&front->report, &front->asked, &front->main->seen, &v->seen);
    offer_talk(front, v);
    probe_next(front);
}

void probe_subprotocol(struct probe_front *front)
{
    const struct probe_seen *seen = &front->main->seen;

    if (front->asked.subprotocols && probe_outcome_of(seen) != OUTCOME_OPEN) {
        visit(front, (struct visit_plan){.no_subprotocols = true, .keep = true},
              on_without_subprotocol);
        return;
    }
    probe_judge_subprotocol(&front->report, &front->asked, seen, NULL);
    probe_next(front);
}

/* --- extensions ---------------------------------------------------------------------------------
 */

static void on_without_deflate(void *ctx, struct visit *v)
{
    struct probe_front *front = ctx;

    probe_judge_extensions(&front->report, &front->asked, &front->main->seen, &v->seen);
    offer_talk(front, v);
    probe_next(front);
}

void probe_extensions(struct probe_front *front)
{
    const struct probe_seen *seen = &front->main->seen;

    if (front->asked.deflate && probe_outcome_of(seen) != OUTCOME_OPEN) {
        visit(front, (struct visit_plan){.no_deflate = true, .keep = true}, on_without_deflate);
        return;
    }
    probe_judge_extensions(&front->report, &front->asked, seen, NULL);
    probe_next(front);
}

/* --- browser ------------------------------------------------------------------------------------
 */

/* The steps up to and including this one, as far as they differ from the options' request. */
static struct visit_plan browser_plan(const struct probe_front *front, enum probe_step last)
{
    struct visit_plan plan = {.browser = (2u << last) - 1};

    if (plan.browser & (1u << STEP_ORIGIN))
        plan.origin = front->asked.own_origin ? NULL : front->origin;
    return plan;
}

/* Has the options' request something that this step takes away, or not what it adds? */
static bool step_differs(const struct probe_front *front, enum probe_step step)
{
    const struct connect_options *o = front->app->connect;

    switch (step) {
    case STEP_CREDENTIALS:
        return front->asked.header_fields || o->handshake.authorization || o->ws.header_cmd;
    case STEP_ORIGIN:
        return !front->asked.own_origin;
    default:
        return true;
    }
}

static void judge_browser(struct probe_front *front)
{
    const struct probe_seen *steps[STEP_COUNT] = {NULL};

    for (int i = 0; i < STEP_COUNT; i++)
        steps[i] = front->steps[i] ? &front->steps[i]->seen : NULL;
    probe_judge_browser(&front->report, &front->asked, &front->main->seen, &front->browser->seen,
                        steps);
    offer_talk(front, front->browser);
    probe_next(front);
}

static void on_step(void *ctx, struct visit *v)
{
    (void)v;
    if (came(ctx))
        judge_browser(ctx);
}

static void on_browser(void *ctx, struct visit *v)
{
    struct probe_front *front = ctx;

    if (probe_outcomes_same(&front->main->seen, &v->seen)) {
        judge_browser(front);
        return;
    }
    front->pending = 1;
    for (int i = 0; i < STEP_COUNT && !front->over; i++) {
        if (!step_differs(front, (enum probe_step)i))
            continue;
        front->pending++;
        front->steps[i] = visit(front, browser_plan(front, (enum probe_step)i), on_step);
    }
    if (!front->over && came(front))
        judge_browser(front);
}

void probe_browser(struct probe_front *front)
{
    struct visit_plan plan = browser_plan(front, STEP_COUNT - 1);

    plan.keep = front->talk == NULL;
    front->browser = visit(front, plan, on_browser);
}
