/*
 * judge_handshake: what a handshake negotiates: credentials, the Origin, subprotocols, extensions.
 */
#include <string.h>

#include "probe/judge.h"

bool probe_refuses_subprotocol(const struct probe_asked *asked, const struct probe_answer *answer)
{
    (void)asked;
    return answer->status >= 400 && answer->status < 500 &&
           (probe_mentions(answer->body, "subprotocol") ||
            probe_mentions(answer->body, "sub-protocol") ||
            probe_mentions(answer->body, "Sec-WebSocket-Protocol") ||
            probe_mentions(answer->reason, "subprotocol"));
}

bool probe_closed_for_subprotocol(const struct probe_seen *s)
{
    return s->closed && s->got_close &&
           (s->code == 4406 || (!s->subprotocol[0] && probe_mentions(s->close_reason, "protocol")));
}

bool probe_closed_for_auth(const struct probe_seen *s)
{
    return s->closed && s->got_close && !probe_closed_for_subprotocol(s) &&
           (s->code == 1008 || s->code == 3000 || s->code == 3003 || s->code == 4001 ||
            s->code == 4003 || (s->code >= 4400 && s->code < 4500));
}

static bool refused_for_auth(const struct probe_seen *s)
{
    return probe_outcome_of(s) == OUTCOME_REFUSED &&
           (s->answer.status == 401 || s->answer.status == 403 || s->answer.status == 407);
}

static void fail_auth(struct probe_report *r, const struct probe_asked *asked,
                      const struct probe_seen *main, const struct probe_seen *bare)
{
    char outcome[PROBE_OUTCOME], alone[PROBE_OUTCOME + 40] = "";
    struct probe_check *check;

    probe_outcome_text(outcome, main);
    if (bare) {
        probe_outcome_text(alone, bare);
        memmove(alone + strlen("; without them it "), alone, strlen(alone) + 1);
        memcpy(alone, "; without them it ", strlen("; without them it "));
    }
    check =
        probe_add_fail(r, PROBE_AUTH, probe_outcome_code(main), "%s the WebSocket %s%s%s%s%s",
                       asked->credentials ? "with the given credentials" : "without credentials",
                       outcome, main->close_reason[0] ? ": \"" : "", main->close_reason,
                       main->close_reason[0] ? "\"" : "", alone);
    if (main->closed)
        probe_advise(check, "%s",
                     main->close_hint[0] ? main->close_hint
                                         : "credentials are missing, wrong or expired: -u, "
                                           "--bearer, --cookie or -H; or --on-connect MSG if the "
                                           "first message has to log in");
    else
        probe_advise(check, "%s", main->answer.hint);
    if (main->answer.who[0])
        probe_evidence(check, "%s", main->answer.who);
    if (main->answer.body[0])
        probe_evidence(check, "the body begins: %.200s", main->answer.body);
}

void probe_judge_auth(struct probe_report *r, const struct probe_asked *asked,
                      const struct probe_seen *main, const struct probe_seen *bare)
{
    char outcome[PROBE_OUTCOME];
    struct probe_check *check;

    if (refused_for_auth(main) || probe_closed_for_auth(main)) {
        fail_auth(r, asked, main, bare);
        return;
    }
    if (!bare || probe_outcome_of(main) != OUTCOME_OPEN)
        return;
    probe_outcome_text(outcome, bare);
    if (probe_outcome_of(bare) != OUTCOME_OPEN) {
        probe_add(r, PROBE_AUTH, PROBE_OK, "opens with the given credentials; without them it %s",
                  outcome);
        return;
    }
    check = probe_add(r, PROBE_AUTH, PROBE_INFO,
                      "opens without the given credentials as well: the handshake does not check "
                      "them");
    probe_advise(check, "fine if the first message logs in; otherwise anyone can connect");
}

void probe_judge_origin(struct probe_report *r, const struct probe_asked *asked,
                        const struct probe_seen *main, const struct probe_seen *foreign,
                        const char *origin)
{
    char outcome[PROBE_OUTCOME];
    struct probe_check *check;

    if (probe_outcome_of(main) != OUTCOME_OPEN) {
        probe_add(r, PROBE_ORIGIN, PROBE_INFO, "not checked: the WebSocket does not open");
        return;
    }
    probe_outcome_text(outcome, foreign);
    if (probe_outcome_of(foreign) != OUTCOME_OPEN) {
        probe_add(r, PROBE_ORIGIN, PROBE_OK, "with the Origin of another site (%s) it %s", origin,
                  outcome);
    } else if (!asked->cookies) {
        check = probe_add(r, PROBE_ORIGIN, PROBE_INFO,
                          "any Origin is accepted; no cookie was sent, so no user's rights were "
                          "used");
        probe_advise(check,
                     "give the cookie of a logged-in user with --cookie to see whether other "
                     "sites can use it");
    } else {
        check = probe_add(r, PROBE_ORIGIN, PROBE_WARN,
                          "any Origin is accepted together with cookies: a page of any site can "
                          "open this WebSocket as the user who visits it");
        probe_advise(check,
                     "let the server compare Origin with a list of its own sites (%s), and answer "
                     "403 to others; or set SameSite=Strict on the cookie",
                     asked->origin);
        probe_evidence(check, "Origin: %s: 101", origin);
    }
}

void probe_judge_subprotocol(struct probe_report *r, const struct probe_asked *asked,
                             const struct probe_seen *main, const struct probe_seen *without)
{
    char outcome[PROBE_OUTCOME];
    struct probe_check *check;
    bool refused =
        probe_refuses_subprotocol(asked, &main->answer) || probe_closed_for_subprotocol(main);

    probe_outcome_text(outcome, main);
    if (refused || (without && probe_outcome_of(main) != OUTCOME_OPEN &&
                    probe_outcome_of(without) == OUTCOME_OPEN)) {
        check = probe_add_fail(
            r, PROBE_SUBPROTOCOL, probe_outcome_code(main), "%s%s the WebSocket %s%s",
            asked->subprotocols ? "offered " : "without a subprotocol", asked->subprotocol_list,
            outcome,
            without && probe_outcome_of(without) == OUTCOME_OPEN ? "; without one it opens" : "");
        probe_advise(check, "offer the one that the server speaks: -s NAME, such as -s "
                            "graphql-transport-ws, -s mqtt or -s v12.stomp");
        if (main->answer.body[0])
            probe_evidence(check, "the body begins: %.200s", main->answer.body);
        return;
    }
    if (!asked->subprotocols || probe_outcome_of(main) != OUTCOME_OPEN)
        return;
    if (main->subprotocol_missed) {
        check = probe_add(r, PROBE_SUBPROTOCOL, PROBE_WARN,
                          "offered %s, and the server selected none: browsers close such a "
                          "connection",
                          asked->subprotocol_list);
        probe_advise(check, "let the server select one of the names that clients offer, or offer "
                            "the one that it knows (-s NAME)");
        return;
    }
    probe_add(r, PROBE_SUBPROTOCOL, PROBE_OK, "\"%s\", of %s", main->subprotocol,
              asked->subprotocol_list);
}

void probe_judge_extensions(struct probe_report *r, const struct probe_asked *asked,
                            const struct probe_seen *main, const struct probe_seen *without)
{
    char outcome[PROBE_OUTCOME];
    struct probe_check *check;

    if (probe_outcome_of(main) == OUTCOME_OPEN) {
        probe_add(r, PROBE_EXTENSIONS, PROBE_OK, "%s",
                  !asked->deflate       ? "none were offered (--no-compress)"
                  : main->extensions[0] ? main->extensions
                                        : "none agreed: the server does not compress");
        return;
    }
    if (!without || probe_outcomes_same(main, without)) {
        probe_add(r, PROBE_EXTENSIONS, PROBE_INFO, "not checked: the WebSocket does not open%s",
                  without ? ", with or without compression" : "");
        return;
    }
    probe_outcome_text(outcome, without);
    check = probe_add_fail(r, PROBE_EXTENSIONS, probe_outcome_code(main),
                           "the offer of permessage-deflate is the cause: without it the WebSocket "
                           "%s",
                           outcome);
    probe_advise(check,
                 "--no-compress offers none; browsers always offer it, so the server, or the "
                 "proxy before it, has to be fixed: it must ignore what it does not know "
                 "(RFC 6455, section 9.1)");
}
