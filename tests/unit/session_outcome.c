#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/outcome.h"

struct row {
    enum close_by by;
    enum close_how how;
    uint16_t code;
    enum outcome_asked asked;
    enum exit_code expected;
};

/* The manual's EXIT STATUS, row by row. */
static const struct row rows[] = {
    {CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1000, ASKED_NOT, EXIT_OK},
    {CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1001, ASKED_NOT, EXIT_OK},
    {CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1005, ASKED_NOT, EXIT_OK},
    {CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1002, ASKED_NOT, EXIT_PEER_ERROR},
    {CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1011, ASKED_NOT, EXIT_PEER_ERROR},
    {CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 4000, ASKED_NOT, EXIT_PEER_ERROR},
    {CLOSE_BY_PEER, CLOSE_HOW_FIN, 1006, ASKED_NOT, EXIT_LOST},
    {CLOSE_BY_PEER, CLOSE_HOW_TLS, 1006, ASKED_NOT, EXIT_LOST},
    {CLOSE_BY_NETWORK, CLOSE_HOW_RST, 1006, ASKED_NOT, EXIT_LOST},
    {CLOSE_BY_NETWORK, CLOSE_HOW_TIMEOUT, 1006, ASKED_NOT, EXIT_LOST},
    {CLOSE_BY_NETWORK, CLOSE_HOW_PING_TIMEOUT, 1006, ASKED_NOT, EXIT_LOST},
    {CLOSE_BY_LOCAL, CLOSE_HOW_CLOSE_FRAME, 1000, ASKED_CLOSE, EXIT_OK},
    {CLOSE_BY_LOCAL, CLOSE_HOW_TIMEOUT, 1000, ASKED_CLOSE, EXIT_TIMEOUT},
    {CLOSE_BY_LOCAL, CLOSE_HOW_TIMEOUT, 1000, ASKED_ENOUGH, EXIT_OK},
    {CLOSE_BY_PEER, CLOSE_HOW_FIN, 1006, ASKED_ENOUGH, EXIT_OK},
    {CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, 1002, ASKED_NOT, EXIT_PROTOCOL},
    {CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, 1007, ASKED_CLOSE, EXIT_PROTOCOL},
    {CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, 1009, ASKED_NOT, EXIT_TOO_BIG},
};

static void outcome_of_close_follows_the_table_of_exit_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct event_close close = {
            .by = rows[i].by, .how = rows[i].how, .code = rows[i].code};

        if (outcome_of_close(&close, rows[i].asked) != rows[i].expected)
            fail_msg("row %zu: got %d, expected %d", i, outcome_of_close(&close, rows[i].asked),
                     rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcome_of_close_follows_the_table_of_exit_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
