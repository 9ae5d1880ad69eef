/*
 * judge_browser: would it work in a browser? The first thing that a browser does differently and
 * that changes the outcome.
 */

#include "probe/judge.h"

static const struct {
    const char *what;   /* what was sent, or left out */
    const char *advice; /* if a browser fails because of it */
} steps_table[STEP_COUNT] = {
    [STEP_CREDENTIALS] =
        {"without the fields of -H and without Authorization, which no page can send",
         "browsers authenticate WebSockets with cookies, a token in the query or in the first "
         "message: the server has to accept one of them"},
    [STEP_ORIGIN] = {"with an Origin",
                     "add the Origin of the site that the page comes from to those that the server "
                     "allows; -o URL tries another"},
    [STEP_AGENT] = {"with a browser's User-Agent, Accept-Language and Accept-Encoding",
                    "a rule of the server, or of a firewall before it, rejects these headers"},
    [STEP_CACHE] = {"with Cache-Control: no-cache and Pragma: no-cache",
                    "a cache before the server rejects these headers: it has to let upgrades pass"},
    [STEP_FETCH] =
        {"with Sec-Fetch-Dest, Sec-Fetch-Mode and Sec-Fetch-Site",
         "a rule of the server, or of a firewall before it, rejects Sec-Fetch headers: it "
         "has to allow Sec-Fetch-Mode: websocket"},
    [STEP_EXTENSIONS] =
        {"with the offer permessage-deflate; client_max_window_bits",
         "the server has to ignore extensions that it does not know (RFC 6455, section 9.1)"},
};

/* The first step that ends otherwise than what was before it, or STEP_COUNT. */
static int first_change(const struct probe_seen *main,
                        const struct probe_seen *const steps[STEP_COUNT])
{
    const struct probe_seen *before = main;

    for (int i = 0; i < STEP_COUNT; i++) {
        if (!steps[i])
            continue;
        if (!probe_outcomes_same(before, steps[i]))
            return i;
        before = steps[i];
    }
    return STEP_COUNT;
}

static void add_steps(struct probe_check *check, const struct probe_seen *const steps[STEP_COUNT])
{
    char outcome[PROBE_OUTCOME];

    for (int i = 0; i < STEP_COUNT; i++) {
        if (!steps[i])
            continue;
        probe_outcome_text(outcome, steps[i]);
        probe_evidence(check, "%s: %s", steps_table[i].what, outcome);
    }
}

static void judge_change(struct probe_report *r, const struct probe_asked *asked,
                         const struct probe_seen *main, const struct probe_seen *all,
                         const struct probe_seen *const steps[STEP_COUNT])
{
    int step = first_change(main, steps);
    char outcome[PROBE_OUTCOME], own[PROBE_OUTCOME];
    bool opens = probe_outcome_of(all) == OUTCOME_OPEN;
    struct probe_check *check;

    probe_outcome_text(own, main);
    probe_outcome_text(outcome, step < STEP_COUNT ? steps[step] : all);
    check = probe_add(r, PROBE_BROWSER, opens ? PROBE_INFO : PROBE_WARN,
                      "a browser's request %s, this one %s; the outcome changes %s%s%s%s", outcome,
                      own, step < STEP_COUNT ? steps_table[step].what : "with all of it together",
                      step == STEP_ORIGIN ? " (" : "", step == STEP_ORIGIN ? asked->origin : "",
                      step == STEP_ORIGIN ? ")" : "");
    if (opens && step == STEP_ORIGIN)
        probe_advise(check, "-o %s sends it here as well", asked->origin);
    else if (opens)
        probe_advise(check, "-H sends such headers here as well");
    else if (step < STEP_COUNT)
        probe_advise(check, "%s", steps_table[step].advice);
    else
        probe_advise(check, "the server may limit connections or requests: try again later");
    add_steps(check, steps);
}

void probe_judge_browser(struct probe_report *r, const struct probe_asked *asked,
                         const struct probe_seen *main, const struct probe_seen *all,
                         const struct probe_seen *const steps[STEP_COUNT])
{
    struct probe_check *check;
    char outcome[PROBE_OUTCOME];

    if (!probe_outcomes_same(main, all)) {
        judge_change(r, asked, main, all, steps);
        return;
    }
    probe_outcome_text(outcome, all);
    if (probe_outcome_of(main) != OUTCOME_OPEN) {
        probe_add(r, PROBE_BROWSER, PROBE_INFO, "a browser's request ends the same way: it %s",
                  outcome);
        return;
    }
    check =
        probe_add(r, PROBE_BROWSER, PROBE_OK,
                  "opens with all that a browser sends in addition (Origin: %s)", asked->origin);
    probe_evidence(check, "also User-Agent, Accept-Language, Accept-Encoding, Cache-Control, "
                          "Pragma, Sec-Fetch-Dest, -Mode and -Site, and permessage-deflate; "
                          "client_max_window_bits");
}
