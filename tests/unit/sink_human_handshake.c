#include "sink_human.h"

static void human_include_shows_the_request_redacted(void **state)
{
    struct event ev = request();
    const char *want = "> GET /chat?room=1&token=‹redacted, 3 bytes› HTTP/1.1\n"
                       "> Host: example.com\n"
                       "> Authorization:  ‹redacted, 10 bytes› \n"
                       "> cookie: ‹redacted, 4 bytes›\n"
                       "> \t‹redacted, 3 bytes›\n"
                       "> Origin: https://‹redacted, 3 bytes›@example.com\n"
                       ">\n";

    (void)state;
    check(DEFAULT, &ev, "");
    check((struct view_config){.utf8 = true, .include = true}, &ev, want);
    check(LEVEL(1), &ev, want);
}

static void human_show_secrets_shows_the_request_as_sent(void **state)
{
    struct event ev = request();

    (void)state;
    check((struct view_config){.utf8 = true, .include = true, .show_secrets = true}, &ev,
          "> GET /chat?room=1&token=abc HTTP/1.1\n"
          "> Host: example.com\n"
          "> Authorization:  Basic dTpw \n"
          "> cookie: a=b;\n"
          "> \tc=d\n"
          "> Origin: https://u:p@example.com\n"
          ">\n");
}

static void human_include_shows_the_response_byte_for_byte(void **state)
{
    struct event ev = make(EVENT_RESPONSE);

    (void)state;
    ev.response.status = 101;
    ev.response.hint = "";
    ev.response.raw = slice_str("HTTP/1.1 101 Switching \x1B[31mProtocols\r\n"
                                "Upgrade: web\rsocket\n"
                                "Set-Cookie : s=1\r\n"
                                "X: \xFF\xE2\x80\xAE\r\n"
                                "\r\n");
    check(DEFAULT, &ev, "");
    check((struct view_config){.include = true}, &ev,
          "< HTTP/1.1 101 Switching \\e[31mProtocols\n"
          "< Upgrade: web\\rsocket \\n alone\n"
          "< Set-Cookie : <redacted, 3 bytes>\n"
          "< X: \\xff\\u{202E}\n"
          "<\n");
}

static void human_shows_a_refusal_with_body_unless_quiet(void **state)
{
    struct event ev = refusal();

    (void)state;
    check_from(0, &ev,
               "< HTTP/1.1 503 Unavailable\n"
               "< Server: nginx\n"
               "<\n"
               "  <html>\n"
               "  no backend \\e[2J\n"
               "  </html>\n");
}

static void human_reports_that_a_refusal_was_cut(void **state)
{
    struct event ev = refusal();
    char body[3000];

    (void)state;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = i % 10 == 9 ? '\n' : 'x';
    ev.response.raw = slice_str("HTTP/1.1 503 Unavailable\r\n\r\n");
    ev.response.body = slice_make(body, sizeof body);
    ev.response.body_cut = true;
    ev.response.hint = "";
    check(DEFAULT, &ev,
          "< HTTP/1.1 503 Unavailable\n<\n"
          "  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n"
          "  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n  xxxxxxxxx\n"
          "  … 2.8 KiB more, not shown\n"
          "  the body goes on beyond what was read\n");
}

static void human_dumps_a_binary_refusal(void **state)
{
    struct event ev = refusal();

    (void)state;
    ev.response.raw = slice_str("HTTP/1.1 200 OK\r\n\r\n");
    ev.response.status = 200;
    ev.response.body = slice_make("\x1F\x8B\x08\0", 4);
    ev.response.hint = "";
    check(DEFAULT, &ev,
          "< HTTP/1.1 200 OK\n<\n"
          "  00000000  1f 8b 08 00                                       |....|\n");
}

static void human_does_not_show_the_same_hint_twice(void **state)
{
    struct event evs[2] = {refusal(), make(EVENT_ERROR)};

    (void)state;
    evs[0].response.body = slice_make(NULL, 0);
    evs[1].error = &(const struct err){.code = EXIT_UPGRADE,
                                       .stage = STAGE_HANDSHAKE,
                                       .at = -1,
                                       .text = "the upgrade was refused",
                                       .hint = "no healthy backend; try later"};
    check_events(DEFAULT, evs, 2,
                 "< HTTP/1.1 503 Unavailable\n< Server: nginx\n<\n"
                 "wscope: the upgrade was refused\n"
                 "  hint: no healthy backend; try later\n");
}

static void human_shows_the_same_refusal_of_many_attempts_once(void **state)
{
    struct event evs[4] = {refusal(), refusal(), refusal(), refusal()};

    (void)state;
    for (int i = 0; i < 4; i++) {
        evs[i].response.body = slice_make(NULL, 0);
        evs[i].response.hint = "";
    }
    evs[2].response.status = 502; /* another one is shown, and the first again after it */
    check_events(DEFAULT, evs, 4,
                 "< HTTP/1.1 503 Unavailable\n< Server: nginx\n<\n"
                 "< HTTP/1.1 503 Unavailable\n< Server: nginx\n<\n"
                 "< HTTP/1.1 503 Unavailable\n< Server: nginx\n<\n");
    check_events((struct view_config){.include = true}, evs, 2,
                 "< HTTP/1.1 503 Unavailable\n< Server: nginx\n<\n"
                 "< HTTP/1.1 503 Unavailable\n< Server: nginx\n<\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(human_include_shows_the_request_redacted),
        cmocka_unit_test(human_show_secrets_shows_the_request_as_sent),
        cmocka_unit_test(human_include_shows_the_response_byte_for_byte),
        cmocka_unit_test(human_shows_a_refusal_with_body_unless_quiet),
        cmocka_unit_test(human_reports_that_a_refusal_was_cut),
        cmocka_unit_test(human_dumps_a_binary_refusal),
        cmocka_unit_test(human_does_not_show_the_same_hint_twice),
        cmocka_unit_test(human_shows_the_same_refusal_of_many_attempts_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
