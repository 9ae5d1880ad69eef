/*
 * judge_path: does an upgrade reach the application, and who answers if not?
 */
#include <stdio.h>
#include <string.h>

#include "probe/advice.h"

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* "; answered by nginx (Server: nginx/1.22.1)", or what is known else. */
static void name_answerer(char *text, size_t size, const struct probe_answer *answer)
{
    const char *name = probe_hop_name(answer);

    text[0] = '\0';
    if (name)
        snprintf(text, size, "; answered by %s (%s)", name, answer->who);
    else if (answer->who[0])
        snprintf(text, size, " (%s)", answer->who);
}

/* The answer is the one to a plain request: the upgrade was not seen. */
static bool looks_lost(const struct probe_answer *answer, const struct probe_answer *plain)
{
    return answer->status == plain->status && answer->status < 500 &&
           (answer->status < 400 || answer->status == 400 || answer->status == 404 ||
            answer->status == 426);
}

static void add_evidence(struct probe_check *check, const struct probe_answer *answer,
                         const struct probe_answer *plain)
{
    char status[80];

    if (answer->status && answer->status != 101) {
        probe_status_text(status, sizeof status, answer);
        probe_evidence(check, "to the upgrade: %s%s%s", status, answer->who[0] ? "; " : "",
                       answer->who);
        if (answer->body[0])
            probe_evidence(check, "its body begins: %.200s", answer->body);
    }
    if (plain->status) {
        probe_status_text(status, sizeof status, plain);
        probe_evidence(check, "to a plain request: %s%s%s", status, plain->who[0] ? "; " : "",
                       plain->who);
    }
}

/* 401, 403 and refusals of a subprotocol have stages of their own. */
static bool judged_elsewhere(struct probe_report *r, const struct probe_asked *asked,
                             const struct probe_answer *answer)
{
    char status[80];

    if (answer->status != 401 && answer->status != 403 && answer->status != 407 &&
        !probe_refuses_subprotocol(asked, answer))
        return false;
    probe_status_text(status, sizeof status, answer);
    probe_add(r, PROBE_PATH, PROBE_INFO, "the upgrade arrives, and is refused with %s", status);
    return true;
}

static void judge_refusal(struct probe_report *r, const struct probe_asked *asked,
                          const struct probe_answer *plain, const struct probe_answer *answer,
                          const struct probe_around *around)
{
    const char *header = probe_header_blamed(answer);
    char status[80], who[300];
    struct probe_check *check;

    if (judged_elsewhere(r, asked, answer))
        return;
    probe_status_text(status, sizeof status, answer);
    name_answerer(who, sizeof who, answer);
    if (is_redirect(answer->status)) {
        check = probe_add_fail(r, PROBE_PATH, EXIT_UPGRADE,
                               "the server redirects (%s) to %s%s; browsers do not follow that",
                               status, answer->location, who);
        probe_advise(check, "use the URL that it redirects to");
    } else if (answer->status >= 500) {
        check = probe_add_fail(r, PROBE_PATH, EXIT_UPGRADE, "the server answers %s%s", status, who);
        probe_advise(check, "%s",
                     answer->hint[0] ? answer->hint : "the application's log has the reason");
    } else if (header && !probe_is_socketio(answer) && !around->socketio) {
        check = probe_add_fail(r, PROBE_PATH, EXIT_UPGRADE,
                               "the header %s was lost or altered on the way: the server answers "
                               "%s%s",
                               header, status, who);
        probe_advise_upgrade(check, asked, answer, plain);
    } else {
        check = probe_add_fail(
            r, PROBE_PATH, EXIT_UPGRADE, "the server answers %s instead of 101%s%s", status,
            looks_lost(answer, plain) ? ", as it does to a plain request" : "", who);
        if (around->socketio)
            probe_advise_socketio(check, asked);
        else if (answer->status == 429)
            probe_advise(check, "%s", answer->hint);
        else
            probe_advise_upgrade(check, asked, answer, plain);
    }
    add_evidence(check, answer, plain);
}

static void judge_plain_port(struct probe_report *r, const struct probe_asked *asked,
                             const struct probe_seen *main)
{
    char status[80];
    struct probe_check *check = probe_add_fail(
        r, PROBE_PATH, main->error.code, "the port speaks TLS, and the URL is one without (ws://)");

    probe_advise(check, "use wss%s", asked->url + strcspn(asked->url, ":"));
    probe_status_text(status, sizeof status, &main->answer);
    probe_evidence(check, "without TLS: %s", main->answer.status ? status : main->error.text);
}

static void judge_no_answer(struct probe_report *r, const struct probe_asked *asked,
                            const struct probe_answer *plain, const struct probe_seen *main,
                            const struct probe_around *around)
{
    char status[80];
    struct probe_check *check;
    bool cut = main->error.code == EXIT_HANGUP || main->error.code == EXIT_LOST ||
               main->error.code == EXIT_TIMEOUT;

    if (plain->status && cut) {
        probe_status_text(status, sizeof status, plain);
        check = probe_add_fail(r, PROBE_PATH, main->error.code,
                               "a plain request is answered (%s), an upgrade is not: %s", status,
                               main->error.text);
        probe_advise(check,
                     "a firewall or a proxy on the way that cuts upgrades, or a server that "
                     "cannot handle them: try another network, and wss:// in place of ws://");
    } else {
        check = probe_add_fail(r, PROBE_PATH, main->error.code, "%s", main->error.text);
        probe_advise(check, "%s", main->error.hint);
    }
    if (main->answer.status == 101 && !main->error.hint[0])
        probe_advise(check,
                     "something between here and the application rewrites the answer, or the "
                     "server's WebSocket library is broken; -vv shows both heads");
    if (around->socketio)
        probe_advise_socketio(check, asked);
    add_evidence(check, &main->answer, plain);
}

/* It was open for a moment. Codes about credentials and subprotocols have their own stages. */
static void judge_closed(struct probe_report *r, const struct probe_seen *main)
{
    enum exit_code code = probe_outcome_code(main);
    struct probe_check *check;
    char outcome[PROBE_OUTCOME];

    if (probe_closed_for_auth(main) || probe_closed_for_subprotocol(main)) {
        probe_add(r, PROBE_PATH, PROBE_OK, "the upgrade arrives (101 in %.1f ms)",
                  (double)main->open_us / 1000);
        return;
    }
    probe_outcome_text(outcome, main);
    check = probe_add_fail(r, PROBE_PATH, code, "the WebSocket %s%s%s%s%s", outcome,
                           main->close_reason[0] ? " \"" : "", main->close_reason,
                           main->close_reason[0] ? "\"" : "", main->violated ? ": " : "");
    if (main->violated)
        snprintf(check->message + strlen(check->message),
                 sizeof check->message - strlen(check->message), "%.300s", main->violation);
    probe_advise(check, "%s",
                 main->close_hint[0] ? main->close_hint
                 : main->how == CLOSE_HOW_CLOSE_FRAME
                     ? "the application's log has the reason; if it wants a first message, "
                       "--on-connect MSG sends one"
                     : "the application failed, or the proxy before it does not relay WebSockets: "
                       "look at their logs");
    if (main->answer.who[0])
        probe_evidence(check, "%s", main->answer.who);
}

bool probe_may_be_elsewhere(const struct probe_answer *plain, const struct probe_seen *main)
{
    const struct probe_answer *answer = &main->answer;
    enum probe_outcome outcome = probe_outcome_of(main);

    if (outcome == OUTCOME_FAILED)
        return answer->status == 0 && main->error.code != EXIT_TIMEOUT;
    return outcome == OUTCOME_REFUSED && looks_lost(answer, plain) && !probe_is_socketio(answer);
}

void probe_judge_path(struct probe_report *r, const struct probe_asked *asked,
                      const struct probe_answer *plain, const struct probe_seen *main,
                      const struct probe_around *around)
{
    struct probe_check *check;
    char status[80];

    switch (probe_outcome_of(main)) {
    case OUTCOME_OPEN:
        r->opened = true;
        r->figures.open_us = main->open_us;
        probe_status_text(status, sizeof status, plain);
        check = probe_add(r, PROBE_PATH, PROBE_OK, "open in %.1f ms%s%s%s%s",
                          (double)main->open_us / 1000, main->answer.who[0] ? ", " : "",
                          main->answer.who, plain->status ? "; a plain request gets " : "",
                          plain->status ? status : "");
        if (main->greeting[0])
            probe_evidence(check, "%s", main->greeting);
        break;
    case OUTCOME_CLOSED:
        judge_closed(r, main);
        break;
    case OUTCOME_REFUSED:
        if (around->tls)
            judge_plain_port(r, asked, main);
        else
            judge_refusal(r, asked, plain, &main->answer, around);
        break;
    default:
        if (around->tls)
            judge_plain_port(r, asked, main);
        else
            judge_no_answer(r, asked, plain, main, around);
        break;
    }
}
