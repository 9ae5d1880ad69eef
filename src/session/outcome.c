#include "session/outcome.h"

static enum exit_code outcome_of_code(uint16_t code)
{
    switch (code) {
    case CLOSE_NORMAL:
    case CLOSE_GOING_AWAY:
    case CLOSE_NO_STATUS:
        return EXIT_OK;
    default:
        return EXIT_PEER_ERROR;
    }
}

enum exit_code outcome_of_close(const struct event_close *close, enum outcome_asked asked)
{
    if (close->how == CLOSE_HOW_VIOLATION)
        return close->code == CLOSE_TOO_BIG ? EXIT_TOO_BIG : EXIT_PROTOCOL;
    if (asked == ASKED_ENOUGH)
        return EXIT_OK;
    if (close->how == CLOSE_HOW_FAULT)
        return EXIT_LOST;
    if (close->how == CLOSE_HOW_TIMEOUT)
        return close->by == CLOSE_BY_LOCAL ? EXIT_TIMEOUT : EXIT_LOST;
    if (close->how == CLOSE_HOW_FIN && close->clean)
        return EXIT_OK; /* the announced end of a response; a WebSocket has none without a Close
                           frame */
    if (close->how == CLOSE_HOW_CLOSE_FRAME)
        return close->by == CLOSE_BY_PEER ? outcome_of_code(close->code) : EXIT_OK;
    return close->by == CLOSE_BY_LOCAL ? EXIT_OK : EXIT_LOST;
}
