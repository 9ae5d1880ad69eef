#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/diagnose/failure.h"

struct row {
    enum close_by by;
    enum close_how how;
    uint16_t code;
    enum exit_code exit;
    enum stage stage;
    const char *violation, *sentence;
};

static const struct row rows[] = {
    {CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1011, EXIT_PEER_ERROR, STAGE_PROTOCOL, "",
     "closed by the peer: 1011 internal error \"why\""},
    {CLOSE_BY_PEER, CLOSE_HOW_FIN, 1006, EXIT_LOST, STAGE_IO, "",
     "connection lost: the peer ended the stream (FIN) without a Close"},
    {CLOSE_BY_NETWORK, CLOSE_HOW_RST, 1006, EXIT_LOST, STAGE_IO, "",
     "connection lost: reset by the peer (RST)"},
    {CLOSE_BY_NETWORK, CLOSE_HOW_PING_TIMEOUT, 1006, EXIT_LOST, STAGE_IO, "",
     "connection lost: no pong came in time"},
    {CLOSE_BY_LOCAL, CLOSE_HOW_TIMEOUT, 1000, EXIT_TIMEOUT, STAGE_IO, "",
     "the peer did not answer the Close in time"},
    {CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, 1002, EXIT_PROTOCOL, STAGE_PROTOCOL, "RSV1 (RFC 6455)",
     "the peer broke the protocol: RSV1 (RFC 6455)"},
    {CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, 1009, EXIT_TOO_BIG, STAGE_PROTOCOL, "5 of 4 bytes",
     "beyond the limits: 5 of 4 bytes"},
    {CLOSE_BY_LOCAL, CLOSE_HOW_FAULT, 1006, EXIT_LOST, STAGE_IO, "",
     "connection lost: cut by an injected fault"},
};

static void each_failing_end_has_code_stage_sentence_and_hint(void **state)
{
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct event_close close = {.by = rows[i].by,
                                    .how = rows[i].how,
                                    .code = rows[i].code,
                                    .reason = slice_str("why"),
                                    .hint = ""};

        failure_of_close(&e, &close, CHANNEL_WS, rows[i].exit, rows[i].violation);
        failure_complete(&e);
        assert_int_equal(e.code, rows[i].exit);
        assert_int_equal(e.stage, rows[i].stage);
        assert_string_equal(e.text, rows[i].sentence);
        if (rows[i].how != CLOSE_HOW_VIOLATION)
            assert_string_not_equal(e.hint, "");
        close.hint = "look here";
        failure_of_close(&e, &close, CHANNEL_WS, rows[i].exit, rows[i].violation);
        failure_complete(&e);
        assert_string_equal(e.hint, "look here");
    }
}

static void a_reason_without_an_end_is_read_no_further(void **state)
{
    char bytes[200];
    struct event_close close = {.how = CLOSE_HOW_CLOSE_FRAME, .code = 4000, .hint = NULL};
    struct err e;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    close.reason = slice_make(bytes, sizeof bytes);
    failure_of_close(&e, &close, CHANNEL_WS, EXIT_PEER_ERROR, "");
    assert_non_null(strstr(e.text, "xxx\""));
    assert_true(strlen(e.text) < 200);
}

static void a_failed_attempt_is_an_error_or_comes_with_the_retry(void **state)
{
    const struct err why = {.code = EXIT_CONNECT, .text = "refused"};
    struct event ev = {.kind = EVENT_ERROR, .error = &why}, as;

    (void)state;
    assert_true(event_failed_attempt(&ev, &as));
    assert_string_equal(as.error->text, "refused");
    ev = (struct event){.kind = EVENT_RETRY, .conn = 3, .retry = {.will = true, .error = &why}};
    assert_true(event_failed_attempt(&ev, &as));
    assert_int_equal(as.kind, EVENT_ERROR);
    assert_int_equal(as.conn, 3);
    assert_string_equal(as.error->text, "refused");
    ev.retry.error = NULL;
    assert_false(event_failed_attempt(&ev, &as));
    ev.kind = EVENT_CLOSE;
    assert_false(event_failed_attempt(&ev, &as));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_end_has_code_stage_sentence_and_hint),
        cmocka_unit_test(a_reason_without_an_end_is_read_no_further),
        cmocka_unit_test(a_failed_attempt_is_an_error_or_comes_with_the_retry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
