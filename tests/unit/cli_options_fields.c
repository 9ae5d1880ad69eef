/* The command line: each option lands where it belongs. */
#include "cli/parsing.h"
#include "cli_options.h"

#include "cli/verb.h"

static void defaults_are_those_of_the_manual(void **state)
{
    (void)state;
    GOOD(URL);
    assert_string_equal(l->o.verb->name, "");
    assert_string_equal(l->o.connect.url_text, URL);
    assert_ptr_equal(l->o.connect.handshake.url, &l->o.connect.url);
    assert_string_equal(l->o.connect.url.host, "h");
    assert_int_equal(strncmp(l->o.connect.handshake.user_agent, "wscope/", 7), 0);
    assert_true(l->o.connect.handshake.deflate.enabled);
    assert_true(l->o.connect.handshake.deflate.client_max_window_bits_bare);
    assert_null(l->o.connect.handshake.authorization);
    assert_int_equal(l->o.connect.ws.connect_timeout_us, 10000000);
    assert_int_equal(l->o.connect.ws.close_timeout_us, 5000000);
    assert_int_equal(l->o.limits.max_time_us, 0);
    assert_int_equal(l->o.connect.ws.max_message, 0);
    assert_int_equal(l->o.pipe.wait_us, 500000);
    assert_int_equal(l->o.view.buffer, 1024 * 1024);
    assert_int_equal(l->o.pipe.input, INPUT_LINES);
    assert_int_equal(l->o.view.level, 0);
    assert_int_equal(l->o.view.color, WHEN_AUTO);
    assert_int_equal(l->o.view.stamps, STAMPS_NONE);
    assert_int_equal(l->o.view.binary, BINARY_AUTO);
    done(l);
}

static void values_may_be_attached_or_follow(void **state)
{
    (void)state;
    GOOD("-m5", "--for", "0.5", "-w", "0", "--count=7", URL, "--close-timeout=1.25", "-sa", "-s",
         "b");
    assert_int_equal(l->o.limits.max_time_us, 5000000);
    assert_int_equal(l->o.limits.for_us, 500000);
    assert_int_equal(l->o.pipe.wait_us, 0);
    assert_int_equal(l->o.pipe.count, 7);
    assert_int_equal(l->o.connect.ws.close_timeout_us, 1250000);
    assert_int_equal(l->o.connect.handshake.subprotocol_count, 2);
    assert_string_equal(l->o.connect.handshake.subprotocols[0], "a");
    assert_string_equal(l->o.connect.handshake.subprotocols[1], "b");
    done(l);
}

static void letters_bundle_and_the_last_may_take_a_value(void **state)
{
    (void)state;
    GOOD("-vvnbe", "hello", "-ikPv", URL);
    assert_int_equal(l->o.view.level, 3);
    assert_true(l->o.pipe.no_input && l->o.pipe.binary && l->o.view.include && l->o.view.pings);
    assert_true(l->o.connect.dial.tls.insecure);
    assert_int_equal(l->o.pipe.send_count, 1);
    assert_string_equal(l->o.pipe.sends[0], "hello");
    done(l);
}

static void verbosity_stops_at_three(void **state)
{
    (void)state;
    GOOD("-vvvvvv", URL);
    assert_int_equal(l->o.view.level, 3);
    done(l);
}

static void a_value_may_look_like_an_option(void **state)
{
    (void)state;
    GOOD("-e", "--json", "--send=-v", "-e", "", URL);
    assert_false(l->o.view.json);
    assert_string_equal(l->o.pipe.sends[0], "--json");
    assert_string_equal(l->o.pipe.sends[1], "-v");
    assert_string_equal(l->o.pipe.sends[2], "");
    done(l);
}

static void identity_options_fill_the_handshake(void **state)
{
    (void)state;
    GOOD("-o", "https://example.com", "-A", "agent 1", "--cookie", "a=1; b=2", "--bearer", "t0k",
         URL);
    assert_string_equal(l->o.connect.handshake.origin, "https://example.com");
    assert_string_equal(l->o.connect.handshake.user_agent, "agent 1");
    assert_string_equal(l->o.connect.handshake.cookie, "a=1; b=2");
    assert_string_equal(l->o.connect.handshake.authorization, "Bearer t0k");
    done(l);
}

static void headers_are_kept_in_order(void **state)
{
    (void)state;
    GOOD("-H", "X-One: 1", "-HX-Two:2:3", "--header=Origin:", "-H", "a: b", "-H", "c: d", URL);
    assert_int_equal(l->o.connect.handshake.header_count, 5);
    assert_string_equal(l->o.connect.handshake.headers[0].name, "X-One");
    assert_string_equal(l->o.connect.handshake.headers[0].value, "1");
    assert_string_equal(l->o.connect.handshake.headers[1].value, "2:3");
    assert_string_equal(l->o.connect.handshake.headers[2].name, "Origin");
    assert_true(l->o.connect.handshake.headers[2].remove);
    assert_string_equal(l->o.connect.handshake.headers[4].name, "c");
    done(l);
}

static void headers_come_from_a_file(void **state)
{
    static const char text[] = "X-One: 1\r\n\n  \nX-Two: 2\nX-Three: 3";
    char path[32], option[40];

    (void)state;
    make_file(path, text, sizeof text - 1);
    GOOD("-H", at_file(option, path), URL);
    assert_int_equal(l->o.connect.handshake.header_count, 3);
    assert_string_equal(l->o.connect.handshake.headers[0].value, "1");
    assert_string_equal(l->o.connect.handshake.headers[2].name, "X-Three");
    assert_string_equal(l->o.connect.handshake.headers[2].value, "3");
    done(l);
    unlink(path);
}

static void tls_options_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--cacert", "/dev/null", "--capath", "/", "--cert", "/dev/zero", "--key", "/dev/full",
         "--pass", "p", "--tls-min", "1.2", "--tls-max=1.3", "--servername", "n", "--pinnedpubkey",
         "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "wss://h/");
    assert_string_equal(l->o.connect.dial.tls.cacert, "/dev/null");
    assert_string_equal(l->o.connect.dial.tls.capath, "/");
    assert_string_equal(l->o.connect.dial.tls.cert, "/dev/zero");
    assert_string_equal(l->o.connect.dial.tls.key, "/dev/full");
    assert_string_equal(l->o.connect.dial.tls.pass, "p");
    assert_string_equal(l->o.connect.dial.tls.servername, "n");
    assert_int_equal(l->o.connect.dial.tls.min, 12);
    assert_int_equal(l->o.connect.dial.tls.max, 13);
    assert_int_equal(strncmp(l->o.connect.dial.tls.pinned, "sha256//47D", 11), 0);
    done(l);
}

static void resolve_is_split(void **state)
{
    (void)state;
    GOOD("--resolve", "Example.COM:443:192.0.2.1,[2001:db8::1],fe80::1%eth0", "--resolve",
         "[::1]:80:127.0.0.1", "--resolve", "*:8080:::1", URL);
    assert_int_equal(l->o.connect.dial.resolve_count, 3);
    assert_string_equal(l->o.connect.dial.resolve[0].host, "example.com");
    assert_int_equal(l->o.connect.dial.resolve[0].port, 443);
    assert_int_equal(l->o.connect.dial.resolve[0].count, 3);
    assert_string_equal(l->o.connect.dial.resolve[0].addresses[0], "192.0.2.1");
    assert_string_equal(l->o.connect.dial.resolve[0].addresses[1], "2001:db8::1");
    assert_string_equal(l->o.connect.dial.resolve[0].addresses[2], "fe80::1%eth0");
    assert_string_equal(l->o.connect.dial.resolve[1].host, "::1");
    assert_string_equal(l->o.connect.dial.resolve[2].host, "*");
    assert_string_equal(l->o.connect.dial.resolve[2].addresses[0], "::1");
    done(l);
}

static void the_way_to_the_server_can_be_chosen(void **state)
{
    (void)state;
    GOOD("-4", "--interface", "eth0", "--connect-timeout", "3", URL);
    assert_int_equal(l->o.connect.dial.family, DIAL_IPV4);
    assert_string_equal(l->o.connect.dial.interface, "eth0");
    assert_int_equal(l->o.connect.ws.connect_timeout_us, 3000000);
    done(l);
    l = parse("-6", URL, NULL);
    assert_int_equal(l->o.connect.dial.family, DIAL_IPV6);
    done(l);
}

static void limits_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--max-message", "64k", "--max-frame", "1M", "--max-fragments", "9", "--buffer", "512M",
         URL);
    assert_int_equal(l->o.connect.ws.max_message, 65536);
    assert_int_equal(l->o.connect.ws.max_frame, 1024 * 1024);
    assert_int_equal(l->o.connect.ws.max_fragments, 9);
    assert_true(l->o.view.buffer == (size_t)512 << 20);
    done(l);
}

static void liveness_fills_its_fields(void **state)
{
    (void)state;
    {
        GOOD("--ping-interval", "10", "--no-pong", "--lenient", URL);
        assert_int_equal(l->o.connect.ws.ping_interval_us, 10000000);
        assert_int_equal(l->o.connect.ws.ping_timeout_us, 0);
        assert_true(l->o.connect.ws.no_pong && l->o.connect.ws.lenient);
        done(l);
    }
    {
        GOOD("--ping-interval", "25s", "--ping-timeout", "1.5s", "--connect-timeout", "500ms",
             "--for", "2m", "-m1h", URL);
        assert_int_equal(l->o.connect.ws.ping_interval_us, 25000000);
        assert_int_equal(l->o.connect.ws.ping_timeout_us, 1500000);
        assert_int_equal(l->o.connect.ws.connect_timeout_us, 500000);
        assert_int_equal(l->o.limits.for_us, 120000000);
        assert_int_equal(l->o.limits.max_time_us, 3600000000);
        done(l);
    }
    {
        GOOD("--ping-timeout", "2", URL);
        assert_int_equal(l->o.connect.ws.ping_interval_us, 25000000);
        assert_int_equal(l->o.connect.ws.ping_timeout_us, 2000000);
        done(l);
    }
}

static void the_last_word_about_compression_counts(void **state)
{
    (void)state;
    {
        GOOD("--compress=client_max_window_bits=10", URL);
        assert_true(l->o.connect.handshake.deflate.enabled);
        assert_int_equal(l->o.connect.handshake.deflate.client_max_window_bits, 10);
        done(l);
    }
    {
        GOOD("--compress", "--no-compress", URL);
        assert_false(l->o.connect.handshake.deflate.enabled);
        done(l);
    }
    {
        GOOD("--no-compress", "--compress", URL);
        assert_true(l->o.connect.handshake.deflate.enabled);
        done(l);
    }
}

static void forms_of_input_are_distinguished(void **state)
{
    static const struct {
        const char *option;
        enum input_form form;
        enum view_binary binary;
    } cases[] = {
        {"--hex", INPUT_HEX, BINARY_HEX},      {"--base64", INPUT_BASE64, BINARY_BASE64},
        {"--whole", INPUT_WHOLE, BINARY_AUTO}, {"--chunk=4k", INPUT_CHUNKS, BINARY_AUTO},
        {"-0", INPUT_NUL, BINARY_AUTO},        {"--null", INPUT_NUL, BINARY_AUTO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        GOOD(cases[i].option, URL);
        assert_int_equal(l->o.pipe.input, cases[i].form);
        assert_int_equal(l->o.view.binary, cases[i].binary);
        done(l);
    }
}

static void null_with_whole_concerns_the_output_only(void **state)
{
    (void)state;
    GOOD("--whole", "-0", URL);
    assert_int_equal(l->o.pipe.input, INPUT_WHOLE);
    assert_true(l->o.view.nul);
    done(l);
}

static void sending_and_receiving_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--on-connect", "hi", "--crlf", "--until", "a|b+", "-1", "--escape", "--no-delimiter",
         URL);
    assert_string_equal(l->o.connect.on_connect, "hi");
    assert_true(l->o.pipe.crlf && l->o.view.escape && l->o.view.no_delimiter);
    assert_string_equal(l->o.pipe.until, "a|b+");
    assert_int_equal(l->o.pipe.count, 1);
    done(l);
    l = parse("--echo", "--chunk", "0", URL, NULL);
    assert_int_equal(l->status, -1);
    done(l);
    l = parse("--echo", URL, NULL);
    assert_true(l->o.pipe.echo);
    done(l);
}

static void views_fill_their_fields(void **state)
{
    (void)state;
    {
        GOOD("-q", "--show-secrets", "--pretty", "--color=never", "--timestamps", URL);
        assert_int_equal(l->o.view.level, -1);
        assert_true(l->o.view.show_secrets && l->o.view.pretty);
        assert_int_equal(l->o.view.color, WHEN_NEVER);
        assert_int_equal(l->o.view.stamps, STAMPS_ABS);
        done(l);
    }
    {
        GOOD("--color", "always", "--timestamps=delta", "--json", "--events", "open,close", URL);
        assert_int_equal(l->o.view.color, WHEN_ALWAYS);
        assert_int_equal(l->o.view.stamps, STAMPS_DELTA);
        assert_true(l->o.view.json);
        assert_int_equal(l->o.view.events, EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE));
        done(l);
    }
}

static void serve_takes_an_address(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } cases[] = {
        {"8080", "127.0.0.1", 8080},     {":8080", "127.0.0.1", 8080},
        {"0", "127.0.0.1", 0},           {"0.0.0.0:80", "0.0.0.0", 80},
        {"localhost:1", "localhost", 1}, {"[::1]:65535", "::1", 65535},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        GOOD("serve", cases[i].text);
        assert_string_equal(l->o.verb->name, "serve");
        assert_string_equal(l->o.listen.host, cases[i].host);
        assert_int_equal(l->o.listen.port, cases[i].port);
        done(l);
    }
}

static void serve_options_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--rate", "2.5", "serve", "--cert", "/dev/null", "--key", "/dev/zero", "--allow-origin",
         "https://a", "--allow-origin", "https://b", "-v");
    assert_string_equal(l->o.listen.host, "127.0.0.1");
    assert_int_equal(l->o.listen.port, 9001);
    assert_true(OWN(l, struct serve_options)->rate > 2.49 &&
                OWN(l, struct serve_options)->rate < 2.51);
    assert_string_equal(l->o.listen.cert, "/dev/null");
    assert_string_equal(l->o.listen.key, "/dev/zero");
    assert_null(l->o.connect.dial.tls.cert);
    assert_int_equal(OWN(l, struct serve_options)->origin_count, 2);
    assert_string_equal(OWN(l, struct serve_options)->origins[1], "https://b");
    assert_int_equal(l->o.view.level, 1);
    done(l);
}

static void compare_takes_several_channels(void **state)
{
    struct line *l = parse("compare", "--poll", "http://h/p", "ws://h/", "--sse", "http://h/s",
                           "--every", "0.5,2", "--clients", "7,100000", "--time", "/t", "--id",
                           "/id", "--report", "r.html", "--on-connect", "hello", "-k", NULL);

    (void)state;
    assert_int_equal(l->status, 0);
    assert_string_equal(l->o.verb->name, "compare");
    assert_string_equal(l->o.connect.url.host, "h");
    assert_string_equal(l->o.connect.http.poll, "http://h/p");
    assert_string_equal(l->o.connect.http.sse, "http://h/s");
    assert_int_equal(l->o.connect.http.every_count, 2);
    assert_int_equal(l->o.connect.http.every[0], 500000);
    assert_int_equal(l->o.connect.http.every[1], 2000000);
    assert_int_equal(OWN(l, struct compare_options)->client_count, 2);
    assert_int_equal(OWN(l, struct compare_options)->clients[1], 100000);
    assert_string_equal(OWN(l, struct compare_options)->time, "/t");
    assert_string_equal(OWN(l, struct compare_options)->report, "r.html");
    assert_int_equal(l->o.limits.for_us, 30000000);
    done(l);
    l = parse("compare", "--poll", "http://h/p", "--for", "5", NULL);
    assert_int_equal(l->status, 0);
    assert_null(l->o.connect.url_text);
    assert_int_equal(l->o.limits.for_us, 5000000);
    assert_int_equal(l->o.connect.http.every_count, 0);
    done(l);
}

static void demo_takes_the_options_of_the_views(void **state)
{
    (void)state;
    GOOD("demo", "-vv", "--pretty");
    assert_string_equal(l->o.verb->name, "demo");
    assert_int_equal(l->o.view.level, 2);
    done(l);
    BAD("wscope demo takes no argument besides options", "demo", "x");
}

static void help_and_version_win(void **state)
{
    (void)state;
    {
        GOOD("--help", "--for", "abc");
        assert_string_equal(l->o.verb->name, "help");
        done(l);
    }
    {
        GOOD("serve", "--help=all");
        assert_string_equal(l->o.verb->name, "help");
        assert_string_equal(l->o.help.about->name, "serve");
        assert_true(l->o.help.all);
        done(l);
    }
    {
        GOOD("help", "run");
        assert_string_equal(l->o.verb->name, "help");
        assert_string_equal(l->o.help.about->name, "run");
        assert_false(l->o.help.all);
        done(l);
    }
    {
        GOOD("-h", URL);
        assert_string_equal(l->o.verb->name, "help");
        assert_null(l->o.help.about);
        done(l);
    }
    {
        GOOD("-V");
        assert_string_equal(l->o.verb->name, "version");
        done(l);
    }
    {
        GOOD("version");
        assert_string_equal(l->o.verb->name, "version");
        done(l);
    }
    {
        GOOD("--version", URL);
        assert_string_equal(l->o.verb->name, "version");
        done(l);
    }
    BAD("--help takes \"all\" or nothing, not \"me\"", "--help=me");
}

static void version_names_the_libraries(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(options_version(&out), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_int_equal(strncmp((const char *)buf_data(&out), "wscope ", 7), 0);
    assert_non_null(strstr((const char *)buf_data(&out), "\nOpenSSL "));
    assert_non_null(strstr((const char *)buf_data(&out), "\nlibuv "));
    assert_non_null(strstr((const char *)buf_data(&out), "\nzlib "));
    buf_clear(&out);
}

/* Two subcommands that have an option of one name, each with its own struct. */
struct near_options {
    const char *report;
};
struct far_options {
    uint64_t count;
    const char *report;
};

static const struct near_options near_defaults = {.report = "near.html"};
static const struct far_options far_defaults = {.count = 3};

static const struct option_row near_rows[] = {
    {0, "report", OPTION_VALUE, "FILE", "a page", "Near", "FILE", true, 0, options_set_text,
     offsetof(struct near_options, report)},
};
static const struct option_row far_rows[] = {
    {0, "report", OPTION_VALUE, "FILE", "a page", "Far", "FILE", true, 0, options_set_text,
     offsetof(struct far_options, report)},
};

static const struct verb unnamed_verb = {.name = "", .sets = OPTIONS_DIAL, .operand_max = 1};
static const struct verb near_verb = {.name = "near",
                                      .sets = OPTIONS_VIEWS,
                                      .options = near_rows,
                                      .option_count = 1,
                                      .own = &near_defaults,
                                      .own_size = sizeof near_defaults};
static const struct verb far_verb = {.name = "far",
                                     .sets = OPTIONS_VIEWS,
                                     .options = far_rows,
                                     .option_count = 1,
                                     .own = &far_defaults,
                                     .own_size = sizeof far_defaults};

static void subcommand_fills_its_own_struct_under_a_name_that_another_has(void **state)
{
    static const struct verb *const rows[] = {&unnamed_verb, &near_verb, &far_verb};
    const struct verbs verbs = {.rows = rows, .count = 3};
    static char line[] = "wscope\0--report\0a.html\0far";
    static char other[] = "wscope\0near";
    char *argv[] = {line, line + 7, line + 16, line + 23, NULL};
    char *argv_near[] = {other, other + 7, NULL};
    struct options o;
    struct err e;

    (void)state;
    assert_int_equal(options_parse(&o, &verbs, 4, argv, &e), 0);
    assert_string_equal(((const struct far_options *)o.own)->report, "a.html");
    assert_int_equal(((const struct far_options *)o.own)->count, 3);
    options_clear(&o);
    assert_int_equal(options_parse(&o, &verbs, 2, argv_near, &e), 0);
    assert_string_equal(((const struct near_options *)o.own)->report, "near.html");
    options_clear(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_manual),
        cmocka_unit_test(values_may_be_attached_or_follow),
        cmocka_unit_test(letters_bundle_and_the_last_may_take_a_value),
        cmocka_unit_test(verbosity_stops_at_three),
        cmocka_unit_test(a_value_may_look_like_an_option),
        cmocka_unit_test(identity_options_fill_the_handshake),
        cmocka_unit_test(headers_are_kept_in_order),
        cmocka_unit_test(headers_come_from_a_file),
        cmocka_unit_test(tls_options_fill_their_fields),
        cmocka_unit_test(resolve_is_split),
        cmocka_unit_test(the_way_to_the_server_can_be_chosen),
        cmocka_unit_test(limits_fill_their_fields),
        cmocka_unit_test(liveness_fills_its_fields),
        cmocka_unit_test(the_last_word_about_compression_counts),
        cmocka_unit_test(forms_of_input_are_distinguished),
        cmocka_unit_test(null_with_whole_concerns_the_output_only),
        cmocka_unit_test(sending_and_receiving_fill_their_fields),
        cmocka_unit_test(views_fill_their_fields),
        cmocka_unit_test(serve_takes_an_address),
        cmocka_unit_test(serve_options_fill_their_fields),
        cmocka_unit_test(compare_takes_several_channels),
        cmocka_unit_test(subcommand_fills_its_own_struct_under_a_name_that_another_has),
        cmocka_unit_test(demo_takes_the_options_of_the_views),
        cmocka_unit_test(help_and_version_win),
        cmocka_unit_test(version_names_the_libraries),
    };

    return cmocka_run_group_tests(tests, surroundings, NULL);
}
