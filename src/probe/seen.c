#include "probe/seen.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum probe_outcome probe_outcome_of(const struct probe_seen *s)
{
    if (s->closed && s->by != CLOSE_BY_LOCAL)
        return OUTCOME_CLOSED;
    if (s->open && !s->violated)
        return OUTCOME_OPEN;
    if (s->open)
        return OUTCOME_CLOSED;
    return s->answer.status != 0 && s->answer.status != 101 ? OUTCOME_REFUSED : OUTCOME_FAILED;
}

bool probe_outcomes_same(const struct probe_seen *a, const struct probe_seen *b)
{
    enum probe_outcome outcome = probe_outcome_of(a);

    if (outcome != probe_outcome_of(b))
        return false;
    switch (outcome) {
    case OUTCOME_CLOSED:
        return a->code == b->code;
    case OUTCOME_REFUSED:
        return a->answer.status == b->answer.status;
    case OUTCOME_FAILED:
        return a->error.code == b->error.code;
    default:
        return true;
    }
}

void probe_status_text(char *text, size_t size, const struct probe_answer *answer)
{
    snprintf(text, size, "%d%s%s", answer->status, answer->reason[0] ? " " : "", answer->reason);
}

void probe_outcome_text(char text[PROBE_OUTCOME], const struct probe_seen *s)
{
    char status[80];

    switch (probe_outcome_of(s)) {
    case OUTCOME_OPEN:
        snprintf(text, PROBE_OUTCOME, "opens");
        break;
    case OUTCOME_CLOSED:
        if (s->violated)
            snprintf(text, PROBE_OUTCOME, "opens and breaks the protocol");
        else if (s->how == CLOSE_HOW_CLOSE_FRAME)
            snprintf(text, PROBE_OUTCOME, "is closed at once with %u", s->code);
        else
            snprintf(text, PROBE_OUTCOME, "is cut at once, without a Close");
        break;
    case OUTCOME_REFUSED:
        probe_status_text(status, sizeof status, &s->answer);
        snprintf(text, PROBE_OUTCOME, "is refused with %s", status);
        break;
    default:
        snprintf(text, PROBE_OUTCOME, "fails without a valid answer");
        break;
    }
}

enum exit_code probe_outcome_code(const struct probe_seen *s)
{
    switch (probe_outcome_of(s)) {
    case OUTCOME_OPEN:
        return EXIT_OK;
    case OUTCOME_CLOSED:
        return s->violated                       ? EXIT_PROTOCOL
               : s->how == CLOSE_HOW_CLOSE_FRAME ? EXIT_PEER_ERROR
                                                 : EXIT_LOST;
    case OUTCOME_REFUSED:
        return EXIT_UPGRADE;
    default:
        return s->error.code != EXIT_OK ? s->error.code : EXIT_OTHER;
    }
}

bool probe_mentions(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}
