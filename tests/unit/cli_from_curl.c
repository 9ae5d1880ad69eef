/* A curl command becomes options. The first is what Chrome copies, less the length of its values.
 */
#include "cli_options.h"

static const char chrome[] =
    "curl 'wss://app.example.com/live?room=1' \\\n"
    "  -H 'Upgrade: websocket' \\\n"
    "  -H 'Origin: https://app.example.com' \\\n"
    "  -H 'Cache-Control: no-cache' \\\n"
    "  -H 'Accept-Language: de-DE,de;q=0.9' \\\n"
    "  -H 'Pragma: no-cache' \\\n"
    "  -b $'session=01ab; name=It\\'s\\u0020me' \\\n"
    "  -H 'Connection: Upgrade' \\\n"
    "  -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \\\n"
    "  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64)' \\\n"
    "  -H 'Sec-WebSocket-Protocol: v2, v1' \\\n"
    "  -H 'Sec-WebSocket-Version: 13' \\\n"
    "  -H 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'\n";

/* Firefox names the host and the encodings too. */
static const char firefox[] =
    "curl 'https://app.example.com/live' --compressed -X GET -H 'User-Agent: Mozilla/5.0' "
    "-H 'Accept: */*' -H 'Accept-Encoding: gzip, deflate, br' -H 'Host: app.example.com' "
    "-H 'Origin: https://app.example.com' -H 'Cookie: a=1' -H 'Sec-Fetch-Mode: websocket' "
    "-H 'Connection: keep-alive, Upgrade' -H 'Content-Length: 0' -H 'Authorization: Bearer t'";

static const struct handshake_header *header(const struct line *l, const char *name)
{
    for (size_t i = 0; i < l->o.connect.handshake.header_count; i++) {
        if (strcasecmp(l->o.connect.handshake.headers[i].name, name) == 0)
            return &l->o.connect.handshake.headers[i];
    }
    return NULL;
}

/* The hint of a mistake has this in it. */
static void check_hint(const char *command, const char *part)
{
    struct line *l = parse("--from-curl", command, NULL);

    assert_int_equal(l->status, -1);
    if (!strstr(l->e.hint, part))
        fail_msg("\"%s\" is not in: %s", part, l->e.hint);
    done(l);
}

static void what_chrome_copies_is_taken_over(void **state)
{
    (void)state;
    GOOD("--from-curl", chrome);
    assert_string_equal(l->o.connect.url.host, "app.example.com");
    assert_string_equal(l->o.connect.url.target, "/live?room=1");
    assert_int_equal(l->o.connect.url.scheme, URL_WSS);
    assert_string_equal(l->o.connect.handshake.origin, "https://app.example.com");
    assert_string_equal(l->o.connect.handshake.cookie, "session=01ab; name=It's me");
    assert_string_equal(l->o.connect.handshake.user_agent, "Mozilla/5.0 (X11; Linux x86_64)");
    assert_int_equal(l->o.connect.handshake.subprotocol_count, 2);
    assert_string_equal(l->o.connect.handshake.subprotocols[0], "v2");
    assert_string_equal(l->o.connect.handshake.subprotocols[1], "v1");
    assert_int_equal(l->o.connect.handshake.header_count, 3);
    assert_string_equal(header(l, "Cache-Control")->value, "no-cache");
    assert_string_equal(header(l, "Accept-Language")->value, "de-DE,de;q=0.9");
    assert_non_null(header(l, "Pragma"));
    assert_true(l->o.connect.handshake.deflate.enabled);
    done(l);
}

static void what_firefox_copies_is_taken_over(void **state)
{
    (void)state;
    GOOD("--from-curl", firefox);
    assert_int_equal(l->o.connect.url.scheme, URL_WSS);
    assert_string_equal(l->o.connect.handshake.cookie, "a=1");
    assert_int_equal(l->o.connect.handshake.header_count, 3);
    assert_non_null(header(l, "Accept"));
    assert_non_null(header(l, "Sec-Fetch-Mode"));
    assert_string_equal(header(l, "Authorization")->value, "Bearer t");
    done(l);
}

static void options_of_curl_become_those_of_ours(void **state)
{
    FILE *file = fopen("/tmp/wscope-c:d", "w");

    (void)state;
    assert_non_null(file);
    fclose(file);
    {
        GOOD("--from-curl",
             "/usr/bin/curl -sSk -4 -A agent -e 'http://r/;auto' -u Aladdin:'open sesame' -m 5 "
             "--connect-timeout 2.5 --cacert /dev/null --capath / --key /dev/zero --pass p -E "
             "'/tmp/wscope-c\\:d' "
             "--tlsv1.2 --tls-max 1.3 --interface eth0 --resolve +h:80:::1 -vi --url http://h/x");
        assert_int_equal(l->o.connect.url.scheme, URL_WS);
        assert_string_equal(l->o.connect.url.target, "/x");
        assert_true(l->o.connect.dial.tls.insecure && l->o.view.include);
        assert_int_equal(l->o.view.level, 1);
        assert_int_equal(l->o.connect.dial.family, DIAL_IPV4);
        assert_string_equal(l->o.connect.handshake.user_agent, "agent");
        assert_string_equal(header(l, "Referer")->value, "http://r/");
        assert_string_equal(l->o.connect.handshake.authorization,
                            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_int_equal(l->o.limits.max_time_us, 5000000);
        assert_int_equal(l->o.connect.ws.connect_timeout_us, 2500000);
        assert_string_equal(l->o.connect.dial.tls.cacert, "/dev/null");
        assert_string_equal(l->o.connect.dial.tls.cert, "/tmp/wscope-c:d");
        assert_string_equal(l->o.connect.dial.tls.key, "/dev/zero");
        assert_string_equal(l->o.connect.dial.tls.pass, "p");
        assert_int_equal(l->o.connect.dial.tls.min, 12);
        assert_int_equal(l->o.connect.dial.tls.max, 13);
        assert_string_equal(l->o.connect.dial.interface, "eth0");
        assert_string_equal(l->o.connect.dial.resolve[0].host, "h");
        done(l);
        unlink("/tmp/wscope-c:d");
    }
    {
        GOOD("--from-curl", "curl -6 --oauth2-bearer t --cert /dev/null:pw -m 0 wss://h/");
        assert_int_equal(l->o.connect.dial.family, DIAL_IPV6);
        assert_string_equal(l->o.connect.handshake.authorization, "Bearer t");
        assert_string_equal(l->o.connect.dial.tls.cert, "/dev/null");
        assert_string_equal(l->o.connect.dial.tls.pass, "pw");
        assert_int_equal(l->o.limits.max_time_us, 0);
        done(l);
    }
}

static void proxies_and_redirects_are_taken_over(void **state)
{
    (void)state;
    {
        GOOD("--from-curl", "curl -L --max-redirs 3 -x http://p:1 --noproxy a,b ws://h/");
        assert_true(l->o.connect.ws.follow);
        assert_int_equal(l->o.connect.ws.max_redirects, 3);
        assert_string_equal(l->o.connect.dial.proxy, "http://p:1");
        assert_string_equal(l->o.connect.dial.noproxy, "a,b");
        done(l);
    }
    {
        GOOD("--from-curl", "curl --socks5-hostname p:1 --connect-to h:80:i:81 ws://h/");
        assert_string_equal(l->o.connect.dial.proxy, "socks5h://p:1");
        assert_int_equal(l->o.connect.dial.connect_to_count, 1);
        done(l);
    }
    BAD_WITH("--from-curl: -x", "--from-curl", "curl -x 'http://p:0' ws://h/");
}

static void urls_are_read_as_curl_reads_them(void **state)
{
    static const struct {
        const char *command;
        enum url_scheme scheme;
        const char *host, *target;
    } cases[] = {
        {"curl http://h/", URL_WS, "h", "/"},
        {"curl HTTPS://h/a?b", URL_WSS, "h", "/a?b"},
        {"curl wss://h/#part", URL_WSS, "h", "/"},
        {"curl example.com/ws", URL_WS, "example.com", "/ws"},
        {"curl localhost", URL_WS, "localhost", "/"},
        {"curl -H a:b 'ws://h/?a=1&b=2' -k", URL_WS, "h", "/?a=1&b=2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        GOOD("--from-curl", cases[i].command);
        assert_int_equal(l->o.connect.url.scheme, cases[i].scheme);
        assert_string_equal(l->o.connect.url.host, cases[i].host);
        assert_string_equal(l->o.connect.url.target, cases[i].target);
        done(l);
    }
}

static void host_is_kept_only_if_it_differs(void **state)
{
    static const struct {
        const char *command, *host;
    } cases[] = {
        {"curl -H 'host: H' ws://h/", NULL},
        {"curl ws://h:8080/ -H 'Host: h:8080'", NULL},
        {"curl wss://h/ -H 'Host: h:443'", NULL},
        {"curl ws://[::1]:81/ -H 'Host: [::1]:81'", NULL},
        {"curl ws://127.0.0.1/ -H 'Host: example.com'", "example.com"},
        {"curl ws://h:8080/ -H 'Host: h'", "h"},
        {"curl ws://h/ -H 'Host: h:81'", "h:81"},
        {"curl ws://h/ -H 'Host: h.example'", "h.example"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        GOOD("--from-curl", cases[i].command);
        if (cases[i].host)
            assert_string_equal(header(l, "Host")->value, cases[i].host);
        else
            assert_null(header(l, "Host"));
        done(l);
    }
}

static void headers_of_the_handshake_are_left_out_in_any_case(void **state)
{
    (void)state;
    GOOD("--from-curl",
         "curl ws://h/ -H upgrade:x -H 'CONNECTION: x' -H 'te: x' -H 'Transfer-Encoding: chunked' "
         "-H ':authority: h' -H ':path: /' -H 'Expect: 100-continue' -H 'Upgrade;' -H 'Upgrade:'");
    assert_int_equal(l->o.connect.handshake.header_count, 0);
    done(l);
}

static void headers_can_be_removed(void **state)
{
    (void)state;
    GOOD("--from-curl", "curl ws://h/ -H User-Agent: -H 'Origin: '");
    assert_int_equal(l->o.connect.handshake.header_count, 2);
    assert_true(l->o.connect.handshake.headers[0].remove &&
                l->o.connect.handshake.headers[1].remove);
    done(l);
}

static void cookies_are_joined(void **state)
{
    (void)state;
    GOOD("--from-curl", "curl ws://h/ -b a=1 -H 'Cookie: b=2' --cookie 'c=3; d=4'");
    assert_string_equal(l->o.connect.handshake.cookie, "a=1; b=2; c=3; d=4");
    done(l);
}

/* What is pasted must not make us read files or the environment. */
static void values_are_literal(void **state)
{
    (void)state;
    GOOD("--from-curl",
         "curl ws://h/ -u @/etc/hostname:x -H 'Cookie: env:HOME=1' -H 'X: @/etc/hostname'");
    /* "@/etc/hostname:x" in base64 */
    assert_string_equal(l->o.connect.handshake.authorization, "Basic QC9ldGMvaG9zdG5hbWU6eA==");
    assert_string_equal(l->o.connect.handshake.cookie, "env:HOME=1");
    assert_string_equal(header(l, "X")->value, "@/etc/hostname");
    done(l);
}

static void options_beside_it_count_more(void **state)
{
    (void)state;
    GOOD("-o", "http://mine", "--from-curl", chrome, "--cookie", "c=2", "-s", "v2", "-s", "v3",
         "-6", "-H", "Pragma: x", "ws://other/");
    assert_string_equal(l->o.connect.url.host, "other");
    assert_string_equal(l->o.connect.handshake.origin, "http://mine");
    assert_string_equal(l->o.connect.handshake.cookie, "c=2");
    assert_int_equal(l->o.connect.handshake.subprotocol_count, 3);
    assert_string_equal(l->o.connect.handshake.subprotocols[2], "v3");
    assert_string_equal(l->o.connect.handshake.headers[3].value, "x");
    done(l);
    l = parse("--from-curl", firefox, "-u", "a:b", NULL);
    assert_null(header(l, "Authorization"));
    assert_string_equal(l->o.connect.handshake.authorization, "Basic YTpi");
    done(l);
    l = parse("-6", "--from-curl", "curl -4 -u a:b ws://h/", "--bearer", "t", NULL);
    assert_int_equal(l->status, 0);
    assert_int_equal(l->o.connect.dial.family, DIAL_IPV6);
    assert_string_equal(l->o.connect.handshake.authorization, "Bearer t");
    done(l);
}

static void userinfo_of_its_url_is_that_of_curl(void **state)
{
    (void)state;
    GOOD("--from-curl", "curl ws://Aladdin:open%20sesame@h/");
    assert_string_equal(l->o.connect.handshake.authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    done(l);
    l = parse("--from-curl", "curl ws://x:y@h/ -u Aladdin:'open sesame'", NULL);
    assert_string_equal(l->o.connect.handshake.authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    done(l);
}

static void the_command_comes_from_a_file_or_stdin(void **state)
{
    char path[32], option[40];
    int saved = dup(STDIN_FILENO);

    (void)state;
    make_file(path, chrome, sizeof chrome - 1);
    {
        GOOD("--from-curl", at_file(option, path));
        assert_string_equal(l->o.connect.url.host, "app.example.com");
        assert_false(l->o.pipe.no_input);
        done(l);
    }
    assert_true(saved >= 0);
    assert_non_null(freopen(path, "r", stdin));
    {
        GOOD("--from-curl", "@-");
        assert_string_equal(l->o.connect.url.host, "app.example.com");
        assert_true(l->o.pipe.no_input);
        done(l);
    }
    lseek(STDIN_FILENO, 0, SEEK_SET);
    BAD("\"@-\" is given twice, and stdin can be read once", "--from-curl", "@-", "-e", "@-");
    lseek(STDIN_FILENO, 0, SEEK_SET);
    BAD("--from-curl @- reads all of stdin, and --whole is about messages there", "--from-curl",
        "@-", "--whole");
    dup2(saved, STDIN_FILENO);
    close(saved);
    unlink(path);
    BAD("--from-curl: cannot read \"/nowhere\": No such file or directory", "--from-curl",
        "@/nowhere");
}

static void the_command_is_overwritten_in_argv(void **state)
{
    (void)state;
    GOOD("--from-curl", "curl ws://h/");
    assert_string_equal(l->argv[2], "************");
    done(l);
}

static void what_cannot_be_carried_over_is_reported(void **state)
{
    (void)state;
    BAD("--from-curl: -d sends a body, and a WebSocket opens without one", "--from-curl",
        "curl ws://h/ -d secret");
    BAD("--from-curl: -F sends a body, and a WebSocket opens without one", "--from-curl",
        "curl ws://h/ -sFa=b");
    BAD("--from-curl: --data-raw sends a body, and a WebSocket opens without one", "--from-curl",
        "curl ws://h/ --data-raw secret");
    check_hint("curl ws://h/ -d x", "-e MSG");
    BAD("--from-curl: -X asks for another method, and a WebSocket opens with GET", "--from-curl",
        "curl ws://h/ -X POST");
    BAD("--from-curl: --http3 has no equivalent for a WebSocket", "--from-curl",
        "curl --http3 ws://h/");
    BAD("--from-curl: -Z has no equivalent for a WebSocket", "--from-curl", "curl -sZ ws://h/");
    BAD("--from-curl: -b names a file of cookies, which is not supported", "--from-curl",
        "curl -b jar ws://h/");
    BAD("--from-curl: a second URL is not supported: one connection at a time", "--from-curl",
        "curl ws://h/ ws://i/");
}

static void an_empty_header_is_carried_over(void **state)
{
    (void)state;
    GOOD("--from-curl", "curl -H 'X-Empty;' -H 'Origin;' ws://h/");
    assert_int_equal(l->o.connect.handshake.header_count, 2);
    assert_string_equal(header(l, "X-Empty")->value, "");
    assert_false(header(l, "X-Empty")->remove);
    assert_false(header(l, "Origin")->remove);
    done(l);
}

static void byte_order_marks_and_typography_are_understood(void **state)
{
    (void)state;
    {
        GOOD("--from-curl", "\xEF\xBB\xBF"
                            "curl ws://h/x");
        assert_string_equal(l->o.connect.url.target, "/x");
        done(l);
    }
    {
        GOOD("--from-curl",
             "curl \xE2\x80\x98ws://h/x?q=it\xE2\x80\x99s\xE2\x80\x99 \xE2\x80\x93header "
             "\xE2\x80\x9CX-One: a b\xE2\x80\x9D -H \xE2\x80\x9DX-Two: \\\xE2\x80\x9C\xE2\x80\x9D");
        assert_string_equal(l->o.connect.url_text, "ws://h/x?q=it\xE2\x80\x99s");
        assert_string_equal(header(l, "X-One")->value, "a b");
        assert_string_equal(header(l, "X-Two")->value, "\xE2\x80\x9C");
        done(l);
    }
}

static void mistakes_inside_are_reported_without_values(void **state)
{
    (void)state;
    BAD("--from-curl takes a command that begins with \"curl\"", "--from-curl", "wget ws://h/");
    BAD("--from-curl takes a command that begins with \"curl\"", "--from-curl", "");
    BAD("--from-curl takes a command that begins with \"curl\"", "--from-curl", "'curl x'");
    BAD("no URL was given", "--from-curl", "curl -k");
    BAD("--from-curl: -H has no value after it", "--from-curl", "curl ws://h/ -H");
    BAD("--from-curl: -H: it has no colon, and a header is written \"Name: value\"", "--from-curl",
        "curl ws://h/ -H secret");
    BAD("--from-curl: -m takes seconds (\"0.5\", \"30\", \"500ms\", \"2m\"), not \"x\"",
        "--from-curl", "curl ws://h/ -m x");
    BAD("--from-curl: --user and --oauth2-bearer exclude each other: a request has one "
        "Authorization",
        "--from-curl", "curl ws://h/ --user a:b --oauth2-bearer t");
    BAD("--from-curl: a ' that begins a quotation is not closed (byte 6 of the command)",
        "--from-curl", "curl 'ws://h/");
    BAD("--from-curl: this command is quoted for cmd.exe, with ^ (byte 6 of the command)",
        "--from-curl", "curl ^\"ws://h/^\"");
    check_hint("curl ^\"ws://h/^\"", "Copy as cURL (bash)");
    BAD("--from-curl is not an option of \"wscope serve\"", "serve", "--from-curl", "curl ws://h/");
}

static void running_out_of_memory_is_an_error_and_leaks_nothing(void **state)
{
    static const char *const argv[] = {
        "wscope", "--from-curl",
        "curl h/x -H 'Host: i' -b a=1 -b b=2 -H 'Sec-WebSocket-Protocol: a, b' -e r -u a:b"};

    (void)state;
    check_memory(argv, sizeof argv / sizeof argv[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_chrome_copies_is_taken_over),
        cmocka_unit_test(what_firefox_copies_is_taken_over),
        cmocka_unit_test(options_of_curl_become_those_of_ours),
        cmocka_unit_test(proxies_and_redirects_are_taken_over),
        cmocka_unit_test(urls_are_read_as_curl_reads_them),
        cmocka_unit_test(host_is_kept_only_if_it_differs),
        cmocka_unit_test(headers_of_the_handshake_are_left_out_in_any_case),
        cmocka_unit_test(headers_can_be_removed),
        cmocka_unit_test(cookies_are_joined),
        cmocka_unit_test(values_are_literal),
        cmocka_unit_test(options_beside_it_count_more),
        cmocka_unit_test(userinfo_of_its_url_is_that_of_curl),
        cmocka_unit_test(the_command_comes_from_a_file_or_stdin),
        cmocka_unit_test(the_command_is_overwritten_in_argv),
        cmocka_unit_test(what_cannot_be_carried_over_is_reported),
        cmocka_unit_test(an_empty_header_is_carried_over),
        cmocka_unit_test(byte_order_marks_and_typography_are_understood),
        cmocka_unit_test(mistakes_inside_are_reported_without_values),
        cmocka_unit_test(running_out_of_memory_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, surroundings, NULL);
}
