/* The command line: secrets come from where they are said to be, and are not shown. */
#include "cli_options.h"
#include "verb/fanout/fanout.h"

static void user_becomes_basic_credentials(void **state)
{
    /* RFC 7617, section 2 gives this pair. */
    static const char *const cases[][2] = {
        {"Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"Aladdin", "Basic QWxhZGRpbjo="},
        {"a:b:c", "Basic YTpiOmM="},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        GOOD("-u", cases[i][0], URL);
        assert_string_equal(l->o.connect.handshake.authorization, cases[i][1]);
        done(l);
    }
}

static void userinfo_becomes_basic_credentials_unless_an_option_says_otherwise(void **state)
{
    (void)state;
    {
        GOOD("ws://Aladdin:open%20sesame@h/");
        assert_string_equal(l->o.connect.handshake.authorization,
                            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        done(l);
    }
    {
        GOOD("ws://Aladdin@h/");
        assert_string_equal(l->o.connect.handshake.authorization, "Basic QWxhZGRpbjo=");
        done(l);
    }
    {
        GOOD("ws://a:b@h/", "--bearer", "t");
        assert_string_equal(l->o.connect.handshake.authorization, "Bearer t");
        done(l);
    }
}

static void a_password_that_breaks_the_url_is_not_shown(void **state)
{
    (void)state;
    BAD("\"#\" in the user name or password of a URL is written %23", "ws://me:p#w@h/");
    BAD("\"/\" in the user name or password of a URL is written %2F", "ws://me:p/w@h/");
    /* A port and a path with '@' are no password. */
    GOOD("ws://h:80/a@b");
    assert_int_equal(l->o.connect.url.port, 80);
    done(l);
}

static void a_bad_header_is_named_by_its_option_and_line_and_never_shown(void **state)
{
    static const char text[] = "X-One: 1\n\nsecret without a name\n";
    char path[32], option[40];

    (void)state;
    BAD("--header: it has no colon, and a header is written \"Name: value\"", "--header",
        "secret without a name", URL);
    BAD_WITH("-H: ", "-H", "A: b\r\nC: d", URL);
    make_file(path, text, sizeof text - 1);
    BAD("-H, line 3 of the file: it has no colon, and a header is written \"Name: value\"", "-H",
        at_file(option, path), URL);
    unlink(path);
}

static void headers_come_from_files_without_their_byte_order_mark(void **state)
{
    static const char text[] = "\xEF\xBB\xBFX-One: 1\r\nX-Two;\r\n";
    char path[32], option[40];

    (void)state;
    make_file(path, text, sizeof text - 1);
    GOOD("-H", at_file(option, path), URL);
    assert_int_equal(l->o.connect.handshake.header_count, 2);
    assert_string_equal(l->o.connect.handshake.headers[0].name, "X-One");
    assert_string_equal(l->o.connect.handshake.headers[1].name, "X-Two");
    assert_string_equal(l->o.connect.handshake.headers[1].value, "");
    assert_false(l->o.connect.handshake.headers[1].remove);
    done(l);
    unlink(path);
}

static void secrets_come_from_files_without_the_last_line_break(void **state)
{
    static const char *const texts[] = {"t0k", "t0k\n", "t0k\r\n", "\xEF\xBB\xBFt0k\r\n"};
    char path[32], option[40];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        make_file(path, texts[i], strlen(texts[i]));
        GOOD("--bearer", at_file(option, path), URL);
        assert_string_equal(l->o.connect.handshake.authorization, "Bearer t0k");
        done(l);
        unlink(path);
    }
    make_file(path, "phrase\n", 7);
    GOOD("--cert", "/dev/null", "--pass", at_file(option, path), URL);
    assert_string_equal(l->o.connect.dial.tls.pass, "phrase");
    done(l);
    unlink(path);
}

static void secrets_come_from_the_environment(void **state)
{
    (void)state;
    setenv("WSCOPE_TEST_SECRET", "me:pw", 1);
    GOOD("-u", "env:WSCOPE_TEST_SECRET", "--cookie", "env:WSCOPE_TEST_SECRET", URL);
    assert_string_equal(l->o.connect.handshake.authorization, "Basic bWU6cHc=");
    assert_string_equal(l->o.connect.handshake.cookie, "me:pw");
    done(l);
    unsetenv("WSCOPE_TEST_SECRET");
    BAD("--bearer: the environment has no variable \"WSCOPE_TEST_SECRET\"", "--bearer",
        "env:WSCOPE_TEST_SECRET", URL);
}

static void bad_secrets_are_reported_without_being_shown(void **state)
{
    char path[32], option[40], nul[] = "a\0b";

    (void)state;
    BAD("--bearer: cannot read \"/nowhere/x\": No such file or directory", "--bearer",
        "@/nowhere/x", URL);
    BAD("-u: cannot read \"/\": Is a directory", "-u", "@/", URL);
    BAD("--cookie: \"@-\" is not for this option, stdin is for messages", "--cookie", "@-", URL);
    BAD("--bearer: the value is empty", "--bearer", "", URL);
    BAD("--bearer: the value has a line break", "--bearer", "a\nb", URL);
    BAD("--cookie: the value has a control character", "--cookie", "a\001b", URL);
    make_file(path, "a\nb\n", 4);
    BAD("--bearer: the value has a line break", "--bearer", at_file(option, path), URL);
    unlink(path);
    make_file(path, nul, 3);
    BAD_WITH("has a NUL byte, which looks like the wrong file", "--bearer", at_file(option, path),
             URL);
    unlink(path);
    make_file(path, "\xFF\xFEt\0k\0", 6);
    BAD_WITH("is text in UTF-16, and UTF-8 is needed", "--bearer", at_file(option, path), URL);
    unlink(path);
}

static void a_huge_file_is_taken_for_a_mistake(void **state)
{
    char path[32], option[40];
    char *bytes = malloc(256 * 1024 + 1);

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'a', 256 * 1024 + 1);
    make_file(path, bytes, 256 * 1024 + 1);
    BAD_WITH("is larger than 256 KiB", "--bearer", at_file(option, path), URL);
    unlink(path);
    make_file(path, bytes, 256 * 1024);
    GOOD("--bearer", at_file(option, path), URL);
    assert_int_equal(strlen(l->o.connect.handshake.authorization), 7 + 256 * 1024);
    done(l);
    unlink(path);
    free(bytes);
}

static void secrets_in_argv_are_overwritten(void **state)
{
    (void)state;
    GOOD("-u", "me:pw", "--cookie=sid=1", "-HAuthorization: Basic x", "-H", "x-api-key: k", "-H",
         "X-Plain: v", "--cert", "/dev/null", "--pass", "phrase", "ws://me:pw@h/p?token=t");
    assert_string_equal(l->argv[2], "*****");
    assert_string_equal(l->argv[3], "--cookie=*****");
    assert_string_equal(l->argv[4], "-HAuthorization:********");
    assert_string_equal(l->argv[6], "x-api-key:**");
    assert_string_equal(l->argv[8], "X-Plain: v");
    assert_string_equal(l->argv[12], "******");
    assert_string_equal(l->argv[13], "ws://*****@h/p?token=*");
    assert_string_equal(l->o.connect.url_text, "ws://me:pw@h/p?token=t");
    assert_string_equal(l->o.connect.handshake.headers[0].value, "Basic x");
    done(l);
}

static void secrets_in_queries_and_commands_are_overwritten(void **state)
{
    (void)state;
    {
        GOOD("-r", "--seq", "/n", "--resume-query", "since={last}&api_key=k1", "--header-cmd",
             "echo A: b", "--catchup", "http://h/c?x=1&sig=ab;token=t",
             "--fallback=http://h/p?Auth=ab", "ws://h/p?room=5&access%5Ftoken=tt&q=token");
        assert_string_equal(l->argv[5], "since={last}&api_key=**");
        assert_string_equal(l->argv[7], "*********");
        assert_string_equal(l->argv[9], "http://h/c?x=1&sig=**;token=*");
        assert_string_equal(l->argv[10], "--fallback=http://h/p?Auth=**");
        assert_string_equal(l->argv[11], "ws://h/p?room=5&access%5Ftoken=**&q=token");
        assert_string_equal(l->o.connect.url_text, "ws://h/p?room=5&access%5Ftoken=tt&q=token");
        assert_string_equal(l->o.connect.account.resume_query, "since={last}&api_key=k1");
        assert_string_equal(l->o.connect.ws.header_cmd, "echo A: b");
        done(l);
    }
    {
        GOOD("fanout", "--redis", "redis://:pw@h", "--publish-cmd", "say {nonce}", "--drill",
             "./roll.sh", URL);
        assert_string_equal(l->argv[3], "redis://***@h");
        assert_string_equal(l->argv[5], "***********");
        assert_string_equal(l->argv[7], "*********");
        assert_string_equal(OWN(l, struct fanout_options)->redis, "redis://:pw@h");
        assert_string_equal(OWN(l, struct fanout_options)->drill, "./roll.sh");
        done(l);
    }
    {
        GOOD("run", "--var", "PASSWORD=pw", "--against=ws://me:pw@h/?token=t", "a.wscope");
        assert_string_equal(l->argv[3], "PASSWORD***");
        assert_string_equal(l->argv[4], "--against=ws://*****@h/?token=*");
        assert_string_equal(OWN(l, struct run_options)->vars[0], "PASSWORD=pw");
        done(l);
    }
}

static void the_file_of_a_secret_is_not_overwritten_in_argv(void **state)
{
    struct line *l = parse("-u", "@/nowhere", "--bearer", "env:NOWHERE", "ws://h/a@b", NULL);

    (void)state;
    assert_string_equal(l->argv[2], "@/nowhere");
    assert_string_equal(l->argv[4], "env:NOWHERE");
    assert_string_equal(l->argv[5], "ws://h/a@b");
    done(l);
}

static void secrets_are_overwritten_when_parsing_fails_too(void **state)
{
    struct line *l = parse("--bearer", "t0k", "ws://me:p#w@h/", "--for", "abc", "ws://b@h/", NULL);

    (void)state;
    assert_int_equal(l->status, -1);
    assert_string_equal(l->argv[2], "***");
    assert_string_equal(l->argv[3], "ws://******@h/");
    assert_string_equal(l->argv[6], "ws://*@h/");
    done(l);
}

static void passwords_are_stars_above_the_caret(void **state)
{
    (void)state;
    check_point("ws://me:pw@h/?api_key=k1&a=1#b", 28,
                "  ws://me:**@h/?api_key=**&a=1#b\n"
                "                              ^\n");
    check_point("ws://me:p#w@h/", 9,
                "  ws://me:***@h/\n"
                "           ^\n");
    check_point("ws://tok@h/#", 11,
                "  ws://***@h/#\n"
                "             ^\n");
}

static void passwords_of_other_urls_are_overwritten(void **state)
{
    struct line *l = parse("-r", "--fallback", "sse+http://me:pw@h/", "--catchup=http://a:b@h/",
                           "--seq", "/id", "ws://h/", NULL);

    (void)state;
    assert_string_equal(l->argv[3], "sse+http://*****@h/");
    assert_string_equal(l->argv[4], "--catchup=http://***@h/");
    done(l);
    l = parse("--poll", "http://me:pw@h/", NULL);
    assert_string_equal(l->argv[2], "http://*****@h/");
    assert_string_equal(l->o.connect.handshake.authorization, "Basic bWU6cHc=");
    done(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_becomes_basic_credentials),
        cmocka_unit_test(userinfo_becomes_basic_credentials_unless_an_option_says_otherwise),
        cmocka_unit_test(a_password_that_breaks_the_url_is_not_shown),
        cmocka_unit_test(a_bad_header_is_named_by_its_option_and_line_and_never_shown),
        cmocka_unit_test(headers_come_from_files_without_their_byte_order_mark),
        cmocka_unit_test(secrets_come_from_files_without_the_last_line_break),
        cmocka_unit_test(secrets_come_from_the_environment),
        cmocka_unit_test(bad_secrets_are_reported_without_being_shown),
        cmocka_unit_test(a_huge_file_is_taken_for_a_mistake),
        cmocka_unit_test(secrets_in_argv_are_overwritten),
        cmocka_unit_test(passwords_of_other_urls_are_overwritten),
        cmocka_unit_test(secrets_in_queries_and_commands_are_overwritten),
        cmocka_unit_test(the_file_of_a_secret_is_not_overwritten_in_argv),
        cmocka_unit_test(secrets_are_overwritten_when_parsing_fails_too),
        cmocka_unit_test(passwords_are_stars_above_the_caret),
    };

    return cmocka_run_group_tests(tests, surroundings, NULL);
}
